import { Button, Form, Modal, ModalBody, ModalFooter, ModalHeader } from "@patternfly/react-core";
import { type FormEvent, type ReactNode, useId } from "react";
import { ProblemAlert } from "./ProblemAlert.tsx";
import { useWords } from "./words.ts";

/** A form in a dialogue. */
export function FormDialog(props: {
  title: string;
  hint?: string;
  action: string;
  ready: boolean;
  busy: boolean;
  error: unknown;
  children: ReactNode;
  onSubmit: () => void;
  onClose: () => void;
}) {
  const words = useWords();
  const id = useId();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (props.ready && !props.busy) props.onSubmit();
  };
  return (
    <Modal isOpen variant="medium" onClose={props.onClose} aria-labelledby={`${id}-title`}>
      <ModalHeader title={props.title} labelId={`${id}-title`} description={props.hint} />
      <ModalBody>
        <Form id={id} onSubmit={submit}>
          {props.error ? <ProblemAlert error={props.error} /> : null}
          {props.children}
        </Form>
      </ModalBody>
      <ModalFooter>
        <Button type="submit" form={id} isDisabled={!props.ready || props.busy} isLoading={props.busy}>
          {props.action}
        </Button>
        <Button variant="link" onClick={props.onClose}>
          {words("cancel")}
        </Button>
      </ModalFooter>
    </Modal>
  );
}
