import { expect, test } from "vitest";
import { changedKeys, lineChanges } from "./changes.ts";

const OLD = `name: server
# who decided
validity: {default: 30d, longest: 90d}
names:
  dns: [.shop.example]
`;
const NEW = `name: server
validity: {default: 30d, longest: 1y}
names:
  dns: [.shop.example, corp.example]
  required: true
`;

test("two versions differ by keys, whatever their layout", () => {
  expect(changedKeys(OLD, NEW)).toEqual([
    { path: "validity.longest", before: "90d", after: "1y" },
    { path: "names.dns", before: ".shop.example", after: ".shop.example, corp.example" },
    { path: "names.required", before: undefined, after: "true" },
  ]);
  expect(changedKeys(NEW, OLD).at(-1)).toEqual({ path: "names.required", before: "true", after: undefined });
  expect(changedKeys("a: {b: 1}", "a:\n  b: 1\n")).toEqual([]);
});

test("lines that went and came stand where they did", () => {
  const shown = lineChanges(OLD, NEW).map(({ sign, text }) => sign + text);
  expect(shown).toEqual([
    " name: server",
    "-# who decided",
    "-validity: {default: 30d, longest: 90d}",
    "+validity: {default: 30d, longest: 1y}",
    " names:",
    "-  dns: [.shop.example]",
    "+  dns: [.shop.example, corp.example]",
    "+  required: true",
  ]);
  expect(lineChanges("a\nb", "a\nb\n").every(({ sign }) => sign === " ")).toBe(true);
  expect(lineChanges("", "a").map(({ sign, text }) => sign + text)).toEqual(["-", "+a"]);
});
