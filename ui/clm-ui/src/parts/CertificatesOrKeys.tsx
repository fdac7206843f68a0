import { PageTabs, useUrlState } from "@ers/frame";
import { Tab, TabTitleText } from "@patternfly/react-core";
import type { ReactNode } from "react";
import { useRecoveryText } from "./recovery-words.ts";

/** What concerns certificates, and what concerns kept keys: side by side for who may see both. Which one stands in the URL. */
export function CertificatesOrKeys(props: { certificates: ReactNode; keys: ReactNode }) {
  const text = useRecoveryText();
  const { get, set } = useUrlState();
  if (!props.certificates || !props.keys) return props.certificates || props.keys;
  return (
    <PageTabs open={get("tab") || "certificates"} onOpen={(tab) => set({ tab, state: "", whose: "" })}>
      <Tab eventKey="certificates" title={<TabTitleText>{text("requests")}</TabTitleText>}>
        <div className="ers-tab">{props.certificates}</div>
      </Tab>
      <Tab eventKey="keys" title={<TabTitleText>{text("keys")}</TabTitleText>}>
        <div className="ers-tab">{props.keys}</div>
      </Tab>
    </PageTabs>
  );
}
