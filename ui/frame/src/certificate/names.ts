/** Subject alternative names as CLM writes them: `dns:example.com`, `ip:192.0.2.1`, `email:…`, `uri:…`. */
export type NameKind = "dns" | "ip" | "email" | "uri" | "upn";

const IPV4 = /^\d{1,3}(\.\d{1,3}){3}$/;
const KINDS = /^(dns|ip|email|uri|upn|dir|rid|other):/;

/** What a person typed, with its kind when they left that to us. */
export function nameOf(typed: string): string {
  const text = typed.trim();
  if (KINDS.test(text)) return text;
  if (text.includes("://") || text.startsWith("urn:")) return `uri:${text}`;
  if (text.includes("@")) return `email:${text}`;
  if (IPV4.test(text) || (text.includes(":") && /^[0-9a-f:.]+$/i.test(text))) return `ip:${text}`;
  return `dns:${text.toLowerCase()}`;
}

/** Names typed in one go, by commas, spaces or lines. */
export function namesOf(typed: string): string[] {
  const all = typed.split(/[\s,;]+/).filter((part) => part !== "");
  return [...new Set(all.map(nameOf))];
}

/** The name without its kind. */
export const bare = (name: string) => name.replace(KINDS, "");

/** What a certificate or request is called in one line: its first name, else its subject. */
export function titleOf(subject: string, names: string[]): string {
  const common = /(?:^|,)CN=((?:\\.|[^,])+)/i.exec(subject)?.[1]?.replace(/\\(.)/g, "$1");
  return common ?? (names[0] ? bare(names[0]) : subject || "–");
}

/** A file name made of it. */
export const fileNameOf = (title: string) =>
  title
    .replace(/^\*/, "wildcard")
    .replace(/[^\w.-]+/g, "-")
    .slice(0, 80);
