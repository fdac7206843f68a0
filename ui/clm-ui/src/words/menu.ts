import { messages } from "@ers/frame";

/** The words of the menu. */
export const useMenuText = messages(
  {
    approvals: "Approvals",
    certificates: "Certificates",
    dashboard: "Overview",
    loading: "Loading",
    policies: "Policies",
    request: "Request a certificate",
    requests: "Requests",
    waiting: "waiting",
  },
  {
    approvals: "Freigaben",
    certificates: "Zertifikate",
    dashboard: "Übersicht",
    loading: "Wird geladen",
    policies: "Richtlinien",
    request: "Zertifikat anfordern",
    requests: "Anträge",
    waiting: "warten",
  },
);
