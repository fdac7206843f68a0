import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, ask } from "./api.ts";

/** The policies of a realm, or of all. */
export function usePolicies(realm: string, enabled = true) {
  return useQuery({
    queryKey: ["policies", realm],
    enabled,
    queryFn: async () => {
      const query = { realm: realm || undefined };
      return (await ask(api.GET("/clm-api/v1/policies", { params: { query } }))).policies;
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
