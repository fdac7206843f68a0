"""Administrators of the CA, by curl with client certificates; through nginx where each service is a process of its own.

Promises:
- `ers administrator add` makes a PKCS#12 that curl can show as it is; roles say what its owner may do.
- Without it, or with a header instead of it, nobody gets in.
- A removed administrator is out at once; what was done stays on record.
"""

import json

import pytest

from harness.clients import serial
from harness.process import run

pytestmark = pytest.mark.forms("sqlite", "many-postgresql")


class Administrator:
    """curl, showing a PKCS#12."""

    def __init__(self, platform, folder, name, *roles):
        self.platform, self.name, self.file = platform, name, folder / f"{name}.p12"
        wanted = [word for role in roles for word in ("--role", role)]
        added = platform.ers_json("administrator", "add", name, *wanted, "--out", self.file)
        self.password = added["password"]

    def __call__(self, method, path, body=None):
        shown = ["--cert-type", "P12", "--cert", f"{self.file}:{self.password}"]
        return call(self.platform, method, path, body, shown)


def call(platform, method, path, body=None, more=()):
    data = ["-H", "content-type: application/json", "--data-binary", "@-"] if body is not None else []
    outcome = run("curl", "--silent", "--show-error", "--cacert", platform.root, "-X", method, *more, *data,
                  "-w", "\n%{http_code}", f"{platform.url}/cara-ws-server{path}",
                  stdin=json.dumps(body) if body is not None else None)
    text, _, status = outcome.stdout.rpartition("\n")
    return int(status), json.loads(text) if text.strip() else None


def test_a_registration_authority_issues_and_revokes(platform, form, folder, host):
    ra = Administrator(platform, folder, f"rita-{form}", "ra")
    key, csr = folder / "key.pem", folder / "csr.pem"
    run("openssl", "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", key,
        "-out", csr, "-subj", f"/CN={host.name}", "-addext", f"subjectAltName=DNS:{host.name}")
    status, me = ra("GET", "/v1/session")
    assert (status, me["administrator"], me["roles"]) == (200, ra.name, ["ra"])
    wish = {"issuer": "default-sub", "profile": "tls-server", "csr": csr.read_text()}
    status, issued = ra("POST", "/v1/certificates", wish)
    assert status == 201, issued
    leaf = folder / "leaf.pem"
    leaf.write_text(issued["certificate_pem"])
    assert serial(leaf) == issued["serial"]
    path = f"/v1/certificates/default-sub/{issued['serial']}"
    status, revoked = ra("POST", f"{path}/revocation", {"reason": "superseded"})
    assert (status, revoked["state"]) == (200, "revoked"), revoked
    status, refused = ra("POST", "/v1/authorities", {"name": "mine", "subject": "CN=Mine", "key_algorithm": "P-256",
                                                     "validity": "1y"})
    assert status == 403 and "manage-authorities" in refused["detail"], refused

    acts = platform.ers_json("administrator", "acts", "--administrator", f"administrator:{ra.name}")
    assert [(act["act"], act["outcome"]) for act in acts] == [("revoke-certificate", "done"), ("issue-certificate", "done")]

    platform.ers("administrator", "remove", ra.name)
    assert ra("GET", "/v1/session")[0] == 403


def test_nobody_gets_in_without_a_certificate(platform, folder, form):
    auditor = Administrator(platform, folder, f"otto-{form}", "auditor")
    assert auditor("GET", "/v1/acts")[0] == 200
    pem = run("openssl", "pkcs12", "-in", auditor.file, "-passin", f"pass:{auditor.password}", "-nokeys", "-clcerts").stdout
    pem = pem[pem.index("-----BEGIN"):]
    escaped = pem.replace("\n", "%0A").replace(" ", "%20").replace("+", "%2B")
    forged = ["-H", "ssl-client-verify: SUCCESS", "-H", f"ssl-client-cert: {escaped}"]
    for more in ([], forged):
        status, refused = call(platform, "GET", "/v1/acts", None, more)
        assert status == 403 and refused["status"] == 403, refused
    status, document = call(platform, "GET", "/openapi.json")
    assert status == 200 and "/cara-ws-server/v1/authorities" in document["paths"]
