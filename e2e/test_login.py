"""The command line at a platform elsewhere, over REST.

Promises:
- `ers login` keeps a login that its owner alone can read, `ers whoami` tells whose it is, `ers logout` ends it.
- A password, a client's access token and a client certificate log in; what lets in nobody is not kept.
- With a login the commands work as over gRPC, and those that only REST has: realms, roles, people, clients, end entities, policies,
  certificates, bulk acts, notifications, the trail.
- What REST does not have is said to be so; without a login, or with one that ended, nothing works.
- What is written to a pipe that nobody reads any more ends quietly, as other tools do.
"""

import json
import os
import signal
import subprocess

import pytest

from harness.clients import serial, verify
from harness.platform import binary
from harness.process import run
from harness.rest import Rest

pytestmark = pytest.mark.forms("sqlite", "many-postgresql")
PASSWORD = "a password that only this story knows"


class Elsewhere:
    """`ers` with a configuration of its own and no folder of a platform."""

    def __init__(self, platform, folder):
        self.platform, self.folder = platform, folder
        self.environment = {"XDG_CONFIG_HOME": str(folder / "config")}

    def __call__(self, *arguments, check=True, stdin=None):
        return run(binary("ers"), *arguments, check=check, stdin=stdin, environment=self.environment, cwd=self.folder)

    def json(self, *arguments, **options):
        return json.loads(self("--output", "json", *arguments, **options).stdout)

    def log_in(self, *how, **options):
        return self("--server", self.platform.url, "login", *how, "--ca", self.platform.root, **options)


@pytest.fixture
def password(platform, folder):
    file = folder / "password"
    file.write_text(PASSWORD)
    platform.ers("password", "administrator", "--password-file", file)
    return file


@pytest.fixture
def elsewhere(platform, folder, password):
    ers = Elsewhere(platform, folder)
    ers.log_in("--username", "administrator", "--password-file", password)
    yield ers
    ers("logout")


def test_a_login_is_its_owners_alone_and_ends(elsewhere):
    who = elsewhere.json("whoami")
    assert who["username"] == "administrator" and who["grants"], who
    folder = elsewhere.folder / "config/ers"
    [kept] = (folder / "logins").iterdir()
    assert os.stat(kept).st_mode & 0o777 == 0o600 and os.stat(kept.parent).st_mode & 0o777 == 0o700
    before = kept.read_bytes()
    assert "logged out" in elsewhere("logout").stdout
    assert not kept.exists()
    refused = elsewhere("realm", "list", check=False)
    assert refused.code == 1 and "ers login" in refused.stderr
    # the session ended there too
    kept.write_bytes(before)
    refused = elsewhere("--server", elsewhere.platform.url, "realm", "list", check=False)
    assert refused.code == 1 and "ers login" in refused.stderr


def test_what_lets_in_nobody_is_not_kept(platform, folder, password):
    ers = Elsewhere(platform, folder)
    file = folder / "wrong"
    file.write_text("not the password at all")
    refused = ers.log_in("--username", "nobody", "--password-file", file, check=False)
    assert refused.code == 1 and "wrong username or password" in refused.stderr
    assert ers.log_in("--token-file", "-", stdin="made-up\n", check=False).code == 1
    # without the CA that its certificate comes from
    refused = ers("--server", platform.url, "login", "--username", "administrator", "--password-file", password, check=False)
    assert refused.code == 1 and "--ca" in refused.stderr, refused.stderr
    assert ers("--server", platform.url.replace("https", "http"), "whoami", check=False).code == 1
    # not at a terminal, without a provider: it says how
    refused = ers.log_in(check=False)
    assert refused.code == 1 and "--token-file" in refused.stderr
    assert not (folder / "config").exists()


def test_a_client_logs_in_with_its_access_token_and_may_what_that_allows(elsewhere, platform, host, folder):
    name = host.name.split(".")[0]
    made = elsewhere.json("client", "add", name, "--default-policy", "server", "--description", "Deploys")
    assert (made["name"], made["realm"]) == (name, "default")
    assert elsewhere.json("client", "change", name, "--description", "Builds")["description"] == "Builds"
    assert elsewhere.json("client", "show", name)["default_policy"] == "server"
    assert name in {client["name"] for client in elsewhere.json("client", "list")}
    token = elsewhere.json("client", "token", "make", name, "--permission", "certificate:read", "--validity", "1d")
    assert [one["id"] for one in elsewhere.json("client", "token", "list", name)] == [token["id"]]

    (folder / "client").mkdir()
    ers = Elsewhere(platform, folder / "client")
    assert "access token" in ers.log_in("--token-file", "-", stdin=token["token"]).stdout
    assert "certificates" in ers.json("cert", "list")
    refused = ers("user", "list", check=False)
    assert refused.code == 1 and "person:read" in refused.stderr
    elsewhere("client", "token", "revoke", name, token["id"])
    assert ers("cert", "list", check=False).code == 1
    ers("logout")
    elsewhere("client", "remove", name)


