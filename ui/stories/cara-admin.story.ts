// Promises, in the app of CARA's administrators:
// - without the certificate of an administrator nobody gets in, and the page says how
// - with an administrator's PKCS#12 the CAs stand as a tree; a CA is made, renewed, rolled over, stopped and revoked by name
// - a CA that a foreign one signs: its request goes out, what openssl's CA makes of it comes in
// - a certificate is found, held, released and revoked, and OCSP says so
// - settings of a CA are changed; its CRLs are made anew
// - keys, tokens and how much is signed are shown; the journal is walked; what was done is written down
// - in German and dark too: in with the PKCS#12, a CA is made, a certificate found by its profile and revoked, the journal walked
// - a profile is put beside an example of what it makes, linted while it is typed; and removed by name
// - administrators are made and removed; who may not do a thing is not offered it
// - axe finds nothing serious, light and dark, wide and narrow; no page is too wide; everything is told in German
import { readFileSync } from "node:fs";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { findings, open, tooWide } from "./look.ts";
import { makeCsr, openssl, until, World } from "./world.ts";

const ALL = ["ca-administrator", "ra", "auditor"];
let world: World;
let page: Page;
let complaints: string[];

beforeAll(async () => {
  world = await World.start();
  ({ page, complaints } = await world.caAdministrator("chief", ALL));
});

afterAll(() => world?.stop());

const button = (name: string | RegExp) => page.getByRole("button", { name, exact: true });
const heading = (name: string | RegExp) => page.getByRole("heading", { level: 1, name }).waitFor();
const dialog = () => page.getByRole("dialog");
const closed = () => dialog().waitFor({ state: "detached" });

/** Chooses what is done with the CA whose page is open. */
async function act(name: string) {
  await button("Actions").click();
  await page.getByRole("menuitem", { name }).click();
  await dialog().waitFor();
}

/** Types the name that is asked for, and does it. */
async function confirm(name: string, action: string) {
  const doIt = dialog().getByRole("button", { name: action, exact: true });
  expect(await doIt.isDisabled(), "not without its name").toBe(true);
  await dialog().getByRole("textbox").last().fill(name);
  await doIt.click();
  await closed();
}

async function issue(name: string): Promise<string> {
  const csr = makeCsr(world, name, name);
  const wish = { issuer: "default-sub", profile: "tls-server", csr };
  const answer = await page.request.post("/cara-ws-server/v1/certificates", { data: wish });
  expect(answer.status(), await answer.text()).toBe(201);
  return ((await answer.json()) as { serial: string }).serial;
}

test("without the certificate of an administrator nobody gets in", async () => {
  const stranger = await world.page();
  await stranger.page.goto("/cara-admin/keys");
  await stranger.page.getByRole("heading", { name: "Show the certificate of an administrator" }).waitFor();
  await stranger.page.getByText("ers administrator add").waitFor();
  expect(await findings(stranger.page)).toEqual([]);
  expect(stranger.complaints).toEqual([]);
});

test("a CA is made below another, renewed, rolled over and stopped, each by name", async () => {
  await page.goto("/cara-admin/");
  const tree = page.getByRole("list", { name: "All CAs" });
  await tree.getByRole("link", { name: "default-root" }).waitFor();
  await page.getByRole("link", { name: "New CA" }).click();
  await page.getByLabel("Signed by").selectOption("default-root");
  await page.getByLabel("Name").fill("story");
  await page.getByLabel("Subject").fill("CN=Story CA,O=ERS");
  await page.getByLabel("Key algorithm").selectOption("P-256");
  await page.getByLabel("Valid for").fill("2y");
  await page.getByLabel("Path length").fill("0");
  await button("Create the CA").click();
  await heading(/^story Active/);
  await page.getByText("CN=Story CA,O=ERS").waitFor();

  await act("Renew …");
  await dialog().getByLabel("Valid for").fill("3y");
  await dialog().getByRole("button", { name: "Renew", exact: true }).click();
  await closed();
  await page.getByRole("tab", { name: "Keys" }).click();
  await page.getByText("before a renewal, Generation 1").waitFor();

  await act("Roll over …");
  await dialog().getByRole("button", { name: "Roll over", exact: true }).click();
  await closed();
  await page.getByText("Prepared").waitFor();
  await button("Issue by this one").click();
  await confirm("story", "Issue by this one");
  await page.getByText("Superseded").waitFor();

  await act("Suspend …");
  await confirm("story", "Suspend");
  await heading(/^story Suspended/);
  await act("Resume");
  await confirm("story", "Resume");
  await heading(/^story Active/);
  await act("Revoke …");
  await dialog().getByLabel("Reason").selectOption("superseded");
  await confirm("story", "Revoke");
  await heading(/^story Revoked/);
  expect(complaints).toEqual([]);
});

