import { Field, FormDialog, messages } from "@ers/frame";
import { TextArea } from "@patternfly/react-core";
import { useState } from "react";
import type { Approval } from "../../generated/cara-ws.ts";
import { useRefuse } from "../../queries/approvals.ts";
import { useTerms } from "../../words/terms.ts";

const useText = messages(
  { refuse: "Refuse", title: "Refuse {act} {object}?" },
  { refuse: "Ablehnen", title: "{act} {object} ablehnen?" },
);

/** Refuses an act that waits, with a reason. */
export function Refuse({ approval, onClose }: { approval: Approval; onClose: () => void }) {
  const text = useText();
  const term = useTerms();
  const refuse = useRefuse(approval.id);
  const [reason, setReason] = useState("");
  return (
    <FormDialog
      title={text("title", { act: approval.act, object: approval.object })}
      action={text("refuse")}
      ready
      busy={refuse.isPending}
      error={refuse.error}
      onSubmit={() => refuse.mutate(reason, { onSuccess: onClose })}
      onClose={onClose}
    >
      <Field id="why" label={term("reason")}>
        <TextArea
          id="why"
          value={reason}
          rows={3}
          maxLength={1000}
          onChange={(_, value) => setReason(value)}
        />
      </Field>
    </FormDialog>
  );
}
