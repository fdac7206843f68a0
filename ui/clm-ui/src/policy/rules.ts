import { isMap, LineCounter, parseDocument } from "yaml";

/** What a policy says, as far as pages show it. The service reads the text itself; this is for people. */
export type Rules = {
  name?: string;
  realm?: string;
  issuer?: string;
  profile?: string;
  protocols?: string[];
  key_algorithms?: string[];
  validity?: { default?: string; longest?: string };
  subject?: { attributes?: string[]; common_name?: string };
  names?: Record<string, unknown>;
  manual_approval?: boolean;
  end_entity_required?: boolean;
  server_keys?: { allowed?: boolean; algorithms?: string[]; kept?: boolean; approvals?: number };
  import?: { allowed?: boolean; self_signed?: boolean };
  acme?: { external_account_required?: boolean };
  scep?: { legacy_algorithms?: boolean; static_challenge_of?: string };
  cmp?: { ra_verified?: boolean };
  authentication?: { renewal?: { before?: string } };
};

/** Reads a definition. Nothing is thrown: what does not read is empty. */
export function rulesOf(definition: string): Rules {
  const document = parseDocument(definition);
  const read: unknown = document.errors.length > 0 ? undefined : document.toJS();
  return typeof read === "object" && read !== null ? (read as Rules) : {};
}

/** Something wrong in a definition: where, and what. Lines count from one. */
export type Fault = { line: number; message: string };

/** What is no YAML. */
export function syntaxFault(definition: string): Fault | undefined {
  const lines = new LineCounter();
  const error = parseDocument(definition, { lineCounter: lines }).errors[0];
  if (!error) return undefined;
  const message = error.message.split(" at line ")[0] ?? error.message;
  return { line: lines.linePos(error.pos[0]).line, message };
}

/**
 * The line of a key by its path, as the service names it: `validity.default`, `protocols[1]`; of the nearest key above
 * when there is no such one.
 */
export function lineOfKey(definition: string, path: string): number {
  const lines = new LineCounter();
  const document = parseDocument(definition, { lineCounter: lines });
  const keys = path.split(/[.[\]]+/).filter((key) => key !== "");
  let found = 1;
  let node: unknown = document.contents;
  for (const key of keys) {
    if (!isMap(node)) break;
    const pair = node.items.find((item) => String((item.key as { value?: unknown })?.value) === key);
    if (!pair) break;
    const range = (pair.key as { range?: [number, number, number] }).range;
    if (range) found = lines.linePos(range[0]).line;
    node = pair.value;
  }
  return found;
}

/** The key that a message of the service is about: `read policy: validity.default: longer than …`. */
export function keyIn(detail: string): string | undefined {
  return /^read policy: ([\w.[\]-]+): /.exec(detail)?.[1];
}
