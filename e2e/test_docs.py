"""What docs/est.md, docs/cmp.md and docs/scep.md show for foreign clients, run as it stands there: only names, addresses,
passwords and the files of the root are those of the story. (docs/acme.md's web servers: test_acme_servers.py.)

Promises:
- Each gives a certificate that openssl verifies up to the root, and a second one for a client that shows the first.
- What is said to revoke revokes.
"""

import os

import pytest

from harness.clients import TOOLS, fetch_issuer, names, read, serial, until_ocsp_says, verify
from harness.docs import filled, shown
from harness.process import run

pytestmark = pytest.mark.forms("sqlite")
PASSWORD = "correct horse battery"


def script(folder, text):
    """Runs what a page shows, line by line, until something fails."""
    path = f"{TOOLS / 'debian-13'}:{os.environ['PATH']}" if "estclient" in text else os.environ["PATH"]
    return run("bash", "-euo", "pipefail", "-c", text, cwd=folder, environment={"PATH": path}, seconds=60)


def checked(platform, leaf, folder, *more):
    """The serial number of a certificate that openssl verifies."""
    verify(platform, leaf, fetch_issuer(platform, leaf, folder), *more)
    return serial(leaf)


@pytest.fixture
def router(platform, folder):
    """An end entity of the documentation's name, made anew for a page."""
    name = f"router-{folder.name.lower()[-6:].replace('_', '0')}"
    platform.ers("entity", "add", name)
    platform.ers("entity", "set-password", name, "--file", "-", stdin=PASSWORD)
    return name


@pytest.mark.parametrize("client", ["curl and openssl", "strongSwan", "libest"])
def test_est_as_shown(platform, folder, router, client):
    host, port = platform.url.removeprefix("https://").split(":")
    text = shown("est.md", client).replace("router-7", router)
    if client == "libest":
        text = filled(text, **{"-s pki.example.com -p 443": f"-s {host} -p {port}", "PASSWORD": f"'{PASSWORD}'"})
    else:
        text = filled(text, **{"https://pki.example.com": platform.url})
    if client == "curl and openssl":  # who types a password
        text = filled(text, **{f"-u {router}": f"-u '{router}:{PASSWORD}'"})
    elif client == "strongSwan":
        text = filled(text, **{f"{router}:PASSWORD": f"'{router}:{PASSWORD}'"})
    (folder / "root.pem").write_bytes(platform.root.read_bytes())
    script(folder, text)
    first, second = folder / "cert.pem", folder / "new.pem"
    assert checked(platform, first, folder) != checked(platform, second, folder)
    assert read(first).subject == read(second).subject
    listed = platform.ers_json("cert", "list", "--search", router)["certificates"]
    assert {one["end_entity"] for one in listed} == {router}


def test_cmp_as_shown(platform, folder):
    name = f"station-{folder.name.lower()[-6:].replace('_', '0')}"
    platform.ers("entity", "add", name)
    made = platform.ers_json("entity", "set-secret", name)["made"]
    text = filled(shown("cmp.md", "openssl cmp"), **{
        "localhost:8080": platform.revocation_url.removeprefix("http://"), "station-7": name, "pass:SECRET": f"pass:{made}",
        "openssl cmp ": "openssl cmp -config /dev/null "})
    (folder / "root.pem").write_bytes(platform.root.read_bytes())
    script(folder, text)
    first, second = folder / "cert.pem", folder / "next-cert.pem"
    assert checked(platform, first, folder) != checked(platform, second, folder)
    until_ocsp_says("revoked", platform, first, fetch_issuer(platform, first, folder), seconds=5)


def test_scep_as_shown(platform, folder, host):
    challenge = platform.ers_json("scep", "challenge", "--policy", "scep")["challenge"]
    text = filled(shown("scep.md", "strongSwan"), **{
        "http://pki.example.com:8080": platform.revocation_url, "gw.example.com": host.name, "CHALLENGE": f"'{challenge}'"})
    script(folder, text)
    for made in ("cert", "newcert"):
        run("openssl", "x509", "-inform", "DER", "-in", folder / f"{made}.der", "-out", folder / f"{made}.pem")
    first, second = folder / "cert.pem", folder / "newcert.pem"
    assert checked(platform, first, folder) != checked(platform, second, folder)
    assert names(first) == names(second) == [host.name]
    by_hand = filled(shown("scep.md", "By hand"), **{"http://pki.example.com:8080": platform.revocation_url})
    told = script(folder, by_hand).stdout
    assert "POSTPKIOperation" in told and "-----BEGIN CERTIFICATE-----" in told
