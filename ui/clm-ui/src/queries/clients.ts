import { keepPreviousData, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import type { NewClient, TokenWish } from "../generated/clm-api.ts";
import { api, ask, type PageFilter } from "./api.ts";

const TOKENS = "tokens";

/** A page of the clients that may be seen. */
export function useClients(filter: PageFilter) {
  return useQuery({
    queryKey: ["clients", filter],
    placeholderData: keepPreviousData,
    queryFn: () => ask(api.GET("/clm-api/v1/clients", { params: { query: filter } })),
  });
}

/** One client. */
export function useClient(name: string) {
  return useQuery({
    queryKey: ["client", name],
    queryFn: () => ask(api.GET("/clm-api/v1/clients/{name}", { params: { path: { name } } })),
  });
}

/** Its access tokens, without their text. */
export function useTokens(name: string) {
  return useQuery({
    queryKey: [TOKENS, name],
    queryFn: async () =>
      (await ask(api.GET("/clm-api/v1/clients/{name}/tokens", { params: { path: { name } } }))).tokens,
  });
}

/** Makes a client. */
export function useAddClient() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: NewClient) => ask(api.POST("/clm-api/v1/clients", { body })),
    onSuccess: () => client.invalidateQueries({ queryKey: ["clients"] }),
  });
}

/** Removes a client, with its tokens and roles. */
export function useRemoveClient() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (name: string) =>
      ask(api.DELETE("/clm-api/v1/clients/{name}", { params: { path: { name } } })),
    onSuccess: () => client.invalidateQueries({ queryKey: ["clients"] }),
  });
}

/** Makes an access token; its text is in the answer, this once. */
export function useMakeToken(name: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: TokenWish) =>
      ask(api.POST("/clm-api/v1/clients/{name}/tokens", { params: { path: { name } }, body })),
    onSuccess: () => client.invalidateQueries({ queryKey: [TOKENS, name] }),
  });
}

/** Takes an access token back. */
export function useRevokeToken(name: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (id: string) =>
      ask(api.DELETE("/clm-api/v1/clients/{name}/tokens/{id}", { params: { path: { name, id } } })),
    // not waited for: the last row takes the list with it
    onSuccess: () => void client.invalidateQueries({ queryKey: [TOKENS, name] }),
  });
}
