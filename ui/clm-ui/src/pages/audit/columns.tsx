import { type Column, Facts, useFormats } from "@ers/frame";
import type { AuditEvent } from "../../generated/clm-api.ts";
import { useTerms } from "../../words/terms.ts";
import { useText } from "./words.ts";

/** What is told of each event of the audit log. */
export function useColumns(): Column<AuditEvent>[] {
  const text = useText();
  const term = useTerms();
  const { moment, relative } = useFormats();
  return [
    {
      title: text("when"),
      cell: ({ at }) => (
        <time dateTime={at} title={relative(at)}>
          {moment(at)}
        </time>
      ),
    },
    {
      title: text("actor"),
      breaks: true,
      cell: ({ actor, origin }) => (
        <>
          <span translate="no">{actor}</span>
          {origin && <div className="ers-quiet ers-small">{text("where", { address: origin })}</div>}
        </>
      ),
    },
    { title: text("act"), breaks: true, cell: ({ act }) => <span translate="no">{act}</span> },
    {
      title: text("object"),
      width: 40,
      breaks: true,
      cell: (event) => (
        <>
          <span translate="no">{event.object}</span>
          {event.detail && (
            <div className="ers-quiet ers-small" translate="no">
              {event.detail}
            </div>
          )}
          <More event={event} />
        </>
      ),
    },
    { title: term("realm"), cell: ({ realm }) => realm || "–" },
  ];
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
