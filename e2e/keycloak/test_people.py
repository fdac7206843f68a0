"""A release with its Keycloak, running: people who log in through the ingress, and what the init job keeps in the realm.

- who opens the web app is sent to Keycloak, comes back as administrator of CLM, and finds the clients and policies of the default realm
- the init job makes what the realm lacks, has Keycloak show what CLM shows, leaves alone what people changed, and does nothing twice
- `ers login` logs in with a browser elsewhere
- an administrator who was replaced in Keycloak is told, and the job goes on
"""

import html
import json
import re
from urllib.parse import urljoin, urlsplit

import pytest

from harness.chart import RELEASE, SMALL_KEYS, render
from harness.keycloak import Keycloak, new_database
from harness.rendered import RenderedPlatform
from harness.servers import Dns, PostgreSql, Redis
from test_oidc import Browser, CommandLine

PERSON, PASSWORD = "devops", "changeit"


class WithKeycloak(RenderedPlatform):
    """A release with all that the quickstart has."""

    keycloak = None

    def _start_others(self):
        port = lambda name: self.ports[f"{RELEASE}-keycloak", name]  # noqa: E731
        self.keycloak = Keycloak(self.folder / "of-keycloak", self.objects, self.url, port("http"), port("management")).start()

    def _until_others(self):
        self.keycloak.until_ready()

    def stop(self):
        super().stop()
        if self.keycloak:
            self.keycloak.stop()


@pytest.fixture(scope="module")
def release(run_folder, world):
    database = world.server(PostgreSql)
    more = {"keycloak": {"enabled": True}, "ers": {"defaultPki": SMALL_KEYS, "db": {"keycloakdb": new_database(database)}}}
    running = WithKeycloak(run_folder / "release", world.server(Dns), database, world.server(Redis), more, ("clm-ui", "scep-server"))
    try:
        yield running.start()
    finally:
        running.stop()
        running.api.stop()


def log_in(release, browser, name, password):
    """What a person does: opened, sent to Keycloak, its form filled in, and back. Returns the platform's last answer."""
    page = browser("GET", f"{release.url}/clm-ui/")[2]
    assert "<script" in page
    assert json.loads(browser("GET", f"{release.url}/clm-api/v1/login-methods")[2])["oidc_first"]
    status, location, body = browser("GET", f"{release.url}/clm-api/v1/oidc/login?return_to=/clm-ui/")
    assert status == 303 and location.startswith(f"{release.url}/auth/realms/ers/"), body
    status, _, page = browser("GET", location)
    if status != 200:
        return status, "", page
    action = html.unescape(re.search(r'action="([^"]+)"', page)[1])
    assert action.startswith(f"{release.url}/auth/")
    status, location, page = browser("POST", action, {"username": name, "password": password})
    if status != 302:
        return status, location, page
    assert location.startswith(f"{release.url}/clm-api/v1/oidc/callback"), location
    return browser("GET", location)


def test_who_opens_the_web_app_is_sent_to_keycloak_and_comes_back_as_administrator(release, folder):
    browser = Browser(release, folder)
    status, location, body = log_in(release, browser, PERSON, PASSWORD)
    assert (status, location) == (303, f"{release.url}/clm-ui/"), body
    status, session = browser.session()
    assert (status, session["username"], session["groups"]) == (200, f"oidc:{PERSON}", ["pki-administrators"])
    get = lambda path: json.loads(browser("GET", f"{release.url}/clm-api/v1/{path}")[2])  # noqa: E731
    assert {"default", "system"} <= {realm["name"] for realm in get("realms")["realms"]}
    assert {"acme", "cmp", "est", "scep"} <= {client["name"] for client in get("clients?realm=default")["clients"]}
    assert {"acme", "cmp", "est", "scep", "server"} <= {policy["name"] for policy in get("policies?realm=default")["policies"]}
    assert browser("GET", f"{release.url}/clm-api/v1/people")[0] == 200

    out = browser("DELETE", f"{release.url}/clm-api/v1/session", headers=[f"X-CSRF-Token: {session['csrf_token']}"])[2]
    there = json.loads(out)["provider_logout_url"]
    status, location, body = browser("GET", there)
    assert status == 302 and urlsplit(location).path == "/clm-ui/", body
    assert browser.session()[0] == 401


def test_a_wrong_password_is_nobodys(release, folder):
    browser = Browser(release, folder)
    assert log_in(release, browser, PERSON, "wrong")[0] == 200, "the page again"
    assert browser.session()[0] == 401


