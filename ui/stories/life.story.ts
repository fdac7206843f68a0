// Promises:
// - a person logs in, and nobody sees anything without; logged out, it is over
// - a certificate asked for by wizard, with a key made in the browser, is one that openssl verifies, with that key, also
//   as PKCS#7 and PKCS#12
// - a CSR that is pasted is read while it is typed; what the policy refuses is told in its words
// - a request waits, is approved with a comment by the click of a second person, and becomes a certificate; or is declined
// - all of that in German and dark too: log in, ask, approve, find, revoke, which OCSP says
// - a certificate is revoked only by its name, the page says so, and OCSP too
// - the list is searched and filtered, and a link to it shows the same
// - a policy is changed as YAML, and what is wrong is told at its line; or as a form, beside an example and what is to
//   be said about it
// - what a policy said before is looked at beside what it says now, and put in force again
// - the own password is changed
import { execFileSync } from "node:child_process";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { findings } from "./look.ts";
import { AS_PAGE, MANUAL, makeCsr, openssl, until, World } from "./world.ts";

let world: World;

beforeAll(async () => {
  world = await World.start();
});

afterAll(() => world?.stop());

const button = (page: Page, name: string | RegExp) => page.getByRole("button", { name, exact: true });
const heading = (page: Page, name: string | RegExp) =>
  page.getByRole("heading", { level: 1, name }).waitFor();

/** Clicks, and gives the file that the browser saved. */
async function saved(page: Page, click: () => Promise<void>): Promise<string> {
  const [file] = await Promise.all([page.waitForEvent("download"), click()]);
  const path = world.file(`${Math.random()}-${file.suggestedFilename()}`);
  await file.saveAs(path);
  return path;
}

/** Goes through the wizard up to its end. */
async function askFor(page: Page, policy: string, names: string) {
  await page.goto("/clm-ui/request");
  await page.getByRole("radio", { name: policy, exact: true }).check();
  await button(page, "Next").click();
  await button(page, "Next").click();
  await page.getByRole("textbox", { name: "Names" }).fill(names);
  await button(page, "Next").click();
  await button(page, "Request the certificate").click();
}

async function issue(page: Page, name: string): Promise<string> {
  const csr = makeCsr(world, name, name);
  const answer = await page.request.post("/clm-api/v1/certificates", {
    data: { csr, policy: "server" },
    ...AS_PAGE,
  });
  const { fingerprint } = (await answer.json()) as { fingerprint: string };
  return fingerprint;
}

test("a person logs in and out", async () => {
  const { page, complaints } = await world.page();
  await page.goto("/clm-ui/certificates?state=valid");
  await page.getByLabel("Username").fill("administrator");
  await page.getByLabel("Password").fill("not the password");
  await page.keyboard.press("Enter");
  await page.getByText("Username or password is wrong.").waitFor();
  await page.getByLabel("Password").fill(world.password);
  await button(page, "Log in").click();
  await heading(page, "Certificates");
  expect(new URL(page.url()).search).toBe("?state=valid");
  const kept = await page.evaluate(
    () => JSON.stringify({ ...localStorage, ...sessionStorage }) + document.cookie,
  );
  expect(kept, "no script can read the session").not.toMatch(/token|session/);
  await button(page, "Log out").click();
  await page.getByLabel("Password").waitFor();
  expect((await page.request.get("/clm-api/v1/session")).status()).toBe(401);
  expect(complaints).toEqual([]);
});

