import { ListCard, messages, PageHead, Pager, Time, useUrlState } from "@ers/frame";
import { bare, titleOf } from "@ers/frame/certificate/names.ts";
import { Button, EmptyState, EmptyStateBody, PageSection } from "@patternfly/react-core";
import { Table, Tbody, Td, Th, Thead, Tr } from "@patternfly/react-table";
import { Link } from "react-router";
import type { Certificate } from "../../generated/clm-api.ts";
import { StateLabel } from "../../parts/StateLabel.tsx";
import { useCertificates } from "../../queries/certificates.ts";
import { useAccess } from "../../queries/session.ts";
import { useRealm } from "../../realm.tsx";
import { useMenuText } from "../../words/menu.ts";
import { useTerms } from "../../words/terms.ts";
import { Filters } from "./Filters.tsx";

const useText = messages(
  {
    empty: "No certificates yet",
    empty_hint: "Certificates show here as soon as one is issued, by whichever way it was asked for.",
    more: "and {n} more name|and {n} more names",
  },
  {
    empty: "Noch keine Zertifikate",
    empty_hint:
      "Hier erscheinen Zertifikate, sobald eines ausgestellt wurde, gleich auf welchem Weg es beantragt wurde.",
    more: "und {n} weiterer Name|und {n} weitere Namen",
  },
);

/** The inventory: searched, filtered, paged; all of that stands in the URL. */
export default function CertificateList() {
  const text = useText();
  const menu = useMenuText();
  const { realm } = useRealm();
  const state = useUrlState();
  const filter = {
    search: state.get("search") || undefined,
    state: state.get("state") || undefined,
    expires_within: state.get("within") || undefined,
  };
  const query = useCertificates({
    ...filter,
    realm: realm || undefined,
    page_size: state.rows,
    page_token: state.tokens.at(-1),
  });
  const rows = query.data?.certificates ?? [];
  const filtered = Object.values(filter).some(Boolean);
  const { may } = useAccess();
  const request = may("request:create") && (
    <Button component={(props) => <Link {...props} to="/request" />} variant="primary">
      {menu("request")}
    </Button>
  );
  return (
    <>
      <PageHead title={menu("certificates")} actions={request} />
      <PageSection isFilled>
        <ListCard
          query={query}
          count={rows.length}
          filtered={filtered || realm !== "" || state.tokens.length > 0}
          onClear={() => state.set({ search: "", state: "", within: "" })}
          toolbar={<Filters state={state} />}
          empty={
            <EmptyState titleText={text("empty")} headingLevel="h2">
              <EmptyStateBody>{text("empty_hint")}</EmptyStateBody>
              {request}
            </EmptyState>
          }
        >
          <Rows rows={rows} />
          <Pager
            state={state}
            total={query.data?.total ?? 0}
            shown={rows.length}
            next={query.data?.next_page_token}
          />
        </ListCard>
      </PageSection>
    </>
  );
}

function Rows({ rows }: { rows: Certificate[] }) {
  const menu = useMenuText();
  const term = useTerms();
  return (
    <Table aria-label={menu("certificates")} variant="compact" gridBreakPoint="grid-lg">
      <Thead>
        <Tr>
          <Th width={35}>{term("name")}</Th>
          <Th>{term("state")}</Th>
          <Th>{term("valid_to")}</Th>
          <Th>{term("policy")}</Th>
          <Th>{term("issuer")}</Th>
          <Th>{term("key")}</Th>
        </Tr>
      </Thead>
      <Tbody>
        {rows.map((row) => (
          <Tr key={row.fingerprint}>
            <Td dataLabel={term("name")}>
              <Name row={row} />
            </Td>
            <Td dataLabel={term("state")}>
              <StateLabel state={row.state} />
            </Td>
            <Td dataLabel={term("valid_to")}>
              <Time at={row.not_after} />
            </Td>
            <Td dataLabel={term("policy")}>{row.policy || "–"}</Td>
            <Td dataLabel={term("issuer")}>{row.issuer}</Td>
            <Td dataLabel={term("key")}>{row.key_algorithm}</Td>
          </Tr>
        ))}
      </Tbody>
    </Table>
  );
}

function Name({ row }: { row: Certificate }) {
  const text = useText();
  const title = titleOf(row.subject, row.subject_alternative_names);
  const others = row.subject_alternative_names.map(bare).filter((name) => name !== title);
  return (
    <>
      <Link to={`/certificates/${row.fingerprint}`} className="ers-break">
        {title}
      </Link>
      {others.length > 0 && (
        <div className="ers-quiet ers-small" title={others.join(", ")}>
          {others.length === 1 ? others[0] : text("more", { n: others.length })}
        </div>
      )}
    </>
  );
}
