import { keepPreviousData, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import type { EndEntityChanges, NewEndEntity } from "../generated/clm-api.ts";
import { api, ask, type PageFilter } from "./api.ts";

/** What is looked for among the end entities. */
export type EndEntityFilter = PageFilter & { state?: string | undefined; owner?: string | undefined };

/** What an end entity is known by: a password (EST), or a secret that both sides know (CMP). */
export type Credential = "password" | "shared-secret";

/** A page of the end entities. */
export function useEndEntities(filter: EndEntityFilter) {
  return useQuery({
    queryKey: ["end-entities", filter],
    placeholderData: keepPreviousData,
    queryFn: () => ask(api.GET("/clm-api/v1/end-entities", { params: { query: filter } })),
  });
}

/** One end entity. */
export function useEndEntity(realm: string, name: string) {
  return useQuery({
    queryKey: ["end-entity", realm, name],
    queryFn: () =>
      ask(api.GET("/clm-api/v1/end-entities/{realm}/{name}", { params: { path: { realm, name } } })),
  });
}

/** Makes an end entity. */
export function useAddEndEntity() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: NewEndEntity) => ask(api.POST("/clm-api/v1/end-entities", { body })),
    onSuccess: () => client.invalidateQueries({ queryKey: ["end-entities"] }),
  });
}

/** Changes, suspends or resumes the version of an end entity that was seen. */
export function useChangeEndEntity(realm: string, name: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ version, ...body }: EndEntityChanges & { version: number }) =>
      ask(
        api.PATCH("/clm-api/v1/end-entities/{realm}/{name}", {
          params: { path: { realm, name } },
          body,
          headers: { "If-Match": `"${version}"` },
        }),
      ),
    onSuccess: () => client.invalidateQueries(),
  });
}

/** Removes an end entity without active certificates. */
export function useRemoveEndEntity(realm: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (name: string) =>
      ask(api.DELETE("/clm-api/v1/end-entities/{realm}/{name}", { params: { path: { realm, name } } })),
    onSuccess: () => client.invalidateQueries({ queryKey: ["end-entities"] }),
  });
}

/** Sets a credential, or has one made: it is in the answer, this once. */
export function useSetCredential(realm: string, name: string, credential: Credential) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (secret: string | undefined) => {
      const init = { params: { path: { realm, name } }, body: { secret: secret ?? null } };
      return ask(
        credential === "password"
          ? api.PUT("/clm-api/v1/end-entities/{realm}/{name}/password", init)
          : api.PUT("/clm-api/v1/end-entities/{realm}/{name}/shared-secret", init),
      );
    },
    onSuccess: () => client.invalidateQueries({ queryKey: ["end-entity", realm, name] }),
  });
}

/** Takes a credential away. */
export function useRemoveCredential(realm: string, name: string, credential: Credential) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: () => {
      const init = { params: { path: { realm, name } } };
      return ask(
        credential === "password"
          ? api.DELETE("/clm-api/v1/end-entities/{realm}/{name}/password", init)
          : api.DELETE("/clm-api/v1/end-entities/{realm}/{name}/shared-secret", init),
      );
    },
    onSuccess: () => client.invalidateQueries({ queryKey: ["end-entity", realm, name] }),
  });
}
