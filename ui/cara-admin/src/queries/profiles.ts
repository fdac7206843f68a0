import { keepPreviousData, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, ask } from "./api.ts";

const V1 = "/cara-ws-server/v1";
/** What a profile says; its form stands in docs/issuance.md. */
export type Definition = Record<string, unknown>;

// the document says of definitions only that they are objects
const opaque = (definition: Definition) => definition as Record<string, never>;

/** All profiles. */
export function useProfiles(enabled = true) {
  return useQuery({
    queryKey: ["profiles"],
    enabled,
    queryFn: async () => (await ask(api.GET(`${V1}/profiles`))).profiles,
  });
}

/** One profile, as it is in force. */
export function useProfile(name: string) {
  return useQuery({
    queryKey: ["profile", name],
    enabled: name !== "",
    queryFn: () => ask(api.GET(`${V1}/profiles/{name}`, { params: { path: { name } } })),
  });
}

/** An example of what a definition makes, and what the linter has against it. */
export function useRehearsal(definition: Definition | undefined, enabled: boolean) {
  return useQuery({
    queryKey: ["rehearsal", JSON.stringify(definition)],
    enabled: enabled && definition !== undefined,
    placeholderData: keepPreviousData,
    staleTime: 60_000,
    retry: false,
    queryFn: () => {
      const body = { definition: opaque(definition ?? {}) };
      return ask(api.POST(`${V1}/profiles/rehearse`, { body }));
    },
  });
}

/** Puts a profile; refused when somebody else has changed it meanwhile. */
export function usePutProfile() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({
      name,
      definition,
      version,
    }: {
      name: string;
      definition: Definition;
      version: number;
    }) => {
      const body = { definition: opaque(definition), version };
      return ask(api.PUT(`${V1}/profiles/{name}`, { params: { path: { name } }, body }));
    },
    onSettled: () => client.invalidateQueries(),
  });
}

/** Removes a profile; refused while certificates of it are valid. */
export function useDeleteProfile() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (name: string) => ask(api.DELETE(`${V1}/profiles/{name}`, { params: { path: { name } } })),
    onSettled: () => client.invalidateQueries(),
  });
}
