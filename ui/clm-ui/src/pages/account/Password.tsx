import { Field, Problem, ProblemAlert, useNotices } from "@ers/frame";
import { Button, Card, CardBody, CardTitle, Form, TextInput } from "@patternfly/react-core";
import { type FormEvent, useState } from "react";
import { useChangePassword } from "../../queries/session.ts";
import { useText } from "./words.ts";

const LEAST = 12;

/** The password of a local account. */
export function Password({ username }: { username: string }) {
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
