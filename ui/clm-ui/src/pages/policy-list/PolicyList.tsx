import { Labels, List, messages, PageHead, Time, useUrlState } from "@ers/frame";
import { Button, Label, PageSection } from "@patternfly/react-core";
import { Link } from "react-router";
import type { Policy } from "../../generated/clm-api.ts";
import { rulesOf } from "../../policy/rules.ts";
import { pageOf } from "../../queries/api.ts";
import { usePolicyPage } from "../../queries/policies.ts";
import { useAccess } from "../../queries/session.ts";
import { useRealm } from "../../realm.tsx";
import { useMenuText } from "../../words/menu.ts";
import { useTerms } from "../../words/terms.ts";

const useText = messages(
  {
    approval: "manual approval",
    changed: "Changed",
    empty: "No policies in this realm",
    hint: "Who may have which certificate, and by which way.",
    new: "New policy",
    search: "Search by name, description, issuer or profile",
    ways: "Ways",
  },
  {
    approval: "manuelle Freigabe",
    changed: "Geändert",
    empty: "Keine Richtlinien in diesem Bereich",
    hint: "Wer welches Zertifikat bekommt, und auf welchem Weg.",
    new: "Neue Richtlinie",
    search: "Nach Name, Beschreibung, Aussteller oder Profil suchen",
    ways: "Wege",
  },
);

/** The policies in force. */
export default function PolicyList() {
  const text = useText();
  const menu = useMenuText();
  const term = useTerms();
  const { realm } = useRealm();
  const { may } = useAccess();
  const query = usePolicyPage({ ...pageOf(useUrlState()), realm: realm || undefined });
  const rows = (query.data?.policies ?? []).map((policy) => ({
    policy,
    rules: rulesOf(policy.definition),
  }));
  return (
    <>
      <PageHead
        title={menu("policies")}
        hint={text("hint")}
        actions={
          may("policy:manage") && (
            <Button component={(props) => <Link {...props} to="/new-policy" />} variant="secondary">
              {text("new")}
            </Button>
          )
        }
      />
      <PageSection isFilled>
        <List
          label={menu("policies")}
          query={query}
          rows={rows}
          keyOf={({ policy }) => policy.name}
          filters={{ search: text("search") }}
          narrowed={realm !== ""}
          pages={{ next: query.data?.next_page_token, total: query.data?.total }}
          empty={{ title: text("empty") }}
          columns={[
            {
              title: term("name"),
              width: 30,
              cell: ({ policy, rules }) => <Name policy={policy} manual={rules.manual_approval ?? false} />,
            },
            { title: term("realm"), cell: ({ policy }) => policy.realm },
            { title: term("issuer"), cell: ({ rules }) => rules.issuer },
            {
              title: text("ways"),
              cell: ({ rules }) => <Labels of={rules.protocols ?? []} most={8} />,
            },
            {
              title: term("version"),
              cell: ({ policy }) => (
                <Link to={`/policies/${policy.name}?tab=versions`}>{policy.version}</Link>
              ),
            },
            { title: text("changed"), cell: ({ policy }) => <Time at={policy.updated_at} quiet /> },
          ]}
        />
      </PageSection>
    </>
  );
}

function Name({ policy, manual }: { policy: Policy; manual: boolean }) {
  const text = useText();
  return (
    <>
      <Link to={`/policies/${policy.name}`}>{policy.name}</Link>{" "}
      {manual && (
        <Label isCompact color="orange">
          {text("approval")}
        </Label>
      )}
      <div className="ers-quiet ers-small" translate="no">
        {policy.description}
      </div>
    </>
  );
}
