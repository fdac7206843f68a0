import { expect, test } from "vitest";
import { formats } from "./formats.ts";

const NOW = Date.parse("2026-11-22T12:00:00Z");

test.each([
  ["2026-11-22T11:59:30Z", "30 seconds ago", "vor 30 Sekunden"],
  ["2026-11-22T15:00:00Z", "in 3 hours", "in 3 Stunden"],
  ["2026-12-22T12:00:00Z", "in 30 days", "in 30 Tagen"],
  ["2027-11-22T12:00:00Z", "in 12 months", "in 12 Monaten"],
  ["2056-11-14T12:00:00Z", "in 30 years", "in 30 Jahren"],
])("%s is told in relation to now", (time, english, german) => {
  expect(formats("en").relative(time, NOW)).toBe(english);
  expect(formats("de").relative(time, NOW)).toBe(german);
});
