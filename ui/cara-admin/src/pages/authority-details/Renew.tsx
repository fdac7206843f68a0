import { Field, FormDialog, useNotices } from "@ers/frame";
import { TextInput } from "@patternfly/react-core";
import { useState } from "react";
import type { Authority } from "../../generated/cara-ws.ts";
import { useRenew } from "../../queries/authorities.ts";
import { useText } from "./words.ts";

/** A new certificate for the same key. */
export function Renew({ authority, onClose }: { authority: Authority; onClose: () => void }) {
  const text = useText();
  const tell = useNotices();
  const { name } = authority;
  const renew = useRenew(name);
  // the same on a second try: one click is one certificate
  const [id] = useState(() => crypto.randomUUID());
  const [validity, setValidity] = useState("10y");
  const [length, setLength] = useState("");
  const wish = {
    request_id: id,
    validity,
    ...(length ? { path_length: Number(length) } : {}),
  };
  const done = () => {
    tell(text("renewed", { name }));
    onClose();
  };
  return (
    <FormDialog
      title={`${text("renew").replace(/ …$/, "")}: ${name}`}
      hint={text("renew_hint")}
      action={text("renew").replace(/ …$/, "")}
      ready={validity !== ""}
      busy={renew.isPending}
      error={renew.error}
      onSubmit={() => renew.mutate(wish, { onSuccess: done })}
      onClose={onClose}
    >
      <Field id="validity" label={text("validity")} hint={text("validity_hint")} required>
        <TextInput id="validity" value={validity} onChange={(_, value) => setValidity(value)} />
      </Field>
      <Field id="length" label={text("path_length")} hint={text("path_length_hint")}>
        <TextInput
          id="length"
          type="number"
          min={0}
          value={length}
          onChange={(_, value) => setLength(value)}
        />
      </Field>
    </FormDialog>
  );
}
