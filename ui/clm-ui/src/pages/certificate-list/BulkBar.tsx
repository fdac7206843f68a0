import { useFormats } from "@ers/frame";
import { Button } from "@patternfly/react-core";
import { useState } from "react";
import type { Chosen } from "../../queries/bulk-acts.ts";
import { useAccess } from "../../queries/session.ts";
import { ChangeMany, RenewMany, RevokeMany } from "./bulk-dialogs.tsx";
import { useText } from "./words.ts";

/** What can be done to the certificates that are chosen: one by one, or all that the search finds. */
export function BulkBar(props: {
  chosen: Chosen;
  count: number;
  /** As many as the search finds, when all of them can be chosen. */
  whole: number | undefined;
  isWhole: boolean;
  onWhole: () => void;
  onNone: () => void;
}) {
  const text = useText();
  const { number } = useFormats();
  const { may } = useAccess();
  const [asked, setAsked] = useState<"renew" | "change" | "revoke">();
  const { chosen, count } = props;
  const act = { chosen, count, onClose: () => setAsked(undefined) };
  if (count === 0) return null;
  return (
    <section className="ers-bulk" aria-label={text("bulk")}>
      <strong aria-live="polite">
        {props.isWhole ? text("chosen_whole", { n: number(count) }) : text("chosen", { n: number(count) })}
      </strong>
      {props.whole !== undefined && !props.isWhole && (
        <Button variant="link" isInline onClick={props.onWhole}>
          {text("choose_whole", { n: number(props.whole) })}
        </Button>
      )}
      <Button variant="link" isInline onClick={props.onNone}>
        {text("choose_none")}
      </Button>
      <span className="ers-grow" />
      {may("certificate:renew") && (
        <Button variant="secondary" size="sm" onClick={() => setAsked("renew")}>
          {text("renew")}
        </Button>
      )}
      {may("certificate:manage") && (
        <Button variant="secondary" size="sm" onClick={() => setAsked("change")}>
          {text("change")}
        </Button>
      )}
      {may("certificate:revoke") && (
        <Button variant="secondary" size="sm" isDanger onClick={() => setAsked("revoke")}>
          {text("revoke")}
        </Button>
      )}
      {asked === "renew" && <RenewMany {...act} />}
      {asked === "change" && <ChangeMany {...act} />}
      {asked === "revoke" && <RevokeMany {...act} />}
    </section>
  );
}
