import { keepPreviousData, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import type { NewPerson, PersonChanges } from "../generated/clm-api.ts";
import { api, ask, type PageFilter } from "./api.ts";

/** A page of the local accounts. */
export function usePeople(filter: Omit<PageFilter, "realm">) {
  return useQuery({
    queryKey: ["people", filter],
    placeholderData: keepPreviousData,
    queryFn: () => ask(api.GET("/clm-api/v1/people", { params: { query: filter } })),
  });
}

/** One local account. */
export function usePerson(username: string) {
  return useQuery({
    queryKey: ["person", username],
    queryFn: () => ask(api.GET("/clm-api/v1/people/{username}", { params: { path: { username } } })),
  });
}

/** Makes an account; a password that was made for it is in the answer, this once. */
export function useAddPerson() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: NewPerson) => ask(api.POST("/clm-api/v1/people", { body })),
    onSuccess: () => client.invalidateQueries({ queryKey: ["people"] }),
  });
}

/** Changes, closes or opens an account. */
export function useChangePerson(username: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: PersonChanges) =>
      ask(api.PATCH("/clm-api/v1/people/{username}", { params: { path: { username } }, body })),
    onSuccess: () => client.invalidateQueries(),
  });
}

/** Gives somebody a new password. */
export function useSetPassword(username: string) {
  return useMutation({
    mutationFn: (password: string) =>
      ask(
        api.PUT("/clm-api/v1/people/{username}/password", {
          params: { path: { username } },
          body: { password },
        }),
      ),
  });
}

/** Takes somebody's second factor away. */
export function useResetSecondFactor() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (username: string) =>
      ask(api.DELETE("/clm-api/v1/people/{username}/second-factor", { params: { path: { username } } })),
    onSuccess: () => client.invalidateQueries(),
  });
}

/** Removes an account, with its roles. */
export function useRemovePerson() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (username: string) =>
      ask(api.DELETE("/clm-api/v1/people/{username}", { params: { path: { username } } })),
    onSuccess: () => client.invalidateQueries({ queryKey: ["people"] }),
  });
}
