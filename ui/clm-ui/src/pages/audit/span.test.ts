import { expect, test } from "vitest";
import { exportUrl, spanOf } from "./span.ts";

const HOUR = 3_600_000;

test("both days are in the span, also where the clock is changed", () => {
  const { from = "", until = "" } = spanOf("2026-10-24", "2026-10-26");
  expect(new Date(from).getHours()).toBe(0);
  expect(new Date(from).getDate()).toBe(24);
  expect(new Date(until).getHours()).toBe(0);
  expect(new Date(until).getDate()).toBe(27);
  const hours = (Date.parse(until) - Date.parse(from)) / HOUR;
  expect([72, 73]).toContain(hours);
});

test("the last day of a year ends where the next one begins", () => {
  expect(new Date(spanOf("", "2026-12-31").until ?? "").getFullYear()).toBe(2027);
});

test("what is no day is left out", () => {
  expect(spanOf("", "")).toEqual({});
  expect(spanOf("yesterday", "2026-1-1")).toEqual({});
});

test("an export is of that span and realm", () => {
  const url = new URL(exportUrl("csv", { from: "2026-01-01T00:00:00.000Z" }, "shop"), "https://a.example");
  expect(url.pathname).toBe("/clm-api/v1/audit/export");
  expect(Object.fromEntries(url.searchParams)).toEqual({
    format: "csv",
    from: "2026-01-01T00:00:00.000Z",
    realm: "shop",
  });
});
