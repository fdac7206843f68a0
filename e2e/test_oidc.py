"""Logging in at an OpenID provider, as a browser does: cookies, redirects and the provider's own pages.

The provider is `oidc-provider`, a certified implementation that others wrote; it insists on PKCE."""

import html
import json
import os
import re
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import pytest

from harness.platform import binary
from harness.ports import free_port
from harness.process import Server, run
from harness.rest import Rest
from harness.waiting import until

PASSWORD = "first-Of-1000"
SECRET = "a secret of two, who are the platform & the provider"
TOOLS = Path(os.environ.get("ERS_TOOLS", Path.home() / ".cache/ers/tools"))


class Browser:
    """curl with a jar of cookies; redirects are followed by hand, so that each step is seen."""

    def __init__(self, platform, folder):
        self.platform, self.jar = platform, folder / "cookies"
        self.headers = {}

    def __call__(self, method, url, form=None, headers=()):
        """Returns (status, location, body)."""
        more = [part for pair in (form or {}).items() for part in ("--data-urlencode", f"{pair[0]}={pair[1]}")]
        extra = [part for header in headers for part in ("-H", header)]
        outcome = run("curl", "--silent", "--show-error", "--cacert", self.platform.root, "-b", self.jar, "-c", self.jar,
                      "-X", method, *more, *extra, "-w", "\n%{http_code} %{redirect_url}", url)
        text, _, status = outcome.stdout.rpartition("\n")
        code, _, location = status.partition(" ")
        return int(code), location, text

    def log_in(self, name, return_to="/clm-ui/certificates"):
        """From the platform to the provider, through its pages, and back; the last answer of the platform."""
        status, location, body = self("GET", f"{self.platform.url}/clm-api/v1/oidc/login?return_to={return_to}")
        assert status == 303, body
        for _ in range(12):
            if location.startswith(f"{self.platform.url}/clm-api/v1/oidc/callback"):
                self.callback = location
                return self("GET", location)
            status, onward, body = self("GET", location)
            if status in (302, 303):
                location = onward
                continue
            # a page with a form: who it is, or whether the platform may know
            action = urljoin(location, html.unescape(re.search(r'action="([^"]+)"', body)[1]))
            fields = dict(re.findall(r'name="(prompt)" value="([^"]+)"', body))
            if fields["prompt"] == "login":
                fields |= {"login": name, "password": "any will do"}
            status, location, body = self("POST", action, fields)
            assert status in (302, 303), body
        pytest.fail("the provider does not send the browser back")

    def type_code(self, url, name, answer="confirm"):
        """Goes to the provider's page with a device code, as its owner does; the last page."""
        status, location, body = self("GET", url)
        for _ in range(12):
            if status in (302, 303):
                status, location, body = self("GET", location)
                url = location or url
                continue
            form = re.search(r'<form[^>]*action="([^"]+)"', body)
            if not form:
                return body
            fields = dict(re.findall(r'name="([^"]+)" value="([^"]*)"', body))
            if fields.get("prompt") == "login":
                fields |= {"login": name, "password": "any will do"}
            if "confirm" in fields:
                fields = {key: value for key, value in fields.items() if key in ("xsrf", "user_code")} | {answer: "yes"}
            action = urljoin(url, html.unescape(form[1]))
            url = action
            status, location, body = self("POST", action, fields)
            if "abort" in fields:
                return body
        pytest.fail("the provider does not come to an end")

    def session(self):
        status, _, body = self("GET", f"{self.platform.url}/clm-api/v1/session")
        return status, json.loads(body)


def new_provider(folder, port, url):
    """The provider, which knows the platform at that URL as its client `clm`."""
    return Server("provider", ["node", Path(__file__).parent / "oidc/provider.mjs", port, "clm", SECRET, f"{url}/clm-api/v1/oidc/callback",
                               f"{url}/clm-ui/"], folder,
                  environment={"OIDC_PROVIDER": str(TOOLS / "oidc-provider"), "PATH": f"{TOOLS / 'node/bin'}:{os.environ['PATH']}"})


def until_it_answers(port):
    until("provider", lambda: run("curl", "-sf", f"http://127.0.0.1:{port}/.well-known/openid-configuration", check=False).code == 0)


@pytest.fixture(scope="module")
def place(world, run_folder):
    """A platform with a provider."""
    folder = run_folder / "platform-oidc"
    platform = world.new_platform("sqlite", folder)
    port = free_port()
    provider = new_provider(folder, port, platform.url)
    provider.start()
    platform.config["clm"] = {"oidc": {"issuer": f"http://127.0.0.1:{port}", "client_id": "clm", "client_secret": SECRET,
                                       "external_url": platform.url}}
    platform.start()
    platform.ers("password", "--password-file", "-", stdin=PASSWORD)
    until_it_answers(port)
    yield platform
    platform.stop()
    provider.stop()


@pytest.fixture
def administrator(place):
    rest = Rest(place)
    assert rest.log_in(PASSWORD)[0] == 200
    return rest


