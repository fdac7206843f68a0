import { ConfirmByName, useNotices } from "@ers/frame";
import { useState } from "react";
import type { WholeCertificate } from "../../generated/clm-api.ts";
import { ReasonField } from "../../parts/ReasonField.tsx";
import { useRevoke } from "../../queries/certificates.ts";
import { useText } from "./words.ts";

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
      <ReasonField value={reason} onChange={setReason} />
    </ConfirmByName>
  );
}
