import { download, Field, FormDialog, PemInput, useNotices } from "@ers/frame";
import { TextInput } from "@patternfly/react-core";
import { useState } from "react";
import type { Authority } from "../../generated/cara-ws.ts";
import { useCrossSign } from "../../queries/authorities.ts";
import { useText } from "./words.ts";

/** Signs a CA that is not ours, and saves what it has made. */
export function CrossSign({ authority, onClose }: { authority: Authority; onClose: () => void }) {
  const text = useText();
  const tell = useNotices();
  const { name } = authority;
  const sign = useCrossSign(name);
  const [id] = useState(() => crypto.randomUUID());
  const [pem, setPem] = useState("");
  const [validity, setValidity] = useState("2y");
  const [length, setLength] = useState("0");
  const wish = {
    request_id: id,
    request_pem: pem,
    validity,
    ...(length ? { path_length: Number(length) } : {}),
  };
  const act = text("cross_sign").replace(/ …$/, "");
  return (
    <FormDialog
      title={`${act}: ${name}`}
      action={act}
      ready={pem.includes("-----BEGIN ") && validity !== ""}
      busy={sign.isPending}
      error={sign.error}
      onSubmit={() =>
        sign.mutate(wish, {
          onSuccess: (signed) => {
            const chain = [signed.certificate_pem, ...signed.chain_pem].join("");
            download(`by-${name}.pem`, chain, "application/x-pem-file");
            tell(text("cross_signed", { name }));
            onClose();
          },
        })
      }
      onClose={onClose}
    >
      <Field id="foreign" label={text("foreign_request")} hint={text("foreign_request_hint")} required>
        <PemInput id="foreign" value={pem} onChange={setPem} />
      </Field>
      <Field id="validity" label={text("validity")} hint={text("validity_hint")} required>
        <TextInput id="validity" value={validity} onChange={(_, value) => setValidity(value)} />
      </Field>
      <Field id="length" label={text("path_length")} hint={text("path_length_new")}>
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
