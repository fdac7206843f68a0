"""What an operator gets wrong is refused when they install, by the name of the key; secrets may come from elsewhere.

- unknown keys, wrong types and values that no service would take never reach the cluster
- values that do not go together are refused with what to do
- every password can come from an existing Secret
"""

import json
import re
import subprocess
import sys

import pytest
import yaml

from harness.chart import (CHART, DEV, EVERYTHING, HA, HELMS, HSM, QUICKSTART, RELEASE, ROOT, TOOLS, Refused, main_container, paths, pod,
                           render, secret, text)
from harness.docs import shown

WRONG = [
    # what is written, and the key that the message names
    ({"ers.db.type": "oracle"}, "type"),
    ({"ers.db.hosts": ""}, "hosts"),
    ({"ers.db.host": "db"}, "host"),
    ({"ers.db.hosts": "a:1\\,b:2"}, "hosts"),
    ({"ers.defaultPki.rootCa.keyAlgorithm": "DSA"}, "keyAlgorithm"),
    ({"ers.defaultPki.subCa.keyParameter": "1024"}, "keyParameter"),
    ({"ers.defaultPki.rootCa.signatureAlgorithm": "SHA1withRSA"}, "signatureAlgorithm"),
    ({"ers.defaultPki.rootCa.validityInYears": "soon"}, "validityInYears"),
    ({"ers.defaultPki.common.country": "Germany"}, "country"),
    ({"ers.hsm.type": "Sofware"}, "type"),
    ({"ers.clmClients.acmeSever.enabled": "true"}, "acmeSever"),
    ({"ers.clmClients.acmeServer.enabled": "perhaps"}, "enabled"),
    ({"ingress.ers.host": ""}, "host"),
    ({"ingress.crl.hots": "x"}, "hots"),
    ({"acme.replicas": "many"}, "replicas"),
    ({"acme.replica": "2"}, "replica"),
    ({"signer.autoscaling.maxReplcas": "2"}, "maxReplcas"),
    ({"acmeServer.replicas": "1"}, "acmeServer"),
    ({"acme-server.replicas": "1"}, "acme-server"),
    ({"ers.hsm.pkcs11.sesions": "4"}, "sesions"),
    ({"ers.config.acme.limits": "1"}, "acme"),
    ({"ers.oidc.issuer": "http://id.example.com"}, "issuer"),
    ({"ers.oidc.roles[0].role": "auditor"}, "group"),
    ({"ingress.ports.https": "0"}, "https"),
    ({"ers.identities.source": "vault"}, "source"),
]


@pytest.mark.parametrize("version", HELMS)
def test_what_is_misspelt_or_wrong_is_refused_by_name(version):
    for values, key in WRONG:
        with pytest.raises(Refused, match="schema") as refused:
            text(QUICKSTART, tuple(values.items()), version=version)
        assert key in str(refused.value), values


# objects whose keys are the operator's own
FREE = re.compile(r"(Labels|[aA]nnotations|nodeSelector|labels|ers\.config\..+|hsm\.pkcs11)$")
# lists: an item with what it must have, as far as the chart knows what they hold
ITEMS = {
    "imagePullSecrets": {"name": "x"}, "extraVolumes": {"name": "x"}, "extraVolumeMounts": {"name": "x", "mountPath": "/x"},
    "extraInitContainers": {"name": "x"}, "extraContainers": {"name": "x"}, "extraEnvs": {"name": "X"}, "tolerations": {},
    "topologySpreadConstraints": {"maxSkew": 1, "topologyKey": "x", "whenUnsatisfiable": "DoNotSchedule"}, "ingressFrom": {},
    "metricsFrom": {}, "hsmTo": {}, "databaseTo": {}, "ers.oidc.roles": {"role": "x", "group": "x"},
}
TYPO = "misspelt"


def spoilt(value, path=""):
    """A value with a key too many in each object that it holds, and the places of those."""
    if isinstance(value, list):
        item = [item for key, item in ITEMS.items() if path.endswith(key)]
        return ([{**item[0], TYPO: 1}], [f"{path}.0"]) if item else (value, [])
    if not isinstance(value, dict) or FREE.search(path):
        return value, []
    found, places = {TYPO: 1}, [path]
    for key, inner in value.items():
        found[key], more = spoilt(inner, f"{path}.{key}".lstrip("."))
        places += more
    return found, places


