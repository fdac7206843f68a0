"""strongSwan's `pki --scep` and `pki --scepca`, as Debian ships them.

Promises:
- A device fetches the CA certificates, enrols with a challenge and renews with the certificate that it got, over plain
  HTTP and HTTPS, with keys in software and on a token.
- A challenge is good for one request, a wrong one for none; a name that the policy does not allow is refused.
- A request that waits for approval is polled until somebody says yes.
- What is no message of SCEP is answered by an HTTP status.
"""

import shlex
from concurrent.futures import ThreadPoolExecutor

import pytest

from harness.clients import names, read, serial, verify
from harness.process import run
from harness.rest import Rest
from harness.waiting import until

PASSWORD = "a password that only these stories know"
APPROVED = """
name: scep-approved
realm: default
issuer: default-sub
profile: ieee-802-1ar-ldevid
protocols: [scep]
manual_approval: true
validity: { default: 30d, longest: 30d }
subject: { attributes: [CN, O], common_name: free }
names: { dns: ['*'] }
"""


class StrongSwan:
    """`pki` with a folder of its own, and the CA certificates that it fetched."""

    def __init__(self, platform, folder, policy=None, base=None):
        self.folder = folder
        self.folder.mkdir(parents=True, exist_ok=True)
        self.url = f"{base or platform.revocation_url}/scep{'/' + policy if policy else ''}"
        self("--scepca", "--url", self.url, "--caout", self.file("ca.crt"), "--raout", self.file("ra.crt"),
             "--outform", "pem")
        # the issuing CA and those above it, the root last
        self.authorities = sorted(folder.glob("ca*.crt"))

    def __call__(self, *arguments, output=None, check=True):
        """Runs it; what it writes to its standard output goes to a file."""
        words = " ".join(shlex.quote(str(word)) for word in ("pki", *arguments))
        return run("sh", "-c", f"{words} >{shlex.quote(str(output or '/dev/null'))}", check=check, seconds=90)

    def file(self, name):
        return self.folder / name

    def key(self, name):
        self("--gen", "--type", "rsa", "--size", "2048", "--outform", "pem", output=self.file(name))
        return self.file(name)

    def enrol(self, name, key, out, *more, check=True):
        """Asks for a certificate; gives its file, PEM."""
        authority = self.file("ra.crt")
        trusted = [word for file in self.authorities for word in ("--cacert", file)]
        outcome = self("--scep", "--url", self.url, "--in", key, "--dn", f"CN={name}", "--san", name,
                       "--cacert-enc", authority, "--cacert-sig", authority, *trusted, "--outform", "pem",
                       "--interval", "1", "--maxpolltime", "60", *more, output=self.file(out), check=check)
        return self.file(out) if outcome.code == 0 else outcome


@pytest.fixture
def administrator(platform, folder):
    """CLM over REST, logged in."""
    file = folder / "password"
    file.write_text(PASSWORD)
    platform.ers("password", "administrator", "--password-file", file)
    client = Rest(platform)
    client.log_in(PASSWORD)
    return client


def challenge(platform, policy="scep", *more):
    return platform.ers_json("scep", "challenge", "--policy", policy, *more)["challenge"]


def test_capabilities_are_told_over_http_and_https(platform):
    plain = run("curl", "-sSf", f"{platform.revocation_url}/scep?operation=GetCACaps").stdout
    secure = run("curl", "-sSf", "--cacert", platform.root, f"{platform.url}/scep/scep?operation=GetCACaps").stdout
    assert plain == secure
    assert {"AES", "SHA-256", "Renewal", "SCEPStandard"} <= set(plain.split()) and "DES3" not in plain


def test_a_device_enrols_and_renews(platform, host, folder):
    pki = StrongSwan(platform, folder / "pki")
    key = pki.key("key.pem")
    leaf = pki.enrol(host.name, key, "leaf.crt", "--password", challenge(platform))
    chain = folder / "chain.pem"
    chain.write_text("".join(file.read_text() for file in pki.authorities))
    verify(platform, leaf, chain)
    assert names(leaf) == [host.name]
    shown = platform.ers_json("cert", "show", serial(leaf))
    assert (shown["policy"], shown["protocol"]) == ("scep", "scep")

    renewed = pki.enrol(host.name, pki.key("next.pem"), "next.crt", "--cert", leaf, "--key", key)
    verify(platform, renewed, chain)
    assert serial(renewed) != serial(leaf)
    assert read(renewed).public_key() != read(leaf).public_key()


def test_a_challenge_is_good_for_one_request_and_a_wrong_one_for_none(platform, host, folder):
    """Failure 39: challenges are guessed at."""
    pki = StrongSwan(platform, folder / "pki")
    once = challenge(platform)
    pki.enrol(host.name, pki.key("one.pem"), "one.crt", "--password", once)
    before = len(platform.ers_json("cert", "list", "--search", host.name)["certificates"])
    for number, password in enumerate((once, "guessed")):
        refused = pki.enrol(host.name, pki.key(f"{number}.pem"), f"{number}.crt", "--password", password, check=False)
        assert refused.code != 0, "a certificate for a challenge that is not right"
    assert len(platform.ers_json("cert", "list", "--search", host.name)["certificates"]) == before


def test_a_request_waits_for_approval_and_is_polled(platform, folder, administrator):
    (folder / "policy.yaml").write_text(APPROVED)
    platform.ers("policy", "apply", folder / "policy.yaml")
    host = platform.host("approved")
    pki = StrongSwan(platform, folder / "pki", "scep-approved")
    key = pki.key("key.pem")
    password = challenge(platform, "scep-approved")
    with ThreadPoolExecutor(1) as worker:
        enrolling = worker.submit(pki.enrol, host.name, key, "leaf.crt", "--password", password)

        def waiting():
            _, _, listed = administrator("GET", "/v1/requests?state=pending-approval")
            return [found for found in listed["requests"] if host.name in str(found)]

        [request] = until("the request waits", waiting)
        status, _, _ = administrator("POST", f"/v1/requests/{request['id']}/decision", {"approve": True, "comment": "known device"})
        assert status == 200
        leaf = enrolling.result()
    assert names(leaf) == [host.name]


def test_what_is_no_message_is_answered_by_a_status(platform):
    """Failure 41: nonsense, and too much of it."""
    def status(path, *more):
        return run("curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", *more, f"{platform.revocation_url}{path}").stdout

    assert status("/scep?operation=PKIOperation&message=AAAA") == "400"
    assert status("/scep?operation=Nonsense") == "400"
    assert status("/scep/nowhere?operation=GetCACert") == "404"
    assert status("/scep?operation=PKIOperation", "--data-binary", "nonsense") == "400"
