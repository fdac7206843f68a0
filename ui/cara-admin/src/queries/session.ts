import { useQuery } from "@tanstack/react-query";
import { api, ask } from "./api.ts";

/** Whom the certificate shows that the browser has shown. */
export function useSession() {
  return useQuery({
    queryKey: ["session"],
    staleTime: 300_000,
    queryFn: () => ask(api.GET("/cara-ws-server/v1/session")),
  });
}

/** What administrators may do, in the words of the OpenAPI document. */
export type Permission =
  | "approve-acts"
  | "manage-authorities"
  | "manage-profiles"
  | "read-approvals"
  | "publish-crls"
  | "read-acts"
  | "read-administrators"
  | "read-authorities"
  | "read-certificates"
  | "read-profiles"
  | "revoke-certificates"
  | "manage-administrators";

/** Whether who is here may do that; no page offers what would be refused. */
export function useMay() {
  const session = useSession().data;
  return (permission: Permission) => session?.permissions.includes(permission) ?? false;
}

/** Whether they administer all CAs. */
export function useSeesAll() {
  const session = useSession().data;
  return session?.authorities.length === 0;
}
