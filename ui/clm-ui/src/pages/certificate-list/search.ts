import type { CertificateFilter } from "../../queries/certificates.ts";

/** Names in the URL of what the service is asked for. */
const NAMES = {
  search: "search",
  state: "state",
  within: "expires_within",
  from: "expires_from",
  before: "expires_before",
  policy: "policy",
  issuer: "issuer",
  key: "key_algorithm",
  entity: "end_entity",
  owner: "owner",
  tags: "tags",
  source: "source",
} as const satisfies Record<string, keyof CertificateFilter>;

/** What is looked for, as it stands in the URL; the same for a list, an export and a bulk act. */
export function filterOf(get: (name: string) => string, realm: string): CertificateFilter {
  const asked = Object.entries(NAMES).map(([name, asked]) => [asked, tidy(name, get(name))]);
  return {
    ...Object.fromEntries(asked.filter(([, value]) => value !== "")),
    ...(get("unowned") && { unowned: true }),
    ...(realm && { realm }),
  };
}

/** Tags may be typed with spaces after their commas. */
const tidy = (name: string, value: string) =>
  name === "tags"
    ? value
        .split(/[,\s]+/)
        .filter(Boolean)
        .join(",")
    : value.trim();

/** Where all that is found is saved from. */
export function exportUrl(format: "csv" | "ndjson", filter: CertificateFilter) {
  const query = new URLSearchParams({ format });
  for (const [name, value] of Object.entries(filter)) query.set(name, String(value));
  return `/clm-api/v1/certificates/export?${query}`;
}

/** Tags as they are typed: by commas, spaces or lines. */
export const tagsIn = (text: string) => [...new Set(text.split(/[,\s]+/).filter(Boolean))];
