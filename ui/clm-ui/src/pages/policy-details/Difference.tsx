import { Rows } from "@ers/frame";
import { Alert } from "@patternfly/react-core";
import { useMemo } from "react";
import { type Change, changedKeys, type Line, lineChanges } from "../../policy/changes.ts";
import { useVersionText } from "./version-words.ts";

const LOOKS = { " ": "", "-": "ers-went", "+": "ers-came" } as const;

/** What two versions of a policy say differently: setting by setting, and in their text. */
export function Difference({ before, after }: { before: string; after: string }) {
  const text = useVersionText();
  const changes = useMemo(() => changedKeys(before, after), [before, after]);
  const lines = useMemo(() => lineChanges(before, after), [before, after]);
  const own = (value: string | undefined) => (
    <span className="ers-mono" translate="no">
      {value ?? "–"}
    </span>
  );
  return (
    <>
      {changes.length === 0 ? (
        <Alert isInline isPlain variant="info" title={text("same")} />
      ) : (
        <Rows<Change>
          label={text("setting")}
          rows={changes}
          keyOf={({ path }) => path}
          columns={[
            { title: text("setting"), breaks: true, cell: ({ path }) => own(path) },
            { title: text("before"), width: 35, breaks: true, cell: (change) => own(change.before) },
            { title: text("after"), width: 35, breaks: true, cell: (change) => own(change.after) },
          ]}
        />
      )}
      <h3 className="ers-legend">{text("text")}</h3>
      <div className="ers-lines" translate="no">
        {lines.map((line, index) => (
          <Told key={index} line={line} />
        ))}
      </div>
    </>
  );
}

function Told({ line: { sign, text: line } }: { line: Line }) {
  const text = useVersionText();
  return (
    <div className={LOOKS[sign]}>
      <span aria-hidden="true">{sign} </span>
      {sign !== " " && <span className="ers-for-readers">{text(sign === "+" ? "came" : "went")}: </span>}
      {line}
    </div>
  );
}
