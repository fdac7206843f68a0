import { Problem } from "@ers/frame";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useMemo } from "react";
import { accessOf } from "../access.ts";
import type { LoggedOut, Login, PasswordChange, SessionBody } from "../generated/clm-api.ts";
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

/** What who is logged in may do. */
export function useAccess() {
  const grants = useSession().data?.grants;
  return useMemo(() => accessOf(grants ?? []), [grants]);
}

/** The ways to log in. */
export function useLoginMethods() {
  return useQuery({
    queryKey: ["login-methods"],
    staleTime: 60_000,
    queryFn: () => ask(api.GET("/clm-api/v1/login-methods")),
  });
}

/** Logs in, and learns what the person may do. The token of the answer is for programs: here the cookie counts. */
export function useLogIn() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: async (login: Login) => {
      await ask(api.POST("/clm-api/v1/session", { body: login }));
      return ask(api.GET("/clm-api/v1/session"));
    },
    onSuccess: (session) => client.setQueryData(SESSION, session),
  });
}

/** The same with the client certificate that the browser shows. */
export function useLogInByCertificate() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: async () => {
      await ask(api.POST("/clm-api/v1/session/certificate"));
      return ask(api.GET("/clm-api/v1/session"));
    },
    onSuccess: (session) => client.setQueryData(SESSION, session),
  });
}

/** Logs out, forgets everything that was loaded, and goes on to the OpenID provider when there is a session too. */
export function useLogOut() {
  const client = useQueryClient();
  return useMutation({
    // a local account has nothing to be told: 204
    mutationFn: async (): Promise<LoggedOut | undefined> => ask(api.DELETE("/clm-api/v1/session")),
    onSuccess: (out) => {
      if (out?.provider_logout_url) location.assign(out.provider_logout_url);
    },
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

/** Makes a second factor, which counts once it is confirmed. */
export function useMakeSecondFactor() {
  return useMutation({ mutationFn: () => ask(api.POST("/clm-api/v1/account/second-factor")) });
}

/** Confirms it by a first code. */
export function useConfirmSecondFactor() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (code: string) =>
      ask(api.POST("/clm-api/v1/account/second-factor/confirmation", { body: { code } })),
    onSuccess: () => client.invalidateQueries({ queryKey: SESSION }),
  });
}

/** Takes it away. */
export function useDropSecondFactor() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (password: string) =>
      ask(api.POST("/clm-api/v1/account/second-factor/removal", { body: { password } })),
    onSuccess: () => client.invalidateQueries({ queryKey: SESSION }),
  });
}
