import { Field, FormDialog, messages, useNotices } from "@ers/frame";
import { FormSelect, FormSelectOption, Radio, TextInput } from "@patternfly/react-core";
import { useState } from "react";
import { useBindRole, useRoles } from "../queries/roles.ts";
import { useAccess } from "../queries/session.ts";
import { useMenuText } from "../words/menu.ts";
import { SUBJECT_KINDS, useSubjectText } from "./BindingTable.tsx";
import { PolicyField, RealmField } from "./PlaceFields.tsx";

/** Words of giving a role. */
export const useGiveText = messages(
  {
    give: "Give a role",
    given: "{name} is {role} now.",
    kind: "To a",
    subject_client: "Name of the client",
    subject_group: "Group, as the OpenID provider names it",
    subject_person: "Username; oidc: and the name there for people of the OpenID provider",
  },
  {
    give: "Rolle vergeben",
    given: "{name} ist jetzt {role}.",
    kind: "An",
    subject_client: "Name des Clients",
    subject_group: "Gruppe, wie der OpenID-Provider sie nennt",
    subject_person: "Benutzername; für Personen des OpenID-Providers oidc: und der Name dort",
  },
);

/** Gives a role to somebody, everywhere or in a part of what there is; `subject`: to this person. */
export function GiveRole({ subject, onClose }: { subject?: string; onClose: () => void }) {
  const text = useGiveText();
  const words = useSubjectText();
  const menu = useMenuText();
  const tell = useNotices();
  const { mayEverywhere, mayInRealm } = useAccess();
  const roles = useRoles().data ?? [];
  const bind = useBindRole();
  const [kind, setKind] = useState<(typeof SUBJECT_KINDS)[number]>("person");
  const [name, setName] = useState(subject ?? "");
  const [role, setRole] = useState("");
  const [realm, setRealm] = useState("");
  const [policy, setPolicy] = useState("");
  const everywhere = mayEverywhere("role:manage");
  const wish = {
    role,
    subject_kind: kind,
    subject: name.trim(),
    realm: realm || null,
    policy: policy || null,
  };
  const done = () => {
    tell(text("given", { name: wish.subject, role }));
    onClose();
  };
  return (
    <FormDialog
      title={text("give")}
      action={text("give")}
      ready={role !== "" && wish.subject !== "" && (realm !== "" || everywhere)}
      busy={bind.isPending}
      error={bind.error}
      onSubmit={() => bind.mutate(wish, { onSuccess: done })}
      onClose={onClose}
    >
      {subject === undefined && (
        <>
          <fieldset>
            <legend className="ers-legend">{text("kind")}</legend>
            {SUBJECT_KINDS.map((one) => (
              <Radio
                key={one}
                id={`kind-${one}`}
                name="kind"
                label={words(one)}
                isChecked={kind === one}
                onChange={() => setKind(one)}
              />
            ))}
          </fieldset>
          <Field id="binding-subject" label={words("subject")} hint={text(`subject_${kind}`)} required>
            <TextInput id="binding-subject" value={name} onChange={(_, value) => setName(value)} />
          </Field>
        </>
      )}
      <Field
        id="binding-role"
        label={words("role")}
        hint={<span translate="no">{roles.find((one) => one.name === role)?.description}</span>}
        required
      >
        <FormSelect id="binding-role" value={role} onChange={(_, value) => setRole(value)}>
          <FormSelectOption value="" label="–" isDisabled />
          {roles.map(({ name }) => (
            <FormSelectOption key={name} value={name} label={name} />
          ))}
        </FormSelect>
      </Field>
      <RealmField
        id="binding-realm"
        value={realm}
        {...(everywhere ? { none: menu("all_realms") } : {})}
        allowed={(name) => mayInRealm("role:manage", name)}
        onChange={(value) => {
          setRealm(value);
          setPolicy("");
        }}
      />
      {realm && <PolicyField id="binding-policy" realm={realm} value={policy} onChange={setPolicy} />}
    </FormDialog>
  );
}
