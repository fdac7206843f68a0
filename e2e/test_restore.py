"""CARA's database restored from an old backup.

Promises (failure 43):
- What was issued since is found in the signer's journal; what was revoked since is never told as good.
- CARA notices by itself, publishes no CRL, and goes on when it is given the newest one that was published.
"""

import shutil
import sqlite3

import pytest

from harness.clients import fetch_issuer, serial, until_ocsp_says
from harness.process import run
from harness.waiting import until

pytestmark = pytest.mark.forms("sqlite")


def test_nothing_that_was_revoked_becomes_good_after_a_restore(own_platform, folder):
    platform = own_platform
    early = platform.issue(folder, "early.example.test")
    platform.stop()
    backup = folder / "cara.db"
    # with what is in the write-ahead log
    with sqlite3.connect(platform.data / "cara.db") as source, sqlite3.connect(backup) as copy:
        source.backup(copy)
    platform.start()

    late = platform.issue(folder, "late.example.test")
    platform.ers("cert", "revoke", serial(early), "--reason", "superseded")
    issuer = fetch_issuer(platform, early, folder)
    crl = folder / "newest.crl"

    def published():
        run("curl", "-sSf", "-o", crl, f"{platform.revocation_url}/rev-info/crl/default-sub.crl")
        return serial(early).upper() in run("openssl", "crl", "-inform", "DER", "-in", crl, "-noout", "-text").stdout

    until("the CRL lists it", published, 20)

    platform.stop()
    for beside in ("cara.db-wal", "cara.db-shm"):
        (platform.data / beside).unlink(missing_ok=True)
    shutil.copy(backup, platform.data / "cara.db")
    platform.start()

    until("CARA notices", lambda: "default-sub" in waiting(platform), 60)
    url = run("openssl", "x509", "-noout", "-ocsp_uri", "-in", early).stdout.strip()
    asked = run("openssl", "ocsp", "-issuer", issuer, "-cert", early, "-url", url, "-noverify", check=False)
    assert ": good" not in asked.stdout, str(asked)
    told = platform.ers_json("restore", "apply-crl", crl)
    assert (told["ca"], told["revoked"]) == ("default-sub", 1), told
    assert "default-sub" not in waiting(platform)
    until_ocsp_says("revoked", platform, early, issuer, 60)
    until_ocsp_says("good", platform, late, issuer, 60)


def waiting(platform):
    """The CAs that are to be reconciled."""
    return {one["ca"] for one in platform.ers_json("restore", "list")["to_be_reconciled"]}
