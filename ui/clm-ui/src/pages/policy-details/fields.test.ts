import { expect, test } from "vitest";
import keys from "../../../../../docs/generated/policy-keys.json" with { type: "json" };
import { SECTIONS } from "./fields.ts";

/** Fields that the form has beside its sections. */
const ELSEWHERE = ["name", "realm"];

test("every key of a policy is in the form, and the form has no others", () => {
  const shown = SECTIONS.flatMap(({ fields }) => fields.map(({ path }) => path));
  expect(new Set(shown).size).toBe(shown.length);
  expect([...shown, ...ELSEWHERE].sort()).toEqual([...keys].sort());
});
