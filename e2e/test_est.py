"""EST (RFC 7030) by strongSwan's pki, and by curl with openssl.

Promises:
- strongSwan fetches the CA certificates, enrolls with a password and enrolls again with its certificate.
- The header in which the ingress hands a certificate on counts from the ingress alone.
- curl and openssl do all five operations; where each service is a process of its own, through nginx, which hands the client's
  certificate on.
- A key made for a device under a policy that keeps keys is the one that two people get back.
- A wrong password, a header that says who one is, and a certificate that was revoked let in nobody.
- Who enrolls again keeps subject and names.
- A request that waits for a person gets 202 and, sent again after that person said yes, the certificate.
- Where a policy wants that, a request must prove that it belongs to the TLS session that brings it.
- What cannot be read gets a status and a text for people, and nothing is issued.
"""

import base64
import socket
import subprocess
from email import message_from_bytes

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.serialization import pkcs7

from harness.clients import names, serial, verify
from harness.der import tlv
from harness.process import run
from harness.recovery import policy_that_keeps, recovered
from harness.rest import Rest

PASSWORD = "correct horse battery"


class Device:
    """An end entity with a password, and curl and openssl in its hands."""

    def __init__(self, platform, folder, name):
        self.platform, self.folder, self.name = platform, folder, name
        self.key, self.csr, self.certificate = folder / "key.pem", folder / "csr.der", folder / "cert.pem"
        platform.ers("entity", "add", name)
        platform.ers("entity", "set-password", name, "--file", "-", stdin=PASSWORD)

    @property
    def login(self):
        return ["--user", f"{self.name}:{PASSWORD}"]

    @property
    def shown(self):
        return ["--cert", self.certificate, "--key", self.key]

    def request(self, subject=None, host=None, key=None, *more):
        """A CSR, with a new key unless one is given."""
        new = ["-key", key] if key else ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", self.key]
        run("openssl", "req", "-new", *new, "-out", self.csr, "-outform", "DER", "-subj", subject or f"/CN={self.name}",
            "-addext", f"subjectAltName=DNS:{host or self.name}.example.test", *more)
        return base64.encodebytes(self.csr.read_bytes())

    def post(self, operation, body, *more, kind="application/pkcs10", base="/.well-known/est"):
        """Status, headers and body of an answer."""
        out, head = self.folder / "answer", self.folder / "head"
        sent = self.folder / "sent"
        sent.write_bytes(body)
        status = run("curl", "--silent", "--show-error", "--cacert", self.platform.root, "-H", f"Content-Type: {kind}",
                     "--data-binary", f"@{sent}", "-o", out, "-D", head, "-w", "%{http_code}", *more,
                     f"{self.platform.url}{base}/{operation}").stdout
        headers = dict(line.split(": ", 1) for line in head.read_text().lower().splitlines() if ": " in line)
        return int(status), headers, out.read_bytes() if out.exists() else b""

    def take(self, body):
        """Keeps the certificate of an answer."""
        made = pkcs7.load_der_pkcs7_certificates(base64.b64decode(body))
        assert len(made) == 1
        self.certificate.write_bytes(made[0].public_bytes(serialization.Encoding.PEM))
        return made[0]

    def enroll(self):
        status, headers, body = self.post("simpleenroll", self.request(), *self.login)
        assert status == 200, body
        assert headers["content-type"] == "application/pkcs7-mime; smime-type=certs-only"
        return self.take(body)


@pytest.fixture
def device(platform, folder):
    return Device(platform, folder, f"device-{folder.name.lower()[-8:].replace('_', '0')}")


def binary_output(*command):
    return subprocess.run([str(word) for word in command], check=True, capture_output=True).stdout


def get(platform, folder, operation, base="/.well-known/est"):
    out = folder / "got"
    status = run("curl", "--silent", "--show-error", "--cacert", platform.root, "-o", out, "-w", "%{http_code}",
                 f"{platform.url}{base}/{operation}").stdout
    return int(status), out.read_bytes() if out.exists() else b""


