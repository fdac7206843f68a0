import { Facts, Field, FormDialog, List, useNotices, useUrlState } from "@ers/frame";
import { Alert, Button, TextArea } from "@patternfly/react-core";
import { useState } from "react";
import type { KeyRecovery } from "../../generated/clm-api.ts";
import { useRecoveryColumns } from "../../parts/recovery-columns.tsx";
import { useRecoveryText } from "../../parts/recovery-words.ts";
import { useDecideRecovery, useRecoveries } from "../../queries/recoveries.ts";
import { useTerms } from "../../words/terms.ts";

/** Wishes for kept keys that wait for other people. */
export function KeyApprovals() {
  const text = useRecoveryText();
  const state = useUrlState();
  const [asked, setAsked] = useState<{ recovery: KeyRecovery; approve: boolean }>();
  const query = useRecoveries(
    { state: "pending-approval", page_size: state.rows, page_token: state.tokens.at(-1) },
    { refetchInterval: 15_000 },
  );
  const columns = useRecoveryColumns(
    (recovery) =>
      recovery.may_decide && (
        <div className="ers-actions">
          <Button size="sm" onClick={() => setAsked({ recovery, approve: true })}>
            {text("approve")}
          </Button>
          <Button
            size="sm"
            variant="secondary"
            isDanger
            onClick={() => setAsked({ recovery, approve: false })}
          >
            {text("decline")}
          </Button>
        </div>
      ),
  );
  return (
    <>
      <List
        label={text("keys")}
        query={query}
        rows={query.data?.key_recoveries ?? []}
        keyOf={(row) => row.id}
        columns={columns}
        empty={{ title: text("nobody"), hint: text("nobody_hint") }}
        pages={{ next: query.data?.next_page_token, total: query.data?.total }}
      />
      {asked && <Decide {...asked} onClose={() => setAsked(undefined)} />}
    </>
  );
}

function Decide(props: { recovery: KeyRecovery; approve: boolean; onClose: () => void }) {
  const text = useRecoveryText();
  const term = useTerms();
  const tell = useNotices();
  const { recovery, approve } = props;
  const decide = useDecideRecovery(recovery.id);
  const [comment, setComment] = useState("");
  const done = () => {
    tell(text(approve ? "approved" : "declined"));
    props.onClose();
  };
  return (
    <FormDialog
      title={text(approve ? "approve_title" : "decline_title", { who: recovery.asked_by })}
      action={text(approve ? "approve" : "decline")}
      ready
      busy={decide.isPending}
      error={decide.error}
      onSubmit={() => decide.mutate({ approve, comment: comment.trim() }, { onSuccess: done })}
      onClose={props.onClose}
    >
      {approve && <Alert isInline variant="warning" title={text("approve_hint")} />}
      <Facts
        wide
        rows={[
          [term("subject"), recovery.subject],
          [term("serial"), recovery.serial],
          [term("policy"), recovery.policy],
          [text("why"), recovery.comment],
        ]}
      />
      <Field id="decide-comment" label={text("comment")}>
        <TextArea
          id="decide-comment"
          value={comment}
          maxLength={1000}
          autoResize
          onChange={(_, value) => setComment(value)}
        />
      </Field>
    </FormDialog>
  );
}