test("a certificate is asked for by wizard, with a key made in the browser", async () => {
  const { page, complaints } = await world.administrator();
  await askFor(page, "server", "www.wizard.example\nwizard.example");
  await page.getByText("www.wizard.example: The certificate is issued").waitFor();
  const key = await saved(page, () => button(page, "Private key, PEM").click());
  const chain = await saved(page, () => button(page, "Certificate and chain, PEM").click());
  const spki = openssl("pkey", "-in", key, "-pubout");
  expect(openssl("x509", "-in", chain, "-noout", "-pubkey")).toBe(spki);
  const root = world.file("data/root.pem");
  openssl("verify", "-CAfile", root, "-untrusted", chain, "-verify_hostname", "wizard.example", chain);

  await button(page, "Key and certificate, PKCS#12 …").click();
  await page.getByLabel("Password of the file").fill("a password");
  const bundle = await saved(page, () => button(page, "Make the file").click());
  const opened = ["pkcs12", "-in", bundle, "-passin", "pass:a password", "-nodes"];
  expect(openssl(...opened).match(/BEGIN CERTIFICATE/g)).toHaveLength(2);
  const unpacked = world.file("unpacked.pem", openssl(...opened, "-nocerts"));
  expect(openssl("pkey", "-in", unpacked, "-pubout")).toBe(spki);
  const wrong = () => openssl("pkcs12", "-in", bundle, "-passin", "pass:another", "-nodes");
  expect(wrong).toThrow();
  const java = ["-list", "-storetype", "PKCS12", "-keystore", bundle, "-storepass", "a password"];
  if (hasKeytool()) expect(execFileSync("keytool", java, { encoding: "utf8" })).toContain("PrivateKeyEntry");

  await page.getByRole("link", { name: "Open the certificate" }).click();
  await heading(page, /www\.wizard\.example/);
  await button(page, "Download").click();
  const pkcs7 = await saved(page, () => page.getByRole("menuitem", { name: /PKCS#7/ }).click());
  const inside = openssl("pkcs7", "-inform", "DER", "-in", pkcs7, "-print_certs");
  expect(inside.match(/BEGIN CERTIFICATE/g)).toHaveLength(3);
  await button(page, "Download").click();
  const der = await saved(page, () => page.getByRole("menuitem", { name: "Certificate, DER" }).click());
  expect(openssl("x509", "-inform", "DER", "-in", der, "-noout", "-subject")).toContain("www.wizard.example");
  expect(complaints).toEqual([]);
});

function hasKeytool() {
  try {
    execFileSync("keytool", ["-help"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

test("a pasted CSR is read while it is typed, and its refusal is told in the policy's words", async () => {
  const { page } = await world.administrator();
  await page.goto("/clm-ui/request");
  await page.getByRole("radio", { name: "server", exact: true }).check();
  await button(page, "Next").click();
  await page.getByRole("radio", { name: /certificate signing request/ }).check();
  const field = page.getByRole("textbox", { name: /CSR, PKCS#10/ });
  await field.fill("hello");
  await page.getByText("This is no CSR in PEM.").waitFor();
  expect(await button(page, "Next").isDisabled()).toBe(true);
  await field.fill(makeCsr(world, "pasted", "pasted.example"));
  const read = page.getByRole("region", { name: "CSR" });
  await read.getByText("CN=pasted.example").waitFor();
  await read.getByText("P-256").waitFor();
  await button(page, "Next").click();
  const names = page.getByRole("textbox", { name: "Names" });
  expect(await names.inputValue()).toBe("dns:pasted.example");
  await names.fill("dns:pasted.example\nanna@pasted.example");
  await button(page, "Next").click();
  await page.getByText(/One of the names is of a kind/).waitFor();
  await button(page, "Request the certificate").click();
  await page
    .getByText(/email:anna@pasted.example/)
    .last()
    .waitFor();
  await page.getByText("That did not work").waitFor();
});

test("a request waits, is approved by a second person and becomes a certificate; another is declined", async () => {
  const { page, complaints } = await world.administrator();
  await page.request.put("/clm-api/v1/policies/manual", { data: { definition: MANUAL }, ...AS_PAGE });
  await askFor(page, "manual", "bank.example");
  await page.getByText("bank.example: The request waits for approval").waitFor();
  await saved(page, () => button(page, "Private key, PEM").click());
  await askFor(page, "manual", "other.example");
  await page.getByText(/waits for approval/).waitFor();

  const second = await world.person(page, "anna", "approver");
  const decide = async (name: string, word: string, act: string, comment: string) => {
    await second.page.goto("/clm-ui/approvals");
    const row = second.page.getByRole("row").filter({ hasText: name });
    await row.getByRole("button", { name: word }).click();
    await second.page.getByLabel("Comment").fill(comment);
    await second.page.getByRole("dialog").getByRole("button", { name: act }).click();
    await second.page.getByRole("dialog").waitFor({ state: "detached" });
  };
  await decide("other.example", "Decline", "Decline", "not ours");
  await decide("bank.example", "Approve", "Approve and issue", "as discussed");
  await second.page.getByText("Nobody waits").waitFor();
  await second.page.goto("/clm-ui/requests");
  await second.page.getByRole("row").filter({ hasText: "other.example" }).waitFor();
  await second.page.getByRole("button", { name: "My requests" }).click();
  await second.page.getByText("Nothing matches").waitFor();
  await page.goto("/clm-ui/requests?whose=mine&state=declined");
  await page.getByRole("row").filter({ hasText: "other.example" }).getByText("not ours").waitFor();
  await page.getByRole("row").filter({ hasText: "other.example" }).getByText("— anna").waitFor();
  await page.goto("/clm-ui/requests?state=issued");
  await page.getByRole("link", { name: "bank.example" }).click();
  await page.getByRole("row").filter({ hasText: "bank.example" }).getByText("Valid").waitFor();
  expect(complaints).toEqual([]);
});

test("a certificate is revoked only by its name, and OCSP says so", async () => {
  const { page } = await world.administrator();
  const fingerprint = await issue(page, "leak.example");
  await page.goto(`/clm-ui/certificates/${fingerprint}`);
  await button(page, "Revoke").click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Reason").selectOption("keyCompromise");
  const revoke = dialog.getByRole("button", { name: "Revoke" });
  await dialog.getByRole("textbox").fill("leak");
  expect(await revoke.isDisabled()).toBe(true);
  await dialog.getByRole("textbox").fill("leak.example");
  await revoke.click();
  await heading(page, /leak\.example Revoked/);
  await page.getByText("keyCompromise").waitFor();
  await page.getByRole("tab", { name: "History" }).click();
  await page.getByText("Reason: keyCompromise").waitFor();
  expect(await button(page, "Revoke").count()).toBe(0);

  await until("OCSP says revoked", 10_000, () => ocspSays("revoked", page, fingerprint));
});

/** Whether openssl is told this of a certificate. */
async function ocspSays(state: string, page: Page, fingerprint: string): Promise<boolean> {
  const answer = await page.request.get(`/clm-api/v1/certificates/${fingerprint}`);
  const whole = (await answer.json()) as { certificate_pem: string; chain_pem: string[] };
  return world.ocsp(whole.certificate_pem, whole.chain_pem[0] ?? "").includes(`: ${state}`);
}

test("the list is searched and filtered, and a link to it shows the same", async () => {
  const { page } = await world.administrator();
  await issue(page, "needle-1.example");
  await issue(page, "needle-2.example");
  await page.goto("/clm-ui/certificates");
  await page
    .getByRole("searchbox")
    .or(page.getByLabel(/Search by name/))
    .first()
    .fill("needle-2");
  await page.waitForURL(/search=needle-2/);
  const rows = page.getByRole("row");
  await until("one row is left", 10_000, async () => (await rows.count()) === 2);
  await page.getByRole("link", { name: "needle-2.example" }).waitFor();
  await button(page, "Revoked").click();
  await page.getByText("Nothing matches").waitFor();
  const other = (await world.administrator()).page;
  await other.goto(page.url());
  await other.getByText("Nothing matches").waitFor();
  await button(other, "Clear filters").click();
  await other.getByRole("link", { name: "needle-1.example" }).waitFor();
});

test("a policy is changed as YAML, and what is wrong is told at its line", async () => {
  const { page, complaints } = await world.administrator();
  await page.goto("/clm-ui/new-policy?as=yaml");
  const text = page.getByRole("textbox", { name: "Definition" });
  const draft = (await text.inputValue()).replace("name: my-policy", "name: story");
  await text.fill(draft.replace("default: 90d", "default: 9y"));
  await button(page, "Create the policy").click();
  const line = draft.split("\n").findIndex((line) => line.includes("default: 90d")) + 1;
  await page.getByText(`Line ${line}`).waitFor();
  await page.getByText(/longer than validity.longest/).waitFor();
  await text.fill(draft);
  await button(page, "Create the policy").click();
  await heading(page, "story");
  await text.fill(draft.replace("manual_approval: false", "manual_approval: true"));
  await button(page, "Save as a new version").click();
  await page.getByText("story is in force.").last().waitFor();
  await page.getByText("Version 2, by administrator").waitFor();

  await page.getByRole("tab", { name: "Versions" }).click();
  const setting = page.getByRole("row").filter({ hasText: "manual_approval" });
  await setting.filter({ hasText: "false" }).filter({ hasText: "true" }).waitFor();
  await page.getByText("+ came: manual_approval: true").waitFor();
  expect(await findings(page)).toEqual([]);
  await button(page, "What changed in version 1").click();
  await page.getByText("This is the first version").waitFor();
  await page.getByLabel("Compared with").selectOption("Version 2");
  await page.getByText("- went: manual_approval: true").waitFor();
  const other = (await world.administrator()).page;
  await other.goto(page.url());
  await other.getByText("- went: manual_approval: true").waitFor();
  await button(page, "Put in force again …").click();
  expect(await findings(page)).toEqual([]);
  await page.getByRole("dialog").getByRole("button", { name: "Put in force again" }).click();
  await page.getByRole("row").filter({ hasText: "Version 3" }).getByText("in force").waitFor();
  await page.getByRole("tab", { name: "What it says" }).click();
  expect(await text.inputValue()).toBe(draft);
  expect(complaints).toEqual([]);
});

test("policies are searched, and turned over page by page", async () => {
  const { page, complaints } = await world.administrator();
  for (let number = 1; number <= 21; number += 1) {
    const name = `many-${String(number).padStart(2, "0")}`;
    const definition = MANUAL.replace("name: manual", `name: ${name}`);
    await page.request.put(`/clm-api/v1/policies/${name}`, { data: { definition }, ...AS_PAGE });
  }
  await page.goto("/clm-ui/policies");
  await page.getByRole("textbox", { name: /Search by name/ }).fill("MANY-");
  await page.getByText("1–20 of 21").waitFor();
  await button(page, "Next page").click();
  await page.getByRole("link", { name: "many-21" }).waitFor();
  await page.getByRole("textbox", { name: /Search by name/ }).fill("many-07");
  await page.getByRole("link", { name: "many-07" }).waitFor();
  await page.getByText("1–1 of 1").waitFor();
  expect(complaints).toEqual([]);
});

test("a policy is made as a form, beside an example of what it makes and what is to be said about it", async () => {
  const { page, complaints } = await world.administrator();
  await page.goto("/clm-ui/new-policy");
  const example = page.getByRole("region", { name: "Example" });
  await example.getByText("dns:www.example.com").waitFor();
  await example.getByText("Any name is issued at once").waitFor();
  await page.getByRole("textbox", { name: "Name", exact: true }).fill("form-story");
  await page.getByLabel("DNS names").fill(".shop.example\nshop.example");
  await example.getByText("dns:www.shop.example").waitFor();
  await example.getByText("Nothing to remark.").waitFor();
  await page.getByLabel("Longest validity").fill("3y");
  await example.getByText("Apple devices refuse").waitFor();
  await page.getByLabel("Longest validity").fill("30d");
  await example.getByText("The usual validity is longer than the longest.").waitFor();
  await button(page, "Create the policy").click();
  await page.getByText(/longer than validity.longest/).waitFor();
  await page.getByLabel("Usual validity").fill("7d");
  await page.getByRole("checkbox", { name: "A person says yes to each request" }).check();
  await button(page, "Create the policy").click();
  await heading(page, "form-story");
  const answer = await page.request.get("/clm-api/v1/policies/form-story");
  const { definition } = (await answer.json()) as { definition: string };
  expect(definition).toContain("dns: [.shop.example, shop.example]");
  expect(definition).toContain("manual_approval: true");
  await button(page, "YAML").click();
  expect(await page.getByRole("textbox", { name: "Definition" }).inputValue()).toBe(definition);
  expect(complaints).toEqual([]);
});

test("in German and dark a certificate is asked for, approved, found and revoked", async () => {
  const look = { locale: "de-DE", colorScheme: "dark" } as const;
  const { page, complaints } = await world.page(look);
  await page.goto("/clm-ui/");
  await page.getByLabel("Benutzername").fill("administrator");
  await page.getByLabel("Passwort").fill(world.password);
  await button(page, "Anmelden").click();
  await heading(page, "Übersicht");
  await page.request.put("/clm-api/v1/policies/manual", { data: { definition: MANUAL }, ...AS_PAGE });
  await page.goto("/clm-ui/request");
  await page.getByRole("radio", { name: "manual", exact: true }).check();
  await button(page, "Weiter").click();
  await button(page, "Weiter").click();
  await page.getByRole("textbox", { name: "Namen" }).fill("dunkel.example");
  await button(page, "Weiter").click();
  await button(page, "Zertifikat anfordern").click();
  await page.getByText("dunkel.example: Der Antrag wartet auf Freigabe").waitFor();
  await saved(page, () => button(page, "Privater Schlüssel, PEM").click());

  const second = await world.person(page, "dora", "approver", look);
  await second.page.goto("/clm-ui/approvals");
  const row = second.page.getByRole("row").filter({ hasText: "dunkel.example" });
  await row.getByRole("button", { name: "Freigeben" }).click();
  await second.page.getByRole("dialog").getByRole("button", { name: "Freigeben und ausstellen" }).click();
  await second.page.getByText("Niemand wartet").waitFor();

  await page.goto("/clm-ui/certificates?search=dunkel");
  await page.getByRole("link", { name: "dunkel.example" }).click();
  await heading(page, /dunkel\.example Gültig/);
  const fingerprint = new URL(page.url()).pathname.split("/").at(-1) ?? "";
  expect(await ocspSays("good", page, fingerprint)).toBe(true);
  expect(await page.evaluate(() => document.documentElement.className)).toContain("pf-v6-theme-dark");
  await button(page, "Sperren").click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("textbox").fill("dunkel.example");
  await dialog.getByRole("button", { name: "Sperren" }).click();
  await heading(page, /dunkel\.example Gesperrt/);
  await until("OCSP says revoked", 10_000, () => ocspSays("revoked", page, fingerprint));
  expect([...complaints, ...second.complaints]).toEqual([]);
});

test("the own password is changed", async () => {
  const { page } = await world.administrator();
  const fresh = "a fresh password for this story";
  await page.goto("/clm-ui/account");
  const change = async (present: string, next: string) => {
    await page.getByLabel("Present password").fill(present);
    await page.getByLabel("New password", { exact: true }).fill(next);
    await page.getByLabel("New password, again").fill(next);
    await button(page, "Change password").click();
  };
  await change("not my password", fresh);
  await page.getByText("This is not your present password.").waitFor();
  await change(world.password, fresh);
  await page.getByText("Your password was changed.").waitFor();
  const log = (password: string) =>
    page.request.post("/clm-api/v1/session", { data: { username: "administrator", password } });
  expect((await log(world.password)).status()).toBe(401);
  expect((await log(fresh)).status()).toBe(200);
});
