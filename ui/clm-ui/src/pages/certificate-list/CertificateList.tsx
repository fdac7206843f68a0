import { Labels, List, PageHead, Time, useUrlState } from "@ers/frame";
import { bare, titleOf } from "@ers/frame/certificate/names.ts";
import { Button, Label, PageSection } from "@patternfly/react-core";
import { useState } from "react";
import { Link } from "react-router";
import type { Certificate } from "../../generated/clm-api.ts";
import { StateLabel } from "../../parts/StateLabel.tsx";
import { pageOf } from "../../queries/api.ts";
import { useCertificates } from "../../queries/certificates.ts";
import { useAccess } from "../../queries/session.ts";
import { useRealm } from "../../realm.tsx";
import { useMenuText } from "../../words/menu.ts";
import { useTerms } from "../../words/terms.ts";
import { BulkBar } from "./BulkBar.tsx";
import { useChoice } from "./choice.ts";
import { useFilters } from "./filters.ts";
import { Import } from "./Import.tsx";
import { useImportText } from "./import-words.ts";
import { exportUrl, filterOf } from "./search.ts";
import { useText } from "./words.ts";

/** The inventory: searched, filtered, paged; all of that stands in the URL. What is found is exported or acted on as a whole. */
export default function CertificateList() {
  const text = useText();
  const imports = useImportText();
  const [importing, setImporting] = useState(false);
  const menu = useMenuText();
  const term = useTerms();
  const { realm } = useRealm();
  const state = useUrlState();
  const { may } = useAccess();
  const filter = filterOf(state.get, realm);
  const filters = useFilters();
  const order = state.get("order") || undefined;
  const query = useCertificates({ ...filter, order, ...pageOf(state) });
  const found = query.data;
  const choice = useChoice(filter, found?.total ?? 0);
  const acts = may("certificate:renew") || may("certificate:manage") || may("certificate:revoke");
  const request = may("request:create") && (
    <Button component={(props) => <Link {...props} to="/request" />} variant="primary">
      {menu("request")}
    </Button>
  );
  return (
    <>
      <PageHead
        title={menu("certificates")}
        actions={
          <div className="ers-actions">
            {request}
            {may("certificate:manage") && (
              <Button variant="secondary" onClick={() => setImporting(true)}>
                {imports("import_open")}
              </Button>
            )}
            <Exports filter={filter} />
          </div>
        }
      />
      <PageSection isFilled>
        <List
          label={menu("certificates")}
          query={query}
          rows={found?.certificates ?? []}
          keyOf={(row) => row.fingerprint}
          nameOf={(row) => titleOf(row.subject, row.subject_alternative_names)}
          filters={filters}
          narrowed={realm !== ""}
          note={<BulkBar {...choice.bar} />}
          selection={acts ? choice.selection : undefined}
          empty={{ title: text("empty"), hint: text("empty_hint"), act: request }}
          pages={{
            next: found?.next_page_token,
            total: found?.total,
            isLeast: found?.total_is_exact === false,
          }}
          columns={[
            { title: term("name"), width: 35, cell: (row) => <Name row={row} /> },
            { title: term("state"), cell: (row) => <StateLabel state={row.state} /> },
            { title: term("valid_to"), cell: (row) => <Time at={row.not_after} /> },
            { title: term("policy"), cell: (row) => row.policy || "–" },
            {
              title: text("owner"),
              breaks: true,
              cell: (row) => <span translate="no">{row.owner || "–"}</span>,
            },
            { title: term("key"), cell: (row) => row.key_algorithm },
          ]}
        />
      </PageSection>
      {importing && <Import realm={realm} onClose={() => setImporting(false)} />}
    </>
  );
}

/** All that the search finds, as a file; the browser saves it while it comes. */
function Exports({ filter }: { filter: ReturnType<typeof filterOf> }) {
  const text = useText();
  return (["csv", "ndjson"] as const).map((format) => (
    <Button
      key={format}
      variant="secondary"
      component="a"
      title={text("export_hint")}
      href={exportUrl(format, filter)}
      download={`certificates.${format}`}
    >
      {text("export")} {text(format)}
    </Button>
  ));
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
      {(row.tags.length > 0 || row.source === "imported") && (
        <div>
          <Labels of={row.tags} most={4}>
            {row.source === "imported" && (
              <Label isCompact color="purple">
                {text("imported")}
              </Label>
            )}
          </Labels>
        </div>
      )}
    </>
  );
}