def test_who_comes_back_from_the_provider_is_logged_in_with_their_groups(place, folder, administrator):
    browser = Browser(place, folder)
    status, location, body = browser.log_in("alice")
    assert (status, location) == (303, f"{place.url}/clm-ui/certificates"), body
    status, session = browser.session()
    assert (status, session["username"], session["local"]) == (200, "oidc:alice", False)
    assert session["groups"] == ["pki-approvers", "everybody"]
    assert session["grants"] == []
    assert browser("GET", f"{place.url}/clm-api/v1/requests")[0] == 403

    # a role of the group counts at once, and only where it was given
    place.ers("role", "give", "approver", "--group", "pki-approvers", "--realm", "default")
    assert browser("GET", f"{place.url}/clm-api/v1/requests")[0] == 200
    assert browser("GET", f"{place.url}/clm-api/v1/people")[0] == 403
    realms = json.loads(browser("GET", f"{place.url}/clm-api/v1/realms")[2])["realms"]
    assert [realm["name"] for realm in realms] == ["default"]

    # another site cannot use the cookie; the page's own token can
    out = f"{place.url}/clm-api/v1/session"
    assert browser("DELETE", out)[0] == 401
    status, _, body = browser("DELETE", out, headers=[f"X-CSRF-Token: {session['csrf_token']}"])
    there = urlsplit(json.loads(body)["provider_logout_url"])
    assert status == 200 and there.path.endswith("/session/end") and "id_token_hint=" in there.query
    assert browser.session()[0] == 401
    events = administrator("GET", "/v1/audit?actor=oidc:alice")[2]["events"]
    assert "session.begin" in [event["act"] for event in events]


def test_a_code_works_once_and_in_the_browser_that_began(place, folder):
    browser = Browser(place, folder)
    assert browser.log_in("bob")[0] == 303
    assert browser("GET", browser.callback)[0] == 401, "the login is over"
    (folder / "other").mkdir()
    stranger = Browser(place, folder / "other")
    assert stranger("GET", browser.callback)[0] == 401
    begun = stranger("GET", f"{place.url}/clm-api/v1/oidc/login")[1]
    assert "code_challenge_method=S256" in begun
    state = re.search(r"state=([^&]+)", begun)[1]
    stolen = re.search(r"code=([^&]+)", browser.callback)[1]
    status, _, body = stranger("GET", f"{place.url}/clm-api/v1/oidc/callback?code={stolen}&state={state}")
    assert status == 401 and "invalid_grant" in body, body
    status, _, body = stranger("GET", f"{place.url}/clm-api/v1/oidc/callback?error=access_denied&state={state}")
    assert status == 401 and "access_denied" in body, body


def test_the_way_back_leads_nowhere_else(place, folder):
    browser = Browser(place, folder)
    for elsewhere in ("https://evil.test/", "//evil.test/", "/%5Cevil.test"):
        assert browser("GET", f"{place.url}/clm-api/v1/oidc/login?return_to={elsewhere}")[0] == 400
    methods = json.loads(browser("GET", f"{place.url}/clm-api/v1/login-methods")[2])
    assert methods == {"password": True, "oidc": True, "oidc_first": False, "certificate": True}


class CommandLine:
    """`ers login --device` as it waits for its person."""

    def __init__(self, place, folder):
        self.environment = {"XDG_CONFIG_HOME": str(folder / "config")}
        self.server = Server("login", [binary("ers"), "--server", place.url, "login", "--device", "--ca", place.root], folder,
                             environment=self.environment)
        self.server.start()
        self.page = until("a code is shown", lambda: re.search(r"or open ([^\s,]+)", self.server.log.read_text()))[1]

    def ended(self):
        until("the command line has its answer", lambda: not self.server.alive, 60)
        return self.server.process.returncode, self.server.log.read_text()


def test_a_command_line_logs_in_by_device_code(place, folder, administrator):
    """RFC 8628: CLM is the provider's client, the command line gets a session of CLM's and nothing of the provider's."""
    waiting = CommandLine(place, folder)
    assert "Sign-in Success" in Browser(place, folder).type_code(waiting.page, "alice")
    code, told = waiting.ended()
    assert code == 0 and "oidc:alice" in told and "pki-approvers" in told, told
    ers = lambda *more: run(binary("ers"), *more, environment=waiting.environment, cwd=folder)  # noqa: E731
    assert json.loads(ers("--output", "json", "whoami").stdout)["username"] == "oidc:alice"
    assert "logged out" in ers("logout").stdout
    events = administrator("GET", "/v1/audit?actor=oidc:alice&act=session.begin")[2]["events"]
    assert "by device code" in events[0]["detail"], events


def test_a_device_code_that_is_refused_or_made_up_lets_in_nobody(place, folder, administrator):
    waiting = CommandLine(place, folder)
    Browser(place, folder).type_code(waiting.page, "alice", answer="abort")
    code, told = waiting.ended()
    assert code == 1 and "access_denied" in told, told
    assert not (folder / "config").exists()
    assert administrator("POST", "/v1/session/device", {"device_code": "made.up"})[0] == 401
    assert administrator("POST", "/v1/session/device", {"device_code": "made-up"})[0] == 400


def test_people_roles_and_realms_from_the_command_line(place, administrator):
    made = place.ers_json("user", "add", "carol", "--name", "Carol Example")
    assert len(made["password"]) > 15
    place.ers("realm", "create", "shop", "--title", "The shop")
    place.ers("role", "put", "reader", "--permission", "certificate:read", "--permission", "realm:read")
    given = place.ers_json("role", "give", "reader", "--person", "carol", "--realm", "shop")
    carol = Rest(place)
    assert carol.log_in(made["password"], "carol")[0] == 200
    assert [realm["name"] for realm in carol("GET", "/v1/realms")[2]["realms"]] == ["shop"]
    place.ers("role", "take", given["id"])
    assert carol("GET", "/v1/realms")[0] == 403
    place.ers("user", "close", "carol")
    assert carol("GET", "/v1/session")[0] == 401
    place.ers("realm", "archive", "shop")
    assert "archived" in place.ers("realm", "list").stdout
    place.ers("realm", "delete", "shop")
    refused = place.ers("user", "remove", "administrator", check=False)
    assert refused.code != 0 and "administrator of all realms" in refused.stderr
    report = place.ers_json("audit", "verify-clm")
    assert report["intact"] and report["events"] > 8
    status, _, told = administrator("GET", "/v1/audit/verification")
    assert status == 200 and told["intact"]
