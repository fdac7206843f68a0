import { keepPreviousData, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import type { NewSubscription } from "../generated/clm-api.ts";
import { api, ask, type PageFilter } from "./api.ts";

const SUBSCRIPTIONS = ["subscriptions"];
const DELIVERIES = ["deliveries"];
/** Deliveries go on by themselves. */
const LOOKED_MS = 5_000;

/** What is looked for among the deliveries. */
export type DeliveryFilter = {
  state?: string | undefined;
  subscription?: string | undefined;
  page_size?: number;
  page_token?: string | undefined;
};

/** A page of the subscriptions. */
export function useSubscriptions(filter: PageFilter) {
  return useQuery({
    queryKey: [...SUBSCRIPTIONS, filter],
    placeholderData: keepPreviousData,
    queryFn: () => ask(api.GET("/clm-api/v1/subscriptions", { params: { query: filter } })),
  });
}

/** A page of deliveries, newest first. */
export function useDeliveries(filter: DeliveryFilter) {
  return useQuery({
    queryKey: [...DELIVERIES, filter],
    placeholderData: keepPreviousData,
    refetchInterval: LOOKED_MS,
    queryFn: () => ask(api.GET("/clm-api/v1/deliveries", { params: { query: filter } })),
  });
}

/** Makes a subscription; that of a webhook comes with its secret, this once. */
export function useSubscribe() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: NewSubscription) => ask(api.POST("/clm-api/v1/subscriptions", { body })),
    onSuccess: () => client.invalidateQueries({ queryKey: SUBSCRIPTIONS }),
  });
}

/** Changes one. */
export function useChangeSubscription() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ name, ...body }: NewSubscription & { name: string }) =>
      ask(api.PUT("/clm-api/v1/subscriptions/{name}", { params: { path: { name } }, body })),
    onSettled: () => client.invalidateQueries({ queryKey: SUBSCRIPTIONS }),
  });
}

/** Sends a test. */
export function useTrySubscription() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (name: string) =>
      ask(api.POST("/clm-api/v1/subscriptions/{name}/test", { params: { path: { name } } })),
    onSuccess: () => client.invalidateQueries({ queryKey: DELIVERIES }),
  });
}

/** Removes one, with what was not sent yet. */
export function useUnsubscribe() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (name: string) =>
      ask(api.DELETE("/clm-api/v1/subscriptions/{name}", { params: { path: { name } } })),
    onSuccess: () => client.invalidateQueries(),
  });
}

/** Sends one again, now. */
export function useRetryDelivery() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (id: number) =>
      ask(api.POST("/clm-api/v1/deliveries/{id}/retry", { params: { path: { id } } })),
    // not waited for: the row may be gone from a filtered list before its caller hears of it
    onSettled: () => void client.invalidateQueries({ queryKey: DELIVERIES }),
  });
}
