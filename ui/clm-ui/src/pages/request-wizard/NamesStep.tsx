import { Field, Labels } from "@ers/frame";
import { namesOf } from "@ers/frame/certificate/names.ts";
import { Form, TextArea, TextInput } from "@patternfly/react-core";
import { useTerms } from "../../words/terms.ts";
import type { Step } from "./steps.ts";
import { useText } from "./words.ts";

/** For whom, and for how long. */
export function NamesStep({ draft, rules, change }: Step) {
  const text = useText();
  const term = useTerms();
  const names = namesOf(draft.names);
  const { longest = "–", default: normal = "–" } = rules.validity ?? {};
  return (
    <Form>
      <Field id="names" label={term("names")} hint={text("name_hint")}>
        <TextArea
          id="names"
          value={draft.names}
          rows={4}
          autoResize
          spellCheck={false}
          onChange={(_, names) => change({ names })}
        />
      </Field>
      {names.length > 0 && <Labels of={names} most={30} label={term("names")} />}
      {draft.source !== "csr" && (
        <Field id="common-name" label={text("common_name")} hint={text("common_name_hint")}>
          <TextInput
            id="common-name"
            value={draft.commonName}
            maxLength={64}
            onChange={(_, commonName) => change({ commonName })}
          />
        </Field>
      )}
      <Field id="validity" label={term("validity")} hint={text("longest", { longest, normal })}>
        <TextInput
          id="validity"
          value={draft.validity}
          placeholder={normal}
          maxLength={16}
          onChange={(_, validity) => change({ validity })}
        />
      </Field>
    </Form>
  );
}
