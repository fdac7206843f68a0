import {
  CopyButton,
  Crumb,
  download,
  Facts,
  messages,
  PageHead,
  PageTabs,
  PemText,
  ProblemAlert,
  Time,
  useUrlState,
} from "@ers/frame";
import { titleOf } from "@ers/frame/certificate/names.ts";
import { Button, Card, CardBody, PageSection, Skeleton, Tab, TabTitleText } from "@patternfly/react-core";
import { lazy, type ReactNode, Suspense, useState } from "react";
import { Link, useParams } from "react-router";
import type { Certificate } from "../../generated/cara-ws.ts";
import { StateLabel, stateOf } from "../../parts/StateLabel.tsx";
import { useCertificate } from "../../queries/certificates.ts";
import { useMay } from "../../queries/session.ts";
import { useMenuText } from "../../words/menu.ts";
import { useTerms } from "../../words/terms.ts";
import { Release, Revoke } from "./Revoke.tsx";

// Reading certificates needs a large library: only who looks inside loads it.
const Decoded = lazy(() => import("@ers/frame/certificate/Decoded.tsx"));

const useText = messages(
  {
    decoded: "Decoded",
    download: "Certificate, PEM",
    entity: "End entity",
    overview: "Overview",
    policy: "Policy of CLM",
    release: "Release",
    request: "Request id",
    revoke: "Revoke …",
    revoked_at: "Revoked",
    revoked_by: "Revoked by",
  },
  {
    decoded: "Dekodiert",
    download: "Zertifikat, PEM",
    entity: "Endeinheit",
    overview: "Übersicht",
    policy: "Richtlinie in CLM",
    release: "Freigeben",
    request: "Antragskennung",
    revoke: "Sperren …",
    revoked_at: "Gesperrt",
    revoked_by: "Gesperrt von",
  },
);

/** One certificate as CARA knows it; revoke, hold, release. */
export default function CertificateDetails() {
  const { issuer = "", serial = "" } = useParams();
  const text = useText();
  const menu = useMenuText();
  const may = useMay();
  const query = useCertificate(issuer, serial);
  const [act, setAct] = useState<"revoke" | "release">();
  const certificate = query.data;
  const state = certificate ? stateOf(certificate) : "";
  const title = certificate
    ? titleOf(certificate.subject, certificate.subject_alternative_names)
    : serial.slice(0, 16);
  const above = <Crumb to="/certificates" label={menu("certificates")} />;
  const actions = certificate && (
    <div className="ers-actions">
      <Button
        variant="secondary"
        onClick={() => download(`${serial}.pem`, certificate.certificate_pem, "application/x-pem-file")}
      >
        {text("download")}
      </Button>
      {may("revoke-certificates") && state === "held" && (
        <Button variant="primary" onClick={() => setAct("release")}>
          {text("release")}
        </Button>
      )}
      {may("revoke-certificates") && (state === "valid" || state === "held") && (
        <Button variant="danger" onClick={() => setAct("revoke")}>
          {text("revoke")}
        </Button>
      )}
    </div>
  );
  return (
    <>
      <PageHead
        title={title}
        above={above}
        mark={certificate && <StateLabel state={state} />}
        actions={actions}
      />
      <PageSection isFilled>
        {query.isError && <ProblemAlert error={query.error} onAgain={() => query.refetch()} />}
        {query.isPending && <Skeleton height="16rem" />}
        {certificate && <Sections certificate={certificate} />}
      </PageSection>
      {certificate && act === "revoke" && (
        <Revoke certificate={certificate} name={title} onClose={() => setAct(undefined)} />
      )}
      {certificate && act === "release" && (
        <Release certificate={certificate} name={title} onClose={() => setAct(undefined)} />
      )}
    </>
  );
}

function Sections({ certificate }: { certificate: Certificate }) {
  const text = useText();
  const { get, set } = useUrlState();
  const pem = certificate.certificate_pem;
  const tabs: [string, string, ReactNode][] = [
    ["overview", text("overview"), <Overview key="o" certificate={certificate} />],
    ["decoded", text("decoded"), <Decoded key="d" pem={pem} />],
    ["pem", "PEM", <PemText key="p" pem={pem} />],
  ];
  return (
    <PageTabs open={get("tab") || "overview"} onOpen={(tab) => set({ tab }, true)}>
      {tabs.map(([key, title, content]) => (
        <Tab key={key} eventKey={key} title={<TabTitleText>{title}</TabTitleText>}>
          <div className="ers-tab">
            <Suspense fallback={<Skeleton height="12rem" />}>{content}</Suspense>
          </div>
        </Tab>
      ))}
    </PageTabs>
  );
}

function Overview({ certificate }: { certificate: Certificate }) {
  const text = useText();
  const term = useTerms();
  const { revocation } = certificate;
  const copied = (value: string) => (
    <span className="ers-mono">
      {value} <CopyButton text={value} />
    </span>
  );
  const own = (value: string | undefined) => value && <span translate="no">{value}</span>;
  return (
    <Card>
      <CardBody>
        <Facts
          wide
          rows={[
            [term("subject"), own(certificate.subject)],
            [term("names"), own(certificate.subject_alternative_names.join(", "))],
            [
              term("issuer"),
              <Link key="i" to={`/authorities/${certificate.issuer}`}>
                {certificate.issuer}
              </Link>,
            ],
            [
              term("profile"),
              <Link key="p" to={`/profiles/${certificate.profile}`}>
                {certificate.profile}
              </Link>,
            ],
            [term("issued"), <Time key="a" at={certificate.issued_at} />],
            [term("valid_from"), <Time key="f" at={certificate.not_before} />],
            [term("valid_to"), <Time key="t" at={certificate.not_after} />],
            [text("revoked_at"), revocation && <Time at={revocation.at} />],
            [term("reason"), own(revocation?.reason)],
            [text("revoked_by"), own(revocation?.requester)],
            [term("requester"), own(certificate.requester)],
            [term("protocol"), own(certificate.protocol)],
            [text("policy"), own(certificate.policy)],
            [text("entity"), own(certificate.end_entity)],
            [text("request"), own(certificate.request_id)],
            [term("serial"), copied(certificate.serial)],
            [term("fingerprint"), copied(certificate.fingerprint)],
          ]}
        />
      </CardBody>
    </Card>
  );
}
