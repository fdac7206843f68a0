import { Field, messages } from "@ers/frame";
import { FormSelect, FormSelectOption } from "@patternfly/react-core";

const useText = messages({ reason: "Reason" }, { reason: "Grund" });

/** RFC 5280 section 5.3.1, those that are for good. */
const REASONS = [
  "unspecified",
  "keyCompromise",
  "superseded",
  "cessationOfOperation",
  "affiliationChanged",
  "privilegeWithdrawn",
];

/** Why a certificate is revoked. */
export function ReasonField({ value, onChange }: { value: string; onChange: (reason: string) => void }) {
  const text = useText();
  return (
    <Field id="reason" label={text("reason")}>
      <FormSelect id="reason" value={value} onChange={(_, reason) => onChange(reason)}>
        {REASONS.map((reason) => (
          <FormSelectOption key={reason} value={reason} label={reason} />
        ))}
      </FormSelect>
    </Field>
  );
}