@pytest.mark.parametrize("version", HELMS)
def test_a_key_that_is_misspelt_anywhere_is_refused_by_its_name_and_place(version, folder):
    values, places = spoilt(yaml.safe_load((CHART / "values.yaml").read_text()))
    # where the defaults are empty
    values["ers"]["hsm"]["pkcs11"] = {TYPO: 1, "slot": {TYPO: 1}, "mechanisms": {TYPO: 1}, "generation": {TYPO: 1}}
    places += [f"ers.hsm.pkcs11{inner}" for inner in ("", ".slot", ".mechanisms", ".generation")]
    values["ers"]["config"] = {"acme": {}, TYPO: {}}
    for block in ("signer", "keycloak"):
        for inner in ("requests", "limits"):
            values[block]["resources"][inner][TYPO] = "1"
    file = folder / "values.yaml"
    file.write_text(yaml.safe_dump(values))
    with pytest.raises(Refused) as refused:
        text.__wrapped__((*QUICKSTART, file), version=version)
    told = str(refused.value)
    assert len(places) > 180
    if version.startswith("3."):
        named = {match[1].replace("(root)", "") for match in re.finditer(rf"^- (.*): Additional property {TYPO} is not allowed", told, re.M)}
    else:
        named = {match[1].strip("/").replace("/", ".") for match in re.finditer(rf"^ *- at '(.*)': additional properties .*'{TYPO}'", told, re.M)}
    assert not set(places) - named


def test_what_the_schema_knows_of_kubernetes_is_what_kubernetes_knows():
    known = json.loads((CHART / "values.schema.json").read_text())["definitions"]
    [folder] = (TOOLS / "kubernetes-validate-1.37.0").glob("lib/*/site-packages/kubernetes_validate/kubernetes-json-schema/v1.37.0-local-strict")
    for name, ours in known.items():
        if name == "Image":
            continue
        group = "-networking" if name == "NetworkPolicyPeer" else ""
        theirs = json.loads((folder / f"{name.lower()}{group}-v1.json").read_text())
        assert set(ours["properties"]) == set(theirs["properties"]), name
        assert set(ours.get("required", [])) == set(theirs.get("required", [])), name


@pytest.mark.parametrize("version", HELMS)
def test_the_values_that_the_page_shows_are_accepted(version, folder):
    first, own = folder / "values.yaml", folder / "provider.yaml"
    first.write_text(shown("install.md", "3. Values"))
    objects = render((first,), version=version)
    env = {entry["name"]: entry for entry in main_container(objects, "clm-server")["env"]}
    assert env["ERS_DATABASE_PASSWORD"]["valueFrom"]["secretKeyRef"] == {"name": "ers-db", "key": "password"}
    assert main_container(objects, "acme-server")["image"] == "registry.example.com/pki/ers/acme:0.1.0"
    own.write_text(shown("install.md", "People who log in"))
    assert "ers-oidc" in str(main_container(render((first, own), version=version), "clm-server")["env"])


def test_without_hosts_nothing_is_installed():
    with pytest.raises(Refused) as refused:
        text((), ())
    for key in ("ers.db.hosts", "ingress.ers.host", "ingress.cara.host", "ingress.crl.host", "ingress.ocsp.host"):
        assert key in str(refused.value)


@pytest.mark.parametrize("files,values,told", [
    (QUICKSTART, {"acme.replicas": 2}, "ers.redis"),
    (QUICKSTART, {"ers.db.clmdb.password": ""}, "ers.db.clmdb.password"),
    (QUICKSTART, {"ers.db.tls.mode": "verified"}, "ers.db.tls.caSecret"),
    (QUICKSTART, {"ers.oidc.issuer": "https://id.example.com"}, "keycloak.enabled"),
    (QUICKSTART, {"ers.oidc.caSecret": "id-ca"}, "ers.oidc.issuer"),
    (QUICKSTART, {"ers.crl.intervalHours": 200}, "ers.crl.intervalHours"),
    (QUICKSTART, {"ingress.tls.existingSecret": "a", "ingress.tls.certManager.issuerName": "b"}, "ingress.tls"),
    (HSM, {"ers.hsm.pin": ""}, "ers.hsm.pin"),
    (HSM, {"ers.hsm.deviceUri": ""}, "ers.hsm.deviceUri"),
])
def test_what_does_not_go_together_is_refused_with_what_to_do(files, values, told):
    with pytest.raises(Refused, match="execution error") as refused:
        text(files, tuple(values.items()))
    assert told in str(refused.value)


