import { messages } from "@ers/frame";

export const useText = messages(
  {
    change: "Change {name}",
    empty: "Nobody was given a role",
    given: "Who has which",
    hint: "A role is a set of permissions. It is given to a person, a group or a client, everywhere or in a part of what there is.",
    name_hint: "1 to 64 of a-z 0-9 -",
    new: "New role",
    no_roles: "No roles",
    permissions: "Permissions",
    permissions_hint: "Only what you may do in all realms yourself can be given on.",
    ready: "of the platform",
    remove_hint: "Everybody who has it loses it.",
    roles: "What each may do",
    search: "Search by who or role",
  },
  {
    change: "{name} ändern",
    empty: "Niemand hat eine Rolle",
    given: "Wer welche hat",
    hint: "Eine Rolle ist eine Menge von Rechten. Sie wird einer Person, einer Gruppe oder einem Client gegeben, überall oder in einem Teil.",
    name_hint: "1 bis 64 aus a-z 0-9 -",
    new: "Neue Rolle",
    no_roles: "Keine Rollen",
    permissions: "Rechte",
    permissions_hint: "Nur was Sie selbst in allen Bereichen dürfen, können Sie weitergeben.",
    ready: "der Plattform",
    remove_hint: "Alle, die sie haben, verlieren sie.",
    roles: "Was jede darf",
    search: "Nach Wer oder Rolle suchen",
  },
);
