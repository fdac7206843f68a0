import { FormSelect, FormSelectOption } from "@patternfly/react-core";
import { useRealms } from "./queries/realms.ts";
import { useRealm } from "./realm.tsx";
import { useMenuText } from "./words/menu.ts";

/** Chooses the realm that the pages are about. */
export function RealmSwitch() {
  const text = useMenuText();
  const realms = useRealms();
  const { realm, choose } = useRealm();
  return (
    <FormSelect
      className="ers-realm"
      aria-label={text("realm")}
      value={realm}
      onChange={(_, realm) => choose(realm)}
    >
      <FormSelectOption value="" label={text("all_realms")} />
      {(realms.data ?? []).map(({ name }) => (
        <FormSelectOption key={name} value={name} label={name} />
      ))}
    </FormSelect>
  );
}