def test_every_password_can_come_from_a_secret_of_ones_own():
    databases = {name: {"password": "", "existingSecret": f"{name}-password"} for name in ("caradb", "clmdb", "acmedb", "keycloakdb")}
    databases["clmdb"]["urlKey"] = "database-url"
    objects = render(HSM, values={"ers": {
        "db": databases, "hsm": {"pin": "", "masterPassword": "", "existingSecret": "hsm-secrets"},
        "redis": {"existingSecret": "redis-url"}, "keycloakAdminUser": {"existingSecret": "kc-admin"},
        "defaultPki": {"managementAdminUser": {"existingSecret": "admin-passwords"}},
    }})
    made = {name for kind, name in objects if kind == "Secret"}
    assert made == {f"{RELEASE}-ers-clients", f"{RELEASE}-database", f"{RELEASE}-migrate"}
    for name in ("database", "migrate"):
        assert not objects["Secret", f"{RELEASE}-{name}"].get("stringData")
    env = {entry["name"]: entry for entry in main_container(objects, "cara-ws-server")["env"]}
    assert env["ERS_DATABASE_PASSWORD"]["valueFrom"]["secretKeyRef"] == {"name": "caradb-password", "key": "password"}
    assert env["ERS_DATABASE_URL"]["value"] == "mysql://ers:$(ERS_DATABASE_PASSWORD)@192.0.2.189:3306/cara"
    env = {entry["name"]: entry for entry in main_container(objects, "clm-server")["env"]}
    assert env["ERS_DATABASE_URL"]["valueFrom"]["secretKeyRef"] == {"name": "clmdb-password", "key": "database-url"}
    env = {entry["name"]: entry for entry in main_container(objects, "keycloak")["env"]}
    assert env["KC_DB_PASSWORD"]["valueFrom"]["secretKeyRef"] == {"name": "keycloakdb-password", "key": "password"}
    assert env["KC_BOOTSTRAP_ADMIN_PASSWORD"]["valueFrom"]["secretKeyRef"] == {"name": "kc-admin", "key": "password"}
    named = {volume["name"]: volume for volume in pod(objects, "signer")["volumes"]}
    assert named["signer-secrets"]["secret"]["secretName"] == "hsm-secrets"


def test_no_secret_is_made_when_they_are_managed_elsewhere():
    assert not [name for kind, name in render(EVERYTHING, values={"secretsManagedElsewhere": True}) if kind == "Secret"]


def test_the_database_is_verified_by_its_ca():
    objects = render(values={"ers": {"db": {"tls": {"mode": "verified", "caSecret": "db-ca"}}}})
    assert secret(objects, f"{RELEASE}-database")["caradb-url"].endswith("/cara?ssl-mode=VERIFY_IDENTITY&ssl-ca=/etc/ers/database/ca.crt")
    for component, has in {"signer": True, "cara-ws-server": True, "acme-server": True, "rev-info": False}.items():
        mounts = [mount["mountPath"] for mount in main_container(objects, component)["volumeMounts"]]
        assert ("/etc/ers/database" in mounts) == has, component
    objects = render(values={"ers": {"db": {"type": "postgres", "tls": {"mode": "required"}}}})
    assert secret(objects, f"{RELEASE}-database")["clmdb-url"].endswith("/clm?sslmode=require")


def test_the_ingress_certificate_can_be_ones_own_or_cert_managers():
    made = lambda objects: yaml.safe_load(objects["ConfigMap", f"{RELEASE}-cara-ws-init"]["data"]["init.yaml"])["cluster"]["pki"].get("ingress")  # noqa: E731
    assert made(render()) == {"secret": f"{RELEASE}-ingress", "names": ["dns:erstest.example.com"]}
    own = render(values={"ingress": {"tls": {"existingSecret": "mine"}}})
    assert own["Ingress", f"{RELEASE}-ers"]["spec"]["tls"][0]["secretName"] == "mine" and made(own) is None
    managed = render(values={"ingress": {"tls": {"certManager": {"issuerName": "letsencrypt"}}}})
    assert managed["Certificate", f"{RELEASE}-ingress"]["spec"]["issuerRef"]["name"] == "letsencrypt" and made(managed) is None


