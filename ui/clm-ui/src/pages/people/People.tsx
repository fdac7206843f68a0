import { List, PageHead, Time, useUrlState } from "@ers/frame";
import { Button, Label, PageSection } from "@patternfly/react-core";
import { useState } from "react";
import { Link } from "react-router";
import type { MadePerson, Person } from "../../generated/clm-api.ts";
import { ShownOnce } from "../../parts/ShownOnce.tsx";
import { pageOf } from "../../queries/api.ts";
import { usePeople } from "../../queries/people.ts";
import { useAccess } from "../../queries/session.ts";
import { useMenuText } from "../../words/menu.ts";
import { NewAccount } from "./NewAccount.tsx";
import { useText } from "./words.ts";

/** The local accounts. */
export default function People() {
  const text = useText();
  const menu = useMenuText();
  const manages = useAccess().mayEverywhere("person:manage");
  const query = usePeople(pageOf(useUrlState()));
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
        <List
          label={menu("people")}
          query={query}
          rows={query.data?.people ?? []}
          keyOf={(row) => row.username}
          filters={{ search: text("search") }}
          pages={{ next: query.data?.next_page_token, total: query.data?.total }}
          empty={{ title: text("empty"), hint: text("empty_hint") }}
          columns={[
            {
              title: text("username"),
              width: 35,
              breaks: true,
              cell: (row) => (
                <>
                  <Link to={`/people/${encodeURIComponent(row.username)}`} translate="no">
                    {row.username}
                  </Link>{" "}
                  <Marks person={row} />
                </>
              ),
            },
            {
              title: text("display_name"),
              breaks: true,
              cell: (row) => <span translate="no">{row.display_name || "–"}</span>,
            },
            {
              title: text("email"),
              breaks: true,
              cell: (row) => <span translate="no">{row.email || "–"}</span>,
            },
            {
              title: text("last_login"),
              cell: ({ last_login_at: at }) => (at ? <Time at={at} /> : text("never")),
            },
          ]}
        />
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
