import { ListCard, PageHead, SearchField, Time, useUrlState } from "@ers/frame";
import { Button, EmptyState, EmptyStateBody, Label, PageSection } from "@patternfly/react-core";
import { Table, Tbody, Td, Th, Thead, Tr } from "@patternfly/react-table";
import { useState } from "react";
import { Link } from "react-router";
import type { MadePerson, Person } from "../../generated/clm-api.ts";
import { matches } from "../../lists.ts";
import { ShownOnce } from "../../parts/ShownOnce.tsx";
import { usePeople } from "../../queries/people.ts";
import { useAccess } from "../../queries/session.ts";
import { useMenuText } from "../../words/menu.ts";
import { NewAccount } from "./NewAccount.tsx";
import { useText } from "./words.ts";

/** The local accounts. */
export default function People() {
  const text = useText();
  const menu = useMenuText();
  const state = useUrlState();
  const manages = useAccess().mayEverywhere("person:manage");
  const query = usePeople();
  const search = state.get("search");
  const rows = (query.data ?? []).filter((one) => matches(search, one.username, one.display_name, one.email));
  const [adding, setAdding] = useState(false);
  const [made, setMade] = useState<MadePerson>();
  return (
    <>
      <PageHead
        title={menu("people")}
        hint={text("hint")}
        actions={manages && <Button onClick={() => setAdding(true)}>{text("new")}</Button>}
      />
      <PageSection isFilled>
        <ListCard
          query={query}
          count={rows.length}
          filtered={search !== ""}
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
          <Rows rows={rows} />
        </ListCard>
      </PageSection>
      {adding && <NewAccount onMade={setMade} onClose={() => setAdding(false)} />}
      {made?.password && (
        <ShownOnce
          title={text("password_of", { name: made.username })}
          secret={made.password}
          onClose={() => setMade(undefined)}
        />
      )}
    </>
  );
}

function Rows({ rows }: { rows: Person[] }) {
  const text = useText();
  const menu = useMenuText();
  return (
    <Table aria-label={menu("people")} variant="compact" gridBreakPoint="grid-lg">
      <Thead>
        <Tr>
          <Th width={35}>{text("username")}</Th>
          <Th>{text("display_name")}</Th>
          <Th>{text("email")}</Th>
          <Th>{text("last_login")}</Th>
        </Tr>
      </Thead>
      <Tbody>
        {rows.map((row) => (
          <Tr key={row.username}>
            <Td dataLabel={text("username")} modifier="breakWord">
              <Link to={`/people/${encodeURIComponent(row.username)}`} translate="no">
                {row.username}
              </Link>{" "}
              <Marks person={row} />
            </Td>
            <Td dataLabel={text("display_name")} modifier="breakWord">
              <span translate="no">{row.display_name || "–"}</span>
            </Td>
            <Td dataLabel={text("email")} modifier="breakWord">
              <span translate="no">{row.email || "–"}</span>
            </Td>
            <Td dataLabel={text("last_login")}>
              {row.last_login_at ? <Time at={row.last_login_at} /> : text("never")}
            </Td>
          </Tr>
        ))}
      </Tbody>
    </Table>
  );
}

/** What is special about an account. */
export function Marks({ person }: { person: Person }) {
  const text = useText();
  return (
    <>
      {person.closed && (
        <Label isCompact status="warning">
          {text("closed")}
        </Label>
      )}{" "}
      {person.second_factor && (
        <Label isCompact status="success">
          {text("factor")}
        </Label>
      )}
    </>
  );
}
