import { type Column, ConfirmByName, columnsOf, messages, Rows, Time, useNotices } from "@ers/frame";
import { Button, Label } from "@patternfly/react-core";
import { type ReactNode, useState } from "react";
import type { RoleBinding } from "../generated/clm-api.ts";
import { useUnbindRole } from "../queries/roles.ts";
import { useAccess } from "../queries/session.ts";
import { useTerms } from "../words/terms.ts";
import { usePlace } from "./PlaceFields.tsx";

/** Kinds of those who can have a role. */
export const SUBJECT_KINDS = ["person", "group", "client"] as const;

/** Words for those who have roles. */
export const useSubjectText = messages(
  {
    client: "client",
    given: "Given",
    group: "group",
    person: "person",
    role: "Role",
    subject: "Who",
    take: "Take away",
    take_hint: "It does not count from the next request on. The name of who has it confirms it.",
    take_title: "Take {role} from {name}?",
    taken: "{name} is {role} no more.",
  },
  {
    client: "Client",
    given: "Vergeben",
    group: "Gruppe",
    person: "Person",
    role: "Rolle",
    subject: "Wer",
    take: "Wegnehmen",
    take_hint: "Sie zählt ab der nächsten Anfrage nicht mehr. Der Name dessen, der sie hat, bestätigt es.",
    take_title: "{name} die Rolle {role} wegnehmen?",
    taken: "{name} ist nicht mehr {role}.",
  },
);

/** What is told of who has which role where, and the dialogue that takes one away; `ofOne`: all of the same subject. */
export function useBindingColumns(
  rows: RoleBinding[],
  ofOne = false,
): { columns: Column<RoleBinding>[]; dialog: ReactNode } {
  const text = useSubjectText();
  const term = useTerms();
  const place = usePlace();
  const { mayEverywhere, mayInRealm } = useAccess();
  const [taking, setTaking] = useState<RoleBinding>();
  const mayTake = ({ realm }: RoleBinding) =>
    realm ? mayInRealm("role:manage", realm) : mayEverywhere("role:manage");
  const columns = columnsOf<RoleBinding>(
    !ofOne && { title: text("subject"), width: 35, breaks: true, cell: (row) => <Subject row={row} /> },
    { title: text("role"), breaks: true, cell: ({ role }) => <span translate="no">{role}</span> },
    { title: term("realm"), cell: ({ realm, policy }) => place(realm, policy) },
    {
      title: text("given"),
      cell: (row) => (
        <>
          <Time at={row.created_at} quiet /> <span translate="no">{row.created_by}</span>
        </>
      ),
    },
    rows.some(mayTake) && {
      title: term("actions"),
      silent: true,
      cell: (row) =>
        mayTake(row) && (
          <Button variant="secondary" size="sm" isDanger onClick={() => setTaking(row)}>
            {text("take")}
          </Button>
        ),
    },
  );
  return { columns, dialog: taking && <Take binding={taking} onClose={() => setTaking(undefined)} /> };
}

/** The roles of one person, group or client. */
export function BindingTable({ label, rows }: { label: string; rows: RoleBinding[] }) {
  const { columns, dialog } = useBindingColumns(rows, true);
  return (
    <>
      {rows.length > 0 && <Rows label={label} rows={rows} columns={columns} keyOf={(row) => row.id} />}
      {dialog}
    </>
  );
}

function Subject({ row }: { row: RoleBinding }) {
  const text = useSubjectText();
  const kind = SUBJECT_KINDS.find((known) => known === row.subject_kind);
  return (
    <>
      <span translate="no">{row.subject}</span>{" "}
      <Label isCompact variant="outline">
        {kind ? text(kind) : row.subject_kind}
      </Label>
    </>
  );
}

function Take({ binding, onClose }: { binding: RoleBinding; onClose: () => void }) {
  const text = useSubjectText();
  const tell = useNotices();
  const unbind = useUnbindRole();
  const { subject: name, role } = binding;
  const done = () => {
    tell(text("taken", { name, role }));
    onClose();
  };
  return (
    <ConfirmByName
      title={text("take_title", { name, role })}
      name={name}
      action={text("take")}
      busy={unbind.isPending}
      error={unbind.error}
      onConfirm={() => unbind.mutate(binding.id, { onSuccess: done })}
      onClose={onClose}
    >
      <p>{text("take_hint")}</p>
    </ConfirmByName>
  );
}
