import { Problem, ask as readAnswer } from "@ers/frame";
import createClient from "openapi-fetch";
import type { paths } from "../generated/cara-ws.ts";

const WAITS = 202;

/** CARA over REST; the types are those of its OpenAPI document. The browser shows the administrator's certificate. */
export const api = createClient<paths>({ baseUrl: location.origin, fetch: (request) => fetch(request) });

/** The answer's body; an act that waits for a second administrator throws as well: it is not done. */
export async function ask<T>(call: Promise<{ data?: T; error?: unknown; response: Response }>): Promise<T> {
  let waits = false;
  const noted = call.then((answer) => {
    waits = answer.response.status === WAITS;
    return answer;
  });
  const body = await readAnswer(noted);
  if (waits) throw new Problem(WAITS, "", (body as { detail?: string }).detail ?? "");
  return body;
}