# only where CLM sees what the client shows: the other form's proxy hands no certificate on to it
@pytest.mark.forms("sqlite")
def test_an_account_logs_in_with_its_client_certificate(elsewhere, platform, host, folder):
    name = host.name.split(".")[0]
    made = elsewhere.json("user", "add", name, "--name", "Nora Example")
    assert elsewhere.json("user", "change", name, "--email", "nora@example.org")["email"] == "nora@example.org"
    elsewhere("cert", "issue", "--policy", "client", "--name", f"email:{name}@example.org", "--subject", f"CN={name}", "--out", folder / name)
    elsewhere("user", "set-certificate", name, "--certificate", folder / f"{name}.pem")
    (folder / "nora").mkdir()
    nora = Elsewhere(platform, folder / "nora")
    nora.log_in("--certificate", folder / f"{name}.pem", "--key", folder / f"{name}.key")
    assert nora.json("whoami")["username"] == name
    # her own account: a password of her own, and a secret for codes
    (folder / "made").write_text(made["password"])
    (folder / "new").write_text(PASSWORD)
    nora("account", "password", "--present-password-file", folder / "made", "--new-password-file", folder / "new")
    assert nora.json("account", "second-factor", "make")["uri"].startswith("otpauth://")
    assert nora("account", "second-factor", "confirm", "000000", check=False).code == 1
    nora("account", "second-factor", "remove", "--password-file", folder / "new")
    nora("logout")
    nora.log_in("--username", name, "--password-file", folder / "new")
    # and nothing besides
    assert nora.json("whoami").get("grants") is None
    assert nora("cert", "list", check=False).code == 1
    nora("logout")
    elsewhere("user", "remove", name)


def test_people_realms_roles_and_end_entities(elsewhere, platform, host):
    name = host.name.split(".")[0]
    assert "default" in {realm["name"] for realm in elsewhere.json("realm", "list")}
    assert elsewhere.json("realm", "create", name, "--title", "Print shop")["title"] == "Print shop"
    assert elsewhere.json("realm", "show", name) == platform.ers_json("realm", "show", name), "over REST as over gRPC"
    added = elsewhere.json("entity", "add", name, "--contact", "printing@example.org")
    assert added["state"] == "active"
    assert elsewhere.json("entity", "change", name, "--registration-authority", "true")["registration_authority"]
    assert elsewhere.json("entity", "set-password", name)["made"]
    assert elsewhere.json("entity", "show", name) == platform.ers_json("entity", "show", name)
    assert elsewhere.json("entity", "suspend", name)["state"] == "suspended"
    elsewhere("entity", "set-password", name, "--none")
    assert not platform.ers_json("entity", "show", name)["has_password"]
    elsewhere("entity", "remove", name)

    permissions = elsewhere.json("role", "permissions")["permissions"]
    assert "certificate:read" in permissions
    elsewhere("role", "put", name, "--permission", "certificate:read")
    assert elsewhere.json("role", "show", name) == platform.ers_json("role", "show", name)
    given = elsewhere.json("role", "give", name, "--group", "printers", "--realm", name)
    assert given["id"] in {binding["id"] for binding in elsewhere.json("role", "bindings")}
    elsewhere("role", "take", given["id"])
    elsewhere("role", "remove", name)
    elsewhere("realm", "archive", name)
    elsewhere("realm", "delete", name)
    refused = elsewhere("realm", "delete", name, check=False)
    assert refused.code == 1 and name in refused.stderr
    assert "administrator" in {user["username"] for user in elsewhere.json("user", "list")}


