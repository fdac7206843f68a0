// The running platform (`ers up`, on ports and in a folder of its own) and a real Chromium in front of it.
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";

const STARTS_MS = 120_000;
/** Longer than any page takes, also on a busy machine. */
const WAITS_MS = 60_000;
const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** A mail server that never answers: subscriptions by mail can be made, and nothing is sent. */
const NOBODYS_MAIL = { host: "localhost", port: 1, security: "none", from: "ERS <ers@corp.example>" };

/** What browsers say of requests that a page of the platform makes, for requests that a story makes in its place. */
export const AS_PAGE = { headers: { "Sec-Fetch-Site": "same-origin" } };

/** What a page has complained of: script errors, and what the content security policy kept out. */
export type Complaints = string[];

export class World {
  readonly password: string;
  readonly url: string;
  readonly browser: Browser;
  private readonly process: ChildProcess;
  private readonly folder: string;

  private constructor(process: ChildProcess, folder: string, browser: Browser) {
    this.process = process;
    this.folder = folder;
    this.browser = browser;
    const log = readFileSync(join(folder, "log"), "utf8");
    this.password = /login\s+administrator \/ (\S+)/.exec(log)?.[1] ?? "";
    this.url = (JSON.parse(readFileSync(runFile(folder), "utf8")) as { url: string }).url;
  }

