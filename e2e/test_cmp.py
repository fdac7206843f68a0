"""CMP (RFC 9810) by `openssl cmp`, as Debian ships it, over plain HTTP and over TLS.

Promises:
- ir, cr and p10cr with a shared secret give a certificate that chains to the root; certConf and implicit confirmation do.
- kur updates and rr revokes with the certificate's own key; the answers' signatures chain to the root; OCSP follows.
- genm is answered, by MAC and by signature; the openssl of Debian 13 reads CA certificates, the template of requests, the CRL, and that the root
  has no successor.
- A request that waits for a person is polled for until it is decided.
- A wrong secret, a wrong name, an unprotected message and a revoked certificate get nothing.
- Who asks without a key gets one, which the shared secret opens, signed by the platform's.
- A key made under a policy that keeps keys is the one that two people get back.
- The certificate of a vendor's CA that the policy trusts (IDevID) gets one of ours.
"""

import hashlib
import hmac
import os
import re
import textwrap
import threading

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.keywrap import aes_key_unwrap

from harness.clients import TOOLS, ocsp, serial, until_ocsp_says, verify
from harness.der import children, content, oid, tlv
from harness.process import run
from harness.recovery import policy_that_keeps, recovered
from harness.rest import Rest
from harness.waiting import until

pytestmark = pytest.mark.forms("sqlite", "many-postgresql")
PASSWORD = "a password that only this story knows"
NEWER = TOOLS / "debian-13/openssl"


class Device:
    """An end entity with a shared secret, and `openssl cmp` on its behalf."""

    def __init__(self, platform, folder, name, policy="cmp"):
        self.platform, self.folder, self.name, self.policy = platform, folder, name, policy
        platform.ers("entity", "add", name)
        made = platform.ers_json("entity", "set-secret", name)
        self.secret = folder / f"{name}.secret"
        self.secret.write_text(made["made"])

    @property
    def mac(self):
        return ["-ref", self.name, "-secret", f"file:{self.secret}"]

    def signed(self, name):
        return ["-cert", self.folder / f"{name}.pem", "-key", self.folder / f"{name}.key", "-trusted", self.platform.root]

    def key(self, name, *kind):
        file = self.folder / f"{name}.key"
        run("openssl", *(kind or ["ecparam", "-name", "prime256v1", "-genkey", "-noout"]), "-out", file)
        return file

    def cmp(self, command, *arguments, check=True, tls=False, path=None, program="openssl"):
        """`openssl cmp` at the path of the policy."""
        url = self.platform.url if tls else self.platform.revocation_url
        server = url.split("://")[1]
        secure = ["-tls_used", "-tls_trusted", self.platform.root, "-tls_host", "localhost"] if tls else []
        return run(program, "cmp", "-config", "/dev/null", "-cmd", command, "-server", server, *secure,
                   "-path", path or f"cmp/{self.policy}", "-recipient", "/CN=CMP server", "-total_timeout", "90",
                   *arguments, check=check, seconds=120)

    def enrol(self, name, command="ir", *more, **options):
        """A certificate in a file of that name, by the shared secret."""
        self.key(name)
        self.ask(name, command, *more, **options)
        return self.certificate(name)

    def ask(self, name, command="ir", *more, **options):
        """What `openssl cmp` says to that."""
        return self.cmp(command, *self.mac, "-newkey", self.folder / f"{name}.key", "-subject", f"/CN={self.name}",
                        "-sans", f"{self.name}.test", *self.out(name), *more, **options)

    def out(self, name):
        return ["-certout", self.folder / f"{name}.pem", "-chainout", self.folder / f"{name}.chain"]

    def certificate(self, name):
        return self.folder / f"{name}.pem", self.folder / f"{name}.chain"


@pytest.fixture
def device(platform, folder):
    return Device(platform, folder, re.sub("[^a-z0-9]+", "-", folder.name.lower())[-40:].strip("-"))


