import { expect, test } from "vitest";
import { keyIn, lineOfKey, rulesOf, syntaxFault } from "./rules.ts";

const POLICY = `name: web
realm: default
protocols: [rest]
validity:
  default: 90d
  longest: 47d
names:
  dns: ["*"]
`;

test("the line of a key is found by its path, or that of the nearest key above", () => {
  expect(lineOfKey(POLICY, "validity.longest")).toBe(6);
  expect(lineOfKey(POLICY, "protocols[0]")).toBe(3);
  expect(lineOfKey(POLICY, "names.ip")).toBe(7);
  expect(lineOfKey(POLICY, "profile")).toBe(1);
});

test("the key stands in the service's message", () => {
  expect(keyIn("read policy: validity.default: longer than validity.longest")).toBe("validity.default");
  expect(keyIn("there is no realm x")).toBeUndefined();
});

test("what is no YAML is told with its line", () => {
  expect(syntaxFault("name: a\nprotocols: [rest\nrealm: b\n")?.line).toBeGreaterThan(1);
  expect(syntaxFault(POLICY)).toBeUndefined();
});

test("a definition is read for people, and never fails", () => {
  expect(rulesOf(POLICY).validity?.longest).toBe("47d");
  expect(rulesOf("[")).toEqual({});
  expect(rulesOf("just text")).toEqual({});
});
