import { keepPreviousData, useMutation, useQuery } from "@tanstack/react-query";
import { api, ask } from "./api.ts";

/** What is looked for in the audit log. */
export type EventFilter = {
  actor?: string | undefined;
  act?: string | undefined;
  object?: string | undefined;
  realm?: string | undefined;
  from?: string | undefined;
  until?: string | undefined;
  search?: string | undefined;
  page_size?: number;
  page_token?: string | undefined;
};

/** A page of the audit log, newest first. */
export function useEvents(filter: EventFilter) {
  return useQuery({
    queryKey: ["events", filter],
    placeholderData: keepPreviousData,
    queryFn: () => ask(api.GET("/clm-api/v1/audit", { params: { query: filter } })),
  });
}

/** Follows the chain of events from its beginning. */
export function useVerifyEvents() {
  return useMutation({ mutationFn: () => ask(api.GET("/clm-api/v1/audit/verification")) });
}
