import { expect, test } from "vitest";
import { readDefinition } from "./definition.ts";

test("a definition is an object in JSON", () => {
  expect(readDefinition('{"name": "web"}')).toEqual({ definition: { name: "web" } });
  expect(readDefinition("[1]")).toMatchObject({ line: 1 });
});

test("what is no JSON is told at its line", () => {
  expect(readDefinition('{\n  "name": "web",\n  "validity" 1\n}')).toMatchObject({ line: 3 });
  expect(readDefinition('{\n  "name": "web"')).toMatchObject({ line: 2 });
});
