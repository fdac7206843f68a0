import { Field, FormDialog, useNotices } from "@ers/frame";
import { TextInput } from "@patternfly/react-core";
import { useState } from "react";
import type { Realm } from "../../generated/clm-api.ts";
import { useChangeRealm, useCreateRealm } from "../../queries/realms.ts";
import { useCommonText } from "../../words/common.ts";
import { useTerms } from "../../words/terms.ts";
import { useText } from "./words.ts";

/** Makes a realm, or changes what people call it. */
export function Change({ realm, onClose }: { realm: Realm | undefined; onClose: () => void }) {
  const text = useText();
  const common = useCommonText();
  const term = useTerms();
  const tell = useNotices();
  const create = useCreateRealm();
  const change = useChangeRealm(realm?.name ?? "");
  const [name, setName] = useState(realm?.name ?? "");
  const [title, setTitle] = useState(realm?.title ?? "");
  const [description, setDescription] = useState(realm?.description ?? "");
  const done = () => {
    tell(common(realm ? "changed" : "made", { name }));
    onClose();
  };
  const submit = () => {
    if (realm) change.mutate({ title, description }, { onSuccess: done });
    else create.mutate({ name, title, description }, { onSuccess: done });
  };
  const mutation = realm ? change : create;
  return (
    <FormDialog
      title={realm ? realm.name : text("new")}
      action={common(realm ? "save" : "add")}
      ready={name !== ""}
      busy={mutation.isPending}
      error={mutation.error}
      onSubmit={submit}
      onClose={onClose}
    >
      {!realm && (
        <Field id="realm-name" label={term("name")} hint={text("name_hint")} required>
          <TextInput id="realm-name" value={name} maxLength={64} onChange={(_, value) => setName(value)} />
        </Field>
      )}
      <Field id="realm-title" label={text("title")}>
        <TextInput id="realm-title" value={title} onChange={(_, value) => setTitle(value)} />
      </Field>
      <Field id="realm-description" label={common("description")}>
        <TextInput
          id="realm-description"
          value={description}
          onChange={(_, value) => setDescription(value)}
        />
      </Field>
    </FormDialog>
  );
}
