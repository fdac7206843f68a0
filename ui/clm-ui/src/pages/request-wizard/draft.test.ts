import { expect, test } from "vitest";
import { doubts, EMPTY, subjectOf, wishOf } from "./draft.ts";

const draft = { ...EMPTY, policy: "server", names: "www.example.com, 192.0.2.1" };

test("the subject is the common name, else the first name, where the policy allows one", () => {
  expect(subjectOf(draft, {})).toBe("CN=www.example.com");
  expect(subjectOf({ ...draft, commonName: "Anna, B=+" }, {})).toBe("CN=Anna\\, B\\=\\+");
  expect(subjectOf(draft, { subject: { attributes: ["O"] } })).toBe("");
  expect(subjectOf({ ...draft, names: `${"a".repeat(70)}.example` }, {})).toBe("");
});

test("the wish names the policy, all names, and the validity only when one was given", () => {
  expect(wishOf(draft, "pem", "CN=www.example.com", "ui-1")).toEqual({
    csr: "pem",
    policy: "server",
    request_id: "ui-1",
    subject: "CN=www.example.com",
    subject_alternative_names: ["dns:www.example.com", "ip:192.0.2.1"],
  });
  expect(wishOf({ ...draft, validity: " 30d " }, "pem", "", "ui-1")).toMatchObject({ validity: "30d" });
});

test("what the policy will not allow is told before it is asked", () => {
  const rules = { key_algorithms: ["RSA-3072"], names: { dns: ["*"], required: true } };
  expect(doubts(draft, rules)).toEqual(["key", "kind"]);
  expect(doubts({ ...draft, names: "*.example.com" }, rules)).toEqual(["key", "wildcard"]);
  expect(doubts({ ...draft, algorithm: "RSA-3072", names: "" }, rules)).toEqual(["no_names"]);
  expect(doubts({ ...draft, algorithm: "RSA-3072", names: "a.example" }, rules)).toEqual([]);
});
