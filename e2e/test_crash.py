"""kill -9 in the middle of issuing.

Promises, for every process and on every database:
- After a restart each process is ready again by itself and certificates are issued as before.
- No signature in the journal is unknown to CARA, no serial stands twice, no request has two certificates.
- `ers audit verify` finds the journal whole.
- CLM's inventory equals what CARA issued.
"""

import os
import random
import threading
import time

import pytest

from harness.clients import Lego, serial
from harness.process import run
from harness.proof import nothing_is_unknown_or_double, signed
from harness.rest import Rest
from harness.waiting import until

CLI_WORKERS, ACME_WORKERS, REST_WORKERS = 3, 1, 1
PASSWORD = "a password for the load alone"
# more of them to search longer: ERS_STORY_ROUNDS=50
ROUNDS = int(os.environ.get("ERS_STORY_ROUNDS", "1"))
VICTIMS = {
    "one": ["ers"] * 4,
    # CARA last: when it starts it adopts at once, otherwise what is older than a minute
    "many": ["signer", "cara-ws", "clm-api", "acme", "rev-info", "signer", "cara-ws"],
}


class Load:
    """Enrolments without pause, until told to stop. What fails meanwhile is counted, not judged."""

    def __init__(self, platform, folder):
        self.platform, self.folder = platform, folder
        self.serials, self.failures = [], 0
        self.over = threading.Event()
        workers = [self._by_command_line] * CLI_WORKERS + [self._by_acme] * ACME_WORKERS + [self._by_rest] * REST_WORKERS
        self.threads = [
            threading.Thread(target=work, args=[platform.host(f"crash{number}")]) for number, work in enumerate(workers)
        ]
        password = folder / "password"
        password.write_text(PASSWORD)
        platform.ers("password", "administrator", "--password-file", password)

    def _by_command_line(self, host):
        while not self.over.is_set():
            self._given(self.platform.issue(self.folder, host.name, check=False))

    def _by_acme(self, host):
        lego = Lego(self.platform, self.folder / host.name)
        while not self.over.is_set():
            obtained = lego.obtain_by_http(host, check=False).code == 0
            self._given(lego.certificate(host.name) if obtained else None)

    def _by_rest(self, host):
        folder = self.folder / host.name
        folder.mkdir()
        csr, leaf = folder / "csr.pem", folder / "leaf.pem"
        run("openssl", "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout",
            folder / "key.pem", "-out", csr, "-subj", "/", "-addext", f"subjectAltName=DNS:{host.name}")
        rest = Rest(self.platform)
        while not self.over.is_set():
            status, issued = self._ask(rest, {"csr": csr.read_text(), "policy": "server"})
            if status == 201:
                leaf.write_text(issued["certificate_pem"])
            self._given(leaf if status == 201 else None)

    @staticmethod
    def _ask(rest, wish):
        """One certificate over REST; a login that a kill has ended is made anew."""
        try:
            status, _, body = rest("POST", "/v1/certificates", wish)
            if status == 401:
                rest.token = None
                rest.log_in(PASSWORD)
            return status, body
        except (AssertionError, ValueError):  # no connection, or the ingress says so in HTML
            return 0, None

    def _given(self, leaf):
        if leaf:
            self.serials.append(serial(leaf))
        else:
            self.failures += 1

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        for thread in self.threads:
            thread.join()

    def until_more(self, count):
        target = len(self.serials) + count
        until(f"{count} more certificates", lambda: len(self.serials) >= target, 60)


def test_killed_in_the_middle_of_issuing_nothing_is_lost_or_double(own_platform, form, folder):
    """Failure 1: killed between signature and commit; failure 2: killed in front of it; on every database."""
    platform = own_platform
    with Load(platform, folder) as load:
        load.until_more(4)
        for victim in VICTIMS["many" if form.startswith("many") else "one"] * ROUNDS:
            # somewhere inside a request, not at its end
            until("the moment", _after(random.uniform(0, 0.3)), 1, every=0.01)
            platform.kill(victim)
            platform.restart(victim)
            platform.until_ready()
            load.until_more(3)

    print(f"{len(load.serials)} certificates, {load.failures} failures while something was down")
    rows = nothing_is_unknown_or_double(platform)
    print(f"{len(signed(platform))} signatures, {len(rows)} certificates, "
          f"{sum('#' in request for _, _, request, _ in rows)} signed in vain")
    known = {number for _, number, _, _ in rows}
    lost = [number for number in load.serials if number not in known]
    assert not lost, f"handed out and unknown: {lost}"


def _after(seconds):
    end = time.monotonic() + seconds
    return lambda: time.monotonic() >= end


@pytest.mark.forms("sqlite", "postgresql", "mariadb")
def test_a_request_repeated_over_a_crash_gives_the_same_certificate(own_platform, folder):
    """Failure 2: one request id, sent again and again over a kill -9, is one certificate."""
    platform = own_platform
    key, csr = folder / "key.pem", folder / "csr.pem"
    run("openssl", "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", key,
        "-out", csr, "-subj", "/CN=once.example.test", "-addext", "subjectAltName=DNS:once.example.test")
    command = ["cert", "issue", "--policy", "server", "--csr", csr, "--request-id", "story-once", "--out"]
    given = []

    def ask(number):
        out = folder / str(number)
        outcome = platform.ers(*command, out, check=False)
        if outcome.code == 0:
            given.append(serial(f"{out}.pem"))

    for round_ in range(3):
        threads = [threading.Thread(target=ask, args=[f"{round_}-{number}"]) for number in range(3)]
        for thread in threads:
            thread.start()
        until("the moment", _after(random.uniform(0, 0.2)), 1, every=0.01)
        platform.kill("ers")
        for thread in threads:
            thread.join()
        platform.restart("ers")
        platform.until_ready()
    ask("last")
    assert given, "the request was never answered"
    assert len(set(given)) == 1, f"one request, several certificates: {set(given)}"
    nothing_is_unknown_or_double(platform)
