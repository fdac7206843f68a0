import { Field, FormDialog, useNotices } from "@ers/frame";
import { FormSelect, FormSelectOption, Radio, TextInput } from "@patternfly/react-core";
import { useState } from "react";
import type { Authority } from "../../generated/cara-ws.ts";
import { KEY_ALGORITHMS } from "../../parts/key-algorithms.ts";
import { useRollOver } from "../../queries/authorities.ts";
import { useText } from "./words.ts";

/** A new generation, with a new key. */
export function RollOver({ authority, onClose }: { authority: Authority; onClose: () => void }) {
  const text = useText();
  const tell = useNotices();
  const { name } = authority;
  const roll = useRollOver(name);
  const [algorithm, setAlgorithm] = useState("");
  const [validity, setValidity] = useState("10y");
  const [prepareOnly, setPrepareOnly] = useState(true);
  const wish = { key_algorithm: algorithm, validity, prepare_only: prepareOnly };
  const act = text("roll_over").replace(/ …$/, "");
  const done = () => {
    tell(text("rolled", { name }));
    onClose();
  };
  return (
    <FormDialog
      title={`${act}: ${name}`}
      hint={text("roll_over_hint")}
      action={act}
      ready={validity !== ""}
      busy={roll.isPending}
      error={roll.error}
      onSubmit={() => roll.mutate(wish, { onSuccess: done })}
      onClose={onClose}
    >
      <Field id="algorithm" label={text("key_algorithm")}>
        <FormSelect id="algorithm" value={algorithm} onChange={(_, value) => setAlgorithm(value)}>
          <FormSelectOption value="" label={`${text("key_as_before")} (${authority.key_algorithm})`} />
          {KEY_ALGORITHMS.map((name) => (
            <FormSelectOption key={name} value={name} label={name} />
          ))}
        </FormSelect>
      </Field>
      <Field id="validity" label={text("validity")} hint={text("validity_hint")} required>
        <TextInput id="validity" value={validity} onChange={(_, value) => setValidity(value)} />
      </Field>
      <fieldset>
        <legend className="ers-legend">{text("when")}</legend>
        <Radio
          id="prepare"
          name="when"
          label={text("on_switch")}
          isChecked={prepareOnly}
          onChange={() => setPrepareOnly(true)}
        />
        <Radio
          id="now"
          name="when"
          label={text("when_now")}
          isChecked={!prepareOnly}
          onChange={() => setPrepareOnly(false)}
        />
      </fieldset>
    </FormDialog>
  );
}
