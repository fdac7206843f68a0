"""strongSwan's `pki --scep` and `pki --scepca`, and certmonger, as Debian ships them.

Promises:
- A device fetches the CA certificates, enrols with a challenge and renews with the certificate that it got, over plain
  HTTP and HTTPS, with keys in software and on a token.
- certmonger enrols with a challenge and renews by itself with the certificate that it got.
- A system that manages devices judges its own challenges; while it is away nobody gets in.
- The key that opens messages lies on the token and cannot be taken out of it.
- A challenge is good for one request, a wrong one for none; a name that the policy does not allow is refused.
- A request that waits for approval is polled until somebody says yes.
- A certificate and the CRL are looked up by messages that openssl and Python wrote, and openssl reads the answers.
- What is no message of SCEP is answered by an HTTP status.
"""

import hashlib
import http.server
import json
import os
import shlex
import ssl
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding

from harness.clients import names, read, serial, verify
from harness.der import children, content, oid, tlv
from harness.process import run
from harness.rest import Rest
from harness.servers import SOFTHSM
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


@pytest.mark.forms("sqlite", "many-postgresql")
def test_certmonger_enrols_with_a_challenge_and_renews(platform, host, folder):
    home = folder / "home"
    home.mkdir()
    key, leaf = folder / "certmonger.key", folder / "certmonger.crt"
    pki = StrongSwan(platform, folder / "pki")
    chain = folder / "chain.pem"
    chain.write_text("".join(file.read_text() for file in pki.authorities))
    tell = folder / "tell"
    # the bus starts certmonger when it is first spoken to
    tell.write_text(f"""#!/bin/sh
set -eu
getcert add-scep-ca -s -c ers -u {platform.revocation_url}/scep
getcert request -s -c ers -k {key} -f {leaf} -g 2048 -N CN={host.name} -D {host.name} -L {challenge(platform)} -w -v
cp {leaf} {leaf}.first
getcert resubmit -s -f {leaf} -w -v
getcert list -s
""")
    tell.chmod(0o755)
    outcome = run("dbus-run-session", "--", tell, seconds=150, environment={"HOME": str(home)})
    assert "status: MONITORING" in outcome.stdout, str(outcome)
    verify(platform, leaf, chain)
    assert names(leaf) == [host.name] and serial(leaf) != serial(f"{leaf}.first")


@pytest.mark.forms("many-postgresql")
def test_the_key_that_opens_messages_lies_on_the_token(platform, host, folder):
    pki = StrongSwan(platform, folder / "pki")
    pki.enrol(host.name, pki.key("key.pem"), "leaf.crt", "--password", challenge(platform))
    authority = read(pki.file("ra.crt")).public_key().public_numbers()
    told = platform.token.objects("privkey")
    found = [part for part in told.split("Private Key Object")[1:] if "scep-ra" in part]
    assert found and all("decrypt" in part and "never extractable" in part for part in found), told
    public = folder / "public.der"
    label = next(line.split(":", 1)[1].strip() for line in found[0].splitlines() if "label" in line)
    run("pkcs11-tool", "--module", SOFTHSM, "--token-label", platform.token.label, "--login", "--pin", platform.token.pin,
        "--read-object", "--type", "pubkey", "--label", label, "--output-file", public, environment=platform.token.environment)
    assert serialization.load_der_public_key(public.read_bytes()).public_numbers() == authority


class Mdm:
    """What manages devices: it knows the challenges that it gave out, and says whose request one is for."""

    def __init__(self, folder, known):
        form, certificate, key = folder / "mdm.cnf", folder / "mdm.pem", folder / "mdm.key"
        form.write_text("[req]\ndistinguished_name=name\nx509_extensions=server\n[name]\n[server]\n"
                        "basicConstraints=critical,CA:FALSE\nsubjectAltName=DNS:localhost\n")
        run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=localhost",
            "-days", "30", "-config", form, "-keyout", key, "-out", certificate)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        asked = self.asked = []

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                question = json.loads(self.rfile.read(int(self.headers["content-length"])))
                asked.append((self.headers["authorization"], question))
                allowed = known.get(question["challenge"]) == question["subjectAlternativeNames"]
                body = json.dumps({"allowed": allowed}).encode()
                self.send_response(200)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        (folder / "mdm.token").write_text("a token for the story")
        self.config = {"url": f"https://localhost:{self.server.server_address[1]}/scep", "token": f"file:{folder}/mdm.token",
                       "authorities": str(certificate)}


