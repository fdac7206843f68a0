import { ask, Problem } from "@ers/frame";
import { QueryCache, QueryClient } from "@tanstack/react-query";
import createClient from "openapi-fetch";
import type { paths } from "../generated/clm-api.ts";

/** CLM over REST; the types are those of its OpenAPI document. The session is a cookie that scripts cannot read. */
export const api = createClient<paths>({ baseUrl: location.origin, fetch: (request) => fetch(request) });

export { ask };

/** A client whose queries are not repeated for what the caller did wrong, and that forgets everybody at a 401. */
export function newQueryClient(): QueryClient {
  const client = new QueryClient({
    queryCache: new QueryCache({
      onError: (error) => {
        if (error instanceof Problem && error.status === 401) client.setQueryData(SESSION, null);
      },
    }),
    defaultOptions: {
      queries: {
        staleTime: 5_000,
        retry: (failures, error) =>
          failures < 2 && error instanceof Problem && (error.status === 0 || error.status >= 500),
        retryDelay: 500,
      },
    },
  });
  return client;
}

/** The key of who is logged in. */
export const SESSION = ["session"];