def test_identities_can_come_from_cert_manager():
    objects = render(values={"ers": {"identities": {"source": "cert-manager"}}})
    spec = objects["Certificate", f"{RELEASE}-clm-server"]["spec"]
    assert spec["uris"] == ["spiffe://ers/clm-api"] and spec["dnsNames"] == ["clm-api.ers.internal"]
    assert spec["secretName"] == f"{RELEASE}-clm-server-tls" and spec["duration"] == "2160h"
    assert spec["issuerRef"]["name"] == f"{RELEASE}-identities"
    assert ("Job", f"{RELEASE}-identities") not in objects
    given = render(values={"ers": {"identities": {"source": "cert-manager", "certManager": {"issuerName": "corp", "issuerKind": "ClusterIssuer"}}}})
    assert given["Certificate", f"{RELEASE}-signer"]["spec"]["issuerRef"] == {"name": "corp", "kind": "ClusterIssuer", "group": "cert-manager.io"}
    assert not [name for kind, name in given if kind == "Issuer"]


def clm(objects):
    return yaml.safe_load(objects["ConfigMap", f"{RELEASE}-clm-server"]["data"]["clm-server.yaml"])["service"]


def init(objects):
    return yaml.safe_load(objects["ConfigMap", f"{RELEASE}-cara-ws-init"]["data"]["init.yaml"])


def environment(objects, component):
    return {entry["name"]: entry.get("valueFrom", {}).get("secretKeyRef") for entry in main_container(objects, component).get("env", [])}


def test_people_log_in_at_keycloak_unless_there_is_none():
    objects = render()
    oidc = clm(objects)["oidc"]
    assert (oidc["issuer"], oidc["internal_url"]) == ("https://erstest.example.com/auth/realms/ers", f"http://{RELEASE}-keycloak:8080/auth/realms/ers")
    assert (oidc["client_id"], oidc["first"], oidc["groups_claim"]) == ("clm-ui", True, "groups")
    kept = {"name": f"{RELEASE}-ers-clients", "key": "clm-ui-client-secret"}
    assert environment(objects, "clm-server")["ERS_OIDC_SECRET"] == environment(objects, "keycloak")["ERS_CLIENT_CLM_UI"] == kept
    realm = json.loads(objects["ConfigMap", f"{RELEASE}-keycloak-realm-json"]["data"]["ers-realm.json"])
    # each group of the realm has its role of CLM, and both know it by the same name
    groups = {(role, group["name"]) for group in realm["groups"] for role in group["realmRoles"]}
    assert {(given["role"], given["group"]) for given in init(objects)["roles"]} == groups >= {("administrator", "pki-administrators")}
    none = render(values={"keycloak": {"enabled": False}})
    assert "oidc" not in clm(none) and "roles" not in init(none) and "keycloak" not in init(none)
    assert "ERS_OIDC_SECRET" not in environment(none, "clm-server")


def test_replicas_of_clm_share_logins_in_redis():
    objects = render(HA)
    assert clm(objects)["redis"] == "env:ERS_REDIS_URL"
    assert environment(objects, "clm-server")["ERS_REDIS_URL"] == {"name": f"{RELEASE}-redis", "key": "url"}
    notes = lambda objects: objects["Ingress", f"{RELEASE}-ers-clm"]["metadata"]["annotations"]  # noqa: E731
    assert not [name for name in notes(objects) if "cookie" in name]
    without = render(values={"clm": {"replicas": 2}})
    assert "redis" not in clm(without) and notes(without)["nginx.ingress.kubernetes.io/affinity"] == "cookie"
    port = render(values={"ers": {"redis": {"url": "rediss://user:p@redis.example.com:7000/0"}}})
    for component in ("clm-server", "acme-server"):
        rules = port["NetworkPolicy", f"{RELEASE}-{component}"]["spec"]["egress"]
        assert 7000 in [entry["port"] for rule in rules for entry in rule.get("ports", [])]


