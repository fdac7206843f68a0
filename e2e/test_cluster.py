"""What the init job keeps in a cluster's Secrets (a stand-in has them), read by openssl and curl.

Promises:
- Identities are there before any service runs; what is good stays, what is not is made anew.
- The administrator's PKCS#12 opens CARA's door, and the ingress has a certificate of a CA of ours.
- Broken off after any of its writes and run again, it finishes the work and issues nothing twice.
- The password of CLM's administrator is set once; from then on it is theirs.
- Several may bring schemas up to date at once.
- Emptied databases under kept Secrets get an administrator of their own.
"""

import json

import pytest
import yaml

from harness.platform import binary
from harness.process import Server, run
from harness.rest import Rest
from harness.secrets_api import SecretsApi
from harness.servers import MariaDb, PostgreSql

PASSWORD = "changeit"
NAMES = ["dns:ers.example.test", "dns:cara.example.test"]


@pytest.fixture
def api(folder):
    api = SecretsApi(folder)
    yield api
    api.stop()


def configuration(api, folder, user="devops", beside=None, **more):
    file = folder / "init.yaml"
    file.write_text(yaml.safe_dump({"wait": "1m", **(beside or {}), "cluster": {
        "api": api.config,
        "labels": {"app.kubernetes.io/instance": "test"},
        "state_secret": "test-init",
        "identities": {"secrets": {"test-signer-tls": "signer", "test-cara-ws-server-tls": "cara-ws"}},
        "pki": {
            "default_cas_secret": "test-default-cas",
            "trusted_cas_secret": "test-trust-cas",
            "management_root_secret": "test-keycloak",
            "management_user": {"secret": "test-management-user", "name": user, "subject": "CN=Devops Devops",
                                "email": "devops@example.com", "password": PASSWORD},
            "ingress": {"secret": "test-ingress", "names": NAMES},
        },
        **more,
    }}))
    return file


def kept(api, folder, secret, key):
    """A value as a file."""
    file = folder / f"{secret}-{key}"
    file.write_bytes(api.value(secret, key))
    return file


def ers(*arguments, check=True):
    return run(binary("ers"), *arguments, check=check, seconds=60)


def test_identities_stand_before_any_service(api, folder):
    config = configuration(api, folder)
    ers("identity", "secrets", "--config", config)
    assert set(api.secrets) == {"test-init", "test-signer-tls", "test-cara-ws-server-tls"}
    believed = kept(api, folder, "test-signer-tls", "ca.crt")
    for secret in ("test-signer-tls", "test-cara-ws-server-tls"):
        assert api.secrets[secret]["type"] == "kubernetes.io/tls"
        assert api.secrets[secret]["metadata"]["labels"] == {"app.kubernetes.io/instance": "test"}
        certificate, key = kept(api, folder, secret, "tls.crt"), kept(api, folder, secret, "tls.key")
        run("openssl", "verify", "-CAfile", believed, certificate)
        public = run("openssl", "x509", "-in", certificate, "-noout", "-pubkey").stdout
        assert run("openssl", "pkey", "-in", key, "-pubout").stdout == public
    text = run("openssl", "x509", "-in", folder / "test-signer-tls-tls.crt", "-noout", "-ext", "subjectAltName").stdout
    assert "URI:spiffe://ers/signer" in text

    before = json.dumps(api.secrets["test-signer-tls"]["data"])
    del api.secrets["test-cara-ws-server-tls"]
    writes = api.writes
    outcome = ers("identity", "secrets", "--config", config)
    assert "signer (secret test-signer-tls) stays" in outcome.stderr
    assert json.dumps(api.secrets["test-signer-tls"]["data"]) == before and api.writes == writes + 1
    run("openssl", "verify", "-CAfile", believed, kept(api, folder, "test-cara-ws-server-tls", "tls.crt"))


def test_a_token_that_is_not_known_is_told(api, folder):
    api.token.write_text("another")
    refused = ers("identity", "secrets", "--config", configuration(api, folder), check=False)
    assert refused.code != 0 and "401" in refused.stderr and "service account" in refused.stderr
    assert "another" not in refused.stderr and not api.secrets


def test_keys_that_nobody_knows_are_refused_by_name(api, folder):
    file = configuration(api, folder, stat_secret="x")
    refused = ers("identity", "secrets", "--config", file, check=False)
    assert refused.code != 0 and "stat_secret" in refused.stderr


