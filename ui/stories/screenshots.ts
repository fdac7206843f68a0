// Pictures of the main pages: `make screenshots` into docs/pictures/ui; with a folder as argument, of all pages, wide
// and narrow, light and dark, in both languages, to be looked at; with a pattern after it, of those whose name has it.
import { mkdirSync } from "node:fs";
import type { BrowserContextOptions, Page } from "playwright-core";
import { furnish, World } from "./world.ts";

const folder = process.argv[2];
const all = folder !== undefined;
const wanted = new RegExp(process.argv[3] ?? "");
const out = folder ?? "../docs/pictures/ui";
mkdirSync(out, { recursive: true });

// the page scrolls inside the frame: to see all of it the window is made high
const WIDE = { width: 1440, height: all ? 1250 : 900 };
const NARROW = { width: 390, height: 1700 };

type Shot = { name: string; path: string; main?: boolean; before?: (page: Page) => Promise<unknown> };

const world = await World.start();

/** The same of the app of CARA's administrators. */
async function administration(mark: string, form: BrowserContextOptions) {
  const { page } = await world.caAdministrator("chief", ["ca-administrator", "ra", "auditor"], form);
  const list = await page.request.get("/cara-ws-server/v1/certificates?name=dns:wiki.corp.example");
  const { certificates } = (await list.json()) as { certificates: { serial: string }[] };
  const one = `certificates/default-sub/${certificates[0]?.serial}`;
  const ca = "authorities/default-sub";
  const open = (name: RegExp) => async (page: Page) => {
    await page.getByRole("button", { name: /^(Actions|Aktionen)$/ }).click();
    await page.getByRole("menuitem", { name }).click();
  };
  const shots: Shot[] = [
    { name: "authorities", path: "", main: true },
    { name: "authority", path: ca, main: true },
    ...["keys", "crls", "settings", "decoded"].map((tab) => ({
      name: `authority-${tab}`,
      path: `${ca}?tab=${tab}`,
    })),
    { name: "authority-roll-over", path: ca, before: open(/^(Roll over|Schlüsselwechsel)/) },
    { name: "authority-revoke", path: ca, before: open(/^(Revoke|Sperren)/) },
    { name: "authority-carry-in", path: ca, before: open(/^(Take in|Zertifikat übernehmen)/) },
    { name: "new-authority", path: "new-authority" },
    { name: "certificates", path: "certificates", main: true },
    { name: "certificates-none", path: "certificates?search=nothing.like.this.example" },
    { name: "certificates-filters", path: "certificates?profile=tls-server" },
    { name: "certificate-decoded", path: `${one}?tab=decoded` },
    { name: "certificate", path: one },
    { name: "revocation", path: "revocation", main: true },
    { name: "profiles", path: "profiles" },
    { name: "profile", path: "profiles/tls-server" },
    { name: "new-profile", path: "new-profile" },
    { name: "approvals", path: "approvals" },
    {
      name: "keys",
      path: "keys",
      main: true,
      before: async (page) => {
        await page.request.post("/cara-ws-server/v1/authorities/default-sub/crls", { data: {} });
        await page.getByText(/^(not known yet|noch nicht bekannt)$/).waitFor({ state: "detached" });
      },
    },
    { name: "administrators", path: "administrators" },
    {
      name: "audit",
      path: "audit",
      main: true,
      before: async (page) => {
        await page.getByRole("button", { name: /^(Verify the journal|Journal prüfen)$/ }).click();
        await page.locator(".pf-v6-c-alert.pf-m-success").waitFor();
      },
    },
    { name: "account", path: "account" },
  ];
  await take(page, "cara-", mark, "/cara-admin/", shots);
  const { page: stranger } = await world.page(form);
  await stranger.goto("/cara-admin/");
  await stranger.getByRole("heading", { level: 1 }).waitFor();
  if (all) await stranger.screenshot({ path: `${out}/cara-stranger${mark}.png` });
}

async function take(page: Page, prefix: string, mark: string, base: string, shots: Shot[]) {
  for (const shot of shots.filter((shot) => (all || shot.main) && wanted.test(prefix + shot.name))) {
    await page.goto(`${base}${shot.path}`);
    await page.getByRole("heading", { level: 1 }).waitFor();
    await page.waitForLoadState("networkidle");
    await shot.before?.(page);
    await page.screenshot({ path: `${out}/${prefix}${shot.name}${mark}.png` });
  }
}

