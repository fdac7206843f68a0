// Promises:
// - a person comes in by the login of their organisation, back to the page that they asked for, with the roles of their groups
// - logged out here, they are led on to the provider, and nobody is logged in any more
// - the same in German and dark
// The provider is `oidc-provider`, a certified implementation that others wrote, with its own pages.
import { type ChildProcess, spawn } from "node:child_process";
import { homedir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { AS_PAGE, freePort, until, World } from "./world.ts";

const SECRET = "a secret of two, who are the platform & the provider";
const STARTS_MS = 30_000;

let world: World;
let provider: ChildProcess;
let issuer: string;

beforeAll(async () => {
  const port = await freePort();
  issuer = `http://127.0.0.1:${port}`;
  world = await World.start((url) => {
    const tools = process.env.ERS_TOOLS ?? join(homedir(), ".cache/ers/tools");
    const back = [`${url}/clm-api/v1/oidc/callback`, `${url}/clm-ui/`];
    provider = spawn("node", ["../e2e/oidc/provider.mjs", String(port), "clm", SECRET, ...back], {
      env: { ...process.env, OIDC_PROVIDER: join(tools, "oidc-provider") },
      stdio: "ignore",
    });
    const oidc = { issuer, client_id: "clm", client_secret: SECRET, external_url: url };
    return { clm: { oidc } };
  });
  await until("the provider is ready", STARTS_MS, () =>
    fetch(`${issuer}/.well-known/openid-configuration`).then(
      ({ ok }) => ok,
      () => false,
    ),
  );
});

afterAll(async () => {
  provider?.kill();
  await world?.stop();
});

const LOOKS = [
  {
    look: { locale: "en-GB", colorScheme: "light" },
    enter: "With your organisation's login",
    page: "Approvals",
    account: "My account: oidc:alice",
    of: "Accounts of an OpenID provider",
    leave: "Log out",
  },
  {
    look: { locale: "de-DE", colorScheme: "dark" },
    enter: "Mit der Anmeldung Ihrer Organisation",
    page: "Freigaben",
    account: "Mein Konto: oidc:alice",
    of: "Konten eines OpenID-Providers",
    leave: "Abmelden",
  },
] as const;

test.each(LOOKS)(
  "a person comes in by the login of their organisation, and out again: $page",
  async (words) => {
    const administrator = await world.administrator();
    const given = await administrator.page.request.post("/clm-api/v1/role-bindings", {
      data: { role: "approver", subject_kind: "group", subject: "pki-approvers", realm: "default" },
      ...AS_PAGE,
    });
    expect(given.status()).toBe(201);

    const { page, complaints } = await world.page(words.look);
    await page.goto("/clm-ui/approvals");
    await page.getByRole("link", { name: words.enter }).click();
    await page.waitForURL(new RegExp(`^${issuer}/interaction/`));
    await page.locator("input[name=login]").fill("alice");
    await page.locator("input[name=password]").fill("any will do");
    await page.locator("button[type=submit]").click();
    await page.locator("button[type=submit]").click(); // whether the platform may know
    await page.getByRole("heading", { level: 1, name: words.page }).waitFor();
    await page.getByRole("link", { name: words.account }).click();
    await page.getByText("pki-approvers").waitFor();
    await page.getByText(words.of).waitFor();

    await page.getByRole("button", { name: words.leave }).click();
    await page.waitForURL(new RegExp(`^${issuer}/session/end`));
    expect((await page.request.get("/clm-api/v1/session")).status()).toBe(401);
    expect(complaints).toEqual([]);
  },
);