def test_certificates_from_request_to_revocation(elsewhere, platform, host, folder):
    issued = elsewhere.json("cert", "issue", "--name", f"dns:{host.name}", "--out", folder / "leaf")
    verify(platform, folder / "leaf.pem", folder / "leaf.pem", "-verify_hostname", host.name)
    number = serial(folder / "leaf.pem")
    assert number == issued["serial"]
    assert elsewhere.json("cert", "show", number) == platform.ers_json("cert", "show", number), "over REST as over gRPC"
    assert elsewhere.json("cert", "tag", number, "stage=test", "web")["tags"] == ["stage=test", "web"]
    assert elsewhere.json("cert", "tag", number, "stage=live", "--remove", "web")["tags"] == ["stage=live"]
    assert elsewhere.json("cert", "assign", number, "web@example.org")["owner"] == "web@example.org"
    found = elsewhere.json("cert", "list", "--search", host.name, "--tag", "stage=live")
    assert (found["total"], found["certificates"][0]["serial"]) == (1, number)
    assert host.name in elsewhere("cert", "export-list", "--search", host.name).stdout
    acts = [event["act"] for event in elsewhere.json("cert", "history", number)]
    assert acts == [event["act"] for event in platform.ers_json("cert", "history", number)] and len(acts) > 1
    assert elsewhere.json("cert", "statistics")["valid"] >= 1
    done = elsewhere.json("cert", "bulk", "change", number, "--set-owner", "ops@example.org", "--key", host.name)
    assert (done["state"], done["done"]) == ("done", 1)
    again = elsewhere.json("cert", "bulk", "change", number, "--set-owner", "ops@example.org", "--key", host.name)
    assert again["id"] == done["id"], "begun once"
    assert elsewhere.json("cert", "bulk", "renew", "--search", host.name)["done"] == 1
    assert done["id"] in {act["id"] for act in elsewhere.json("cert", "bulk", "list")}
    assert elsewhere.json("cert", "revoke", number, "--reason", "superseded")["serial"] == number
    assert elsewhere.json("cert", "show", number)["state"] == "revoked"
    refused = elsewhere("cert", "issue", "--name", "email:a@example.org", "--out", folder / "no", check=False)
    assert refused.code == 1 and "policy server refuses" in refused.stderr, refused.stderr


def test_a_request_waits_and_is_decided(elsewhere, platform, host, folder):
    name = host.name.split(".")[0]
    definition = elsewhere("policy", "show", "server").stdout.replace("name: server", f"name: {name}")
    made = elsewhere.json("policy", "apply", "-", stdin=f"{definition.replace('manual_approval: false', '')}\nmanual_approval: true\n")
    assert made == {"name": name, "version": 1, "changed": True, "created": True}
    [version] = elsewhere.json("policy", "versions", name)["versions"]
    assert (version["version"], version["created_by"]) == (1, "administrator")
    waits = elsewhere("cert", "issue", "--policy", name, "--name", f"dns:{host.name}", "--out", folder / "leaf", "--request-id", name, check=False)
    assert waits.code == 1 and "waits for approval" in waits.stderr
    listed = elsewhere.json("request", "list", "--state", "pending-approval")["requests"]
    [waiting] = [request for request in listed if host.name in " ".join(request["names"])]
    assert waiting in platform.ers_json("request", "list", "--state", "pending-approval")["requests"]
    assert elsewhere.json("request", "decline", waiting["id"], "--comment", "not today")["state"] == "declined"
    refused = elsewhere("request", "approve", waiting["id"], check=False)
    assert refused.code == 1 and refused.stderr


@pytest.mark.forms("sqlite")
def test_a_kept_key_is_had_back_when_somebody_else_agrees(elsewhere, platform, host, folder, password):
    name = host.name.split(".")[0]
    definition = elsewhere("policy", "show", "server").stdout.replace("name: server", f"name: {name}")
    kept = "server_keys: {allowed: true, algorithms: [P-256], kept: true, approvals: 1}"
    elsewhere("policy", "apply", "-", stdin=f"{definition}\n{kept}\n")
    issued = elsewhere.json("cert", "issue", "--server-key", "--policy", name, "--name", f"dns:{host.name}", "--out", folder / "made",
                            "--format", "p12", "--password-file", password)
    assert (folder / "made.p12").stat().st_mode & 0o777 == 0o600 and "password" not in issued
    elsewhere.json("cert", "show", issued["serial"])
    asked = elsewhere.json("recovery", "ask", issued["serial"], "--comment", "the machine burnt down")
    assert (asked["state"], asked["approvals_needed"]) == ("pending-approval", 1)
    refused = elsewhere("recovery", "fetch", asked["id"], "--out", folder / "key.p12", "--password-file", password, check=False)
    assert refused.code == 1 and not (folder / "key.p12").exists()

    made = elsewhere.json("user", "add", name)
    (folder / "made").write_text(made["password"])
    elsewhere("role", "give", "approver", "--person", name, "--realm", "default")
    (folder / "other").mkdir()
    other = Elsewhere(platform, folder / "other")
    other.log_in("--username", name, "--password-file", folder / "made")
    assert asked["id"] in {one["id"] for one in other.json("recovery", "list", "--state", "pending-approval")["key_recoveries"]}
    assert other.json("recovery", "approve", asked["id"], "--comment", "it did")["state"] == "approved"
    other("logout")
    elsewhere("recovery", "fetch", asked["id"], "--out", folder / "key.p12", "--password-file", password)
    assert elsewhere.json("recovery", "show", asked["id"])["state"] == "released"
    opened = run("openssl", "pkcs12", "-in", folder / "key.p12", "-nodes", "-passin", f"file:{password}")
    assert "PRIVATE KEY" in opened.stdout
    again = elsewhere.json("recovery", "ask", issued["serial"], "--comment", "once more")
    assert elsewhere.json("recovery", "withdraw", again["id"])["state"] == "withdrawn"


