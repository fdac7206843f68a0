import { Field, FormDialog, PemInput, useNotices } from "@ers/frame";
import { Checkbox, TextArea, TextInput } from "@patternfly/react-core";
import { useState } from "react";
import type { Administrator } from "../../generated/cara-ws.ts";
import { usePutAdministrator } from "../../queries/operation.ts";
import { useTerms } from "../../words/terms.ts";
import { useText } from "./words.ts";

const ROLES = ["ca-administrator", "ra", "auditor", "operator"] as const;

/** Makes or changes an administrator. */
export function Change(props: { administrator: Administrator | undefined; onClose: () => void }) {
  const text = useText();
  const term = useTerms();
  const tell = useNotices();
  const put = usePutAdministrator();
  const before = props.administrator;
  const [name, setName] = useState(before?.name ?? "");
  const [roles, setRoles] = useState(before?.roles ?? []);
  const [cas, setCas] = useState(before?.authorities.join("\n") ?? "");
  const [disabled, setDisabled] = useState(before?.disabled ?? false);
  const [pem, setPem] = useState("");
  const wish = {
    name,
    roles: { roles, authorities: cas.split(/[\s,]+/).filter(Boolean), disabled },
    certificate_pem: pem,
  };
  const done = () => {
    tell(text(before ? "changed" : "made", { name }));
    props.onClose();
  };
  const toggle = (role: string, on: boolean) =>
    setRoles(on ? [...roles, role] : roles.filter((one) => one !== role));
  return (
    <FormDialog
      title={before ? text("change", { name }) : text("new")}
      action={text("save")}
      ready={name !== "" && roles.length > 0}
      busy={put.isPending}
      error={put.error}
      onSubmit={() => put.mutate(wish, { onSuccess: done })}
      onClose={props.onClose}
    >
      {!before && (
        <Field id="who" label={term("name")} hint={text("name_hint")} required>
          <TextInput id="who" value={name} onChange={(_, value) => setName(value)} />
        </Field>
      )}
      <fieldset>
        <legend className="ers-legend">{term("roles")}</legend>
        {ROLES.map((role) => (
          <Checkbox
            key={role}
            id={role}
            label={<span translate="no">{role}</span>}
            description={text(role)}
            isChecked={roles.includes(role)}
            onChange={(_, on) => toggle(role, on)}
          />
        ))}
      </fieldset>
      <Field id="cas" label={text("cas")} hint={text("cas_hint")}>
        <TextArea id="cas" value={cas} rows={2} onChange={(_, value) => setCas(value)} />
      </Field>
      <Checkbox
        id="disabled"
        label={text("disabled")}
        isChecked={disabled}
        onChange={(_, on) => setDisabled(on)}
      />
      <Field id="shown" label={text(before ? "further" : "certificate")} hint={text("certificate_hint")}>
        <PemInput id="shown" value={pem} onChange={setPem} />
      </Field>
    </FormDialog>
  );
}
