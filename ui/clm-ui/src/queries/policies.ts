import { keepPreviousData, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { ALL, api, ask, type PageFilter } from "./api.ts";

/** All policies of a realm, or of all realms. */
export function usePolicies(realm: string, enabled = true) {
  return useQuery({
    queryKey: ["policies", realm],
    enabled,
    queryFn: async () => {
      const query = { ...ALL, realm: realm || undefined };
      return (await ask(api.GET("/clm-api/v1/policies", { params: { query } }))).policies;
    },
  });
}

/** A page of policies. */
export function usePolicyPage(filter: PageFilter) {
  return useQuery({
    queryKey: ["policies", "page", filter],
    placeholderData: keepPreviousData,
    queryFn: () => ask(api.GET("/clm-api/v1/policies", { params: { query: filter } })),
  });
}

/** What a policy says and said, newest first. */
export function usePolicyVersions(name: string) {
  return useQuery({
    queryKey: ["policy", name, "versions"],
    queryFn: async () => {
      const params = { path: { name }, query: ALL };
      return (await ask(api.GET("/clm-api/v1/policies/{name}/versions", { params }))).versions;
    },
  });
}

/** One policy. */
export function usePolicy(name: string) {
  return useQuery({
    queryKey: ["policy", name],
    enabled: name !== "",
    queryFn: () => ask(api.GET("/clm-api/v1/policies/{name}", { params: { path: { name } } })),
  });
}

/** Makes or changes a policy. */
export function useApplyPolicy() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ name, definition }: { name: string; definition: string }) =>
      ask(api.PUT("/clm-api/v1/policies/{name}", { params: { path: { name } }, body: { definition } })),
    onSuccess: () => client.invalidateQueries(),
  });
}
