"""A release, running: what the chart renders as processes, its init job, and nginx with the rules of its Ingresses.

- the init job makes every Secret of the contract, and writes none that its Role does not name
- run again it makes nothing twice
- certbot obtains a certificate on the public path; OCSP tells of it over plain HTTP
- the administrator's PKCS#12 opens CARA's REST interface through the ingress, and without it nobody gets in
- what the pages show an operator after the installation does what they say: the first certificate, the administrator, the command line
"""

import json
import os

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import pkcs12

from harness import kubectl
from harness.chart import RELEASE
from harness.clients import Certbot, names, ocsp, verify
from harness.docs import filled, shown
from harness.ports import accepts, free_port
from harness.process import run
from harness.rendered import PROGRAMS, RenderedPlatform
from harness.rest import Rest
from harness.servers import Dns, PostgreSql, Redis
from harness.waiting import until

IDENTITIES = {**PROGRAMS, "ingress-client": "ingress", "administrator": "administrator"}


@pytest.fixture(scope="module")
def release(run_folder, world):
    running = RenderedPlatform(run_folder / "release", world.server(Dns), world.server(PostgreSql), world.server(Redis))
    try:
        yield running.start()
    finally:
        running.stop()
        running.api.stop()


def certificates(pem):
    end = b"-----END CERTIFICATE-----"
    return [x509.load_pem_x509_certificate(part + end) for part in pem.split(end) if part.strip()]


def test_every_secret_of_the_contract_is_there(release):
    data = lambda name: release.secret(f"{RELEASE}-{name}")  # noqa: E731
    cas = {key: certificates(value)[0] for key, value in data("default-cas").items()}
    assert {key: found.subject.rfc4514_string() for key, found in cas.items()} == {
        "default-root.pem": "CN=Default Root CA,OU=Default,O=Example AG,C=DE",
        "default-sub.pem": "CN=Default Sub CA,OU=Default,O=Example AG,C=DE",
        "management-root.pem": "CN=Default Management RA Root,OU=Default,O=Example AG,C=DE",
    }
    for found, years in zip(cas.values(), (30, 25, 15)):
        assert found.public_key().key_size == 4096 and found.signature_hash_algorithm.name == "sha384"
        assert round((found.not_valid_after - found.not_valid_before).days / 365) == years
    trusted = {found.serial_number for found in certificates(data("trust-cas")["ca.crt"])}
    assert trusted == {found.serial_number for found in cas.values()}
    assert data("keycloak")["ca.crt"] == data("default-cas")["management-root.pem"]
    served = certificates(data("ingress")["tls.crt"])[0]
    said = served.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert said.get_values_for_type(x509.DNSName) == ["localhost"] and served.issuer == cas["default-sub.pem"].subject
    _, shown, _ = pkcs12.load_key_and_certificates(data("management-user")["management-user"], b"changeit")
    assert shown.issuer == cas["management-root.pem"].subject


def test_the_init_job_writes_only_what_its_role_names(release):
    for job in ("init", "identities"):
        [rule] = release.objects["Role", f"{RELEASE}-{job}"]["rules"]
        assert set(release.api.secrets) <= set(rule["resourceNames"])
        assert set(rule["verbs"]) == {"get", "patch", "create"}


def test_each_identity_names_its_service(release):
    for component, name in IDENTITIES.items():
        [own] = certificates(release.secret(f"{RELEASE}-{component}-tls")["tls.crt"])
        said = own.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        assert said.get_values_for_type(x509.UniformResourceIdentifier) == [f"spiffe://ers/{name}"]
        assert release.api.secrets[f"{RELEASE}-{component}-tls"]["type"] == "kubernetes.io/tls"


def kept(release):
    return {name: dict(found["data"]) for name, found in release.api.secrets.items()}


def test_run_again_the_jobs_make_nothing_twice(release):
    before = kept(release), release.ers_json("ca", "list"), release.ers_json("administrator", "list")
    for job in ("identities", "init-1"):
        for outcome in release.job(job):
            assert "changeit" not in str(outcome)
    assert (kept(release), release.ers_json("ca", "list"), release.ers_json("administrator", "list")) == before
    assert len(before[1]) == 3 and [found["name"] for found in before[2]] == ["devops"]


def test_certbot_obtains_a_certificate_on_the_public_path(release, folder):
    host = release.host()
    certbot = Certbot(release, folder)
    certbot.obtain_by_http(host)
    live = certbot.live(host.name)
    verify(release, live / "cert.pem", live / "chain.pem", "-purpose", "sslserver", "-verify_hostname", host.name)
    assert names(live / "cert.pem") == [host.name]
    assert ocsp(release, live / "cert.pem", live / "chain.pem") == "good"


def curl(release, url, *more):
    outcome = run("curl", "--silent", "--show-error", "--cacert", release.root, "-w", "\n%{http_code}", url, *more)
    body, _, status = outcome.stdout.rpartition("\n")
    return int(status), body


