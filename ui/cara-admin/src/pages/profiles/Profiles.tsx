import { ListCard, PageHead } from "@ers/frame";
import { Button, Label, LabelGroup, PageSection } from "@patternfly/react-core";
import { Table, Tbody, Td, Th, Thead, Tr } from "@patternfly/react-table";
import { Link } from "react-router";
import { useProfiles } from "../../queries/profiles.ts";
import { useMay } from "../../queries/session.ts";
import { useMenuText } from "../../words/menu.ts";
import { useTerms } from "../../words/terms.ts";
import { useText } from "./words.ts";

/** All profiles. */
export default function Profiles() {
  const text = useText();
  const term = useTerms();
  const menu = useMenuText();
  const query = useProfiles();
  const rows = query.data ?? [];
  const may = useMay();
  const create = may("manage-profiles") && (
    <Button component={(props) => <Link {...props} to="/new-profile" />} variant="primary">
      {text("new")}
    </Button>
  );
  return (
    <>
      <PageHead title={menu("profiles")} hint={text("hint")} actions={create} />
      <PageSection isFilled>
        <ListCard
          query={query}
          count={rows.length}
          filtered={false}
          empty={<p className="ers-quiet">{text("none")}</p>}
        >
          <Table aria-label={menu("profiles")} variant="compact" gridBreakPoint="grid-lg">
            <Thead>
              <Tr>
                <Th width={40}>{term("name")}</Th>
                <Th>{text("usage")}</Th>
                <Th>{term("key")}</Th>
              </Tr>
            </Thead>
            <Tbody>
              {rows.map((profile) => {
                const said = profile.definition as Record<string, unknown>;
                return (
                  <Tr key={profile.name}>
                    <Td dataLabel={term("name")}>
                      <Link to={`/profiles/${profile.name}`}>{profile.name}</Link>
                      <div className="ers-quiet ers-small" translate="no">
                        {profile.description}
                      </div>
                    </Td>
                    <Td dataLabel={text("usage")}>
                      <Words all={textsIn(said.extended_key_usage)} />
                    </Td>
                    <Td dataLabel={term("key")}>
                      <Words all={textsIn(said.key_algorithms)} />
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

function Words({ all }: { all: string[] }) {
  if (all.length === 0) return <>–</>;
  return (
    <LabelGroup numLabels={6}>
      {all.map((one) => (
        <Label key={one} isCompact variant="outline" translate="no">
          {one}
        </Label>
      ))}
    </LabelGroup>
  );
}

/** The texts in whatever a definition says there, wherever they stand in it. */
function textsIn(value: unknown): string[] {
  if (typeof value === "string") return [value];
  if (Array.isArray(value)) return [...new Set(value.flatMap(textsIn))];
  if (typeof value === "object" && value !== null) return Object.values(value).flatMap(textsIn);
  return [];
}
