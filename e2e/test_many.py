"""Every service a process of its own, keys on a token.

Promises:
- The private keys of the CAs lie on the PKCS#11 token and cannot be taken out of it.
- A service whose neighbour is away says so in its readiness and recovers by itself.
- A caller without an identity, or with one of a foreign authority, gets no answer; an identity may do only what is its own.
- Nonces and limits of ACME lie in Redis.
- SIGTERM ends each process cleanly.
"""

import urllib.error
import urllib.request

import pytest
import yaml

from harness.clients import Lego
from harness.platform import binary
from harness.process import run
from harness.servers import SOFTHSM
from harness.waiting import until

pytestmark = pytest.mark.forms("many-postgresql")


def test_private_keys_lie_on_the_token_and_stay_there(platform):
    told = platform.token.objects("privkey")
    assert told.count("Private Key Object") >= len(platform.ers_json("ca", "list"))
    assert told.count("Private Key Object") == told.count("sensitive, always sensitive, never extractable"), told
    read = run("pkcs11-tool", "--module", SOFTHSM, "--token-label", platform.token.label, "--login", "--pin",
               platform.token.pin, "--read-object", "--type", "privkey", environment=platform.token.environment, check=False)
    assert read.code != 0


def test_a_foreign_identity_gets_no_answer(platform, folder):
    """Failure 22: a client certificate of a foreign authority."""
    foreign = folder / "foreign"
    run(binary("ers"), "identity", "init", "--dir", foreign)
    run(binary("ers"), "identity", "issue", "--dir", foreign, "administrator")
    file = folder / "platform.yaml"
    known = yaml.safe_load(platform.platform_file.read_text())
    file.write_text(yaml.safe_dump({**known, "identity": {
        "certificate": str(foreign / "administrator.crt"), "key": str(foreign / "administrator.key"),
        "authorities": known["identity"]["authorities"],
    }}))
    refused = run(binary("ers"), "--platform", file, "ca", "list", check=False)
    assert refused.code != 0 and refused.stdout == "", str(refused)


def test_an_identity_may_do_only_what_is_its_own(platform, folder):
    """Failure 21: a front end that was taken over asks for what is not its own."""
    file = folder / "platform.yaml"
    known = yaml.safe_load(platform.platform_file.read_text())
    for caller, command in (("acme", ["ca", "list"]), ("rev-info", ["audit", "verify"]), ("clm-api", ["audit", "show"]),
                            ("rev-info", ["cert", "list"])):
        file.write_text(yaml.safe_dump({**known, "identity": platform._identity(caller)}))
        refused = run(binary("ers"), "--platform", file, *command, check=False)
        assert refused.code != 0 and refused.stdout == "", f"{caller} was let in\n{refused}"


def test_nonces_lie_in_redis(platform, host, folder):
    Lego(platform, folder).obtain_by_http(host)
    run("curl", "-sSf", "-o", "/dev/null", "--cacert", platform.root, f"{platform.url}/acme/new-nonce", check=False)
    keys = run("redis-cli", "-p", platform.redis.port, "keys", "*").stdout.split()
    assert keys, "nothing in Redis"


def test_a_missing_neighbour_shows_in_readiness_and_recovery_needs_nobody(own_platform, folder):
    """Failure 20: CARA, then the signer, is gone and comes back."""
    platform = own_platform
    acme, clm = (f"http://127.0.0.1:{platform.health[name]}/health/ready" for name in ("acme", "clm-api"))
    platform.kill("cara-ws")
    until("clm-api says that it is not ready", lambda: _status(clm) == 503, 20)
    platform.restart("cara-ws")
    platform.until_ready()
    platform.kill("signer")
    host = platform.host()
    refused = platform.ers("cert", "issue", "--policy", "server", "--name", f"dns:{host.name}", "--out", folder / "x", check=False)
    assert refused.code != 0
    platform.restart("signer")
    platform.until_ready()
    platform.issue(folder, host.name)
    assert _status(acme) == 200


def test_sigterm_ends_each_process_cleanly(own_platform):
    codes = own_platform.stop()
    assert set(codes.values()) == {0}, codes


def _status(url):
    try:
        with urllib.request.urlopen(url, timeout=5) as response:
            return response.status
    except urllib.error.HTTPError as error:
        return error.code
