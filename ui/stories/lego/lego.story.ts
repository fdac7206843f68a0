// Promises:
// - what is to be renewed now is renewed by lego, which learns of it by itself (RFC 9773); told in German and dark
//
// Debian's lego knows nothing of renewal information; this one is built from its Go module (e2e/lego), so the story is told
// by `make test-lego` and not with the others.
import { execFileSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { findings } from "../look.ts";
import { freePort, openssl, until, World } from "../world.ts";

let world: World;
let httpPort: number;

beforeAll(async () => {
  httpPort = await freePort();
  // the name that is proven lies on the loopback interface
  const validation = { http_port: httpPort, denied_networks: [] };
  world = await World.start(() => ({ acme: { validation } }));
});

afterAll(() => world?.stop());

test("in German and dark: what is to be renewed now is renewed by lego, which learns of it by itself", async () => {
  const { page } = await world.administrator({ locale: "de-DE", colorScheme: "dark" });
  const tools = process.env.ERS_TOOLS ?? join(homedir(), ".cache/ers/tools");
  const folder = world.file("lego");
  mkdirSync(folder);
  const directory = `${world.url}/acme/acme/directory`;
  const lego = () =>
    execFileSync(join(tools, "lego/lego-ari"), [directory, folder, `127.0.0.2:${httpPort}`, "127.0.0.2"], {
      encoding: "utf8",
      stdio: "pipe",
      env: { ...process.env, LEGO_CA_CERTIFICATES: world.file("data/root.pem") },
    }).trim();
  expect(lego()).toBe("obtained");
  const serial = () => openssl("x509", "-in", join(folder, "cert.pem"), "-noout", "-serial");
  const before = serial();
  expect(lego(), "nobody wants it renewed yet").toMatch(/^waits until /);
  await page.goto("/clm-ui/certificates?policy=acme&search=127.0.0.2");
  await page.getByRole("link", { name: "127.0.0.2" }).click();
  await page.getByRole("button", { name: "Jetzt erneuern …", exact: true }).click();
  await page.getByRole("dialog").getByLabel("Innerhalb von").selectOption("1m");
  expect(await findings(page)).toEqual([]);
  await page.getByRole("button", { name: "Ihren Clients sagen", exact: true }).click();
  await page.getByText("1 getan, 0 waren schon so, 0 gescheitert, von 1").waitFor();
  await until("lego has renewed", 90_000, () => lego() === "renewed");
  expect(serial()).not.toBe(before);
});
