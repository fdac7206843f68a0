/** Names and values, a line each: `room = 3.14`. */
export const textOf = (metadata: Record<string, string>) =>
  Object.entries(metadata)
    .map(([name, value]) => `${name} = ${value}`)
    .join("\n");

/** What stands there, or `undefined` where a line is none. */
export function metadataIn(text: string): Record<string, string> | undefined {
  const lines = linesOf(text).map((line) => /^([^=]+?)\s*=\s*(.+)$/.exec(line));
  if (lines.some((line) => line === null)) return undefined;
  return Object.fromEntries(lines.map((line) => [line?.[1] ?? "", line?.[2] ?? ""]));
}

/** The lines that say something. */
export const linesOf = (text: string) =>
  text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
