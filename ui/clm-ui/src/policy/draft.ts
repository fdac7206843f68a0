import { type Document, isNode, isScalar, parseDocument } from "yaml";

/** What a form shows of a value: nothing, a text, a choice, or several. */
export type Value = string | boolean | string[] | undefined;

/** The value at a path such as `validity.default`; numbers and periods as text. */
export function valueAt(definition: string, path: string): Value {
  const found: unknown = parseDocument(definition).getIn(path.split("."));
  const read: unknown = isNode(found) ? found.toJSON() : found;
  if (typeof read === "boolean" || read === undefined || read === null) return read ?? undefined;
  if (Array.isArray(read)) return read.map(String);
  return typeof read === "object" ? undefined : String(read);
}

/** The same text with another value at that path; what else stands there, and the comments, stay. No value: no key. */
export function withValue(definition: string, path: string, value: Value): string {
  const document = parseDocument(definition);
  const keys = path.split(".");
  if (value === undefined) {
    document.deleteIn(keys);
    prune(document, keys.slice(0, -1));
  } else {
    const before = document.getIn(keys, true);
    // a text that is changed stays in its own quotes
    if (isScalar(before) && typeof value === "string") before.value = plain(value);
    else
      document.setIn(keys, document.createNode(Array.isArray(value) ? value : plain(value), { flow: true }));
  }
  return document.toString({ lineWidth: 0, flowCollectionPadding: false });
}

/** Whole numbers are written without quotes. */
const plain = (value: string | boolean) =>
  typeof value === "string" && /^\d{1,9}$/.test(value) ? Number(value) : value;

/** Takes maps away that have lost their last key. */
function prune(document: Document, keys: string[]) {
  if (keys.length === 0) return;
  const left: unknown = document.getIn(keys);
  const read: unknown = isNode(left) ? left.toJSON() : left;
  if (typeof read !== "object" || read === null || Object.keys(read).length > 0) return;
  document.deleteIn(keys);
  prune(document, keys.slice(0, -1));
}

/** Lines that say something. */
export const linesOf = (text: string) =>
  text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");

/** The same, but what stands between the first and the last line of PEM is one. */
export const linesAndPemOf = (text: string) =>
  (text.replace(/^[ \t]+/gm, "").match(/-----BEGIN [^\n]*-----[\s\S]*?-----END [^\n]*-----|[^\n]+/g) ?? [])
    .map((one) => one.trim())
    .filter((one) => one !== "");