def authorities(platform, folder, base="/.well-known/est"):
    status, body = get(platform, folder, "cacerts", base)
    assert status == 200, body
    chain = folder / "authorities.pem"
    found = pkcs7.load_der_pkcs7_certificates(base64.b64decode(body))
    chain.write_bytes(b"".join(one.public_bytes(serialization.Encoding.PEM) for one in found))
    return chain


@pytest.mark.forms("sqlite", "many-mariadb")
def test_strongswan_enrolls_with_a_password_and_again_with_its_certificate(platform, device, folder):
    ca = folder / "est-ca"
    url = ["--url", platform.url, "--cacert", platform.root]
    run("pki", "--estca", *url, "--caout", ca, "--outform", "pem", "--force")
    key = folder / "swan.pem"
    key.write_text(run("pki", "--gen", "--type", "ecdsa", "--size", "256", "--outform", "pem").stdout)
    cacerts = [word for file in sorted(folder.glob("est-ca*")) for word in ("--cacert", file)]
    request = folder / "swan.der"
    req = ["pki", "--req", "--in", key, "--type", "ecdsa", "--dn", f"CN={device.name}", "--san", f"{device.name}.example.test"]
    request.write_bytes(binary_output(*req))
    est = ["pki", "--est", *url, *cacerts, "--outform", "pem", "--interval", "1", "--in", request]
    first = folder / "swan-1.pem"
    first.write_text(run(*est, "--userpass", f"{device.name}:{PASSWORD}").stdout)
    verify(platform, first, authorities(platform, folder), "-purpose", "sslclient")
    assert names(first) == [f"{device.name}.example.test"]
    second = folder / "swan-2.pem"
    second.write_text(run(*est, "--cert", first, "--key", key).stdout)
    assert serial(second) != serial(first) and names(second) == names(first)


@pytest.mark.forms("many-postgresql")
def test_the_header_of_the_ingress_counts_from_the_ingress_alone(platform, device, folder):
    device.enroll()
    escaped = device.certificate.read_text().replace("\n", "%0A").replace(" ", "%20")
    body = folder / "again"
    body.write_bytes(device.request(None, None, device.key))

    def posted(caller, *headers):
        """Status of an enrolment at the service's own port, past the ingress, by another service's identity."""
        shown = platform._identity(caller) if caller else {}
        identity = ["--cert", shown["certificate"], "--key", shown["key"]] if shown else []
        authority = platform._identity("est")["authorities"]
        return run("curl", "--silent", "-o", "/dev/null", "-w", "%{http_code}", "--cacert", authority, *identity, *headers,
                   "--connect-to", f"est.ers.internal:443:127.0.0.1:{platform.http['est']}",
                   "-H", "Content-Type: application/pkcs10", "--data-binary", f"@{body}",
                   "https://est.ers.internal/.well-known/est/simplereenroll").stdout

    header = ["-H", f"ssl-client-cert: {escaped}"]
    verified = [*header, "-H", "ssl-client-verify: SUCCESS"]
    for caller in (None, "acme", "clm-ui", "rev-info"):
        assert posted(caller, *verified) == "401", f"{caller} was believed"
    assert posted("ingress", *header) == "401", "the ingress does not say that it verified it"
    assert posted("ingress", *header, "-H", "ssl-client-verify: FAILED:self signed") == "401"
    assert posted("ingress", *verified) == "200"


