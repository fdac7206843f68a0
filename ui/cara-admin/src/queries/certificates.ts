import { keepPreviousData, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import type { paths } from "../generated/cara-ws.ts";
import { api, ask } from "./api.ts";

const V1 = "/cara-ws-server/v1";

/** What is looked for. */
export type CertificateFilter = NonNullable<
  paths["/cara-ws-server/v1/certificates"]["get"]["parameters"]["query"]
>;

/** A page of what CARA has issued. */
export function useCertificates(query: CertificateFilter, enabled = true) {
  return useQuery({
    queryKey: ["certificates", query],
    enabled,
    placeholderData: keepPreviousData,
    queryFn: () => ask(api.GET(`${V1}/certificates`, { params: { query } })),
  });
}

/** One certificate. */
export function useCertificate(issuer: string, serial: string) {
  return useQuery({
    queryKey: ["certificate", issuer, serial],
    queryFn: () =>
      ask(api.GET(`${V1}/certificates/{issuer}/{serial}`, { params: { path: { issuer, serial } } })),
  });
}

/** Revokes, holds. */
export function useRevoke(issuer: string, serial: string) {
  const client = useQueryClient();
  const params = { path: { issuer, serial } };
  return useMutation({
    mutationFn: (body: { reason: string }) =>
      ask(api.POST(`${V1}/certificates/{issuer}/{serial}/revocation`, { params, body })),
    onSuccess: () => client.invalidateQueries(),
  });
}

/** Takes a hold back. */
export function useRelease(issuer: string, serial: string) {
  const client = useQueryClient();
  const params = { path: { issuer, serial } };
  return useMutation({
    mutationFn: () => ask(api.DELETE(`${V1}/certificates/{issuer}/{serial}/revocation`, { params })),
    onSuccess: () => client.invalidateQueries(),
  });
}
