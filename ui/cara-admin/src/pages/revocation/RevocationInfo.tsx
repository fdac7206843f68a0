import { Facts, messages, PageHead, ProblemAlert } from "@ers/frame";
import { Card, CardBody, PageSection, Skeleton } from "@patternfly/react-core";
import { Link } from "react-router";
import type { Authority } from "../../generated/cara-ws.ts";
import { useAuthorities } from "../../queries/authorities.ts";
import { useMay } from "../../queries/session.ts";
import { useMenuText } from "../../words/menu.ts";
import { CrlTable } from "./CrlTable.tsx";
import { OcspSigners } from "./OcspSigners.tsx";

const useText = messages(
  {
    answer: "OCSP answers valid for",
    as_configured: "CRLs and OCSP as configured for all CAs.",
    change: "Change",
    delta: "Delta CRL every",
    hint: "What tells relying parties that a certificate is revoked, CA by CA.",
    hours: "{n} hours",
    interval: "CRL every",
    key: "Key of the OCSP signers",
    minutes: "{n} minutes",
    signer: "OCSP signers valid for",
    days: "{n} days",
    validity: "CRL valid for",
  },
  {
    answer: "OCSP-Antworten gültig für",
    as_configured: "CRLs und OCSP wie für alle CAs konfiguriert.",
    change: "Ändern",
    delta: "Delta-CRL alle",
    hint: "Was Prüfenden sagt, dass ein Zertifikat gesperrt ist, CA für CA.",
    hours: "{n} Stunden",
    interval: "CRL alle",
    key: "Schlüssel der OCSP-Signierer",
    minutes: "{n} Minuten",
    signer: "OCSP-Signierer gültig für",
    days: "{n} Tage",
    validity: "CRL gültig für",
  },
);

const OWN = [
  "crl_validity_hours",
  "crl_interval_hours",
  "crl_delta_minutes",
  "ocsp_answer_minutes",
  "ocsp_certificate_days",
  "ocsp_key_algorithm",
];

/** CRLs and OCSP of all CAs. */
export default function RevocationInfo() {
  const text = useText();
  const menu = useMenuText();
  const query = useAuthorities();
  const publishing = (query.data ?? []).filter(({ crl_number }) => crl_number > 0);
  return (
    <>
      <PageHead title={menu("revocation")} hint={text("hint")} />
      <PageSection>
        {query.isError && <ProblemAlert error={query.error} onAgain={() => query.refetch()} />}
        {query.isPending && <Skeleton height="16rem" />}
        <div className="ers-stack">
          {publishing.map((authority) => (
            <section key={authority.name} className="ers-stack" aria-label={authority.name}>
              <CrlTable name={authority.name} title={authority.name} />
              <Own authority={authority} />
            </section>
          ))}
        </div>
      </PageSection>
    </>
  );
}

function Own({ authority }: { authority: Authority }) {
  const text = useText();
  const may = useMay();
  const settings = authority.settings as Record<string, unknown>;
  const told = (key: string, word: "hours" | "minutes" | "days") =>
    settings[key] !== undefined && text(word, { n: String(settings[key]) });
  const isOwn = OWN.some((key) => settings[key] !== undefined);
  return (
    <Card isCompact>
      <CardBody className="ers-stack">
        {may("read-certificates") && <OcspSigners authority={authority.name} />}
        {isOwn ? (
          <Facts
            rows={[
              [text("validity"), told("crl_validity_hours", "hours")],
              [text("interval"), told("crl_interval_hours", "hours")],
              [text("delta"), told("crl_delta_minutes", "minutes")],
              [text("answer"), told("ocsp_answer_minutes", "minutes")],
              [text("signer"), told("ocsp_certificate_days", "days")],
              [
                text("key"),
                settings.ocsp_key_algorithm !== undefined && (
                  <span key="k" translate="no">
                    {String(settings.ocsp_key_algorithm)}
                  </span>
                ),
              ],
            ]}
          />
        ) : (
          <p className="ers-quiet">{text("as_configured")}</p>
        )}
        <div>
          <Link to={`/authorities/${authority.name}?tab=settings`}>{text("change")}</Link>
        </div>
      </CardBody>
    </Card>
  );
}
