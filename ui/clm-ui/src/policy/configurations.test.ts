import { expect, test } from "vitest";
import { waysOf } from "./configurations.ts";

test("each protocol of a policy is told with its address, and nothing else", () => {
  const ways = waysOf("cars", ["acme", "est", "cmp", "scep", "cli"], "https://pki.example.com");
  expect(ways.map(({ url }) => url)).toEqual([
    "https://pki.example.com/acme/cars/directory",
    "https://pki.example.com/est/cars",
    "https://pki.example.com/.well-known/cmp/p/cars",
    "https://pki.example.com/scep/cars",
  ]);
  for (const { configurations } of ways) {
    expect(configurations.every(({ text }) => text.includes("cars"))).toBe(true);
  }
});

test("openssl is told the port, whatever stands in the address", () => {
  const server = (origin: string) =>
    /-server (\S+)/.exec(waysOf("a", ["cmp"], origin)[0]?.configurations[0]?.text ?? "")?.[1];
  expect(server("https://pki.example.com")).toBe("pki.example.com:443");
  expect(server("https://localhost:8443")).toBe("localhost:8443");
});
