import { messages } from "@ers/frame";

export const useText = messages(
  {
    all: "All states",
    empty: "No requests yet",
    empty_hint:
      "Requests that wait for a person, were declined or failed show here. What a policy allows is issued at once.",
    hint: "Requests that people decided, or have to; newest first.",
    all_whose: "All",
    mine: "My requests",
    whose: "Whose",
  },
  {
    all: "Alle Zustände",
    empty: "Noch keine Anträge",
    empty_hint:
      "Hier erscheinen Anträge, die auf einen Menschen warten, abgelehnt wurden oder scheiterten. Was eine Richtlinie erlaubt, wird sofort ausgestellt.",
    hint: "Anträge, über die Menschen entschieden haben oder entscheiden müssen; neueste zuerst.",
    all_whose: "Alle",
    mine: "Meine Anträge",
    whose: "Wessen",
  },
);
