"""A release with everything that the quickstart leaves out, running: MariaDB, keys in a PKCS #11 token, every enrolment server and
the web app, OCSP, CRLs and CARA under names of their own, and an OpenID provider of the operator's.

- the library, the token and its PIN reach the signer by the values that an operator writes, and the CAs' keys lie there
- EST, CMP and SCEP clients have their way on the public paths; those of CMP and SCEP over plain HTTP too
- people log in at the provider, have the roles that the values give their groups, and stay logged in when the pod is another
- nobody comes to CARA's own host without a client certificate
- certificates name the OCSP responder and the CRL by their own hosts, and both answer
- whatever an alarm looks at is told by a service, before anything went wrong
"""

import json
import re
import urllib.request

import pytest
from cryptography import x509

from harness.chart import QUICKSTART, RELEASE, SMALL_KEYS, render
from harness.clients import crl, names, read, verify
from harness.ports import free_port
from harness.process import run
from harness.rendered import EDGES, RenderedPlatform
from harness.servers import SOFTHSM, Dns, MariaDb, Redis, SoftHsm
from harness.waiting import until
from test_cmp import Device as CmpDevice
from test_est import Device as EstDevice
from test_oidc import SECRET, Browser, new_provider, until_it_answers
from test_scep import StrongSwan, challenge


CARA = "cara.localhost"


@pytest.fixture(scope="module")
def token(run_folder):
    return SoftHsm(run_folder / "release-token").start()


@pytest.fixture(scope="module")
def release(run_folder, world, token):
    provider_port = free_port()
    more = {
        # OCSP by address, CRLs by name
        "ingress": {"ocsp": {"host": "127.0.0.1"}, "cara": {"host": CARA}},
        "ers": {"defaultPki": SMALL_KEYS,
                "oidc": {"issuer": f"http://127.0.0.1:{provider_port}", "clientId": "clm", "existingSecret": "provider",
                         "roles": [{"role": "approver", "group": "pki-approvers"}]},
                "hsm": {"type": "Generic HSM", "deviceUri": SOFTHSM, "deviceDomain": token.label, "pin": token.pin}},
        # as operators know it: the extras of `ws` reach the pod that loads the library
        "ws": {"extraEnvs": [{"name": name, "value": value} for name, value in token.environment.items()]},
    }
    running = RenderedPlatform(run_folder / "release-hsm", world.server(Dns), world.server(MariaDb), world.server(Redis), more, tuple(EDGES),
                               {"provider": {"client-secret": SECRET}})
    provider = new_provider(running.folder, provider_port, running.url)
    try:
        provider.start()
        until_it_answers(provider_port)
        yield running.start()
    finally:
        running.stop()
        provider.stop()
        running.api.stop()


def test_the_keys_of_the_cas_lie_in_the_token(release, token):
    keys = token.objects()
    assert keys.count("Private Key Object") >= 3
    assert len(release.ers_json("ca", "list")) == 3


def test_a_device_enrols_by_est_and_is_told_of_under_hosts_of_its_own(release, folder):
    device = EstDevice(release, folder, "est-device")
    device.enroll()
    leaf = read(device.certificate)
    [crl_url] = [point.full_name[0].value for point in leaf.extensions.get_extension_for_class(x509.CRLDistributionPoints).value]
    access = leaf.extensions.get_extension_for_class(x509.AuthorityInformationAccess).value
    [ocsp_url] = [found.access_location.value for found in access if found.access_method == x509.AuthorityInformationAccessOID.OCSP]
    assert crl_url.startswith(f"http://localhost:{release.plain_port}/rev-info/crl/")
    assert ocsp_url == f"http://127.0.0.1:{release.plain_port}/rev-info/ocsp"
    issuer = folder / "issuer.pem"
    issuer.write_bytes(release.secret(f"{RELEASE}-default-cas")["default-sub.pem"])
    verify(release, device.certificate, issuer)
    until("the CRL is served", lambda: crl(release, device.certificate, issuer, folder) is not None)
    said = run("openssl", "ocsp", "-issuer", issuer, "-cert", device.certificate, "-url", ocsp_url, "-CAfile", release.root,
               "-verify_other", issuer, "-timeout", "5")
    assert "Response verify OK" in said.stderr and ": good" in said.stdout


def test_the_chart_writes_two_hosts_only_where_there_are_two():
    issuing = lambda objects: objects["ConfigMap", f"{RELEASE}-cara-ws-server"]["data"]["cara-ws-server.yaml"]  # noqa: E731
    assert "ocsp_url" not in issuing(render(QUICKSTART))
    two = render(QUICKSTART, (("ingress.ocsp.host", "ocsp.example.com"), ("ingress.crl.host", "crl.example.com")))
    assert "ocsp_url: http://ocsp.example.com/rev-info" in issuing(two)
    assert "revocation_url: http://crl.example.com/rev-info" in issuing(two)


def test_a_device_enrols_by_cmp(release, folder):
    device = CmpDevice(release, folder, "cmp-device")
    for way, tls, path in (("secure", True, None), ("plain", False, None), ("default", False, "cmp"), ("well-known", False, ".well-known/cmp"),
                           ("named", False, ".well-known/cmp/p/cmp"), ("operation", False, ".well-known/cmp/initialization")):
        leaf, chain = device.enrol(way, "ir", tls=tls, path=path)
        verify(release, leaf, chain)
        assert names(leaf) == ["cmp-device.test"]


