// Promises:
// - one certificate is found among 100,000, by a part of its name or the beginning of its serial number, and any page is reached
// - owner, tags and places of a certificate are changed, searched, exported as CSV and JSON lines, and stand in its history
// - a whole search is tagged, with progress; certificates are revoked by their number, and OCSP says so of each
// - certificates of others are imported where a policy allows it, those that were there are told, and they are forgotten again
// - what is to be renewed now is renewed by certbot, which learns of it by itself (RFC 9773)
// - an end entity gets a password that is shown once and lets in by EST; blocked, it lets in no more
// - the system page says how services, CAs, CRLs and tokens stand
// - all of it is reachable for screen readers, fits on a telephone, and is told in German
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { findings, open, tooWide } from "./look.ts";
import { AS_PAGE, freePort, makeCsr, openssl, until, World } from "./world.ts";

const MANY = 100_000;

let world: World;
let httpPort: number;

beforeAll(async () => {
  httpPort = await freePort();
  // the names that these stories prove lie on the loopback interface
  const validation = { http_port: httpPort, denied_networks: [] };
  world = await World.start(() => ({ acme: { validation } }));
});

afterAll(() => world?.stop());

const button = (page: Page, name: string | RegExp) => page.getByRole("button", { name, exact: true });
const dialog = (page: Page) => page.getByRole("dialog");
const row = (page: Page, text: string) => page.getByRole("row").filter({ hasText: text });
const heading = (page: Page, name: string | RegExp) =>
  page.getByRole("heading", { level: 1, name }).waitFor();

/** Issues a certificate and waits until the inventory has it; its fingerprint. */
async function issue(page: Page, name: string): Promise<string> {
  const data = { csr: makeCsr(world, name, name), policy: "server" };
  const answer = await page.request.post("/clm-api/v1/certificates", { data, ...AS_PAGE });
  const { fingerprint } = (await answer.json()) as { fingerprint: string };
  await until("the inventory has it", 20_000, async () =>
    (await page.request.get(`/clm-api/v1/certificates/${fingerprint}`)).ok(),
  );
  return fingerprint;
}

/** Clicks, and gives the text of the file that the browser saved. */
async function saved(page: Page, click: () => Promise<void>): Promise<string> {
  const [file] = await Promise.all([page.waitForEvent("download"), click()]);
  const path = world.file(`${Math.random()}-${file.suggestedFilename()}`);
  await file.saveAs(path);
  return readFileSync(path, "utf8");
}

/** Rows as the platform writes them, each of a name and serial number of its own; only their DER is that of one. */
function load(count: number) {
  const database = new DatabaseSync(world.file("data/clm.db"));
  database.exec("PRAGMA busy_timeout = 30000");
  const own: Record<string, string> = {
    id: "t.id + 1000 + i",
    serial: "printf('%040x', 4660 * 65536 * 65536 + i)",
    fingerprint: "printf('%064x', 4660 * 65536 * 65536 + i)",
    subject: "'CN=' || host",
    subject_folded: "'cn=' || host",
    subject_alternative_names: `'["dns:' || host || '"]'`,
    request_id: "'bulk-' || i",
  };
  const columns = database.prepare("PRAGMA table_info(inventory_certificate)").all() as { name: string }[];
  const names = columns.map(({ name }) => name);
  const values = names.map((name) => own[name] ?? `t.${name}`);
  const numbers = `WITH RECURSIVE n(i, host) AS (
    SELECT 1, 'host-000001.bulk.example' UNION ALL
    SELECT i + 1, printf('host-%06d.bulk.example', i + 1) FROM n WHERE i < ${count})`;
  database.exec(`BEGIN;
    ${numbers} INSERT INTO inventory_certificate (${names.join()})
      SELECT ${values.join()} FROM n, (SELECT * FROM inventory_certificate ORDER BY id LIMIT 1) AS t;
    ${numbers} INSERT INTO inventory_name (certificate_id, name)
      SELECT (SELECT min(id) FROM inventory_certificate) + 1000 + i, 'dns:' || host FROM n;
    COMMIT`);
  database.close();
}

