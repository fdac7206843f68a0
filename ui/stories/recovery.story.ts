// Promises:
// - where a policy allows it, the wizard has the platform make the key, which comes as PKCS#12 that openssl opens
// - where a person has to approve it, who asked takes the key later among the own requests, and for a day once more; who
//   approved is not offered it
// - a key that is kept is asked for on the page of its certificate; nobody decides over their own; two others say yes, with
//   comments; then who asked takes it, once, as PKCS#12 with the key of that certificate
// - it can be refused, and withdrawn
// - windows of maintenance are written in the form of a policy, and the page of a certificate says when clients renew
// - all of it in German and dark too; axe finds nothing serious, and nothing sticks out on a telephone
import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { findings, open, tooWide } from "./look.ts";
import { AS_PAGE, openssl, until, World } from "./world.ts";

const PASSWORD = "a password of this file";
const KEPT = `name: kept
realm: default
description: What must stay readable
issuer: default-sub
profile: tls-client
protocols: [rest]
validity: {default: 90d, longest: 1y}
names: {dns: [.corp.example], required: true}
server_keys: {allowed: true, algorithms: [P-256, RSA-3072], kept: true, approvals: 2}
`;

const AWAITED = `name: awaited
realm: default
description: Keys of the platform, each approved by a person
issuer: default-sub
profile: tls-client
protocols: [rest]
validity: {default: 90d, longest: 1y}
names: {dns: [.corp.example], required: true}
manual_approval: true
server_keys: {allowed: true, algorithms: [P-256]}
`;

let world: World;

beforeAll(async () => {
  world = await World.start();
  const { page } = await world.administrator();
  for (const [name, definition] of Object.entries({ kept: KEPT, awaited: AWAITED })) {
    const put = await page.request.put(`/clm-api/v1/policies/${name}`, { data: { definition }, ...AS_PAGE });
    expect(put.status(), await put.text()).toBe(201);
  }
});

afterAll(() => world?.stop());

const button = (page: Page, name: string) => page.getByRole("button", { name, exact: true });
const dialog = (page: Page) => page.getByRole("dialog");
const closed = (page: Page) => dialog(page).waitFor({ state: "detached" });

/** Clicks, and gives the file that the browser saved. */
async function saved(page: Page, click: () => Promise<void>): Promise<string> {
  const [file] = await Promise.all([page.waitForEvent("download"), click()]);
  const path = world.file(`${Math.random()}-${file.suggestedFilename()}`);
  await file.saveAs(path);
  return path;
}

/** The public keys of what is in a PKCS#12: of its key, and of its first certificate. */
function insides(file: string): { ofKey: string; ofCertificate: string } {
  const opened = ["pkcs12", "-in", file, "-passin", `pass:${PASSWORD}`, "-nodes"];
  const key = world.file(`${Math.random()}.key`, openssl(...opened, "-nocerts"));
  const leaf = world.file(`${Math.random()}.pem`, openssl(...opened, "-nokeys", "-clcerts"));
  return {
    ofKey: openssl("pkey", "-in", key, "-pubout"),
    ofCertificate: openssl("x509", "-in", leaf, "-noout", "-pubkey"),
  };
}

const ENGLISH = {
  look: { locale: "en-GB", colorScheme: "light" },
  next: "Next",
  platform: "Have the platform make the key",
  password: "Password of the file",
  again: "Password of the file, again",
  names: "Names",
  send: "Request the certificate",
  save: "Key and certificate, PKCS#12",
  open: "Open the certificate",
  ask: "Ask for the private key …",
  asks: "Ask for the key",
  why: "Why",
  keys: "Private keys",
  approve: "Approve",
  comment: "Comment",
  first: "1 of 2 have said yes",
  take: "Take the key …",
  takes: "Take the key",
  taken: "taken",
  wait: /The request waits for approval/,
  issue: "Approve and issue",
  until: "Clients renew",
} as const;

const GERMAN: Words & { look: object } = {
  look: { locale: "de-DE", colorScheme: "dark" },
  next: "Weiter",
  platform: "Die Plattform den Schlüssel erzeugen lassen",
  password: "Passwort der Datei",
  again: "Passwort der Datei, noch einmal",
  names: "Namen",
  send: "Zertifikat anfordern",
  save: "Schlüssel und Zertifikat, PKCS#12",
  open: "Zertifikat öffnen",
  ask: "Privaten Schlüssel erbitten …",
  asks: "Schlüssel erbitten",
  why: "Wozu",
  keys: "Private Schlüssel",
  approve: "Freigeben",
  comment: "Kommentar",
  first: "1 von 2 haben zugestimmt",
  take: "Schlüssel abholen …",
  takes: "Schlüssel abholen",
  taken: "abgeholt",
  wait: /Der Antrag wartet auf Freigabe/,
  issue: "Freigeben und ausstellen",
  until: "Clients erneuern",
};

