import { expect, test } from "vitest";
import { draftOf, settingsOf } from "./settings.ts";

test("settings come back as they were, those that the app does not know too", () => {
  const settings = {
    profiles: ["tls-server", "tls-client"],
    crl_delta_minutes: 0,
    crl_keep_expired: false,
    longest_validity: "1y",
    of_a_later_release: { any: "thing" },
  };
  expect(settingsOf(draftOf(settings))).toEqual(settings);
});

test("what was emptied is left out", () => {
  const draft = draftOf({ crl_validity_hours: 48, extra_crl_urls: ["http://a.example/"] });
  expect(settingsOf({ ...draft, crl_validity_hours: " ", extra_crl_urls: "http://b.example/\n\n" })).toEqual({
    extra_crl_urls: ["http://b.example/"],
  });
});
