import createClient from "openapi-fetch";
import { expect, test } from "vitest";
import { idempotency } from "./idempotency.ts";

/** A client of a service that answers with these, one after the other (0: not at all), and the keys that it was shown. */
function clientOf(...answers: number[]) {
  const shown: (string | null)[] = [];
  const client = createClient<Record<string, never>>({
    baseUrl: "https://a.example",
    fetch: async (request) => {
      shown.push(request.headers.get("Idempotency-Key"));
      const status = answers.shift() ?? 200;
      if (status === 0) throw new TypeError("Failed to fetch");
      return new Response("{}", { status, headers: { "content-type": "application/json" } });
    },
  });
  client.use(idempotency());
  const post = async (path: string, body: object) => {
    await (client as { POST: (path: string, init: object) => Promise<unknown> })
      .POST(path, { body })
      .catch(() => undefined);
  };
  return { shown, post };
}

test("a POST without an answer, or that failed there, is sent again under its key", async () => {
  const { shown, post } = clientOf(0, 503, 201, 201);
  for (let attempt = 0; attempt < 4; attempt += 1) await post("/things", { name: "a" });
  expect(shown[0]).toMatch(/^ui-/);
  expect(shown[1]).toBe(shown[0]);
  expect(shown[2]).toBe(shown[0]);
  expect(shown[3], "answered: the next one is another one").not.toBe(shown[0]);
});

test("another body is another POST, and passwords are never kept", async () => {
  const { shown, post } = clientOf(0, 0, 0);
  await post("/things", { name: "a" });
  await post("/things", { name: "b" });
  await post("/clm-api/v1/session", { password: "p" });
  expect(shown[1]).not.toBe(shown[0]);
  expect(shown[2]).toBeNull();
});