test("a request is carried to a foreign CA, and its certificate back", async () => {
  await page.goto("/cara-admin/new-authority");
  await page.getByLabel("A foreign CA").check();
  await page.getByLabel("Name").fill("abroad");
  await page.getByLabel("Subject").fill("CN=Abroad,O=ERS");
  await page.getByLabel("Key algorithm").selectOption("P-256");
  await page.getByLabel("Path length").fill("0");
  await button("Create the CA").click();
  await heading(/^abroad Awaits its certificate/);
  const [file] = await Promise.all([page.waitForEvent("download"), button("Request, PEM").click()]);
  const csr = world.file("abroad.csr");
  await file.saveAs(csr);

  const [key, root, leaf, extensions] = ["foreign.key", "foreign.pem", "abroad.pem", "foreign.cnf"].map(
    (name) => world.file(name),
  ) as [string, string, string, string];
  openssl(
    ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "3650"],
    ...["-keyout", key, "-out", root, "-subj", "/CN=Foreign Root"],
    ...["-addext", "keyUsage=critical,keyCertSign,cRLSign"],
  );
  world.file(
    "foreign.cnf",
    "basicConstraints=critical,CA:TRUE,pathlen:0\nkeyUsage=critical,keyCertSign,cRLSign\n" +
      "subjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n",
  );
  openssl(
    ...["x509", "-req", "-in", csr, "-CA", root, "-CAkey", key, "-days", "1000", "-out", leaf],
    ...["-extfile", extensions, "-set_serial", "0x1234567890abcdef"],
  );
  const chain = readFileSync(leaf, "utf8") + readFileSync(root, "utf8");
  await button("Take in the certificate …").click();
  await dialog().getByRole("textbox", { name: "PEM" }).fill(readFileSync(root, "utf8"));
  await dialog().getByRole("button", { name: "Take in the certificate", exact: true }).click();
  await dialog().getByText("That did not work").waitFor();
  await dialog().getByRole("textbox", { name: "PEM" }).fill(chain);
  await dialog().getByRole("button", { name: "Take in the certificate", exact: true }).click();
  await closed();
  await heading(/^abroad Active/);
  expect(complaints).toEqual([]);
});

test("a certificate is found, held, released and revoked, and OCSP says so", async () => {
  const serial = await issue("held.cara.example");
  await page.goto("/cara-admin/certificates");
  await page.getByRole("textbox", { name: /serial number/ }).fill(".cara.example");
  await page.getByRole("link", { name: "held.cara.example" }).click();
  await heading(/^held\.cara\.example Valid/);
  await button("Revoke …").click();
  await dialog().getByLabel("Reason").selectOption("certificateHold");
  await confirm("held.cara.example", "Revoke");
  await heading(/On hold/);
  await button("Release").click();
  await confirm("held.cara.example", "Release");
  await heading(/Valid/);
  await button("Revoke …").click();
  await dialog().getByLabel("Reason").selectOption("keyCompromise");
  await confirm("held.cara.example", "Revoke");
  await heading(/Revoked/);
  expect(await button("Revoke …").count()).toBe(0);

  await until("OCSP says revoked", 10_000, () => ocspSays("revoked", page, serial));
  await page.goto("/cara-admin/certificates?search=nothing.like.this.example");
  await page.getByText("Nothing matches").waitFor();
  expect(complaints).toEqual([]);
});

/** Whether openssl is told this of a certificate. */
async function ocspSays(state: string, page: Page, serial: string): Promise<boolean> {
  const pemOf = async (path: string) => {
    const answer = await page.request.get(`/cara-ws-server/v1/${path}`);
    return ((await answer.json()) as { certificate_pem: string }).certificate_pem;
  };
  const leaf = await pemOf(`certificates/default-sub/${serial}`);
  return world.ocsp(leaf, await pemOf("authorities/default-sub")).includes(`: ${state}`);
}

