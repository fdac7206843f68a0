import type { Middleware } from "openapi-fetch";

const KEY = "Idempotency-Key";
/** Bodies with passwords are not kept, not even in the page's memory. */
const SECRET = /\/(session|account|people)(\/|$)/;

/**
 * Gives each POST a key, and the same one to the same POST that is sent again because no answer came, or one of a service that
 * failed: what was done the first time is not done twice.
 */
export function idempotency(): Middleware {
  const kept = new Map<string, string>();
  const nameOf = async (request: Request) => `${request.url}\n${await request.clone().text()}`;
  const names = new WeakMap<Request, string>();
  return {
    async onRequest({ request }) {
      const { pathname } = new URL(request.url);
      if (request.method !== "POST" || request.headers.has(KEY) || SECRET.test(pathname)) return undefined;
      const name = await nameOf(request);
      const key = kept.get(name) ?? `ui-${crypto.randomUUID()}`;
      kept.set(name, key);
      request.headers.set(KEY, key);
      names.set(request, name);
      return request;
    },
    onResponse({ request, response }) {
      const name = names.get(request);
      if (name !== undefined && response.status < 500) kept.delete(name);
      return undefined;
    },
  };
}