try {
  const { page } = await world.administrator();
  await furnish(world, page);
  const list = await page.request.get("/clm-api/v1/certificates?search=wiki.corp.example");
  const { certificates } = (await list.json()) as { certificates: { fingerprint: string }[] };
  const one = `/clm-ui/certificates/${certificates[0]?.fingerprint}`;
  const next = (page: Page) => page.getByRole("button", { name: /^(Next|Weiter)$/ }).click();
  const named = async (page: Page) => {
    await page.getByLabel("server", { exact: true }).check();
    await next(page);
    await next(page);
    await page.locator("#names").fill("www.new.example\nnew.example");
  };
  const shots: Shot[] = [
    { name: "dashboard", path: "/clm-ui/", main: true },
    { name: "certificates", path: "/clm-ui/certificates", main: true },
    { name: "certificates-none", path: "/clm-ui/certificates?search=nothing-like-this" },
    { name: "certificates-filters", path: "/clm-ui/certificates?policy=server" },
    { name: "certificate", path: one, main: true },
    { name: "certificate-decoded", path: `${one}?tab=decoded` },
    { name: "certificate-chain", path: `${one}?tab=chain` },
    { name: "certificate-history", path: `${one}?tab=history` },
    { name: "certificate-pem", path: `${one}?tab=pem` },
    {
      name: "certificate-revoke",
      path: one,
      before: (page) => page.getByRole("button", { name: /^(Revoke|Sperren)$/ }).click(),
    },
    { name: "request-policy", path: "/clm-ui/request" },
    { name: "request-names", path: "/clm-ui/request", main: true, before: named },
    {
      name: "request-review",
      path: "/clm-ui/request",
      before: async (page) => {
        await named(page);
        await next(page);
      },
    },
    { name: "bulk-acts", path: "/clm-ui/bulk-acts" },
    { name: "bulk-act", path: "/clm-ui/bulk-acts/1", main: true },
    { name: "end-entities", path: "/clm-ui/end-entities" },
    { name: "end-entity", path: "/clm-ui/end-entities/default/printer-17", main: true },
    { name: "system", path: "/clm-ui/system", main: true },
    {
      name: "certificates-chosen",
      path: "/clm-ui/certificates?search=.example&owner=web@corp.example",
      before: (page) => page.getByRole("checkbox").first().check(),
    },
    { name: "client", path: "/clm-ui/clients/build-server" },
    { name: "requests", path: "/clm-ui/requests" },
    { name: "approvals", path: "/clm-ui/approvals", main: true },
    { name: "policies", path: "/clm-ui/policies" },
    { name: "notifications", path: "/clm-ui/notifications", main: true },
    { name: "deliveries", path: "/clm-ui/notifications?tab=deliveries" },
    { name: "people", path: "/clm-ui/people" },
    { name: "person", path: "/clm-ui/people/anna", main: true },
    { name: "roles", path: "/clm-ui/roles" },
    { name: "roles-permissions", path: "/clm-ui/roles?tab=roles" },
    { name: "realms", path: "/clm-ui/realms" },
    { name: "clients", path: "/clm-ui/clients" },
    {
      name: "audit",
      path: "/clm-ui/audit",
      main: true,
      before: async (page) => {
        await page.getByRole("button", { name: /^(Verify|Prüfen)$/ }).click();
        await page.locator(".pf-v6-c-alert.pf-m-success").waitFor();
      },
    },
    { name: "policy", path: "/clm-ui/policies/server", main: true },
    { name: "new-policy", path: "/clm-ui/new-policy" },
    { name: "policy-yaml", path: "/clm-ui/policies/server?as=yaml" },
    { name: "policy-versions", path: "/clm-ui/policies/manual?tab=versions", main: true },
    { name: "policy-clients", path: "/clm-ui/policies/acme?tab=clients", main: true },
    { name: "account", path: "/clm-ui/account" },
  ];
  const forms = all
    ? [
        { mark: "-1440", viewport: WIDE, locale: "en-GB", colorScheme: "light" as const },
        { mark: "-390", viewport: NARROW, locale: "de-DE", colorScheme: "light" as const },
        { mark: "-dark", viewport: WIDE, locale: "de-DE", colorScheme: "dark" as const },
      ]
    : [{ mark: "", viewport: WIDE, locale: "en-GB", colorScheme: "light" as const }];
  for (const { mark, ...form } of forms) {
    const { page } = await world.administrator(form);
    await take(page, "", mark, "", shots);
    const { page: stranger } = await world.page(form);
    await stranger.goto("/clm-ui/");
    await stranger.getByRole("heading", { level: 1 }).waitFor();
    if (all) await stranger.screenshot({ path: `${out}/log-in${mark}.png` });
    await administration(mark, form);
  }
} finally {
  await world.stop();
}
