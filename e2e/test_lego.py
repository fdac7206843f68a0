"""lego, as Debian ships it.

Promises:
- lego obtains a certificate by http-01, renews it, and revokes it; OCSP follows within one second.
- lego obtains certificates by dns-01, for several names and a wildcard.
- lego gets in with an external account key, and a wrong key does not.
- Several lego at once each get their own certificate.
"""

from concurrent.futures import ThreadPoolExecutor

import pytest

from harness.clients import Lego, names, ocsp, serial, until_ocsp_says, verify


@pytest.mark.parametrize("key_type", ["ec256", "rsa2048"])
def test_lego_obtains_renews_and_revokes_by_http_01(platform, host, folder, key_type):
    lego = Lego(platform, folder)
    lego.obtain_by_http(host) if key_type == "ec256" else lego("--key-type", key_type, *lego._http(host), "run")
    leaf, issuer = lego.certificate(host.name), lego.issuer(host.name)
    verify(platform, leaf, issuer, "-purpose", "sslserver", "-verify_hostname", host.name)
    assert names(leaf) == [host.name]
    first = serial(leaf)

    lego.renew_by_http(host)
    assert serial(leaf) != first
    assert ocsp(platform, leaf, issuer) == "good"

    lego.revoke(host, reason=4)
    until_ocsp_says("revoked", platform, leaf, issuer, seconds=1)


def test_lego_obtains_several_names_by_dns_01(platform, host, folder):
    lego = Lego(platform, folder)
    wanted = [host.name, f"*.{host.name}", f"other.{host.name}"]
    lego.obtain_by_dns(*wanted)
    leaf = lego.certificate(host.name)
    verify(platform, leaf, lego.issuer(host.name))
    assert names(leaf) == sorted(wanted)


def test_lego_with_an_external_account(platform, host, folder):
    key = platform.ers_json("acme-account-key", "create", "--policy", "acme-eab")
    wrong = {**key, "mac_key": "AAAA" + key["mac_key"][4:]}
    refused = Lego(platform, folder / "wrong", "acme-eab", wrong).obtain_by_http(host, check=False)
    assert refused.code != 0

    lego = Lego(platform, folder / "right", "acme-eab", key)
    lego.obtain_by_http(host)
    verify(platform, lego.certificate(host.name), lego.issuer(host.name))
    shown = platform.ers_json("cert", "show", serial(lego.certificate(host.name)))
    assert shown["policy"] == "acme-eab"
    lego.revoke(host)
    until_ocsp_says("revoked", platform, lego.certificate(host.name), lego.issuer(host.name), seconds=1)


def test_several_lego_at_once_each_get_their_own_certificate(platform, folder):
    hosts = [platform.host(f"busy{number}") for number in range(6)]

    def obtain(host):
        lego = Lego(platform, folder / host.name)
        lego.obtain_by_http(host)
        assert names(lego.certificate(host.name)) == [host.name]
        return serial(lego.certificate(host.name))

    with ThreadPoolExecutor(len(hosts)) as workers:
        serials = list(workers.map(obtain, hosts))
    assert len(set(serials)) == len(hosts)
