import { Facts, Field, messages, ProblemAlert, useNotices } from "@ers/frame";
import { titleOf } from "@ers/frame/certificate/names.ts";
import { Button, Form, Modal, ModalBody, ModalFooter, ModalHeader, TextArea } from "@patternfly/react-core";
import { type FormEvent, useState } from "react";
import type { Request } from "../../generated/clm-api.ts";
import { useDecide } from "../../queries/requests.ts";
import { useCommonText } from "../../words/common.ts";
import { useTerms } from "../../words/terms.ts";

const useText = messages(
  {
    approve: "Approve and issue",
    approve_title: "Approve this request?",
    comment: "Comment",
    comment_hint: "Kept with the request, for whoever asks why.",
    decline: "Decline",
    decline_title: "Decline this request?",
    done_no: "{name} was declined.",
    done_yes: "{name} was approved.",
    failed: "Approved, but the CA refused",
  },
  {
    approve: "Freigeben und ausstellen",
    approve_title: "Diesen Antrag freigeben?",
    comment: "Kommentar",
    comment_hint: "Bleibt beim Antrag, für alle, die nach dem Warum fragen.",
    decline: "Ablehnen",
    decline_title: "Diesen Antrag ablehnen?",
    done_no: "{name} wurde abgelehnt.",
    done_yes: "{name} wurde freigegeben.",
    failed: "Freigegeben, aber die CA lehnt ab",
  },
);

/** Shows what is asked for, takes a comment, and decides. */
export function Decide({
  request,
  approve,
  onClose,
}: {
  request: Request;
  approve: boolean;
  onClose: () => void;
}) {
  const text = useText();
  const term = useTerms();
  const common = useCommonText();
  const tell = useNotices();
  const decide = useDecide(request.id);
  const [comment, setComment] = useState("");
  const name = titleOf(request.subject, request.subject_alternative_names);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const onSuccess = (decided: Request) => {
      const failed = decided.state === "failed";
      tell(
        failed ? `${text("failed")}: ${decided.detail}` : text(approve ? "done_yes" : "done_no", { name }),
      );
      onClose();
    };
    decide.mutate({ approve, comment: comment.trim() }, { onSuccess });
  };
  return (
    <Modal isOpen variant="small" onClose={onClose} aria-labelledby="decide-title">
      <ModalHeader title={text(approve ? "approve_title" : "decline_title")} labelId="decide-title" />
      <ModalBody>
        <Form id="decide" onSubmit={submit}>
          {decide.error ? <ProblemAlert error={decide.error} /> : null}
          <Facts
            wide
            rows={[
              [term("subject"), request.subject || "–"],
              [term("names"), request.subject_alternative_names.join(", ")],
              [term("policy"), request.policy],
              [term("realm"), request.realm],
              [term("requester"), request.requester],
            ]}
          />
          <Field id="comment" label={text("comment")} hint={text("comment_hint")}>
            <TextArea
              id="comment"
              value={comment}
              maxLength={1000}
              autoResize
              onChange={(_, value) => setComment(value)}
            />
          </Field>
        </Form>
      </ModalBody>
      <ModalFooter>
        <Button
          type="submit"
          form="decide"
          variant={approve ? "primary" : "danger"}
          isLoading={decide.isPending}
        >
          {text(approve ? "approve" : "decline")}
        </Button>
        <Button variant="link" onClick={onClose}>
          {common("cancel")}
        </Button>
      </ModalFooter>
    </Modal>
  );
}
