import { download, Field } from "@ers/frame";
import {
  Alert,
  Button,
  FileUpload,
  Form,
  Modal,
  ModalBody,
  ModalFooter,
  ModalHeader,
  TextInput,
} from "@patternfly/react-core";
import { type FormEvent, useState } from "react";
import { useCommonText } from "../../words/common.ts";
import { useText } from "./words.ts";

const LEAST = 8;

/** Puts key, certificate and chain into one file. The key is known already, or asked for; it stays in the browser. */
export function Pkcs12(props: {
  name: string;
  certificatePem: string;
  chainPem: string[];
  keyPem?: string;
  onClose: () => void;
}) {
  const text = useText();
  const common = useCommonText();
  const [key, setKey] = useState(props.keyPem ?? "");
  const [file, setFile] = useState("");
  const [password, setPassword] = useState("");
  const [busy, setBusy] = useState(false);
  const [wrong, setWrong] = useState("");
  const make = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setWrong("");
    const { makePkcs12, WrongKey } = await import("../../crypto/bundle.ts");
    try {
      const { name, certificatePem, chainPem } = props;
      const made = await makePkcs12({ keyPem: key, certificatePem, chainPem, name, password });
      download(`${name}.p12`, made, "application/x-pkcs12");
      props.onClose();
    } catch (error) {
      setWrong(text(error instanceof WrongKey ? "key_wrong" : "key_unread"));
    }
    setBusy(false);
  };
  return (
    <Modal isOpen variant="small" onClose={props.onClose} aria-labelledby="p12-title">
      <ModalHeader title={text("p12_title")} labelId="p12-title" />
      <ModalBody>
        <Form id="p12" onSubmit={make}>
          {wrong && <Alert isInline variant="danger" title={wrong} />}
          {props.keyPem === undefined && (
            <Field id="p12-key" label={text("key_file")} hint={text("key_hint")}>
              <FileUpload
                id="p12-key"
                type="text"
                value={key}
                filename={file}
                onFileInputChange={(_, file) => setFile(file.name)}
                onDataChange={(_, data) => setKey(data)}
                onTextChange={(_, value) => setKey(value)}
                onClearClick={() => {
                  setFile("");
                  setKey("");
                }}
                browseButtonText={common("browse")}
                clearButtonText={common("clear")}
                filenamePlaceholder={common("drop")}
                aria-label={text("key_file")}
              />
            </Field>
          )}
          <Field id="p12-password" label={text("password")} hint={text("password_hint")}>
            <TextInput
              id="p12-password"
              type="password"
              autoComplete="new-password"
              value={password}
              onChange={(_, value) => setPassword(value)}
            />
          </Field>
        </Form>
      </ModalBody>
      <ModalFooter>
        <Button
          type="submit"
          form="p12"
          isLoading={busy}
          isDisabled={busy || !key || password.length < LEAST}
        >
          {text("make")}
        </Button>
        <Button variant="link" onClick={props.onClose}>
          {common("cancel")}
        </Button>
      </ModalFooter>
    </Modal>
  );
}
