import { expect, test } from "vitest";
import { accessOf, everywhere, inRealm } from "./access.ts";

const grants = [
  { permissions: ["realm:read", "audit:read"] },
  { permissions: ["client:manage", "certificate:revoke"], realm: "shop" },
  { permissions: ["certificate:revoke"], realm: "bank", policy: "server" },
];

test("what is granted in a realm or under a policy counts only there", () => {
  const { may, mayEverywhere, mayInRealm, mayUnderPolicy } = accessOf(grants);
  expect(may("certificate:revoke")).toBe(true);
  expect(may("person:read")).toBe(false);
  expect(mayEverywhere("audit:read")).toBe(true);
  expect(mayEverywhere("client:manage")).toBe(false);
  expect(mayInRealm("audit:read", "bank")).toBe(true);
  expect(mayInRealm("client:manage", "shop")).toBe(true);
  expect(mayInRealm("client:manage", "bank")).toBe(false);
  expect(mayInRealm("certificate:revoke", "bank")).toBe(false);
  expect(mayUnderPolicy("certificate:revoke", "bank", "server")).toBe(true);
  expect(mayUnderPolicy("certificate:revoke", "bank", "mail")).toBe(false);
  expect(mayUnderPolicy("certificate:revoke", "shop", "mail")).toBe(true);
});

test("what may be given on is what one has there", () => {
  expect(everywhere(grants)).toEqual(["audit:read", "realm:read"]);
  expect(inRealm(grants, "shop")).toEqual([
    "audit:read",
    "certificate:revoke",
    "client:manage",
    "realm:read",
  ]);
  expect(inRealm(grants, "bank")).toEqual(["audit:read", "realm:read"]);
});
