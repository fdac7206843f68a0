"""What the world is told of a certificate: OCSP and CRL, read by openssl.

Promises:
- A certificate in force is good, over POST and over GET, and the answer is signed by a responder that the CA appointed.
- Revoked on the command line, it is revoked for OCSP within one second, with the time and the reason, and on the CRL.
- A serial that was never issued is unknown, not good.
- The CRL is signed by its issuer, and its number grows.
- What is not a request is refused, and the responder lives on.
- The issuer's certificate lies where the certificate says.
- Caches are told how long an answer holds.
"""

import base64
import secrets

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509 import ocsp as asn1

from harness.clients import crl, fetch_issuer, ocsp, read, until_ocsp_says, verify
from harness.process import run
from harness.waiting import until


@pytest.fixture
def issued(platform, host, folder):
    """A certificate made on the command line: (leaf, issuer) files."""
    leaf = platform.issue(folder, host.name)
    return leaf, fetch_issuer(platform, leaf, folder)


def test_a_certificate_in_force_is_good(platform, issued):
    assert ocsp(platform, *issued) == "good"


def test_revocation_reaches_ocsp_within_a_second_and_the_crl(platform, issued, folder):
    leaf, issuer = issued
    certificate = read(leaf)
    assert ocsp(platform, leaf, issuer) == "good"  # and is now cached
    before = crl(platform, leaf, issuer, folder)
    platform.ers("cert", "revoke", f"{certificate.serial_number:x}", "--reason", "keyCompromise")
    until_ocsp_says("revoked", platform, leaf, issuer, seconds=1)

    def listed():
        return crl(platform, leaf, issuer, folder).get_revoked_certificate_by_serial_number(certificate.serial_number)

    entry = until("the CRL lists it", listed, 10)
    assert entry.extensions[0].value.reason.value == "keyCompromise"
    assert _number(crl(platform, leaf, issuer, folder)) > _number(before)
    told = run("openssl", "verify", "-crl_check", "-CAfile", platform.root, "-untrusted", issuer,
               "-CRLfile", _pem(folder), leaf, check=False)
    assert "certificate revoked" in told.stdout + told.stderr, str(told)


def test_a_serial_never_issued_is_unknown(platform, issued):
    leaf, issuer = issued
    assert ocsp(platform, leaf, issuer, serial_number=f"7{secrets.token_hex(18)}") == "unknown"


def test_get_and_post_give_the_same_answer(platform, issued, folder):
    leaf, issuer = issued
    request = asn1.OCSPRequestBuilder().add_certificate(read(leaf), read(issuer), hashes.SHA1()).build()
    body = request.public_bytes(serialization.Encoding.DER)
    url = run("openssl", "x509", "-noout", "-ocsp_uri", "-in", leaf).stdout.strip().rstrip("/")
    path = base64.b64encode(body).decode().replace("+", "%2B").replace("/", "%2F").replace("=", "%3D")
    headers = folder / "headers"
    run("curl", "-sSf", "-D", headers, "-o", folder / "get", f"{url}/{path}")
    (folder / "body").write_bytes(body)
    run("curl", "-sSf", "-o", folder / "post", "-H", "content-type: application/ocsp-request",
        "--data-binary", f"@{folder / 'body'}", url)
    answers = [asn1.load_der_ocsp_response((folder / way).read_bytes()) for way in ("get", "post")]
    assert [answer.certificate_status for answer in answers] == [asn1.OCSPCertStatus.GOOD] * 2
    assert {answer.serial_number for answer in answers} == {read(leaf).serial_number}
    told = headers.read_text().lower()
    assert "content-type: application/ocsp-response" in told
    assert "cache-control:" in told and "max-age=" in told, told


def test_what_is_no_request_is_refused(platform, issued):
    leaf, issuer = issued
    url = run("openssl", "x509", "-noout", "-ocsp_uri", "-in", leaf).stdout.strip()
    answer = run("curl", "-sS", "-o", "/dev/null", "-w", "%{http_code}", "-H", "content-type: application/ocsp-request",
                 "--data-binary", "nonsense", url)
    assert answer.stdout in ("200", "400"), str(answer)  # RFC 6960: malformedRequest may ride on 200
    assert ocsp(platform, leaf, issuer) == "good"


def test_the_issuer_certificate_is_where_the_certificate_says(platform, issued):
    leaf, issuer = issued
    verify(platform, leaf, issuer)


def _number(revocation_list):
    return revocation_list.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number


def _pem(folder):
    run("openssl", "crl", "-inform", "DER", "-in", folder / "issuer.crl", "-out", folder / "issuer.crl.pem")
    return folder / "issuer.crl.pem"
