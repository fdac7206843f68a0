import type { Rules } from "./rules.ts";

const DAY_S = 86_400;
/** The units of periods, as the service reads them. */
const UNITS: Record<string, number> = { s: 1, m: 60, h: 3600, d: DAY_S, w: 7 * DAY_S, y: 365 * DAY_S };

/** A period such as `90d` or `1d12h` in seconds; `undefined` when it is none. */
export function secondsOf(period: string | undefined): number | undefined {
  const text = period?.trim() ?? "";
  if (!/^(\d{1,9}[smhdwy])+$/.test(text)) return undefined;
  const parts = [...text.matchAll(/(\d+)([smhdwy])/g)];
  return parts.reduce((sum, [, number, unit = ""]) => sum + Number(number) * (UNITS[unit] ?? 0), 0);
}

const KINDS = ["dns", "ip", "email", "uri", "upn"] as const;
/** A kind of name that policies speak of. */
export type Kind = (typeof KINDS)[number];

/** The patterns of a kind, as texts. */
export function patternsOf(rules: Rules, kind: Kind): string[] {
  const patterns = rules.names?.[kind];
  return Array.isArray(patterns) ? patterns.map(String) : [];
}

/** A name that the pattern allows. */
function nameFor(kind: Kind, pattern: string): string {
  switch (kind) {
    case "dns":
      if (pattern === "*") return "www.example.com";
      return pattern.startsWith(".") ? `www${pattern}` : pattern;
    case "ip":
      return pattern
        .replace(/\/\d+$/, "")
        .replace(/\.0$/, ".1")
        .replace(/::$/, "::1");
    case "email":
      return pattern.includes("@")
        ? pattern
        : `anna@${pattern === "*" ? "example.com" : pattern.replace(/^\./, "")}`;
    case "upn":
      return `anna@${pattern === "*" ? "corp.example" : pattern.replace(/^[.@]/, "")}`;
    case "uri":
      return pattern.endsWith("/") ? `${pattern}web` : pattern;
  }
}

/** What a certificate under a policy would say, asked for by somebody who says no more than they must. */
export type Example = {
  subject: string;
  names: string[];
  key: string;
  issuer: string;
  profile: string;
  notBefore: Date;
  notAfter: Date | undefined;
};

/** An example of what the rules make. */
export function exampleOf(rules: Rules, now: number): Example {
  const names = KINDS.flatMap((kind) => {
    const pattern = patternsOf(rules, kind)[0];
    return pattern === undefined ? [] : [`${kind}:${nameFor(kind, pattern)}`];
  });
  const first = names[0]?.replace(/^[a-z]+:/, "");
  const common = first ?? (rules.subject?.common_name === "free" ? "Anna Example" : "");
  const allowed = rules.subject?.attributes ?? ["CN"];
  const seconds = secondsOf(rules.validity?.default);
  return {
    subject: allowed.includes("CN") && common ? `CN=${common}` : "",
    names,
    key: rules.key_algorithms?.[0] ?? "P-256",
    issuer: rules.issuer ?? "",
    profile: rules.profile ?? "",
    notBefore: new Date(now),
    notAfter: seconds === undefined ? undefined : new Date(now + seconds * 1000),
  };
}
