import { Field, FormDialog, useNotices } from "@ers/frame";
import { TextInput } from "@patternfly/react-core";
import { useState } from "react";
import { useNavigate } from "react-router";
import { PolicyField, RealmField } from "../../parts/PlaceFields.tsx";
import { useAddClient } from "../../queries/clients.ts";
import { useAccess } from "../../queries/session.ts";
import { useCommonText } from "../../words/common.ts";
import { useTerms } from "../../words/terms.ts";
import { useText } from "./words.ts";

/** Makes a client, and leads to it. */
export function NewClient(props: { realm: string; onClose: () => void }) {
  const text = useText();
  const common = useCommonText();
  const term = useTerms();
  const tell = useNotices();
  const go = useNavigate();
  const { mayInRealm } = useAccess();
  const add = useAddClient();
  const [name, setName] = useState("");
  const [description, setDescription] = useState("");
  const [realm, setRealm] = useState(props.realm);
  const [policy, setPolicy] = useState("");
  const done = () => {
    tell(common("made", { name }));
    props.onClose();
    go(`/clients/${encodeURIComponent(name)}`);
  };
  return (
    <FormDialog
      title={text("new")}
      action={common("add")}
      ready={name !== "" && realm !== ""}
      busy={add.isPending}
      error={add.error}
      onSubmit={() =>
        add.mutate({ name, description, realm, default_policy: policy || null }, { onSuccess: done })
      }
      onClose={props.onClose}
    >
      <Field id="client-name" label={term("name")} hint="1–64: a-z 0-9 -" required>
        <TextInput id="client-name" value={name} maxLength={64} onChange={(_, value) => setName(value)} />
      </Field>
      <Field id="client-description" label={common("description")}>
        <TextInput
          id="client-description"
          value={description}
          onChange={(_, value) => setDescription(value)}
        />
      </Field>
      <RealmField
        id="client-realm"
        value={realm}
        allowed={(name) => mayInRealm("client:manage", name)}
        onChange={(value) => {
          setRealm(value);
          setPolicy("");
        }}
      />
      {realm && (
        <PolicyField
          id="client-policy"
          realm={realm}
          value={policy}
          none={text("default_policy_none")}
          onChange={setPolicy}
        />
      )}
    </FormDialog>
  );
}
