"""certbot, as Debian ships it.

Promises:
- certbot obtains a certificate by http-01, openssl accepts its chain up to the root, and it carries exactly the name asked for.
- certbot renews: another serial, the same name.
- certbot revokes: within one second OCSP says so, and the CRL agrees.
- certbot obtains a certificate for a name and its wildcard by dns-01.
- Where a policy wants an external account, certbot gets in with the key that the administrator made, and not without it.
- A name whose challenge is not answered gets no certificate, and certbot is told which name and why.
"""

from harness.clients import Certbot, crl, names, ocsp, read, serial, until_ocsp_says, verify
from harness.process import run
from harness.waiting import until


def test_certbot_obtains_renews_and_revokes_by_http_01(platform, host, folder):
    certbot = Certbot(platform, folder)
    certbot.obtain_by_http(host)
    live = certbot.live(host.name)
    leaf, chain = live / "cert.pem", live / "chain.pem"
    verify(platform, leaf, chain, "-purpose", "sslserver", "-verify_hostname", host.name)
    assert names(leaf) == [host.name]
    first = serial(leaf)

    certbot.obtain_by_http(host, "--force-renewal")
    assert serial(leaf) != first
    assert names(leaf) == [host.name]
    verify(platform, leaf, chain)
    assert ocsp(platform, leaf, chain) == "good"

    second = read(leaf).serial_number
    certbot("revoke", "--cert-path", leaf, "--reason", "superseded", "--no-delete-after-revoke")
    until_ocsp_says("revoked", platform, leaf, chain, seconds=1)
    entry = until("the CRL lists it",
                  lambda: crl(platform, leaf, chain, folder).get_revoked_certificate_by_serial_number(second), 10)
    assert entry.extensions[0].value.reason.value == "superseded"


def test_certbot_renew_finds_its_own_configuration_again(platform, host, folder):
    certbot = Certbot(platform, folder)
    certbot.obtain_by_http(host)
    first = serial(certbot.live(host.name) / "cert.pem")
    certbot("renew", "--force-renewal", "--no-random-sleep-on-renew")
    assert serial(certbot.live(host.name) / "cert.pem") != first


def test_certbot_obtains_a_wildcard_by_dns_01(platform, host, folder):
    certbot = Certbot(platform, folder)
    certbot.obtain_by_dns(host.name, f"*.{host.name}")
    live = certbot.live(host.name)
    verify(platform, live / "cert.pem", live / "chain.pem", "-verify_hostname", f"www.{host.name}")
    assert names(live / "cert.pem") == sorted([host.name, f"*.{host.name}"])


def test_certbot_with_an_external_account(platform, host, folder):
    refused = Certbot(platform, folder / "without", "acme-eab").obtain_by_http(host, check=False)
    assert refused.code != 0
    assert "external" in (refused.stdout + refused.stderr).lower(), str(refused)

    key = platform.ers_json("acme-account-key", "create", "--policy", "acme-eab")
    certbot = Certbot(platform, folder / "with", "acme-eab", key)
    certbot.obtain_by_http(host)
    live = certbot.live(host.name)
    verify(platform, live / "cert.pem", live / "chain.pem")


def test_an_unanswered_challenge_gives_no_certificate(platform, folder):
    nobody = platform.host("nobody")
    hooks = folder / "idle"
    hooks.write_text("#!/bin/sh\n")
    hooks.chmod(0o755)
    certbot = Certbot(platform, folder)
    refused = certbot("certonly", "--manual", "--preferred-challenges", "http", "--manual-auth-hook", hooks,
                      "-d", nobody.name, *certbot.account, check=False)
    assert refused.code != 0
    assert nobody.name in refused.stdout + refused.stderr, str(refused)
    assert not certbot.live(nobody.name).exists()
    listed = platform.ers_json("cert", "list", "--search", nobody.name)
    assert listed["certificates"] == []


def test_a_csr_of_our_own_through_certbot(platform, host, folder):
    key, csr = folder / "key.pem", folder / "csr.pem"
    run("openssl", "req", "-new", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", csr, "-subj", "/",
        "-addext", f"subjectAltName=DNS:{host.name}")
    certbot = Certbot(platform, folder)
    certbot.obtain_by_http(host, "--csr", csr, "--cert-path", folder / "cert.pem", "--chain-path", folder / "chain.pem",
                           "--fullchain-path", folder / "full.pem")
    verify(platform, folder / "cert.pem", folder / "chain.pem")
    asked = run("openssl", "pkey", "-in", key, "-pubout").stdout
    assert run("openssl", "x509", "-in", folder / "cert.pem", "-noout", "-pubkey").stdout == asked