def test_a_system_that_manages_devices_judges_its_own_challenges(world, folder):
    platform = world.new_platform("sqlite", folder / "platform")
    host = platform.host("managed")
    mdm = Mdm(folder, {"for this device": [f"dns:{host.name}"]})
    platform.config["clm"] = {"webhooks": {"mdm": mdm.config}}
    try:
        platform.start()
        definition = platform.ers("policy", "show", "scep").stdout
        lines = [line for line in definition.splitlines() if not line.startswith("scep:")]
        text = "\n".join(lines).replace("name: scep", "name: managed", 1) + "\nscep: {webhook: mdm}\n"
        platform.ers("policy", "apply", "-", stdin=text)
        pki = StrongSwan(platform, folder / "pki", "managed")
        pki.enrol(host.name, pki.key("key.pem"), "leaf.crt", "--password", "for this device")
        assert names(pki.file("leaf.crt")) == [host.name]
        token, question = mdm.asked[0]
        assert token == "Bearer a token for the story"
        assert (question["policy"], question["protocol"], question["address"]) == ("managed", "scep", "127.0.0.1")
        for name, password in ((host.name, "guessed"), ("other.example.test", "for this device")):
            refused = pki.enrol(name, pki.key("other.pem"), "other.crt", "--password", password, check=False)
            assert refused.code != 0, f"{name} got in with {password!r}"
        mdm.server.shutdown()
        mdm.server.server_close()
        refused = pki.enrol(host.name, pki.key("late.pem"), "late.crt", "--password", "for this device", check=False)
        assert refused.code != 0, "while nobody answers, nobody gets in"
        assert len(platform.ers_json("cert", "list", "--search", host.name)["certificates"]) == 1
    finally:
        platform.stop()


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


DATA = oid("1.2.840.113549.1.7.1")
SHA_256 = tlv(0x30, oid("2.16.840.1.101.3.4.2.1"))
SCEP = "2.16.840.1.113733.1.9"


