import { Field, messages } from "@ers/frame";
import { FormSelect, FormSelectOption } from "@patternfly/react-core";
import { type Rules, rulesOf } from "../policy/rules.ts";
import { usePolicies } from "../queries/policies.ts";
import { useRealms } from "../queries/realms.ts";
import { useAccess } from "../queries/session.ts";
import { useMenuText } from "../words/menu.ts";
import { useTerms } from "../words/terms.ts";

const useText = messages({ all_policies: "All policies" }, { all_policies: "Alle Richtlinien" });

/** A realm out of those that may be chosen. */
export function RealmField(props: {
  id: string;
  value: string;
  /** What no realm means; absent: one must be chosen. */
  none?: string;
  allowed?: (realm: string) => boolean;
  onChange: (realm: string) => void;
}) {
  const term = useTerms();
  const realms = useRealms().data ?? [];
  const chosen = realms.filter(({ name, archived_at }) => !archived_at && (props.allowed?.(name) ?? true));
  return (
    <Field id={props.id} label={term("realm")} required={props.none === undefined}>
      <FormSelect id={props.id} value={props.value} onChange={(_, value) => props.onChange(value)}>
        <FormSelectOption value="" label={props.none ?? "–"} />
        {chosen.map(({ name }) => (
          <FormSelectOption key={name} value={name} label={name} />
        ))}
      </FormSelect>
    </Field>
  );
}

/** A policy of a realm, or all of them. */
export function PolicyField(props: {
  id: string;
  realm: string;
  value: string;
  none?: string;
  /** Which of them may be chosen; absent: all. */
  allowed?: (rules: Rules) => boolean;
  hint?: string;
  onChange: (policy: string) => void;
}) {
  const text = useText();
  const term = useTerms();
  const { may } = useAccess();
  const all = usePolicies(props.realm, may("policy:read")).data ?? [];
  const { allowed } = props;
  const policies = allowed ? all.filter(({ definition }) => allowed(rulesOf(definition))) : all;
  return (
    <Field id={props.id} label={term("policy")} hint={props.hint}>
      <FormSelect id={props.id} value={props.value} onChange={(_, value) => props.onChange(value)}>
        <FormSelectOption value="" label={props.none ?? text("all_policies")} />
        {policies.map(({ name }) => (
          <FormSelectOption key={name} value={name} label={name} />
        ))}
      </FormSelect>
    </Field>
  );
}

/** The realm in a list: all of them where none stands. */
export function usePlace() {
  const menu = useMenuText();
  return (realm?: string | null, policy?: string | null) =>
    [realm || menu("all_realms"), policy].filter(Boolean).join(" / ");
}