  /**
   * Starts both. With `ERS_UI_FOLDER` the apps come from below it (`clm-ui/dist`), else from the program. `more`: keys of the
   * configuration beside the usual ones, for a platform at this address.
   */
  static async start(more?: (url: string) => { clm?: object; acme?: object }): Promise<World> {
    const folder = mkdtempSync(join(tmpdir(), "ers-ui-"));
    const config = join(folder, "ers.yaml");
    const apps = process.env.ERS_UI_FOLDER;
    const any = "127.0.0.1:0";
    const port = more ? await freePort() : 0;
    const { clm, ...others } = more?.(`https://localhost:${port}`) ?? {};
    const keys = {
      listen: `127.0.0.1:${port}`,
      http_listen: any,
      health_listen: any,
      data: join(folder, "data"),
      clm: { notifications: { mail: NOBODYS_MAIL }, ...clm },
      ...others,
    };
    writeFileSync(config, JSON.stringify(apps ? { ...keys, ui: uiOf(apps) } : keys)); // JSON is YAML
    const ers = join(process.env.ERS_BINARIES ?? "../target/debug", "ers");
    const log = join(folder, "log");
    const started = spawn("/bin/sh", ["-c", `exec "${ers}" up --config "${config}" >"${log}" 2>&1`]);
    try {
      await until("the platform is ready", STARTS_MS, () => {
        if (started.exitCode !== null) throw new Error(readFileSync(log, "utf8"));
        return existsSync(log) && readFileSync(log, "utf8").includes("ERS is ready");
      });
      const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: FLAGS });
      return new World(started, folder, browser);
    } catch (error) {
      started.kill();
      throw error;
    }
  }

  async stop() {
    await this.browser.close();
    const ended = new Promise((resolve) => this.process.once("exit", resolve));
    this.process.kill();
    await ended;
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** A page of a fresh browser, in English and not logged in unless told otherwise. */
  async page(options: BrowserContextOptions = {}): Promise<{ page: Page; complaints: Complaints }> {
    const context = await this.browser.newContext({
      baseURL: this.url,
      ignoreHTTPSErrors: true, // trusted by nobody but the platform's own root
      locale: "en-GB",
      reducedMotion: "reduce",
      viewport: { width: 1440, height: 900 },
      permissions: ["clipboard-read", "clipboard-write"],
      ...options,
    });
    context.setDefaultTimeout(WAITS_MS);
    const page = await context.newPage();
    const complaints: Complaints = [];
    page.on("pageerror", (error) => complaints.push(String(error)));
    page.on("console", (message) => {
      // an answer of 4xx is no fault of the page
      const expected = message.text().startsWith("Failed to load resource");
      if (message.type() === "error" && !expected) complaints.push(message.text());
    });
    return { page, complaints };
  }

  /** A page on which the administrator is logged in. */
  async administrator(options: BrowserContextOptions = {}) {
    const made = await this.page(options);
    const data = { username: "administrator", password: this.password };
    const answer = await made.page.request.post("/clm-api/v1/session", { data });
    if (!answer.ok()) throw new Error(`log in: ${answer.status()} ${await answer.text()}`);
    return made;
  }

  /** A page on which somebody is logged in who was given this role; made by `by`, an administrator's page. */
  async person(by: Page, username: string, role: string, options: BrowserContextOptions = {}) {
    const password = "a password for these stories";
    const wishes: [string, object][] = [
      ["people", { username, password }],
      ["role-bindings", { role, subject_kind: "person", subject: username }],
    ];
    for (const [path, data] of wishes) {
      const answer = await by.request.post(`/clm-api/v1/${path}`, { data, ...AS_PAGE });
      if (!answer.ok()) throw new Error(`make ${username}: ${await answer.text()}`);
    }
    const made = await this.page(options);
    const answer = await made.page.request.post("/clm-api/v1/session", { data: { username, password } });
    if (!answer.ok()) throw new Error(`log in: ${await answer.text()}`);
    return made;
  }

  /** Runs the command line against the platform. */
  ers(...parts: string[]): string {
    const ers = join(process.env.ERS_BINARIES ?? "../target/debug", "ers");
    return execFileSync(ers, ["--data", join(this.folder, "data"), ...parts], {
      encoding: "utf8",
      stdio: "pipe",
    });
  }

  /** A page of a browser that has the PKCS#12 of a fresh administrator of CAs with these roles. */
  async caAdministrator(name: string, roles: string[], options: BrowserContextOptions = {}) {
    const file = this.file(`${name}.p12`);
    if (!existsSync(file)) {
      const wanted = roles.flatMap((role) => ["--role", role]);
      const added = this.ers("--output", "json", "administrator", "add", name, "--out", file, ...wanted);
      this.file(`${name}.password`, (JSON.parse(added) as { password: string }).password);
    }
    const passphrase = readFileSync(this.file(`${name}.password`), "utf8");
    const clientCertificates = [{ origin: this.url, pfxPath: file, passphrase }];
    return this.page({ clientCertificates, ...options });
  }

  /** A path of the revocation service, over plain HTTP. */
  get revocationUrl(): string {
    return (JSON.parse(readFileSync(runFile(this.folder), "utf8")) as { revocation_url: string })
      .revocation_url;
  }

  /** What OCSP says of a certificate to openssl; both as PEM. */
  ocsp(certificate: string, issuer: string): string {
    const files = [certificate, issuer].map((pem) => this.file(`ocsp-${Math.random()}.pem`, pem));
    const url = `${this.revocationUrl}/rev-info/ocsp`;
    const [leaf, above] = files as [string, string];
    return openssl(
      "ocsp",
      "-issuer",
      above,
      "-cert",
      leaf,
      "-url",
      url,
      "-CAfile",
      this.file("data/root.pem"),
    );
  }

  /** A file of this run. */
  file(name: string, content?: string | Buffer): string {
    const path = join(this.folder, name);
    if (content !== undefined) writeFileSync(path, content);
    return path;
  }
}