def issuer_and_serial(certificate):
    number = certificate.serial_number
    return tlv(0x30, certificate.issuer.public_bytes(), tlv(0x02, number.to_bytes(number.bit_length() // 8 + 1, "big")))


def signed_message(kind, enveloped, key, certificate):
    """A pkiMessage of RFC 8894 section 3, which openssl does not write."""
    attribute = lambda number, value: tlv(0x30, oid(number), tlv(0x31, value))  # noqa: E731
    attributes = sorted([
        attribute("1.2.840.113549.1.9.3", DATA),
        attribute("1.2.840.113549.1.9.4", tlv(0x04, hashlib.sha256(enveloped).digest())),
        attribute(f"{SCEP}.2", tlv(0x13, kind)),
        attribute(f"{SCEP}.7", tlv(0x13, os.urandom(16).hex().encode())),
        attribute(f"{SCEP}.5", tlv(0x04, os.urandom(16))),
    ])
    signature = key.sign(tlv(0x31, *attributes), padding.PKCS1v15(), hashes.SHA256())
    signer = tlv(0x30, tlv(0x02, b"\x01"), issuer_and_serial(certificate), SHA_256, tlv(0xa0, *attributes),
                 tlv(0x30, oid("1.2.840.113549.1.1.1"), b"\x05\0"), tlv(0x04, signature))
    signed = tlv(0x30, tlv(0x02, b"\x01"), tlv(0x31, SHA_256), tlv(0x30, DATA, tlv(0xa0, tlv(0x04, enveloped))),
                 tlv(0xa0, certificate.public_bytes(serialization.Encoding.DER)), tlv(0x31, signer))
    return tlv(0x30, oid("1.2.840.113549.1.7.2"), tlv(0xa0, signed))


def look_up(device, kind, wanted, folder, authority):
    """Sends GetCert (21) or GetCRL (22) and gives the file of what came back inside, PKCS #7; None: it was refused."""
    plain, sealed, sent, got = (folder / f"{name}-{kind.decode()}" for name in ("plain", "sealed", "sent", "got"))
    plain.write_bytes(wanted)
    run("openssl", "cms", "-encrypt", "-binary", "-aes-128-cbc", "-in", plain, "-outform", "DER", "-out", sealed,
        device.file("ra.crt"))
    key = serialization.load_pem_private_key((folder / "asker.key").read_bytes(), None)
    sent.write_bytes(signed_message(kind, sealed.read_bytes(), key, read(folder / "asker.crt")))
    run("curl", "--silent", "--show-error", "--fail", "-H", "Content-Type: application/x-pki-message", "--data-binary",
        f"@{sent}", "-o", got, f"{device.url}?operation=PKIOperation")
    inner, opened = folder / "inner", folder / f"opened-{kind.decode()}"
    status = tlv(0x30, oid(f"{SCEP}.3"), tlv(0x31, tlv(0x13, b"0")))
    if status not in got.read_bytes():
        # a refusal has no content that openssl could verify; badCertId
        assert tlv(0x30, oid(f"{SCEP}.4"), tlv(0x31, tlv(0x13, b"4"))) in got.read_bytes()
        return None
    # RA certificates come alone: who verifies has those of GetCACert
    trusted = folder / "trusted"
    trusted.write_text("".join(file.read_text() for file in (authority, *device.authorities)))
    run("openssl", "cms", "-verify", "-inform", "DER", "-in", got, "-CAfile", trusted, "-purpose", "any", "-binary", "-out", inner)
    run("openssl", "cms", "-decrypt", "-inform", "DER", "-in", inner, "-recip", folder / "asker.crt", "-inkey",
        folder / "asker.key", "-binary", "-out", opened)
    return opened


@pytest.mark.forms("sqlite", "many-postgresql")
def test_certificates_and_crls_are_looked_up(platform, host, folder):
    device = StrongSwan(platform, folder / "device")
    certificate = device.enrol(host.name, device.key("key"), "made.pem", "--password", challenge(platform))
    run("openssl", "req", "-x509", "-config", "/dev/null", "-newkey", "rsa:2048", "-nodes", "-keyout", folder / "asker.key", "-out",
        folder / "asker.crt", "-subj", "/CN=asker", "-days", "2")
    wanted = read(certificate)
    found = look_up(device, b"21", issuer_and_serial(wanted), folder, platform.root)
    shown = run("openssl", "pkcs7", "-inform", "DER", "-in", found, "-print_certs").stdout
    assert x509.load_pem_x509_certificate(shown[shown.index("-----BEGIN"):].encode()) == wanted
    found = look_up(device, b"22", issuer_and_serial(wanted), folder, platform.root)
    # a SignedData of nothing but a CRL
    crl = next(part for part in children(children(children(found.read_bytes())[1])[0]) if part[0] == 0xa1)
    (folder / "crl").write_bytes(content(crl))
    checked = run("openssl", "crl", "-inform", "DER", "-in", folder / "crl", "-noout", "-verify", "-CAfile", folder / "trusted")
    assert "verify OK" in checked.stderr
    unknown = tlv(0x30, wanted.issuer.public_bytes(), tlv(0x02, b"\x01"))
    assert look_up(device, b"21", unknown, folder, platform.root) is None
    status = run("curl", "--silent", "-o", folder / "none", "-w", "%{http_code}", f"{device.url}?operation=GetNextCACert")
    assert status.stdout == "404", "no other CA is in sight"
