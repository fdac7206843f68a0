import { List, PageHead, useUrlState } from "@ers/frame";
import { Button, Label, PageSection } from "@patternfly/react-core";
import { useState } from "react";
import { Link } from "react-router";
import type { EndEntity } from "../../generated/clm-api.ts";
import { pageOf } from "../../queries/api.ts";
import { useEndEntities } from "../../queries/end-entities.ts";
import { useAccess } from "../../queries/session.ts";
import { useRealm } from "../../realm.tsx";
import { useMenuText } from "../../words/menu.ts";
import { useTerms } from "../../words/terms.ts";
import { ChangeEndEntity } from "./Change.tsx";
import { useText } from "./words.ts";

/** Whom certificates are for. */
export default function EndEntityList() {
  const text = useText();
  const menu = useMenuText();
  const term = useTerms();
  const state = useUrlState();
  const { realm } = useRealm();
  const { may } = useAccess();
  const [adding, setAdding] = useState(false);
  const query = useEndEntities({
    ...pageOf(state),
    realm: realm || undefined,
    state: state.get("state") || undefined,
    owner: state.get("owner").trim() || undefined,
  });
  return (
    <>
      <PageHead
        title={menu("end_entities")}
        hint={text("hint")}
        actions={may("end-entity:manage") && <Button onClick={() => setAdding(true)}>{text("new")}</Button>}
      />
      <PageSection isFilled>
        <List
          label={menu("end_entities")}
          query={query}
          rows={query.data?.end_entities ?? []}
          keyOf={(row) => `${row.realm}/${row.name}`}
          filters={{
            search: text("search"),
            daily: [
              {
                kind: "toggle",
                name: "state",
                label: term("state"),
                choices: [
                  ["active", text("active")],
                  ["suspended", text("suspended")],
                ],
              },
              { kind: "text", name: "owner", label: text("owner_filter") },
            ],
          }}
          narrowed={realm !== ""}
          empty={{ title: text("empty"), hint: text("empty_hint") }}
          pages={{ next: query.data?.next_page_token, total: query.data?.total }}
          columns={[
            {
              title: term("name"),
              width: 35,
              breaks: true,
              cell: (row) => (
                <>
                  <Link to={pathOf(row)} translate="no">
                    {row.name}
                  </Link>{" "}
                  <Marks entity={row} />
                </>
              ),
            },
            { title: term("realm"), cell: (row) => row.realm },
            {
              title: text("owners"),
              breaks: true,
              cell: (row) => <span translate="no">{row.owners.join(", ") || "–"}</span>,
            },
            {
              title: text("contact"),
              breaks: true,
              cell: (row) => <span translate="no">{row.contact || "–"}</span>,
            },
          ]}
        />
      </PageSection>
      {adding && <ChangeEndEntity realm={realm} onClose={() => setAdding(false)} />}
    </>
  );
}

/** The page of an end entity; its name may have any sign in it. */
export const pathOf = ({ realm, name }: { realm: string; name: string }) =>
  `/end-entities/${realm}/${encodeURIComponent(name)}`;

/** What is special about an end entity. */
export function Marks({ entity }: { entity: EndEntity }) {
  const text = useText();
  return (
    <>
      {entity.state === "suspended" && (
        <Label isCompact status="warning">
          {text("suspended")}
        </Label>
      )}{" "}
      {entity.registration_authority && <Label isCompact>{text("ra_short")}</Label>}
    </>
  );
}
