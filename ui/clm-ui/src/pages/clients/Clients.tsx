import { ListCard, PageHead, SearchField, useUrlState } from "@ers/frame";
import { Button, EmptyState, EmptyStateBody, PageSection } from "@patternfly/react-core";
import { Table, Tbody, Td, Th, Thead, Tr } from "@patternfly/react-table";
import { useState } from "react";
import { Link } from "react-router";
import { matches } from "../../lists.ts";
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
  const state = useUrlState();
  const { realm } = useRealm();
  const { may } = useAccess();
  const query = useClients();
  const search = state.get("search");
  const rows = (query.data ?? []).filter(
    (one) => (!realm || one.realm === realm) && matches(search, one.name, one.description),
  );
  const [adding, setAdding] = useState(false);
  return (
    <>
      <PageHead
        title={menu("clients")}
        hint={text("hint")}
        actions={may("client:manage") && <Button onClick={() => setAdding(true)}>{text("new")}</Button>}
      />
      <PageSection isFilled>
        <ListCard
          query={query}
          count={rows.length}
          filtered={search !== "" || (realm !== "" && (query.data ?? []).length > 0)}
          onClear={() => state.set({ search: "" })}
          toolbar={
            <search className="ers-toolbar">
              <SearchField state={state} name="search" label={text("search")} />
            </search>
          }
          empty={
            <EmptyState titleText={text("empty")} headingLevel="h2">
              <EmptyStateBody>{text("empty_hint")}</EmptyStateBody>
            </EmptyState>
          }
        >
          <Table aria-label={menu("clients")} variant="compact" gridBreakPoint="grid-lg">
            <Thead>
              <Tr>
                <Th width={40}>{term("name")}</Th>
                <Th>{term("realm")}</Th>
                <Th>{text("default_policy")}</Th>
              </Tr>
            </Thead>
            <Tbody>
              {rows.map((row) => (
                <Tr key={row.name}>
                  <Td dataLabel={term("name")} modifier="breakWord">
                    <Link to={`/clients/${encodeURIComponent(row.name)}`} translate="no">
                      {row.name}
                    </Link>
                    <div className="ers-quiet ers-small" translate="no">
                      {row.description}
                    </div>
                  </Td>
                  <Td dataLabel={term("realm")}>{row.realm}</Td>
                  <Td dataLabel={text("default_policy")}>{row.default_policy || "–"}</Td>
                </Tr>
              ))}
            </Tbody>
          </Table>
        </ListCard>
      </PageSection>
      {adding && <NewClient realm={realm} onClose={() => setAdding(false)} />}
    </>
  );
}
