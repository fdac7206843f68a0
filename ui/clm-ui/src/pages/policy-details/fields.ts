import type { useText } from "./form-words.ts";

type Key = Parameters<ReturnType<typeof useText>>[0];

/** A key of a policy as a form shows it. */
export type FieldSpec = {
  /** Path of the key: `validity.default`. */
  path: string;
  label: Key;
  hint?: Key;
} & (
  | { kind: "text" | "area"; required?: boolean; placeholder?: string }
  /** One on each line; with `pem`: or a certificate in PEM over several. */
  | { kind: "lines"; pem?: boolean }
  | { kind: "yes"; usual?: boolean }
  | { kind: "checks"; choices: readonly string[]; usual?: readonly string[] }
  | { kind: "select"; choices: readonly string[]; usual: string }
);

/** Fields that belong together; those of a protocol are shown where the policy has it. */
export type Section = { title: Key; protocol?: string; open?: boolean; fields: FieldSpec[] };

const PROTOCOLS = ["acme", "est", "cmp", "scep", "rest", "cli", "system"] as const;
const KEYS = ["P-256", "P-384", "P-521", "RSA-2048", "RSA-3072", "RSA-4096", "RSA-8192", "Ed25519"] as const;
/** What an absent `key_algorithms` means. */
const USUAL_KEYS = KEYS.filter((name) => name !== "RSA-8192");
const ATTRIBUTES = ["CN", "O", "OU", "C", "ST", "L", "serialNumber", "UID"] as const;
const REASONS = [
  "unspecified",
  "keyCompromise",
  "affiliationChanged",
  "superseded",
  "cessationOfOperation",
  "privilegeWithdrawn",
] as const;
const CHALLENGES = ["http-01", "dns-01", "tls-alpn-01"] as const;

