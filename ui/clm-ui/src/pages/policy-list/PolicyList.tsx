import { ListCard, messages, PageHead, Time } from "@ers/frame";
import { Button, EmptyState, Label, LabelGroup, PageSection } from "@patternfly/react-core";
import { Table, Tbody, Td, Th, Thead, Tr } from "@patternfly/react-table";
import { Link } from "react-router";
import { rulesOf } from "../../policy/rules.ts";
import { usePolicies } from "../../queries/policies.ts";
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
    ways: "Ways",
  },
  {
    approval: "manuelle Freigabe",
    changed: "Geändert",
    empty: "Keine Richtlinien in diesem Bereich",
    hint: "Wer welches Zertifikat bekommt, und auf welchem Weg.",
    new: "Neue Richtlinie",
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
  const query = usePolicies(realm);
  const rows = query.data ?? [];
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
        <ListCard
          query={query}
          count={rows.length}
          filtered={false}
          empty={<EmptyState titleText={text("empty")} headingLevel="h2" />}
        >
          <Table aria-label={menu("policies")} variant="compact" gridBreakPoint="grid-lg">
            <Thead>
              <Tr>
                <Th width={30}>{term("name")}</Th>
                <Th>{term("realm")}</Th>
                <Th>{term("issuer")}</Th>
                <Th>{text("ways")}</Th>
                <Th>{term("version")}</Th>
                <Th>{text("changed")}</Th>
              </Tr>
            </Thead>
            <Tbody>
              {rows.map((policy) => {
                const rules = rulesOf(policy.definition);
                return (
                  <Tr key={policy.name}>
                    <Td dataLabel={term("name")}>
                      <Link to={`/policies/${policy.name}`}>{policy.name}</Link>{" "}
                      {rules.manual_approval && (
                        <Label isCompact color="orange">
                          {text("approval")}
                        </Label>
                      )}
                      <div className="ers-quiet ers-small" translate="no">
                        {policy.description}
                      </div>
                    </Td>
                    <Td dataLabel={term("realm")}>{policy.realm}</Td>
                    <Td dataLabel={term("issuer")}>{rules.issuer}</Td>
                    <Td dataLabel={text("ways")}>
                      <LabelGroup numLabels={8}>
                        {(rules.protocols ?? []).map((way) => (
                          <Label key={way} isCompact variant="outline">
                            {way}
                          </Label>
                        ))}
                      </LabelGroup>
                    </Td>
                    <Td dataLabel={term("version")}>{policy.version}</Td>
                    <Td dataLabel={text("changed")}>
                      <Time at={policy.updated_at} quiet />
                    </Td>
                  </Tr>
                );
              })}
            </Tbody>
          </Table>
        </ListCard>
      </PageSection>
    </>
  );
}
