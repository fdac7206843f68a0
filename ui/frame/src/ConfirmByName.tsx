import { Button, Form, Modal, ModalBody, ModalFooter, ModalHeader, TextInput } from "@patternfly/react-core";
import { type FormEvent, type ReactNode, useId, useState } from "react";
import { Field } from "./Field.tsx";
import { ProblemAlert } from "./ProblemAlert.tsx";
import { useWords } from "./words.ts";

/** Asks before something that cannot be taken back: the name of what it is about must be typed. */
export function ConfirmByName(props: {
  title: string;
  name: string;
  action: string;
  busy: boolean;
  error: unknown;
  children?: ReactNode;
  onConfirm: () => void;
  onClose: () => void;
}) {
  const words = useWords();
  const [typed, setTyped] = useState("");
  const id = useId();
  const matches = typed.trim() === props.name;
  const confirm = (event: FormEvent) => {
    event.preventDefault();
    if (matches && !props.busy) props.onConfirm();
  };
  return (
    <Modal isOpen variant="small" onClose={props.onClose} aria-labelledby={`${id}-title`}>
      <ModalHeader title={props.title} titleIconVariant="warning" labelId={`${id}-title`} />
      <ModalBody>
        <Form id={id} onSubmit={confirm}>
          {props.error ? <ProblemAlert error={props.error} /> : null}
          {props.children}
          <Field id={`${id}-name`} label={words("confirm", { name: props.name })}>
            <TextInput
              id={`${id}-name`}
              value={typed}
              autoComplete="off"
              spellCheck={false}
              onChange={(_, value) => setTyped(value)}
            />
          </Field>
        </Form>
      </ModalBody>
      <ModalFooter>
        <Button type="submit" form={id} variant="danger" isDisabled={!matches} isLoading={props.busy}>
          {props.action}
        </Button>
        <Button variant="link" onClick={props.onClose}>
          {words("cancel")}
        </Button>
      </ModalFooter>
    </Modal>
  );
}