test("settings of a CA are changed, what cannot be is told, and its CRLs are made anew", async () => {
  await page.goto("/cara-admin/authorities/default-sub?tab=settings");
  await page.getByLabel("CRL valid for … hours").fill("0");
  await button("Save the settings").click();
  await page.getByText("crl_validity_hours must be at least 1").waitFor();
  await page.getByLabel("CRL valid for … hours").fill("72");
  await button("Save the settings").click();
  await page.getByText("default-sub runs with the new settings.").waitFor();
  await page.goto("/cara-admin/revocation");
  const section = page.getByRole("region", { name: "default-sub" });
  await section.getByText("72 hours").waitFor();
  const number = section.locator("tbody td").nth(1);
  const before = await number.textContent();
  await section.getByRole("button", { name: "Make the CRLs anew" }).click();
  await page.getByText("The CRLs of default-sub were made anew.").waitFor();
  await until("another number", 10_000, async () => (await number.textContent()) !== before);
  expect(complaints).toEqual([]);
});

test("keys and tokens are shown, the journal is walked, and what was done is written down", async () => {
  await page.goto("/cara-admin/keys");
  await page.getByRole("heading", { name: /Token software/ }).waitFor();
  await page.getByText("in reach").waitFor();
  await page.getByRole("row").nth(3).waitFor();
  await page.getByRole("img", { name: "Signatures in each 5 seconds" }).waitFor();
  await issue("signed.cara.example");
  const signed = page.locator(".ers-for-readers td:nth-child(2)").filter({ hasText: /^[1-9]/ });
  await signed.first().waitFor({ state: "attached" });
  await page.goto("/cara-admin/audit");
  await page.waitForLoadState("networkidle"); // the list is there before anything is added to it
  await button("Verify the journal").click();
  await page.getByText(/entries follow from each other/).waitFor();
  const row = page.getByRole("row").filter({ hasText: "verify-journal" });
  await row.getByText("done").waitFor();
  await page.getByRole("textbox", { name: /Act, e\.g\./ }).fill("nothing-like-this");
  await page.getByText("Nothing matches").waitFor();
  expect(complaints).toEqual([]);
});

test("in German and dark a CA is made, a certificate found and revoked, and the journal walked", async () => {
  const serial = await issue("dunkel.cara.example");
  const seen = await world.caAdministrator("chief", ALL, { locale: "de-DE", colorScheme: "dark" });
  const { page } = seen;
  const german = (name: string) => page.getByRole("button", { name, exact: true });
  const confirm = async (name: string, action: string) => {
    await page.getByRole("dialog").getByRole("textbox").last().fill(name);
    await page.getByRole("dialog").getByRole("button", { name: action, exact: true }).click();
    await page.getByRole("dialog").waitFor({ state: "detached" });
  };
  await page.goto("/cara-admin/");
  await page.getByRole("list", { name: "Alle CAs" }).getByRole("link", { name: "default-sub" }).waitFor();
  expect(await page.evaluate(() => document.documentElement.className)).toContain("pf-v6-theme-dark");
  await page.getByRole("link", { name: "Neue CA" }).click();
  await page.getByLabel("Signiert von").selectOption("default-root");
  await page.getByLabel("Name").fill("dunkel");
  await page.getByLabel("Subject").fill("CN=Dunkle CA,O=ERS");
  await page.getByLabel("Schlüsselverfahren").selectOption("P-256");
  await page.getByLabel("Gültig für").fill("2y");
  await german("CA anlegen").click();
  await page.getByRole("heading", { level: 1, name: /^dunkel Aktiv/ }).waitFor();

  await page.goto("/cara-admin/certificates");
  await page.getByText("Weitere Filter").click();
  await page.getByLabel("Profil", { exact: true }).selectOption("tls-server");
  await page.getByRole("textbox", { name: /Seriennummer/ }).fill("dunkel.cara.example");
  await page.getByRole("link", { name: "dunkel.cara.example" }).click();
  expect(await ocspSays("good", page, serial)).toBe(true);
  await german("Sperren …").click();
  await page.getByRole("dialog").getByLabel("Grund").selectOption("keyCompromise");
  await confirm("dunkel.cara.example", "Sperren");
  await page.getByRole("heading", { level: 1, name: /Gesperrt/ }).waitFor();
  await until("OCSP says revoked", 10_000, () => ocspSays("revoked", page, serial));

  await page.goto("/cara-admin/audit?administrator=chief");
  await german("Journal prüfen").click();
  await page.getByText(/Einträge folgen auseinander/).waitFor();
  await page.getByRole("row").filter({ hasText: "create-authority" }).filter({ hasText: "dunkel" }).waitFor();
  expect(seen.complaints).toEqual([]);
});

