import { useUrlState } from "@ers/frame";
import { useTerms } from "../../words/terms.ts";
import { useText } from "./words.ts";

/** What is chosen among requests of any kind, and the fields that choose it: whose they are, and their state. */
export function useRequestFilters(states: (readonly [string, string])[]) {
  const text = useText();
  const term = useTerms();
  const state = useUrlState();
  const wanted = {
    state: state.get("state") || undefined,
    mine: state.get("whose") === "mine" || undefined,
    page_size: state.rows,
    page_token: state.tokens.at(-1),
  };
  const whose = {
    kind: "toggle" as const,
    name: "whose",
    label: text("whose"),
    all: text("all_whose"),
    choices: [["mine", text("mine")] as const],
  };
  const inState = {
    kind: "select" as const,
    name: "state",
    label: term("state"),
    all: text("all"),
    choices: states,
  };
  return { wanted, filters: { daily: [whose, inState] } };
}