/** A port that nobody listens on. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}

const uiOf = (apps: string) => ({
  folder: join(apps, "clm-ui", "dist"),
  cara_admin_folder: join(apps, "cara-admin", "dist"),
});

const runFile = (folder: string) => join(folder, "data", "run", "platform.json");

/** Asks again and again; nothing sleeps longer than it must. */
export async function until(what: string, ms: number, ask: () => boolean | Promise<boolean>) {
  const end = Date.now() + ms;
  while (!(await ask())) {
    if (Date.now() > end) throw new Error(`not in time: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** openssl's word. */
export const openssl = (...parts: string[]) =>
  execFileSync("openssl", parts, { encoding: "utf8", stdio: "pipe" });

/** A key of openssl's and a CSR for these names. */
export function makeCsr(world: World, file: string, ...names: string[]): string {
  const key = world.file(`${file}.key`);
  const sans = names.map((name) => `DNS:${name}`).join(",");
  return openssl(
    ...["req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", key],
    ...["-subj", `/CN=${names[0]}`, "-addext", `subjectAltName=${sans}`],
  );
}

/** A policy under which a person decides. */
export const MANUAL = `name: manual
realm: default
description: Web servers, each approved by a person
issuer: default-sub
profile: tls-server
protocols: [rest, cli]
validity: {default: 90d, longest: 1y}
names: {dns: ["*"], required: true}
manual_approval: true
`;

/** Fills an empty platform with what a small company would have. */
export async function furnish(world: World, page: Page) {
  const before = MANUAL.replace("longest: 1y", "longest: 2y").replace('"*"', ".example");
  for (const definition of [before, MANUAL]) {
    await page.request.put("/clm-api/v1/policies/manual", { data: { definition }, ...AS_PAGE });
  }
  const wishes: [string, string, string[]][] = [
    ["server", "14d", ["www.shop.example", "shop.example"]],
    ["server", "30d", ["mail.shop.example"]],
    ["server", "47d", ["git.corp.example"]],
    ["server", "60d", ["wiki.corp.example", "docs.corp.example", "help.corp.example"]],
    ["server", "80d", ["vpn.corp.example"]],
    ["server", "21d", ["monitoring.corp.example"]],
    ["server", "7d", ["old.shop.example"]],
    ["manual", "90d", ["bank.corp.example"]],
    ["manual", "30d", ["payments.shop.example"]],
  ];
  for (const [index, [policy, validity, names]] of wishes.entries()) {
    const csr = makeCsr(world, `furnish-${index}`, ...names);
    const answer = await page.request.post("/clm-api/v1/certificates", {
      data: { csr, policy, validity },
      ...AS_PAGE,
    });
    if (!answer.ok()) throw new Error(`furnish: ${await answer.text()}`);
    if (names[0] === "old.shop.example") {
      const { serial } = (await answer.json()) as { serial: string };
      const revocation = `/clm-api/v1/certificates/${serial}/revocation`;
      await until("the inventory knows it", 10_000, async () => {
        const revoked = await page.request.post(revocation, { data: { reason: "superseded" }, ...AS_PAGE });
        return revoked.ok();
      });
    }
  }
  const made: [string, object][] = [
    ["people", { username: "anna", display_name: "Anna Example", email: "anna@corp.example" }],
    ["role-bindings", { role: "approver", subject_kind: "person", subject: "anna", realm: "default" }],
    [
      "end-entities",
      {
        realm: "default",
        name: "printer-17",
        contact: "printing@corp.example",
        owners: ["team:printing"],
        metadata: { room: "3.14" },
      },
    ],
    [
      "clients",
      { name: "build-server", description: "Signs releases", realm: "default", default_policy: "acme" },
    ],
    ["role-bindings", { role: "auditor", subject_kind: "group", subject: "pki-auditors" }],
    [
      "subscriptions",
      {
        name: "web-team",
        channel: "mail",
        recipient: "web@corp.example",
        events: ["certificate.expiring", "certificate.revoked"],
        days: [30, 7, 1],
        policy: "server",
      },
    ],
    [
      "subscriptions",
      { name: "owners", channel: "contact", events: ["certificate.expiring"], days: [14], language: "de" },
    ],
    [
      "subscriptions",
      {
        name: "pager",
        channel: "webhook",
        recipient: "https://hooks.corp.example/ers",
        events: ["signer.unreachable", "signer.reachable", "crl.expiring"],
      },
    ],
  ];
  for (const [path, data] of made) {
    const answer = await page.request.post(`/clm-api/v1/${path}`, { data, ...AS_PAGE });
    if (!answer.ok()) throw new Error(`furnish ${path}: ${await answer.text()}`);
  }
  await until("the inventory knows all", 10_000, async () => {
    const answer = await page.request.get("/clm-api/v1/certificates?search=.example&page_size=1");
    return ((await answer.json()) as { total: number }).total >= 7;
  });
  const change = await page.request.post("/clm-api/v1/bulk-acts/changes", {
    data: { filter: { search: "corp.example" }, owner: "web@corp.example", set_tags: ["env=prod"] },
    ...AS_PAGE,
  });
  if (!change.ok()) throw new Error(`furnish notes: ${await change.text()}`);
}
