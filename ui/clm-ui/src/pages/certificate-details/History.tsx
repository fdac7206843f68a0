import { ProblemAlert, useFormats } from "@ers/frame";
import { ProgressStep, ProgressStepper, Skeleton } from "@patternfly/react-core";
import type { ReactNode } from "react";
import { Link } from "react-router";
import type { HistoryEvent, WholeCertificate } from "../../generated/clm-api.ts";
import { useHistory } from "../../queries/certificates.ts";
import { useText } from "./words.ts";

const ACTS = {
  "certificate.issued": "success",
  "certificate.made": "success",
  "certificate.import": "success",
  "certificate.change": "default",
  "certificate.renewed": "info",
  "certificate.revoke": "warning",
  "certificate.revoked": "danger",
} as const;
const isKnown = (act: string): act is keyof typeof ACTS => act in ACTS;

/** What happened to the certificate, who did it, and what will. */
export function History({ certificate }: { certificate: WholeCertificate }) {
  const text = useText();
  const { moment } = useFormats();
  const query = useHistory(certificate.fingerprint);
  if (query.isPending) return <Skeleton height="12rem" />;
  if (query.isError) return <ProblemAlert error={query.error} onAgain={() => query.refetch()} />;
  const over = new Date(certificate.not_after).getTime() < Date.now();
  return (
    <ProgressStepper isVertical aria-label={text("history_tab")}>
      {query.data.map((event) => (
        <Step
          key={`${event.at} ${event.act}`}
          id={`${event.at}-${event.act}`}
          variant={isKnown(event.act) ? ACTS[event.act] : "default"}
          title={isKnown(event.act) ? text(event.act) : event.act}
        >
          <Told event={event} certificate={certificate} />
        </Step>
      ))}
      <Step
        id="end"
        variant={over ? "warning" : "pending"}
        title={text(over ? "expired_then" : "expires_then")}
      >
        {moment(certificate.not_after)}
      </Step>
    </ProgressStepper>
  );
}

function Step(props: {
  id: string;
  variant: "success" | "danger" | "warning" | "pending" | "info" | "default";
  title: string;
  children: ReactNode;
}) {
  return (
    <ProgressStep
      id={`${props.id}-step`}
      titleId={`${props.id}-title`}
      variant={props.variant}
      aria-label={props.title}
      description={props.children}
    >
      {props.title}
    </ProgressStep>
  );
}

function Told({ event, certificate }: { event: HistoryEvent; certificate: WholeCertificate }) {
  const text = useText();
  const { moment } = useFormats();
  const { before, after, certificate: other } = event;
  const revoked = event.act === "certificate.revoked" && certificate.revocation_reason;
  return (
    <>
      <div>
        {moment(event.at)}
        {event.actor && (
          <>
            {" · "}
            <span translate="no">{event.actor}</span>
          </>
        )}
        {revoked && ` · ${text("reason_label", { reason: revoked })}`}
      </div>
      {event.detail && (
        <div className="ers-break" translate="no">
          {event.detail}
        </div>
      )}
      {other && <Link to={`/certificates/${other}`}>{text("renewed_by")}</Link>}
      {(before || after) && (
        <details>
          <summary>{text("before_after")}</summary>
          <pre className="ers-mono ers-written" translate="no">
            {[before, after].filter(Boolean).join("\n→ ")}
          </pre>
        </details>
      )}
    </>
  );
}