@pytest.mark.forms("sqlite", "postgresql", "mariadb", "many-postgresql")
def test_curl_enrolls_with_a_password_and_again_with_its_certificate(platform, device, folder):
    first = device.enroll()
    verify(platform, device.certificate, authorities(platform, folder), "-purpose", "sslclient")
    again = device.request(None, None, device.key)
    status, _, body = device.post("simplereenroll", again, *device.shown)
    assert status == 200, body
    second = device.take(body)
    assert second.serial_number != first.serial_number and second.subject == first.subject
    listed = platform.ers_json("cert", "list", "--search", device.name)["certificates"]
    assert {one["end_entity"] for one in listed} == {device.name}

    platform.ers("cert", "revoke", format(second.serial_number, "x"), "--reason", "superseded")
    status, _, body = device.post("simplereenroll", again, *device.shown)
    assert status == 401, body


@pytest.mark.forms("sqlite", "many-postgresql")
def test_failure_39_identity_is_kept_and_shown_by_nothing_but_proof(platform, device, folder):
    """Failure 39: another subject or other names at re-enrolment, no possession of the key, a header in place of proof."""
    device.enroll()
    for body in (device.request(f"/CN=other-{device.name}", None, device.key), device.request(None, "other", device.key)):
        status, _, text = device.post("simplereenroll", body, *device.shown)
        assert status == 400 and b"certificate that is renewed" in text, text
    unsigned = bytearray(base64.b64decode(device.request(None, None, device.key)))
    unsigned[-1] ^= 1
    status, _, text = device.post("simpleenroll", base64.b64encode(unsigned), *device.login)
    assert status == 400 and b"CSR" in text, text
    escaped = device.certificate.read_text().replace("\n", "%0A").replace(" ", "%20")
    claimed = ["-H", "ssl-client-verify: SUCCESS", "-H", f"ssl-client-cert: {escaped}"]
    status, headers, _ = device.post("simplereenroll", device.request(None, None, device.key), *claimed)
    assert status == 401 and headers["www-authenticate"].startswith("basic"), headers
    status, _, text = device.post("simpleenroll", device.request(None, None, device.key), "--user", f"{device.name}:wrong-password")
    assert status == 401, text
    platform.ers("entity", "suspend", device.name)
    status, _, _ = device.post("simplereenroll", device.request(None, None, device.key), *device.shown)
    assert status == 401


@pytest.mark.forms("sqlite", "many-postgresql")
def test_a_key_made_here_comes_with_its_certificate_also_encrypted(platform, device, folder):
    status, headers, body = device.post("serverkeygen", device.request(), *device.login)
    assert status == 200, body
    key, made = parts(headers, body)
    assert key.get_content_type() == "application/pkcs8"
    private = serialization.load_der_private_key(base64.b64decode(key.get_payload()), None)
    certificate = device.take(made.get_payload().encode())
    assert private.public_key().public_numbers() == certificate.public_key().public_numbers()
    device.key.write_bytes(private.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                                                 serialization.NoEncryption()))
    identifier = certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest
    wanted = attribute_request(device, folder, identifier)
    status, headers, body = device.post("serverkeygen", wanted, *device.shown)
    assert status == 200, body
    key, _ = parts(headers, body)
    assert "server-generated-key" in key["content-type"]
    sealed, opened = folder / "sealed", folder / "opened"
    sealed.write_bytes(base64.b64decode(key.get_payload()))
    run("openssl", "cms", "-decrypt", "-inform", "DER", "-in", sealed, "-inkey", device.key, "-recip", device.certificate,
        "-binary", "-out", opened)
    serialization.load_der_private_key(opened.read_bytes(), None)


@pytest.mark.forms("sqlite")
def test_a_key_made_here_and_kept_is_had_back_by_two(platform, device, folder):
    policy = f"est-kept-{platform.form}"
    policy_that_keeps(platform, "est", policy)
    status, headers, body = device.post("serverkeygen", device.request(), *device.login, base=f"/est/{policy}")
    assert status == 200, body
    key, made = parts(headers, body)
    private = serialization.load_der_private_key(base64.b64decode(key.get_payload()), None)
    [certificate] = pkcs7.load_der_pkcs7_certificates(base64.b64decode(made.get_payload()))
    back = recovered(platform, folder, f"{certificate.serial_number:x}", f"{policy}-approver")
    assert back.private_numbers() == private.private_numbers()


