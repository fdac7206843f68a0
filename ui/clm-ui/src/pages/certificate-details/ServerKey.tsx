import { Facts, Field, FormDialog, Time, useNotices } from "@ers/frame";
import { titleOf } from "@ers/frame/certificate/names.ts";
import { Button, Card, CardBody, CardTitle, TextArea } from "@patternfly/react-core";
import { useState } from "react";
import { Link } from "react-router";
import type { WholeCertificate } from "../../generated/clm-api.ts";
import { RecoveryLabel } from "../../parts/recovery-columns.tsx";
import { useRecoveryText } from "../../parts/recovery-words.ts";
import { useAskForKey } from "../../queries/recoveries.ts";
import { useAccess } from "../../queries/session.ts";
import { useTerms } from "../../words/terms.ts";

const OPEN = ["pending-approval", "approved"];

/** What is to be known of a key that the platform made; asks for it where it is kept. */
export function ServerKey({ certificate }: { certificate: WholeCertificate }) {
  const text = useRecoveryText();
  const term = useTerms();
  const { mayUnderPolicy } = useAccess();
  const [asking, setAsking] = useState(false);
  const key = certificate.server_key;
  if (!key) return null;
  const { realm, policy } = certificate;
  const open = key.recovery && OPEN.includes(key.recovery.state);
  const mayAsk = key.kept && !open && mayUnderPolicy("recovery:create", realm, policy);
  return (
    <Card>
      <CardTitle component="h2">{text("private_key")}</CardTitle>
      <CardBody className="ers-stack">
        <Facts
          wide
          rows={[
            [term("state"), text(key.kept ? "kept" : "made")],
            [term("key"), key.key_algorithm],
            [text("made_at"), <Time key="at" at={key.made_at} />],
            [
              text("recovery"),
              key.recovery && (
                <Link to="/requests?tab=keys">
                  <RecoveryLabel state={key.recovery.state} />
                </Link>
              ),
            ],
          ]}
        />
        {mayAsk && (
          <div>
            <Button variant="secondary" onClick={() => setAsking(true)}>
              {text("ask")}
            </Button>
          </div>
        )}
      </CardBody>
      {asking && (
        <Ask
          fingerprint={certificate.fingerprint}
          name={titleOf(certificate.subject, certificate.subject_alternative_names)}
          onClose={() => setAsking(false)}
        />
      )}
    </Card>
  );
}

function Ask(props: { fingerprint: string; name: string; onClose: () => void }) {
  const text = useRecoveryText();
  const tell = useNotices();
  const ask = useAskForKey();
  const [comment, setComment] = useState("");
  const done = () => {
    tell(text("asked"));
    props.onClose();
  };
  return (
    <FormDialog
      title={text("ask_title", { name: props.name })}
      hint={text("ask_hint")}
      action={text("ask_act")}
      ready={comment.trim() !== ""}
      busy={ask.isPending}
      error={ask.error}
      onSubmit={() =>
        ask.mutate({ certificate: props.fingerprint, comment: comment.trim() }, { onSuccess: done })
      }
      onClose={props.onClose}
    >
      <Field id="why" label={text("why")} hint={text("why_hint")} required>
        <TextArea
          id="why"
          value={comment}
          maxLength={4000}
          autoResize
          onChange={(_, value) => setComment(value)}
        />
      </Field>
    </FormDialog>
  );
}
