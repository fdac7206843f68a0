import { CopyButton, Facts, Labels, Time, useFormats } from "@ers/frame";
import { Card, CardBody, Divider, Label } from "@patternfly/react-core";
import { Link } from "react-router";
import type { RenewalWindow, WholeCertificate } from "../../generated/clm-api.ts";
import { useTerms } from "../../words/terms.ts";
import { useText } from "./words.ts";

/** What most people want to know of a certificate. */
export function Overview({ certificate }: { certificate: WholeCertificate }) {
  const term = useTerms();
  const text = useText();
  const copied = (value: string) => (
    <span className="ers-mono">
      {value} <CopyButton text={value} />
    </span>
  );
  const names = certificate.subject_alternative_names;
  return (
    <Card>
      <CardBody>
        <Facts
          rows={[
            [term("subject"), certificate.subject],
            [term("issuer"), certificate.issuer],
            [term("valid_from"), <Time key="f" at={certificate.not_before} />],
            [term("valid_to"), <Time key="t" at={certificate.not_after} />],
            [text("renewal"), certificate.renewal && <Renewal key="r" {...certificate.renewal} />],
            [term("key"), certificate.key_algorithm],
            [
              term("policy"),
              certificate.policy && (
                <Link
                  to={`/policies/${certificate.policy}?tab=versions&version=${certificate.policy_version}`}
                >
                  {certificate.policy}, v{certificate.policy_version}
                </Link>
              ),
            ],
            [term("realm"), certificate.realm],
            [term("end_entity"), certificate.end_entity],
            [term("requester"), certificate.requester],
            [term("protocol"), certificate.protocol],
            [text("reason"), certificate.revocation_reason],
          ]}
        />
        <Divider className="ers-line" />
        <Facts
          wide
          rows={[
            [term("names"), names.length > 0 && <Labels of={names} most={20} />],
            [term("serial"), copied(certificate.serial)],
            [term("fingerprint"), copied(certificate.fingerprint)],
          ]}
        />
      </CardBody>
    </Card>
  );
}

/** When its clients are told to renew it. */
function Renewal({ start, end, pulled_forward }: RenewalWindow) {
  const text = useText();
  const { moment } = useFormats();
  return (
    <>
      {moment(start)} – {moment(end)}
      {pulled_forward && (
        <>
          {" "}
          <Label isCompact status="info">
            {text("renewal_soon")}
          </Label>
        </>
      )}
    </>
  );
}
