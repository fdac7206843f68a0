import { type Column, columnsOf, useFormats } from "@ers/frame";
import { titleOf } from "@ers/frame/certificate/names.ts";
import { Label } from "@patternfly/react-core";
import type { ReactNode } from "react";
import { Link } from "react-router";
import type { KeyRecovery } from "../generated/clm-api.ts";
import { useTerms } from "../words/terms.ts";
import { useRecoveryText } from "./recovery-words.ts";

const LOOKS = {
  "pending-approval": ["warning", "state_pending"],
  approved: ["info", "state_approved"],
  released: ["success", "state_released"],
  declined: ["custom", "state_declined"],
  withdrawn: ["custom", "state_withdrawn"],
  expired: ["custom", "state_expired"],
} as const;

const isKnown = (state: string): state is keyof typeof LOOKS => state in LOOKS;

/** The states of a wish for a key, in the words of the API. */
export const RECOVERY_STATES = Object.keys(LOOKS);

/** How the states are told. */
export function useRecoveryStates(): (state: string) => string {
  const text = useRecoveryText();
  return (state) => (isKnown(state) ? text(LOOKS[state][1]) : state);
}

/** How a wish for a key stands. */
export function RecoveryLabel({ state }: { state: string }) {
  const told = useRecoveryStates();
  return (
    <Label isCompact {...(isKnown(state) && { status: LOOKS[state][0] })}>
      {told(state)}
    </Label>
  );
}

/** What is told of wishes for kept keys, and what can be done to each. */
export function useRecoveryColumns(act?: (row: KeyRecovery) => ReactNode): Column<KeyRecovery>[] {
  const text = useRecoveryText();
  const term = useTerms();
  const { moment, relative } = useFormats();
  return columnsOf<KeyRecovery>(
    {
      title: term("name"),
      width: 30,
      breaks: true,
      cell: (row) => (
        <>
          <Link to={`/certificates/${row.certificate}`}>{titleOf(row.subject, [])}</Link>
          <div className="ers-small ers-break" translate="no">
            {row.comment}
          </div>
        </>
      ),
    },
    {
      title: term("state"),
      cell: (row) => (
        <>
          <RecoveryLabel state={row.state} />
          <Decisions row={row} />
        </>
      ),
    },
    {
      title: text("asks"),
      breaks: true,
      cell: ({ asked_by: who, created_at: at }) => (
        <>
          <span translate="no">{who}</span>
          <div className="ers-quiet ers-small">
            <time dateTime={at} title={moment(at)}>
              {relative(at)}
            </time>
          </div>
        </>
      ),
    },
    { title: term("policy"), cell: ({ policy }) => <Link to={`/policies/${policy}`}>{policy}</Link> },
    {
      title: text("ends"),
      cell: ({ ends_at: at, state }) =>
        at && (state === "pending-approval" || state === "approved") ? (
          <time dateTime={at} title={moment(at)}>
            {relative(at)}
          </time>
        ) : (
          "–"
        ),
    },
    act && { title: term("actions"), silent: true, cell: act },
  );
}

function Decisions({ row }: { row: KeyRecovery }) {
  const text = useRecoveryText();
  const yes = row.decisions.filter(({ approve }) => approve).length;
  return (
    <div className="ers-quiet ers-small">
      {row.state === "pending-approval" && (
        <div>{text("approvals", { n: yes, most: row.approvals_needed })}</div>
      )}
      {row.decisions.map(({ by, approve, comment }) => (
        <div key={by} className="ers-break">
          <span aria-hidden="true">{approve ? "✓ " : "✗ "}</span>
          <span className="ers-for-readers">{text(approve ? "approve" : "decline")}: </span>
          <span translate="no">
            {by}
            {comment && `: ${comment}`}
          </span>
        </div>
      ))}
    </div>
  );
}
