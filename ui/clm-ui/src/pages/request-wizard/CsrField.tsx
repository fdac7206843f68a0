import { Facts, Field } from "@ers/frame";
import { Alert, FileUpload } from "@patternfly/react-core";
import { useState } from "react";
import type { ReadCsr } from "../../crypto/csr.ts";
import { useCommonText } from "../../words/common.ts";
import { useTerms } from "../../words/terms.ts";
import { useText } from "./words.ts";

/** A CSR pasted or dropped, decoded while it is typed. */
export function CsrField(props: { csr: ReadCsr | undefined; onChange: (csr: ReadCsr | undefined) => void }) {
  const text = useText();
  const common = useCommonText();
  const [typed, setTyped] = useState(props.csr?.pem ?? "");
  const [file, setFile] = useState("");
  const [unread, setUnread] = useState(false);
  const read = async (value: string) => {
    setTyped(value);
    const { readCsr } = await import("../../crypto/csr.ts");
    const csr = value.trim() ? await readCsr(value).catch(() => undefined) : undefined;
    setUnread(value.trim() !== "" && !csr);
    props.onChange(csr);
  };
  return (
    <>
      <Field id="csr" label={text("csr_label")} wrong={unread ? text("csr_unread") : undefined}>
        <FileUpload
          id="csr"
          type="text"
          value={typed}
          filename={file}
          onFileInputChange={(_, file) => setFile(file.name)}
          onDataChange={(_, data) => read(data)}
          onTextChange={(_, value) => read(value)}
          onClearClick={() => {
            setFile("");
            read("");
          }}
          browseButtonText={common("browse")}
          clearButtonText={common("clear")}
          filenamePlaceholder={common("drop")}
          aria-label={text("csr_label")}
          validated={unread ? "error" : "default"}
        />
      </Field>
      {props.csr && <Read csr={props.csr} />}
    </>
  );
}

function Read({ csr }: { csr: ReadCsr }) {
  const text = useText();
  const term = useTerms();
  if (!csr.proven) return <Alert isInline variant="danger" title={text("csr_unproven")} />;
  return (
    <section aria-label="CSR" className="ers-read">
      <Facts
        wide
        rows={[
          [term("subject"), csr.subject || "–"],
          [term("names"), csr.names.join(", ")],
          [term("key"), csr.key],
          [text("proof"), text("proven")],
        ]}
      />
    </section>
  );
}
