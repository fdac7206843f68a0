import { expect, test } from "vitest";
import { exportUrl, filterOf, tagsIn } from "./search.ts";

const urlOf = (query: string) => {
  const params = new URLSearchParams(query);
  return (name: string) => params.get(name) ?? "";
};

test("what stands in the URL is asked for in the words of the service, and nothing else", () => {
  expect(filterOf(urlOf(""), "")).toEqual({});
  expect(
    filterOf(
      urlOf("search=shop&within=30d&key=P-256&entity=printer&tags=env=prod, web&unowned=yes&tab=x"),
      "bank",
    ),
  ).toEqual({
    search: "shop",
    expires_within: "30d",
    key_algorithm: "P-256",
    end_entity: "printer",
    tags: "env=prod,web",
    unowned: true,
    realm: "bank",
  });
});

test("an export is of the same search", () => {
  const url = new URL(exportUrl("csv", filterOf(urlOf("owner=anna&unowned="), "")), "https://a.example");
  expect(url.pathname).toBe("/clm-api/v1/certificates/export");
  expect(Object.fromEntries(url.searchParams)).toEqual({ format: "csv", owner: "anna" });
});

test("tags are told apart however they are typed", () => {
  expect(tagsIn("env=prod, web\nweb ")).toEqual(["env=prod", "web"]);
});
