import { expect, test } from "vitest";
import { daysIn, draftOf, faultsOf, fits, wishOf, withActive } from "./wish.ts";

const draft = { ...draftOf(undefined, "de"), name: "web-team", recipient: "web@example.org" };

test("a new subscription hears of what expires, 30, 7 and 1 days before", () => {
  expect(faultsOf(draft)).toEqual({});
  expect(wishOf(draft, true)).toEqual({
    name: "web-team",
    channel: "mail",
    recipient: "web@example.org",
    events: ["certificate.expiring"],
    days: [30, 7, 1],
    realm: "",
    policy: "",
    language: "de",
    active: true,
  });
});

test("contacts hear of certificates only, a realm not of the platform", () => {
  expect(fits("request.waiting", { ...draft, channel: "contact" })).toBe(false);
  expect(fits("certificate.issued", { ...draft, channel: "contact" })).toBe(true);
  expect(fits("signer.unreachable", draft)).toBe(true);
  expect(fits("signer.unreachable", { ...draft, realm: "shop" })).toBe(false);
  const contact = { ...draft, channel: "contact", events: ["request.waiting", "certificate.revoked"] };
  expect(wishOf(contact, true)).toMatchObject({ recipient: "", events: ["certificate.revoked"], days: [] });
});

test.each([
  ["30, 7,1", [30, 7, 1]],
  ["7 7", [7]],
  ["", undefined],
  ["0", undefined],
  ["3651", undefined],
  ["1.5", undefined],
  ["soon", undefined],
  ["1 2 3 4 5 6 7 8 9 10 11", undefined],
])("days %o are %o", (text, days) => expect(daysIn(text)).toEqual(days));

test("what cannot be sent to is told at its field", () => {
  expect(faultsOf({ ...draft, recipient: "anna" })).toEqual({ recipient: "mail" });
  expect(faultsOf({ ...draft, channel: "webhook", recipient: "http://a.example" })).toEqual({
    recipient: "url",
  });
  expect(faultsOf({ ...draft, channel: "contact", recipient: "" })).toEqual({});
  expect(faultsOf({ ...draft, name: "Web Team", days: "never" })).toEqual({ name: "name", days: "days" });
  expect(faultsOf({ ...draft, events: ["certificate.issued"], days: "" })).toEqual({});
});

test("pausing changes nothing else, and only the version that was seen", () => {
  const kept = {
    ...wishOf({ ...draft, realm: "shop", policy: "server" }, true),
    days: [1, 30],
    active: true,
    version: 4,
    language: "de",
    created_at: "",
    created_by: "",
    updated_at: "",
    updated_by: "",
  };
  expect(withActive(kept, false)).toMatchObject({
    realm: "shop",
    policy: "server",
    days: [30, 1],
    language: "de",
    active: false,
    version: 4,
  });
});
