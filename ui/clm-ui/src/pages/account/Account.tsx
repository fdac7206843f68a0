import {
  Facts,
  Field,
  messages,
  PageHead,
  Preferences,
  Problem,
  ProblemAlert,
  useFormats,
  useNotices,
} from "@ers/frame";
import { Button, Card, CardBody, CardTitle, Form, PageSection, TextInput } from "@patternfly/react-core";
import { type FormEvent, useState } from "react";
import { useChangePassword, useSession } from "../../queries/session.ts";

const LEAST = 12;

const useText = messages(
  {
    again: "New password, again",
    change: "Change password",
    changed: "Your password was changed.",
    ends: "Session ends at the latest",
    least: "At least 12 characters.",
    look: "Language and appearance",
    new: "New password",
    other: "These are not the same.",
    present: "Present password",
    session: "Session",
    title: "My account",
    username: "Username",
    wrong: "This is not your present password.",
  },
  {
    again: "Neues Passwort, noch einmal",
    change: "Passwort ändern",
    changed: "Ihr Passwort wurde geändert.",
    ends: "Sitzung endet spätestens",
    least: "Mindestens 12 Zeichen.",
    look: "Sprache und Darstellung",
    new: "Neues Passwort",
    other: "Die beiden stimmen nicht überein.",
    present: "Bisheriges Passwort",
    session: "Sitzung",
    title: "Mein Konto",
    username: "Benutzername",
    wrong: "Das ist nicht Ihr bisheriges Passwort.",
  },
);

/** Who is logged in, the own password, language and appearance. */
export default function Account() {
  const text = useText();
  const { moment } = useFormats();
  const session = useSession().data;
  return (
    <>
      <PageHead title={text("title")} />
      <PageSection>
        <div className="ers-stack ers-narrow">
          <Card>
            <CardTitle component="h2">{text("session")}</CardTitle>
            <CardBody>
              <Facts
                wide
                rows={[
                  [text("username"), session?.username],
                  [text("ends"), session && moment(session.ends_at)],
                ]}
              />
            </CardBody>
          </Card>
          <Card>
            <CardTitle component="h2">{text("look")}</CardTitle>
            <CardBody>
              <Preferences />
            </CardBody>
          </Card>
          <Password username={session?.username ?? ""} />
        </div>
      </PageSection>
    </>
  );
}

function Password({ username }: { username: string }) {
  const text = useText();
  const tell = useNotices();
  const change = useChangePassword();
  const [present, setPresent] = useState("");
  const [fresh, setFresh] = useState("");
  const [again, setAgain] = useState("");
  const same = fresh === again;
  const empty = () => {
    setPresent("");
    setFresh("");
    setAgain("");
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const body = { present_password: present, new_password: fresh };
    change.mutate(body, {
      onSuccess: () => {
        empty();
        tell(text("changed"));
      },
    });
  };
  const problem = change.error instanceof Problem ? change.error : undefined;
  const wrongPresent = problem?.status === 401 || problem?.field === "present_password";
  const input = (id: string, value: string, set: (value: string) => void, complete: string) => (
    <TextInput
      id={id}
      type="password"
      autoComplete={complete}
      value={value}
      onChange={(_, value) => set(value)}
    />
  );
  return (
    <Card>
      <CardTitle component="h2">{text("change")}</CardTitle>
      <CardBody>
        <Form onSubmit={submit}>
          {problem && !wrongPresent ? <ProblemAlert error={problem} /> : null}
          <input type="hidden" name="username" autoComplete="username" value={username} readOnly />
          <Field id="present" label={text("present")} wrong={wrongPresent ? text("wrong") : undefined}>
            {input("present", present, setPresent, "current-password")}
          </Field>
          <Field id="new" label={text("new")} hint={text("least")}>
            {input("new", fresh, setFresh, "new-password")}
          </Field>
          <Field id="again" label={text("again")} wrong={again && !same ? text("other") : undefined}>
            {input("again", again, setAgain, "new-password")}
          </Field>
          <div>
            <Button
              type="submit"
              isLoading={change.isPending}
              isDisabled={!present || fresh.length < LEAST || !same || change.isPending}
            >
              {text("change")}
            </Button>
          </div>
        </Form>
      </CardBody>
    </Card>
  );
}
