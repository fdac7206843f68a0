import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import type { NewRealm, RealmChanges } from "../generated/clm-api.ts";
import { ALL, api, ask } from "./api.ts";
import { useAccess } from "./session.ts";

/** All realms that may be seen. */
export function useRealms() {
  const { may } = useAccess();
  return useQuery({
    queryKey: ["realms"],
    enabled: may("realm:read"),
    staleTime: 60_000,
    queryFn: async () => (await ask(api.GET("/clm-api/v1/realms", { params: { query: ALL } }))).realms,
  });
}

/** Makes a realm. */
export function useCreateRealm() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: NewRealm) => ask(api.POST("/clm-api/v1/realms", { body })),
    onSuccess: () => client.invalidateQueries(),
  });
}

/** Changes title or description, archives, or takes into use again. */
export function useChangeRealm(name: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: RealmChanges) =>
      ask(api.PATCH("/clm-api/v1/realms/{name}", { params: { path: { name } }, body })),
    onSuccess: () => client.invalidateQueries(),
  });
}

/** Deletes an archived realm with all that belongs to it. */
export function useDeleteRealm() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (name: string) =>
      ask(api.DELETE("/clm-api/v1/realms/{name}", { params: { path: { name } } })),
    onSuccess: () => client.invalidateQueries(),
  });
}
