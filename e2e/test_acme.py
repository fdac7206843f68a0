"""What is new in ACME, told by foreign clients: lego as Debian ships it, and the certbot of PyPI.

Promises:
- lego proves a name by tls-alpn-01.
- certbot obtains a certificate for an address, which openssl accepts for it.
- certbot renews a certificate that is not old when it is told to (RFC 9773): after its revocation; and leaves one alone
  that nobody wants renewed.
- certbot obtains a certificate under the profile that it asks for, and none under one that is not offered.
- Where a policy honours CAA, a name whose records do not name the CA gets no certificate.
- Any other who asks for the renewal information of a certificate is told the same, without an account.
"""

import base64
import json

import pytest
from cryptography import x509

from harness.clients import Lego, NewCertbot, addresses, names, read, serial, verify
from harness.process import run

FORMS = ("sqlite", "many-postgresql", "mariadb")


def policy(platform, base, name, **more):
    """Another ACME policy: as `base`, with these settings under `acme`; returns its name."""
    definition = platform.ers("policy", "show", base).stdout
    lines = [line for line in definition.splitlines() if not line.startswith("acme:")]
    text = "\n".join(lines).replace(f"name: {base}", f"name: {name}", 1) + f"\nacme: {json.dumps(more)}\n"
    platform.ers("policy", "apply", "-", stdin=text)
    return name


def renewal_info(platform, certificate, policy=None):
    """What the server says of a certificate to whoever asks."""
    directory = json.loads(run("curl", "--silent", "--fail", "--cacert", platform.root, platform.directory(policy)).stdout)
    found = read(certificate)
    key = found.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value.key_identifier
    number = found.serial_number
    octets = number.to_bytes(number.bit_length() // 8 + 1, "big")
    identifier = ".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in (key, octets))
    url = f"{directory['renewalInfo']}/{identifier}"
    return json.loads(run("curl", "--silent", "--fail", "--cacert", platform.root, url).stdout)["suggestedWindow"]


@pytest.mark.forms(*FORMS)
def test_lego_by_tls_alpn_01(platform, host, folder):
    lego = Lego(platform, folder)
    lego.obtain_by_tls(host, host.name)
    leaf = lego.certificate(host.name)
    verify(platform, leaf, lego.issuer(host.name), "-purpose", "sslserver", "-verify_hostname", host.name)
    assert names(leaf) == [host.name]


@pytest.mark.forms(*FORMS)
def test_certbot_for_an_address(platform, host, folder):
    certbot = NewCertbot(platform, folder)
    certbot.obtain_for_address(host)
    live = certbot.live(host.name)
    assert addresses(live / "cert.pem") == [host.address]
    verify(platform, live / "cert.pem", live / "chain.pem", "-verify_ip", host.address)


@pytest.mark.forms(*FORMS)
def test_certbot_renews_what_was_revoked_and_nothing_else(platform, folder):
    certbot = NewCertbot(platform, folder)
    kept, revoked = platform.host("kept"), platform.host("revoked")
    leaves = {}
    for host in (kept, revoked):
        certbot.obtain_by_http(host)
        leaves[host] = certbot.live(host.name) / "cert.pem"
    before = {host: serial(leaf) for host, leaf in leaves.items()}
    later = renewal_info(platform, leaves[kept])
    assert later["start"] > read(leaves[kept]).not_valid_before.isoformat()

    platform.ers("cert", "revoke", before[revoked], "--reason", "superseded")
    at_once = renewal_info(platform, leaves[revoked])
    assert at_once["start"] < later["start"]
    # certbot answers http-01 at one address: the one whose renewal is wanted
    certbot("renew", "--no-random-sleep-on-renew", "--http-01-address", revoked.address)
    after = {host: serial(leaf) for host, leaf in leaves.items()}
    assert after[revoked] != before[revoked]
    assert after[kept] == before[kept]


@pytest.mark.forms(*FORMS)
def test_certbot_chooses_a_profile(platform, host, folder):
    short = policy(platform, "acme", f"short-{host.name.split('.')[0]}")
    offering = policy(platform, "acme", f"offering-{host.name.split('.')[0]}", profiles=[short])
    certbot = NewCertbot(platform, folder, offering)
    certbot.obtain_by_http(host, "--required-profile", short)
    leaf = certbot.live(host.name) / "cert.pem"
    shown = platform.ers_json("cert", "show", serial(leaf))
    assert shown["policy"] == short
    other = platform.host("other")
    refused = certbot.obtain_by_http(other, "--required-profile", "no-such", check=False)
    assert refused.code != 0
    assert "profile" in (refused.stdout + refused.stderr).lower(), str(refused)


@pytest.mark.forms(*FORMS)
def test_caa_is_honoured_where_the_policy_says_so(platform, folder):
    """Failure 35: a CAA record that names another CA."""
    free, bound = platform.host("free"), platform.host("bound")
    platform.dns.set_caa(bound.name, "other-ca.test")
    honouring = policy(platform, "acme", f"caa-{free.name.split('.')[0]}", honour_caa=True, caa_identities=["ers.test"])
    lego = Lego(platform, folder, honouring)
    lego.obtain_by_http(free)
    refused = lego.obtain_by_http(bound, check=False)
    assert refused.code != 0
    assert "caa" in (refused.stdout + refused.stderr).lower(), str(refused)
    platform.dns.set_caa(bound.name, "ers.test")
    lego.obtain_by_http(bound)
