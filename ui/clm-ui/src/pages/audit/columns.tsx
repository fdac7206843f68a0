import { type Column, Facts, useTrailColumns } from "@ers/frame";
import type { AuditEvent } from "../../generated/clm-api.ts";
import { useTerms } from "../../words/terms.ts";
import { useText } from "./words.ts";

/** What is told of each event of the audit log. */
export function useColumns(): Column<AuditEvent>[] {
  const term = useTerms();
  const told = useTrailColumns<AuditEvent>((event) => ({
    ...event,
    who: event.actor,
    more: <More event={event} />,
  }));
  return [...told, { title: term("realm"), cell: ({ realm }) => realm || "–" }];
}

/** How it was and was to be, and its place in the chain. */
function More({ event }: { event: AuditEvent }) {
  const text = useText();
  const { before, after, sequence, digest } = event;
  if (!before && !after && !digest) return null;
  const written = (value: string) => (
    <pre className="ers-mono ers-written" translate="no">
      {value}
    </pre>
  );
  return (
    <details className="ers-small">
      <summary>{text("more")}</summary>
      <Facts
        wide
        rows={[
          [text("before"), before && written(before)],
          [text("after"), after && written(after)],
          [text("sequence"), sequence],
          [text("digest"), digest && <span className="ers-mono">{digest}</span>],
        ]}
      />
    </details>
  );
}
