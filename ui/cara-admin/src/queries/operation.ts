import { keepPreviousData, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import type { Roles } from "../generated/cara-ws.ts";
import { api, ask } from "./api.ts";

const V1 = "/cara-ws-server/v1";

/** The tokens that hold keys. */
export function useTokens(enabled = true) {
  return useQuery({
    queryKey: ["tokens"],
    enabled,
    refetchInterval: 10_000,
    queryFn: async () => (await ask(api.GET(`${V1}/tokens`))).tokens,
  });
}

/** All private keys. */
export function useKeys() {
  return useQuery({
    queryKey: ["keys"],
    queryFn: async () => (await ask(api.GET(`${V1}/keys`))).keys,
  });
}

/** The signers' journals; looked at again and again where `everyMs` says so. */
export function useChains(enabled: boolean, everyMs?: number) {
  return useQuery({
    queryKey: ["journal"],
    enabled,
    ...(everyMs && { refetchInterval: everyMs }),
    queryFn: async () => (await ask(api.GET(`${V1}/journal`))).chains,
  });
}

/** A page of what administrators did. */
export function useActs(query: {
  administrator?: string | undefined;
  act?: string | undefined;
  page_size: number;
  page_token?: string | undefined;
}) {
  return useQuery({
    queryKey: ["acts", query],
    placeholderData: keepPreviousData,
    queryFn: () => ask(api.GET(`${V1}/acts`, { params: { query } })),
  });
}

/** All administrators. */
export function useAdministrators() {
  return useQuery({
    queryKey: ["administrators"],
    queryFn: async () => (await ask(api.GET(`${V1}/administrators`))).administrators,
  });
}

function useChange<In>(change: (wish: In) => Promise<unknown>) {
  const client = useQueryClient();
  return useMutation({ mutationFn: change, onSuccess: () => client.invalidateQueries() });
}

/** Makes or changes an administrator; with a certificate that shows them. */
export const usePutAdministrator = () =>
  useChange(async (wish: { name: string; roles: Roles; certificate_pem: string }) => {
    const params = { path: { name: wish.name } };
    await ask(api.PUT(`${V1}/administrators/{name}`, { params, body: wish.roles }));
    const body = { certificate_pem: wish.certificate_pem };
    if (body.certificate_pem) {
      await ask(api.POST(`${V1}/administrators/{name}/certificates`, { params, body }));
    }
  });

/** Removes an administrator, with their certificates. */
export const useDeleteAdministrator = () =>
  useChange((name: string) => ask(api.DELETE(`${V1}/administrators/{name}`, { params: { path: { name } } })));