test("owner, tags and places are changed, searched, exported, and stand in the history", async () => {
  const { page, complaints } = await world.administrator();
  const fingerprint = await issue(page, "noted.example");
  await issue(page, "plain.example");
  await page.goto(`/clm-ui/certificates/${fingerprint}`);
  await page.getByText("Nothing is written yet.").waitFor();
  await button(page, "Change").click();
  await dialog(page).getByLabel("Owner").fill("web-team@corp.example");
  await dialog(page).getByLabel("Tags").fill("env=prod, web");
  await dialog(page).getByLabel("Used at").fill("lb-1.corp.example\nlb-2.corp.example");
  await dialog(page).getByLabel("Comment").fill("the shop's own");
  expect(await findings(page)).toEqual([]);
  await button(page, "Save").click();
  await page.getByText("lb-2.corp.example").waitFor();
  await page.getByRole("tab", { name: "History" }).click();
  await page.getByText("Owner, tags, locations or comment changed").waitFor();
  await page.getByText("administrator").last().waitFor();

  await page.goto("/clm-ui/certificates?tags=env=prod");
  await page.getByRole("link", { name: "noted.example" }).waitFor();
  expect(await page.getByRole("link", { name: "plain.example" }).count()).toBe(0);
  const csv = await saved(page, () => page.getByRole("link", { name: "Export CSV" }).click());
  expect(csv.split(/\r?\n/)[0]).toContain("fingerprint");
  expect(csv).toContain("web-team@corp.example");
  expect(csv).not.toContain("plain.example");
  const lines = await saved(page, () => page.getByRole("link", { name: "Export JSON lines" }).click());
  expect(
    lines
      .trim()
      .split("\n")
      .map((line) => (JSON.parse(line) as { owner: string }).owner),
  ).toEqual(["web-team@corp.example"]);
  await page.goto("/clm-ui/certificates?search=plain&unowned=yes");
  await page.getByRole("link", { name: "plain.example" }).waitFor();
  expect(complaints).toEqual([]);
});

test("a whole search is tagged; some are revoked by their number, and OCSP says so of each", async () => {
  const { page, complaints } = await world.administrator();
  const names = ["one", "two", "three"].map((name) => `${name}.herd.example`);
  const fingerprints: string[] = [];
  for (const name of names) fingerprints.push(await issue(page, name));
  await page.goto("/clm-ui/certificates?search=.herd.example");
  await page.getByRole("checkbox", { name: "Choose one.herd.example" }).check();
  await button(page, "Choose all 3 of this search").click();
  await button(page, "Owner and tags …").click();
  await dialog(page).getByLabel("Set tags").fill("herd=yes");
  expect(await findings(page)).toEqual([]);
  await button(page, "Save").click();
  await heading(page, /change owner and tags/);
  await page.getByText("3 done, 0 were so already, 0 failed, of 3").waitFor();
  await page.getByText("Everything could be done").waitFor();

  await page.goto("/clm-ui/certificates?tags=herd");
  await page.getByRole("checkbox", { name: "Choose all rows" }).check();
  await page.getByRole("checkbox", { name: "Choose three.herd.example" }).uncheck();
  await button(page, "Revoke …").click();
  const revoke = button(page, "Revoke them");
  await dialog(page).getByLabel("Reason").selectOption("superseded");
  await dialog(page).getByRole("textbox").fill("3");
  expect(await revoke.isDisabled()).toBe(true);
  await dialog(page).getByRole("textbox").fill("2");
  await revoke.click();
  await page.getByText("2 done, 0 were so already, 0 failed, of 2").waitFor();
  for (const [index, state] of [
    [0, "revoked"],
    [1, "revoked"],
    [2, "good"],
  ] as const) {
    await until(`OCSP says ${state}`, 20_000, () => ocsp(page, fingerprints[index] ?? "", state));
  }
  await page.goto("/clm-ui/bulk-acts");
  await row(page, "revoke").getByText("done", { exact: true }).waitFor();
  expect(complaints).toEqual([]);
});

/** Whether openssl is told this of a certificate. */
async function ocsp(page: Page, fingerprint: string, state: string): Promise<boolean> {
  const answer = await page.request.get(`/clm-api/v1/certificates/${fingerprint}`);
  const whole = (await answer.json()) as { certificate_pem: string; chain_pem: string[] };
  return world.ocsp(whole.certificate_pem, whole.chain_pem[0] ?? "").includes(`: ${state}`);
}

test("certificates of others are imported where a policy allows it, and forgotten again", async () => {
  const { page, complaints } = await world.administrator();
  const definition = `name: watched
realm: default
issuer: default-sub
profile: tls-server
protocols: [cli]
validity: {default: 90d, longest: 90d}
names: {dns: [.foreign.example], required: true}
import: {allowed: true, self_signed: true}
`;
  await page.request.put("/clm-api/v1/policies/watched", { data: { definition }, ...AS_PAGE });
  const foreign = world.file("foreign.der");
  openssl(
    ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "20"],
    ...["-keyout", world.file("foreign.key"), "-outform", "DER", "-out", foreign],
    ...["-subj", "/CN=old.foreign.example", "-addext", "subjectAltName=DNS:old.foreign.example"],
  );
  const take = async (outcome: string) => {
    await page.goto("/clm-ui/certificates");
    await button(page, "Import …").click();
    await dialog(page).locator("input[type=file]").setInputFiles(foreign);
    await dialog(page).getByLabel("Policy").selectOption("watched");
    await dialog(page).getByLabel("Owner").fill("anna");
    expect(await findings(page)).toEqual([]);
    await dialog(page).getByRole("button", { name: "Import" }).click();
    await row(page, "old.foreign.example").getByText(outcome, { exact: true }).waitFor();
  };
  await take("imported");
  await take("was there");
  await page.goto("/clm-ui/certificates?source=imported&within=30d");
  await page.getByRole("link", { name: "old.foreign.example" }).click();
  await heading(page, /old\.foreign\.example Valid/);
  expect(await button(page, "Revoke").count(), "only its issuer can").toBe(0);
  await button(page, "Forget").click();
  await dialog(page).getByRole("textbox").fill("old.foreign.example");
  await dialog(page).getByRole("button", { name: "Remove" }).click();
  await heading(page, "Certificates");
  await page.goto("/clm-ui/certificates?source=imported");
  await page.getByText("Nothing matches").waitFor();
  expect(complaints).toEqual([]);
});