type Words = Record<keyof Omit<typeof ENGLISH, "look" | "wait">, string> & { wait: RegExp };

/** Goes through the wizard to its end, for a key that the platform makes. */
async function askFor(page: Page, words: Words, policy: string, name: string) {
  await page.goto("/clm-ui/request");
  await page.getByRole("radio", { name: policy, exact: true }).check();
  await button(page, words.next).click();
  await page.getByRole("radio", { name: words.platform }).check();
  await page.getByLabel(words.password, { exact: true }).fill(PASSWORD);
  expect(await button(page, words.next).isDisabled(), "not without it typed again").toBe(true);
  await page.getByLabel(words.again, { exact: true }).fill(PASSWORD);
  await button(page, words.next).click();
  await page.getByRole("textbox", { name: words.names, exact: true }).fill(name);
  await button(page, words.next).click();
  await button(page, words.send).click();
}

/** Has the platform make a key and a certificate for it; the file with both. The page of the certificate is open then. */
async function made(page: Page, words: Words, name: string): Promise<string> {
  await askFor(page, words, "kept", name);
  const file = await saved(page, () => button(page, words.save).click());
  await page.getByRole("link", { name: words.open }).click();
  await page.getByRole("heading", { level: 1, name: new RegExp(name) }).waitFor();
  return file;
}

test.each([
  ["in English", ENGLISH as Words & { look: object }],
  ["in German and dark", GERMAN as Words & { look: object }],
])("a kept key is asked for, two others say yes, and it is taken once, %s", async (told, words) => {
  const administrator = await world.administrator(words.look);
  const { page } = administrator;
  const host = `${told === "in English" ? "anna" : "dora"}.corp.example`;
  const file = await made(page, words, host);
  const before = insides(file);
  expect(before.ofKey).toBe(before.ofCertificate);
  await page.getByText(words.until).waitFor();

  await button(page, words.ask).click();
  expect(await findings(page)).toEqual([]);
  await dialog(page).getByLabel(words.why).fill("the disk of her laptop broke");
  await button(page, words.asks).click();
  await closed(page);
  expect(await button(page, words.ask).count(), "asked for once").toBe(0);
  await page.goto("/clm-ui/approvals?tab=keys");
  await page.getByRole("row").filter({ hasText: host }).waitFor();
  expect(await button(page, words.approve).count(), "nobody decides over their own").toBe(0);

  const suffix = told === "in English" ? "en" : "de";
  for (const [index, name] of [`erik-${suffix}`, `fritz-${suffix}`].entries()) {
    const other = await world.person(page, name, "approver", words.look);
    await other.page.goto("/clm-ui/approvals");
    await other.page.getByRole("tab", { name: words.keys }).click();
    await other.page
      .getByRole("row")
      .filter({ hasText: host })
      .getByRole("button", { name: words.approve })
      .click();
    await dialog(other.page).getByLabel(words.comment).fill("she called me");
    expect(await findings(other.page)).toEqual([]);
    await dialog(other.page).getByRole("button", { name: words.approve }).click();
    await closed(other.page);
    if (index === 0) await other.page.getByText(words.first).waitFor();
    expect(other.complaints).toEqual([]);
  }

  await page.goto("/clm-ui/requests?tab=keys&whose=mine&state=approved");
  await button(page, words.take).click();
  await dialog(page).getByLabel(words.password, { exact: true }).fill(PASSWORD);
  await dialog(page).getByLabel(words.again, { exact: true }).fill(PASSWORD);
  expect(await findings(page)).toEqual([]);
  const again = insides(await saved(page, () => button(page, words.takes).click()));
  expect(again).toEqual(before);
  await page.goto("/clm-ui/requests?tab=keys&whose=mine");
  await page.getByRole("row").filter({ hasText: host }).getByText(words.taken, { exact: true }).waitFor();
  expect(await button(page, words.take).count(), "once").toBe(0);
  expect(administrator.complaints).toEqual([]);
});