/** The form of a policy. Keys that are not here are changed as YAML; the form leaves them alone. */
export const SECTIONS: Section[] = [
  {
    title: "what",
    open: true,
    fields: [
      { path: "description", kind: "area", label: "description" },
      { path: "issuer", kind: "text", label: "issuer", hint: "issuer_hint", required: true },
      { path: "profile", kind: "text", label: "profile", hint: "profile_hint", required: true },
      { path: "protocols", kind: "checks", label: "protocols", choices: PROTOCOLS },
    ],
  },
  {
    title: "validity",
    open: true,
    fields: [
      { path: "validity.default", kind: "text", label: "validity_default", hint: "period", required: true },
      { path: "validity.longest", kind: "text", label: "validity_longest", required: true },
      { path: "validity.start_within", kind: "text", label: "start_within", placeholder: "1d" },
      { path: "key_algorithms", kind: "checks", label: "keys", choices: KEYS, usual: USUAL_KEYS },
    ],
  },
  {
    title: "names",
    open: true,
    fields: [
      { path: "names.dns", kind: "lines", label: "dns", hint: "dns_hint" },
      { path: "names.wildcards", kind: "yes", label: "wildcards" },
      { path: "names.ip", kind: "lines", label: "ip", hint: "ip_hint" },
      { path: "names.email", kind: "lines", label: "email", hint: "email_hint" },
      { path: "names.uri", kind: "lines", label: "uri", hint: "uri_hint" },
      { path: "names.upn", kind: "lines", label: "upn" },
      { path: "names.most", kind: "text", label: "most", placeholder: "100" },
      { path: "names.required", kind: "yes", label: "required" },
      { path: "names.must_be_proven", kind: "yes", label: "must_be_proven" },
      { path: "subject.attributes", kind: "checks", label: "attributes", choices: ATTRIBUTES, usual: ["CN"] },
      {
        path: "subject.common_name",
        kind: "select",
        label: "common_name",
        choices: ["one-of-names", "free"],
        usual: "one-of-names",
      },
    ],
  },
  {
    title: "rarer_names",
    fields: [
      { path: "names.smtputf8", kind: "lines", label: "smtputf8", hint: "email_hint" },
      { path: "names.dir", kind: "lines", label: "dir", hint: "expressions" },
      { path: "names.rid", kind: "lines", label: "rid", hint: "expressions" },
      { path: "names.other", kind: "lines", label: "other", hint: "expressions" },
    ],
  },
  {
    title: "who",
    open: true,
    fields: [
      { path: "manual_approval", kind: "yes", label: "manual_approval" },
      { path: "end_entity_required", kind: "yes", label: "end_entity_required" },
      { path: "unique", kind: "yes", label: "unique" },
      { path: "authentication.trusted_policies", kind: "lines", label: "trusted", hint: "trusted_hint" },
      {
        path: "authentication.trusted_issuers",
        kind: "lines",
        pem: true,
        label: "trusted_issuers",
        hint: "trusted_issuers_hint",
      },
      {
        path: "authentication.registration_authorities",
        kind: "lines",
        label: "authorities",
        hint: "authorities_hint",
      },
      { path: "import.allowed", kind: "yes", label: "import_allowed" },
      { path: "import.self_signed", kind: "yes", label: "import_self_signed" },
      { path: "revocation.reasons", kind: "checks", label: "reasons", choices: REASONS, usual: REASONS },
    ],
  },
  {
    title: "renewal",
    fields: [
      { path: "authentication.renewal.before", kind: "text", label: "renewal_before", hint: "renewal_hint" },
      { path: "authentication.renewal.same_key", kind: "yes", label: "same_key", usual: true },
      { path: "authentication.renewal.names_may_change", kind: "yes", label: "names_may_change" },
    ],
  },
  {
    title: "maintenance",
    fields: [
      { path: "maintenance.windows", kind: "lines", label: "windows", hint: "windows_hint" },
      { path: "maintenance.time_zone", kind: "text", label: "time_zone", placeholder: "UTC" },
    ],
  },
  {
    title: "platform_keys",
    fields: [
      { path: "server_keys.allowed", kind: "yes", label: "server_keys" },
      {
        path: "server_keys.algorithms",
        kind: "checks",
        label: "server_algorithms",
        choices: USUAL_KEYS,
        usual: USUAL_KEYS,
      },
      { path: "server_keys.kept", kind: "yes", label: "server_kept" },
      {
        path: "server_keys.approvals",
        kind: "select",
        label: "server_approvals",
        choices: ["1", "2"],
        usual: "2",
      },
    ],
  },
  {
    title: "acme",
    protocol: "acme",
    fields: [
      { path: "acme.external_account_required", kind: "yes", label: "external_account_required" },
      { path: "acme.honour_caa", kind: "yes", label: "honour_caa" },
      { path: "acme.caa_identities", kind: "lines", label: "caa_identities" },
      {
        path: "acme.challenges",
        kind: "checks",
        label: "challenges",
        choices: CHALLENGES,
        usual: CHALLENGES,
      },
      { path: "acme.reuse_within", kind: "text", label: "reuse_within", hint: "reuse_hint" },
      { path: "acme.profiles", kind: "lines", label: "acme_profiles", hint: "acme_profiles_hint" },
      { path: "acme.allowed_networks", kind: "lines", label: "allowed_networks", hint: "ip_hint" },
      { path: "acme.denied_networks", kind: "lines", label: "denied_networks", hint: "ip_hint" },
    ],
  },
  {
    title: "est",
    protocol: "est",
    fields: [
      { path: "est.password", kind: "yes", label: "est_password", usual: true },
      { path: "est.certificate", kind: "yes", label: "est_certificate", usual: true },
      { path: "est.both_required", kind: "yes", label: "both_required" },
      { path: "est.server_keys", kind: "yes", label: "server_keys" },
      { path: "est.linking_required", kind: "yes", label: "linking_required" },
    ],
  },
  {
    title: "scep",
    protocol: "scep",
    fields: [
      { path: "scep.renewal", kind: "yes", label: "scep_renewal", usual: true },
      { path: "scep.password", kind: "yes", label: "scep_password" },
      { path: "scep.legacy_algorithms", kind: "yes", label: "legacy_algorithms" },
      { path: "scep.static_challenge_of", kind: "text", label: "static_challenge", hint: "static_hint" },
      { path: "scep.webhook", kind: "text", label: "webhook", hint: "webhook_hint" },
    ],
  },
  {
    title: "cmp",
    protocol: "cmp",
    fields: [
      { path: "cmp.mac", kind: "yes", label: "mac", usual: true },
      { path: "cmp.signature", kind: "yes", label: "signature", usual: true },
      { path: "cmp.implicit_confirm", kind: "yes", label: "implicit_confirm", usual: true },
      { path: "cmp.central_keys", kind: "yes", label: "server_keys" },
      { path: "cmp.ra_verified", kind: "yes", label: "ra_verified" },
      { path: "cmp.confirm_within", kind: "text", label: "confirm_within", placeholder: "1h" },
    ],
  },
  {
    title: "system",
    protocol: "system",
    fields: [{ path: "callers", kind: "lines", label: "callers", hint: "callers_hint" }],
  },
];
