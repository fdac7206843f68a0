import { PageHead, PageTabs, useUrlState } from "@ers/frame";
import { Button, PageSection, Tab, TabTitleText } from "@patternfly/react-core";
import { useState } from "react";
import type { Subscription } from "../../generated/clm-api.ts";
import { ShownOnce } from "../../parts/ShownOnce.tsx";
import { useAccess } from "../../queries/session.ts";
import { useMenuText } from "../../words/menu.ts";
import { Change } from "./Change.tsx";
import { Deliveries } from "./Deliveries.tsx";
import { Subscriptions } from "./Subscriptions.tsx";
import { useText } from "./words.ts";

/** Who is told what, and what was told. */
export default function Notifications() {
  const text = useText();
  const menu = useMenuText();
  const state = useUrlState();
  const manages = useAccess().may("notification:manage");
  const [open, setOpen] = useState<Subscription | "new">();
  const [made, setMade] = useState<Subscription>();
  return (
    <>
      <PageHead
        title={menu("notifications")}
        hint={text("hint")}
        actions={manages && <Button onClick={() => setOpen("new")}>{text("new")}</Button>}
      />
      <PageSection isFilled>
        <PageTabs
          open={state.get("tab") || "subscriptions"}
          onOpen={(tab) => state.set({ tab, search: "", state: "", subscription: "" })}
        >
          <Tab eventKey="subscriptions" title={<TabTitleText>{text("subscriptions")}</TabTitleText>}>
            <div className="ers-tab">
              <Subscriptions manages={manages} onChange={setOpen} />
            </div>
          </Tab>
          <Tab eventKey="deliveries" title={<TabTitleText>{text("deliveries")}</TabTitleText>}>
            <div className="ers-tab">
              <Deliveries manages={manages} />
            </div>
          </Tab>
        </PageTabs>
      </PageSection>
      {open && (
        <Change
          subscription={open === "new" ? undefined : open}
          onMade={setMade}
          onClose={() => setOpen(undefined)}
        />
      )}
      {made?.secret && (
        <ShownOnce
          title={text("secret", { name: made.name })}
          hint={text("secret_hint")}
          secret={made.secret}
          onClose={() => setMade(undefined)}
        />
      )}
    </>
  );
}
