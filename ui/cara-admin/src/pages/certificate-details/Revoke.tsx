import { ConfirmByName, Field, messages, useNotices } from "@ers/frame";
import { FormSelect, FormSelectOption } from "@patternfly/react-core";
import { useState } from "react";
import type { Certificate } from "../../generated/cara-ws.ts";
import { useRelease, useRevoke } from "../../queries/certificates.ts";
import { useTerms } from "../../words/terms.ts";

/** RFC 5280 section 5.3.1; a hold is the only one that can be taken back. */
const REASONS = [
  "unspecified",
  "keyCompromise",
  "superseded",
  "cessationOfOperation",
  "affiliationChanged",
  "privilegeWithdrawn",
];
const HOLD = "certificateHold";

const useText = messages(
  {
    hold: "certificateHold: for now",
    hold_hint: "Whoever checks it is told that it is on hold, until it is released.",
    release: "Release",
    release_hint: "It is good again, as if it had not been on hold.",
    release_title: "Release this certificate?",
    released: "{name} is good again.",
    revoke: "Revoke",
    revoke_hint: "Whoever checks it from now on is told that it is revoked. This cannot be taken back.",
    revoke_title: "Revoke this certificate?",
    revoked: "{name} is revoked.",
  },
  {
    hold: "certificateHold: vorläufig",
    hold_hint: "Wer es prüft, erfährt, dass es ausgesetzt ist, bis es freigegeben wird.",
    release: "Freigeben",
    release_hint: "Es gilt wieder, als wäre es nie ausgesetzt gewesen.",
    release_title: "Dieses Zertifikat freigeben?",
    released: "{name} gilt wieder.",
    revoke: "Sperren",
    revoke_hint: "Wer es ab jetzt prüft, erfährt, dass es gesperrt ist. Das lässt sich nicht zurücknehmen.",
    revoke_title: "Dieses Zertifikat sperren?",
    revoked: "{name} ist gesperrt.",
  },
);

type Props = { certificate: Certificate; name: string; onClose: () => void };

/** Asks for the reason and the name, then revokes, or holds. */
export function Revoke({ certificate, name, onClose }: Props) {
  const text = useText();
  const term = useTerms();
  const tell = useNotices();
  const revoke = useRevoke(certificate.issuer, certificate.serial);
  const [reason, setReason] = useState("unspecified");
  const isHeld = certificate.revocation?.reason === HOLD;
  const done = () => {
    tell(text("revoked", { name }));
    onClose();
  };
  return (
    <ConfirmByName
      title={text("revoke_title")}
      name={name}
      action={text("revoke")}
      busy={revoke.isPending}
      error={revoke.error}
      onConfirm={() => revoke.mutate({ reason }, { onSuccess: done })}
      onClose={onClose}
    >
      <p>{text(reason === HOLD ? "hold_hint" : "revoke_hint")}</p>
      <Field id="reason" label={term("reason")}>
        <FormSelect id="reason" value={reason} onChange={(_, value) => setReason(value)}>
          {REASONS.map((reason) => (
            <FormSelectOption key={reason} value={reason} label={reason} />
          ))}
          {!isHeld && <FormSelectOption value={HOLD} label={text("hold")} />}
        </FormSelect>
      </Field>
    </ConfirmByName>
  );
}

/** Takes a hold back. */
export function Release({ certificate, name, onClose }: Props) {
  const text = useText();
  const tell = useNotices();
  const release = useRelease(certificate.issuer, certificate.serial);
  const done = () => {
    tell(text("released", { name }));
    onClose();
  };
  return (
    <ConfirmByName
      title={text("release_title")}
      name={name}
      action={text("release")}
      busy={release.isPending}
      error={release.error}
      onConfirm={() => release.mutate(undefined, { onSuccess: done })}
      onClose={onClose}
    >
      <p>{text("release_hint")}</p>
    </ConfirmByName>
  );
}
