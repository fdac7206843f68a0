import { messages } from "@ers/frame";

export const useText = messages(
  {
    archive: "Archive",
    archive_hint: "Nothing is issued in it any more. Refused while certificates are active or requests wait.",
    archive_title: "Archive {name}?",
    archived: "archived",
    archived_done: "{name} is archived.",
    empty: "No realms that you may see",
    hint: "A realm separates policies, end entities, requests, certificates, clients and roles.",
    in_use: "{name} is in use again.",
    made: "Made",
    name_hint: "1 to 64 of a-z 0-9 -. It stays: certificates carry it.",
    new: "New realm",
    ready: "of the platform",
    remove_hint:
      "All that belongs to it is removed; its certificates stay in the inventory. The name is not given again.",
    search: "Search by name, title or description",
    title: "Title",
    use: "Use",
    use_again: "Use again",
    used: "In use",
  },
  {
    archive: "Archivieren",
    archive_hint:
      "In ihm wird nichts mehr ausgestellt. Abgelehnt, solange Zertifikate aktiv sind oder Anträge warten.",
    archive_title: "{name} archivieren?",
    archived: "archiviert",
    archived_done: "{name} ist archiviert.",
    empty: "Keine Bereiche, die Sie sehen dürfen",
    hint: "Ein Bereich trennt Richtlinien, Endeinheiten, Anträge, Zertifikate, Clients und Rollen.",
    in_use: "{name} ist wieder in Gebrauch.",
    made: "Angelegt",
    name_hint: "1 bis 64 aus a-z 0-9 -. Er bleibt: Zertifikate tragen ihn.",
    new: "Neuer Bereich",
    ready: "der Plattform",
    remove_hint:
      "Alles, was dazu gehört, wird entfernt; seine Zertifikate bleiben im Inventar. Der Name wird nicht wieder vergeben.",
    search: "Nach Name, Titel oder Beschreibung suchen",
    title: "Titel",
    use: "Gebrauch",
    use_again: "Wieder verwenden",
    used: "In Gebrauch",
  },
);
