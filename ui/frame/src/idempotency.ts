import type { Middleware } from "openapi-fetch";

const KEY = "Idempotency-Key";
/** What has passwords in it is never sent twice as the same. */
const SECRET = /\/(session|account|people)(\/|$)|\/key-recoveries\/[^/]+\/key$/;

/**
 * Gives each POST a key, and the same one to the same POST that is sent again because no answer came, or one of a service that
 * failed: what was done the first time is not done twice. Bodies may have passwords in them: only their hash is remembered.
 */
export function idempotency(): Middleware {
  const kept = new Map<string, string>();
  const nameOf = async (request: Request) => {
    const digest = await crypto.subtle.digest("SHA-256", await request.clone().arrayBuffer());
    return `${request.url} ${Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("")}`;
  };
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
