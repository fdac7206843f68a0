import { messages } from "@ers/frame";

/** Words of forms and dialogues. */
export const useCommonText = messages(
  {
    add: "Add",
    all: "All",
    back: "Back",
    browse: "Browse …",
    cancel: "Cancel",
    change: "Change",
    changed: "{name} is changed.",
    clear: "Clear",
    description: "Description",
    drop: "Drop a file here, or browse",
    made: "{name} is made.",
    next: "Next",
    no: "no",
    save: "Save",
    yes: "yes",
  },
  {
    add: "Hinzufügen",
    all: "Alle",
    back: "Zurück",
    browse: "Durchsuchen …",
    cancel: "Abbrechen",
    change: "Ändern",
    changed: "{name} ist geändert.",
    clear: "Leeren",
    description: "Beschreibung",
    drop: "Datei hier ablegen oder durchsuchen",
    made: "{name} ist angelegt.",
    next: "Weiter",
    no: "nein",
    save: "Speichern",
    yes: "ja",
  },
);
