import { ConfirmByName, messages, Time, useNotices } from "@ers/frame";
import { Button, Label } from "@patternfly/react-core";
import { Table, Tbody, Td, Th, Thead, Tr } from "@patternfly/react-table";
import { useState } from "react";
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

/** Who has which role where; `ofOne`: all of the same person, group or client. */
export function BindingTable(props: { label: string; rows: RoleBinding[]; ofOne?: boolean }) {
  const text = useSubjectText();
  const term = useTerms();
  const place = usePlace();
  const { mayEverywhere, mayInRealm } = useAccess();
  const [taking, setTaking] = useState<RoleBinding>();
  const { rows, ofOne } = props;
  const mayTake = ({ realm }: RoleBinding) =>
    realm ? mayInRealm("role:manage", realm) : mayEverywhere("role:manage");
  const acts = rows.some(mayTake);
  const kind = (name: string) => SUBJECT_KINDS.find((known) => known === name);
  return (
    <>
      {rows.length > 0 && (
        <Table aria-label={props.label} variant="compact" gridBreakPoint="grid-lg">
          <Thead>
            <Tr>
              {!ofOne && <Th width={35}>{text("subject")}</Th>}
              <Th>{text("role")}</Th>
              <Th>{term("realm")}</Th>
              <Th>{text("given")}</Th>
              {acts && <Th screenReaderText={term("actions")} />}
            </Tr>
          </Thead>
          <Tbody>
            {rows.map((row) => (
              <Tr key={row.id}>
                {!ofOne && (
                  <Td dataLabel={text("subject")} modifier="breakWord">
                    <span translate="no">{row.subject}</span>{" "}
                    <Label isCompact variant="outline">
                      {kind(row.subject_kind) ? text(kind(row.subject_kind) ?? "person") : row.subject_kind}
                    </Label>
                  </Td>
                )}
                <Td dataLabel={text("role")} modifier="breakWord">
                  <span translate="no">{row.role}</span>
                </Td>
                <Td dataLabel={term("realm")}>{place(row.realm, row.policy)}</Td>
                <Td dataLabel={text("given")}>
                  <Time at={row.created_at} quiet /> <span translate="no">{row.created_by}</span>
                </Td>
                {acts && (
                  <Td dataLabel={term("actions")}>
                    {mayTake(row) && (
                      <Button variant="secondary" size="sm" isDanger onClick={() => setTaking(row)}>
                        {text("take")}
                      </Button>
                    )}
                  </Td>
                )}
              </Tr>
            ))}
          </Tbody>
        </Table>
      )}
      {taking && <Take binding={taking} onClose={() => setTaking(undefined)} />}
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
