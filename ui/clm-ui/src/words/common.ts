import { messages } from "@ers/frame";

/** Words of forms and dialogues. */
export const useCommonText = messages(
  {
    back: "Back",
    browse: "Browse …",
    cancel: "Cancel",
    clear: "Clear",
    drop: "Drop a file here, or browse",
    next: "Next",
    no: "no",
    save: "Save",
    yes: "yes",
  },
  {
    back: "Zurück",
    browse: "Durchsuchen …",
    cancel: "Abbrechen",
    clear: "Leeren",
    drop: "Datei hier ablegen oder durchsuchen",
    next: "Weiter",
    no: "nein",
    save: "Speichern",
    yes: "ja",
  },
);
