"""From the last release to this one and back: its programs and its chart over PostgreSQL and MariaDB, in a Kubernetes API.

Promises, one after the other:
- what the last release runs goes on issuing while the schemas are brought up to date, and on them
- its pods are replaced one by one; after each, whatever is mixed enrols, revokes, and tells of it
- certificates, revocations, accounts, people, passwords and sealed keys are kept, and the journal is unbroken
- rolled back, the programs of before do all that again on the schemas of now; and the next upgrade finds nothing to repair
"""

import os
import threading
from pathlib import Path

import pytest

from harness import chart
from harness.chart import RELEASE
from harness.clients import Lego, fetch_issuer, ocsp, serial, until_ocsp_says, verify
from harness.cluster import Cluster
from harness.installed import InstalledPlatform
from harness.process import run
from harness.proof import inventory, nothing_is_unknown_or_double
from harness.rendered import EDGES, PROGRAMS
from harness.rest import Rest
from harness.servers import Dns, MariaDb, PostgreSql, Redis
from harness.waiting import until
from test_cmp import Device as CmpDevice
from test_est import Device as EstDevice

# the way of requests, against the order in which an operator would choose: each mixture works
ORDER = ("acme-server", "cara-ws-server", "est-server", "clm-server", "rev-info", "cmp-server", "signer", "scep-server")
SECRETS = ("signer-secrets", "management-passwords", "ers-clients", "management-user", "default-cas", "init", "ingress")


class Upgraded(InstalledPlatform):
    """A release that runs the programs of before or those of now."""

    last = Path(os.environ["ERS_LAST_RELEASE"])  # made by scripts/last-release.sh

    def __init__(self, *arguments):
        # nothing of it is shown here, and the release of before calls it otherwise
        super().__init__(*arguments, edges=("est-server", "cmp-server", "scep-server"))
        self.databases["signer"] = self.databases["cara"]  # as the chart has it

    @property
    def where(self):
        return ["--platform", self.folder / f"{RELEASE}-init-1/etc/ers/init/platform.yaml"]

    def take(self, which):
        """From now on what starts is of that release."""
        self.binaries = {"before": self.last / "bin", "now": None}[which]

    def replace_one(self, component):
        self.replace(component, {**PROGRAMS, **EDGES}[component])
        self.until_ready()


@pytest.fixture(scope="module")
def cluster(run_folder):
    cluster = Cluster(run_folder / "cluster")
    try:
        yield cluster.start()
    finally:
        cluster.stop()


@pytest.fixture(scope="module", params=[PostgreSql, MariaDb], ids=["postgresql", "mariadb"])
def release(request, run_folder, world, cluster):
    """The last release, installed, with clients who have what they came for."""
    kind = request.param.kind
    cluster.namespace(kind)
    running = Upgraded(run_folder / f"upgraded-{kind}", world.server(Dns), world.server(request.param), world.server(Redis), cluster, kind)
    try:
        running.take("before")
        running.upgrade(of=running.last / "chart", version=chart.HELMS[0])
        running.start()
        running.clients = Clients(running, running.folder / "clients")
        yield running
    finally:
        running.stop()


class Clients:
    """Those who hold certificates of the release, and come again."""

    def __init__(self, release, folder):
        self.release, self.folder = release, folder
        folder.mkdir()
        self.rounds = 0
        self.held, self.revoked = [], []
        self.host = release.host()
        self.sealed = [release.ers_json("acme-account-key", "create", "--policy", "acme-eab") for _ in range(3)]
        self.lego = Lego(release, folder / "account")
        (folder / "account").mkdir()
        self.est = EstDevice(release, folder, "est-device")
        self.cmp = CmpDevice(release, folder, "cmp-device")
        self.password = release.secret(f"{RELEASE}-management-passwords")["clm-password"].decode()
        self.come()

    def come(self):
        """By every protocol; one of the certificates of before is revoked, and the world is told of both."""
        self.rounds += 1
        release, here = self.release, self.folder / f"round-{self.rounds}"
        here.mkdir()
        self.lego.obtain_by_http(self.host)
        kept = here / "acme.pem"
        kept.write_bytes(self.lego.certificate(self.host.name).read_bytes())
        self.est.enroll()
        leaf, chain = self.cmp.enrol(f"cmp-{self.rounds}", "ir", tls=True)
        by_hand = release.issue(here, f"by-hand-{self.rounds}.example.test")
        issuer = fetch_issuer(release, kept, here)
        for certificate in (kept, self.est.certificate, leaf, by_hand):
            verify(release, certificate, issuer)
        assert ocsp(release, kept, issuer) == "good"
        release.ers("cert", "revoke", serial(by_hand), "--reason", "superseded")
        until_ocsp_says("revoked", release, by_hand, issuer, seconds=10)
        self.held.append(serial(kept))
        self.revoked.append(serial(by_hand))
        return here

    def find(self):
        """What everybody held, and what was revoked, is told as ever."""
        states = {number: state for (_, number), state in inventory(self.release).items()}
        assert {states.get(number) for number in self.held} == {"valid"}
        assert {states.get(number) for number in self.revoked} == {"revoked"}

    def come_with_a_key_of_before(self):
        """A new account, by a key that the release of before has sealed; each is good for one."""
        name = f"eab-{self.rounds}"
        (self.folder / name).mkdir()
        Lego(self.release, self.folder / name, "acme-eab", self.sealed.pop()).obtain_by_http(self.host)

    def log_in(self):
        assert Rest(self.release).log_in(self.password)[0] == 200


