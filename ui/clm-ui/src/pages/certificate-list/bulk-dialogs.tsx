import { ConfirmByName, Field, FormDialog } from "@ers/frame";
import { Checkbox, FormSelect, FormSelectOption, TextInput } from "@patternfly/react-core";
import { useState } from "react";
import { useNavigate } from "react-router";
import { ReasonField } from "../../parts/ReasonField.tsx";
import { type Chosen, useChangeMany, useRenewMany, useRevokeMany } from "../../queries/bulk-acts.ts";
import { useCommonText } from "../../words/common.ts";
import { tagsIn } from "./search.ts";
import { useText } from "./words.ts";

type Act = { chosen: Chosen; count: number; onClose: () => void };

/** Leads to the act that was begun, where its progress is seen. */
function useBegun() {
  const go = useNavigate();
  return ({ id }: { id: string }) => go(`/bulk-acts/${id}`);
}

/** Has clients told to renew now. */
export function RenewMany({ chosen, count, onClose }: Act) {
  const text = useText();
  const renew = useRenewMany();
  const onSuccess = useBegun();
  const [within, setWithin] = useState("24h");
  return (
    <FormDialog
      title={text("renew_title", { n: count })}
      hint={text("renew_hint")}
      action={text("renew_begin")}
      ready
      busy={renew.isPending}
      error={renew.error}
      onSubmit={() => renew.mutate({ ...chosen, within }, { onSuccess })}
      onClose={onClose}
    >
      <Field id="renew-within" label={text("renew_within")}>
        <FormSelect id="renew-within" value={within} onChange={(_, value) => setWithin(value)}>
          {["1m", "1h", "6h", "12h", "24h", "3d", "7d"].map((period) => (
            <FormSelectOption key={period} value={period} label={period} />
          ))}
        </FormSelect>
      </Field>
    </FormDialog>
  );
}

/** Changes owner and tags. */
export function ChangeMany({ chosen, count, onClose }: Act) {
  const text = useText();
  const common = useCommonText();
  const change = useChangeMany();
  const onSuccess = useBegun();
  const [keeps, setKeeps] = useState(true);
  const [owner, setOwner] = useState("");
  const [set, setSet] = useState("");
  const [away, setAway] = useState("");
  const wish = {
    ...chosen,
    ...(!keeps && { owner: owner.trim() }),
    set_tags: tagsIn(set),
    remove_tags: tagsIn(away),
  };
  return (
    <FormDialog
      title={text("change_title", { n: count })}
      action={common("save")}
      ready={!keeps || wish.set_tags.length > 0 || wish.remove_tags.length > 0}
      busy={change.isPending}
      error={change.error}
      onSubmit={() => change.mutate(wish, { onSuccess })}
      onClose={onClose}
    >
      <Checkbox
        id="owner-as-is"
        label={text("owner_as_is")}
        isChecked={keeps}
        onChange={(_, on) => setKeeps(on)}
      />
      {!keeps && (
        <Field id="bulk-owner" label={text("owner")} hint={text("owner_hint")}>
          <TextInput id="bulk-owner" value={owner} maxLength={255} onChange={(_, value) => setOwner(value)} />
        </Field>
      )}
      <Field id="bulk-tags" label={text("set_tags")} hint={text("tags_hint")}>
        <TextInput id="bulk-tags" value={set} onChange={(_, value) => setSet(value)} />
      </Field>
      <Field id="bulk-away" label={text("remove_tags")}>
        <TextInput id="bulk-away" value={away} onChange={(_, value) => setAway(value)} />
      </Field>
    </FormDialog>
  );
}

/** Revokes them, once their number was typed. */
export function RevokeMany({ chosen, count, onClose }: Act) {
  const text = useText();
  const revoke = useRevokeMany();
  const onSuccess = useBegun();
  const [reason, setReason] = useState("unspecified");
  return (
    <ConfirmByName
      title={text("revoke_title", { n: count })}
      name={String(count)}
      action={text("revoke_begin")}
      busy={revoke.isPending}
      error={revoke.error}
      onConfirm={() => revoke.mutate({ ...chosen, reason }, { onSuccess })}
      onClose={onClose}
    >
      <p>{text("revoke_hint")}</p>
      <ReasonField value={reason} onChange={setReason} />
    </ConfirmByName>
  );
}
