// Promises:
// - somebody subscribes, by mail or webhook, whose secret is shown once; changes, pauses, tests and removes it; what was
//   not taken is told with its reason and sent again
// - an account is made with a password that is shown once, and may do nothing until it is given a role; then the menu has
//   what the role may do, and nothing else; taken away, it is over
// - a second factor is set up with an authenticator's code, asked for at the next login, and taken away by an administrator
// - a client's access token is shown once, lets in, and lets in nobody once it is taken back
// - a realm is made, archived and removed by its name
// - the audit log is searched, its search stands in the URL, it is saved as a file and its chain is verified
// - axe finds nothing serious on any of these pages and in their dialogues, wide and narrow; all are told in German
import { createHmac } from "node:crypto";
import { readFileSync } from "node:fs";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { findings, open, tooWide } from "./look.ts";
import { AS_PAGE, World } from "./world.ts";

const STEP_MS = 30_000;

let world: World;

beforeAll(async () => {
  world = await World.start();
});

afterAll(() => world?.stop());

const button = (page: Page, name: string | RegExp) => page.getByRole("button", { name, exact: true });
const dialog = (page: Page) => page.getByRole("dialog");
const row = (page: Page, name: string) => page.getByRole("row").filter({ hasText: name });
const heading = (page: Page, name: string | RegExp) =>
  page.getByRole("heading", { level: 1, name }).waitFor();

/** Types the name that confirms, and does it; nothing can be done before. */
async function confirm(page: Page, name: string, action: string) {
  const act = dialog(page).getByRole("button", { name: action, exact: true });
  await act.waitFor();
  expect(await act.isDisabled()).toBe(true);
  await dialog(page).getByLabel(`Type ${name} to confirm`).fill(name);
  await act.click();
  await dialog(page).waitFor({ state: "detached" });
}

/** The secret that a dialogue shows once. */
async function shownOnce(page: Page): Promise<string> {
  const secret = (await dialog(page).locator("code").textContent()) ?? "";
  expect(secret).not.toBe("");
  await button(page, "I have kept it").click();
  await dialog(page).waitFor({ state: "detached" });
  expect(await page.content()).not.toContain(secret);
  return secret;
}

/** Somebody logs in on a browser of their own. */
async function logIn(username: string, password: string) {
  const { page, complaints } = await world.page();
  await page.goto("/clm-ui/");
  await page.getByLabel("Username").fill(username);
  await page.getByLabel("Password").fill(password);
  await button(page, "Log in").click();
  return { page, complaints };
}

