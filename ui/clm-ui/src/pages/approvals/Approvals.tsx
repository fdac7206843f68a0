import { List, messages, PageHead, useUrlState } from "@ers/frame";
import { Button, PageSection } from "@patternfly/react-core";
import { useState } from "react";
import type { Request } from "../../generated/clm-api.ts";
import { CertificatesOrKeys } from "../../parts/CertificatesOrKeys.tsx";
import { useRequestColumns } from "../../parts/request-columns.tsx";
import { useRequests } from "../../queries/requests.ts";
import { useAccess } from "../../queries/session.ts";
import { useMenuText } from "../../words/menu.ts";
import { Decide } from "./Decide.tsx";
import { KeyApprovals } from "./KeyApprovals.tsx";

const useText = messages(
  {
    approve: "Approve",
    decline: "Decline",
    empty: "Nobody waits",
    empty_hint: "Requests under policies with manual approval show here until somebody decides.",
    hint: "Each of these waits for a person to say yes or no.",
  },
  {
    approve: "Freigeben",
    decline: "Ablehnen",
    empty: "Niemand wartet",
    empty_hint: "Anträge nach Richtlinien mit manueller Freigabe erscheinen hier, bis jemand entscheidet.",
    hint: "Jeder dieser Anträge wartet darauf, dass ein Mensch ja oder nein sagt.",
  },
);

/** What waits for a person: requests for certificates, and wishes for kept keys. */
export default function Approvals() {
  const text = useText();
  const menu = useMenuText();
  const { may } = useAccess();
  return (
    <>
      <PageHead title={menu("approvals")} hint={text("hint")} />
      <PageSection isFilled>
        <CertificatesOrKeys
          certificates={may("request:decide") && may("request:read") && <Requests />}
          keys={may("recovery:decide") && may("recovery:read") && <KeyApprovals />}
        />
      </PageSection>
    </>
  );
}

function Requests() {
  const text = useText();
  const menu = useMenuText();
  const state = useUrlState();
  const [asked, setAsked] = useState<{ request: Request; approve: boolean }>();
  const query = useRequests(
    { state: "pending-approval", page_size: state.rows, page_token: state.tokens.at(-1) },
    { refetchInterval: 15_000 },
  );
  const act = (request: Request) => (
    <div className="ers-actions">
      <Button size="sm" variant="primary" onClick={() => setAsked({ request, approve: true })}>
        {text("approve")}
      </Button>
      <Button size="sm" variant="secondary" isDanger onClick={() => setAsked({ request, approve: false })}>
        {text("decline")}
      </Button>
    </div>
  );
  const columns = useRequestColumns({ act });
  return (
    <>
      <List
        label={menu("approvals")}
        query={query}
        rows={query.data?.requests ?? []}
        keyOf={(row) => row.id}
        columns={columns}
        empty={{ title: text("empty"), hint: text("empty_hint") }}
        pages={{ next: query.data?.next_page_token, total: query.data?.total }}
      />
      {asked && <Decide {...asked} onClose={() => setAsked(undefined)} />}
    </>
  );
}
