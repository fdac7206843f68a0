"""The life of a CA on the command line, every chain verified by openssl.

Promises:
- A root with a new key is reached from the old one and reaches back; all its certificates lie where revocation information does.
- A CA below another gets a new key: each key has its own CRL, signed by it.
- A CA under an off-line root is signed by files carried there and back; the root's CRL comes along and is published.
- A damaged file, or one of another kind, is refused before anything is asked of anybody.
- A CA that openssl has signed begins; a suspended one is told from an active one.
"""

import json
import secrets

import pytest

from harness.process import run
from harness.waiting import until

pytestmark = pytest.mark.forms("sqlite", "many-postgresql")

SUBJECT = "CN={},O=Stories"


def _name(word):
    return f"{word}-{secrets.token_hex(4)}"


def _create(platform, name, *more):
    return platform.ers_json("ca", "create", name, "--subject", SUBJECT.format(name), *more)


def _write(folder, name, *certificates):
    file = folder / name
    file.write_text("".join(certificates))
    return file


def _verify(folder, root, between, certificate):
    root = _write(folder, "root.pem", root)
    untrusted = ["-untrusted", _write(folder, "between.pem", *between)] if between else []
    leaf = _write(folder, "leaf.pem", certificate)
    outcome = run("openssl", "verify", "-x509_strict", "-CAfile", root, *untrusted, leaf)
    assert f"{leaf}: OK" in outcome.stdout, str(outcome)


def _fetch(platform, folder, path):
    """A file of rev-info, which learns of new CAs by events: within moments, but not at once."""
    out = folder / path.replace("/", "-")
    url = f"{platform.revocation_url}/rev-info/{path}"
    until(f"{path} is there", lambda: run("curl", "-sSf", "-o", out, url, check=False).code == 0, 10)
    return out


def _generation(ca, number):
    return next(generation for generation in ca["generations"] if generation["number"] == number)


def _other(ca, kind):
    return next(other["certificate"] for other in ca["others"] if other["kind"] == kind)


def test_a_root_with_a_new_key_is_reached_from_the_old_one_and_reaches_back(platform, folder):
    root, old, new = _name("root"), _name("old"), _name("new")
    _create(platform, root)
    before = _create(platform, old, "--issuer", root, "--validity", "1y")
    rolled = platform.ers_json("ca", "rollover", root)
    assert rolled["generation"] == 2
    after = _create(platform, new, "--issuer", root, "--validity", "1y")
    old_root, new_root = (_generation(rolled, number)["certificate"] for number in (1, 2))
    _verify(folder, old_root, [], before["certificate"])
    _verify(folder, new_root, [], after["certificate"])
    _verify(folder, old_root, [_other(rolled, "new-with-old")], after["certificate"])
    _verify(folder, new_root, [_other(rolled, "old-with-new")], before["certificate"])

    bundle = _fetch(platform, folder, f"ca/{root}.p7c")
    listed = run("openssl", "pkcs7", "-inform", "DER", "-in", bundle, "-print_certs").stdout
    assert listed.count("BEGIN CERTIFICATE") == 4, listed
    for number, file in ((1, f"ca/{root}.cer"), (2, f"ca/{root}.g2.cer")):
        der = _fetch(platform, folder, file)
        pem = run("openssl", "x509", "-inform", "DER", "-in", der).stdout
        assert pem.split() == _generation(rolled, number)["certificate"].split()


def test_each_key_of_a_ca_signs_its_own_crl(platform, folder):
    root, sub = _name("root"), _name("sub")
    top = _create(platform, root)
    _create(platform, sub, "--issuer", root, "--validity", "2y", "--path-length", "0")
    prepared = platform.ers_json("ca", "rollover", sub, "--validity", "2y", "--prepare-only")
    assert prepared["generation"] == 1 and _generation(prepared, 2)["state"] == "prepared"
    rolled = platform.ers_json("ca", "switch", sub, "2")
    assert rolled["generation"] == 2 and _generation(rolled, 1)["state"] == "superseded"
    for number, file in ((1, f"crl/{sub}.crl"), (2, f"crl/{sub}.g2.crl")):
        crl = _fetch(platform, folder, file)
        issuer = _write(folder, f"sub-{number}.pem", _generation(rolled, number)["certificate"])
        told = run("openssl", "crl", "-inform", "DER", "-in", crl, "-CAfile", issuer, "-noout")
        assert "verify OK" in told.stderr, str(told)
        _verify(folder, top["certificate"], [], _generation(rolled, number)["certificate"])


