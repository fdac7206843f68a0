import { keepPreviousData, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import type { BindingWish, RoleText } from "../generated/clm-api.ts";
import { ALL, api, ask, type PageFilter } from "./api.ts";

/** All roles, those of the platform first. */
export function useRoles() {
  return useQuery({
    queryKey: ["roles"],
    queryFn: async () => (await ask(api.GET("/clm-api/v1/roles", { params: { query: ALL } }))).roles,
  });
}

/** All permissions. */
export function usePermissions() {
  return useQuery({
    queryKey: ["permissions"],
    staleTime: Number.POSITIVE_INFINITY,
    queryFn: async () => (await ask(api.GET("/clm-api/v1/permissions"))).permissions,
  });
}

/** Makes a role, or changes the version of it that was seen. */
export function usePutRole() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ name, version, ...body }: RoleText & { name: string; version: number | undefined }) => {
      const headers = version === undefined ? { "If-None-Match": "*" } : { "If-Match": `"${version}"` };
      return ask(api.PUT("/clm-api/v1/roles/{name}", { params: { path: { name } }, body, headers }));
    },
    onSuccess: () => client.invalidateQueries(),
  });
}

/** Removes a role, and takes it from everybody who has it. */
export function useRemoveRole() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (name: string) => ask(api.DELETE("/clm-api/v1/roles/{name}", { params: { path: { name } } })),
    onSuccess: () => client.invalidateQueries(),
  });
}

/** A page of who has which role where. */
export function useBindings(filter: PageFilter) {
  return useQuery({
    queryKey: ["role-bindings", filter],
    placeholderData: keepPreviousData,
    queryFn: () => ask(api.GET("/clm-api/v1/role-bindings", { params: { query: filter } })),
  });
}

/** The roles of one person or client. */
export function useBindingsOf(kind: "person" | "client", name: string) {
  return useQuery({
    queryKey: ["role-bindings", kind, name],
    queryFn: async () => {
      const query = { search: name, ...ALL };
      const found = await ask(api.GET("/clm-api/v1/role-bindings", { params: { query } }));
      return found.role_bindings.filter((one) => one.subject_kind === kind && one.subject === name);
    },
  });
}

/** Gives a role. */
export function useBindRole() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: BindingWish) => ask(api.POST("/clm-api/v1/role-bindings", { body })),
    onSuccess: () => client.invalidateQueries(),
  });
}

/** Takes a role away. */
export function useUnbindRole() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (id: string) =>
      ask(api.DELETE("/clm-api/v1/role-bindings/{id}", { params: { path: { id } } })),
    // not waited for: the row may be gone from a filtered list before its caller hears of it
    onSuccess: () => void client.invalidateQueries(),
  });
}
