import { List, messages, PageHead, Time, useUrlState } from "@ers/frame";
import { bare, titleOf } from "@ers/frame/certificate/names.ts";
import { Button, PageSection } from "@patternfly/react-core";
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
  const term = useTerms();
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
        <List
          label={menu("certificates")}
          query={query}
          rows={query.data?.certificates ?? []}
          keyOf={(row) => row.fingerprint}
          filters={["search", "state", "within"]}
          narrowed={realm !== ""}
          toolbar={<Filters state={state} />}
          empty={{ title: text("empty"), hint: text("empty_hint"), act: request }}
          pages={{ next: query.data?.next_page_token, total: query.data?.total }}
          columns={[
            { title: term("name"), width: 35, cell: (row) => <Name row={row} /> },
            { title: term("state"), cell: (row) => <StateLabel state={row.state} /> },
            { title: term("valid_to"), cell: (row) => <Time at={row.not_after} /> },
            { title: term("policy"), cell: (row) => row.policy || "–" },
            { title: term("issuer"), cell: (row) => row.issuer },
            { title: term("key"), cell: (row) => row.key_algorithm },
          ]}
        />
      </PageSection>
    </>
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
