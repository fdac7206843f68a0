"""The command line.

Promises:
- `ca list|show|create`, `policy list|show|apply`, `cert issue|list|show|revoke|export`, `audit show|verify`, `status`: tables for
  people, `--output json` for machines.
- `cert issue` takes a CSR or makes the key here; PEM, DER and PKCS#12 come out, read by openssl and keytool.
- What goes wrong is told on standard error with the way out, nothing on standard output, and the exit code is not 0.
- Shell completions.
"""

import json
import shutil

import pytest

from harness.clients import names, read, serial, verify
from harness.platform import binary
from harness.process import run
from harness.waiting import until

# what the command line does differs with the way to the services, not with the database
pytestmark = pytest.mark.forms("sqlite", "many-postgresql")


def shown_soon(platform, number):
    """The inventory hears of a certificate by an event, a moment after it was issued."""
    return until(f"{number} is in the inventory", lambda: platform.ers_json("cert", "show", number), 5)


def test_status_tells_what_runs(platform):
    told = platform.ers("status").stdout
    status = platform.ers_json("status")
    assert {line["service"] for line in status["services"]} == {"signer", "cara-ws", "clm-api"}
    for line in status["services"] + status["checks"]:
        assert line["up"], line
        assert (line.get("service") or line["name"]) in told


def test_ca_list_show_create(platform, form, folder):
    listed = platform.ers_json("ca", "list")
    assert len(listed) >= 2
    table = platform.ers("ca", "list").stdout
    for authority in listed:
        assert authority["name"] in table
    root = next(authority for authority in listed if not authority["issuer"])

    name = f"extra-{form}"
    platform.ers("ca", "create", name, "--subject", f"CN=Extra {form},O=Example AG", "--key-algorithm", "P-256",
                 "--issuer", root["name"], "--validity", "5y")
    shown = platform.ers_json("ca", "show", name)
    assert shown["issuer"] == root["name"]
    assert f"Extra {form}" in platform.ers("ca", "show", name).stdout
    (folder / "extra.pem").write_text(shown["certificate"])
    outcome = run("openssl", "verify", "-x509_strict", "-CAfile", platform.root, folder / "extra.pem")
    assert "OK" in outcome.stdout


def test_policy_list_show_apply(platform, form):
    listed = {policy["name"] for policy in platform.ers_json("policy", "list")}
    assert {"acme", "acme-eab", "server", "client"} <= listed
    definition = platform.ers("policy", "show", "server").stdout
    again = platform.ers("policy", "apply", "-", stdin=definition)
    assert "is so already" in again.stdout, str(again)

    changed = definition.replace("default: 90d", "default: 60d")
    assert changed != definition
    name = f"server-{form}"
    made = platform.ers_json("policy", "apply", "-", stdin=changed.replace("name: server", f"name: {name}"))
    assert made == {"name": name, "version": 1, "changed": True, "created": True}
    assert "60d" in platform.ers("policy", "show", name).stdout


def test_a_key_made_here(platform, host, folder):
    leaf = platform.issue(folder, host.name, "--key-algorithm", "P-384")
    key = leaf.with_suffix(".key")
    assert names(leaf) == [host.name]
    verify(platform, leaf, leaf)
    assert key.stat().st_mode & 0o077 == 0
    public = run("openssl", "pkey", "-in", key, "-pubout").stdout
    assert run("openssl", "x509", "-in", leaf, "-noout", "-pubkey").stdout == public
    assert "secp384r1" in run("openssl", "pkey", "-in", key, "-noout", "-text").stdout


@pytest.mark.parametrize("form_of_csr", ["PEM", "DER"])
def test_a_csr_from_openssl(platform, host, folder, form_of_csr):
    csr = folder / "csr"
    run("openssl", "req", "-new", "-newkey", "rsa:2048", "-nodes", "-keyout", folder / "own.key", "-outform", form_of_csr,
        "-out", csr, "-subj", f"/CN={host.name}", "-addext", f"subjectAltName=DNS:{host.name}")
    answer = platform.ers_json("cert", "issue", "--policy", "server", "--csr", csr, "--out", folder / "made")
    assert answer["files"] == [str(folder / "made.pem")], "no key is written where a CSR came"
    assert serial(folder / "made.pem") == answer["serial"]
    shown = shown_soon(platform, answer["serial"])
    assert shown["names"] == [f"dns:{host.name}"]
    run("openssl", "verify", "-CAfile", platform.root, "-untrusted", folder / "made.pem", folder / "made.pem")


