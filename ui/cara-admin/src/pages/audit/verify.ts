import { Problem, problemOf } from "@ers/frame";
import type { Verified } from "../../generated/cara-ws.ts";

/** How far one chain is. */
export type Told = Verified;

const PATH = "/cara-ws-server/v1/journal/verification";

/**
 * Has the journals walked. The answer comes line by line: `onProgress` hears of the newest line of each chain. Throws a
 * `Problem` when the walk does not begin, or ends before its end.
 */
export async function verifyJournal(onProgress: (told: Told[]) => void): Promise<Told[]> {
  const answer = await fetch(
    new Request(new URL(PATH, location.origin), {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: "{}",
    }),
  ).catch(() => {
    throw problemOf(0, undefined);
  });
  if (!answer.ok || !answer.body) {
    throw problemOf(answer.status, await answer.json().catch(() => undefined));
  }
  const chains = new Map<string, Told>();
  for await (const line of linesOf(answer.body)) {
    const told = JSON.parse(line) as Told;
    if (told.problem) throw new Problem(503, "", told.problem);
    chains.set(told.chain, told);
    onProgress([...chains.values()]);
  }
  const all = [...chains.values()];
  if (all.some(({ done, fault }) => !done && !fault)) throw problemOf(0, undefined);
  return all;
}

async function* linesOf(body: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const reader = body
    .pipeThrough(new TextDecoderStream() as never)
    .getReader() as ReadableStreamDefaultReader<string>;
  let rest = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    const parts = (rest + value).split("\n");
    rest = parts.pop() ?? "";
    yield* parts.filter(Boolean);
  }
  if (rest) yield rest;
}
