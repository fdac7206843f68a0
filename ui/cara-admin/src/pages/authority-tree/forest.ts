import type { Authority } from "../../generated/cara-ws.ts";

/** A CA with those that it has signed. */
export type Tree = { authority: Authority; below: Tree[] };

/** CAs by who has signed them, each level by name. One whose signer is not here (or not ours to see) stands above. */
export function forest(all: Authority[]): Tree[] {
  const names = new Set(all.map(({ name }) => name));
  const sorted = [...all].sort((one, other) => one.name.localeCompare(other.name));
  const placed = new Set<string>();
  const grow = (authority: Authority): Tree => {
    placed.add(authority.name);
    const below = sorted.filter(({ name, issuer }) => issuer === authority.name && !placed.has(name));
    return { authority, below: below.map(grow) };
  };
  const roots = sorted.filter(({ name, issuer }) => !issuer || issuer === name || !names.has(issuer));
  return roots.map(grow);
}
