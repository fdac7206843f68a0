import { messages } from "@ers/frame";

/** The words of the menu. */
export const useMenuText = messages(
  {
    account: "Who I am",
    acts: "Audit and journal",
    administrators: "Administrators",
    approvals: "Approvals",
    authorities: "CAs",
    certificates: "Certificates",
    keys: "Keys and tokens",
    loading: "Loading",
    new_authority: "New CA",
    profiles: "Profiles",
    revocation: "CRLs and OCSP",
    waiting: "waiting",
  },
  {
    account: "Wer ich bin",
    acts: "Audit und Journal",
    administrators: "Administratoren",
    approvals: "Vier Augen",
    authorities: "CAs",
    certificates: "Zertifikate",
    keys: "Schlüssel und Token",
    loading: "Wird geladen",
    new_authority: "Neue CA",
    profiles: "Profile",
    revocation: "CRLs und OCSP",
    waiting: "warten",
  },
);