def test_a_ca_is_signed_by_files_carried_to_an_off_line_root_and_back(platform, folder):
    # One platform plays both machines: nothing but the files goes from one to the other.
    off_line, sub, kept = _name("offline"), _name("sub"), _name("kept")
    root = _create(platform, off_line)
    awaiting = _create(platform, sub, "--external", "--path-length", "0")
    assert awaiting["state"] == "awaiting certificate"
    asked = run("openssl", "req", "-noout", "-verify", "-subject", stdin=awaiting["request"])
    assert sub in asked.stdout, str(asked)
    request, response = folder / "request.json", folder / "response.json"
    platform.ers("ca", "export-request", sub, "--validity", "1y", "--path-length", "0", "--out", request)
    for _ in range(2):
        platform.ers("ca", "sign-request", request, "--issuer", off_line, "--out", response)
    for _ in range(2):
        begun = platform.ers_json("ca", "import-response", response, "--issuer-name", kept)
    assert begun["state"] == "active"
    _verify(folder, root["certificate"], [], begun["certificate"])
    crl = _fetch(platform, folder, f"crl/{kept}.crl")
    issuer = _write(folder, "root.pem", root["certificate"])
    told = run("openssl", "crl", "-inform", "DER", "-in", crl, "-CAfile", issuer, "-noout")
    assert "verify OK" in told.stderr, str(told)
    # Failure 25: another CA's CRL is not taken for this one's.
    other = _fetch(platform, folder, f"crl/{sub}.crl")
    refused = platform.ers("ca", "import-crl", kept, other, check=False)
    assert refused.code != 0 and f"not one of CA {kept}" in refused.stderr, str(refused)


def test_a_file_that_was_damaged_on_the_way_is_refused(platform, folder):
    sub = _name("sub")
    _create(platform, sub, "--external")
    request = folder / "request.json"
    platform.ers("ca", "export-request", sub, "--out", request)
    carried = json.loads(request.read_text())
    carried["content"]["validity"] = "50y"
    damaged = folder / "damaged.json"
    damaged.write_text(json.dumps(carried))
    for command, file, problem in (("sign-request", damaged, "damaged"), ("import-response", request, "format")):
        more = ["--issuer", "nobody"] if command == "sign-request" else []
        refused = platform.ers("ca", command, file, *more, check=False)
        assert refused.code != 0 and problem in refused.stderr, str(refused)


def test_a_ca_that_openssl_has_signed_begins(platform, folder):
    sub = _name("sub")
    awaiting = _create(platform, sub, "--external", "--path-length", "0")
    request = _write(folder, "request.pem", awaiting["request"])
    key, root, certificate = folder / "key.pem", folder / "root.pem", folder / "sub.pem"
    run("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", root, "-days", "100",
        "-subj", "/O=Elsewhere/CN=Root of openssl", "-addext", "keyUsage=critical,keyCertSign,cRLSign")
    run("openssl", "x509", "-req", "-in", request, "-CA", root, "-CAkey", key, "-days", "50", "-out", certificate,
        "-copy_extensions", "copyall", "-set_serial", "4711")
    refused = platform.ers("ca", "import-certificate", sub, certificate, check=False)
    assert refused.code != 0 and "Root of openssl" in refused.stderr, str(refused)
    chain = _write(folder, "chain.pem", certificate.read_text(), root.read_text())
    begun = platform.ers_json("ca", "import-certificate", sub, chain)
    assert begun["state"] == "active"
    _verify(folder, root.read_text(), [], begun["certificate"])

    assert platform.ers_json("ca", "suspend", sub)["state"] == "suspended"
    assert platform.ers_json("ca", "resume", sub)["state"] == "active"
    settings = folder / "settings.json"
    settings.write_text('{"crl_validity_hours": 12}')
    told = platform.ers("ca", "settings", sub, "--set", settings).stdout
    assert json.loads(told) == {"crl_validity_hours": 12}
    assert platform.ers_json("ca", "retire", sub)["state"] == "retired"