test.each([
  ["in English", ENGLISH as Words & { look: object }],
  ["in German and dark", GERMAN],
])("the key of a request that a person approves is taken later by who asked, %s", async (told, words) => {
  const suffix = told === "in English" ? "en" : "de";
  const host = `karla-${suffix}.corp.example`;
  const { page: administrator } = await world.administrator();
  const { page, complaints } = await world.person(administrator, `karla-${suffix}`, "requester", words.look);
  await askFor(page, words, "awaited", host);
  await page.getByText(words.wait).waitFor();
  const row = (of: Page) => of.getByRole("row").filter({ hasText: host });
  const own = "/clm-ui/requests?whose=mine";
  await page.goto(own);
  await row(page).waitFor();
  expect(await button(page, words.take).count(), "not before somebody has approved").toBe(0);

  const other = await world.person(administrator, `ludwig-${suffix}`, "approver", words.look);
  await other.page.goto("/clm-ui/approvals");
  await row(other.page).getByRole("button", { name: words.approve }).click();
  await dialog(other.page).getByLabel(words.comment).fill("she called me");
  await dialog(other.page).getByRole("button", { name: words.issue }).click();
  await closed(other.page);
  await other.page.goto("/clm-ui/requests");
  await row(other.page).waitFor();
  expect(await button(other.page, words.take).count(), "the key is not of who approved").toBe(0);

  const takes = async () => {
    await row(page).getByRole("button", { name: words.take }).click();
    await dialog(page).getByLabel(words.password, { exact: true }).fill(PASSWORD);
    await dialog(page).getByLabel(words.again, { exact: true }).fill(PASSWORD);
    expect(await findings(page)).toEqual([]);
    const file = await saved(page, () => button(page, words.takes).click());
    await closed(page);
    return insides(file);
  };
  await page.goto(own);
  const first = await takes();
  expect(first.ofKey).toBe(first.ofCertificate);
  expect(await takes(), "again, for a day").toEqual(first);
  expect([...complaints, ...other.complaints]).toEqual([]);
});

test("a kept key is refused with a comment, or withdrawn by who has asked", async () => {
  const { page, complaints } = await world.administrator();
  const ask = async (name: string) => {
    await made(page, ENGLISH, name);
    await button(page, ENGLISH.ask).click();
    await dialog(page).getByLabel(ENGLISH.why).fill("I would like to read it");
    await button(page, ENGLISH.asks).click();
    await closed(page);
  };
  await ask("gerd.corp.example");
  const other = await world.person(page, "hanna", "approver");
  await other.page.goto("/clm-ui/approvals?tab=keys");
  await other.page
    .getByRole("row")
    .filter({ hasText: "gerd.corp.example" })
    .getByRole("button", { name: "Decline" })
    .click();
  await dialog(other.page).getByLabel("Comment").fill("not without him");
  await dialog(other.page).getByRole("button", { name: "Decline" }).click();
  await closed(other.page);
  await other.page.getByText("Nobody waits for a key").waitFor();
  await page.goto("/clm-ui/requests?tab=keys&whose=mine");
  const refused = page.getByRole("row").filter({ hasText: "gerd.corp.example" });
  await refused.getByText("declined").waitFor();
  await refused.getByText("hanna: not without him").waitFor();

  await ask("ida.corp.example");
  await page.goto("/clm-ui/requests?tab=keys&whose=mine");
  const own = page.getByRole("row").filter({ hasText: "ida.corp.example" });
  await own.getByRole("button", { name: "Withdraw" }).click();
  await own.getByText("withdrawn").waitFor();
  expect([...complaints, ...other.complaints]).toEqual([]);
});

test("windows of maintenance are written in the form of a policy", async () => {
  const { page, complaints } = await world.administrator();
  await page.goto("/clm-ui/policies/server");
  await page.getByRole("button", { name: /^Maintenance windows/ }).click();
  await page.getByLabel("Clients renew then").fill("Sun 25:00-26:00");
  await button(page, "Save as a new version").click();
  await page.getByText(/must be days and times/).waitFor();
  await page.getByLabel("Clients renew then").fill("Sat,Sun 01:00-05:00\n03:00-04:00");
  await page.getByLabel(/offset from UTC/).fill("+01:00");
  await button(page, "Save as a new version").click();
  await page.getByText("server is in force.").last().waitFor();
  const answer = await page.request.get("/clm-api/v1/policies/server");
  const { definition } = (await answer.json()) as { definition: string };
  expect(definition).toContain("Sat,Sun 01:00-05:00");
  expect(complaints).toEqual([]);
});

test("on a telephone and in dark nothing sticks out, and axe finds nothing serious", async () => {
  const look = { viewport: { width: 390, height: 844 }, colorScheme: "dark", locale: "de-DE" } as const;
  const { page, complaints } = await world.administrator(look);
  const list = await page.request.get("/clm-api/v1/certificates?policy=kept");
  const { certificates } = (await list.json()) as { certificates: { fingerprint: string }[] };
  await until("the inventory has them", 1_000, () => certificates.length > 0);
  const found: string[] = [];
  for (const path of [
    `certificates/${certificates[0]?.fingerprint}`,
    "requests?tab=keys",
    "requests?tab=keys&state=expired",
    "approvals?tab=keys",
    "policies/kept",
  ]) {
    await open(page, `/clm-ui/${path}`);
    found.push(...(await findings(page)).map((one) => `${path}: ${one}`));
    const wide = await tooWide(page);
    if (wide > 0) found.push(`${path}: ${wide} pixels too wide`);
  }
  expect(found).toEqual([]);
  expect(complaints).toEqual([]);
});
