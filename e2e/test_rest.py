"""CLM over REST, called with curl.

Promises:
- The administrator logs in with the password that was set, gets a token, and nothing without one.
- Over REST a certificate is asked for with a CSR, listed, shown and revoked; the same request id gives the same certificate.
- A refusal is a problem document (RFC 9457) that names the field.
- A wrong password is refused, and guessing is slowed down.
- The OpenAPI document is served and names every path.
"""

import base64
import json

import pytest

from harness.clients import fetch_issuer, serial, until_ocsp_says, verify
from harness.process import run
from harness.rest import Rest
from harness.waiting import until

pytestmark = pytest.mark.forms("sqlite", "many-postgresql")
PASSWORD = "a password that only this story knows"


@pytest.fixture
def rest(platform, folder):
    """Logged in."""
    file = folder / "password"
    file.write_text(PASSWORD)
    platform.ers("password", "administrator", "--password-file", file)
    client = Rest(platform)
    status, _, body = client.log_in(PASSWORD)
    assert status == 200, body
    return client


@pytest.fixture
def csr(host, folder):
    file = folder / "csr.pem"
    run("openssl", "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout",
        folder / "key.pem", "-out", file, "-subj", f"/CN={host.name}", "-addext", f"subjectAltName=DNS:{host.name}")
    return file.read_text()


def test_nothing_without_a_login(platform):
    for method, path in (("GET", "/v1/certificates"), ("GET", "/v1/policies"), ("POST", "/v1/certificates")):
        status, kind, body = Rest(platform)(method, path, {} if method == "POST" else None)
        assert (status, kind) == (401, "application/problem+json"), body


def test_a_certificate_from_csr_to_revocation(rest, platform, host, csr, folder):
    wish = {"csr": csr, "policy": "server", "request_id": f"rest-story-{host.name}"}
    status, _, issued = rest("POST", "/v1/certificates", wish)
    assert status == 201, issued
    leaf = folder / "leaf.pem"
    leaf.write_text(issued["certificate_pem"])
    chain = folder / "chain.pem"
    chain.write_text("".join(issued["chain_pem"]))
    verify(platform, leaf, chain, "-verify_hostname", host.name)
    assert serial(leaf) == issued["serial"]

    status, _, again = rest("POST", "/v1/certificates", wish)
    assert (status, again["serial"]) == (201, issued["serial"])

    shown = until("it is in the inventory", lambda: rest("GET", f"/v1/certificates/{issued['serial']}")[0] == 200, 5)
    assert shown
    status, _, listed = rest("GET", f"/v1/certificates?search={host.name}")
    assert status == 200 and [row["serial"] for row in listed["certificates"]] == [issued["serial"]]

    status, _, revoked = rest("POST", f"/v1/certificates/{issued['serial']}/revocation", {"reason": "superseded"})
    assert status == 200 and revoked["already_revoked"] is False, revoked
    until_ocsp_says("revoked", platform, leaf, fetch_issuer(platform, leaf, folder), seconds=1)


def test_a_request_id_for_other_names_is_refused(rest, host, csr):
    wish = {"csr": csr, "policy": "server", "request_id": f"rest-twice-{host.name}"}
    assert rest("POST", "/v1/certificates", wish)[0] == 201
    names = [f"dns:{host.name}", f"dns:other.{host.name}"]
    status, kind, body = rest("POST", "/v1/certificates", {**wish, "subject_alternative_names": names})
    assert status == 409, body
    assert kind == "application/problem+json"