def kept(release):
    """What neither an upgrade nor a rollback may change."""
    return {name: release.secret(f"{RELEASE}-{name}") for name in SECRETS}, release.ers_json("ca", "list"), release.ers_json("administrator", "list")


def same(before, after):
    secrets, *lists = before
    for name, values in secrets.items():
        assert values.items() <= after[0][name].items(), name
    for old, new in zip(lists, after[1:]):
        assert len(old) == len(new)
        for row, other in zip(old, new):
            # one release may tell more than the other; CRLs are made meanwhile
            both = {key for key in row.keys() & other.keys() if not key.startswith("crl_") and key != "generations"}
            assert len(both) > 2 and {key: row[key] for key in both} == {key: other[key] for key in both}


class Meanwhile:
    """Somebody who has a certificate made, again and again, until it is enough; with the command line of the release that runs."""

    def __init__(self, release, folder):
        self.ers, self.where, self.folder = release.program("ers"), release.where, folder
        self.outcomes, self.enough = [], threading.Event()
        self.thread = threading.Thread(target=self._go)

    def __enter__(self):
        self.thread.start()
        until("a first certificate", lambda: self.outcomes)
        return self

    def _go(self):
        while not self.enough.is_set():
            name = f"meanwhile-{len(self.outcomes)}.example.test"
            self.outcomes.append(run(self.ers, *self.where, "cert", "issue", "--policy", "server", "--name", f"dns:{name}",
                                     "--out", self.folder / name, check=False))

    def __exit__(self, *_):
        self.enough.set()
        self.thread.join()
        assert [str(outcome) for outcome in self.outcomes if outcome.code] == []


def test_failure_44_what_ran_before_goes_on_while_schemas_change_and_on_them(release, folder):
    """Failure 44: a rolling upgrade with the old and the new schema under load."""
    release.kept = kept(release)
    with Meanwhile(release, folder):
        release.take("now")  # the hooks
        said = release.upgrade()
    assert "STATUS: deployed" in said, said
    assert [outcome.code for outcome in release.outcomes["migrate"]] == [0], release.outcomes
    assert release.ready()
    release.clients.come()
    release.clients.find()


@pytest.mark.parametrize("component", ORDER)
def test_pods_are_replaced_one_by_one_and_each_mixture_works(release, component):
    release.replace_one(component)
    release.clients.come()


def test_after_the_upgrade_all_is_kept(release):
    release.restart_nginx()
    release.run_job("init-2")
    all_is_kept(release)


def all_is_kept(release):
    same(release.kept, kept(release))
    release.clients.come()
    release.clients.find()
    release.clients.come_with_a_key_of_before()
    release.clients.log_in()
    nothing_is_unknown_or_double(release)


@pytest.mark.parametrize("component", ORDER)
def test_rolled_back_one_by_one_each_mixture_works(release, component):
    if component == ORDER[0]:
        release.rollback(1)
        release.take("before")
    release.replace_one(component)
    release.clients.come()


def test_after_the_rollback_all_is_kept(release):
    release.restart_nginx()
    all_is_kept(release)


def test_upgraded_again_all_is_kept(release, folder):
    with Meanwhile(release, folder):
        release.take("now")
        release.upgrade()
    release.roll()
    release.restart_nginx()
    release.until_ready()
    all_is_kept(release)
