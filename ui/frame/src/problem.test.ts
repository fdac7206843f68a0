import { expect, test } from "vitest";
import { ask, Problem, problemOf } from "./problem.ts";

test("a problem document keeps its field, detail and waiting time", () => {
  const problem = problemOf(429, { title: "Too Many", detail: "locked", field: "password", retry_after: 30 });
  expect(problem).toMatchObject({ status: 429, detail: "locked", field: "password", retryAfter: 30 });
  expect(problem.message).toBe("locked");
});

test("what is no problem document is one without words", () => {
  expect(problemOf(502, "<html>")).toMatchObject({ status: 502, detail: "", title: "" });
});

test("a service that cannot be reached has status 0", async () => {
  await expect(ask(Promise.reject(new TypeError("Failed to fetch")))).rejects.toMatchObject({ status: 0 });
});

test("an answer of 4xx is thrown, of 2xx returned", async () => {
  const answer = (status: number, more: object) =>
    Promise.resolve({ ...more, response: new Response(null, { status }) });
  await expect(ask(answer(404, { error: { detail: "none" } }))).rejects.toBeInstanceOf(Problem);
  await expect(ask(answer(200, { data: 7 }))).resolves.toBe(7);
});
