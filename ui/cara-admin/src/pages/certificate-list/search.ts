/** What CARA is asked for a text that a person typed. */
export type Search = {
  serial?: string;
  fingerprint?: string;
  name?: string;
  subject?: string;
  subject_attribute?: string;
};

const KINDS = /^(dns|ip|email|uri|upn|dir|rid|other):/;
const SHA256_HEX = 64;

/** Told apart by its form: serial number, fingerprint, whole subject, one of its attributes, or a name. */
export function searchOf(typed: string): Search {
  const text = typed.trim();
  if (text === "") return {};
  const hex = text.replace(/[:\s]/g, "").toLowerCase();
  if (/^[0-9a-f]{8,}$/.test(hex)) {
    return hex.length === SHA256_HEX ? { fingerprint: hex } : { serial: hex };
  }
  if (KINDS.test(text)) return { name: text };
  if (/^\w+=/.test(text)) return text.includes(",") ? { subject: text } : { subject_attribute: text };
  if (text.includes("@")) return { name: `email:${text}` };
  if (text.includes("://")) return { name: `uri:${text}` };
  if (/^\d{1,3}(\.\d{1,3}){3}$/.test(text)) return { name: `ip:${text}` };
  if (text.includes(".")) return { name: `dns:${text.toLowerCase()}` };
  return { subject_attribute: `CN=${text}*` };
}
