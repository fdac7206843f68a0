import { CopyButton, messages } from "@ers/frame";
import { Alert, Button, Modal, ModalBody, ModalFooter, ModalHeader } from "@patternfly/react-core";
import { useId } from "react";

const useText = messages(
  { kept: "I have kept it", once: "It is shown this once: nobody can read it again." },
  {
    kept: "Ich habe es aufbewahrt",
    once: "Es wird nur dieses Mal gezeigt: niemand kann es noch einmal lesen.",
  },
);

/** A secret that was made and cannot be seen again. */
export function ShownOnce(props: { title: string; hint?: string; secret: string; onClose: () => void }) {
  const text = useText();
  const id = useId();
  return (
    <Modal isOpen variant="medium" aria-labelledby={`${id}-title`}>
      <ModalHeader title={props.title} labelId={`${id}-title`} />
      <ModalBody>
        <div className="ers-stack">
          <Alert isInline variant="warning" title={text("once")}>
            {props.hint}
          </Alert>
          <div className="ers-actions">
            <code className="ers-mono ers-break" translate="no">
              {props.secret}
            </code>
            <CopyButton text={props.secret} />
          </div>
        </div>
      </ModalBody>
      <ModalFooter>
        <Button onClick={props.onClose}>{text("kept")}</Button>
      </ModalFooter>
    </Modal>
  );
}