@pytest.mark.forms("sqlite", "many-postgresql")
def test_the_init_job_finishes_what_was_broken_off(platform, form, api, folder):
    user = f"devops-{form}"
    config = configuration(api, folder, user)
    ers("identity", "secrets", "--config", config)
    made = issued(platform)
    for _ in range(20):
        api.writes_allowed = api.writes + 1
        outcome = platform.ers("init", "--config", config, check=False)
        if outcome.code == 0:
            break
        assert "forbidden" in outcome.stderr, outcome.stderr
    else:
        raise AssertionError("it never finished")
    assert issued(platform) == made + 2, "one certificate of the administrator, one of the ingress"
    assert set(api.secrets["test-init"]["data"]) == {"authority.crt", "authority.key"}, "no key lies about"

    file = kept(api, folder, "test-management-user", "management-user")
    status = run("curl", "--silent", "--cacert", platform.root, "--cert-type", "P12", "--cert", f"{file}:{PASSWORD}",
                 f"{platform.url}/cara-ws-server/v1/session").stdout
    assert json.loads(status)["administrator"] == user
    believed = kept(api, folder, "test-trust-cas", "ca.crt")
    chain = kept(api, folder, "test-ingress", "tls.crt")
    root = kept(api, folder, "test-default-cas", "default-root.pem")
    run("openssl", "verify", "-CAfile", root, "-untrusted", chain, "-verify_hostname", "ers.example.test", chain)
    assert api.value("test-keycloak", "ca.crt") in believed.read_bytes()

    api.writes_allowed = api.writes
    before = (api.value("test-management-user", "management-user"), api.value("test-ingress", "tls.crt"))
    platform.ers("init", "--config", config)
    assert (api.value("test-management-user", "management-user"), api.value("test-ingress", "tls.crt")) == before

    api.writes_allowed = None
    roles = [word for role in ("ca-administrator", "ra", "auditor", "operator") for word in ("--role", role)]
    platform.ers("administrator", "add", f"{user}-2", *roles, "--out", folder / "second.p12")
    platform.ers("administrator", "remove", user)
    platform.ers("init", "--config", config)
    after = api.value("test-management-user", "management-user")
    assert after != before[0], "the one of before shows nobody"


@pytest.mark.forms("sqlite")
def test_a_password_is_set_once(platform, form, api, folder):
    first, second = ({"administrator": {"username": "administrator", "password": word}} for word in ("first-Of-1000", "second-Of-1000"))
    outcome = platform.ers("init", "--config", configuration(api, folder, f"once-{form}", first))
    assert "password of administrator\n" in outcome.stderr
    outcome = platform.ers("init", "--config", configuration(api, folder, f"once-{form}", second))
    assert "password of administrator stays" in outcome.stderr
    session = Rest(platform)
    assert session.log_in("first-Of-1000")[0] == 200


@pytest.mark.parametrize("kind", [PostgreSql, MariaDb])
def test_of_several_that_bring_schemas_up_to_date_at_once_each_succeeds(kind, world, folder):
    database = world.server(kind)
    name = f"several_{folder.name[-6:].lower()}"
    url = database.create(name)
    file = folder / "migrate.yaml"
    file.write_text(yaml.safe_dump({"databases": {service: url for service in ("signer", "cara", "clm", "acme", "scep", "cmp")}}))
    started = [Server(f"migrate-{number}", [binary("ers"), "migrate", "--config", file], folder).start() for number in range(4)]
    for each in started:
        assert each.process.wait(timeout=120) == 0, each.text()
        assert "schema of cmp" in each.text() and "up to date" in each.text()
    for service in ("signer", "cara", "clm", "acme", "scep", "cmp"):
        [[rows, names]] = database.rows(url, f"SELECT COUNT(*), COUNT(DISTINCT version) FROM schema_change_{service}")
        assert rows == names != "0"


def issued(platform):
    """How many certificates CARA has issued to administrators and ingresses of this kind."""
    counted = "SELECT COUNT(*) FROM certificate WHERE request_id LIKE '%management-user-%' OR request_id LIKE '%ingress-%'"
    return int(platform.rows("cara", counted)[0][0])