def test_list_show_search_and_export(platform, host, folder):
    leaf = platform.issue(folder, host.name)
    number = serial(leaf)
    shown_soon(platform, number)
    listed = platform.ers_json("cert", "list", "--search", host.name)
    assert [row["serial"] for row in listed["certificates"]] == [number]
    assert number[:8] in platform.ers("cert", "list", "--search", host.name).stdout
    assert host.name in platform.ers("cert", "show", number).stdout

    (folder / "out.pem").write_text(platform.ers("cert", "export", number, "--format", "pem").stdout)
    assert read(folder / "out.pem") == read(leaf)
    platform.ers("cert", "export", number, "--format", "der", "--out", folder / "out.der")
    run("openssl", "x509", "-inform", "DER", "-in", folder / "out.der", "-out", folder / "der.pem")
    assert read(folder / "der.pem") == read(leaf)


def test_pkcs12_is_read_by_openssl_and_java(platform, host, folder):
    password = folder / "password"
    password.write_text("correct horse\n")
    platform.issue(folder, host.name, "--format", "p12", "--password-file", password)
    issued = folder / f"{host.name}.p12"
    leaf = platform.issue(folder / "pem", host.name)
    exported = folder / "exported.p12"
    shown_soon(platform, serial(leaf))
    platform.ers("cert", "export", serial(leaf), "--format", "p12", "--key", leaf.with_suffix(".key"),
                 "--password-file", password, "--out", exported)
    for store in (issued, exported):
        is_a_key_store(store, password)


def is_a_key_store(store, password):
    assert store.stat().st_mode & 0o077 == 0
    text = run("openssl", "pkcs12", "-in", store, "-nodes", "-passin", f"file:{password}").stdout
    assert "PRIVATE KEY" in text and text.count("BEGIN CERTIFICATE") >= 2
    if shutil.which("keytool"):  # Java is no part of the test set-up; where it is, its opinion counts
        listed = run("keytool", "-list", "-v", "-keystore", store, "-storetype", "PKCS12", "-storepass", "correct horse")
        assert "PrivateKeyEntry" in listed.stdout


def test_owners_tags_history_and_acts_on_many(platform, host, folder):
    number = serial(platform.issue(folder, host.name))
    shown_soon(platform, number)
    platform.ers("cert", "assign", number, "anna@example.org")
    platform.ers("cert", "tag", number, "env=test", "web")
    platform.ers("cert", "change", number, "--location", "lb-1", "--comment", "=1+1")
    tagged = platform.ers_json("cert", "tag", number, "env=prod", "--remove", "web")
    assert (tagged["owner"], tagged["tags"], tagged["locations"]) == ("anna@example.org", ["env=prod"], ["lb-1"])
    found = platform.ers_json("cert", "list", "--search", host.name, "--tag", "env=prod", "--owner", "anna@example.org")
    assert [row["serial"] for row in found["certificates"]] == [number]
    listed = platform.ers("cert", "export-list", "--search", host.name).stdout
    assert listed.count("\n") == 2 and "\"'=1+1\"" in listed, listed
    acts = [event["act"] for event in platform.ers_json("cert", "history", number)]
    assert acts[0] == "certificate.issued" and acts.count("certificate.change") == 4
    done = platform.ers_json("cert", "bulk", "revoke", "--search", host.name, "--reason", "superseded")
    assert (done["state"], done["done"]) == ("done", 1), done
    assert platform.ers_json("cert", "show", number)["state"] == "revoked"
    assert any(act["id"] == done["id"] for act in platform.ers_json("cert", "bulk", "list"))


def test_a_certificate_of_others_is_imported_and_forgotten(platform, host, folder, form):
    definition = platform.ers("policy", "show", "server").stdout
    policy = f"watched-{form}"
    changed = definition.replace("name: server", f"name: {policy}") + "import: {allowed: true, self_signed: true}\n"
    platform.ers("policy", "apply", "-", stdin=changed)
    run("openssl", "req", "-x509", "-newkey", "rsa:1024", "-nodes", "-subj", f"/CN={host.name}", "-days", "9",
        "-keyout", folder / "old.key", "-out", folder / "old.pem")
    run("openssl", "crl2pkcs7", "-nocrl", "-certfile", folder / "old.pem", "-outform", "DER", "-out", folder / "old.p7b")
    first = platform.ers_json("cert", "import", folder / "old.p7b", "--policy", policy, "--owner", "anna")
    again = platform.ers_json("cert", "import", folder / "old.pem", "--policy", policy)
    assert [one["outcome"] for one in first + again] == ["imported", "duplicate"], (first, again)
    found = platform.ers_json("cert", "list", "--search", host.name, "--source", "imported")["certificates"]
    assert [(row["key_algorithm"], row["owner"]) for row in found] == [("RSA-1024", "anna")]
    platform.ers("cert", "forget", first[0]["fingerprint"])
    assert platform.ers_json("cert", "list", "--search", host.name)["certificates"] == []


