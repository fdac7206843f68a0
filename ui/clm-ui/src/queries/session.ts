import { Problem } from "@ers/frame";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import type { Login, PasswordChange, SessionBody } from "../generated/clm-api.ts";
import { api, ask, SESSION } from "./api.ts";

/** Who is logged in; `null`: nobody. */
export function useSession() {
  return useQuery({
    queryKey: SESSION,
    staleTime: 60_000,
    queryFn: async (): Promise<SessionBody | null> => {
      try {
        return await ask(api.GET("/clm-api/v1/session"));
      } catch (error) {
        if (error instanceof Problem && error.status === 401) return null;
        throw error;
      }
    },
  });
}

/** Logs in. The token of the answer is for programs: here the cookie counts. */
export function useLogIn() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: async (login: Login) => {
      const { username, ends_at } = await ask(api.POST("/clm-api/v1/session", { body: login }));
      return { username, ends_at };
    },
    onSuccess: (session) => client.setQueryData(SESSION, session),
  });
}

/** Logs out, and forgets everything that was loaded. */
export function useLogOut() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: () => ask(api.DELETE("/clm-api/v1/session")),
    onSettled: () => {
      client.setQueryData(SESSION, null);
      client.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== SESSION[0] });
    },
  });
}

/** Changes the own password. */
export function useChangePassword() {
  return useMutation({
    mutationFn: (change: PasswordChange) => ask(api.POST("/clm-api/v1/account/password", { body: change })),
  });
}