def test_a_command_line_logs_in_by_device_code(release, folder):
    """The realm's client `ers-cli` gives the code; a person types it, logs in and agrees."""
    waiting = CommandLine(release, folder)
    browser, seen = Browser(release, folder), []
    method, url, fields = "GET", waiting.page, None
    for _ in range(12):
        status, location, page = browser(method, url, fields)
        if status in (302, 303):
            method, url, fields = "GET", location, None
            continue
        form = re.search(r'<form[^>]*action="([^"]+)"', page)
        if not form:
            break
        wanted = "accept" if 'name="accept"' in page else "password"
        seen.append(wanted)
        hidden = dict(re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', page))
        fields = hidden | ({"accept": "Yes"} if wanted == "accept" else {"username": PERSON, "password": PASSWORD})
        method, url = "POST", urljoin(url, html.unescape(form[1]))
    assert seen == ["password", "accept"], page
    code, told = waiting.ended()
    assert code == 0 and f"oidc:{PERSON}" in told and "pki-administrators" in told, told


def job(release):
    """What the init job says of Keycloak."""
    [outcome] = release.job("init-1")
    return [line for line in outcome.stderr.splitlines() if "Keycloak" in line or line.startswith("realm")]


def test_the_init_job_makes_what_the_realm_lacks_and_leaves_the_rest_alone(release, folder):
    assert job(release) == [], "nothing twice"
    admin = release.keycloak.administrator()
    client = lambda name: admin.json("GET", f"/ers/clients?clientId={name}")  # noqa: E731
    [gone] = client("scep-server")
    admin.json("DELETE", f"/ers/clients/{gone['id']}")
    [web] = client("clm-ui")
    own = "https://old.example.com/*"
    admin.json("PUT", f"/ers/clients/{web['id']}", {**web, "secret": "of an older release", "name": "Ours", "redirectUris": [own]})
    [group] = [found for found in admin.json("GET", "/ers/groups") if found["name"] == "pki-auditors"]
    admin.json("DELETE", f"/ers/groups/{group['id']}")
    assert log_in(release, Browser(release, folder), PERSON, PASSWORD)[0] == 400, "Keycloak sends nobody back to what it does not know"

    assert job(release) == ["group pki-auditors in Keycloak", "client clm-ui in Keycloak: secret and addresses", "client scep-server in Keycloak"]
    admin = release.keycloak.administrator()
    [made], [web] = client("scep-server"), client("clm-ui")
    kept = release.secret(f"{RELEASE}-ers-clients")
    assert made["secret"].encode() == kept["scep-server-client-secret"]
    assert web["secret"].encode() == kept["clm-ui-client-secret"] and web["name"] == "Ours"
    assert own in web["redirectUris"] and f"{release.url}/clm-api/*" in web["redirectUris"]
    [group] = [found for found in admin.json("GET", "/ers/groups") if found["name"] == "pki-auditors"]
    assert [role["name"] for role in admin.json("GET", f"/ers/groups/{group['id']}/role-mappings/realm")] == ["auditor"]
    (folder / "again").mkdir()
    assert log_in(release, Browser(release, folder / "again"), PERSON, PASSWORD)[0] == 303
    assert job(release) == []


def test_a_realm_that_is_gone_is_made_whole_again(release, folder):
    release.keycloak.administrator().json("DELETE", "/ers")
    assert job(release) == ["realm ers"]
    # CLM learns the new keys by itself
    assert log_in(release, Browser(release, folder), PERSON, PASSWORD)[0] == 303


def test_an_administrator_who_was_replaced_is_told_and_the_job_goes_on(release):
    admin = release.keycloak.administrator()
    [found] = admin.json("GET", "/master/users?username=kadmin&exact=true")
    admin.json("PUT", f"/master/users/{found['id']}", {**found, "enabled": False})
    assert job(release) == ["realm ers stays as it is: Keycloak refuses its administrator"]


def test_keycloak_and_its_job_know_the_realm_by_the_same_file(release):
    objects = render()
    pod = objects["Job", f"{RELEASE}-init-1"]["spec"]["template"]["spec"]
    [volume] = [volume for volume in pod["volumes"] if volume["name"] == "realm"]
    assert volume["configMap"]["name"] == f"{RELEASE}-keycloak-realm-json"
    given = {entry["name"] for entry in pod["containers"][0]["env"]}
    text = objects["ConfigMap", f"{RELEASE}-keycloak-realm-json"]["data"]["ers-realm.json"]
    assert set(re.findall(r"\$\{([A-Z_]+)\}", text)) <= given