def test_revoke_tells_what_was_done_and_may_be_repeated(platform, host, folder):
    number = serial(platform.issue(folder, host.name))
    shown_soon(platform, number)
    platform.ers("cert", "revoke", number, "--reason", "superseded")
    until("the inventory says so", lambda: platform.ers_json("cert", "show", number)["state"] == "revoked", 5)
    assert platform.ers_json("cert", "revoke", number, "--reason", "superseded")["already_revoked"] is True
    revoked = platform.ers_json("cert", "list", "--search", host.name, "--state", "revoked")
    assert [row["serial"] for row in revoked["certificates"]] == [number]


def test_the_audit_trail_is_shown_and_verifies(platform, host, folder):
    platform.issue(folder, host.name, "--request-id", f"story-{host.name}")
    shown = platform.ers_json("audit", "show", "--limit", "100000")
    entry = [entry for entry in shown if entry["request_id"] == f"story-{host.name}"]
    assert [(e["caller"], e["purpose"]) for e in entry] == [("cara-ws", "certificate")]
    verified = platform.ers_json("audit", "verify")
    assert sum(chain["entries"] for chain in verified["chains"]) >= len(shown)
    assert "unbroken" in platform.ers("audit", "verify").stdout


@pytest.mark.parametrize(
    "arguments, told",
    [
        (["cert", "show", "deadbeefdeadbeef"], "deadbeefdeadbeef"),
        (["cert", "issue", "--policy", "no-such-policy", "--name", "dns:a.example.test", "--out", "/tmp/none"], "no-such-policy"),
        (["cert", "issue", "--policy", "server", "--name", "dns:not a name", "--out", "/tmp/none"], "not a name"),
        (["cert", "revoke", "deadbeefdeadbeef"], "deadbeefdeadbeef"),
        (["ca", "show", "no-such-ca"], "no-such-ca"),
        (["policy", "show", "no-such-policy"], "no-such-policy"),
        (["cert", "issue", "--policy", "server", "--csr", "/no/such/file", "--out", "/tmp/none"], "/no/such/file"),
    ],
    ids=lambda value: value if isinstance(value, str) else "-".join(value[:2]),
)
def test_what_goes_wrong_is_told_on_standard_error(platform, arguments, told):
    outcome = platform.ers(*arguments, check=False)
    assert outcome.code != 0, str(outcome)
    assert told in outcome.stderr, str(outcome)
    assert outcome.stdout == "", str(outcome)
    assert "panicked" not in outcome.stderr and len(outcome.stderr.strip().splitlines()) <= 4, str(outcome)


def test_a_reason_that_is_none_is_refused(platform, host, folder):
    number = serial(platform.issue(folder, host.name))
    shown_soon(platform, number)
    outcome = platform.ers("cert", "revoke", number, "--reason", "boredom", check=False)
    assert outcome.code != 0 and "boredom" in outcome.stderr, str(outcome)
    assert platform.ers_json("cert", "show", number)["state"] == "valid"


def test_a_platform_that_does_not_run_is_told_with_the_way_out(platform, folder):
    outcome = run(binary("ers"), "--data", folder, "status", check=False)
    assert outcome.code != 0 and "ers up" in outcome.stderr, str(outcome)


def test_json_is_json_everywhere(platform):
    for command in (["status"], ["ca", "list"], ["policy", "list"], ["policy", "show", "server"], ["cert", "list"], ["audit", "verify"]):
        json.loads(platform.ers("--output", "json", *command).stdout)


def test_the_login_can_be_changed(platform, folder):
    password = folder / "password"
    password.write_text("a much better password 1\n")
    assert "administrator" in platform.ers("password", "administrator", "--password-file", password).stdout


def test_completions_are_a_script_that_bash_accepts(platform, folder):
    script = folder / "completions"
    script.write_text(platform.ers("completions", "bash").stdout)
    run("bash", "-n", script)
    assert "revoke" in script.read_text()
