import { ConfirmByName, Field, useNotices } from "@ers/frame";
import { FormSelect, FormSelectOption } from "@patternfly/react-core";
import { useState } from "react";
import type { WholeCertificate } from "../../generated/clm-api.ts";
import { useRevoke } from "../../queries/certificates.ts";
import { useText } from "./words.ts";

/** RFC 5280 section 5.3.1, those that are for good. */
const REASONS = [
  "unspecified",
  "keyCompromise",
  "superseded",
  "cessationOfOperation",
  "affiliationChanged",
  "privilegeWithdrawn",
];

/** Asks for the reason and the name, then revokes. */
export function Revoke(props: { certificate: WholeCertificate; name: string; onClose: () => void }) {
  const text = useText();
  const tell = useNotices();
  const revoke = useRevoke(props.certificate.fingerprint);
  const [reason, setReason] = useState("unspecified");
  const done = () => {
    tell(text("revoked_done", { name: props.name }));
    props.onClose();
  };
  return (
    <ConfirmByName
      title={text("revoke_title")}
      name={props.name}
      action={text("revoke")}
      busy={revoke.isPending}
      error={revoke.error}
      onConfirm={() => revoke.mutate({ reason }, { onSuccess: done })}
      onClose={props.onClose}
    >
      <p>{text("revoke_hint")}</p>
      <Field id="reason" label={text("reason")}>
        <FormSelect id="reason" value={reason} onChange={(_, value) => setReason(value)}>
          {REASONS.map((reason) => (
            <FormSelectOption key={reason} value={reason} label={reason} />
          ))}
        </FormSelect>
      </Field>
    </ConfirmByName>
  );
}
