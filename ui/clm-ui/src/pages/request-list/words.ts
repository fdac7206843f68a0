import { messages } from "@ers/frame";

export const useText = messages(
  {
    all: "All states",
    empty: "No requests yet",
    empty_hint:
      "Requests that wait for a person, were declined or failed show here. What a policy allows is issued at once.",
    fetch_hint: "The file has key, certificate and chain. You can take it again for a day.",
    hint: "Requests that people decided, or have to; newest first.",
    all_whose: "All",
    mine: "My requests",
    taken: "The key is saved. It can be taken again for a day.",
    whose: "Whose",
  },
  {
    all: "Alle Zustände",
    empty: "Noch keine Anträge",
    empty_hint:
      "Hier erscheinen Anträge, die auf einen Menschen warten, abgelehnt wurden oder scheiterten. Was eine Richtlinie erlaubt, wird sofort ausgestellt.",
    fetch_hint:
      "Die Datei hat Schlüssel, Zertifikat und Kette. Einen Tag lang lässt sie sich noch einmal abholen.",
    hint: "Anträge, über die Menschen entschieden haben oder entscheiden müssen; neueste zuerst.",
    all_whose: "Alle",
    mine: "Meine Anträge",
    taken: "Der Schlüssel ist gespeichert. Einen Tag lang lässt er sich noch einmal abholen.",
    whose: "Wessen",
  },
);
