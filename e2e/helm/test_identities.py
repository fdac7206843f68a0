"""Identities of the services that are renewed under them: by the jobs of the chart, and as a kubelet brings Secrets into pods.

Promises:
- over a whole lifetime of identities no process is started anew, and no request fails
- whatever was connected under an identity that has ended is connected no more
"""

import threading
import time
from datetime import datetime, timezone

import pytest
from cryptography import x509

from harness.chart import RELEASE, SMALL_KEYS
from harness.clients import Lego, fetch_issuer, ocsp
from harness.rendered import PROGRAMS, RenderedPlatform
from harness.servers import Dns, PostgreSql, Redis
from harness.waiting import until

# it begins an hour before it is made, so it lasts for a minute, and is renewed whenever the job runs
LIFE = "3660s"
CALLED = ("signer", "cara-ws-server", "clm-server")


class Kubelet:
    """The daily job, several times a minute; and Secrets brought to where they are mounted."""

    def __init__(self, release):
        self.release, self.problems, self.over = release, [], threading.Event()
        self.thread = threading.Thread(target=self._go)

    def __enter__(self):
        self.thread.start()
        return self

    def _go(self):
        while not self.over.wait(10):
            try:
                self.release.job("identities")
                self.release.renew_mounts()
            except Exception as problem:
                self.problems.append(problem)
                return

    def __exit__(self, *_):
        self.over.set()
        self.thread.join()
        assert self.problems == []


@pytest.fixture(scope="module")
def release(run_folder, world):
    """Services that have short identities since they were started."""
    running = RenderedPlatform(run_folder / "identities", world.server(Dns), world.server(PostgreSql), world.server(Redis),
                               {"ers": {"defaultPki": SMALL_KEYS}})
    try:
        running.start()
        running.identities = {"validity": LIFE}
        for component in (*PROGRAMS, "administrator"):
            del running.api.secrets[f"{RELEASE}-{component}-tls"]
        running.job("identities")
        running.renew_mounts()
        for program in PROGRAMS.values():
            assert running.servers[program].stop() == 0
            running.servers[program].start()
        running.until_ready()
        yield running
    finally:
        running.stop()
        running.api.stop()


def ends(release):
    """When the identities of now end, by component."""
    read = lambda component: x509.load_pem_x509_certificate(release.secret(f"{RELEASE}-{component}-tls")["tls.crt"])  # noqa: E731
    return {component: read(component).not_valid_after.replace(tzinfo=timezone.utc) for component in PROGRAMS}


def connections(release):
    """Pairs of ports that are connected to a service's gRPC."""
    ports = {release.ports[f"{RELEASE}-{component}", "grpc"] for component in CALLED}
    with open("/proc/net/tcp") as table:
        rows = [line.split() for line in table.readlines()[1:]]
    port = lambda address: int(address.split(":")[1], 16)  # noqa: E731
    return {(port(row[1]), port(row[2])) for row in rows if row[3] == "01" and port(row[2]) in ports}


def test_failure_22_services_go_on_over_the_end_of_their_identities(release, folder):
    """Failure 22: rotation of identities without a restart."""
    lego, host = Lego(release, folder), release.host()
    pids = {name: server.pid for name, server in release.servers.items()}

    def works():
        lego.obtain_by_http(host)
        leaf = lego.certificate(host.name)
        assert ocsp(release, leaf, fetch_issuer(release, leaf, folder)) == "good"

    with Kubelet(release):
        works()
        first, connected = ends(release), connections(release)
        assert {there for _, there in connected} == {release.ports[f"{RELEASE}-{component}", "grpc"] for component in CALLED}
        while datetime.now(timezone.utc) < max(first.values()):
            works()
            time.sleep(1)  # or it would only be work
        until("what was connected then is no more", lambda: not connected & connections(release), 20)
        works()
        release.until_ready()
    assert all(new > old for new, old in zip(ends(release).values(), first.values()))
    assert {name: server.pid for name, server in release.servers.items()} == pids
    assert all(server.alive for server in release.servers.values())
    assert "identity reloaded" in release.servers["cara-ws"].text()
