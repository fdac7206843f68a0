import { Field, messages } from "@ers/frame";
import { TextInput } from "@patternfly/react-core";
import { type Chosen, LEAST, MOST } from "./new-password.ts";

const useText = messages(
  {
    again: "Password of the file, again",
    hint: "At least {n} characters. Whoever opens the file needs it; nobody keeps it.",
    other: "These are two different ones.",
    password: "Password of the file",
  },
  {
    again: "Passwort der Datei, noch einmal",
    hint: "Mindestens {n} Zeichen. Wer die Datei öffnet, braucht es; niemand hebt es auf.",
    other: "Das sind zwei verschiedene.",
    password: "Passwort der Datei",
  },
);

/** Asks twice for the password that protects a file with a private key. */
export function NewPassword(props: { value: Chosen; onChange: (value: Chosen) => void }) {
  const text = useText();
  const { value } = props;
  const input = (id: string, name: keyof Chosen) => (
    <TextInput
      id={id}
      type="password"
      autoComplete="new-password"
      maxLength={MOST}
      value={value[name]}
      onChange={(_, typed) => props.onChange({ ...value, [name]: typed })}
    />
  );
  const differ = value.again !== "" && value.again !== value.password;
  return (
    <>
      <Field id="file-password" label={text("password")} hint={text("hint", { n: LEAST })}>
        {input("file-password", "password")}
      </Field>
      <Field id="file-password-again" label={text("again")} wrong={differ ? text("other") : undefined}>
        {input("file-password-again", "again")}
      </Field>
    </>
  );
}
