import { Field, Preferences, Problem, ProblemAlert } from "@ers/frame";
import { Alert, Button, Card, CardBody, Divider, Form, TextInput, Title } from "@patternfly/react-core";
import { type FormEvent, useEffect, useState } from "react";
import { CodeInput } from "../../parts/CodeInput.tsx";
import { useLogIn, useLogInByCertificate, useLoginMethods } from "../../queries/session.ts";
import { useText } from "./words.ts";

/** The way that is always there, while the others are not known. */
const USUAL = { password: true, oidc: false, certificate: false };
const CODE_DIGITS = 6;

/** The ways in. */
export function LogIn() {
  const text = useText();
  const methods = useLoginMethods();
  const title = text("log_in");
  useEffect(() => {
    document.title = `${title} · ERS`;
  }, [title]);
  const { password, oidc, certificate } = methods.data ?? USUAL;
  return (
    <main className="ers-log-in">
      <div className="ers-log-in-head">
        <img src="/clm-ui/icon.svg" alt="" width="48" height="48" />
        <Title headingLevel="h1">ERS</Title>
        <p className="ers-quiet">{text("hint")}</p>
      </div>
      <Card>
        <CardBody>
          <div className="ers-stack">
            {oidc && <AtProvider />}
            {certificate && <ByCertificate />}
            {password && (oidc || certificate) && <Or />}
            {password && <ByPassword />}
          </div>
        </CardBody>
      </Card>
      <Preferences />
    </main>
  );
}

function Or() {
  const text = useText();
  return (
    <div className="ers-or">
      <Divider component="div" />
      <span className="ers-quiet">{text("or")}</span>
      <Divider component="div" />
    </div>
  );
}

/** Leaves the app; CLM leads back to the page that was asked for. */
function AtProvider() {
  const text = useText();
  const place = new URLSearchParams({ return_to: location.pathname + location.search });
  return (
    <Button component="a" href={`/clm-api/v1/oidc/login?${place}`} isBlock>
      {text("oidc")}
    </Button>
  );
}

function ByCertificate() {
  const text = useText();
  const logIn = useLogInByCertificate();
  const isNobody = logIn.error instanceof Problem && logIn.error.status === 401;
  return (
    <>
      {isNobody && <Alert isInline variant="danger" title={text("nobodys")} />}
      {logIn.error && !isNobody && <Refusal error={logIn.error} />}
      <Button
        variant="secondary"
        isBlock
        isLoading={logIn.isPending}
        isDisabled={logIn.isPending}
        onClick={() => logIn.mutate()}
      >
        {text("certificate")}
      </Button>
    </>
  );
}

/** A local account; the code is asked for once CLM wants it. */
function ByPassword() {
  const text = useText();
  const logIn = useLogIn();
  const [username, setUsername] = useState("");
  const [password, setPassword] = useState("");
  const [code, setCode] = useState("");
  const [needsCode, setNeedsCode] = useState(false);
  const [wrongCode, setWrongCode] = useState(false);
  const refused = (error: Error) => {
    const aboutCode = error instanceof Problem && error.field === "code";
    setWrongCode(aboutCode && code !== "");
    setNeedsCode(aboutCode);
    setCode("");
    if (!aboutCode) setPassword("");
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const login = { username: username.trim(), password };
    logIn.mutate(needsCode ? { ...login, code } : login, { onError: refused });
  };
  const ready = username !== "" && password !== "" && (!needsCode || code.length === CODE_DIGITS);
  return (
    <Form onSubmit={submit}>
      {logIn.error && !needsCode ? <Refusal error={logIn.error} /> : null}
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
      {needsCode && (
        <Field
          id="code"
          label={text("code")}
          hint={text("code_hint")}
          wrong={wrongCode ? text("wrong_code") : undefined}
        >
          <CodeInput id="code" value={code} onChange={setCode} focused />
        </Field>
      )}
      <Button type="submit" isBlock isLoading={logIn.isPending} isDisabled={logIn.isPending || !ready}>
        {text("log_in")}
      </Button>
    </Form>
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
