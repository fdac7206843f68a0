import { FileUpload } from "@patternfly/react-core";
import { useState } from "react";
import { messages } from "./language.tsx";

const useText = messages(
  { browse: "Browse …", clear: "Clear", drop: "Drop a file here, or browse" },
  { browse: "Durchsuchen …", clear: "Leeren", drop: "Datei hier ablegen oder durchsuchen" },
);

/** PEM, pasted or from a file. */
export function PemInput(props: { id: string; value: string; onChange: (value: string) => void }) {
  const text = useText();
  const [file, setFile] = useState("");
  return (
    <FileUpload
      id={props.id}
      type="text"
      value={props.value}
      filename={file}
      onFileInputChange={(_, file) => setFile(file.name)}
      onDataChange={(_, data) => props.onChange(data)}
      onTextChange={(_, value) => props.onChange(value)}
      onClearClick={() => {
        setFile("");
        props.onChange("");
      }}
      browseButtonText={text("browse")}
      clearButtonText={text("clear")}
      filenamePlaceholder={text("drop")}
      aria-label="PEM"
    />
  );
}
