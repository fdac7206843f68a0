"""cert-manager's own controllers beside a release in a Kubernetes API.

Promises:
- with `ers.identities.source: cert-manager` it makes the identities of all services, and the services believe each other by them
- what it renews is taken by services that run, without a restart
- its ACME issuer, as its users write it, gets certificates by http-01, and renews them; wildcards by dns-01
"""

import pytest
from cryptography import x509

from harness.cert_manager import CertManager, encoded
from harness.chart import RELEASE
from harness.clients import Lego, names, verify
from harness.cluster import DEFINED, Cluster
from harness.installed import InstalledPlatform
from harness.knot import KEY, Knot
from harness.servers import PostgreSql, Redis
from harness.waiting import until


@pytest.fixture(scope="module")
def cluster(run_folder):
    cluster = Cluster(run_folder / "cluster")
    try:
        cluster.start()
        for kind in DEFINED:
            cluster.define(kind)
        cluster.namespace("pki")
        yield cluster
    finally:
        cluster.stop()


@pytest.fixture(scope="module")
def knot(world):
    """The names of the stories, for the platform and for cert-manager."""
    return world.server(Knot)


@pytest.fixture(scope="module")
def release(run_folder, world, cluster, knot):
    more = {"ers": {"identities": {"source": "cert-manager"}}}
    running = InstalledPlatform(run_folder / "installed", knot, world.server(PostgreSql), world.server(Redis), cluster, "pki", more)
    running.cert_manager = CertManager(cluster, "pki", running.folder, knot, running.http_port)
    try:
        running.cert_manager.start()
        running.upgrade()
        running.cert_manager.until_ready(list(running.cert_manager.certificates()))
        yield running.start()
    finally:
        running.stop()
        running.cert_manager.stop()


def test_services_believe_each_other_by_identities_of_cert_manager(release, folder):
    assert len(release.cert_manager.certificates()) > len(release.programs)
    for component in release.programs:
        own = x509.load_pem_x509_certificate(release.secret(f"{RELEASE}-{component}-tls")["tls.crt"])
        assert own.issuer.rfc4514_string() == "CN=ERS service identities"
    Lego(release, folder).obtain_by_http(release.host())


def test_failure_22_what_cert_manager_renews_is_taken_by_services_that_run(release, folder):
    """Failure 22: rotation of identities without a restart."""
    pids = {name: server.pid for name, server in release.servers.items() if name != "nginx"}
    identities = [f"{RELEASE}-{component}" for component in (*release.programs, "administrator", "ingress-client")]
    of_now = lambda: {name: release.secret(f"{name}-tls")["tls.crt"] for name in identities}  # noqa: E731
    before = of_now()
    for name in identities:
        release.cert_manager.renew(name)
    until("all are renewed", lambda: all(before[name] != made for name, made in of_now().items()), 60)
    release.cert_manager.until_ready(identities)
    release.renew_mounts()
    for program in release.programs.values():
        until(f"{program} took it", lambda program=program: "identity reloaded" in release.servers[program].text(), 30)
    release.restart_nginx()
    release.until_ready()
    Lego(release, folder).obtain_by_http(release.host())
    assert {name: server.pid for name, server in release.servers.items() if name != "nginx"} == pids


def issuer(release, name, solver):
    release.cert_manager.make("Issuer", name, {"acme": {
        "server": release.directory(), "email": "operator@example.test", "caBundle": encoded(release.root.read_bytes()),
        "privateKeySecretRef": {"name": f"{name}-account"}, "solvers": [solver]}})
    return {"name": name, "kind": "Issuer"}


def made(release, folder, name):
    """The certificate in a Secret, verified; its file."""
    data = release.secret(name)
    leaf = folder / f"{name}.pem"
    leaf.write_bytes(data["tls.crt"])
    verify(release, leaf, leaf)
    return leaf


def test_its_acme_issuer_gets_a_certificate_by_http_01_and_renews_it(release, folder):
    host = release.host()
    by = issuer(release, "by-http", {"http01": {"ingress": {"ingressClassName": "nginx"}}})
    release.cert_manager.make("Certificate", "web", {"secretName": "web-tls", "dnsNames": [host.name], "issuerRef": by})
    release.cert_manager.until_ready(["web"])
    first = made(release, folder, "web-tls")
    assert names(first) == [host.name]
    before = first.read_bytes()
    release.cert_manager.renew("web")
    release.cert_manager.until_ready(["web"])
    assert made(release, folder, "web-tls").read_bytes() != before


def test_its_acme_issuer_gets_a_wildcard_by_dns_01(release, knot, folder):
    host = release.host()
    release.cert_manager.make("Secret", "update-dns", stringData={"key": knot.secret})
    by = issuer(release, "by-dns", {"dns01": {"rfc2136": {
        "nameserver": knot.resolver, "tsigKeyName": KEY, "tsigAlgorithm": "HMACSHA256",
        "tsigSecretSecretRef": {"name": "update-dns", "key": "key"}}}})
    release.cert_manager.make("Certificate", "wildcard", {"secretName": "wildcard-tls", "dnsNames": [f"*.{host.name}"], "issuerRef": by})
    # when it sees its record it waits a minute more before it says so: there is no setting for that
    release.cert_manager.until_ready(["wildcard"], 180)
    assert names(made(release, folder, "wildcard-tls")) == [f"*.{host.name}"]
    until("the record is taken back", lambda: not knot.texts())
