"""Nothing secret is told.

Promise: a full run at log level `trace` — first start, login, issuing, external account keys, a change of the master password,
refused and malformed calls — leaves none of its secrets in logs, metrics or answers that tell of errors; and the process writes no
core dump.
"""

import base64
import urllib.request

import pytest

from harness.platform import OneProcess
from harness.rest import Rest

pytestmark = pytest.mark.forms("sqlite")


def forms(secret):
    """The ways in which a secret could be written down."""
    octets = secret.encode()
    return {secret, octets.hex(), base64.b64encode(octets).decode().rstrip("="), base64.urlsafe_b64encode(octets).decode().rstrip("=")}


def test_failure_48_a_run_at_trace_level_tells_no_secret(folder, dns):
    """Failure 48: secrets in logs, metrics, error bodies, core dumps."""
    platform = OneProcess("sqlite", folder / "platform", dns)
    platform.telemetry["log"] = "trace"
    told = []
    try:
        platform.start()
        server = platform.servers["ers"]
        limits = open(f"/proc/{server.pid}/limits").read()
        core = next(line for line in limits.splitlines() if line.startswith("Max core file size"))
        assert core.split()[4:6] == ["0", "0"], core

        secrets = {"master password": (platform.data / "master-password").read_text().strip()}
        for number, word in enumerate(("correct horse battery", "hunter2 hunter2 hunter2")):
            file = folder / f"password{number}"
            file.write_text(word)
            secrets[f"administrator's password {number}"] = word
            platform.ers("password", "--password-file", file)
        rest = Rest(platform)
        told.append(rest.log_in("a guess that is wrong"))
        assert rest.log_in("hunter2 hunter2 hunter2")[0] == 200
        secrets["session token"] = rest.token
        told.append(rest("POST", "/v1/session", {"username": "administrator", "password": 7, "more": "hunter2 hunter2 hunter2"}))

        key = platform.ers_json("acme-account-key", "create")
        mac_key = key["mac_key"]
        secrets["external account key"] = mac_key
        secrets["external account key, raw"] = base64.urlsafe_b64decode(mac_key + "=" * (-len(mac_key) % 4)).hex()

        platform.issue(folder, "secrets.example.test")
        private = (folder / "secrets.example.test.key").read_text().splitlines()
        secrets["private key"] = "".join(private[1:-1])[60:120]
        for identity in platform.data.glob("**/*.key"):
            secrets[str(identity)] = "".join(identity.read_text().splitlines()[1:-1])[60:120]

        old, new = folder / "old", folder / "new"
        old.write_text(secrets["master password"])
        new.write_text("the new master password")
        secrets["new master password"] = "the new master password"
        told.append(str(platform.ers("signer", "change-master-password", "--old-password-file", new, "--new-password-file", old, check=False)))
        platform.ers("signer", "change-master-password", "--old-password-file", old, "--new-password-file", new)
        platform.ers("signer", "rotate-data-key", "--password-file", new)
        told.append(urllib.request.urlopen(f"{platform.health_urls[0]}/metrics").read().decode())
    finally:
        platform.stop()
    log = platform.servers["ers"].text()
    assert " TRACE " in log, "the log is not at trace level"
    # the first login is told once, on standard output, to whoever starts the platform
    told.append(log)
    for name, secret in secrets.items():
        assert len(secret) >= 12, name
        for form in forms(secret):
            for text in told:
                at = str(text).find(form)
                assert at < 0, f"{name} is told: …{str(text)[max(0, at - 200):at]}"
