import type { Definition } from "../../queries/profiles.ts";

/** A definition that was typed: read, or what is wrong and at which line, from one. */
export type Read = { definition: Definition } | { line: number; message: string };

/** Reads JSON; what is no object is wrong. */
export function readDefinition(text: string): Read {
  try {
    const read: unknown = JSON.parse(text);
    if (typeof read === "object" && read !== null && !Array.isArray(read)) {
      return { definition: read as Definition };
    }
    return { line: 1, message: "JSON: { … }" };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { line: lineOf(text, message), message };
  }
}

/** Browsers name the place by line, or by its distance from the beginning. */
function lineOf(text: string, message: string): number {
  const line = /line (\d+)/.exec(message)?.[1];
  if (line) return Number(line);
  const at = /position (\d+)/.exec(message)?.[1];
  if (at) return text.slice(0, Number(at)).split("\n").length;
  return text.split("\n").length;
}
