import { Field, FormDialog, useNotices } from "@ers/frame";
import { TextInput } from "@patternfly/react-core";
import { useState } from "react";
import { everywhere } from "../../access.ts";
import type { Role } from "../../generated/clm-api.ts";
import { CheckList } from "../../parts/CheckList.tsx";
import { usePermissions, usePutRole } from "../../queries/roles.ts";
import { useSession } from "../../queries/session.ts";
import { useCommonText } from "../../words/common.ts";
import { useTerms } from "../../words/terms.ts";
import { useText } from "./words.ts";

/** Makes or changes a role. */
export function Change({ role, onClose }: { role: Role | undefined; onClose: () => void }) {
  const text = useText();
  const common = useCommonText();
  const term = useTerms();
  const tell = useNotices();
  const put = usePutRole();
  const all = usePermissions().data ?? [];
  const own = everywhere(useSession().data?.grants ?? []);
  const [name, setName] = useState(role?.name ?? "");
  const [description, setDescription] = useState(role?.description ?? "");
  const [permissions, setPermissions] = useState(role?.permissions ?? []);
  const done = () => {
    tell(common(role ? "changed" : "made", { name }));
    onClose();
  };
  return (
    <FormDialog
      title={role ? text("change", { name }) : text("new")}
      action={common(role ? "save" : "add")}
      ready={name !== "" && permissions.length > 0}
      busy={put.isPending}
      error={put.error}
      onSubmit={() =>
        put.mutate({ name, description, permissions, version: role?.version }, { onSuccess: done })
      }
      onClose={onClose}
    >
      {!role && (
        <Field id="role-name" label={term("name")} hint={text("name_hint")} required>
          <TextInput id="role-name" value={name} maxLength={64} onChange={(_, value) => setName(value)} />
        </Field>
      )}
      <Field id="role-description" label={common("description")}>
        <TextInput id="role-description" value={description} onChange={(_, value) => setDescription(value)} />
      </Field>
      <CheckList
        id="permission"
        label={text("permissions")}
        names={all}
        chosen={permissions}
        disabled={(permission) => !own.includes(permission) && !permissions.includes(permission)}
        hint={<p className="ers-quiet ers-small">{text("permissions_hint")}</p>}
        onChange={setPermissions}
      />
    </FormDialog>
  );
}
