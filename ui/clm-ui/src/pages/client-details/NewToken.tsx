import { Field, FormDialog } from "@ers/frame";
import { TextInput } from "@patternfly/react-core";
import { useState } from "react";
import { everywhere, inRealm } from "../../access.ts";
import type { Client, MadeToken } from "../../generated/clm-api.ts";
import { CheckList } from "../../parts/CheckList.tsx";
import { RealmField } from "../../parts/PlaceFields.tsx";
import { useMakeToken } from "../../queries/clients.ts";
import { usePermissions } from "../../queries/roles.ts";
import { useSession } from "../../queries/session.ts";
import { useCommonText } from "../../words/common.ts";
import { useText } from "../clients/words.ts";

const USUAL = ["request:create", "certificate:read"];
const USUAL_DAYS = "90";
const MOST_DAYS = 366;

/** Makes an access token: what it may, where, and for how long. */
export function NewToken(props: { client: Client; onMade: (made: MadeToken) => void; onClose: () => void }) {
  const text = useText();
  const common = useCommonText();
  const { client } = props;
  const grants = useSession().data?.grants ?? [];
  const all = usePermissions().data ?? [];
  const make = useMakeToken(client.name);
  const [description, setDescription] = useState("");
  const [realm, setRealm] = useState(client.realm);
  const [permissions, setPermissions] = useState(USUAL);
  const [days, setDays] = useState(USUAL_DAYS);
  const own = realm ? inRealm(grants, realm) : everywhere(grants);
  const chosen = permissions.filter((permission) => own.includes(permission));
  const number = Number(days);
  const inTime = Number.isInteger(number) && number >= 1 && number <= MOST_DAYS;
  const wish = { description, permissions: chosen, realm: realm || null, validity: `${number}d` };
  const done = (made: MadeToken) => {
    props.onMade(made);
    props.onClose();
  };
  return (
    <FormDialog
      title={text("new_token")}
      action={common("add")}
      ready={chosen.length > 0 && inTime}
      busy={make.isPending}
      error={make.error}
      onSubmit={() => make.mutate(wish, { onSuccess: done })}
      onClose={props.onClose}
    >
      <Field id="token-description" label={common("description")}>
        <TextInput
          id="token-description"
          value={description}
          onChange={(_, value) => setDescription(value)}
        />
      </Field>
      <RealmField
        id="token-realm"
        value={realm}
        {...(everywhere(grants).length > 0 ? { none: text("any_realm") } : {})}
        onChange={setRealm}
      />
      <CheckList
        id="token-permission"
        label={text("allowed")}
        names={all}
        chosen={chosen}
        disabled={(permission) => !own.includes(permission)}
        hint={<p className="ers-quiet ers-small">{text("permissions_hint")}</p>}
        onChange={setPermissions}
      />
      <Field
        id="token-validity"
        label={text("validity")}
        hint={text("validity_hint")}
        wrong={inTime ? undefined : text("validity_hint")}
        required
      >
        <TextInput
          id="token-validity"
          inputMode="numeric"
          value={days}
          onChange={(_, value) => setDays(value.trim())}
        />
      </Field>
    </FormDialog>
  );
}
