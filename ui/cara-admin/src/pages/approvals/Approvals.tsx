import {
  carryOut,
  Facts,
  List,
  messages,
  PageHead,
  ProblemAlert,
  Time,
  useNotices,
  useUrlState,
} from "@ers/frame";
import { Button, Card, CardBody, CardTitle, Label, PageSection } from "@patternfly/react-core";
import { useState } from "react";
import type { Approval } from "../../generated/cara-ws.ts";
import { useApprovals, useApprove } from "../../queries/approvals.ts";
import { useMay, useSession } from "../../queries/session.ts";
import { useMenuText } from "../../words/menu.ts";
import { useTerms } from "../../words/terms.ts";
import { Refuse } from "./Refuse.tsx";

const useText = messages(
  {
    approve: "Approve and do it",
    approved: "approved",
    begun: "begun",
    by: "Decided by",
    done: "{act} {object} was done.",
    every: "All",
    nothing: "Nothing has ever waited for a second administrator",
    empty: "Nothing waits for a second administrator",
    expired: "expired",
    expires: "Can be approved until",
    hint: "What needs two administrators: one has asked, another one decides.",
    outcome: "Outcome",
    own: "You have asked for it: another administrator decides.",
    refuse: "Refuse …",
    refused: "refused",
    requested: "Asked for",
    waiting: "waiting",
    which: "Which are shown",
  },
  {
    approve: "Zustimmen und ausführen",
    approved: "zugestimmt",
    begun: "begonnen",
    by: "Entschieden von",
    done: "{act} {object} ist getan.",
    every: "Alle",
    nothing: "Noch nie hat etwas auf einen zweiten Administrator gewartet",
    empty: "Nichts wartet auf einen zweiten Administrator",
    expired: "verfallen",
    expires: "Zustimmung möglich bis",
    hint: "Was zwei Administratoren braucht: Einer hat darum gebeten, ein anderer entscheidet.",
    outcome: "Ausgang",
    own: "Sie haben darum gebeten: Ein anderer Administrator entscheidet.",
    refuse: "Ablehnen …",
    refused: "abgelehnt",
    requested: "Erbeten",
    waiting: "wartet",
    which: "Welche gezeigt werden",
  },
);

const LOOKS = { waiting: "warning", approved: "success", refused: "danger", expired: "custom" } as const;

/** Acts that wait for a second administrator. */
export default function Approvals() {
  const text = useText();
  const menu = useMenuText();
  const state = useUrlState();
  const all = state.get("state") === "all";
  const query = useApprovals({ waiting: !all, page_size: state.rows, page_token: state.tokens.at(-1) });
  return (
    <>
      <PageHead title={menu("approvals")} hint={text("hint")} />
      <PageSection>
        <List
          label={menu("approvals")}
          query={query}
          rows={query.data?.approvals ?? []}
          keyOf={(approval) => approval.id}
          columns={[]}
          one={(approval) => <One approval={approval} />}
          filters={{
            daily: [
              {
                kind: "toggle",
                name: "state",
                label: text("which"),
                all: text("waiting"),
                choices: [["all", text("every")]],
                shows: true,
              },
            ],
          }}
          empty={{ title: text(all ? "nothing" : "empty") }}
          pages={{ next: query.data?.next_page_token }}
        />
      </PageSection>
    </>
  );
}

function One({ approval }: { approval: Approval }) {
  const text = useText();
  const term = useTerms();
  const known = approval.state as keyof typeof LOOKS;
  const own = (value: string | undefined) => value && <span translate="no">{value}</span>;
  return (
    <Card isCompact>
      <CardTitle component="h2">
        <span translate="no">
          {approval.act} {approval.object}
        </span>{" "}
        <Label isCompact status={LOOKS[known] ?? "custom"}>
          {known in LOOKS ? text(known) : approval.state}
        </Label>
      </CardTitle>
      <CardBody className="ers-stack">
        <Facts
          wide
          rows={[
            [term("requester"), own(approval.requester)],
            [text("requested"), <Time key="c" at={approval.created_at} />],
            [text("expires"), known === "waiting" && <Time at={approval.expires_at} />],
            [text("by"), own(approval.decided_by)],
            [text("outcome"), own(approval.outcome)],
            [term("reason"), own(approval.detail)],
            ...approval.details.map(({ name, value }): [string, React.ReactNode] => [name, own(value)]),
          ]}
        />
        {approval.state === "waiting" && <Decide approval={approval} />}
      </CardBody>
    </Card>
  );
}

function Decide({ approval }: { approval: Approval }) {
  const text = useText();
  const may = useMay();
  const tell = useNotices();
  const me = useSession().data?.administrator;
  const approve = useApprove();
  const [refusing, setRefusing] = useState(false);
  const own = approval.requester === me || approval.requester === `administrator:${me}`;
  const { act, object } = approval;
  if (!may("approve-acts")) return null;
  if (own) return <p className="ers-quiet">{text("own")}</p>;
  return (
    <>
      {approve.error ? <ProblemAlert error={approve.error} /> : null}
      <div className="ers-actions">
        <Button
          isLoading={approve.isPending}
          isDisabled={approve.isPending}
          onClick={() => carryOut(approve, approval.id, () => tell(text("done", { act, object })))}
        >
          {text("approve")}
        </Button>
        <Button variant="secondary" isDanger onClick={() => setRefusing(true)}>
          {text("refuse")}
        </Button>
      </div>
      {refusing && <Refuse approval={approval} onClose={() => setRefusing(false)} />}
    </>
  );
}