@pytest.mark.forms("sqlite", "postgresql", "mariadb", "many-postgresql", "many-mariadb")
@pytest.mark.parametrize("tls", [False, True], ids=["http", "https"])
def test_ir_and_cr_by_a_shared_secret(platform, device, tls):
    for command in ("ir", "cr"):
        leaf, chain = device.enrol(f"{command}", command, tls=tls)
        verify(platform, leaf, chain)
        assert ocsp(platform, leaf, chain) == "good"


def test_p10cr_and_implicit_confirmation(platform, device):
    key = device.key("p10")
    csr = device.folder / "p10.csr"
    run("openssl", "req", "-new", "-config", "/dev/null", "-key", key, "-subj", f"/CN={device.name}", "-out", csr)
    for more in ([], ["-implicit_confirm"]):
        device.cmp("p10cr", *device.mac, "-csr", csr, *device.out("p10"), *more)
        verify(platform, *device.certificate("p10"))


def test_kur_and_rr_by_signature_and_nothing_after(platform, device):
    leaf, chain = device.enrol("first")
    device.key("second")
    device.cmp("kur", *device.signed("first"), "-newkey", device.folder / "second.key", *device.out("second"),
               path=".well-known/cmp/p/cmp/keyupdate")
    updated, updated_chain = device.certificate("second")
    verify(platform, updated, updated_chain)
    assert serial(updated) != serial(leaf)
    device.cmp("rr", *device.signed("second"), "-oldcert", updated, "-revreason", "4")
    until_ocsp_says("revoked", platform, updated, updated_chain, seconds=5)
    until("the revoked certificate is nobody's any more", lambda: _refused(device, "second"), 15)


def _refused(device, name):
    device.key("third")
    outcome = device.cmp("kur", *device.signed(name), "-newkey", device.folder / "third.key", *device.out("third"), check=False)
    return outcome.code != 0 and "signerNotTrusted" in str(outcome)


def test_genm_and_the_default_policy(device):
    device.cmp("genm", *device.mac, path=".well-known/cmp")


def test_what_clients_need_to_know_is_told(platform, device):
    """RFC 9483 section 4.3."""
    leaf, _ = device.enrol("asking")

    def ask(kind, *more, proof=device.mac):
        return device.cmp("genm", *proof, "-infotype", kind, *more, program=NEWER)

    authorities, template, keys, crl = (device.folder / name for name in ("ca.pem", "template", "keys", "crl"))
    for proof in (device.mac, device.signed("asking")):
        ask("caCerts", "-cacertsout", authorities, proof=proof)
        verify(platform, leaf, authorities)
        authorities.unlink()
    ask("certReqTemplate", "-template", template, "-keyspec", keys)
    told = run("openssl", "asn1parse", "-inform", "DER", "-in", template).stdout
    assert "commonName" in told and "id-ecPublicKey" in run("openssl", "asn1parse", "-inform", "DER", "-in", keys).stdout
    ask("crlStatusList", "-crlcert", leaf, "-crlout", crl)
    ask("caCerts", "-cacertsout", authorities)
    checked = run("openssl", "crl", "-inform", "DER", "-in", crl, "-noout", "-verify", "-CAfile", authorities)
    assert "verify OK" in checked.stderr, str(checked)
    assert "no root CA certificate update available" in str(
        ask("rootCaCert", "-oldwithold", platform.root, "-newwithnew", device.folder / "successor.pem"))


def test_what_waits_for_a_person_is_polled_for(platform, folder):
    name = f"cmp-approved-{platform.form}"
    policy = folder / "policy.yaml"
    policy.write_text(textwrap.dedent(f"""
        name: {name}
        realm: default
        issuer: default-sub
        profile: ieee-802-1ar-ldevid
        protocols: [cmp]
        validity: {{default: 90d, longest: 1y}}
        manual_approval: true
        subject: {{attributes: [CN], common_name: free}}
        names: {{dns: ['*']}}
    """))
    platform.ers("policy", "apply", policy)
    device = Device(platform, folder, f"waiting-{platform.form}", name)
    device.key("late")
    rest = Rest(platform)
    (folder / "password").write_text(PASSWORD)
    platform.ers("password", "administrator", "--password-file", folder / "password")
    assert rest.log_in(PASSWORD)[0] == 200
    outcome = {}
    asking = threading.Thread(target=lambda: outcome.update(said=device.ask("late", check=False)))
    asking.start()
    waiting = until("the request waits", lambda: _waiting(rest, name), 30)
    status, _, _ = rest("POST", f"/v1/requests/{waiting}/decision", {"approve": True, "comment": "known device"})
    assert status == 200
    asking.join(120)
    assert outcome["said"].code == 0, str(outcome["said"])
    verify(platform, *device.certificate("late"))


