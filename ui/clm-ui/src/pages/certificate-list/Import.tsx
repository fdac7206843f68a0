import { Field, FormDialog, Rows } from "@ers/frame";
import {
  Button,
  FileUpload,
  Label,
  Modal,
  ModalBody,
  ModalFooter,
  ModalHeader,
  TextInput,
} from "@patternfly/react-core";
import { useId, useState } from "react";
import { Link } from "react-router";
import type { ImportedCertificate, ImportReport } from "../../generated/clm-api.ts";
import { PolicyField } from "../../parts/PlaceFields.tsx";
import { useImportCertificates } from "../../queries/certificates.ts";
import { useCommonText } from "../../words/common.ts";
import { useImportText as useText } from "./import-words.ts";
import { importedText } from "./imported.ts";
import { tagsIn } from "./search.ts";

/** Takes certificates of others into the inventory, and tells what became of each. */
export function Import({ realm, onClose }: { realm: string; onClose: () => void }) {
  const [report, setReport] = useState<ImportReport>();
  if (report) return <Report report={report} onClose={onClose} />;
  return <Ask realm={realm} onDone={setReport} onClose={onClose} />;
}

function Ask(props: { realm: string; onDone: (report: ImportReport) => void; onClose: () => void }) {
  const text = useText();
  const common = useCommonText();
  const take = useImportCertificates();
  const [file, setFile] = useState<File>();
  const [certificates, setCertificates] = useState("");
  const [policy, setPolicy] = useState("");
  const [owner, setOwner] = useState("");
  const [tags, setTags] = useState("");
  const read = async (chosen: File) => {
    setFile(chosen);
    setCertificates(importedText(new Uint8Array(await chosen.arrayBuffer())));
  };
  const wish = { certificates, policy, owner: owner.trim() || null, tags: tagsIn(tags) };
  return (
    <FormDialog
      title={text("import")}
      hint={text("hint")}
      action={text("act")}
      ready={certificates.trim() !== "" && policy !== ""}
      busy={take.isPending}
      error={take.error}
      onSubmit={() => take.mutate(wish, { onSuccess: props.onDone })}
      onClose={props.onClose}
    >
      <Field id="import-file" label={text("certificates")} hint={text("certificates_hint")} required>
        <FileUpload
          id="import-file"
          type="text"
          value={certificates}
          filename={file?.name ?? ""}
          onFileInputChange={(_, chosen) => void read(chosen)}
          onTextChange={(_, value) => setCertificates(value)}
          onClearClick={() => {
            setFile(undefined);
            setCertificates("");
          }}
          browseButtonText={common("browse")}
          clearButtonText={common("clear")}
          filenamePlaceholder={common("drop")}
          aria-label={text("certificates")}
        />
      </Field>
      <PolicyField
        id="import-policy"
        realm={props.realm}
        value={policy}
        none="–"
        allowed={(rules) => rules.import?.allowed === true}
        hint={text("policy_hint")}
        onChange={setPolicy}
      />
      <Field id="import-owner" label={text("owner")} hint={text("owner_hint")}>
        <TextInput id="import-owner" value={owner} maxLength={255} onChange={(_, value) => setOwner(value)} />
      </Field>
      <Field id="import-tags" label={text("tags")} hint={text("tags_hint")}>
        <TextInput id="import-tags" value={tags} onChange={(_, value) => setTags(value)} />
      </Field>
    </FormDialog>
  );
}

const OUTCOMES = { imported: "success", duplicate: "info", authority: "info", refused: "danger" } as const;
const isKnown = (outcome: string): outcome is keyof typeof OUTCOMES => outcome in OUTCOMES;

function Report({ report, onClose }: { report: ImportReport; onClose: () => void }) {
  const text = useText();
  const id = useId();
  const all = report.certificates;
  const imported = all.filter(({ outcome }) => outcome === "imported").length;
  return (
    <Modal isOpen variant="large" onClose={onClose} aria-labelledby={`${id}-title`}>
      <ModalHeader title={text("done", { n: imported, all: all.length })} labelId={`${id}-title`} />
      <ModalBody>
        <Rows
          label={text("import")}
          rows={all}
          keyOf={({ fingerprint }) => fingerprint}
          columns={[
            { title: text("certificate"), width: 35, breaks: true, cell: (one) => <Subject one={one} /> },
            {
              title: text("outcome"),
              cell: ({ outcome }) => (
                <Label isCompact status={isKnown(outcome) ? OUTCOMES[outcome] : "custom"}>
                  {isKnown(outcome) ? text(outcome) : outcome}
                </Label>
              ),
            },
            {
              title: text("remarks"),
              width: 40,
              breaks: true,
              cell: ({ remarks }) => (
                <span translate="no">
                  {remarks.map((remark) => (
                    <div key={remark}>{remark}</div>
                  ))}
                </span>
              ),
            },
          ]}
        />
      </ModalBody>
      <ModalFooter>
        <Button onClick={onClose}>{text("close")}</Button>
      </ModalFooter>
    </Modal>
  );
}

function Subject({ one }: { one: ImportedCertificate }) {
  const title = one.subject || one.fingerprint.slice(0, 32);
  if (one.outcome !== "imported" && one.outcome !== "duplicate") return <span translate="no">{title}</span>;
  return (
    <Link to={`/certificates/${one.fingerprint}`} translate="no">
      {title}
    </Link>
  );
}