test("what is to be renewed now is renewed by certbot, which learns of it by itself", async () => {
  const { page } = await world.administrator();
  const tools = process.env.ERS_TOOLS ?? join(homedir(), ".cache/ers/tools");
  const folder = world.file("certbot");
  const kept = ["config", "work", "logs"].flatMap((name) => [`--${name}-dir`, join(folder, name)]);
  const certbot = (...parts: string[]) =>
    execFileSync(join(tools, "certbot/bin/certbot"), ["--non-interactive", ...kept, ...parts], {
      encoding: "utf8",
      stdio: "pipe",
      env: { ...process.env, REQUESTS_CA_BUNDLE: world.file("data/root.pem") },
    });
  certbot(
    ...["certonly", "--standalone", "--http-01-address", "127.0.0.1", "--http-01-port", String(httpPort)],
    ...["--server", `${world.url}/acme/acme/directory`, "--ip-address", "127.0.0.1", "--cert-name", "story"],
    ...["--agree-tos", "--email", "operator@example.test", "--no-eff-email"],
  );
  const live = join(folder, "config/live/story/cert.pem");
  const serial = () => openssl("x509", "-in", live, "-noout", "-serial");
  const before = serial();
  await page.goto("/clm-ui/certificates?policy=acme");
  await page.getByRole("link", { name: "127.0.0.1" }).click();
  await button(page, "Renew now …").click();
  await dialog(page).getByLabel("Within").selectOption("1m");
  expect(await findings(page)).toEqual([]);
  await button(page, "Tell their clients").click();
  await page.getByText("1 done, 0 were so already, 0 failed, of 1").waitFor();
  // it chooses a moment of that minute by itself, and would ask for another one in some hours only
  const conf = join(folder, "config/renewal/story.conf");
  await until("certbot has renewed", 90_000, () => {
    writeFileSync(conf, readFileSync(conf, "utf8").replace(/^ari_retry_after.*$/m, ""));
    certbot("renew", "--no-random-sleep-on-renew");
    return serial() !== before;
  });
});

test("an end entity gets a password that is shown once and lets in by EST; blocked, it lets in no more", async () => {
  const { page, complaints } = await world.administrator();
  await page.goto("/clm-ui/end-entities");
  await button(page, "New end entity").click();
  await dialog(page).getByRole("textbox", { name: "Name", exact: true }).fill("router/7");
  await dialog(page).getByLabel("Realm").selectOption("default");
  await dialog(page).getByLabel("Owners").fill("team:network");
  await dialog(page).getByLabel("Metadata").fill("rack");
  await dialog(page).getByText("Each line needs a name").waitFor();
  await dialog(page).getByLabel("Metadata").fill("rack = 12");
  expect(await findings(page)).toEqual([]);
  await button(page, "Add").click();
  await heading(page, "router/7");
  await page.getByText("team:network").waitFor();
  await button(page, "Set … Password").click();
  await button(page, "Save").click();
  await page.getByText("It is shown this once").waitFor();
  const password = (await dialog(page).locator("code").textContent()) ?? "";
  await button(page, "I have kept it").click();
  expect(await page.content()).not.toContain(password);

  const csr = world.file("router.csr");
  openssl(
    ...["req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-outform", "DER"],
    ...["-keyout", world.file("router.key"), "-subj", "/CN=router\\/7", "-out", csr],
  );
  const body = readFileSync(csr).toString("base64");
  const enroll = async () => {
    const answer = await page.request.post("/.well-known/est/simpleenroll", {
      headers: {
        Authorization: `Basic ${Buffer.from(`router/7:${password}`).toString("base64")}`,
        "Content-Type": "application/pkcs10",
      },
      data: body,
    });
    return answer.status();
  };
  expect(await enroll()).toBe(200);
  await button(page, "Block").click();
  await heading(page, /router\/7\s*blocked/);
  expect(await enroll()).toBe(401);
  await button(page, "Remove").click();
  await dialog(page).getByRole("textbox").fill("router/7");
  await dialog(page).getByRole("button", { name: "Remove" }).click();
  await dialog(page)
    .getByText(/certificates of router/)
    .waitFor();
  expect(complaints).toEqual([]);
});

