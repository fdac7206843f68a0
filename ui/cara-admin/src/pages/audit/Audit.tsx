import {
  type Column,
  List,
  messages,
  PageHead,
  SearchField,
  Toolbar,
  useFormats,
  useUrlState,
} from "@ers/frame";
import { Label, PageSection } from "@patternfly/react-core";
import type { Act } from "../../generated/cara-ws.ts";
import { useActs } from "../../queries/operation.ts";
import { useSeesAll } from "../../queries/session.ts";
import { useMenuText } from "../../words/menu.ts";
import { Journal } from "./Journal.tsx";

const OUTCOMES = { done: "success", refused: "danger", begun: "warning" } as const;

const useText = messages(
  {
    act: "Act",
    acts: "What administrators did",
    begun: "begun",
    done: "done",
    empty: "Nobody has changed anything yet.",
    filter: "Only this act, e.g. create-authority",
    hint: "Every call that changes something is written down before it begins, and how it ended.",
    object: "On",
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
    done: "getan",
    empty: "Noch hat niemand etwas geändert.",
    filter: "Nur diese Tat, z. B. create-authority",
    hint: "Jeder Aufruf, der etwas ändert, wird aufgeschrieben, bevor er beginnt, und wie er endete.",
    object: "An",
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
  const columns = useColumns();
  const query = useActs({
    act: state.get("act").trim() || undefined,
    page_size: state.rows,
    page_token: state.tokens.at(-1),
  });
  return (
    <>
      <PageHead title={menu("acts")} hint={text("hint")} />
      <PageSection>
        <div className="ers-stack">
          {seesAll && <Journal />}
          <List
            label={text("acts")}
            query={query}
            rows={query.data?.acts ?? []}
            keyOf={(row) => row.number}
            columns={columns}
            filters={["act"]}
            toolbar={
              <Toolbar>
                <SearchField state={state} name="act" label={text("filter")} maxLength={64} />
              </Toolbar>
            }
            empty={{ title: text("empty") }}
            pages={{ next: query.data?.next_page_token }}
          />
        </div>
      </PageSection>
    </>
  );
}

function useColumns(): Column<Act>[] {
  const text = useText();
  const { moment, relative } = useFormats();
  return [
    {
      title: text("when"),
      cell: ({ at }) => (
        <time dateTime={at} title={relative(at)}>
          {moment(at)}
        </time>
      ),
    },
    {
      title: text("who"),
      breaks: true,
      cell: (row) => (
        <>
          <span translate="no">{row.administrator}</span>
          {row.address && (
            <div className="ers-quiet ers-small">{text("where", { address: row.address })}</div>
          )}
        </>
      ),
    },
    { title: text("act"), breaks: true, cell: ({ act }) => <span translate="no">{act}</span> },
    {
      title: text("object"),
      width: 35,
      breaks: true,
      cell: (row) => (
        <>
          <span translate="no">{row.object}</span>
          {row.detail && (
            <div className="ers-quiet ers-small" translate="no">
              {row.detail}
            </div>
          )}
        </>
      ),
    },
    { title: text("outcome"), cell: ({ outcome }) => <Outcome name={outcome} /> },
  ];
}

function Outcome({ name }: { name: string }) {
  const text = useText();
  if (!(name in OUTCOMES)) return <Label isCompact>{name}</Label>;
  const known = name as keyof typeof OUTCOMES;
  return (
    <Label isCompact status={OUTCOMES[known]}>
      {text(known)}
    </Label>
  );
}
