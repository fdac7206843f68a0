// Promises:
// - axe finds nothing serious on any page, light and dark, wide and narrow
// - every page is told in German, and nothing of it in English
// - no page is wider than the window of a telephone
// - the keyboard alone leads from the login to a certificate
// - dark stays dark, the language stays, after loading anew
// - without the service, and when it fails, a page says so and goes on when it is back
// - the content security policy keeps scripts of others out
import { afterAll, beforeAll, expect, test } from "vitest";
import { findings, open, tooWide } from "./look.ts";
import { furnish, World } from "./world.ts";

let world: World;
let paths: string[];

beforeAll(async () => {
  world = await World.start();
  const { page } = await world.administrator();
  await furnish(world, page);
  const list = await page.request.get("/clm-api/v1/certificates?search=wiki.corp.example");
  const { certificates } = (await list.json()) as { certificates: { fingerprint: string }[] };
  const one = `/clm-ui/certificates/${certificates[0]?.fingerprint}`;
  paths = [
    "/clm-ui/",
    "/clm-ui/certificates",
    "/clm-ui/certificates?search=nothing-like-this",
    ...["overview", "decoded", "chain", "history", "pem"].map((tab) => `${one}?tab=${tab}`),
    "/clm-ui/request",
    "/clm-ui/requests",
    "/clm-ui/approvals",
    "/clm-ui/policies",
    "/clm-ui/policies/server",
    "/clm-ui/policies/acme?tab=clients",
    "/clm-ui/policies/manual?tab=versions",
    "/clm-ui/new-policy",
    "/clm-ui/new-policy?as=yaml",
    "/clm-ui/account",
  ];
});

afterAll(() => world?.stop());

const FORMS = [
  { name: "light and wide", colorScheme: "light", viewport: { width: 1440, height: 900 } },
  { name: "dark and narrow", colorScheme: "dark", viewport: { width: 390, height: 844 } },
] as const;

test.each(FORMS)(
  "axe finds nothing serious, $name, and nothing complains or sticks out",
  async ({ colorScheme, viewport }) => {
    const { page, complaints } = await world.administrator({ colorScheme, viewport });
    const found: string[] = [];
    for (const path of paths) {
      await open(page, path);
      found.push(...(await findings(page)).map((one) => `${path}: ${one}`));
      const wide = await tooWide(page);
      if (wide > 0) found.push(`${path}: ${wide} pixels too wide`);
    }
    const stranger = await world.page({ colorScheme, viewport });
    await open(stranger.page, "/clm-ui/");
    found.push(...(await findings(stranger.page)));
    expect(found).toEqual([]);
    expect([...complaints, ...stranger.complaints]).toEqual([]);
  },
);

test("dialogues are reachable too", async () => {
  const { page } = await world.administrator();
  await open(page, paths.find((path) => path.includes("tab=overview")) ?? "");
  await page.getByRole("button", { name: "Revoke" }).click();
  await page.getByRole("dialog").waitFor();
  expect(await findings(page)).toEqual([]);
  await page.keyboard.press("Escape");
  await page.getByRole("dialog").waitFor({ state: "detached" });
  await open(page, "/clm-ui/approvals");
  await page.getByRole("button", { name: "Approve" }).first().click();
  await page.getByRole("dialog").waitFor();
  expect(await findings(page)).toEqual([]);
});

// words that only English has; names of things in certificates are the same everywhere
const ENGLISH =
  /\b(Certificates|Policies|Requests|Approvals|Overview|Valid|Revoked|Expired|Search|Download|Save|Next|Back|Waiting|Loading|Account|Page|Name of|Rows)\b/;

test("every page is told in German, and stays so", async () => {
  const { page } = await world.administrator({ locale: "de-DE" });
  for (const path of paths) {
    await open(page, path);
    const text = await page.evaluate(() => {
      const copy = document.body.cloneNode(true) as HTMLElement;
      // what people wrote, and the names of fields in certificates
      for (const part of copy.querySelectorAll("textarea, pre, dt, .ers-mono, [translate=no]")) part.remove();
      const spoken = [...document.querySelectorAll("[aria-label]")].map((one) =>
        one.getAttribute("aria-label"),
      );
      return `${copy.textContent} ${spoken.join(" ")}`;
    });
    expect(ENGLISH.exec(text)?.[0], path).toBeUndefined();
    expect(await page.evaluate(() => document.documentElement.lang)).toBe("de");
  }
  await page.getByRole("button", { name: "English" }).first().click();
  await page.reload();
  await page.getByRole("heading", { level: 1, name: "My account" }).waitFor();
});

test("dark stays dark", async () => {
  const { page } = await world.administrator({ colorScheme: "light" });
  const background = () =>
    page.evaluate(
      () => getComputedStyle(document.querySelector(".pf-v6-c-page") ?? document.body).backgroundColor,
    );
  await open(page, "/clm-ui/");
  const light = await background();
  await page.getByRole("button", { name: "Dark" }).click();
  const dark = await background();
  expect(dark).not.toBe(light);
  await page.reload();
  await page.getByRole("heading", { level: 1 }).waitFor();
  expect(await background()).toBe(dark);
});

test("the keyboard alone leads from the login to a certificate", async () => {
  const { page } = await world.page();
  await page.goto("/clm-ui/certificates?search=wiki.corp.example");
  await page.getByLabel("Username").focus();
  await page.keyboard.type("administrator");
  await page.keyboard.press("Tab");
  await page.keyboard.type(world.password);
  await page.keyboard.press("Enter");
  const link = page.getByRole("link", { name: "wiki.corp.example" });
  await link.waitFor();
  for (let step = 0; step < 40; step += 1) {
    await page.keyboard.press("Tab");
    if (await link.evaluate((one) => one === document.activeElement)) break;
  }
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { level: 1, name: /wiki\.corp\.example/ }).waitFor();
  expect(await page.evaluate(() => document.activeElement?.tagName)).toBe("MAIN");
});

test("a service that fails or cannot be reached is told, and tried again", async () => {
  const { page } = await world.administrator();
  const list = "**/clm-api/v1/policies*";
  const problem = { status: 503, title: "Service Unavailable", detail: "database out of reach" };
  await page.route(list, (route) =>
    route.fulfill({ status: 503, contentType: "application/problem+json", body: JSON.stringify(problem) }),
  );
  await page.goto("/clm-ui/policies");
  await page.getByText("database out of reach").waitFor();
  await page.unroute(list);
  await page.getByRole("button", { name: "Try again" }).click();
  await page.getByRole("link", { name: "server", exact: true }).waitFor();
  await page.route(list, (route) => route.abort());
  await page.goto("/clm-ui/policies");
  await page.getByText("The service cannot be reached").waitFor();
});

test("scripts of others are kept out", async () => {
  const { page } = await world.administrator();
  const script = page.waitForResponse(/\/assets\/index-[\w-]+\.js$/);
  const response = await page.goto("/clm-ui/");
  expect(response?.headers()["content-security-policy"]).toContain("default-src 'none'");
  expect((await script).headers()).toMatchObject({
    "content-encoding": "br",
    "cache-control": expect.stringContaining("immutable"),
  });
  await page.evaluate(() => {
    const script = document.createElement("script");
    script.textContent = "window.broken = true";
    document.body.append(script);
  });
  expect(await page.evaluate("window.broken")).toBeUndefined();
});