/** What an authenticator app shows so many steps from now (RFC 6238). */
function code(secret: string, steps: number): string {
  const bits = [...secret]
    .map((char) => "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(char).toString(2).padStart(5, "0"))
    .join("");
  const key = Buffer.from((bits.match(/.{8}/g) ?? []).map((octet) => Number.parseInt(octet, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / STEP_MS) + steps));
  const tag = createHmac("sha1", key).update(counter).digest();
  const offset = (tag.at(-1) ?? 0) & 0x0f;
  return String((tag.readUInt32BE(offset) & 0x7fffffff) % 1_000_000).padStart(6, "0");
}

test("subscriptions are made, tested, paused, changed and removed, and what was not taken is sent again", async () => {
  const { page, complaints } = await world.administrator();
  await page.goto("/clm-ui/notifications");
  await page.getByText("Nobody has subscribed").waitFor();
  await button(page, "New subscription").click();
  await dialog(page).getByLabel("Name").fill("pager");
  await dialog(page).getByRole("radio", { name: "Webhook" }).check();
  await dialog(page).getByLabel("URL").fill("http://localhost/hook");
  await dialog(page).getByText("It begins with https://").waitFor();
  await dialog(page).getByLabel("URL").fill("https://localhost:1/hook");
  await dialog(page).getByRole("checkbox", { name: "signer.unreachable" }).check();
  expect(await findings(page)).toEqual([]);
  await dialog(page).getByRole("button", { name: "Add" }).click();
  expect(await shownOnce(page)).toMatch(/^whsec_/);
  const pager = row(page, "pager");
  await pager.getByText("active").waitFor();

  await pager.getByRole("button", { name: "Test" }).click();
  await page.getByText("A test for pager is on its way: see the deliveries.").waitFor();
  await page.getByRole("tab", { name: "Deliveries" }).click();
  await row(page, "pager").getByText("1 attempt", { exact: false }).waitFor();
  await row(page, "pager").getByRole("button", { name: "Send again" }).click();
  await row(page, "pager").getByText("2 attempts", { exact: false }).waitFor();
  await button(page, "Delivered").click();
  await page.getByText("Nothing matches").waitFor();
  expect(new URL(page.url()).searchParams.get("state")).toBe("delivered");
  await button(page, "Clear filters").click();
  await row(page, "pager").waitFor();

  await page.getByRole("tab", { name: "Subscriptions" }).click();
  await pager.getByRole("button", { name: "Pause" }).click();
  await pager.getByText("paused").waitFor();
  await pager.getByRole("button", { name: "Change" }).click();
  await dialog(page).getByLabel("Days before the end").fill("45, 5");
  await dialog(page).getByRole("button", { name: "Save" }).click();
  await pager.getByText("45, 5").waitFor();
  await pager.getByText("paused").waitFor();
  await pager.getByRole("button", { name: "Continue" }).click();
  await pager.getByText("active").waitFor();
  await pager.getByRole("button", { name: "Remove" }).click();
  await confirm(page, "pager", "Remove");
  await page.getByText("Nobody has subscribed").waitFor();
  expect(complaints).toEqual([]);
});

test("an account may do what its roles say, and its page offers nothing else", async () => {
  const { page, complaints } = await world.administrator();
  await page.goto("/clm-ui/people");
  await button(page, "New account").click();
  await dialog(page).getByLabel("Username").fill("anna");
  await dialog(page).getByLabel("Display name").fill("Anna Example");
  await dialog(page).getByRole("button", { name: "Add" }).click();
  const password = await shownOnce(page);

  const anna = await logIn("anna", password);
  await heading(anna.page, "My account");
  await anna.page.getByText("ask an administrator for a role").waitFor();
  const menu = anna.page.getByRole("navigation", { name: "Main menu" }).getByRole("link");
  expect(await menu.count()).toBe(0);

  await page.getByRole("link", { name: "anna" }).click();
  await page.getByText("None: this account may do nothing.").waitFor();
  await button(page, "Give a role").click();
  await dialog(page).getByLabel("Role").selectOption("approver");
  await dialog(page).getByLabel("Realm").selectOption("default");
  expect(await findings(page)).toEqual([]);
  await dialog(page).getByRole("button", { name: "Give a role" }).click();
  await row(page, "approver").getByText("default").waitFor();

  await anna.page.goto("/clm-ui/people"); // not for her: leads to her first page
  await heading(anna.page, "Overview");
  const offered = await menu.allTextContents();
  expect(offered.map((one) => one.trim())).toEqual(
    expect.arrayContaining(["Overview", "Certificates", "Requests", "Approvals"]),
  );
  expect(offered.join()).not.toMatch(/People|Roles|Notifications|Audit|Request a certificate/);

  await page.goto("/clm-ui/roles?search=anna");
  await row(page, "anna").getByRole("button", { name: "Take away" }).click();
  await confirm(page, "anna", "Take away");
  await page.getByText("Nothing matches").waitFor();
  await anna.page.reload();
  await heading(anna.page, "My account");

  await page.goto("/clm-ui/roles?tab=roles");
  await button(page, "New role").click();
  await dialog(page).getByLabel("Name").fill("web-team");
  await dialog(page).getByRole("checkbox", { name: "certificate:read" }).check();
  expect(await findings(page)).toEqual([]);
  await dialog(page).getByRole("button", { name: "Add" }).click();
  const role = row(page, "web-team");
  await role.getByRole("button", { name: "Change" }).click();
  await dialog(page).getByRole("checkbox", { name: "certificate:renew" }).check();
  await dialog(page).getByRole("button", { name: "Save" }).click();
  await role.getByText("certificate:renew").waitFor();
  await role.getByRole("button", { name: "Remove" }).click();
  await confirm(page, "web-team", "Remove");
  await role.waitFor({ state: "detached" });
  expect([...complaints, ...anna.complaints]).toEqual([]);
});

test("a second factor is set up, asked for, and taken away; an account is closed and removed", async () => {
  const { page } = await world.administrator();
  const password = "a password for this story";
  const data = { username: "bert", password };
  await page.request.post("/clm-api/v1/people", { data, ...AS_PAGE });
  const bert = await logIn("bert", password);
  await button(bert.page, "Set up").click();
  const uri = await bert.page.getByRole("link", { name: /^otpauth:/ }).getAttribute("href");
  const secret = new URL(uri ?? "").searchParams.get("secret") ?? "";
  await bert.page.getByLabel("First code").fill("000000");
  await button(bert.page, "Confirm").click();
  await bert.page.getByText("The code is wrong").waitFor();
  await bert.page.getByLabel("First code").fill(code(secret, 0));
  await button(bert.page, "Confirm").click();
  await bert.page.getByText("The second factor is on.").waitFor();
  expect(await bert.page.content()).not.toContain(secret);
  await button(bert.page, "Log out").click();

  await bert.page.getByLabel("Username").fill("bert");
  await bert.page.getByLabel("Password").fill(password);
  await button(bert.page, "Log in").click();
  await bert.page.getByLabel("Code of the second factor").fill(code(secret, 1)); // that of before was used
  expect(await findings(bert.page)).toEqual([]);
  await button(bert.page, "Log in").click();
  await heading(bert.page, "My account");

  await page.goto("/clm-ui/people/bert");
  await button(page, "Take the second factor away").click();
  await confirm(page, "bert", "Take the second factor away");
  await page.getByText("bert has no second factor any more.").waitFor();
  await button(page, "Close").first().click();
  await button(page, "Open again").waitFor();
  expect((await page.request.post("/clm-api/v1/session", { data })).status()).toBe(401);
  await button(page, "Remove").click();
  await confirm(page, "bert", "Remove");
  await heading(page, "People");
  await page.getByRole("link", { name: "administrator", exact: true }).waitFor();
  expect(await page.getByRole("link", { name: "bert" }).count()).toBe(0);
});

test("a client's access token lets in until it is taken back; a realm is archived before it is removed", async () => {
  const { page, complaints } = await world.administrator();
  await page.goto("/clm-ui/realms");
  await button(page, "New realm").click();
  await dialog(page).getByLabel("Name").fill("shop");
  await dialog(page).getByLabel("Title").fill("The shop");
  await dialog(page).getByRole("button", { name: "Add" }).click();
  await row(page, "The shop").waitFor();

  await page.goto("/clm-ui/clients");
  await button(page, "New client").click();
  await dialog(page).getByLabel("Name").fill("build-server");
  await dialog(page).getByLabel("Realm").selectOption("shop");
  await dialog(page).getByRole("button", { name: "Add" }).click();
  await heading(page, "build-server");
  await button(page, "New access token").click();
  await dialog(page).getByLabel("Description").fill("nightly build");
  expect(await findings(page)).toEqual([]);
  await dialog(page).getByRole("button", { name: "Add" }).click();
  const token = await shownOnce(page);
  expect(token).toMatch(/^ers_/);
  const { page: stranger } = await world.page();
  const status = async () => {
    const headers = { authorization: `Bearer ${token}` };
    return (await stranger.request.get("/clm-api/v1/certificates?realm=shop", { headers })).status();
  };
  expect(await status()).toBe(200);
  await row(page, "nightly build").getByRole("button", { name: "Take back" }).click();
  await confirm(page, "build-server", "Take back");
  await page.getByText("No access tokens").waitFor();
  expect(await status()).toBe(401);
  await button(page, "Remove").click();
  await confirm(page, "build-server", "Remove");
  await heading(page, "Clients");

  await page.goto("/clm-ui/realms");
  await row(page, "The shop").getByRole("button", { name: "Archive" }).click();
  await confirm(page, "shop", "Archive");
  await row(page, "The shop").getByText("archived").waitFor();
  await row(page, "The shop").getByRole("button", { name: "Remove" }).click();
  await confirm(page, "shop", "Remove");
  await row(page, "The shop").waitFor({ state: "detached" });
  expect(complaints).toEqual([]);
});

test("the audit log is searched, saved and verified", async () => {
  const { page, complaints } = await world.administrator();
  const data = { username: "clara", password: "a password for this story" };
  await page.request.post("/clm-api/v1/people", { data, ...AS_PAGE });
  await page.goto("/clm-ui/audit");
  await page.getByPlaceholder("Search in object and detail").fill("clara");
  await page.waitForURL(/search=clara/);
  await row(page, "clara").getByText("person.create").waitFor();
  await row(page, "clara").getByText("More").click();
  await row(page, "clara").getByText("SHA-256").waitFor();
  await page.getByPlaceholder(/^Act, e\.g\./).fill("policy");
  await page.getByText("Nothing matches").waitFor();
  const { page: other } = await world.administrator();
  await other.goto(page.url());
  await other.getByText("Nothing matches").waitFor();
  await button(page, "Clear filters").click();
  await row(page, "clara").waitFor();

  const [file] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("link", { name: "Save as CSV" }).click(),
  ]);
  const path = world.file("audit.csv");
  await file.saveAs(path);
  const lines = readFileSync(path, "utf8").split("\n");
  expect(lines[0]).toContain("actor");
  expect(lines.some((line) => line.includes("person.create") && line.includes("clara"))).toBe(true);

  await button(page, "Verify").click();
  await page.getByText(/The chain holds: \d+ events\./).waitFor();
  expect(complaints).toEqual([]);
});

