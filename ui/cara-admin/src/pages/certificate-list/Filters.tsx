import { messages, SelectFilter, ToggleFilter, Toolbar, type UrlState } from "@ers/frame";
import { useEffect } from "react";
import { useAuthorities } from "../../queries/authorities.ts";
import { useSeesAll } from "../../queries/session.ts";
import { useTerms } from "../../words/terms.ts";

const STATES = ["valid", "held", "revoked", "expired"] as const;

const useText = messages(
  {
    all_cas: "Of all CAs",
    of: "Of {name}",
    search: "Name (.example.com: all below), CN=…, serial number, fingerprint",
  },
  {
    all_cas: "Von allen CAs",
    of: "Von {name}",
    search: "Name (.example.com: alle darunter), CN=…, Seriennummer, Fingerabdruck",
  },
);

/** What is looked for. The search follows the typing after a pause. */
export function Filters({ state }: { state: UrlState }) {
  const text = useText();
  const term = useTerms();
  const seesAll = useSeesAll();
  const authorities = useAuthorities().data ?? [];
  const { get, set } = state;
  // Who administers some CAs only must say whose certificates they want to see.
  const first = authorities[0]?.name;
  const issuer = get("issuer");
  useEffect(() => {
    if (!seesAll && !issuer && first) set({ issuer: first }, true);
  }, [seesAll, issuer, first, set]);
  return (
    <Toolbar search={text("search")}>
      <ToggleFilter
        state={state}
        name="state"
        label={term("state")}
        choices={STATES.map((name) => [name, term(name)])}
      />
      <SelectFilter
        state={state}
        name="issuer"
        label={term("issuer")}
        all={seesAll ? text("all_cas") : undefined}
        choices={authorities.map(({ name }) => [name, text("of", { name })])}
      />
    </Toolbar>
  );
}
