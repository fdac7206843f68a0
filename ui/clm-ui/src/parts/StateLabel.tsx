import { Label } from "@patternfly/react-core";
import { useTerms } from "../words/terms.ts";

const LOOKS = {
  valid: "success",
  issued: "success",
  approved: "info",
  "pending-approval": "warning",
  expired: "custom",
  revoked: "danger",
  declined: "custom",
  failed: "danger",
} as const;

type Known = keyof typeof LOOKS;

/** The state of a certificate or request, in the words of the API. */
export function StateLabel({ state }: { state: string }) {
  const term = useTerms();
  if (!(state in LOOKS)) return <Label isCompact>{state}</Label>;
  const known = state as Known;
  return (
    <Label isCompact status={LOOKS[known]}>
      {term(known === "pending-approval" ? "pending_approval" : known)}
    </Label>
  );
}
