import { Field } from "@ers/frame";
import { Form, FormGroup, FormSelect, FormSelectOption, Radio } from "@patternfly/react-core";
import { KEY_ALGORITHMS } from "../../crypto/keys.ts";
import { NewPassword } from "../../parts/NewPassword.tsx";
import { CsrField } from "./CsrField.tsx";
import { keyOf, platformKeys } from "./draft.ts";
import type { Step } from "./steps.ts";
import { useText } from "./words.ts";

/** Whose key: a new one made here or by the platform, or that of a CSR. */
export function KeyStep({ draft, rules, change }: Step) {
  const text = useText();
  const allowed = KEY_ALGORITHMS.filter((name) => rules.key_algorithms?.includes(name) ?? true);
  const byPlatform = platformKeys(rules);
  const choose = (source: typeof draft.source) =>
    change({ source, names: source === "csr" || draft.source === "csr" ? "" : draft.names });
  const algorithm = (value: string | undefined, names: readonly string[], set: (name: string) => void) => (
    <Field id="algorithm" label={text("key_of")}>
      <FormSelect id="algorithm" value={value} onChange={(_, value) => set(value)}>
        {names.map((name) => (
          <FormSelectOption key={name} value={name} label={name} />
        ))}
      </FormSelect>
    </Field>
  );
  return (
    <Form>
      <FormGroup role="radiogroup" label={text("step_key")} fieldId="source" isStack>
        <Radio
          id="source-browser"
          name="source"
          label={text("browser")}
          description={text("browser_hint")}
          isChecked={draft.source === "browser"}
          onChange={() => choose("browser")}
        />
        {byPlatform.length > 0 && (
          <Radio
            id="source-platform"
            name="source"
            label={text("platform")}
            description={text(rules.server_keys?.kept ? "platform_kept" : "platform_hint")}
            isChecked={draft.source === "platform"}
            onChange={() => choose("platform")}
          />
        )}
        <Radio
          id="source-csr"
          name="source"
          label={text("csr")}
          isChecked={draft.source === "csr"}
          onChange={() => choose("csr")}
        />
      </FormGroup>
      {draft.source === "browser" &&
        algorithm(draft.algorithm, allowed, (name) => change({ algorithm: name as typeof draft.algorithm }))}
      {draft.source === "platform" && (
        <>
          {algorithm(keyOf(draft, rules), byPlatform, (platformAlgorithm) => change({ platformAlgorithm }))}
          <NewPassword value={draft.password} onChange={(password) => change({ password })} />
        </>
      )}
      {draft.source === "csr" && (
        <CsrField csr={draft.csr} onChange={(csr) => change({ csr, names: csr?.names.join("\n") ?? "" })} />
      )}
    </Form>
  );
}
