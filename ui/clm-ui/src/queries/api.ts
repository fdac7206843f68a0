import { ask, newQueryClient as newClient } from "@ers/frame";
import createClient from "openapi-fetch";
import type { paths } from "../generated/clm-api.ts";

/** CLM over REST; the types are those of its OpenAPI document. The session is a cookie that scripts cannot read. */
export const api = createClient<paths>({ baseUrl: location.origin, fetch: (request) => fetch(request) });

export { ask };

/** The key of who is logged in. */
export const SESSION = ["session"];

/** A client that forgets everybody at a 401. */
export const newQueryClient = () => newClient((client) => client.setQueryData(SESSION, null));