def attribute_request(device, folder, identifier):
    """A CSR with AsymmetricDecryptKeyIdentifier, which neither openssl req nor cryptography writes: made by hand."""
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, device.name)]).public_bytes()
    spki = key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    oid = bytes.fromhex("060b2a864886f70d0109100236")
    attribute = tlv(0x30, oid + tlv(0x31, tlv(0x04, identifier)))
    info = tlv(0x30, bytes.fromhex("020100") + subject + spki + tlv(0xa0, attribute))
    signature = key.sign(info, ec.ECDSA(hashes.SHA256()))
    algorithm = bytes.fromhex("300a06082a8648ce3d040302")
    return base64.encodebytes(tlv(0x30, info + algorithm + tlv(0x03, b"\0" + signature)))


def parts(headers, body):
    boundary = f"Content-Type: {headers['content-type']}\r\n\r\n".encode()
    told = message_from_bytes(boundary + body)
    assert told.get_content_type() == "multipart/mixed"
    return told.get_payload()


@pytest.mark.forms("sqlite")
def test_attributes_are_told_and_openssl_reads_them(platform, folder):
    status, body = get(platform, folder, "csrattrs")
    assert status == 200, body
    der = folder / "attributes.der"
    der.write_bytes(base64.b64decode(body))
    told = run("openssl", "asn1parse", "-inform", "DER", "-in", der).stdout
    assert "1.2.840.113549.1.9.16.2.61" in told and "commonName" in told, told


@pytest.mark.forms("sqlite", "postgresql", "mariadb")
def test_a_request_waits_for_a_person_and_is_found_again(platform, form, device, folder):
    policy = f"est-manual-{form}"
    platform.ers("policy", "apply", "-", stdin=f"""
        name: {policy}
        realm: default
        issuer: default-sub
        profile: ieee-802-1ar-ldevid
        protocols: [est]
        validity: {{default: 30d, longest: 90d}}
        subject: {{attributes: [CN], common_name: free}}
        names: {{dns: ['*']}}
        manual_approval: true
    """.replace("\n        ", "\n"))
    body = device.request()
    for base in (f"/est/{policy}", f"/.well-known/est/{policy}", f"/est/{policy}/.well-known/est"):
        status, headers, text = device.post("simpleenroll", body, *device.login, base=base)
        assert status == 202 and int(headers["retry-after"]) > 0, text
    rest = Rest(platform)
    secret = folder / "administrator-password"
    secret.write_text("a password for this story\n")
    platform.ers("password", "administrator", "--password-file", secret)
    assert rest.log_in("a password for this story")[0] == 200
    listed = rest("GET", "/v1/requests?state=pending-approval")[2]["requests"]
    waiting = [one["id"] for one in listed if one["policy"] == policy]
    assert len(waiting) == 1, listed
    assert rest("POST", f"/v1/requests/{waiting[0]}/decision", {"approve": True})[0] == 200
    status, _, made = device.post("simpleenroll", body, *device.login, base=f"/est/{policy}")
    assert status == 200, made
    device.take(made)
    status, _, _ = device.post("serverkeygen", body, *device.login, base=f"/est/{policy}")
    assert status == 501