def _waiting(rest, policy):
    _, _, found = rest("GET", "/v1/requests?state=pending-approval")
    ids = [request["id"] for request in found["requests"] if request["policy"] == policy]
    assert ids, found
    return ids[0]


@pytest.mark.parametrize("proof", ["wrong-secret", "wrong-name", "unprotected"])
def test_nobody_gets_in_without_a_right_proof(device, proof):
    device.key("none")
    (device.folder / "wrong").write_text("wrong")
    arguments = {
        "wrong-secret": ["-ref", device.name, "-secret", f"file:{device.folder / 'wrong'}"],
        "wrong-name": ["-ref", "nobody", "-secret", f"file:{device.secret}"],
        "unprotected": ["-unprotected_requests"],
    }[proof]
    refused = device.cmp("ir", *arguments, "-trusted", device.platform.root, "-unprotected_errors", "-newkey",
                         device.folder / "none.key", "-subject", "/CN=x", *device.out("none"), check=False)
    assert refused.code != 0 and "badMessageCheck" in str(refused), str(refused)
    assert not (device.folder / "none.pem").exists()


def test_the_certificate_of_a_trusted_vendor_gets_one_of_ours(platform, folder):
    openssl = lambda *arguments: run("openssl", *arguments)  # noqa: E731
    openssl("req", "-x509", "-config", "/dev/null", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout",
            folder / "vendor.key", "-out", folder / "vendor.pem", "-subj", "/CN=Vendor CA", "-days", "3650",
            "-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=critical,keyCertSign",
            "-addext", "subjectKeyIdentifier=hash")
    name = f"cmp-vendor-{platform.form}"
    policy = folder / "policy.yaml"
    indented = textwrap.indent((folder / "vendor.pem").read_text(), " " * 6)
    policy.write_text(f"name: {name}\nrealm: default\nissuer: default-sub\nprofile: ieee-802-1ar-ldevid\nprotocols: [cmp]\n"
                      "validity: {default: 90d, longest: 1y}\n"
                      "subject: {attributes: [CN], common_name: free}\n"
                      f"authentication:\n  trusted_issuers:\n    - |\n{indented}")
    platform.ers("policy", "apply", policy)
    device = Device(platform, folder, f"station-{platform.form}", name)
    idevid = device.key("idevid")
    openssl("req", "-new", "-config", "/dev/null", "-key", idevid, "-subj", "/CN=station-7", "-out", folder / "idevid.csr")
    (folder / "extensions").write_text("keyUsage=digitalSignature\nsubjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n")
    openssl("x509", "-req", "-in", folder / "idevid.csr", "-CA", folder / "vendor.pem", "-CAkey", folder / "vendor.key",
            "-CAcreateserial", "-days", "3650", "-extfile", folder / "extensions", "-out", folder / "idevid.pem")
    device.key("ours")
    device.cmp("ir", *device.signed("idevid"), "-extracerts", folder / "vendor.pem", "-newkey", folder / "ours.key",
               "-subject", "/CN=station-7", *device.out("ours"))
    verify(platform, *device.certificate("ours"))


def test_a_key_is_made_for_who_asks_without_one(platform, folder):
    definition = platform.ers("policy", "show", "cmp").stdout
    lines = [line for line in definition.splitlines() if not line.startswith("cmp:")]
    name = f"cmp-central-{platform.form}"
    text = "\n".join(lines).replace("name: cmp", f"name: {name}", 1) + "\ncmp: {central_keys: true}\n"
    platform.ers("policy", "apply", "-", stdin=text)
    made_for(platform, folder, Device(platform, folder, f"central-{platform.form}", name))


