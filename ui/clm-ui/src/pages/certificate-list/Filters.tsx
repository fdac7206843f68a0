import { messages, SearchField, type useUrlState } from "@ers/frame";
import { FormSelect, FormSelectOption, ToggleGroup, ToggleGroupItem } from "@patternfly/react-core";
import { useTerms } from "../../words/terms.ts";

const STATES = ["valid", "revoked", "expired"] as const;
const WITHIN = ["7d", "28d", "30d", "90d"];

const useText = messages(
  {
    all: "All",
    any_time: "Expires at any time",
    search: "Search by name, subject or serial number",
    within: "Expires within {n} days",
  },
  {
    all: "Alle",
    any_time: "Läuft irgendwann ab",
    search: "Nach Name, Subject oder Seriennummer suchen",
    within: "Läuft in {n} Tagen ab",
  },
);

/** What is looked for. The search follows the typing after a pause. */
export function Filters({ state }: { state: ReturnType<typeof useUrlState> }) {
  const text = useText();
  const term = useTerms();
  const { get, set } = state;
  return (
    <search className="ers-toolbar">
      <SearchField state={state} name="search" label={text("search")} />
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
