import { List, PageHead, useUrlState } from "@ers/frame";
import { Button, PageSection } from "@patternfly/react-core";
import { useState } from "react";
import { Link } from "react-router";
import { pageOf } from "../../queries/api.ts";
import { useClients } from "../../queries/clients.ts";
import { useAccess } from "../../queries/session.ts";
import { useRealm } from "../../realm.tsx";
import { useMenuText } from "../../words/menu.ts";
import { useTerms } from "../../words/terms.ts";
import { NewClient } from "./NewClient.tsx";
import { useText } from "./words.ts";

/** The clients of the realm. */
export default function Clients() {
  const text = useText();
  const menu = useMenuText();
  const term = useTerms();
  const { realm } = useRealm();
  const { may } = useAccess();
  const query = useClients({ ...pageOf(useUrlState()), realm: realm || undefined });
  const [adding, setAdding] = useState(false);
  return (
    <>
      <PageHead
        title={menu("clients")}
        hint={text("hint")}
        actions={may("client:manage") && <Button onClick={() => setAdding(true)}>{text("new")}</Button>}
      />
      <PageSection isFilled>
        <List
          label={menu("clients")}
          query={query}
          rows={query.data?.clients ?? []}
          keyOf={(row) => row.name}
          filters={{ search: text("search") }}
          narrowed={realm !== ""}
          pages={{ next: query.data?.next_page_token, total: query.data?.total }}
          empty={{ title: text("empty"), hint: text("empty_hint") }}
          columns={[
            {
              title: term("name"),
              width: 40,
              breaks: true,
              cell: (row) => (
                <>
                  <Link to={`/clients/${encodeURIComponent(row.name)}`} translate="no">
                    {row.name}
                  </Link>
                  <div className="ers-quiet ers-small" translate="no">
                    {row.description}
                  </div>
                </>
              ),
            },
            { title: term("realm"), cell: (row) => row.realm },
            { title: text("default_policy"), cell: (row) => row.default_policy || "–" },
          ]}
        />
      </PageSection>
      {adding && <NewClient realm={realm} onClose={() => setAdding(false)} />}
    </>
  );
}
