import { ListCard, messages, PageHead } from "@ers/frame";
import { Label, LabelGroup, PageSection } from "@patternfly/react-core";
import { Table, Tbody, Td, Th, Thead, Tr } from "@patternfly/react-table";
import { Link } from "react-router";
import { useProfiles } from "../../queries/operation.ts";
import { useMenuText } from "../../words/menu.ts";
import { useTerms } from "../../words/terms.ts";

const useText = messages(
  {
    hint: "What certificates say: fields, extensions, key kinds, longest validity.",
    none: "No profiles.",
    usage: "For",
  },
  {
    hint: "Was Zertifikate sagen: Felder, Erweiterungen, Schlüsselarten, längste Gültigkeit.",
    none: "Keine Profile.",
    usage: "Für",
  },
);

/** All profiles. */
export default function Profiles() {
  const text = useText();
  const term = useTerms();
  const menu = useMenuText();
  const query = useProfiles();
  const rows = query.data ?? [];
  return (
    <>
      <PageHead title={menu("profiles")} hint={text("hint")} />
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
