import { ask, idempotency, newQueryClient as newClient, type UrlState } from "@ers/frame";
import createClient from "openapi-fetch";
import type { paths } from "../generated/clm-api.ts";

/** CLM over REST; the types are those of its OpenAPI document. The session is a cookie that scripts cannot read. */
export const api = createClient<paths>({ baseUrl: location.origin, fetch: (request) => fetch(request) });

api.use(idempotency());

export { ask };

/** Which part of a list is wanted. */
export type PageFilter = {
  realm?: string | undefined;
  search?: string | undefined;
  page_size?: number;
  page_token?: string | undefined;
};

/** The part that stands in the URL. */
export const pageOf = (state: UrlState) => ({
  search: state.get("search").trim() || undefined,
  page_size: state.rows,
  page_token: state.tokens.at(-1),
});

/** As many as a list gives at most: where all are to be chosen from. */
export const ALL = { page_size: 1000 } as const;

/** The key of who is logged in. */
export const SESSION = ["session"];

/** A client that forgets everybody at a 401. */
export const newQueryClient = () => newClient((client) => client.setQueryData(SESSION, null));
