import { Field } from "@ers/frame";
import { Form, FormGroup, FormSelect, FormSelectOption, Radio } from "@patternfly/react-core";
import { KEY_ALGORITHMS } from "../../crypto/keys.ts";
import { CsrField } from "./CsrField.tsx";
import type { Step } from "./steps.ts";
import { useText } from "./words.ts";

/** Whose key: a new one made here, or that of a CSR. */
export function KeyStep({ draft, rules, change }: Step) {
  const text = useText();
  const allowed = KEY_ALGORITHMS.filter((name) => rules.key_algorithms?.includes(name) ?? true);
  const choose = (source: "browser" | "csr") =>
    change({ source, names: source === "browser" ? "" : draft.names });
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
        <Radio
          id="source-csr"
          name="source"
          label={text("csr")}
          isChecked={draft.source === "csr"}
          onChange={() => choose("csr")}
        />
      </FormGroup>
      {draft.source === "browser" ? (
        <Field id="algorithm" label={text("key_of")}>
          <FormSelect
            id="algorithm"
            value={draft.algorithm}
            onChange={(_, value) => change({ algorithm: value as typeof draft.algorithm })}
          >
            {allowed.map((name) => (
              <FormSelectOption key={name} value={name} label={name} />
            ))}
          </FormSelect>
        </Field>
      ) : (
        <CsrField csr={draft.csr} onChange={(csr) => change({ csr, names: csr?.names.join("\n") ?? "" })} />
      )}
    </Form>
  );
}
