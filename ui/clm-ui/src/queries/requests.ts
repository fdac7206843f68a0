import { keepPreviousData, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import type { DecisionBody } from "../generated/clm-api.ts";
import { api, ask } from "./api.ts";

/** What is looked for among the requests. */
export type RequestFilter = {
  state?: string | undefined;
  /** Only those that were made here, by who is logged in. */
  mine?: boolean | undefined;
  page_size?: number;
  page_token?: string | undefined;
};

/** A page of requests. */
export function useRequests(
  filter: RequestFilter,
  options: { enabled?: boolean; refetchInterval?: number } = {},
) {
  return useQuery({
    queryKey: ["requests", filter],
    placeholderData: keepPreviousData,
    ...options,
    queryFn: () => ask(api.GET("/clm-api/v1/requests", { params: { query: filter } })),
  });
}

/** Fetches the key that the platform made for a request of one's own: as PKCS#12 under this password. */
export function useFetchKey(id: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (password: string) =>
      ask(api.POST("/clm-api/v1/requests/{id}/key", { params: { path: { id } }, body: { password } })),
    onSuccess: () => client.invalidateQueries(),
  });
}

/** Approves or declines a request. */
export function useDecide(id: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (decision: DecisionBody) =>
      ask(api.POST("/clm-api/v1/requests/{id}/decision", { params: { path: { id } }, body: decision })),
    onSuccess: () => client.invalidateQueries(),
  });
}
