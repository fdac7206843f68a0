"""ACME by small clients: acme.sh as Debian 13 ships it, dehydrated and uacme as Debian 12 does.

Promises:
- Each obtains a certificate by http-01 from a folder that a web server shows, renews it with another key, and revokes it.
- acme.sh gets in with an external account key.
"""

import http.server
import os
import shutil
import threading
from functools import partial

import pytest

from harness.clients import TOOLS, fetch_issuer, names, serial, until_ocsp_says, verify
from harness.process import run

pytestmark = pytest.mark.forms("sqlite", "many-postgresql")


class Quiet(http.server.SimpleHTTPRequestHandler):
    """Shows files and says nothing."""

    def log_message(self, *_):
        pass


@pytest.fixture
def web(host, folder):
    """The folder that the host's web server shows."""
    shown = folder / "web"
    shown.mkdir()
    server = http.server.ThreadingHTTPServer((host.address, host.http_port), partial(Quiet, directory=shown))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield shown
    server.shutdown()
    server.server_close()


class AcmeSh:
    """acme.sh with a home of its own."""

    def __init__(self, platform, folder, policy=None):
        self.home = folder / "acme.sh"
        self.common = ["--home", self.home, "--server", platform.directory(policy), "--ca-bundle", platform.root]

    def __call__(self, *arguments, check=True):
        return run(TOOLS / "acme.sh/usr/share/acme.sh/acme.sh", *self.common, *arguments, check=check, seconds=120)

    def certificate(self, name):
        folder = self.home / f"{name}_ecc"
        return folder / f"{name}.cer", folder / "ca.cer"


def test_acme_sh_obtains_renews_and_revokes(platform, host, folder, web):
    client = AcmeSh(platform, folder)
    client("--issue", "--domain", host.name, "--webroot", web, "--keylength", "ec-256", "--always-force-new-domain-key")
    leaf, chain = client.certificate(host.name)
    verify(platform, leaf, chain, "-purpose", "sslserver", "-verify_hostname", host.name)
    assert names(leaf) == [host.name]
    first = serial(leaf)
    client("--renew", "--domain", host.name, "--ecc", "--force")
    assert serial(leaf) != first
    verify(platform, leaf, chain)
    # it deletes what it has revoked
    made = shutil.copy(leaf, folder / "made.pem")
    client("--revoke", "--domain", host.name, "--ecc", "--revoke-reason", "4")
    until_ocsp_says("revoked", platform, made, chain, seconds=5)


def test_acme_sh_with_an_external_account(platform, host, folder, web):
    key = platform.ers_json("acme-account-key", "create", "--policy", "acme-eab")
    issue = ["--issue", "--domain", host.name, "--webroot", web, "--keylength", "ec-256"]
    stranger = AcmeSh(platform, folder / "stranger", "acme-eab")
    refused = stranger(*issue, check=False)
    assert refused.code != 0 and not stranger.certificate(host.name)[0].exists(), str(refused)
    known = AcmeSh(platform, folder / "known", "acme-eab")
    known("--register-account", "--eab-kid", key["key_id"], "--eab-hmac-key", key["mac_key"])
    known(*issue)
    shown = platform.ers_json("cert", "show", serial(known.certificate(host.name)[0]))
    assert shown["policy"] == "acme-eab"


def test_dehydrated_obtains_renews_and_revokes(platform, host, folder, web):
    challenges = web / ".well-known/acme-challenge"
    challenges.mkdir(parents=True)
    configuration = folder / "dehydrated.conf"
    configuration.write_text(f"CA={platform.directory()}\nBASEDIR={folder}/dehydrated\nWELLKNOWN={challenges}\n"
                             "KEY_ALGO=prime256v1\nCURL_OPTS=--no-progress-meter\n")
    (folder / "dehydrated").mkdir()

    def dehydrated(*arguments):
        environment = {"CURL_CA_BUNDLE": str(platform.root), "PATH": os.environ["PATH"]}
        return run("dehydrated", "--config", configuration, *arguments, seconds=120, environment=environment)

    dehydrated("--register", "--accept-terms")
    dehydrated("--cron", "--domain", host.name)
    made = folder / "dehydrated/certs" / host.name
    leaf, chain = made / "cert.pem", made / "chain.pem"
    verify(platform, leaf, chain, "-purpose", "sslserver", "-verify_hostname", host.name)
    first = serial(leaf)
    dehydrated("--cron", "--domain", host.name, "--force")
    assert serial(leaf) != first and names(leaf) == [host.name]
    dehydrated("--revoke", leaf.resolve())
    revoked = next(made.glob("cert-*.pem-revoked"))
    until_ocsp_says("revoked", platform, revoked, chain, seconds=5)


def test_uacme_obtains_renews_and_revokes(platform, host, folder, web):
    challenges = web / ".well-known/acme-challenge"
    challenges.mkdir(parents=True)
    home = folder / "uacme"
    # its libcurl trusts the machine's store only: it sees ours in its place, and nobody else does
    apart = ["unshare", *([] if os.geteuid() == 0 else ["--map-root-user"]), "--mount", "sh", "-c",
             'mount --bind "$0" /etc/ssl/certs/ca-certificates.crt && exec "$@"', platform.root]

    def uacme(*arguments):
        return run(*apart, "uacme", "--acme-url", platform.directory(), "--confdir", home, "--type", "EC", *arguments, seconds=120,
                   environment={"UACME_CHALLENGE_PATH": str(challenges)})

    uacme("--yes", "new", "operator@example.test")
    issue = ["--hook", "/usr/share/uacme/uacme.sh", "issue", host.name]
    uacme(*issue)
    leaf = home / host.name / "cert.pem"
    verify(platform, leaf, leaf, "-purpose", "sslserver", "-verify_hostname", host.name)
    first = serial(leaf)
    uacme("--force", *issue)
    assert serial(leaf) != first and names(leaf) == [host.name]
    uacme("revoke", leaf)
    revoked = next((home / host.name).glob("revoked-*.pem"))
    until_ocsp_says("revoked", platform, revoked, fetch_issuer(platform, revoked, folder), seconds=5)
