import { keepPreviousData, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import type { BulkChange, BulkRenewal, BulkRevocation } from "../generated/clm-api.ts";
import { api, ask, type PageFilter } from "./api.ts";

const ACTS = "bulk-acts";
const LOOKED_MS = 1_000;

/** Which certificates: chosen one by one, or all that a search finds. */
export type Chosen = Pick<BulkRevocation, "ids" | "filter">;

/** A page of the acts on many certificates, newest first. */
export function useBulkActs(filter: Pick<PageFilter, "page_size" | "page_token">) {
  return useQuery({
    queryKey: [ACTS, filter],
    placeholderData: keepPreviousData,
    refetchInterval: ({ state }) =>
      state.data?.bulk_acts.some((act) => act.state === "running") ? LOOKED_MS : false,
    queryFn: () => ask(api.GET("/clm-api/v1/bulk-acts", { params: { query: filter } })),
  });
}

/** One act: how far it has come, and what could not be done. It is looked at again until it ends. */
export function useBulkAct(id: string) {
  return useQuery({
    queryKey: [ACTS, id],
    refetchInterval: ({ state }) => (state.data && state.data.state !== "running" ? false : LOOKED_MS),
    queryFn: () => ask(api.GET("/clm-api/v1/bulk-acts/{id}", { params: { path: { id } } })),
  });
}

/** Begins to revoke certificates. */
export function useRevokeMany() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: BulkRevocation) => ask(api.POST("/clm-api/v1/bulk-acts/revocations", { body })),
    onSuccess: () => client.invalidateQueries({ queryKey: [ACTS] }),
  });
}

/** Begins to tell clients to renew certificates now. */
export function useRenewMany() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: BulkRenewal) => ask(api.POST("/clm-api/v1/bulk-acts/renewals", { body })),
    onSuccess: () => client.invalidateQueries({ queryKey: [ACTS] }),
  });
}

/** Begins to change owner and tags of certificates. */
export function useChangeMany() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: BulkChange) => ask(api.POST("/clm-api/v1/bulk-acts/changes", { body })),
    onSuccess: () => client.invalidateQueries({ queryKey: [ACTS] }),
  });
}

/** Ends an act; what is done stays done. */
export function useCancelBulkAct(id: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: () => ask(api.POST("/clm-api/v1/bulk-acts/{id}/cancellation", { params: { path: { id } } })),
    onSettled: () => client.invalidateQueries({ queryKey: [ACTS] }),
  });
}
