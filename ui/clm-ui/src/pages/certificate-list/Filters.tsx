import { messages, type useUrlState } from "@ers/frame";
import {
  FormSelect,
  FormSelectOption,
  SearchInput,
  ToggleGroup,
  ToggleGroupItem,
} from "@patternfly/react-core";
import { useEffect, useState } from "react";
import { useTerms } from "../../words/terms.ts";

const STATES = ["valid", "revoked", "expired"] as const;
const WITHIN = ["7d", "28d", "30d", "90d"];
const TYPING_MS = 300;

const useText = messages(
  {
    all: "All",
    any_time: "Expires at any time",
    clear: "Clear",
    search: "Search by name, subject or serial number",
    within: "Expires within {n} days",
  },
  {
    all: "Alle",
    any_time: "Läuft irgendwann ab",
    clear: "Leeren",
    search: "Nach Name, Subject oder Seriennummer suchen",
    within: "Läuft in {n} Tagen ab",
  },
);

/** What is looked for. The search follows the typing after a pause. */
export function Filters({ state }: { state: ReturnType<typeof useUrlState> }) {
  const text = useText();
  const term = useTerms();
  const { get, set } = state;
  const searched = get("search");
  const [typed, setTyped] = useState(searched);
  useEffect(() => setTyped(searched), [searched]);
  useEffect(() => {
    if (typed === searched) return;
    const timer = setTimeout(() => set({ search: typed }, true), TYPING_MS);
    return () => clearTimeout(timer);
  }, [typed, searched, set]);
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
        aria-label={term("expires")}
        value={get("within")}
        onChange={(_, value) => set({ within: value })}
      >
        <FormSelectOption value="" label={text("any_time")} />
        {WITHIN.map((within) => (
          <FormSelectOption
            key={within}
            value={within}
            label={text("within", { n: Number.parseInt(within, 10) })}
          />
        ))}
      </FormSelect>
    </search>
  );
}