def test_the_administrator_enters_cara_with_the_pkcs12_and_nobody_without(release, folder):
    file = folder / "user.p12"
    file.write_bytes(release.secret(f"{RELEASE}-management-user")["management-user"])
    url = f"{release.url}/cara-ws-server/v1/session"
    status, body = curl(release, url, "--cert-type", "P12", "--cert", f"{file}:changeit")
    assert status == 200 and "ca-administrator" in json.loads(body)["roles"], body
    nobody = curl(release, url)[0]
    assert nobody in (401, 403)
    # what a client says of itself in the ingress's own words is not handed on
    pem = release.secret(f"{RELEASE}-management-user")["management-user.pem"].decode().replace("\n", "%0A")
    assert curl(release, url, "-H", "ssl-client-verify: SUCCESS", "-H", f"ssl-client-cert: {pem}")[0] == nobody


def test_people_log_in_with_the_password_of_the_secret(release):
    url = f"{release.url}/clm-api/v1/session"
    say = lambda password: curl(release, url, "--json", json.dumps({"username": "administrator", "password": password}))[0]  # noqa: E731
    assert say(release.secret(f"{RELEASE}-management-passwords")["clm-password"].decode()) in (200, 201)
    assert say("wrong") == 401


def test_people_log_in_with_a_client_certificate_and_their_address_is_known(release, folder):
    file = folder / "user.p12"
    file.write_bytes(release.secret(f"{RELEASE}-management-user")["management-user"])
    leaf = release.secret(f"{RELEASE}-management-user")["management-user.pem"].decode()
    session = Rest(release)
    assert session.log_in(release.secret(f"{RELEASE}-management-passwords")["clm-password"].decode())[0] in (200, 201)
    assert session("POST", "/v1/people", {"username": "carol"})[0] == 201
    told = session("PATCH", "/v1/people/carol", {"certificate": leaf})
    assert told[0] == 200, told
    url = f"{release.url}/clm-api/v1/session/certificate"
    status, body = curl(release, url, "-X", "POST", "--interface", "127.0.0.7", "--cert-type", "P12", "--cert", f"{file}:changeit")
    assert status == 200 and json.loads(body)["username"] == "carol", body
    assert curl(release, url, "-X", "POST")[0] == 401
    escaped = leaf.replace("\n", "%0A").replace(" ", "%20").replace("+", "%2B")
    assert curl(release, url, "-X", "POST", "-H", "ssl-client-verify: SUCCESS", "-H", f"ssl-client-cert: {escaped}")[0] == 401
    events = session("GET", "/v1/audit?actor=carol")[2]["events"]
    assert [event["origin"] for event in events if event["act"] == "session.begin"] == ["127.0.0.7"]


def test_plain_http_serves_revocation_information_and_redirects_the_rest(release):
    assert curl(release, f"{release.revocation_url}/clm-api/v1/session")[0] == 308
    assert curl(release, f"{release.revocation_url}/acme/directory")[0] == 308
    for path in ("ca/default-root.cer", "crl/default-sub.crl"):
        url = f"{release.revocation_url}/rev-info/{path}"
        until(f"{path} is served", lambda url=url: curl(release, url, "--output", "/dev/null")[0] == 200)


@pytest.fixture
def operator(release, folder):
    """Runs what a page shows, in a folder of its own, with a kubectl for this release."""
    kubectl.install(folder / "bin", release, ("ers-signer-secrets", "ers-default-cas", "ers-management-user", "ers-administrator-tls",
                                              "ers-management-passwords"))
    path = f"{folder / 'bin'}:{release.program('ers').parent}:{os.environ['PATH']}"
    return lambda text: run("bash", "-euo", "pipefail", "-c", text, cwd=folder, environment={"PATH": path}, seconds=120).stdout


def test_the_page_leads_an_operator_to_the_first_certificate(release, folder, operator):
    password = operator(shown("install.md", "4. Install", 2))
    assert password == release.secret(f"{RELEASE}-signer-secrets")["master-password"].decode()
    host, certbot = release.host(), Certbot(release, folder)
    more = " ".join(str(word) for word in (*certbot.common[:7], *certbot.account, "--http-01-address", host.address, "--http-01-port",
                                           host.http_port))
    operator(filled(shown("install.md", "5. The first certificate"), **{
        "https://pki.example.com": release.url, "www.example.com": host.name, "certbot certonly": f"certbot certonly {more}"}))
    live = certbot.live(host.name)
    verify(release, live / "cert.pem", live / "chain.pem", "-purpose", "sslserver", "-verify_hostname", host.name)
    session = operator(filled(shown("install.md", "5. The first certificate", 1), **{
        "https://pki.example.com": release.url, "PASSWORD": release.secret(f"{RELEASE}-management-passwords")["p12-password"].decode()}))
    assert "ca-administrator" in json.loads(session)["roles"]


def test_the_page_leads_an_operator_to_the_command_line(release, folder, operator):
    page = lambda number: shown("kubernetes.md", "The command line with the platform's own identity", number)  # noqa: E731
    ports = {port: free_port() for port in ("19443", "29443", "39443")}
    operator(filled(page(0), **{f"127.0.0.1:{old}": f"127.0.0.1:{new}" for old, new in ports.items()}))
    assert (folder / "tls.key").stat().st_mode & 0o077 == 0
    ways = kubectl.forwards(folder / "bin", page(1), ports)
    try:
        for way in ways:
            way.start()
        for way, port in zip(ways, ports.values()):
            way.until("is open", lambda port=port: accepts(port))
        told = operator(page(2))
    finally:
        for way in ways:
            way.kill()
    assert "default-sub" in told and "Default Root CA" in told
