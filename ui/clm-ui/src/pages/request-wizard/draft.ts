import { bare, namesOf } from "@ers/frame/certificate/names.ts";
import type { ReadCsr } from "../../crypto/csr.ts";
import type { BrowserKeyAlgorithm } from "../../crypto/keys.ts";
import type { CertificateWish } from "../../generated/clm-api.ts";
import { type Chosen, isChosen, UNCHOSEN } from "../../parts/new-password.ts";
import type { Rules } from "../../policy/rules.ts";

/** What the wizard has gathered. */
export type Draft = {
  policy: string;
  source: "browser" | "platform" | "csr";
  algorithm: BrowserKeyAlgorithm;
  /** The kind of key that the platform is to make; empty: the first that the policy allows. */
  platformAlgorithm: string;
  /** Protects the file with a key that the platform makes. It stays in the page's memory. */
  password: Chosen;
  csr: ReadCsr | undefined;
  /** Names as typed; by lines, commas or spaces. */
  names: string;
  commonName: string;
  validity: string;
};

/** What a policy means that says nothing of its keys. */
const USUAL = ["P-256", "P-384", "P-521", "RSA-2048", "RSA-3072", "RSA-4096", "Ed25519"];

/** Nothing gathered yet. */
export const EMPTY: Draft = {
  policy: "",
  source: "browser",
  algorithm: "P-256",
  platformAlgorithm: "",
  password: UNCHOSEN,
  csr: undefined,
  names: "",
  commonName: "",
  validity: "",
};

/** Whether it says whose key it is. */
export const hasKey = (draft: Draft) =>
  draft.source === "csr" ? draft.csr !== undefined : draft.source === "browser" || isChosen(draft.password);

/** The kinds of keys that the platform may make under a policy. */
export function platformKeys(rules: Rules): string[] {
  const { allowed, algorithms } = rules.server_keys ?? {};
  if (!allowed) return [];
  return algorithms ?? rules.key_algorithms?.filter((name) => name !== "RSA-8192") ?? USUAL;
}

/** The kind of key that is asked for. */
export function keyOf(draft: Draft, rules: Rules): string | undefined {
  if (draft.source === "csr") return draft.csr?.key;
  return draft.source === "browser" ? draft.algorithm : draft.platformAlgorithm || platformKeys(rules)[0];
}

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
export function wishOf(
  draft: Draft,
  csr: string | undefined,
  subject: string,
  requestId: string,
): CertificateWish {
  const names = namesOf(draft.names);
  const { platformAlgorithm, password } = draft;
  const key_algorithm = platformAlgorithm ? { key_algorithm: platformAlgorithm } : {};
  return {
    ...(csr === undefined ? { server_key: { ...key_algorithm, password: password.password } } : { csr }),
    policy: draft.policy,
    request_id: requestId,
    subject_alternative_names: names,
    ...(draft.source !== "csr" && subject ? { subject } : {}),
    ...(draft.validity.trim() ? { validity: draft.validity.trim() } : {}),
  };
}

/** What the policy will not allow, as far as can be told from here; the service has the last word. */
export function doubts(draft: Draft, rules: Rules): ("key" | "no_names" | "kind" | "wildcard")[] {
  const found: ReturnType<typeof doubts> = [];
  const key = keyOf(draft, rules);
  if (key && draft.source !== "platform" && rules.key_algorithms && !rules.key_algorithms.includes(key))
    found.push("key");
  const allowed = rules.names ?? {};
  const names = namesOf(draft.names);
  if (allowed.required && names.length === 0) found.push("no_names");
  if (names.some((name) => !((name.split(":")[0] as string) in allowed))) found.push("kind");
  if (!allowed.wildcards && names.some((name) => name.startsWith("dns:*."))) found.push("wildcard");
  return found;
}
