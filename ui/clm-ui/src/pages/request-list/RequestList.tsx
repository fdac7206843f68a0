import { List, PageHead } from "@ers/frame";
import { titleOf } from "@ers/frame/certificate/names.ts";
import { Button, PageSection } from "@patternfly/react-core";
import { useState } from "react";
import { Link } from "react-router";
import type { Request } from "../../generated/clm-api.ts";
import { CertificatesOrKeys } from "../../parts/CertificatesOrKeys.tsx";
import { useRecoveryText } from "../../parts/recovery-words.ts";
import { useRequestColumns } from "../../parts/request-columns.tsx";
import { TakeKey } from "../../parts/TakeKey.tsx";
import { useFetchKey, useRequests } from "../../queries/requests.ts";
import { useAccess } from "../../queries/session.ts";
import { useMenuText } from "../../words/menu.ts";
import { useTerms } from "../../words/terms.ts";
import { useRequestFilters } from "./filters.ts";
import { KeyRequests } from "./KeyRequests.tsx";
import { useText } from "./words.ts";

const STATES = ["pending-approval", "approved", "issued", "declined", "failed"] as const;

/** Requests for certificates in every state, and wishes for kept keys. */
export default function RequestList() {
  const text = useText();
  const menu = useMenuText();
  const { may } = useAccess();
  return (
    <>
      <PageHead title={menu("requests")} hint={text("hint")} />
      <PageSection isFilled>
        <CertificatesOrKeys certificates={<Requests />} keys={may("recovery:read") && <KeyRequests />} />
      </PageSection>
    </>
  );
}

function Requests() {
  const text = useText();
  const menu = useMenuText();
  const term = useTerms();
  const { wanted, filters } = useRequestFilters(
    STATES.map((name) => [name, term(name === "pending-approval" ? "pending_approval" : name)]),
  );
  const query = useRequests(wanted);
  const { may } = useAccess();
  const [taking, setTaking] = useState<Request>();
  const recovery = useRecoveryText();
  const take = (row: Request) =>
    row.key_is_there && (
      <Button size="sm" onClick={() => setTaking(row)}>
        {recovery("fetch")}
      </Button>
    );
  const rows = query.data?.requests ?? [];
  const columns = useRequestColumns(rows.some((row) => row.key_is_there) ? { take } : {});
  return (
    <>
      <List
        label={menu("requests")}
        query={query}
        rows={rows}
        keyOf={(row) => row.id}
        columns={columns}
        filters={filters}
        empty={{
          title: text("empty"),
          hint: text("empty_hint"),
          act: may("request:create") && (
            <Button component={(props) => <Link {...props} to="/request" />}>{menu("request")}</Button>
          ),
        }}
        pages={{ next: query.data?.next_page_token, total: query.data?.total }}
      />
      {taking && <Take request={taking} onClose={() => setTaking(undefined)} />}
    </>
  );
}

function Take({ request, onClose }: { request: Request; onClose: () => void }) {
  const text = useText();
  return (
    <TakeKey
      name={titleOf(request.subject, request.subject_alternative_names)}
      hint={text("fetch_hint")}
      taken={text("taken")}
      take={useFetchKey(request.id)}
      onClose={onClose}
    />
  );
}
