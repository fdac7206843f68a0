import { List, PageHead, PageTabs, useUrlState } from "@ers/frame";
import { Button, PageSection, Tab, TabTitleText } from "@patternfly/react-core";
import { useState } from "react";
import type { Role } from "../../generated/clm-api.ts";
import { useBindingColumns } from "../../parts/BindingTable.tsx";
import { GiveRole, useGiveText } from "../../parts/GiveRole.tsx";
import { Remove } from "../../parts/Remove.tsx";
import { pageOf } from "../../queries/api.ts";
import { useBindings, useRemoveRole } from "../../queries/roles.ts";
import { useAccess } from "../../queries/session.ts";
import { useRealm } from "../../realm.tsx";
import { useMenuText } from "../../words/menu.ts";
import { Change } from "./Change.tsx";
import { RoleTable } from "./RoleTable.tsx";
import { useText } from "./words.ts";

/** Who has which role, and what each role may do. */
export default function Roles() {
  const text = useText();
  const give = useGiveText();
  const menu = useMenuText();
  const state = useUrlState();
  const { may, mayEverywhere } = useAccess();
  const manages = mayEverywhere("role:manage");
  const [open, setOpen] = useState<Role | "new" | "give">();
  const [removing, setRemoving] = useState<string>();
  const remove = useRemoveRole();
  const close = () => setOpen(undefined);
  return (
    <>
      <PageHead
        title={menu("roles")}
        hint={text("hint")}
        actions={
          <div className="ers-actions">
            {may("role:manage") && <Button onClick={() => setOpen("give")}>{give("give")}</Button>}
            {manages && (
              <Button variant="secondary" onClick={() => setOpen("new")}>
                {text("new")}
              </Button>
            )}
          </div>
        }
      />
      <PageSection isFilled>
        <PageTabs open={state.get("tab") || "given"} onOpen={(tab) => state.set({ tab, search: "" })}>
          <Tab eventKey="given" title={<TabTitleText>{text("given")}</TabTitleText>}>
            <div className="ers-tab">
              <Bindings />
            </div>
          </Tab>
          <Tab eventKey="roles" title={<TabTitleText>{text("roles")}</TabTitleText>}>
            <div className="ers-tab">
              <RoleTable manages={manages} onChange={setOpen} onRemove={setRemoving} />
            </div>
          </Tab>
        </PageTabs>
      </PageSection>
      {open === "give" && <GiveRole onClose={close} />}
      {open && open !== "give" && <Change role={open === "new" ? undefined : open} onClose={close} />}
      {removing && (
        <Remove
          name={removing}
          hint={text("remove_hint")}
          mutation={remove}
          onClose={() => {
            remove.reset();
            setRemoving(undefined);
          }}
        />
      )}
    </>
  );
}

function Bindings() {
  const text = useText();
  const { realm } = useRealm();
  const query = useBindings({ ...pageOf(useUrlState()), realm: realm || undefined });
  const rows = query.data?.role_bindings ?? [];
  const { columns, dialog } = useBindingColumns(rows);
  return (
    <>
      <List
        label={text("given")}
        query={query}
        rows={rows}
        keyOf={(row) => row.id}
        columns={columns}
        filters={{ search: text("search") }}
        narrowed={realm !== ""}
        pages={{ next: query.data?.next_page_token, total: query.data?.total }}
        empty={{ title: text("empty") }}
      />
      {dialog}
    </>
  );
}
