import { Labels, List, PageHead } from "@ers/frame";
import { Button, PageSection } from "@patternfly/react-core";
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
        <List
          label={menu("profiles")}
          query={query}
          rows={query.data ?? []}
          keyOf={(profile) => profile.name}
          empty={{ title: text("none") }}
          columns={[
            {
              title: term("name"),
              width: 40,
              cell: (profile) => (
                <>
                  <Link to={`/profiles/${profile.name}`}>{profile.name}</Link>
                  <div className="ers-quiet ers-small" translate="no">
                    {profile.description}
                  </div>
                </>
              ),
            },
            {
              title: text("usage"),
              cell: ({ definition }) => <Words all={textsIn(partOf(definition, "extended_key_usage"))} />,
            },
            {
              title: term("key"),
              cell: ({ definition }) => <Words all={textsIn(partOf(definition, "key_algorithms"))} />,
            },
          ]}
        />
      </PageSection>
    </>
  );
}

function Words({ all }: { all: string[] }) {
  if (all.length === 0) return <>–</>;
  return <Labels of={all} most={6} />;
}

const partOf = (definition: unknown, name: string) => (definition as Record<string, unknown>)[name];

/** The texts in whatever a definition says there, wherever they stand in it. */
function textsIn(value: unknown): string[] {
  if (typeof value === "string") return [value];
  if (Array.isArray(value)) return [...new Set(value.flatMap(textsIn))];
  if (typeof value === "object" && value !== null) return Object.values(value).flatMap(textsIn);
  return [];
}
