import { expect, test } from "vitest";
import { exampleOf, secondsOf } from "./example.ts";
import { lint } from "./lint.ts";
import type { Rules } from "./rules.ts";

const NOW = Date.parse("2026-11-22T12:00:00Z");
const GOOD: Rules = {
  name: "web",
  issuer: "default-sub",
  profile: "tls-server",
  protocols: ["rest"],
  key_algorithms: ["P-256"],
  validity: { default: "47d", longest: "90d" },
  names: { dns: [".shop.example"], required: true },
};
const rulesFound = (changes: Rules) => lint({ ...GOOD, ...changes }, NOW).map(({ rule }) => rule);

test("a careful policy is left in peace", () => {
  expect(lint(GOOD, NOW)).toEqual([]);
});

test.each<[string, Rules, string[]]>([
  ["a default that is longer", { validity: { default: "2y", longest: "1y" } }, ["default_longer"]],
  ["any name for everybody", { names: { dns: ["*"] } }, ["anything_at_once"]],
  ["any name, by a person's word", { names: { dns: ["*"] }, manual_approval: true }, []],
  [
    "any name that is proven",
    {
      names: { dns: ["*"], must_be_proven: true },
      protocols: ["acme"],
      acme: { external_account_required: true },
    },
    [],
  ],
  [
    "wildcards anywhere",
    { names: { dns: ["*"], wildcards: true }, manual_approval: true },
    ["wildcard_anywhere"],
  ],
  [
    "ACME without names",
    { names: { email: ["a.example"] }, protocols: ["acme"] },
    ["acme_no_dns", "acme_open"],
  ],
  ["no names at all", { names: {} }, ["no_name"]],
  ["a rarer kind of name", { names: { dir: ["CN=[a-z]+,O=Example"] } }, []],
  ["a free common name", { names: {}, subject: { common_name: "free" } }, []],
  ["three years", { validity: { default: "90d", longest: "3y" } }, ["apple_825"]],
  [
    "RSA-2048 past 2030",
    {
      key_algorithms: ["RSA-2048"],
      validity: { default: "90d", longest: "10y" },
      names: { email: ["a.example"] },
    },
    ["rsa_2048_late"],
  ],
  ["SCEP without RSA", { protocols: ["scep"] }, ["scep_rsa"]],
  [
    "old SCEP",
    {
      protocols: ["scep"],
      key_algorithms: ["RSA-3072"],
      scep: { legacy_algorithms: true, static_challenge_of: "x" },
    },
    ["legacy_scep", "static_challenge"],
  ],
  ["an RA's word", { protocols: ["cmp"], cmp: { ra_verified: true } }, ["ra_verified"]],
  ["renewal at any time", { authentication: { renewal: { before: "60d" } } }, ["renewal_always"]],
])("%s is told", (_, changes, rules) => {
  expect(rulesFound(changes)).toEqual(rules);
});

test("periods are those of the service", () => {
  expect(secondsOf("47d")).toBe(47 * 86_400);
  expect(secondsOf("1y")).toBe(365 * 86_400);
  expect(secondsOf("1h")).toBe(3600);
  expect(secondsOf("1d12h")).toBe(36 * 3600);
  expect(secondsOf("soon")).toBeUndefined();
});

test("the example has a name of each kind that is allowed, and ends when it must", () => {
  const made = exampleOf(
    {
      ...GOOD,
      names: {
        dns: [".shop.example"],
        ip: ["192.0.2.0/24"],
        email: ["example.org"],
        uri: ["spiffe://shop/"],
      },
    },
    NOW,
  );
  expect(made.names).toEqual([
    "dns:www.shop.example",
    "ip:192.0.2.1",
    "email:anna@example.org",
    "uri:spiffe://shop/web",
  ]);
  expect(made.subject).toBe("CN=www.shop.example");
  expect(made.notAfter?.toISOString()).toBe("2027-01-08T12:00:00.000Z");
  expect(exampleOf({ ...GOOD, validity: {} }, NOW).notAfter).toBeUndefined();
});
