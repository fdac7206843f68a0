import { Field, FormDialog, PemInput, useNotices } from "@ers/frame";
import { Checkbox } from "@patternfly/react-core";
import { useState } from "react";
import type { Authority } from "../../generated/cara-ws.ts";
import { useImport } from "../../queries/authorities.ts";
import { useText } from "./words.ts";

const BLOCK = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g;

/** Takes in a certificate that a foreign CA has made. */
export function CarryIn({ authority, onClose }: { authority: Authority; onClose: () => void }) {
  const text = useText();
  const tell = useNotices();
  const { name } = authority;
  const carry = useImport(name);
  const [pem, setPem] = useState("");
  const [cross, setCross] = useState(false);
  const [first, ...rest] = pem.match(BLOCK) ?? [];
  const done = () => {
    tell(text("carried", { name }));
    onClose();
  };
  const submit = () => {
    if (!first) return;
    const wish = { certificate_pem: `${first}\n`, chain_pem: rest.map((one) => `${one}\n`), cross };
    carry.mutate(wish, { onSuccess: done });
  };
  const act = text("carry_in").replace(/ …$/, "");
  return (
    <FormDialog
      title={`${act}: ${name}`}
      action={act}
      ready={first !== undefined}
      busy={carry.isPending}
      error={carry.error}
      onSubmit={submit}
      onClose={onClose}
    >
      <Field id="answer" label={text("answer")} hint={text("answer_hint")} required>
        <PemInput id="answer" value={pem} onChange={setPem} />
      </Field>
      {authority.certificate_pem && (
        <Checkbox id="cross" label={text("cross")} isChecked={cross} onChange={(_, on) => setCross(on)} />
      )}
    </FormDialog>
  );
}
