import { Crumb, PageHead, PageTabs, PemText, ProblemAlert, useUrlState } from "@ers/frame";
import { Alert, PageSection, Skeleton, Tab, TabTitleText } from "@patternfly/react-core";
import { lazy, type ReactNode, Suspense } from "react";
import { useParams } from "react-router";
import type { Authority } from "../../generated/cara-ws.ts";
import { StateLabel } from "../../parts/StateLabel.tsx";
import { useAuthority } from "../../queries/authorities.ts";
import { useMenuText } from "../../words/menu.ts";
import { CrlTable } from "../revocation/CrlTable.tsx";
import { Acts } from "./Acts.tsx";
import { Generations } from "./Generations.tsx";
import { Overview } from "./Overview.tsx";
import { Settings } from "./Settings.tsx";
import { useText } from "./words.ts";

// Reading certificates needs a large library: only who looks inside loads it.
const Decoded = lazy(() => import("@ers/frame/certificate/Decoded.tsx"));

/** One CA: its certificate, its keys, its CRLs, its settings, and what can be done with it. */
export default function AuthorityDetails() {
  const { name = "" } = useParams();
  const menu = useMenuText();
  const query = useAuthority(name);
  const authority = query.data;
  const above = <Crumb to="/" label={menu("authorities")} />;
  return (
    <>
      <PageHead
        title={name}
        above={above}
        hint={authority && <span translate="no">{authority.subject}</span>}
        mark={authority && <StateLabel state={authority.state} />}
        actions={authority && <Acts authority={authority} />}
      />
      <PageSection isFilled>
        {query.isError && <ProblemAlert error={query.error} onAgain={() => query.refetch()} />}
        {query.isPending && <Skeleton height="16rem" />}
        {authority && <Sections authority={authority} />}
      </PageSection>
    </>
  );
}

function Sections({ authority }: { authority: Authority }) {
  const text = useText();
  const { get, set } = useUrlState();
  const { name, certificate_pem: pem } = authority;
  const tabs: [string, string, ReactNode][] = [
    ["overview", text("overview_tab"), <Overview key="o" authority={authority} />],
    ["keys", text("generations_tab"), <Generations key="g" authority={authority} />],
    ["crls", "CRLs", <CrlTable key="c" name={name} />],
    [
      "settings",
      text("settings_tab"),
      <Settings key={`s${authority.settings_version}`} authority={authority} />,
    ],
  ];
  if (pem) {
    tabs.push(["decoded", text("decoded_tab"), <Decoded key="d" pem={pem} />]);
    tabs.push(["pem", text("pem_tab"), <PemText key="p" pem={pem} />]);
  }
  return (
    <>
      {authority.request_pem && (
        <Alert isInline variant="info" title={text("await_hint")} className="ers-space" />
      )}
      <PageTabs open={get("tab") || "overview"} onOpen={(tab) => set({ tab }, true)}>
        {tabs.map(([key, title, content]) => (
          <Tab key={key} eventKey={key} title={<TabTitleText>{title}</TabTitleText>}>
            <div className="ers-tab">
              <Suspense fallback={<Skeleton height="12rem" />}>{content}</Suspense>
            </div>
          </Tab>
        ))}
      </PageTabs>
    </>
  );
}
