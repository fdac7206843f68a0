import { expect, test } from "vitest";
import { linesOf, metadataIn, textOf } from "./metadata.ts";

test("metadata is written a line each, and reads back", () => {
  const metadata = { room: "3.14", "asset tag": "a=b" };
  expect(textOf(metadata)).toBe("room = 3.14\nasset tag = a=b");
  expect(metadataIn(`\n${textOf(metadata)}\n`)).toEqual(metadata);
  expect(metadataIn("")).toEqual({});
});

test("a line without a name or a value is none", () => {
  expect(metadataIn("room")).toBeUndefined();
  expect(metadataIn("= 3")).toBeUndefined();
  expect(metadataIn("room =")).toBeUndefined();
});

test("lines are told apart, and nothing is no line", () => {
  expect(linesOf(" a \n\n b")).toEqual(["a", "b"]);
});
