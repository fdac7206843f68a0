/** The settings of a CA and how each is typed; what they mean stands in `Settings` of cara-ws. */
export const KEYS = [
  { key: "profiles", kind: "lines" },
  { key: "longest_validity", kind: "text" },
  { key: "crl_validity_hours", kind: "number" },
  { key: "crl_interval_hours", kind: "number" },
  { key: "crl_delta_minutes", kind: "number" },
  { key: "crl_partitions", kind: "number" },
  { key: "crl_keep_expired", kind: "flag" },
  { key: "ocsp_answer_minutes", kind: "number" },
  { key: "ocsp_certificate_days", kind: "number" },
  { key: "ocsp_key_algorithm", kind: "text" },
  { key: "revocation_url", kind: "text" },
  { key: "extra_crl_urls", kind: "lines" },
  { key: "extra_ocsp_urls", kind: "lines" },
  { key: "extra_ca_issuer_urls", kind: "lines" },
] as const;

type Key = (typeof KEYS)[number]["key"];

/** The settings as they stand in the form, with those that this app does not know, which stay as they are. */
export type Draft = Record<Key, string> & { others: Record<string, unknown> };

/** Settings as text, to be changed. */
export function draftOf(settings: Record<string, unknown>): Draft {
  const others: Record<string, unknown> = { ...settings };
  const draft = { others } as Draft;
  for (const { key } of KEYS) {
    const value = settings[key];
    draft[key] = Array.isArray(value) ? value.join("\n") : value === undefined ? "" : String(value);
    delete others[key];
  }
  return draft;
}

/** Text as settings; what is empty is left out. */
export function settingsOf(draft: Draft): Record<string, unknown> {
  const settings: Record<string, unknown> = { ...draft.others };
  for (const { key, kind } of KEYS) {
    const text = draft[key].trim();
    if (text === "") continue;
    if (kind === "lines") settings[key] = text.split(/[\s,]+/).filter(Boolean);
    else if (kind === "number") settings[key] = Number(text);
    else if (kind === "flag") settings[key] = text === "true";
    else settings[key] = text;
  }
  return settings;
}
