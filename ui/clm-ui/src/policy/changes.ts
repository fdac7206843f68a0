import { parseDocument } from "yaml";

/** A key that two versions say differently; absent: that version does not say it. */
export type Change = { path: string; before: string | undefined; after: string | undefined };

/** The keys that two versions of a policy say differently, in the order of the newer one. Comments are no keys. */
export function changedKeys(before: string, after: string): Change[] {
  const [old, fresh] = [leaves(before), leaves(after)];
  const paths = [...new Set([...fresh.keys(), ...old.keys()])];
  return paths
    .map((path) => ({ path, before: old.get(path), after: fresh.get(path) }))
    .filter((change) => change.before !== change.after);
}

/** What stands at each path, as text; a list is one value. */
function leaves(definition: string): Map<string, string> {
  const document = parseDocument(definition);
  const found = new Map<string, string>();
  if (document.errors.length === 0) walk(document.toJS(), "", found);
  return found;
}

function walk(value: unknown, path: string, found: Map<string, string>) {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    for (const [key, inner] of Object.entries(value)) walk(inner, path ? `${path}.${key}` : key, found);
  } else if (Array.isArray(value)) {
    found.set(path, value.map(plain).join(", "));
  } else {
    found.set(path, plain(value));
  }
}

const plain = (value: unknown) =>
  typeof value === "object" && value !== null ? JSON.stringify(value) : String(value ?? "");

/** A line of two texts: in both, only in the older, only in the newer. */
export type Line = { sign: " " | "-" | "+"; text: string };

/** The lines of two texts, with what went and what came where it did (the longest common subsequence of lines). */
export function lineChanges(before: string, after: string): Line[] {
  const [old, fresh] = [before.trimEnd().split("\n"), after.trimEnd().split("\n")];
  const common = lengths(old, fresh);
  const found: Line[] = [];
  let [i, j] = [0, 0];
  while (i < old.length || j < fresh.length) {
    const [gone, come] = [old[i], fresh[j]];
    if (gone !== undefined && gone === come) {
      found.push({ sign: " ", text: gone });
      i += 1;
      j += 1;
    } else if (gone !== undefined && (come === undefined || at(common, i + 1, j) >= at(common, i, j + 1))) {
      found.push({ sign: "-", text: gone });
      i += 1;
    } else {
      found.push({ sign: "+", text: come ?? "" });
      j += 1;
    }
  }
  return found;
}

type Lengths = { rows: Uint16Array[] };
const at = ({ rows }: Lengths, i: number, j: number) => rows[i]?.[j] ?? 0;

/** How many lines both have in common from each pair of places on. */
function lengths(old: string[], fresh: string[]): Lengths {
  const rows = Array.from({ length: old.length + 1 }, () => new Uint16Array(fresh.length + 1));
  const known = { rows };
  for (let i = old.length - 1; i >= 0; i -= 1) {
    for (let j = fresh.length - 1; j >= 0; j -= 1) {
      const row = rows[i] as Uint16Array;
      row[j] =
        old[i] === fresh[j]
          ? at(known, i + 1, j + 1) + 1
          : Math.max(at(known, i + 1, j), at(known, i, j + 1));
    }
  }
  return known;
}
