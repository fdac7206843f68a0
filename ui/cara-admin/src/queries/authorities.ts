import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import type {
  CarriedCertificate,
  CrossSigning,
  NewAuthority,
  NewState,
  Renewal,
  RollOver,
} from "../generated/cara-ws.ts";
import { api, ask } from "./api.ts";

const V1 = "/cara-ws-server/v1";
const of = (name: string) => ({ path: { name } });

/** All CAs. */
export function useAuthorities() {
  return useQuery({
    queryKey: ["authorities"],
    refetchInterval: 30_000,
    queryFn: async () => (await ask(api.GET(`${V1}/authorities`))).authorities,
  });
}

/** One CA, with how much it has issued. */
export function useAuthority(name: string) {
  return useQuery({
    queryKey: ["authority", name],
    queryFn: () => ask(api.GET(`${V1}/authorities/{name}`, { params: of(name) })),
  });
}

/** The newest CRLs of a CA. */
export function useCrls(name: string) {
  return useQuery({
    queryKey: ["crls", name],
    refetchInterval: 30_000,
    queryFn: async () => (await ask(api.GET(`${V1}/authorities/{name}/crls`, { params: of(name) }))).crls,
  });
}

function useChange<In, Out>(change: (wish: In) => Promise<Out>) {
  const client = useQueryClient();
  return useMutation({ mutationFn: change, onSuccess: () => client.invalidateQueries() });
}

/** Makes a CA. */
export const useCreate = () =>
  useChange((body: NewAuthority) => ask(api.POST(`${V1}/authorities`, { body })));

/** A new certificate for the same key. */
export const useRenew = (name: string) =>
  useChange((body: Renewal) => ask(api.POST(`${V1}/authorities/{name}/renewal`, { params: of(name), body })));

/** A new key. */
export const useRollOver = (name: string) =>
  useChange((body: RollOver) =>
    ask(api.POST(`${V1}/authorities/{name}/rollover`, { params: of(name), body })),
  );

/** Has a prepared generation issue. */
export const useSwitch = (name: string) =>
  useChange((generation: number) =>
    ask(api.POST(`${V1}/authorities/{name}/switch`, { params: of(name), body: { generation } })),
  );

/** Suspends, resumes, retires, revokes. */
export const usePutState = (name: string) =>
  useChange((body: NewState) => ask(api.PUT(`${V1}/authorities/{name}/state`, { params: of(name), body })));

/** Takes in what a foreign CA has signed. */
export const useImport = (name: string) =>
  useChange((body: CarriedCertificate) =>
    ask(api.POST(`${V1}/authorities/{name}/certificates`, { params: of(name), body })),
  );

/** Signs a CA that is not ours. */
export const useCrossSign = (name: string) =>
  useChange((body: CrossSigning) =>
    ask(api.POST(`${V1}/authorities/{name}/cross-certificates`, { params: of(name), body })),
  );

/** Puts settings, when nobody else has changed them meanwhile. */
export const usePutSettings = (name: string) =>
  useChange(({ settings, version }: { settings: Record<string, unknown>; version: number }) => {
    // the document says of settings only that they are an object
    const body = { settings: settings as Record<string, never>, version };
    return ask(api.PUT(`${V1}/authorities/{name}/settings`, { params: of(name), body }));
  });

/** Makes the CRLs of a CA anew, now. */
export function usePublish() {
  return useChange((name: string) =>
    ask(api.POST(`${V1}/authorities/{name}/crls`, { params: of(name), body: { delta_only: false } })),
  );
}
