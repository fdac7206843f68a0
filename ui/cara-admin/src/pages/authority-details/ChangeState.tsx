import { ConfirmByName, Field, useNotices } from "@ers/frame";
import { FormSelect, FormSelectOption } from "@patternfly/react-core";
import { useState } from "react";
import type { Authority } from "../../generated/cara-ws.ts";
import { usePutState } from "../../queries/authorities.ts";
import { useTerms } from "../../words/terms.ts";
import { useText } from "./words.ts";

/** What may become of a CA. */
export type NextState = "active" | "suspended" | "retired" | "revoked";

const WORDS = {
  active: ["resume", "resume_hint"],
  suspended: ["suspend", "suspend_hint"],
  retired: ["retire", "retire_hint"],
  revoked: ["revoke", "revoke_hint"],
} as const;
/** RFC 5280 section 5.3.1, those that a CA can have. */
const REASONS = ["cACompromise", "superseded", "cessationOfOperation", "affiliationChanged", "unspecified"];

/** Suspends, resumes, retires or revokes a CA, once its name is typed. */
export function ChangeState(props: { authority: Authority; next: NextState; onClose: () => void }) {
  const text = useText();
  const term = useTerms();
  const tell = useNotices();
  const { name } = props.authority;
  const change = usePutState(name);
  const [reason, setReason] = useState("cACompromise");
  const [word, hint] = WORDS[props.next];
  const act = text(word).replace(/ …$/, "");
  const wish = props.next === "revoked" ? { state: props.next, reason } : { state: props.next };
  const done = () => {
    tell(text("state_done", { name }));
    props.onClose();
  };
  return (
    <ConfirmByName
      title={text("state_title", { act, name })}
      name={name}
      action={act}
      busy={change.isPending}
      error={change.error}
      onConfirm={() => change.mutate(wish, { onSuccess: done })}
      onClose={props.onClose}
    >
      <p>{text(hint)}</p>
      {props.next === "revoked" && (
        <Field id="reason" label={term("reason")}>
          <FormSelect id="reason" value={reason} onChange={(_, value) => setReason(value)}>
            {REASONS.map((reason) => (
              <FormSelectOption key={reason} value={reason} label={reason} />
            ))}
          </FormSelect>
        </Field>
      )}
    </ConfirmByName>
  );
}