test("a profile is put beside an example of what it makes, and removed by its name", async () => {
  await page.goto("/cara-admin/profiles/tls-server");
  const example = page.getByRole("region", { name: "What such certificates look like" });
  await example.getByText("Extended Key Usage").waitFor();
  const text = page.getByRole("textbox", { name: "Definition" });
  const draft = (await text.inputValue()).replace('"name": "tls-server"', '"name": "story"');
  await text.fill(draft.slice(0, -3));
  await page.getByText(/Line \d+/).waitFor();
  await text.fill(draft);
  await button("Create the profile").click();
  await page.getByText("story is in force.").waitFor();
  await heading("story");
  await page.getByText("Version 1, put by").waitFor();
  await button("Remove").click();
  await confirm("story", "Remove");
  await heading("Profiles");
  expect(await page.getByRole("link", { name: "story", exact: true }).count()).toBe(0);
  expect(complaints).toEqual([]);
});

test("administrators are made and removed, and nobody is offered what they may not do", async () => {
  await page.goto("/cara-admin/administrators");
  await button("New administrator").click();
  await dialog().getByLabel("Name").fill("olga");
  await dialog().getByLabel("operator").check();
  await dialog().getByRole("button", { name: "Save" }).click();
  await closed();
  const row = page.getByRole("row").filter({ hasText: "olga" });
  await row.getByRole("button", { name: "Remove" }).click();
  await confirm("olga", "Remove");
  await row.waitFor({ state: "detached" });

  const ra = await world.caAdministrator("rita", ["ra"]);
  await ra.page.goto("/cara-admin/");
  await ra.page.getByRole("link", { name: "default-sub" }).click();
  await ra.page.getByRole("button", { name: "Actions" }).click();
  await ra.page.getByRole("menuitem", { name: "Certificate, PEM" }).waitFor();
  expect(await ra.page.getByRole("menuitem", { name: "Renew …" }).count()).toBe(0);
  expect(await ra.page.getByRole("link", { name: "Audit and journal" }).count()).toBe(0);
  expect([...complaints, ...ra.complaints]).toEqual([]);
});

test("axe finds nothing serious, nothing sticks out, everything is told in German", async () => {
  const serial = await issue("looks.cara.example");
  const paths = [
    "",
    "authorities/default-sub",
    ...["keys", "crls", "settings", "decoded", "pem"].map((tab) => `authorities/default-sub?tab=${tab}`),
    "authorities/nothing-like-this",
    "new-authority",
    "certificates",
    "certificates?search=nothing.like.this.example",
    "certificates?profile=tls-server",
    `certificates/default-sub/${serial}`,
    `certificates/default-sub/${serial}?tab=decoded`,
    "revocation",
    "profiles",
    "profiles/tls-server",
    "new-profile",
    "approvals",
    "keys",
    "administrators",
    "audit",
    "account",
  ];
  const forms = [
    { colorScheme: "light", viewport: { width: 1440, height: 900 }, locale: "en-GB" },
    { colorScheme: "dark", viewport: { width: 390, height: 844 }, locale: "de-DE" },
  ] as const;
  const found: string[] = [];
  for (const form of forms) {
    const seen = await world.caAdministrator("chief", ALL, form);
    for (const path of paths) {
      await open(seen.page, `/cara-admin/${path}`);
      found.push(...(await findings(seen.page)).map((one) => `${path} ${form.locale}: ${one}`));
      const wide = await tooWide(seen.page);
      if (wide > 0) found.push(`${path}: ${wide} pixels too wide`);
      const word = form.locale === "de-DE" && (await englishOn(seen.page));
      if (word) found.push(`${path}: ${word} is English`);
    }
    found.push(...seen.complaints);
  }
  expect(found).toEqual([]);
});

// words that only English has
const ENGLISH =
  /\b(Certificates|Profiles|Keys|Overview|Valid|Revoked|Expired|Search|Download|Save|Issued|Loading|Roles|Settings|Generation of|Administrators|Signed|by which)\b/;

async function englishOn(page: Page): Promise<string | undefined> {
  const text = await page.evaluate(() => {
    const copy = document.body.cloneNode(true) as HTMLElement;
    for (const part of copy.querySelectorAll("textarea, pre, dt, .ers-mono, [translate=no]")) part.remove();
    return copy.textContent ?? "";
  });
  return ENGLISH.exec(text)?.[0];
}
