import { messages } from "@ers/frame";

/** The words of the menu. */
export const useMenuText = messages(
  {
    all_realms: "All realms",
    approvals: "Approvals",
    certificates: "Certificates",
    dashboard: "Overview",
    loading: "Loading",
    policies: "Policies",
    realm: "Realm",
    request: "Request a certificate",
    requests: "Requests",
    waiting: "waiting",
  },
  {
    all_realms: "Alle Bereiche",
    approvals: "Freigaben",
    certificates: "Zertifikate",
    dashboard: "Übersicht",
    loading: "Wird geladen",
    policies: "Richtlinien",
    realm: "Bereich",
    request: "Zertifikat anfordern",
    requests: "Anträge",
    waiting: "warten",
  },
);
