import { keepPreviousData, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, ask } from "./api.ts";

/** What is looked for among the wishes to have a kept key back. */
export type RecoveryFilter = {
  state?: string | undefined;
  /** Only those of who is logged in. */
  mine?: boolean | undefined;
  page_size?: number;
  page_token?: string | undefined;
};

/** A page of them, newest first. */
export function useRecoveries(
  filter: RecoveryFilter,
  options: { enabled?: boolean; refetchInterval?: number } = {},
) {
  return useQuery({
    queryKey: ["recoveries", filter],
    placeholderData: keepPreviousData,
    ...options,
    queryFn: () => ask(api.GET("/clm-api/v1/key-recoveries", { params: { query: filter } })),
  });
}

function useAct<In, Out>(act: (wish: In) => Promise<Out>) {
  const client = useQueryClient();
  return useMutation({ mutationFn: act, onSuccess: () => client.invalidateQueries() });
}

/** Asks for the key of a certificate. */
export const useAskForKey = () =>
  useAct((body: { certificate: string; comment: string }) =>
    ask(api.POST("/clm-api/v1/key-recoveries", { body })),
  );

/** Says yes or no to somebody else's. */
export const useDecideRecovery = (id: string) =>
  useAct((body: { approve: boolean; comment: string }) =>
    ask(api.POST("/clm-api/v1/key-recoveries/{id}/decision", { params: { path: { id } }, body })),
  );

/** Takes one's own back. */
export const useWithdrawRecovery = (id: string) =>
  useAct(() => ask(api.POST("/clm-api/v1/key-recoveries/{id}/withdrawal", { params: { path: { id } } })));

/** Takes the key: once, as PKCS#12 under this password. */
export const useTakeKey = (id: string) =>
  useAct((password: string) =>
    ask(api.POST("/clm-api/v1/key-recoveries/{id}/key", { params: { path: { id } }, body: { password } })),
  );