@pytest.mark.parametrize(
    "change, field",
    [({"policy": "no-such-policy"}, "policy"), ({"csr": "nonsense"}, "csr"), ({"validity": "100y"}, "validity"),
     ({"subject_alternative_names": ["dns:not a name"]}, "subject_alternative_names")],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_refusal_names_the_field(rest, csr, change, field):
    status, kind, body = rest("POST", "/v1/certificates", {"csr": csr, "policy": "server", **change})
    assert 400 <= status < 500, body
    assert kind == "application/problem+json"
    assert field in json.dumps(body), body


def test_a_wrong_password_is_refused(rest, platform):
    status, kind, body = Rest(platform).log_in("not the password of anybody")
    assert (status, kind) == (401, "application/problem+json"), body
    assert rest("GET", "/v1/realms")[0] == 200, "the session of before goes on"
    rest.log_in(PASSWORD)  # and the right one counts the wrong one away


def test_guessing_is_slowed_down(own_platform):
    client = Rest(own_platform)
    answers = [client.log_in(f"guess {number} of many more")[0] for number in range(12)]
    assert 429 in answers, answers
    assert 200 not in answers


def test_the_openapi_document_names_every_path(platform):
    status, kind, document = Rest(platform)("GET", "/openapi.json")
    assert (status, kind) == (200, "application/json")
    for path in ("/clm-api/v1/session", "/clm-api/v1/certificates", "/clm-api/v1/policies", "/clm-api/v1/requests"):
        assert path in document["paths"], path


@pytest.mark.forms("sqlite")
def test_a_person_logs_in_with_a_client_certificate(rest, platform, folder):
    """Of the account that it was given to, while it is not revoked; without one nobody."""
    name, leaf, key, out = "carol-by-certificate", folder / "carol.pem", folder / "carol.key", folder / "answer.json"
    csr = folder / "carol.csr"
    run("openssl", "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", key,
        "-out", csr, "-subj", f"/CN={name}")
    status, _, issued = rest("POST", "/v1/certificates", {"csr": csr.read_text(), "policy": "client"})
    assert status == 201, issued
    leaf.write_text(issued["certificate_pem"])
    assert rest("POST", "/v1/people", {"username": name})[0] == 201
    status, _, changed = rest("PATCH", f"/v1/people/{name}", {"certificate": issued["certificate_pem"]})
    assert status == 200, changed

    def log_in(*certificate):
        out.unlink(missing_ok=True)
        told = run("curl", "-s", "--cacert", platform.root, "-o", out, "-w", "%{http_code}", "-X", "POST", *certificate,
                   f"{platform.url}/clm-api/v1/session/certificate")
        return int(told.stdout), json.loads(out.read_text())

    shown = ("--cert", leaf, "--key", key)
    status, session = log_in(*shown)
    assert (status, session.get("username")) == (200, name), session
    assert log_in()[0] == 401
    until("it is in the inventory", lambda: rest("GET", f"/v1/certificates/{issued['serial']}")[0] == 200, 5)
    assert rest("POST", f"/v1/certificates/{issued['serial']}/revocation", {"reason": "superseded"})[0] == 200
    until("its revocation counts", lambda: log_in(*shown)[0] == 401, 5)


def test_a_key_made_by_the_platform_comes_back_when_another_says_yes(rest, platform, folder):
    """With the real signer: the key opens with the password, is that of the certificate, and is the same when it comes back."""
    policy = "\n".join(["name: kept-keys", "realm: default", "issuer: default-sub", "profile: tls-server", "protocols: [rest]",
                        "validity: {default: 30d, longest: 30d}", "names: {dns: ['*']}",
                        "server_keys: {allowed: true, algorithms: [P-256], kept: true, approvals: 1}"])
    status, _, applied = rest("PUT", "/v1/policies/kept-keys", {"definition": policy})
    assert status in (200, 201), applied
    password, names = "a password for the file", ["dns:kept.test"]
    wish = {"policy": "kept-keys", "subject": "CN=kept.test", "subject_alternative_names": names, "server_key": {"password": password}}
    status, _, issued = rest("POST", "/v1/certificates", wish)
    assert status == 201, issued

    def public_key(pkcs12):
        file, key = folder / "key.p12", folder / "kept.pem"
        file.write_bytes(base64.b64decode(pkcs12))
        run("openssl", "pkcs12", "-in", file, "-passin", f"pass:{password}", "-nodes", "-nocerts", "-out", key)
        return run("openssl", "pkey", "-in", key, "-pubout").stdout

    leaf = folder / "kept-leaf.pem"
    leaf.write_text(issued["certificate_pem"])
    own = run("openssl", "x509", "-in", leaf, "-noout", "-pubkey").stdout
    assert public_key(issued["pkcs12"]) == own
    until("it is in the inventory", lambda: rest("GET", f"/v1/certificates/{issued['serial']}")[0] == 200, 5)

    status, _, asked = rest("POST", "/v1/key-recoveries", {"certificate": issued["fingerprint"], "comment": "the laptop is lost"})
    assert (status, asked.get("state")) == (201, "pending-approval"), asked
    place = f"/v1/key-recoveries/{asked['id']}"
    assert rest("POST", f"{place}/decision", {"approve": True})[0] == 403
    assert rest("POST", f"{place}/key", {"password": password})[0] == 409
    other = f"approver-{issued['serial'][:8]}"
    assert rest("POST", "/v1/people", {"username": other, "password": PASSWORD})[0] == 201
    assert rest("POST", "/v1/role-bindings", {"role": "approver", "subject_kind": "person", "subject": other})[0] == 201
    approver = Rest(platform)
    assert approver.log_in(PASSWORD, other)[0] == 200
    status, _, decided = approver("POST", f"{place}/decision", {"approve": True, "comment": "seen the passport"})
    assert (status, decided.get("state")) == (200, "approved"), decided
    assert approver("POST", f"{place}/key", {"password": password})[0] == 403
    status, _, fetched = rest("POST", f"{place}/key", {"password": password})
    assert status == 200, fetched
    assert public_key(fetched["pkcs12"]) == own
    assert rest("POST", f"{place}/key", {"password": password})[0] == 409
