import {
  type Column,
  List,
  messages,
  PageHead,
  useTrailColumns,
  useTrailFilters,
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
    acts: "What administrators did",
    begun: "begun",
    done: "done",
    empty: "Nobody has changed anything yet.",
    hint: "Every call that changes something is written down before it begins, and how it ended.",
    outcome: "Outcome",
    refused: "refused",
  },
  {
    acts: "Was Administratoren taten",
    begun: "begonnen",
    done: "getan",
    empty: "Noch hat niemand etwas geändert.",
    hint: "Jeder Aufruf, der etwas ändert, wird aufgeschrieben, bevor er beginnt, und wie er endete.",
    outcome: "Ausgang",
    refused: "abgelehnt",
  },
);

/** What administrators did, and the journal of every signature. */
export default function Audit() {
  const text = useText();
  const menu = useMenuText();
  const seesAll = useSeesAll();
  const state = useUrlState();
  const columns = useColumns();
  const trail = useTrailFilters("administrator", "create-authority");
  const query = useActs({
    administrator: callerOf(state.get("administrator").trim()),
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
            filters={{ daily: trail }}
            empty={{ title: text("empty") }}
            pages={{ next: query.data?.next_page_token }}
          />
        </div>
      </PageSection>
    </>
  );
}

/** Who acts is written with what they are; the name of an administrator may be typed without. */
const callerOf = (typed: string) =>
  typed === "" ? undefined : typed.includes(":") ? typed : `administrator:${typed}`;

function useColumns(): Column<Act>[] {
  const text = useText();
  const told = useTrailColumns<Act>((act) => ({ ...act, who: act.administrator, origin: act.address }));
  return [...told, { title: text("outcome"), cell: ({ outcome }) => <Outcome name={outcome} /> }];
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
