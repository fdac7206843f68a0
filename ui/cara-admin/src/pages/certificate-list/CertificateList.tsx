import { List, messages, PageHead, Time, useUrlState } from "@ers/frame";
import { bare, titleOf } from "@ers/frame/certificate/names.ts";
import { Alert, PageSection } from "@patternfly/react-core";
import { Link } from "react-router";
import type { Certificate } from "../../generated/cara-ws.ts";
import { StateLabel, stateOf } from "../../parts/StateLabel.tsx";
import { useCertificates } from "../../queries/certificates.ts";
import { useMenuText } from "../../words/menu.ts";
import { useTerms } from "../../words/terms.ts";
import { filterOf, useFilters } from "./filters.ts";

const useText = messages(
  {
    empty: "No certificates yet",
    empty_hint: "Whatever a CA issues shows here.",
    incomplete: "What was issued just now may be missing: the search catches up.",
  },
  {
    empty: "Noch keine Zertifikate",
    empty_hint: "Hier erscheint, was eine CA ausstellt.",
    incomplete: "Eben Ausgestelltes kann noch fehlen: Die Suche holt auf.",
  },
);

/** What the CAs have issued, searched by CARA itself; what is looked for stands in the URL. */
export default function CertificateList() {
  const text = useText();
  const menu = useMenuText();
  const state = useUrlState();
  const filters = useFilters(state);
  const query = useCertificates({
    ...filterOf(state.get),
    page_size: state.rows,
    page_token: state.tokens.at(-1),
  });
  const term = useTerms();
  return (
    <>
      <PageHead title={menu("certificates")} />
      <PageSection isFilled>
        <List
          label={menu("certificates")}
          query={query}
          rows={query.data?.certificates ?? []}
          keyOf={(row) => `${row.issuer}-${row.serial}`}
          filters={filters}
          note={
            query.data?.incomplete && <Alert isInline isPlain variant="info" title={text("incomplete")} />
          }
          empty={{ title: text("empty"), hint: text("empty_hint") }}
          pages={{ next: query.data?.next_page_token }}
          columns={[
            { title: term("name"), width: 35, cell: (row) => <Name row={row} /> },
            { title: term("state"), cell: (row) => <StateLabel state={stateOf(row)} /> },
            { title: term("valid_to"), cell: (row) => <Time at={row.not_after} /> },
            { title: term("issuer"), cell: (row) => row.issuer },
            { title: term("profile"), cell: (row) => row.profile },
            { title: term("protocol"), cell: (row) => <span translate="no">{row.protocol || "–"}</span> },
          ]}
        />
      </PageSection>
    </>
  );
}

function Name({ row }: { row: Certificate }) {
  const title = titleOf(row.subject, row.subject_alternative_names);
  const others = row.subject_alternative_names.map(bare).filter((name) => name !== title);
  return (
    <>
      <Link to={`/certificates/${row.issuer}/${row.serial}`} className="ers-break" translate="no">
        {title}
      </Link>
      {others.length > 0 && (
        <div className="ers-quiet ers-small ers-break" translate="no">
          {others.slice(0, 2).join(", ")}
          {others.length > 2 && " …"}
        </div>
      )}
    </>
  );
}
