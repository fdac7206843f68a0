import { messages, SelectFilter, ToggleFilter, Toolbar, type UrlState } from "@ers/frame";
import { useTerms } from "../../words/terms.ts";

const STATES = ["valid", "revoked", "expired"] as const;
const WITHIN = ["7d", "28d", "30d", "90d"];

const useText = messages(
  {
    any_time: "Expires at any time",
    search: "Search by name, subject or serial number",
    within: "Expires within {n} days",
  },
  {
    any_time: "Läuft irgendwann ab",
    search: "Nach Name, Subject oder Seriennummer suchen",
    within: "Läuft in {n} Tagen ab",
  },
);

/** What is looked for. The search follows the typing after a pause. */
export function Filters({ state }: { state: UrlState }) {
  const text = useText();
  const term = useTerms();
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
        name="within"
        label={term("expires")}
        all={text("any_time")}
        choices={WITHIN.map((within) => [within, text("within", { n: Number.parseInt(within, 10) })])}
      />
    </Toolbar>
  );
}
