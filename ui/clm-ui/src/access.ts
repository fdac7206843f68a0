import type { Grant } from "./generated/clm-api.ts";

/** What somebody may do, `<resource>:<act>`; the OpenAPI document names that of each operation as `x-permission`. */
export type Permission =
  | "audit:read"
  | "certificate:manage"
  | "certificate:read"
  | "certificate:renew"
  | "certificate:revoke"
  | "client:manage"
  | "client:read"
  | "end-entity:manage"
  | "end-entity:read"
  | "notification:manage"
  | "notification:read"
  | "person:manage"
  | "person:read"
  | "policy:manage"
  | "policy:read"
  | "realm:manage"
  | "realm:read"
  | "recovery:create"
  | "recovery:decide"
  | "recovery:read"
  | "request:create"
  | "request:decide"
  | "request:read"
  | "role:manage"
  | "role:read"
  | "system:read";

/** Questions to what a session was granted. No page offers what would be refused. */
export function accessOf(grants: Grant[]) {
  const having = (permission: Permission) => grants.filter((one) => one.permissions.includes(permission));
  return {
    /** Somewhere, be it under one policy. */
    may: (permission: Permission) => having(permission).length > 0,
    /** In all realms, under all policies. */
    mayEverywhere: (permission: Permission) => having(permission).some((one) => !one.realm && !one.policy),
    /** In a whole realm. */
    mayInRealm: (permission: Permission, realm: string) =>
      having(permission).some((one) => !one.policy && (!one.realm || one.realm === realm)),
    /** Under a policy of a realm. */
    mayUnderPolicy: (permission: Permission, realm: string, policy: string) =>
      having(permission).some(
        (one) => (!one.realm || one.realm === realm) && (!one.policy || one.policy === policy),
      ),
  };
}

/** The permissions that are had in all realms: those that may be given on without a realm. */
export function everywhere(grants: Grant[]): string[] {
  const all = grants.filter((one) => !one.realm && !one.policy).flatMap((one) => one.permissions);
  return [...new Set(all)].sort();
}

/** The permissions that are had in a whole realm. */
export function inRealm(grants: Grant[], realm: string): string[] {
  const all = grants.filter((one) => !one.policy && (!one.realm || one.realm === realm));
  return [...new Set(all.flatMap((one) => one.permissions))].sort();
}
