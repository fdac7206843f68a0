import { Field, FormDialog, Problem, useNotices } from "@ers/frame";
import { TextInput } from "@patternfly/react-core";
import { useState } from "react";
import type { MadePerson } from "../../generated/clm-api.ts";
import { useAddPerson } from "../../queries/people.ts";
import { useCommonText } from "../../words/common.ts";
import { useText } from "./words.ts";

/** Makes a local account. */
export function NewAccount(props: { onMade: (made: MadePerson) => void; onClose: () => void }) {
  const text = useText();
  const common = useCommonText();
  const tell = useNotices();
  const add = useAddPerson();
  const [username, setUsername] = useState("");
  const [name, setName] = useState("");
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const body = { username, display_name: name, email, password: password || null };
  const done = (made: MadePerson) => {
    tell(common("made", { name: made.username }));
    props.onMade(made);
    props.onClose();
  };
  const wrongName = add.error instanceof Problem && add.error.field === "username";
  return (
    <FormDialog
      title={text("new")}
      action={common("add")}
      ready={username !== ""}
      busy={add.isPending}
      error={add.error}
      onSubmit={() => add.mutate(body, { onSuccess: done })}
      onClose={props.onClose}
    >
      <Field
        id="account-username"
        label={text("username")}
        hint={text("username_hint")}
        wrong={wrongName ? text("username_hint") : undefined}
        required
      >
        <TextInput
          id="account-username"
          value={username}
          autoComplete="off"
          autoCapitalize="none"
          maxLength={64}
          onChange={(_, value) => setUsername(value.trim())}
        />
      </Field>
      <Field id="account-display-name" label={text("display_name")}>
        <TextInput id="account-display-name" value={name} onChange={(_, value) => setName(value)} />
      </Field>
      <Field id="account-email" label={text("email")}>
        <TextInput id="account-email" type="email" value={email} onChange={(_, value) => setEmail(value)} />
      </Field>
      <Field id="account-password" label={text("password")} hint={text("password_empty")}>
        <TextInput
          id="account-password"
          type="password"
          autoComplete="new-password"
          value={password}
          onChange={(_, value) => setPassword(value)}
        />
      </Field>
    </FormDialog>
  );
}
