import { expect, test } from "vitest";
import type { Authority } from "../../generated/cara-ws.ts";
import { forest } from "./forest.ts";

const ca = (name: string, issuer: string) => ({ name, issuer }) as Authority;

test("each CA stands below the one that has signed it", () => {
  const [root, stray] = forest([
    ca("sub-b", "root"),
    ca("root", ""),
    ca("x", "foreign"),
    ca("sub-a", "root"),
  ]);
  expect(root?.authority.name).toBe("root");
  expect(root?.below.map(({ authority }) => authority.name)).toEqual(["sub-a", "sub-b"]);
  expect(stray?.authority.name, "its signer is not here").toBe("x");
});

test("a CA that is told to have signed itself is a root", () => {
  expect(forest([ca("root", "root")])).toHaveLength(1);
});
