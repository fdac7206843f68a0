import { expect, test } from "vitest";
import { perSecond, spansOf } from "./rates.ts";

test("signatures per second are what the journals grew by", () => {
  const spans = spansOf([
    { at: 0, entries: 100 },
    { at: 5_000, entries: 150 },
    { at: 10_000, entries: 150 },
  ]);
  expect(spans.map(({ signed }) => signed)).toEqual([50, 0]);
  expect(perSecond(spans)).toBe(5);
});

test("one look tells nothing, and a journal that was exchanged is no negative number", () => {
  expect(perSecond(spansOf([{ at: 0, entries: 7 }]))).toBeUndefined();
  const shorter = [
    { at: 0, entries: 7 },
    { at: 1_000, entries: 2 },
  ];
  expect(spansOf(shorter)).toEqual([{ from: 0, to: 1_000, signed: 0 }]);
});
