import { ListCard, messages, PageHead, Time, useUrlState } from "@ers/frame";
import { bare, titleOf } from "@ers/frame/certificate/names.ts";
import { Alert, Button, EmptyState, EmptyStateBody, PageSection } from "@patternfly/react-core";
import { Table, Tbody, Td, Th, Thead, Tr } from "@patternfly/react-table";
import { Link } from "react-router";
import type { Certificate } from "../../generated/cara-ws.ts";
import { StateLabel, stateOf } from "../../parts/StateLabel.tsx";
import { useCertificates } from "../../queries/certificates.ts";
import { useMenuText } from "../../words/menu.ts";
import { useTerms } from "../../words/terms.ts";
import { Filters } from "./Filters.tsx";
import { searchOf } from "./search.ts";

const useText = messages(
  {
    empty: "No certificates yet",
    empty_hint: "Whatever a CA issues shows here.",
    incomplete: "What was issued just now may be missing: the search catches up.",
    newest: "First page",
    older: "Older ones",
  },
  {
    empty: "Noch keine Zertifikate",
    empty_hint: "Hier erscheint, was eine CA ausstellt.",
    incomplete: "Eben Ausgestelltes kann noch fehlen: Die Suche holt auf.",
    newest: "Erste Seite",
    older: "Ältere",
  },
);

/** What the CAs have issued, searched by CARA itself; what is looked for stands in the URL. */
export default function CertificateList() {
  const text = useText();
  const menu = useMenuText();
  const state = useUrlState();
  const filter = {
    ...searchOf(state.get("search")),
    issuer: state.get("issuer") || undefined,
    state: state.get("state") || undefined,
    profile: state.get("profile") || undefined,
  };
  const query = useCertificates({
    ...filter,
    page_size: state.rows,
    page_token: state.tokens.at(-1),
  });
  const rows = query.data?.certificates ?? [];
  const next = query.data?.next_page_token;
  const filtered = Object.values(filter).some(Boolean);
  return (
    <>
      <PageHead title={menu("certificates")} />
      <PageSection isFilled>
        <ListCard
          query={query}
          count={rows.length}
          filtered={filtered || state.tokens.length > 0}
          onClear={() => state.set({ search: "", issuer: "", state: "", profile: "" })}
          toolbar={<Filters state={state} />}
          empty={
            <EmptyState titleText={text("empty")} headingLevel="h2">
              <EmptyStateBody>{text("empty_hint")}</EmptyStateBody>
            </EmptyState>
          }
        >
          {query.data?.incomplete && <Alert isInline isPlain variant="info" title={text("incomplete")} />}
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
          <Th>{term("issuer")}</Th>
          <Th>{term("profile")}</Th>
          <Th>{term("protocol")}</Th>
        </Tr>
      </Thead>
      <Tbody>
        {rows.map((row) => {
          const title = titleOf(row.subject, row.subject_alternative_names);
          const others = row.subject_alternative_names.map(bare).filter((name) => name !== title);
          return (
            <Tr key={`${row.issuer}-${row.serial}`}>
              <Td dataLabel={term("name")}>
                <Link to={`/certificates/${row.issuer}/${row.serial}`} className="ers-break" translate="no">
                  {title}
                </Link>
                {others.length > 0 && (
                  <div className="ers-quiet ers-small ers-break" translate="no">
                    {others.slice(0, 2).join(", ")}
                    {others.length > 2 && " …"}
                  </div>
                )}
              </Td>
              <Td dataLabel={term("state")}>
                <StateLabel state={stateOf(row)} />
              </Td>
              <Td dataLabel={term("valid_to")}>
                <Time at={row.not_after} />
              </Td>
              <Td dataLabel={term("issuer")}>{row.issuer}</Td>
              <Td dataLabel={term("profile")}>{row.profile}</Td>
              <Td dataLabel={term("protocol")}>
                <span translate="no">{row.protocol || "–"}</span>
              </Td>
            </Tr>
          );
        })}
      </Tbody>
    </Table>
  );
}