@pytest.mark.forms("sqlite", "many-mariadb")
def test_what_cannot_be_read_is_told_so_and_nothing_is_issued(platform, device, folder):
    """Failure 41: cut off, giant lengths, deep nesting, too much."""
    good = device.request()
    der = base64.b64decode(good)
    giant = b"\x30\x84\x7f\xff\xff\xff" + der[4:]
    nested = b"\x30\x80" * 20_000
    for body, expected in ((b"", 400), (b"not base64!", 400), (der, 400), (base64.b64encode(der[:-10]), 400),
                           (base64.b64encode(giant), 400), (base64.b64encode(nested), 400), (b"A" * 140_000, (400, 413))):
        status, headers, text = device.post("simpleenroll", body, *device.login)
        assert status in (expected if isinstance(expected, tuple) else (expected,)), (body[:40], status, text)
        assert text, "no text for people"
    status, _, _ = device.post("simpleenroll", good, *device.login, kind="application/json")
    assert status == 415
    status, _, text = device.post("simpleenroll", good, *device.login, base="/est/nothing")
    assert status == 404 and b"policy" in text, text
    status, _, _ = device.post("simpleenroll", good, *device.login, base="/est/server")
    assert status == 404
    status, text = get(platform, folder, "simpleenroll")
    assert status == 405 and b"POST" in text
    assert platform.ers_json("cert", "list", "--search", device.name)["certificates"] == []


class Session:
    """A TLS 1.3 session by pyOpenSSL, which tells the session's secrets to its owner."""

    def __init__(self, platform):
        from OpenSSL import SSL

        context = SSL.Context(SSL.TLS_CLIENT_METHOD)
        context.load_verify_locations(str(platform.root))
        context.set_verify(SSL.VERIFY_PEER, lambda *told: bool(told[-1]))
        host, port = platform.url.split("://")[1].split(":")
        self.tls = SSL.Connection(context, socket.create_connection((host, int(port)), 30))
        self.tls.set_tlsext_host_name(host.encode())
        self.tls.set_connect_state()
        # blocking, for pyOpenSSL knows no timeouts
        self.tls.setblocking(True)
        self.tls.do_handshake()
        self.host = f"{host}:{port}"

    def binding(self):
        """tls-exporter, RFC 9266."""
        return base64.b64encode(self.tls.export_keying_material(b"EXPORTER-Channel-Binding", 32, b"")).decode()

    def enroll(self, policy, login, body):
        """The status of a simpleenroll."""
        basic = base64.b64encode(login.encode()).decode()
        head = (f"POST /est/{policy}/simpleenroll HTTP/1.1\r\nHost: {self.host}\r\nAuthorization: Basic {basic}\r\n"
                f"Content-Type: application/pkcs10\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n")
        self.tls.sendall(head.encode() + body)
        return int(self.tls.recv(4096).split(b" ")[1])


@pytest.mark.forms("sqlite")
def test_a_request_belongs_to_the_session_that_brings_it(platform, device, folder):
    definition = platform.ers("policy", "show", "est").stdout.replace("name: est", "name: est-linked", 1)
    lines = [line for line in definition.splitlines() if not line.startswith("est:")]
    platform.ers("policy", "apply", "-", stdin="\n".join(lines) + "\nest: {linking_required: true}\n")
    status, body = get(platform, folder, "csrattrs", "/est/est-linked")
    assert status == 200
    shown = run("openssl", "asn1parse", "-inform", "DER", "-in", _decoded(folder, body)).stdout
    assert "challengePassword" in shown, shown
    login = f"{device.name}:{PASSWORD}"

    def asked(proof):
        requested = folder / "linked.cnf"
        requested.write_text("[req]\nprompt=no\ndistinguished_name=name\nattributes=more\n"
                             f"[name]\nCN={device.name}\n[more]\nchallengePassword={proof}\n")
        run("openssl", "req", "-new", "-config", requested, "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
            "-keyout", device.key, "-outform", "DER", "-out", device.csr)
        return base64.encodebytes(device.csr.read_bytes())

    here, elsewhere = Session(platform), Session(platform)
    assert here.enroll("est-linked", login, asked(elsewhere.binding())) == 400
    assert elsewhere.enroll("est-linked", login, device.request()) == 400
    right = Session(platform)
    assert right.enroll("est-linked", login, asked(right.binding())) == 200


def _decoded(folder, body):
    file = folder / "decoded"
    file.write_bytes(base64.b64decode(body))
    return file
