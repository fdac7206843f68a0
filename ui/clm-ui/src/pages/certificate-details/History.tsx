import { useFormats } from "@ers/frame";
import { ProgressStep, ProgressStepper } from "@patternfly/react-core";
import type { WholeCertificate } from "../../generated/clm-api.ts";
import { useTerms } from "../../words/terms.ts";
import { useText } from "./words.ts";

/** What happened to the certificate, and what will. */
export function History({ certificate }: { certificate: WholeCertificate }) {
  const text = useText();
  const term = useTerms();
  const { moment } = useFormats();
  const over = new Date(certificate.not_after).getTime() < Date.now();
  const asked = [
    text("by_whom", { requester: certificate.requester, protocol: certificate.protocol }),
    certificate.policy && text("under", { policy: certificate.policy, version: certificate.policy_version }),
  ];
  const steps: {
    id: string;
    variant: "success" | "danger" | "warning" | "pending";
    title: string;
    told: string[];
  }[] = [
    { id: "asked", variant: "success", title: term("requested"), told: asked.filter(Boolean) as string[] },
    {
      id: "issued",
      variant: "success",
      title: term("issued"),
      told: [
        text("issued_by", { issuer: certificate.issuer }),
        `${term("valid_from")} ${moment(certificate.not_before)}`,
      ],
    },
  ];
  if (certificate.revoked_at) {
    const reason = certificate.revocation_reason ?? "unspecified";
    const told = [moment(certificate.revoked_at), text("reason_label", { reason })];
    steps.push({ id: "revoked", variant: "danger", title: term("revoked"), told });
  }
  const end = [moment(certificate.not_after)];
  steps.push(
    over
      ? { id: "expired", variant: "warning", title: text("expired_then"), told: end }
      : { id: "expires", variant: "pending", title: text("expires_then"), told: end },
  );
  return (
    <ProgressStepper isVertical aria-label={text("history_tab")}>
      {steps.map(({ id, variant, title, told }) => (
        <ProgressStep
          key={id}
          id={`${id}-step`}
          titleId={`${id}-title`}
          variant={variant}
          aria-label={title}
          description={told.join(" · ")}
        >
          {title}
        </ProgressStep>
      ))}
    </ProgressStepper>
  );
}
