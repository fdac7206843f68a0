import { Field } from "@ers/frame";
import {
  Checkbox,
  Form as Fields,
  FormFieldGroupExpandable,
  FormFieldGroupHeader,
  FormSelect,
  FormSelectOption,
  TextArea,
  TextInput,
} from "@patternfly/react-core";
import { useState } from "react";
import { CheckList } from "../../parts/CheckList.tsx";
import { RealmField } from "../../parts/PlaceFields.tsx";
import { linesAndPemOf, linesOf, type Value, valueAt, withValue } from "../../policy/draft.ts";
import { useAccess } from "../../queries/session.ts";
import { useTerms } from "../../words/terms.ts";
import { type FieldSpec, SECTIONS, type Section } from "./fields.ts";
import { useText } from "./form-words.ts";

type Draft = { text: string; onChange: (text: string) => void };

/** A policy as a form. It changes the text: what it has no field for stays as it is. */
export function Form({ isNew, ...draft }: Draft & { isNew: boolean }) {
  const term = useTerms();
  const { mayInRealm } = useAccess();
  const protocols = valueAt(draft.text, "protocols");
  const ways = Array.isArray(protocols) ? protocols : [];
  const put = (path: string, value: Value) => draft.onChange(withValue(draft.text, path, value));
  return (
    <Fields onSubmit={(event) => event.preventDefault()}>
      {isNew && (
        <Field id="policy-name" label={term("name")} hint="1–64: a-z 0-9 -" required>
          <TextInput
            id="policy-name"
            maxLength={64}
            value={String(valueAt(draft.text, "name") ?? "")}
            onChange={(_, value) => put("name", value)}
          />
        </Field>
      )}
      <RealmField
        id="policy-realm"
        value={String(valueAt(draft.text, "realm") ?? "")}
        allowed={(name) => mayInRealm("policy:manage", name)}
        onChange={(value) => put("realm", value)}
      />
      {SECTIONS.filter(({ protocol }) => !protocol || ways.includes(protocol)).map((section) => (
        <Group key={section.title} section={section} {...draft} />
      ))}
    </Fields>
  );
}

function Group({ section, ...draft }: Draft & { section: Section }) {
  const text = useText();
  const title = text(section.title);
  return (
    <FormFieldGroupExpandable
      isExpanded={section.open ?? false}
      toggleAriaLabel={title}
      header={<FormFieldGroupHeader titleText={{ text: title, id: `group-${section.title}` }} />}
    >
      {section.fields.map((field) => (
        <Input key={field.path} field={field} {...draft} />
      ))}
    </FormFieldGroupExpandable>
  );
}

/** The element's id for a key of a policy. */
const idOf = (path: string) => `policy-${path.replaceAll(".", "-")}`;

function Input({ field, text: definition, onChange }: Draft & { field: FieldSpec }) {
  const text = useText();
  const id = idOf(field.path);
  const label = text(field.label);
  const value = valueAt(definition, field.path);
  const put = (value: Value) => onChange(withValue(definition, field.path, value));
  const hint = field.hint && text(field.hint);
  switch (field.kind) {
    case "yes":
      return (
        <Checkbox
          id={id}
          label={label}
          isChecked={value === undefined ? (field.usual ?? false) : value === true}
          onChange={(_, on) => put(on === (field.usual ?? false) ? undefined : on)}
        />
      );
    case "checks":
      return (
        <CheckList
          id={id}
          label={label}
          names={field.choices}
          chosen={Array.isArray(value) ? value : [...(field.usual ?? [])]}
          onChange={put}
        />
      );
    case "select":
      return (
        <Field id={id} label={label} hint={hint}>
          <FormSelect id={id} value={value ?? field.usual} onChange={(_, value) => put(value)}>
            {field.choices.map((choice) => (
              <FormSelectOption key={choice} value={choice} label={choice} />
            ))}
          </FormSelect>
        </Field>
      );
    case "lines":
      return (
        <Field id={id} label={label} hint={hint}>
          <Lines
            id={id}
            value={Array.isArray(value) ? value : []}
            read={field.pem ? linesAndPemOf : linesOf}
            onChange={put}
          />
        </Field>
      );
    case "area":
      return (
        <Field id={id} label={label} hint={hint}>
          <TextArea id={id} value={String(value ?? "")} autoResize onChange={(_, value) => put(value)} />
        </Field>
      );
    default:
      return (
        <Field id={id} label={label} hint={hint} required={field.required ?? false}>
          <TextInput
            id={id}
            value={String(value ?? "")}
            placeholder={field.placeholder ?? ""}
            spellCheck={false}
            onChange={(_, value) => put(value === "" && !field.required ? undefined : value)}
          />
        </Field>
      );
  }
}

/** Lines as they are typed; those that say something are the value. */
function Lines(props: {
  id: string;
  value: string[];
  read: (text: string) => string[];
  onChange: (value: string[] | undefined) => void;
}) {
  const linesOf = props.read;
  const kept = props.value.map((one) => one.trim()).join("\n");
  const [text, setTyped] = useState(kept);
  // what is half typed stays, unless the value became another one elsewhere
  const typed = linesOf(text).join("\n") === kept ? text : kept;
  const change = (text: string) => {
    setTyped(text);
    const lines = linesOf(text);
    props.onChange(lines.length > 0 ? lines : undefined);
  };
  return (
    <TextArea
      id={props.id}
      value={typed}
      rows={Math.max(2, props.value.length)}
      autoResize
      spellCheck={false}
      onChange={(_, text) => change(text)}
    />
  );
}
