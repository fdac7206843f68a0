import { expect, test } from "vitest";
import { linesAndPemOf, valueAt, withValue } from "./draft.ts";

const POLICY = `# ours
name: web
validity:
  default: 90d # short
  longest: 1y
names:
  dns: ["*"]
  most: 100
manual_approval: false
`;

test("values are read by their path, in the words of forms", () => {
  expect(valueAt(POLICY, "validity.default")).toBe("90d");
  expect(valueAt(POLICY, "names.dns")).toEqual(["*"]);
  expect(valueAt(POLICY, "names.most")).toBe("100");
  expect(valueAt(POLICY, "manual_approval")).toBe(false);
  expect(valueAt(POLICY, "acme.honour_caa")).toBeUndefined();
  expect(valueAt(POLICY, "validity")).toBeUndefined();
});

test("another value leaves everything else and the comments alone", () => {
  const changed = withValue(POLICY, "validity.default", "47d");
  expect(changed).toBe(POLICY.replace("90d", "47d"));
  const longer = withValue(POLICY, "names.dns", [".shop.example", "*"]);
  expect(longer).toContain("# ours\n");
  expect(valueAt(longer, "names.dns")).toEqual([".shop.example", "*"]);
  expect(withValue(POLICY, "names.most", "5")).toBe(POLICY.replace("100", "5"));
});

test("a key is made with those above it, and goes with those that it leaves empty", () => {
  const made = withValue(POLICY, "authentication.renewal.before", "30d");
  expect(valueAt(made, "authentication.renewal.before")).toBe("30d");
  expect(withValue(made, "authentication.renewal.before", undefined)).toBe(POLICY);
});

test("a certificate among lines is one of them", () => {
  const pem = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----";
  expect(linesAndPemOf(`factory\n ${pem}\n\nother `)).toEqual(["factory", pem, "other"]);
  const made = withValue(POLICY, "authentication.trusted_issuers", ["factory", pem]);
  expect(valueAt(made, "authentication.trusted_issuers")).toEqual(["factory", pem]);
  expect(linesAndPemOf("-----BEGIN CERTIFICATE-----\nMIIB")).toHaveLength(2);
});