@pytest.mark.parametrize("policy", [None, "scep"])
def test_a_device_enrols_and_renews_by_scep_over_plain_http(release, folder, policy):
    pki = StrongSwan(release, folder / "pki", policy)
    assert pki.url.startswith(f"http://localhost:{release.plain_port}/scep")
    key = pki.key("key.pem")
    leaf = pki.enrol("scep-device.test", key, "leaf.crt", "--password", challenge(release))
    chain = folder / "chain.pem"
    chain.write_text("".join(file.read_text() for file in pki.authorities))
    verify(release, leaf, chain)
    renewed = pki.enrol("scep-device.test", pki.key("next.pem"), "next.crt", "--cert", leaf, "--key", key)
    verify(release, renewed, chain)
    old = run("curl", "-sSf", f"{release.revocation_url}/scep/cgi-bin/pkiclient.exe?operation=GetCACaps").stdout
    assert "SCEPStandard" in old


def test_people_log_in_at_the_provider_and_stay_so_when_the_pod_is_another(release, folder):
    browser = Browser(release, folder)
    status, location, body = browser.log_in("alice")
    assert (status, location) == (303, f"{release.url}/clm-ui/certificates"), body
    status, session = browser.session()
    assert (status, session["username"]) == (200, "oidc:alice") and "pki-approvers" in session["groups"]
    requests = f"{release.url}/clm-api/v1/requests"
    assert browser("GET", requests)[0] == 200
    assert browser("GET", f"{release.url}/clm-api/v1/people")[0] == 403
    methods = json.loads(browser("GET", f"{release.url}/clm-api/v1/login-methods")[2])
    assert methods["oidc"] and methods["oidc_first"]
    (folder / "other").mkdir()
    nobody = Browser(release, folder / "other")
    assert nobody.log_in("bob")[0] == 303 and nobody("GET", requests)[0] == 403, "no role, nothing"

    release.servers["clm-api"].stop()
    release.servers["clm-api"].start()
    release.until_ready()
    assert browser("GET", requests)[0] == 200, "Redis has the session"


def test_nobody_comes_to_caras_own_host_without_a_client_certificate(release, folder):
    file = folder / "user.p12"
    file.write_bytes(release.secret(f"{RELEASE}-management-user")["management-user"])
    url = f"https://{CARA}:{release.port}/cara-ws-server/v1/session"
    status = lambda *more: run("curl", "-sS", "--cacert", release.root, "-o", "/dev/null", "-w", "%{http_code}", url, *more).stdout  # noqa: E731
    assert status("--cert-type", "P12", "--cert", f"{file}:changeit") == "200"
    assert status() == "400", "nginx: no required SSL certificate was sent"
    # people's host asks, and insists on nothing
    assert run("curl", "-sSf", "--cacert", release.root, f"{release.url}/acme/directory").stdout


def test_scep_tells_what_it_can_and_whose_it_is(release, folder):
    get = lambda operation: ["curl", "-sSf", "--cacert", release.root, f"{release.url}/scep?operation={operation}"]  # noqa: E731
    assert "SCEPStandard" in run(*get("GetCACaps")).stdout
    kept = folder / "cas.p7"
    run(*get("GetCACert"), "-o", kept)
    assert "subject" in run("openssl", "pkcs7", "-inform", "DER", "-in", kept, "-print_certs", "-noout").stdout


def test_the_web_app_is_served(release):
    page = run("curl", "-sSf", "--cacert", release.root, f"{release.url}/clm-ui/").stdout
    assert "<script" in page


def test_what_alarms_look_at_is_told_before_anything_went_wrong(release):
    objects = render(QUICKSTART, (("metrics.prometheusRule.enabled", "true"),))
    rules = objects["PrometheusRule", f"{RELEASE}-ers"]["spec"]["groups"][0]["rules"]
    wanted = {(rule["alert"], name) for rule in rules for name in re.findall(r"\bers_[a-z0-9_]+", rule["expr"])}

    def told():
        return "".join(urllib.request.urlopen(f"{url}/metrics", timeout=5).read().decode() for url in release.health_urls)

    def all_are():
        now = told()
        assert not {(alert, name) for alert, name in wanted if not re.search(rf"^{name}[{{ ]", now, re.M)}
        return True

    until("every metric of an alarm is told", all_are, 60)
    assert len(wanted) > 12
    days = lambda name: [float(left) / 86400 for left in re.findall(rf"^{name}{{[^}}]*}} ([0-9.e+]+)$", told(), re.M)]  # noqa: E731
    assert len(days("ers_identity_left_seconds")) == len(release.programs)
    assert all(89 < left <= 90.1 for left in days("ers_identity_left_seconds"))
    assert sorted(round(left / 365) for left in days("ers_cara_authority_left_seconds")) == [15, 25, 30]
    assert days("ers_cara_ocsp_signer_left_seconds") and all(29 < left <= 30.1 for left in days("ers_cara_ocsp_signer_left_seconds"))


def test_run_again_the_init_job_makes_nothing_twice(release):
    before = release.ers_json("ca", "list")
    release.job("init-1")
    assert release.ers_json("ca", "list") == before