@pytest.mark.forms("sqlite")
def test_a_key_made_here_and_kept_is_had_back_by_two(platform, folder):
    name = f"cmp-kept-{platform.form}"
    policy_that_keeps(platform, "cmp", name)
    key, certificate = made_for(platform, folder, Device(platform, folder, f"kept-{platform.form}", name))
    back = recovered(platform, folder, f"{certificate.serial_number:x}", f"{name}-approver")
    assert back.private_numbers() == key.private_numbers()


def made_for(platform, folder, device):
    """A key and its certificate, made for a device that asks without one."""
    device.enrol("usual", "ir", "-implicit_confirm", "-reqout", folder / "usual.der")
    secret = device.secret.read_text().strip().encode()
    asked, got = folder / "asked", folder / "got"
    asked.write_bytes(without_key((folder / "usual.der").read_bytes(), secret))
    run("curl", "--silent", "--show-error", "--fail", "-H", "Content-Type: application/pkixcmp", "--data-binary", f"@{asked}",
        "-o", got, f"{platform.revocation_url}/cmp/{device.policy}")
    body = children(got.read_bytes())[1]
    assert body[0] == 0xa1, "an ip"
    response = children(children(children(body)[0])[-1])[0]
    pair = children(response)[2]
    certificate, encrypted = (children(part)[0] for part in children(pair))
    signed = opened(encrypted, secret)
    message, package = folder / "signed", folder / "package"
    message.write_bytes(tlv(0x30, oid("1.2.840.113549.1.7.2"), tlv(0xa0, signed)))
    run("openssl", "cms", "-verify", "-inform", "DER", "-in", message, "-CAfile", platform.root, "-purpose", "any", "-binary",
        "-out", package)
    key = serialization.load_der_private_key(content(package.read_bytes()), None)
    of = lambda key: key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)  # noqa: E731
    certificate = x509.load_der_x509_certificate(certificate)
    assert of(key.public_key()) == of(certificate.public_key())
    return key, certificate


def without_key(message, secret):
    """The ir of openssl as another one, without its public key and what proves it, protected by the same password."""
    header, body = children(message)[:2]
    fields = children(header)
    fields[3:] = [tlv(field[0], tlv(0x04, os.urandom(16))) if field[0] in (0xa4, 0xa5) else field for field in fields[3:]]
    header = tlv(0x30, *fields)
    number, template, *controls = children(children(children(children(body)[0])[0])[0])
    template = tlv(0x30, *(field for field in children(template) if field[0] != 0xa6))
    body = tlv(0xa0, tlv(0x30, tlv(0x30, tlv(0x30, number, template, *controls))))
    parameters = children(children(next(field for field in fields[3:] if field[0] == 0xa1))[0])[1]
    salt, hashing, rounds, code = children(parameters)
    assert oid("2.16.840.1.101.3.4.2.1") in hashing and oid("1.3.6.1.5.5.8.1.2") in code, "SHA-256 and HMAC-SHA-1"
    key = secret + content(salt)
    for _ in range(int.from_bytes(content(rounds), "big")):
        key = hashlib.sha256(key).digest()
    protection = hmac.digest(key, tlv(0x30, header, body), "sha1")
    return tlv(0x30, header, body, tlv(0xa0, tlv(0x03, b"\0" + protection)))


def opened(enveloped, secret):
    """What is in an EnvelopedData for a password, RFC 9483 section 4.1.6.3."""
    _, recipients, encrypted = children(enveloped)
    _, derivation, _, wrapped = children(children(recipients)[0])
    salt, rounds, _ = children(children(derivation)[1])
    wrapping = hashlib.pbkdf2_hmac("sha256", secret, content(salt), int.from_bytes(content(rounds), "big"))
    key = aes_key_unwrap(wrapping, content(wrapped))
    _, algorithm, octets = children(encrypted)
    cipher = Cipher(algorithms.AES(key), modes.CBC(content(children(algorithm)[1]))).decryptor()
    padded = cipher.update(content(octets)) + cipher.finalize()
    return padded[:-padded[-1]]
