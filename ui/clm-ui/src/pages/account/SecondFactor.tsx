import { CopyButton, Field, FormDialog, Problem, ProblemAlert, useNotices } from "@ers/frame";
import { Button, Card, CardBody, CardTitle, Form, TextInput } from "@patternfly/react-core";
import { type FormEvent, type ReactNode, useState } from "react";
import type { SecondFactorBody } from "../../generated/clm-api.ts";
import { CodeInput } from "../../parts/CodeInput.tsx";
import { useConfirmSecondFactor, useDropSecondFactor, useMakeSecondFactor } from "../../queries/session.ts";
import { useText } from "./words.ts";

/** Codes of an authenticator app, turned on and off. */
export function SecondFactor({ isOn }: { isOn: boolean }) {
  const text = useText();
  const make = useMakeSecondFactor();
  const [dropping, setDropping] = useState(false);
  const made = make.data;
  return (
    <Card>
      <CardTitle component="h2">{text("factor")}</CardTitle>
      <CardBody>
        <div className="ers-stack">
          <p>
            <strong>{text(isOn ? "factor_is_on" : "factor_is_off")} </strong>
            {text("factor_hint")}
          </p>
          {make.error ? <ProblemAlert error={make.error} /> : null}
          {made && !isOn ? (
            <Confirm made={made} onDone={() => make.reset()} />
          ) : (
            <div className="ers-actions">
              {!isOn && (
                <Button isLoading={make.isPending} onClick={() => make.mutate()}>
                  {text("factor_make")}
                </Button>
              )}
              {isOn && (
                <Button variant="secondary" isDanger onClick={() => setDropping(true)}>
                  {text("factor_off")}
                </Button>
              )}
            </div>
          )}
        </div>
      </CardBody>
      {dropping && <Drop onDone={() => make.reset()} onClose={() => setDropping(false)} />}
    </Card>
  );
}

function Confirm({ made, onDone }: { made: SecondFactorBody; onDone: () => void }) {
  const text = useText();
  const tell = useNotices();
  const confirm = useConfirmSecondFactor();
  const [code, setCode] = useState("");
  const wrong = confirm.error instanceof Problem && confirm.error.status === 400;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    confirm.mutate(code, {
      onError: () => setCode(""),
      onSuccess: () => {
        tell(text("factor_on_done"));
        onDone();
      },
    });
  };
  return (
    <Form onSubmit={submit}>
      {confirm.error && !wrong ? <ProblemAlert error={confirm.error} /> : null}
      <p>{text("factor_keep")}</p>
      <Shown label={text("secret")} value={made.secret}>
        {made.secret}
      </Shown>
      <Shown label={text("uri")} value={made.uri}>
        <a href={made.uri}>{made.uri}</a>
      </Shown>
      <Field
        id="first-code"
        label={text("code")}
        hint={text("code_hint")}
        wrong={wrong ? text("code_wrong") : undefined}
      >
        <CodeInput id="first-code" value={code} onChange={setCode} />
      </Field>
      <div>
        <Button
          type="submit"
          isDisabled={code.length !== 6 || confirm.isPending}
          isLoading={confirm.isPending}
        >
          {text("factor_confirm")}
        </Button>
      </div>
    </Form>
  );
}

function Shown(props: { label: string; value: string; children: ReactNode }) {
  return (
    <div>
      <div className="ers-legend">{props.label}</div>
      <span className="ers-mono" translate="no">
        {props.children}
      </span>{" "}
      <CopyButton text={props.value} />
    </div>
  );
}

function Drop({ onDone, onClose }: { onDone: () => void; onClose: () => void }) {
  const text = useText();
  const tell = useNotices();
  const drop = useDropSecondFactor();
  const [password, setPassword] = useState("");
  const wrong = drop.error instanceof Problem && [400, 401].includes(drop.error.status);
  const done = () => {
    tell(text("factor_off_done"));
    onDone();
    onClose();
  };
  return (
    <FormDialog
      title={text("factor_off_title")}
      hint={text("factor_off_hint")}
      action={text("factor_off")}
      ready={password !== ""}
      busy={drop.isPending}
      error={wrong ? undefined : drop.error}
      onSubmit={() => drop.mutate(password, { onSuccess: done })}
      onClose={onClose}
    >
      <Field id="own-password" label={text("password")} wrong={wrong ? text("wrong_password") : undefined}>
        <TextInput
          id="own-password"
          type="password"
          autoComplete="current-password"
          value={password}
          onChange={(_, value) => setPassword(value)}
        />
      </Field>
    </FormDialog>
  );
}