test("the system page says how everything stands", async () => {
  const { page, complaints } = await world.administrator();
  await open(page, "/clm-ui/system");
  await page.getByText("All is well").waitFor();
  await page.getByRole("region", { name: "Services" }).getByText("cara-ws").waitFor();
  await row(page, "default-sub").getByText("current", { exact: true }).waitFor();
  await page.getByRole("region", { name: "Tokens" }).getByText("in reach").first().waitFor();
  const chain = await saved(page, () => button(page, "Chain: default-sub").click());
  expect(chain.match(/BEGIN CERTIFICATE/g)?.length).toBeGreaterThan(1);
  expect(complaints).toEqual([]);
});

test("one is found among 100,000, and any page is reached", async () => {
  const { page, complaints } = await world.administrator();
  load(MANY);
  await open(page, "/clm-ui/certificates");
  const search = page.getByRole("textbox", { name: /Search by name/ });
  await search.fill("host-077421");
  await page.getByRole("link", { name: "host-077421.bulk.example" }).waitFor();
  await until("only that one is left", 30_000, async () => (await page.getByRole("row").count()) === 2);
  await search.fill("0000123400012e6d"); // the end of its serial number finds nothing: only the beginning does
  await page.getByText("Nothing matches").waitFor();
  await search.fill(".bulk.example");
  await page.getByText(/1–20 of 10,000\+/).waitFor();
  for (const range of ["21–40", "41–60"]) {
    await button(page, "Next page").click();
    await page.getByText(new RegExp(`${range} of 10,000\\+`)).waitFor();
  }
  const link = page.url();
  await page.getByRole("link", { name: "host-099960.bulk.example" }).waitFor();
  await page.reload();
  await page.getByText(/41–60 of 10,000\+/).waitFor();
  expect(page.url()).toBe(link);
  await page.getByRole("link", { name: "host-099960.bulk.example" }).waitFor();

  const german = await world.administrator({ locale: "de-DE", colorScheme: "dark" });
  await german.page.goto("/clm-ui/certificates");
  await german.page.getByRole("textbox", { name: /Nach Name.*suchen/ }).fill("host-031415");
  await german.page.getByRole("link", { name: "host-031415.bulk.example" }).waitFor();
  await german.page.getByText("1–1 von 1").waitFor();
  expect([...complaints, ...german.complaints]).toEqual([]);
});

// words that only English has
const ENGLISH =
  /\b(Certificates|Owner|Tags and|Export|Search|Choose|Renew|Revoke|Change|Services|Checks|Begun|Loading|Waiting|Used at)\b/;

test.each([
  {
    name: "wide and light, in English",
    viewport: { width: 1440, height: 900 },
    colorScheme: "light",
    locale: "en-GB",
  },
  {
    name: "narrow and dark, in German",
    viewport: { width: 390, height: 844 },
    colorScheme: "dark",
    locale: "de-DE",
  },
] as const)("all of it is reachable and fits, $name", async ({ name: _, ...look }) => {
  const { page, complaints } = await world.administrator(look);
  const list = await page.request.get("/clm-api/v1/certificates?search=noted.example");
  const { certificates } = (await list.json()) as { certificates: { fingerprint: string }[] };
  const one = `/clm-ui/certificates/${certificates[0]?.fingerprint}`;
  const found: string[] = [];
  for (const path of [
    "/clm-ui/certificates?search=noted&tags=web",
    one,
    `${one}?tab=history`,
    "/clm-ui/bulk-acts",
    "/clm-ui/bulk-acts/1",
    "/clm-ui/end-entities",
    "/clm-ui/end-entities/default/router%2F7",
    "/clm-ui/system",
  ]) {
    await open(page, path);
    found.push(...(await findings(page)).map((one) => `${path}: ${one}`));
    const wide = await tooWide(page);
    if (wide > 0) found.push(`${path}: ${wide} pixels too wide`);
    if (look.locale === "de-DE") {
      const text = await page.evaluate(() => {
        const copy = document.body.cloneNode(true) as HTMLElement;
        for (const part of copy.querySelectorAll("textarea, pre, .ers-mono, [translate=no]")) part.remove();
        return copy.textContent ?? "";
      });
      const word = ENGLISH.exec(text)?.[0];
      if (word) found.push(`${path}: ${word}`);
    }
  }
  expect(found).toEqual([]);
  expect(complaints).toEqual([]);
});
