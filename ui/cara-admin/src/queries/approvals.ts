import { keepPreviousData, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, ask } from "./api.ts";

const V1 = "/cara-ws-server/v1";

/** A page of acts that wait, or waited, for a second administrator. */
export function useApprovals(
  query: { waiting: boolean; page_size: number; page_token?: string | undefined },
  enabled = true,
) {
  return useQuery({
    queryKey: ["approvals", query],
    enabled,
    placeholderData: keepPreviousData,
    refetchInterval: 30_000,
    queryFn: () => ask(api.GET(`${V1}/approvals`, { params: { query } })),
  });
}

/** Is the second administrator: the act is done. */
export function useApprove() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (id: string) => ask(api.POST(`${V1}/approvals/{id}/approve`, { params: { path: { id } } })),
    onSettled: () => client.invalidateQueries(),
  });
}

/** Refuses an act. */
export function useRefuse(id: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (reason: string) =>
      ask(api.POST(`${V1}/approvals/{id}/refuse`, { params: { path: { id } }, body: { reason } })),
    onSettled: () => client.invalidateQueries(),
  });
}
