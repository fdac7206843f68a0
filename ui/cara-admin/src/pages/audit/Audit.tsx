import { ListCard, messages, PageHead, useFormats, useUrlState } from "@ers/frame";
import { Button, Label, PageSection, SearchInput } from "@patternfly/react-core";
import { Table, Tbody, Td, Th, Thead, Tr } from "@patternfly/react-table";
import { useEffect, useState } from "react";
import type { Act } from "../../generated/cara-ws.ts";
import { useActs } from "../../queries/operation.ts";
import { useSeesAll } from "../../queries/session.ts";
import { useMenuText } from "../../words/menu.ts";
import { Journal } from "./Journal.tsx";

const TYPING_MS = 300;
const OUTCOMES = { done: "success", refused: "danger", begun: "warning" } as const;

const useText = messages(
  {
    act: "Act",
    acts: "What administrators did",
    begun: "begun",
    clear: "Clear",
    done: "done",
    empty: "Nobody has changed anything yet.",
    filter: "Only this act, e.g. create-authority",
    hint: "Every call that changes something is written down before it begins, and how it ended.",
    newest: "First page",
    object: "On",
    older: "Older ones",
    outcome: "Outcome",
    refused: "refused",
    when: "When",
    where: "from {address}",
    who: "Who",
  },
  {
    act: "Tat",
    acts: "Was Administratoren taten",
    begun: "begonnen",
    clear: "Leeren",
    done: "getan",
    empty: "Noch hat niemand etwas geändert.",
    filter: "Nur diese Tat, z. B. create-authority",
    hint: "Jeder Aufruf, der etwas ändert, wird aufgeschrieben, bevor er beginnt, und wie er endete.",
    newest: "Erste Seite",
    object: "An",
    older: "Ältere",
    outcome: "Ausgang",
    refused: "abgelehnt",
    when: "Wann",
    where: "von {address}",
    who: "Wer",
  },
);

/** What administrators did, and the journal of every signature. */
export default function Audit() {
  const text = useText();
  const menu = useMenuText();
  const seesAll = useSeesAll();
  const state = useUrlState();
  const act = state.get("act");
  const query = useActs({
    act: act || undefined,
    page_size: state.rows,
    page_token: state.tokens.at(-1),
  });
  const rows = query.data?.acts ?? [];
  const next = query.data?.next_page_token;
  return (
    <>
      <PageHead title={menu("acts")} hint={text("hint")} />
      <PageSection>
        <div className="ers-stack">
          {seesAll && <Journal />}
          <ListCard
            query={query}
            count={rows.length}
            filtered={act !== "" || state.tokens.length > 0}
            onClear={() => state.set({ act: "" })}
            toolbar={<Filter state={state} />}
            empty={<p className="ers-quiet">{text("empty")}</p>}
          >
            <Rows rows={rows} />
            <div className="ers-pager">
              {state.tokens.length > 0 && (
                <Button variant="secondary" onClick={() => state.go([])}>
                  {text("newest")}
                </Button>
              )}
              {next && (
                <Button variant="secondary" onClick={() => state.go([...state.tokens, next])}>
                  {text("older")}
                </Button>
              )}
            </div>
          </ListCard>
        </div>
      </PageSection>
    </>
  );
}

function Filter({ state }: { state: ReturnType<typeof useUrlState> }) {
  const text = useText();
  const { get, set } = state;
  const kept = get("act");
  const [typed, setTyped] = useState(kept);
  useEffect(() => setTyped(kept), [kept]);
  useEffect(() => {
    if (typed === kept) return;
    const timer = setTimeout(() => set({ act: typed.trim() }, true), TYPING_MS);
    return () => clearTimeout(timer);
  }, [typed, kept, set]);
  return (
    <search className="ers-toolbar">
      <SearchInput
        className="ers-search"
        aria-label={text("filter")}
        placeholder={text("filter")}
        value={typed}
        onChange={(_, value) => setTyped(value)}
        onClear={() => setTyped("")}
        resetButtonLabel={text("clear")}
        maxLength={64}
      />
    </search>
  );
}

function Rows({ rows }: { rows: Act[] }) {
  const text = useText();
  const { moment, relative } = useFormats();
  const outcome = (name: string) => {
    if (!(name in OUTCOMES)) return <Label isCompact>{name}</Label>;
    const known = name as keyof typeof OUTCOMES;
    return (
      <Label isCompact status={OUTCOMES[known]}>
        {text(known)}
      </Label>
    );
  };
  return (
    <Table aria-label={text("acts")} variant="compact" gridBreakPoint="grid-lg">
      <Thead>
        <Tr>
          <Th>{text("when")}</Th>
          <Th>{text("who")}</Th>
          <Th>{text("act")}</Th>
          <Th width={35}>{text("object")}</Th>
          <Th>{text("outcome")}</Th>
        </Tr>
      </Thead>
      <Tbody>
        {rows.map((row) => (
          <Tr key={row.number}>
            <Td dataLabel={text("when")}>
              <time dateTime={row.at} title={relative(row.at)}>
                {moment(row.at)}
              </time>
            </Td>
            <Td dataLabel={text("who")} modifier="breakWord">
              <span translate="no">{row.administrator}</span>
              {row.address && (
                <div className="ers-quiet ers-small">{text("where", { address: row.address })}</div>
              )}
            </Td>
            <Td dataLabel={text("act")} modifier="breakWord">
              <span translate="no">{row.act}</span>
            </Td>
            <Td dataLabel={text("object")} modifier="breakWord">
              <span translate="no">{row.object}</span>
              {row.detail && (
                <div className="ers-quiet ers-small" translate="no">
                  {row.detail}
                </div>
              )}
            </Td>
            <Td dataLabel={text("outcome")}>{outcome(row.outcome)}</Td>
          </Tr>
        ))}
      </Tbody>
    </Table>
  );
}
