import { LanguageProvider } from "@ers/frame";
import { QueryClientProvider } from "@tanstack/react-query";
import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import type { ReactNode } from "react";
import { MemoryRouter } from "react-router";
import { afterEach, expect, test, vi } from "vitest";
import { App } from "../App.tsx";
import { newQueryClient } from "../queries/api.ts";
import Account from "./account/Account.tsx";
import CertificateList from "./certificate-list/CertificateList.tsx";
import { LogIn } from "./log-in/LogIn.tsx";
import Notifications from "./notifications/Notifications.tsx";
import { Editor } from "./policy-details/Editor.tsx";

type Answer = { status: number; body: unknown };

/** Stands for CLM: answers by method and path, and keeps what it was asked. */
function answering(answers: Record<string, Answer>) {
  const asked: { url: URL; body: unknown }[] = [];
  vi.stubGlobal("fetch", async (request: Request) => {
    const url = new URL(request.url);
    const text = await request.text();
    asked.push({ url, body: text ? JSON.parse(text) : undefined });
    const answer = answers[`${request.method} ${url.pathname}`] ?? { status: 404, body: {} };
    return new Response(JSON.stringify(answer.body), {
      status: answer.status,
      headers: { "content-type": "application/json" },
    });
  });
  return asked;
}

afterEach(() => vi.unstubAllGlobals());

const show = (page: ReactNode, at = "/") =>
  render(
    <LanguageProvider>
      <QueryClientProvider client={newQueryClient()}>
        <MemoryRouter initialEntries={[at]}>{page}</MemoryRouter>
      </QueryClientProvider>
    </LanguageProvider>,
  );

test("a wrong password is told in plain words, and the password is asked for again", async () => {
  answering({ "POST /clm-api/v1/session": { status: 401, body: { title: "Unauthorized" } } });
  show(<LogIn />);
  await userEvent.type(screen.getByLabelText("Username"), "anna");
  await userEvent.type(screen.getByLabelText("Password"), "wrong");
  await userEvent.click(screen.getByRole("button", { name: "Log in" }));
  expect(await screen.findByText(/Username or password is wrong/)).toBeTruthy();
  expect(screen.getByLabelText<HTMLInputElement>("Password").value).toBe("");
});

test("a locked account is told how long it takes", async () => {
  answering({ "POST /clm-api/v1/session": { status: 429, body: { title: "Locked", retry_after: 30 } } });
  show(<LogIn />);
  await userEvent.type(screen.getByLabelText("Username"), "anna");
  await userEvent.type(screen.getByLabelText("Password"), "wrong{Enter}");
  expect(await screen.findByText(/Wait 30 seconds/)).toBeTruthy();
});

const ways = { status: 200, body: { password: true, oidc: true, certificate: true } };

test("each way in is offered when CLM has it, and the provider leads back to the page asked for", async () => {
  answering({
    "GET /clm-api/v1/login-methods": ways,
    "POST /clm-api/v1/session/certificate": { status: 401, body: { title: "Unauthorized" } },
  });
  show(<LogIn />);
  const provider = await screen.findByRole<HTMLAnchorElement>("link", { name: /organisation/ });
  const to = new URL(provider.href);
  expect(to.pathname).toBe("/clm-api/v1/oidc/login");
  expect(to.searchParams.get("return_to")).toBe(location.pathname + location.search);
  await userEvent.click(screen.getByRole("button", { name: "With a client certificate" }));
  expect(await screen.findByText(/no client certificate that belongs to an account/)).toBeTruthy();
});

test("the code is asked for only when the account has a second factor, and a wrong one is told", async () => {
  const asked = answering({
    "GET /clm-api/v1/login-methods": {
      status: 200,
      body: { password: true, oidc: false, certificate: false },
    },
    "POST /clm-api/v1/session": { status: 401, body: { title: "Unauthorized", field: "code" } },
  });
  show(<LogIn />);
  expect(screen.queryByLabelText(/Code/)).toBeNull();
  await userEvent.type(screen.getByLabelText("Username"), "anna");
  await userEvent.type(screen.getByLabelText("Password"), "right{Enter}");
  await userEvent.type(await screen.findByLabelText(/Code/), "12 34 56{Enter}");
  expect(await screen.findByText(/The code is wrong/)).toBeTruthy();
  expect(screen.getByLabelText<HTMLInputElement>("Password").value).toBe("right");
  const sent = asked.filter(({ body }) => body).map(({ body }) => body);
  expect(sent).toEqual([
    { username: "anna", password: "right" },
    { username: "anna", password: "right", code: "123456" },
  ]);
});

