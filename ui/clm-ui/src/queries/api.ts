import { ask, newQueryClient as newClient } from "@ers/frame";
import createClient from "openapi-fetch";
import type { paths } from "../generated/clm-api.ts";

/** CLM over REST; the types are those of its OpenAPI document. The session is a cookie that scripts cannot read. */
export const api = createClient<paths>({ baseUrl: location.origin, fetch: (request) => fetch(request) });

/** A list that is shown whole: its largest page. */
export const whole = { params: { query: { page_size: 1000 } } };

export { ask };

/** The key of who is logged in. */
export const SESSION = ["session"];

/** A client that forgets everybody at a 401. */
export const newQueryClient = () => newClient((client) => client.setQueryData(SESSION, null));
