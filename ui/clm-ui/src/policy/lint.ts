import { patternsOf, secondsOf } from "./example.ts";
import type { Rules } from "./rules.ts";

/** What can be said about a policy: its words are in the page's `lint_…`. */
export type Finding = {
  rule:
    | "acme_no_dns"
    | "acme_open"
    | "anything_at_once"
    | "apple_825"
    | "default_longer"
    | "legacy_scep"
    | "no_name"
    | "ra_verified"
    | "renewal_always"
    | "rsa_2048_late"
    | "scep_rsa"
    | "static_challenge"
    | "wildcard_anywhere";
  severity: "error" | "warning" | "notice";
  /** The key that it is about. */
  key: string;
};

const DAY_S = 86_400;
/** NIST SP 800-57 part 1, table 4: 112 bits of security end with 2030. */
const RSA_2048_ENDS = Date.UTC(2031, 0, 1);
/** Apple refuses longer server certificates of any CA (support.apple.com/102028). */
const APPLE_LONGEST_S = 825 * DAY_S;
/** Ways by which a request proves no name by itself. */
const UNPROVEN = ["rest", "est", "cmp", "scep"];

/** What is wrong, risky or worth a thought about the rules; the service refuses what cannot be at all. */
export function lint(rules: Rules, now: number): Finding[] {
  const found: Finding[] = [];
  const say = (rule: Finding["rule"], severity: Finding["severity"], key: string) =>
    found.push({ rule, severity, key });
  const ways = rules.protocols ?? [];
  const dns = patternsOf(rules, "dns");
  const normal = secondsOf(rules.validity?.default);
  const longest = secondsOf(rules.validity?.longest);
  if (normal !== undefined && longest !== undefined && normal > longest) {
    say("default_longer", "error", "validity.default");
  }
  if (nameless(rules)) say("no_name", "error", "names");
  if (ways.includes("acme") && dns.length === 0 && patternsOf(rules, "ip").length === 0) {
    say("acme_no_dns", "error", "names.dns");
  }
  const unproven = ways.some((way) => UNPROVEN.includes(way)) && rules.names?.must_be_proven !== true;
  if (dns.includes("*") && unproven && !rules.manual_approval && !rules.end_entity_required) {
    say("anything_at_once", "warning", "names.dns");
  }
  if (dns.includes("*") && rules.names?.wildcards === true)
    say("wildcard_anywhere", "warning", "names.wildcards");
  if (dns.length > 0 && longest !== undefined && longest > APPLE_LONGEST_S) {
    say("apple_825", "warning", "validity.longest");
  }
  const last = longest === undefined ? 0 : now + longest * 1000;
  if ((rules.key_algorithms ?? ["RSA-2048"]).includes("RSA-2048") && last >= RSA_2048_ENDS) {
    say("rsa_2048_late", "warning", "key_algorithms");
  }
  if (ways.includes("acme") && rules.acme?.external_account_required !== true) {
    say("acme_open", "notice", "acme.external_account_required");
  }
  if (ways.includes("scep")) lintScep(rules, say);
  if (ways.includes("cmp") && rules.cmp?.ra_verified === true)
    say("ra_verified", "warning", "cmp.ra_verified");
  const before = secondsOf(rules.authentication?.renewal?.before);
  if (before !== undefined && normal !== undefined && before >= normal) {
    say("renewal_always", "warning", "authentication.renewal.before");
  }
  return found;
}

function nameless(rules: Rules): boolean {
  const named = Object.values(rules.names ?? {}).some((all) => Array.isArray(all) && all.length > 0);
  const attributes = rules.subject?.attributes ?? ["CN"];
  const common = attributes.includes("CN") && rules.subject?.common_name === "free";
  return !named && !common && attributes.every((one) => one === "CN");
}

function lintScep(
  rules: Rules,
  say: (rule: Finding["rule"], severity: Finding["severity"], key: string) => void,
) {
  const keys = rules.key_algorithms;
  if (keys && !keys.some((one) => one.startsWith("RSA-"))) say("scep_rsa", "error", "key_algorithms");
  if (rules.scep?.legacy_algorithms === true) say("legacy_scep", "warning", "scep.legacy_algorithms");
  if (rules.scep?.static_challenge_of) say("static_challenge", "warning", "scep.static_challenge_of");
}
