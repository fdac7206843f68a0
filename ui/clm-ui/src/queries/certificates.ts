import { keepPreviousData, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import type {
  CertificateChanges,
  CertificateImport,
  CertificateWish,
  IssuedBody,
  paths,
  RevocationWish,
  WaitingBody,
  WholeCertificate,
} from "../generated/clm-api.ts";
import { api, ask } from "./api.ts";

/** What is looked for in the inventory, and which part of it is wanted. */
export type CertificateFilter = NonNullable<paths["/clm-api/v1/certificates"]["get"]["parameters"]["query"]>;

/** What became of a wish. */
export type Outcome = { issued: IssuedBody } | { waiting: WaitingBody };

/** A page of the inventory. */
export function useCertificates(filter: CertificateFilter) {
  return useQuery({
    queryKey: ["certificates", filter],
    placeholderData: keepPreviousData,
    queryFn: () => ask(api.GET("/clm-api/v1/certificates", { params: { query: filter } })),
  });
}

/** One certificate with its chain. */
export function useCertificate(id: string) {
  return useQuery({
    queryKey: ["certificate", id],
    queryFn: async () => {
      const params = { path: { id }, query: { format: "json" } };
      // the same path also gives PEM and DER; `json` was asked for
      return (await ask(api.GET("/clm-api/v1/certificates/{id}", { params }))) as WholeCertificate;
    },
    // The inventory follows the CA: what was issued a moment ago may not be there yet.
    retry: (failures) => failures < 4,
    retryDelay: 400,
  });
}

/** Asks for a certificate. */
export function useEnroll() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: async (wish: CertificateWish): Promise<Outcome> => {
      const answer = await ask(api.POST("/clm-api/v1/certificates", { body: wish }));
      return "certificate_pem" in answer ? { issued: answer } : { waiting: answer };
    },
    onSuccess: () => client.invalidateQueries(),
  });
}

/** Revokes a certificate. */
export function useRevoke(id: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (wish: RevocationWish) =>
      ask(api.POST("/clm-api/v1/certificates/{id}/revocation", { params: { path: { id } }, body: wish })),
    onSuccess: () => client.invalidateQueries(),
  });
}

/** Changes owner, tags, locations and comment of the version that was seen. */
export function useChangeCertificate(id: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ version, ...body }: CertificateChanges & { version: number }) =>
      ask(
        api.PATCH("/clm-api/v1/certificates/{id}", {
          params: { path: { id }, header: { "If-Match": `"${version}"` } },
          body,
        }),
      ),
    onSuccess: () => client.invalidateQueries(),
  });
}

/** Takes certificates of others in; what became of each is in the answer. */
export function useImportCertificates() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: CertificateImport) => ask(api.POST("/clm-api/v1/certificates/imports", { body })),
    onSuccess: () => client.invalidateQueries(),
  });
}

/** Forgets an imported certificate. */
export function useForgetCertificate(id: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (_name: string) =>
      ask(api.DELETE("/clm-api/v1/certificates/{id}", { params: { path: { id } } })),
    onSuccess: () => {
      client.removeQueries({ queryKey: ["certificate", id] });
      return client.invalidateQueries({ queryKey: ["certificates"] });
    },
  });
}

/** What became of a certificate, the oldest first. */
export function useHistory(id: string) {
  return useQuery({
    queryKey: ["certificate", id, "history"],
    queryFn: async () =>
      (await ask(api.GET("/clm-api/v1/certificates/{id}/history", { params: { path: { id } } }))).events,
  });
}

/** Numbers for the overview. */
export function useStatistics(realm: string) {
  return useQuery({
    queryKey: ["statistics", realm],
    refetchInterval: 60_000,
    queryFn: () =>
      ask(api.GET("/clm-api/v1/statistics", { params: { query: { realm: realm || undefined } } })),
  });
}
