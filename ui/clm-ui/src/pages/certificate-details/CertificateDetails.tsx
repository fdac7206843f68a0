import { Crumb, PageHead, PageTabs, PemText, ProblemAlert, useUrlState } from "@ers/frame";
import { titleOf } from "@ers/frame/certificate/names.ts";
import { Button, PageSection, Skeleton, Tab, TabTitleText } from "@patternfly/react-core";
import { lazy, type ReactNode, Suspense, useState } from "react";
import { useNavigate, useParams } from "react-router";
import type { WholeCertificate } from "../../generated/clm-api.ts";
import { Remove } from "../../parts/Remove.tsx";
import { StateLabel } from "../../parts/StateLabel.tsx";
import { useCertificate, useForgetCertificate } from "../../queries/certificates.ts";
import { useAccess } from "../../queries/session.ts";
import { useMenuText } from "../../words/menu.ts";
import { RenewMany } from "../certificate-list/bulk-dialogs.tsx";
import { Downloads } from "./Downloads.tsx";
import { History } from "./History.tsx";
import { Notes } from "./Notes.tsx";
import { Overview } from "./Overview.tsx";
import { Revoke } from "./Revoke.tsx";
import { ServerKey } from "./ServerKey.tsx";
import { useText } from "./words.ts";

// Reading certificates needs a large library: only who looks inside loads it.
const Decoded = lazy(() => import("@ers/frame/certificate/Decoded.tsx"));
const Chain = lazy(() => import("./Chain.tsx"));

/** One certificate: what it says, where it stands, what happened to it. */
export default function CertificateDetails() {
  const { id = "" } = useParams();
  const menu = useMenuText();
  const query = useCertificate(id);
  const above = <Crumb to="/certificates" label={menu("certificates")} />;
  if (query.isPending || query.isError) {
    return (
      <>
        <PageHead title={id.slice(0, 16)} above={above} />
        <PageSection>
          {query.isError ? (
            <ProblemAlert error={query.error} onAgain={() => query.refetch()} />
          ) : (
            <Skeleton height="16rem" />
          )}
        </PageSection>
      </>
    );
  }
  return <Loaded certificate={query.data} above={above} />;
}

function Loaded({ certificate, above }: { certificate: WholeCertificate; above: ReactNode }) {
  const text = useText();
  const { mayUnderPolicy } = useAccess();
  const mayRevoke = mayUnderPolicy("certificate:revoke", certificate.realm, certificate.policy);
  const mayManage = mayUnderPolicy("certificate:manage", certificate.realm, certificate.policy);
  const mayRenew = mayUnderPolicy("certificate:renew", certificate.realm, certificate.policy);
  const ours = certificate.state === "valid" && certificate.source === "issued";
  const [asked, setAsked] = useState<"revoke" | "renew" | "forget">();
  const close = () => setAsked(undefined);
  const go = useNavigate();
  const forget = useForgetCertificate(certificate.fingerprint);
  const title = titleOf(certificate.subject, certificate.subject_alternative_names);
  return (
    <>
      <PageHead
        title={title}
        above={above}
        mark={<StateLabel state={certificate.state} />}
        actions={
          <div className="ers-actions">
            <Downloads certificate={certificate} title={title} />
            {ours && mayRenew && (
              <Button variant="secondary" onClick={() => setAsked("renew")}>
                {text("renew")}
              </Button>
            )}
            {certificate.source === "imported" && mayManage && (
              <Button variant="danger" onClick={() => setAsked("forget")}>
                {text("forget")}
              </Button>
            )}
            {ours && mayRevoke && (
              <Button variant="danger" onClick={() => setAsked("revoke")}>
                {text("revoke")}
              </Button>
            )}
          </div>
        }
      />
      <PageSection isFilled>
        <Sections certificate={certificate} />
      </PageSection>
      {asked === "revoke" && <Revoke certificate={certificate} name={title} onClose={close} />}
      {asked === "forget" && (
        <Remove
          name={title}
          hint={text("forget_hint")}
          mutation={forget}
          onDone={() => go("/certificates")}
          onClose={close}
        />
      )}
      {asked === "renew" && (
        <RenewMany chosen={{ ids: [certificate.fingerprint] }} count={1} onClose={close} />
      )}
    </>
  );
}

function Sections({ certificate }: { certificate: WholeCertificate }) {
  const text = useText();
  const { get, set } = useUrlState();
  const waiting = <Skeleton height="12rem" />;
  const tabs: [string, string, ReactNode][] = [
    [
      "overview",
      text("overview_tab"),
      <div key="o" className="ers-stack">
        <Overview certificate={certificate} />
        <ServerKey certificate={certificate} />
        <Notes certificate={certificate} />
      </div>,
    ],
    ["decoded", text("decoded_tab"), <Decoded key="d" pem={certificate.certificate_pem} />],
    ["chain", text("chain_tab"), <Chain key="c" certificate={certificate} />],
    ["history", text("history_tab"), <History key="h" certificate={certificate} />],
    ["pem", text("pem_tab"), <PemText key="p" pem={certificate.certificate_pem} />],
  ];
  return (
    <PageTabs open={get("tab") || "overview"} onOpen={(tab) => set({ tab }, true)}>
      {tabs.map(([key, title, content]) => (
        <Tab key={key} eventKey={key} title={<TabTitleText>{title}</TabTitleText>}>
          <div className="ers-tab">
            <Suspense fallback={waiting}>{content}</Suspense>
          </div>
        </Tab>
      ))}
    </PageTabs>
  );
}