def test_a_key_of_the_platform_comes_as_pem_and_one_that_waits_is_fetched_later(elsewhere, host, folder, password):
    name = host.name.split(".")[0]
    definition = elsewhere("policy", "show", "server").stdout.replace("name: server", f"name: {name}")
    elsewhere("policy", "apply", "-", stdin=f"{definition}\nserver_keys: {{allowed: true, algorithms: [P-256]}}\n")
    wish = ("cert", "issue", "--server-key", "--policy", name, "--name", f"dns:{host.name}")
    elsewhere(*wish, "--out", folder / "made")
    assert (folder / "made.key").stat().st_mode & 0o777 == 0o600
    public = run("openssl", "pkey", "-in", folder / "made.key", "-pubout").stdout
    assert run("openssl", "x509", "-in", folder / "made.pem", "-noout", "-pubkey").stdout == public

    elsewhere("policy", "apply", "-", stdin=f"{definition}\nserver_keys: {{allowed: true}}\nmanual_approval: true\n")
    waits = elsewhere(*wish, "--out", folder / "later", "--request-id", f"{name}-later", check=False)
    assert waits.code == 1 and f"ers request key {name}-later" in waits.stderr, waits.stderr
    fetch = ("request", "key", f"{name}-later", "--out", folder / "later.p12", "--password-file", password)
    early = elsewhere(*fetch, check=False)
    assert early.code == 1 and "not there yet" in early.stderr and not (folder / "later.p12").exists(), early.stderr
    elsewhere("request", "approve", f"{name}-later")
    assert f"{name}-later" in {one["id"] for one in elsewhere.json("request", "list", "--mine", "--state", "issued")["requests"]}
    elsewhere(*fetch)
    assert (folder / "later.p12").stat().st_mode & 0o777 == 0o600
    assert "PRIVATE KEY" in run("openssl", "pkcs12", "-in", folder / "later.p12", "-nodes", "-passin", f"file:{password}").stdout


def test_notifications_the_trail_and_how_the_platform_stands(elsewhere, host):
    name = host.name.split(".")[0]
    elsewhere("notify", "subscribe", name, "--event", "certificate.issued", "--webhook", "https://hooks.example.org/ers", "--paused")
    assert name in {one["name"] for one in elsewhere.json("notify", "list")}
    assert elsewhere.json("notify", "show", name)["active"] is False
    assert "deliveries" in elsewhere.json("notify", "deliveries")
    elsewhere("notify", "unsubscribe", name)

    assert elsewhere.json("audit", "verify-clm")["intact"]
    events = elsewhere.json("audit", "events", "--act", "session.begin", "--limit", "1")
    assert [event["act"] for event in events["events"]] == ["session.begin"]
    assert "session.begin" in elsewhere("audit", "export-events").stdout
    authorities = elsewhere.json("authority", "list")
    shown = elsewhere("authority", "show", authorities[0]["name"]).stdout
    assert "BEGIN CERTIFICATE" in shown
    system = elsewhere.json("system")
    assert all(part["up"] for part in system["parts"]), system
    assert system["version"] in elsewhere("system").stdout


def test_what_rest_does_not_have_is_said_to_be_so(elsewhere):
    for command in (("ca", "list"), ("audit", "show"), ("key", "list")):
        refused = elsewhere("--server", elsewhere.platform.url, *command, check=False)
        assert refused.code == 1 and "own identity" in refused.stderr, refused.stderr
    refused = elsewhere("cert", "block-key", "00" * 32, check=False)
    assert refused.code == 1 and "own identity" in refused.stderr, refused.stderr


def test_the_platform_of_this_machine_is_meant_before_a_login(elsewhere, platform):
    refused = run(binary("ers"), *platform.where, "client", "list", check=False, environment=elsewhere.environment)
    assert refused.code == 1 and "ers login" in refused.stderr, "over gRPC there is no such command"


def test_a_pipe_that_nobody_reads_ends_it_quietly(platform, folder):
    """As a tool that SIGPIPE ended, for whoever looks: 128 and 13."""
    for command in (["completions", "bash"], ["--help"], ["cert", "export-list"]):
        read, write = os.pipe()
        os.close(read)
        ended = subprocess.run([binary("ers"), *platform.where, *command], stdout=write, stderr=subprocess.PIPE, text=True, timeout=60,
                               preexec_fn=lambda: signal.signal(signal.SIGPIPE, signal.SIG_DFL))
        os.close(write)
        assert ended.stderr == "" and ended.returncode in ((141,) if command != ["--help"] else (0, 141)), (command, ended)