const PAGES = ["notifications", "notifications?tab=deliveries", "people", "people/administrator", "roles"]
  .concat(["roles?tab=roles", "realms", "clients", "clients?search=nothing", "audit", "account"])
  .map((path) => `/clm-ui/${path}`);

test.each([
  { name: "light and wide", colorScheme: "light", viewport: { width: 1440, height: 900 }, locale: "en-GB" },
  { name: "dark and narrow", colorScheme: "dark", viewport: { width: 390, height: 844 }, locale: "de-DE" },
] as const)("axe finds nothing serious, $name, and nothing sticks out", async ({ name: _, ...form }) => {
  const { page, complaints } = await world.administrator(form);
  const found: string[] = [];
  for (const path of PAGES) {
    await open(page, path);
    found.push(...(await findings(page)).map((one) => `${path}: ${one}`));
    const wide = await tooWide(page);
    if (wide > 0) found.push(`${path}: ${wide} pixels too wide`);
  }
  expect(found).toEqual([]);
  expect(complaints).toEqual([]);
});

const ENGLISH =
  /\b(Search|Save|Remove|Change|New|Verify|Give|Who|Role|Title|Made|Permissions|Subscription)\b/;

test("all of it is told in German", async () => {
  const { page } = await world.administrator({ locale: "de-DE" });
  for (const path of PAGES) {
    await open(page, path);
    const text = await page.evaluate(() => {
      const copy = document.body.cloneNode(true) as HTMLElement;
      for (const part of copy.querySelectorAll("textarea, pre, dt, .ers-mono, [translate=no]")) part.remove();
      return copy.textContent ?? "";
    });
    expect(ENGLISH.exec(text)?.[0], path).toBeUndefined();
  }
});
