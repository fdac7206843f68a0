import { ask } from "@ers/frame";
import createClient from "openapi-fetch";
import type { paths } from "../generated/cara-ws.ts";

/** CARA over REST; the types are those of its OpenAPI document. The browser shows the administrator's certificate. */
export const api = createClient<paths>({ baseUrl: location.origin, fetch: (request) => fetch(request) });

export { ask };