test("a second factor is shown once and counts when a first code confirms it", async () => {
  const uri = "otpauth://totp/ERS:anna?secret=GEZDGNBV&issuer=ERS";
  const session = {
    username: "anna",
    local: true,
    groups: [],
    grants: [],
    second_factor: false,
    ends_at: "2026-11-22T12:00:00Z",
  };
  const asked = answering({
    "GET /clm-api/v1/session": { status: 200, body: session },
    "POST /clm-api/v1/account/second-factor": { status: 201, body: { secret: "GEZDGNBV", uri } },
    "POST /clm-api/v1/account/second-factor/confirmation": { status: 200, body: {} },
  });
  show(<Account />);
  await userEvent.click(await screen.findByRole("button", { name: "Set up" }));
  expect(await screen.findByText("GEZDGNBV")).toBeTruthy();
  expect(screen.getByRole<HTMLAnchorElement>("link").href).toBe(uri);
  await userEvent.type(screen.getByLabelText("First code"), "654321{Enter}");
  expect(await screen.findByRole("button", { name: "Set up" })).toBeTruthy();
  expect(screen.queryByText("GEZDGNBV")).toBeNull();
  expect(asked.find(({ url }) => url.pathname.endsWith("/confirmation"))?.body).toEqual({ code: "654321" });
});

test("the list asks for what stands in the URL, and says when nothing matches", async () => {
  const body = { certificates: [], total: 0 };
  const asked = answering({ "GET /clm-api/v1/certificates": { status: 200, body } });
  show(<CertificateList />, "/certificates?search=shop&state=revoked&within=30d&rows=50&after=9&after=4");
  expect(await screen.findByText("Nothing matches")).toBeTruthy();
  expect(
    Object.fromEntries(
      asked.find(({ url }) => url.pathname.endsWith("/certificates"))?.url.searchParams ?? [],
    ),
  ).toEqual({
    search: "shop",
    state: "revoked",
    expires_within: "30d",
    page_size: "50",
    page_token: "4",
  });
});

test("what the service finds wrong with a policy is told at its line", async () => {
  const detail = "read policy: validity.default: longer than validity.longest";
  answering({ "PUT /clm-api/v1/policies/web": { status: 400, body: { title: "Bad Request", detail } } });
  const text = "name: web\nvalidity:\n  default: 90d\n  longest: 47d\n";
  const { container } = show(<Editor text={text} isNew onSaved={() => {}} />, "/?as=yaml");
  await userEvent.click(screen.getByRole("button", { name: "Create the policy" }));
  expect(await screen.findByText(/longer than validity.longest/)).toBeTruthy();
  expect(screen.getByText(/Line 3/)).toBeTruthy();
  expect(container.querySelector(".ers-editor-wrong")?.textContent).toBe("3");
  expect(screen.getByRole("textbox").getAttribute("aria-invalid")).toBe("true");
});

const subscription = {
  name: "web-team",
  channel: "mail",
  recipient: "web@example.org",
  events: ["certificate.expiring"],
  days: [1, 30],
  language: "de",
  active: true,
  version: 3,
  created_at: "2026-11-22T12:00:00Z",
  created_by: "anna",
  updated_at: "2026-11-22T12:00:00Z",
  updated_by: "anna",
};

/** A session that was granted these permissions in all realms. */
const sessionOf = (...permissions: string[]) => ({
  status: 200,
  body: {
    username: "anna",
    local: true,
    groups: [],
    grants: [{ permissions }],
    ends_at: "2026-11-23T12:00:00Z",
  },
});

test("who may only read notifications is offered nothing to change", async () => {
  answering({
    "GET /clm-api/v1/session": sessionOf("notification:read"),
    "GET /clm-api/v1/subscriptions": { status: 200, body: { subscriptions: [subscription] } },
  });
  show(<Notifications />);
  expect(await screen.findByText("web-team")).toBeTruthy();
  expect(screen.queryAllByRole("button", { name: /New|Test|Pause|Change|Remove/ })).toEqual([]);
});

test("pausing keeps the rest, and another's change meanwhile is told", async () => {
  const asked = answering({
    "GET /clm-api/v1/session": sessionOf("notification:read", "notification:manage"),
    "GET /clm-api/v1/subscriptions": { status: 200, body: { subscriptions: [subscription] } },
    "PUT /clm-api/v1/subscriptions/web-team": {
      status: 409,
      body: { title: "Conflict", detail: "it is at version 4 by now" },
    },
  });
  show(<Notifications />);
  await userEvent.click(await screen.findByRole("button", { name: "Pause" }));
  expect(await screen.findByText(/version 4 by now/)).toBeTruthy();
  const sent = asked.find(({ url, body }) => body && url.pathname.endsWith("/web-team"));
  expect(sent?.body).toMatchObject({ active: false, version: 3, days: [30, 1], language: "de" });
});

test("the menu has what the session may do, and other addresses lead to the first of it", async () => {
  answering({
    "GET /clm-api/v1/session": sessionOf("person:read", "audit:read"),
    "GET /clm-api/v1/people": { status: 200, body: { people: [] } },
  });
  show(<App />, "/policies");
  expect(await screen.findByText("No local accounts")).toBeTruthy();
  const menu = screen.getByLabelText("Main menu", { selector: "nav" });
  expect([...menu.querySelectorAll("a")].map((one) => one.textContent?.trim())).toEqual([
    "People",
    "Audit log",
  ]);
  expect(screen.queryByRole("button", { name: "New account" })).toBeNull();
});
