import { ConfirmByName, Field, FormDialog, PemInput, useNotices } from "@ers/frame";
import { Checkbox, TextInput } from "@patternfly/react-core";
import { useState } from "react";
import type { Person } from "../../generated/clm-api.ts";
import { useChangePerson, useResetSecondFactor, useSetPassword } from "../../queries/people.ts";
import { useCommonText } from "../../words/common.ts";
import { useText } from "../people/words.ts";

const LEAST = 12;

/** Changes what is known of an account, and its client certificate. */
export function Change({ person, onClose }: { person: Person; onClose: () => void }) {
  const text = useText();
  const common = useCommonText();
  const tell = useNotices();
  const change = useChangePerson(person.username);
  const [name, setName] = useState(person.display_name);
  const [email, setEmail] = useState(person.email);
  const [pem, setPem] = useState("");
  const [without, setWithout] = useState(false);
  const certificate = without ? "" : pem.trim() || null;
  const done = () => {
    tell(common("changed", { name: person.username }));
    onClose();
  };
  return (
    <FormDialog
      title={person.username}
      action={common("save")}
      ready
      busy={change.isPending}
      error={change.error}
      onSubmit={() => change.mutate({ display_name: name, email, certificate }, { onSuccess: done })}
      onClose={onClose}
    >
      <Field id="display-name" label={text("display_name")}>
        <TextInput id="display-name" value={name} onChange={(_, value) => setName(value)} />
      </Field>
      <Field id="email" label={text("email")}>
        <TextInput id="email" type="email" value={email} onChange={(_, value) => setEmail(value)} />
      </Field>
      {!without && (
        <Field id="client-certificate" label={text("certificate")} hint={text("certificate_hint")}>
          <PemInput id="client-certificate" value={pem} onChange={setPem} />
        </Field>
      )}
      {person.certificate && (
        <Checkbox
          id="without-certificate"
          label={text("remove_certificate")}
          isChecked={without}
          onChange={(_, on) => setWithout(on)}
        />
      )}
    </FormDialog>
  );
}

/** Gives somebody a new password. */
export function NewPassword({ username, onClose }: { username: string; onClose: () => void }) {
  const text = useText();
  const common = useCommonText();
  const tell = useNotices();
  const set = useSetPassword(username);
  const [password, setPassword] = useState("");
  const done = () => {
    tell(text("password_set", { name: username }));
    onClose();
  };
  return (
    <FormDialog
      title={text("password_of", { name: username })}
      action={common("save")}
      ready={password.length >= LEAST}
      busy={set.isPending}
      error={set.error}
      onSubmit={() => set.mutate(password, { onSuccess: done })}
      onClose={onClose}
    >
      <Field id="their-password" label={text("new_password")} hint={text("least")} required>
        <TextInput
          id="their-password"
          type="password"
          autoComplete="new-password"
          value={password}
          onChange={(_, value) => setPassword(value)}
        />
      </Field>
    </FormDialog>
  );
}

/** For a lost device. */
export function ResetSecondFactor({ username, onClose }: { username: string; onClose: () => void }) {
  const text = useText();
  const tell = useNotices();
  const reset = useResetSecondFactor();
  const done = () => {
    tell(text("reset_done", { name: username }));
    onClose();
  };
  return (
    <ConfirmByName
      title={text("reset")}
      name={username}
      action={text("reset")}
      busy={reset.isPending}
      error={reset.error}
      onConfirm={() => reset.mutate(username, { onSuccess: done })}
      onClose={onClose}
    >
      <p>{text("reset_hint")}</p>
    </ConfirmByName>
  );
}
