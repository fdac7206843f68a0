import { messages, type useUrlState } from "@ers/frame";
import {
  FormSelect,
  FormSelectOption,
  SearchInput,
  ToggleGroup,
  ToggleGroupItem,
} from "@patternfly/react-core";
import { useEffect, useState } from "react";
import { useAuthorities } from "../../queries/authorities.ts";
import { useSeesAll } from "../../queries/session.ts";
import { useTerms } from "../../words/terms.ts";

const STATES = ["valid", "held", "revoked", "expired"] as const;
const TYPING_MS = 300;

const useText = messages(
  {
    all: "All",
    all_cas: "Of all CAs",
    clear: "Clear",
    of: "Of {name}",
    search: "Name (.example.com: all below), CN=…, serial number, fingerprint",
  },
  {
    all: "Alle",
    all_cas: "Von allen CAs",
    clear: "Leeren",
    of: "Von {name}",
    search: "Name (.example.com: alle darunter), CN=…, Seriennummer, Fingerabdruck",
  },
);

/** What is looked for. The search follows the typing after a pause. */
export function Filters({ state }: { state: ReturnType<typeof useUrlState> }) {
  const text = useText();
  const term = useTerms();
  const seesAll = useSeesAll();
  const authorities = useAuthorities().data ?? [];
  const { get, set } = state;
  const searched = get("search");
  const [typed, setTyped] = useState(searched);
  useEffect(() => setTyped(searched), [searched]);
  useEffect(() => {
    if (typed === searched) return;
    const timer = setTimeout(() => set({ search: typed }, true), TYPING_MS);
    return () => clearTimeout(timer);
  }, [typed, searched, set]);
  // Who administers some CAs only must say whose certificates they want to see.
  const first = authorities[0]?.name;
  const issuer = get("issuer");
  useEffect(() => {
    if (!seesAll && !issuer && first) set({ issuer: first }, true);
  }, [seesAll, issuer, first, set]);
  return (
    <search className="ers-toolbar">
      <SearchInput
        className="ers-search"
        aria-label={text("search")}
        placeholder={text("search")}
        value={typed}
        onChange={(_, value) => setTyped(value)}
        onClear={() => setTyped("")}
        resetButtonLabel={text("clear")}
        maxLength={200}
      />
      <ToggleGroup aria-label={term("state")}>
        <ToggleGroupItem text={text("all")} isSelected={!get("state")} onChange={() => set({ state: "" })} />
        {STATES.map((name) => (
          <ToggleGroupItem
            key={name}
            text={term(name)}
            isSelected={get("state") === name}
            onChange={() => set({ state: name })}
          />
        ))}
      </ToggleGroup>
      <FormSelect
        className="ers-select"
        aria-label={term("issuer")}
        value={issuer}
        onChange={(_, value) => set({ issuer: value })}
      >
        {seesAll && <FormSelectOption value="" label={text("all_cas")} />}
        {authorities.map(({ name }) => (
          <FormSelectOption key={name} value={name} label={text("of", { name })} />
        ))}
      </FormSelect>
    </search>
  );
}
