import { Label } from "@patternfly/react-core";
import { useTerms } from "../words/terms.ts";

const LOOKS = {
  active: ["success", "active"],
  valid: ["success", "valid"],
  current: ["success", "current"],
  prepared: ["info", "prepared"],
  superseded: ["custom", "superseded"],
  suspended: ["warning", "suspended"],
  retired: ["custom", "retired"],
  external: ["custom", "external"],
  expired: ["custom", "expired"],
  held: ["warning", "held"],
  revoked: ["danger", "revoked"],
  "awaiting-certificate": ["warning", "awaiting"],
} as const;

/** The state of a CA, of a generation of its keys, or of a certificate, in the words of the API. */
export function StateLabel({ state }: { state: string }) {
  const term = useTerms();
  const known = LOOKS[state.replace(" ", "-") as keyof typeof LOOKS];
  if (!known) return <Label isCompact>{state}</Label>;
  return (
    <Label isCompact status={known[0]}>
      {term(known[1])}
    </Label>
  );
}

/** The state of a certificate as it is now. */
export function stateOf(certificate: {
  state: string;
  not_after: string;
  revocation?: { reason: string } | null;
}): string {
  if (certificate.revocation?.reason === "certificateHold") return "held";
  if (certificate.revocation || certificate.state === "revoked") return "revoked";
  return new Date(certificate.not_after).getTime() < Date.now() ? "expired" : certificate.state;
}
