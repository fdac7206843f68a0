import { Field, messages, Preferences, Problem, ProblemAlert } from "@ers/frame";
import { Alert, Button, Card, CardBody, Form, TextInput, Title } from "@patternfly/react-core";
import { type FormEvent, useEffect, useState } from "react";
import { useLogIn } from "../../queries/session.ts";

const useText = messages(
  {
    hint: "Certificates: ask for them, find them, keep them fresh.",
    log_in: "Log in",
    password: "Password",
    username: "Username",
    wrong: "Username or password is wrong.",
    locked:
      "Too many attempts. Wait {n} second and try again.|Too many attempts. Wait {n} seconds and try again.",
  },
  {
    hint: "Zertifikate: anfordern, finden, frisch halten.",
    log_in: "Anmelden",
    password: "Passwort",
    username: "Benutzername",
    wrong: "Benutzername oder Passwort ist falsch.",
    locked: "Zu viele Versuche. Warten Sie {n} Sekunde.|Zu viele Versuche. Warten Sie {n} Sekunden.",
  },
);

/** The way in for local accounts. */
export function LogIn() {
  const text = useText();
  const logIn = useLogIn();
  const [username, setUsername] = useState("");
  const [password, setPassword] = useState("");
  const title = text("log_in");
  useEffect(() => {
    document.title = `${title} · ERS`;
  }, [title]);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    logIn.mutate({ username: username.trim(), password }, { onError: () => setPassword("") });
  };
  return (
    <main className="ers-log-in">
      <div className="ers-log-in-head">
        <img src="/clm-ui/icon.svg" alt="" width="48" height="48" />
        <Title headingLevel="h1">ERS</Title>
        <p className="ers-quiet">{text("hint")}</p>
      </div>
      <Card>
        <CardBody>
          <Form onSubmit={submit}>
            {logIn.error ? <Refusal error={logIn.error} /> : null}
            <Field id="username" label={text("username")}>
              <TextInput
                id="username"
                autoComplete="username"
                autoCapitalize="none"
                value={username}
                onChange={(_, value) => setUsername(value)}
              />
            </Field>
            <Field id="password" label={text("password")}>
              <TextInput
                id="password"
                type="password"
                autoComplete="current-password"
                value={password}
                onChange={(_, value) => setPassword(value)}
              />
            </Field>
            <Button
              type="submit"
              isBlock
              isLoading={logIn.isPending}
              isDisabled={logIn.isPending || !username || !password}
            >
              {text("log_in")}
            </Button>
          </Form>
        </CardBody>
      </Card>
      <Preferences />
    </main>
  );
}

function Refusal({ error }: { error: Error }) {
  const text = useText();
  if (error instanceof Problem && error.status === 401) {
    return <Alert isInline variant="danger" title={text("wrong")} />;
  }
  if (error instanceof Problem && error.status === 429) {
    return <Alert isInline variant="warning" title={text("locked", { n: error.retryAfter ?? 30 })} />;
  }
  return <ProblemAlert error={error} />;
}
