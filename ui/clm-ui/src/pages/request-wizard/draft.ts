import { bare, namesOf } from "@ers/frame/certificate/names.ts";
import type { ReadCsr } from "../../crypto/csr.ts";
import type { BrowserKeyAlgorithm } from "../../crypto/keys.ts";
import type { CertificateWish } from "../../generated/clm-api.ts";
import type { Rules } from "../../policy/rules.ts";

/** What the wizard has gathered. */
export type Draft = {
  policy: string;
  source: "browser" | "csr";
  algorithm: BrowserKeyAlgorithm;
  csr: ReadCsr | undefined;
  /** Names as typed; by lines, commas or spaces. */
  names: string;
  commonName: string;
  validity: string;
};

/** Nothing gathered yet. */
export const EMPTY: Draft = {
  policy: "",
  source: "browser",
  algorithm: "P-256",
  csr: undefined,
  names: "",
  commonName: "",
  validity: "",
};

/** The subject of a request whose key is made here, RFC 4514: what was typed, else its first name. */
export function subjectOf(draft: Draft, rules: Rules): string {
  if (draft.source === "csr") return draft.csr?.subject ?? "";
  const allowed = rules.subject?.attributes ?? ["CN"];
  if (!allowed.includes("CN")) return "";
  const first = namesOf(draft.names)[0];
  const common = draft.commonName.trim() || (first ? bare(first) : "");
  // longer ones do not fit into a common name (RFC 5280, ub-common-name)
  return common && common.length <= 64 ? `CN=${escaped(common)}` : "";
}

/** RFC 4514 section 2.4. */
function escaped(value: string): string {
  return value
    .replace(/[\\,+"<>;=]/g, (sign) => `\\${sign}`)
    .replace(/^([ #])/, "\\$1")
    .replace(/ $/, "\\ ");
}

/** The body that is sent. Sent twice, it gives one certificate: its id is chosen before. */
export function wishOf(draft: Draft, csr: string, subject: string, requestId: string): CertificateWish {
  const names = namesOf(draft.names);
  return {
    csr,
    policy: draft.policy,
    request_id: requestId,
    subject_alternative_names: names,
    ...(draft.source === "browser" && subject ? { subject } : {}),
    ...(draft.validity.trim() ? { validity: draft.validity.trim() } : {}),
  };
}

/** What the policy will not allow, as far as can be told from here; the service has the last word. */
export function doubts(draft: Draft, rules: Rules): ("key" | "no_names" | "kind" | "wildcard")[] {
  const found: ReturnType<typeof doubts> = [];
  const key = draft.source === "csr" ? draft.csr?.key : draft.algorithm;
  if (key && rules.key_algorithms && !rules.key_algorithms.includes(key)) found.push("key");
  const allowed = rules.names ?? {};
  const names = namesOf(draft.names);
  if (allowed.required && names.length === 0) found.push("no_names");
  if (names.some((name) => !((name.split(":")[0] as string) in allowed))) found.push("kind");
  if (!allowed.wildcards && names.some((name) => name.startsWith("dns:*."))) found.push("wildcard");
  return found;
}
