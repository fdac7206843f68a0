"""Keycloak as the chart has it run: arguments, environment and realm of its rendered pod, over a real database, as a process here."""

import base64
import hashlib
import html
import http.client
import json
import re
import secrets
from urllib.parse import parse_qs, urlencode, urlsplit

from . import chart
from .ports import free_port
from .process import Server, run

HOST = "erstest.example.com"
URL = f"https://{HOST}"


def installed():
    """Where Keycloak lies; the newest."""
    found = sorted(chart.TOOLS.glob("keycloak-*/complete"))
    assert found, "Keycloak is not there: scripts/setup.sh keycloak"
    return found[-1].parent


def new_database(database):
    """For `ers.db.keycloakdb`."""
    name = database.create(f"keycloak_{free_port()}").rsplit("/", 1)[1]
    return {"name": name, "username": "ers", "password": "ers"}


class Keycloak:
    """`REL-keycloak` of a release."""

    def __init__(self, folder, objects, url=URL, port=None, management=None):
        """`url`: what it is called outside."""
        self.folder, self.objects, self.url = folder, objects, url
        self.folder.mkdir(parents=True, exist_ok=True)
        self.home = self.folder / "keycloak"
        self.port, self.management = port or free_port(), management or free_port()

    @classmethod
    def alone(cls, folder, database):
        """Of the quickstart, without the rest of the release."""
        kind = "mariadb" if database.kind == "mariadb" else "postgres"
        return cls(folder, chart.render(chart.QUICKSTART, {
            "ers": {"db": {"type": kind, "hosts": f"127.0.0.1:{database.port}", "keycloakdb": new_database(database)}},
            "telemetry": {"logFormat": "text"},
        }))

    @property
    def clients(self):
        """Ids and secrets, as the servers are given them."""
        return chart.secret(self.objects, f"{chart.RELEASE}-ers-clients")

    def start(self):
        """Starts it; it is not ready yet."""
        run("cp", "-r", installed(), self.home)  # it builds itself anew for its database
        spec = chart.pod(self.objects, "keycloak")
        [container] = spec["containers"]
        environment = {"KC_HTTP_HOST": "127.0.0.1", "KC_HTTP_PORT": str(self.port), "KC_HTTP_MANAGEMENT_PORT": str(self.management),
                       "JAVA_OPTS_KC_HEAP": "-Xms64m -Xmx512m"}
        for source in container["envFrom"]:
            environment |= self.objects["ConfigMap", source["configMapRef"]["name"]]["data"]
        for entry in container["env"]:
            reference = entry["valueFrom"]["secretKeyRef"]
            environment[entry["name"]] = chart.secret(self.objects, reference["name"])[reference["key"]]
        imported = self.home / "data/import"
        imported.mkdir(parents=True)
        for name, text in self.objects["ConfigMap", f"{chart.RELEASE}-keycloak-realm-json"]["data"].items():
            (imported / name).write_text(text)
        self.server = Server("keycloak", [self.home / "bin/kc.sh", *container["args"]], self.folder, environment)
        self.server.start()
        self.probe = container["readinessProbe"]["httpGet"]["path"]
        return self

    def until_ready(self):
        self.server.until("is ready", lambda: self._get(self.management, self.probe) == 200, 900)
        return self

    server = None

    def stop(self):
        if self.server:
            self.server.stop()

    def _get(self, port, path):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        connection.request("GET", path)
        return connection.getresponse().status

    def metrics(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.management, timeout=10)
        connection.request("GET", "/auth/metrics")
        return connection.getresponse().read().decode()

    def browser(self):
        return Browser(self.port, self.url)

    def administrator(self):
        """A browser that has its REST interface: `json(method, path)` under `/auth/admin/realms`."""
        admin = chart.secret(self.objects, f"{chart.RELEASE}-keycloak-admin")
        browser = self.browser()
        status, tokens = browser.post("/auth/realms/master/protocol/openid-connect/token", grant_type="password", client_id="admin-cli",
                                      username=admin["username"], password=admin["password"])
        assert status == 200, tokens
        browser.headers["Authorization"] = f"Bearer {tokens['access_token']}"
        return browser

    def log_in(self, client, redirect, username, password, secret=None):
        """The code flow with PKCE, as a person and a client go through it: (status, tokens)."""
        verifier = secrets.token_urlsafe(48)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
        state = secrets.token_urlsafe(16)
        browser = self.browser()
        query = urlencode({"response_type": "code", "client_id": client, "redirect_uri": redirect, "scope": "openid", "state": state,
                           "code_challenge": challenge, "code_challenge_method": "S256", "nonce": "n-1"})
        status, page, _ = browser.ask("GET", f"/auth/realms/ers/protocol/openid-connect/auth?{query}")
        if status != 200:
            return status, page
        action = html.unescape(re.search(r'action="([^"]+)"', page)[1])
        assert action.startswith(f"{URL}/auth/"), "behind the ingress it knows its own name"
        status, page, headers = browser.ask("POST", action.removeprefix(URL), urlencode({"username": username, "password": password}))
        if status != 302:
            return status, page
        back = urlsplit(headers["location"])
        assert f"{back.scheme}://{back.netloc}{back.path}" == redirect
        told = parse_qs(back.query)
        assert told["state"] == [state]
        more = {"client_secret": secret} if secret else {}
        return browser.post("/auth/realms/ers/protocol/openid-connect/token", grant_type="authorization_code", code=told["code"][0],
                            redirect_uri=redirect, client_id=client, code_verifier=verifier, **more)


class Browser:
    """What comes through the ingress: one host, TLS taken away, cookies kept."""

    def __init__(self, port, url):
        self.port, self.cookies = port, {}
        outside = urlsplit(url)
        self.headers = {"Host": outside.netloc, "X-Forwarded-Proto": "https", "X-Forwarded-Host": outside.netloc,
                        "X-Forwarded-Port": str(outside.port or 443), "X-Forwarded-For": "192.0.2.7"}

    def ask(self, method, path, body=None, content="application/x-www-form-urlencoded"):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        cookies = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())} if self.cookies else {}
        headers = {**self.headers, **cookies, **({"Content-Type": content} if body is not None else {})}
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        text = answer.read().decode()
        for cookie in answer.headers.get_all("set-cookie") or []:
            name, _, value = cookie.split(";")[0].partition("=")
            if "max-age=0" in cookie.lower().replace(" ", ""):
                self.cookies.pop(name, None)
                continue
            assert "secure" in cookie.lower(), f"it takes the way to itself for TLS: {cookie}"
            self.cookies[name] = value
        return answer.status, text, answer.headers

    def post(self, path, **form):
        status, text, _ = self.ask("POST", path, urlencode(form))
        return status, json.loads(text)

    def json(self, method, path, body=None):
        status, text, _ = self.ask(method, f"/auth/admin/realms{path}", None if body is None else json.dumps(body), "application/json")
        assert status < 300, (path, status, text)
        return json.loads(text) if text else None
