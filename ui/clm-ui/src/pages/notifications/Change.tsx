import { Field, FormDialog, useLanguage, useNotices } from "@ers/frame";
import { FormSelect, FormSelectOption, Radio, TextInput } from "@patternfly/react-core";
import { useState } from "react";
import type { Subscription } from "../../generated/clm-api.ts";
import { CheckList } from "../../parts/CheckList.tsx";
import { PolicyField, RealmField } from "../../parts/PlaceFields.tsx";
import { useChangeSubscription, useSubscribe } from "../../queries/notifications.ts";
import { useAccess } from "../../queries/session.ts";
import { useCommonText } from "../../words/common.ts";
import { useTerms } from "../../words/terms.ts";
import { CHANNELS, chosen, countsDays, type Draft, draftOf, EVENTS, faultsOf, fits, wishOf } from "./wish.ts";
import { useText } from "./words.ts";

/** Makes or changes a subscription. */
export function Change(props: {
  subscription: Subscription | undefined;
  onMade: (made: Subscription) => void;
  onClose: () => void;
}) {
  const text = useText();
  const common = useCommonText();
  const tell = useNotices();
  const { language } = useLanguage();
  const make = useSubscribe();
  const change = useChangeSubscription();
  const before = props.subscription;
  const [draft, setDraft] = useState(() => draftOf(before, language));
  const set = (changes: Partial<Draft>) => setDraft((now) => ({ ...now, ...changes }));
  const { name } = draft;
  const submit = () => {
    if (before) {
      const done = () => {
        tell(common("changed", { name }));
        props.onClose();
      };
      const changed = { ...wishOf(draft, before.active), version: before.version };
      return change.mutate(changed, { onSuccess: done });
    }
    make.mutate(wishOf(draft, true), {
      onSuccess: (made) => {
        tell(common("made", { name }));
        props.onMade(made);
        props.onClose();
      },
    });
  };
  const mutation = before ? change : make;
  const { mayEverywhere } = useAccess();
  const placed = draft.realm !== "" || mayEverywhere("notification:manage");
  const ready = placed && Object.keys(faultsOf(draft)).length === 0 && chosen(draft).length > 0;
  return (
    <FormDialog
      title={before ? text("change", { name }) : text("new")}
      action={common(before ? "save" : "add")}
      ready={ready}
      busy={mutation.isPending}
      error={mutation.error}
      onSubmit={submit}
      onClose={props.onClose}
    >
      <Fields draft={draft} isNew={!before} set={set} />
    </FormDialog>
  );
}

function Fields(props: { draft: Draft; isNew: boolean; set: (changes: Partial<Draft>) => void }) {
  const text = useText();
  const term = useTerms();
  const { mayEverywhere, mayInRealm } = useAccess();
  const { draft, set } = props;
  const faults = faultsOf(draft);
  const events = chosen(draft);
  return (
    <>
      {props.isNew && (
        <Field
          id="subscription-name"
          label={term("name")}
          hint={text("name_hint")}
          wrong={draft.name && faults.name ? text("name_wrong") : undefined}
          required
        >
          <TextInput
            id="subscription-name"
            value={draft.name}
            maxLength={48}
            onChange={(_, name) => set({ name })}
          />
        </Field>
      )}
      <fieldset>
        <legend className="ers-legend">{text("channel")}</legend>
        {CHANNELS.map((channel) => (
          <Radio
            key={channel}
            id={`channel-${channel}`}
            name="channel"
            label={text(channel)}
            isChecked={draft.channel === channel}
            onChange={() => set({ channel, recipient: "" })}
          />
        ))}
      </fieldset>
      {draft.channel !== "contact" && <Recipient draft={draft} set={set} />}
      <CheckList
        id="event"
        label={text("events")}
        names={EVENTS}
        chosen={events}
        told={(name) => text(name as (typeof EVENTS)[number])}
        disabled={(name) => !fits(name, draft)}
        hint={events.length === 0 && <p>{text("events_none")}</p>}
        onChange={(events) => set({ events })}
      />
      {countsDays(events) && (
        <Field id="days" label={text("days")} wrong={faults.days && text("days_wrong")} required>
          <TextInput id="days" value={draft.days} onChange={(_, days) => set({ days })} />
        </Field>
      )}
      <RealmField
        id="subscription-realm"
        value={draft.realm}
        {...(mayEverywhere("notification:manage") ? { none: text("of_all") } : {})}
        allowed={(name) => mayInRealm("notification:manage", name)}
        onChange={(realm) => set({ realm, policy: "" })}
      />
      <PolicyField
        id="subscription-policy"
        realm={draft.realm}
        value={draft.policy}
        onChange={(policy) => set({ policy })}
      />
      {draft.channel !== "webhook" && (
        <Field id="language" label={text("language")}>
          <FormSelect id="language" value={draft.language} onChange={(_, language) => set({ language })}>
            <FormSelectOption value="en" label="English" />
            <FormSelectOption value="de" label="Deutsch" />
          </FormSelect>
        </Field>
      )}
    </>
  );
}

function Recipient({ draft, set }: { draft: Draft; set: (changes: Partial<Draft>) => void }) {
  const text = useText();
  const kind = draft.channel === "mail" ? "recipient_mail" : "recipient_url";
  const wrong = draft.recipient && faultsOf(draft).recipient ? text(`${kind}_wrong`) : undefined;
  return (
    <Field id="recipient" label={text(kind)} wrong={wrong} required>
      <TextInput
        id="recipient"
        type={draft.channel === "mail" ? "email" : "url"}
        value={draft.recipient}
        onChange={(_, recipient) => set({ recipient })}
      />
    </Field>
  );
}