def test_an_openid_provider_of_ones_own_is_what_clm_asks():
    objects = render(values={"keycloak": {"enabled": False}, "ers": {"oidc": {
        "issuer": "https://id.example.com:9443/x", "clientId": "ers-ui", "existingSecret": "id-client", "caSecret": "id-ca", "first": False,
        "usernameClaim": "email", "groupsClaim": "roles", "scopes": ["openid", "email"], "roles": [{"role": "auditor", "group": "g 1"}]}}})
    assert clm(objects)["oidc"] == {
        "issuer": "https://id.example.com:9443/x", "client_id": "ers-ui", "client_secret": "env:ERS_OIDC_SECRET", "first": False,
        "external_url": "https://erstest.example.com", "authorities": "/etc/ers/oidc/ca.crt", "scopes": ["openid", "email"],
        "username_claim": "email", "groups_claim": "roles"}
    assert environment(objects, "clm-server")["ERS_OIDC_SECRET"] == {"name": "id-client", "key": "client-secret"}
    assert "/etc/ers/oidc" in [mount["mountPath"] for mount in main_container(objects, "clm-server")["volumeMounts"]]
    assert init(objects)["roles"] == [{"role": "auditor", "group": "g 1"}] and "keycloak" not in init(objects)
    rules = objects["NetworkPolicy", f"{RELEASE}-clm-server"]["spec"]["egress"]
    assert 9443 in [entry["port"] for rule in rules for entry in rule.get("ports", [])]
    public = render(values={"keycloak": {"enabled": False}, "ers": {"oidc": {"issuer": "https://id.example.com"}}})
    assert "client_secret" not in clm(public)["oidc"] and "ERS_OIDC_SECRET" not in environment(public, "clm-server")


def test_an_openid_provider_of_ones_own_takes_keycloaks_place():
    objects = render(values={"keycloak": {"enabled": False}, "ers": {"oidc": {"issuer": "https://id.example.com", "clientId": "ers-ui"}}})
    assert not [name for kind, name in objects if name == f"{RELEASE}-keycloak" and kind != "NetworkPolicy"]
    assert "/auth" not in {path for _, path in paths(objects)}
    assert secret(objects, f"{RELEASE}-ers-clients")["clm-ui-client-id"] == "ers-ui"


def test_a_services_own_keys_can_be_given():
    objects = render(values={"ers": {"config": {"acme-server": {"validation": {"resolvers": ["192.0.2.53:53"]}, "website": "https://x.example.com"}}}})
    config = yaml.safe_load(objects["ConfigMap", f"{RELEASE}-acme-server"]["data"]["acme-server.yaml"])["service"]
    assert config["validation"] == {"resolvers": ["192.0.2.53:53"]} and config["clm"] == f"{RELEASE}-clm-server:9443"


def test_trying_out_brings_a_database_for_everything():
    objects = render(DEV)
    made = objects["ConfigMap", f"{RELEASE}-postgres"]["data"]["databases.sql"]
    for name in ("cara", "clm", "acme", "keycloak"):
        assert f'CREATE DATABASE "{name}"' in made
    assert secret(objects, f"{RELEASE}-database")["caradb-url"] == f"postgres://ers:changeit@{RELEASE}-postgres:5432/cara"


def test_a_password_that_was_not_given_is_made_at_random():
    values = (("ers.hsm.masterPassword", ""),)
    made = [secret(render(QUICKSTART, (*values, ("telemetry.log", level))), f"{RELEASE}-signer-secrets")["master-password"] for level in ("info", "warn")]
    assert len(made[0]) == 32 and made[0] != made[1]


def test_schema_and_table_of_values_are_made_from_the_values():
    told = subprocess.run([sys.executable, ROOT / "scripts" / "chart.py", "--check"], capture_output=True, text=True)
    assert told.returncode == 0, told.stderr
    assert json.loads((CHART / "values.schema.json").read_text())["additionalProperties"] is False


@pytest.mark.parametrize("files", [QUICKSTART, HSM, HA, DEV], ids=["quickstart", "hsm", "ha", "dev"])
def test_images_come_from_the_registry_that_is_named(files):
    objects = render(files, values={"image": {"registry": "registry.example.com/pki", "tag": "7.0"}, "imagePullSecrets": [{"name": "pull"}]})
    assert main_container(objects, "signer")["image"] == "registry.example.com/pki/ers/signer:7.0"
    assert main_container(objects, "keycloak")["image"].startswith("quay.io/keycloak/keycloak:26.")
    assert pod(objects, "acme-server")["imagePullSecrets"] == [{"name": "pull"}]
