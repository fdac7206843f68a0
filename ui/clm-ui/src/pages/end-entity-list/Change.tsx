import { Field, FormDialog, useNotices } from "@ers/frame";
import { Checkbox, TextArea, TextInput } from "@patternfly/react-core";
import { useState } from "react";
import { useNavigate } from "react-router";
import type { EndEntity } from "../../generated/clm-api.ts";
import { RealmField } from "../../parts/PlaceFields.tsx";
import { useAddEndEntity, useChangeEndEntity } from "../../queries/end-entities.ts";
import { useAccess } from "../../queries/session.ts";
import { useCommonText } from "../../words/common.ts";
import { useTerms } from "../../words/terms.ts";
import { pathOf } from "./EndEntityList.tsx";
import { linesOf, metadataIn, textOf } from "./metadata.ts";
import { useText } from "./words.ts";

/** Makes an end entity and leads to it, or changes one. */
export function ChangeEndEntity(props: { realm: string; entity?: EndEntity; onClose: () => void }) {
  const text = useText();
  const common = useCommonText();
  const term = useTerms();
  const tell = useNotices();
  const go = useNavigate();
  const { mayInRealm } = useAccess();
  const { entity } = props;
  const add = useAddEndEntity();
  const change = useChangeEndEntity(entity?.realm ?? "", entity?.name ?? "");
  const [realm, setRealm] = useState(entity?.realm ?? props.realm);
  const [name, setName] = useState(entity?.name ?? "");
  const [contact, setContact] = useState(entity?.contact ?? "");
  const [owners, setOwners] = useState(entity?.owners.join("\n") ?? "");
  const [typed, setTyped] = useState(textOf(entity?.metadata ?? {}));
  const [authority, setAuthority] = useState(entity?.registration_authority ?? false);
  const metadata = metadataIn(typed);
  const fields = {
    contact: contact.trim(),
    owners: linesOf(owners),
    metadata: metadata ?? {},
    registration_authority: authority,
  };
  const done = () => {
    tell(common(entity ? "changed" : "made", { name }));
    props.onClose();
    if (!entity) go(pathOf({ realm, name }));
  };
  const submit = () => {
    if (entity) change.mutate({ ...fields, version: entity.version }, { onSuccess: done });
    else add.mutate({ ...fields, realm, name }, { onSuccess: done });
  };
  const mutation = entity ? change : add;
  return (
    <FormDialog
      title={entity ? entity.name : text("new")}
      action={common(entity ? "save" : "add")}
      ready={name.trim() !== "" && realm !== "" && metadata !== undefined}
      busy={mutation.isPending}
      error={mutation.error}
      onSubmit={submit}
      onClose={props.onClose}
    >
      {!entity && (
        <>
          <Field id="entity-name" label={term("name")} hint={text("name_hint")} required>
            <TextInput
              id="entity-name"
              value={name}
              maxLength={255}
              onChange={(_, value) => setName(value)}
            />
          </Field>
          <RealmField
            id="entity-realm"
            value={realm}
            allowed={(name) => mayInRealm("end-entity:manage", name)}
            onChange={setRealm}
          />
        </>
      )}
      <Field id="entity-contact" label={text("contact")} hint={text("contact_hint")}>
        <TextInput
          id="entity-contact"
          type="email"
          value={contact}
          onChange={(_, value) => setContact(value)}
        />
      </Field>
      <Field id="entity-owners" label={text("owners")} hint={text("owners_hint")}>
        <TextArea
          id="entity-owners"
          value={owners}
          autoResize
          spellCheck={false}
          onChange={(_, value) => setOwners(value)}
        />
      </Field>
      <Field
        id="entity-metadata"
        label={text("metadata")}
        hint={text("metadata_hint")}
        wrong={metadata ? undefined : text("metadata_wrong")}
      >
        <TextArea
          id="entity-metadata"
          value={typed}
          autoResize
          spellCheck={false}
          onChange={(_, value) => setTyped(value)}
        />
      </Field>
      <Checkbox
        id="entity-authority"
        label={text("ra")}
        isChecked={authority}
        onChange={(_, on) => setAuthority(on)}
      />
    </FormDialog>
  );
}
