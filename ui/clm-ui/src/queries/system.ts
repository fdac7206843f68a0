import { useQuery } from "@tanstack/react-query";
import { api, ask } from "./api.ts";
import { useAccess } from "./session.ts";

const LOOKED_MS = 15_000;

/** How the platform stands. */
export function useSystem() {
  return useQuery({
    queryKey: ["system"],
    refetchInterval: LOOKED_MS,
    queryFn: () => ask(api.GET("/clm-api/v1/system")),
  });
}

/** The CAs that policies issue from. */
export function useAuthorities() {
  const { may } = useAccess();
  return useQuery({
    queryKey: ["authorities"],
    enabled: may("policy:read"),
    staleTime: 60_000,
    queryFn: async () => (await ask(api.GET("/clm-api/v1/authorities"))).authorities,
  });
}
