"""The install contract, to the letter: every name, label, key, path and port that an operator relies on.

- the two values files of the contract are accepted unchanged, by the oldest and the newest helm
- workloads, Services, ConfigMaps, Secrets and the Ingress are called what the contract calls them
- a server that is switched off leaves nothing behind
- HSM extras under `ws` reach the signer, and only the signer
"""

import json
import shutil

import pytest
import yaml

from harness.chart import (CHART, HA, HELMS, HSM, NAMESPACE, QUICKSTART, RELEASE, helm, main_container, paths, pod, render, secret, text,
                           workload)

HOST = "erstest.example.com"
WORKLOADS = {
    "signer": "StatefulSet", "cara-ws-server": "StatefulSet", "cara-admin": "Deployment", "clm-server": "StatefulSet",
    "clm-ui": "Deployment", "rev-info": "Deployment", "acme-server": "Deployment", "est-server": "Deployment",
    "cmp-server": "StatefulSet", "scep-server": "StatefulSet", "keycloak": "StatefulSet",
}
BLOCKS = {
    "signer": "signer", "ws": "cara-ws-server", "clm": "clm-server", "clmUi": "clm-ui", "caraAdmin": "cara-admin",
    "revInfo": "rev-info", "acme": "acme-server", "est": "est-server", "cmp": "cmp-server", "scep": "scep-server",
    "aec": "aec-server", "operator": "operator", "keycloak": "keycloak",
}
ALL_ON = {"ers": {"clmClients": {"aecServer": {"enabled": True}}}, "operator": {"enabled": True}}
SERVERS = {
    "acmeServer": ("acme-server", ["/acme"]), "estServer": ("est-server", ["/est", "/.well-known/est"]),
    "cmpServer": ("cmp-server", ["/cmp", "/.well-known/cmp"]), "scepServer": ("scep-server", ["/scep"]),
}


@pytest.mark.parametrize("version", HELMS)
@pytest.mark.parametrize("files", [QUICKSTART, HSM], ids=["quickstart", "hsm"])
def test_the_values_of_the_contract_are_accepted_unchanged(files, version):
    assert len(render(files, version=version)) > 50


@pytest.mark.parametrize("component,kind", WORKLOADS.items())
def test_each_workload_has_its_name_kind_and_labels(component, kind):
    objects = render()
    found = objects[kind, f"{RELEASE}-{component}"]
    version = yaml.safe_load((CHART / "Chart.yaml").read_text())["version"]
    labels = found["metadata"]["labels"]
    assert labels["helm.sh/chart"] == f"ers-{version}"
    assert labels["app.kubernetes.io/name"] == "ers"
    assert labels["app.kubernetes.io/instance"] == RELEASE
    assert labels["app.kubernetes.io/managed-by"] == "Helm"
    on_pod = found["spec"]["template"]["metadata"]["labels"]
    image = main_container(objects, component)["image"]
    assert on_pod["app.kubernetes.io/name"] == "ers"
    assert on_pod["app.kubernetes.io/instance"] == RELEASE
    assert on_pod["app.kubernetes.io/component"] == component
    assert on_pod["app.kubernetes.io/version"] == image.rsplit(":", 1)[1]
    assert found["spec"]["selector"]["matchLabels"].items() <= on_pod.items()
    assert found["metadata"]["namespace"] == NAMESPACE


def test_microsoft_enrolment_and_the_operator_are_off_until_they_are_switched_on():
    objects = render()
    assert workload(objects, "aec-server") is None and workload(objects, "operator") is None
    objects = render(values=ALL_ON)
    assert workload(objects, "aec-server")["kind"] == "Deployment" and workload(objects, "operator")["kind"] == "Deployment"
    assert paths(objects)[HOST, "/aec"] == (f"{RELEASE}-aec-server", "http")


def notes(folder, values):
    """What helm tells after the installation: it renders that with a cluster only, so here it is an object beside the others."""
    copied = folder / f"chart-{len(list(folder.iterdir()))}"
    shutil.copytree(CHART, copied)
    shutil.copy(copied / "templates" / "NOTES.txt", copied / "told.txt")
    (copied / "templates" / "told.yaml").write_text(
        'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: told }\ndata:\n  text: {{ tpl (.Files.Get "told.txt") . | toJson }}\n')
    more = copied / "more.yaml"
    more.write_text(yaml.safe_dump(values))
    said = helm("template", RELEASE, copied, "--values", QUICKSTART[0], "--values", more, "--show-only", "templates/told.yaml")
    return yaml.safe_load(said)["data"]["text"]


def test_whoever_switches_on_what_has_no_image_yet_is_told(folder):
    told = notes(folder, ALL_ON)
    for component, block in (("aec-server", "aec"), ("operator", "operator")):
        assert f"{RELEASE}-{component} IS SWITCHED ON" in told and f"`{block}.image`" in told
    own = {"aec": {"image": "mine:1"}, "operator": {**ALL_ON["operator"], "image": "mine:1"}}
    for values in ({**ALL_ON, **own}, {}):
        told = notes(folder, values)
        assert "IS SWITCHED ON" not in told and f"job/{RELEASE}-init-1" in told


LISTENS = {
    "signer": {"grpc"}, "cara-ws-server": {"grpc", "https"}, "clm-server": {"grpc", "https"}, "cara-admin": {"http"},
    "clm-ui": {"http"}, "rev-info": {"http"}, "acme-server": {"http"}, "est-server": {"https"}, "cmp-server": {"http"},
    "scep-server": {"http"}, "keycloak": {"http"},
}


@pytest.mark.parametrize("component,listens", LISTENS.items())
def test_each_service_listens_where_the_contract_says(component, listens):
    objects = render()
    service = objects["Service", f"{RELEASE}-{component}"]
    ports = {port["name"]: port["port"] for port in service["spec"]["ports"]}
    assert set(ports) == listens | {"management" if component == "keycloak" else "health"}
    in_container = {port["name"]: port["containerPort"] for port in main_container(objects, component)["ports"]}
    assert in_container == ports
    assert service["spec"]["selector"].items() <= workload(objects, component)["spec"]["template"]["metadata"]["labels"].items()


def test_configuration_maps_have_their_names():
    expected = [component for component in WORKLOADS] + ["keycloak-realm-json", "cara-admin-cli", "cara-ws-init", "cara-clm-init",
                                                         "keycloak-init"]
    objects = render()
    for name in expected:
        assert ("ConfigMap", f"{RELEASE}-{name}") in objects, name


def test_secrets_of_the_chart_have_their_names_and_are_kept():
    clients = render()["Secret", f"{RELEASE}-ers-clients"]
    assert clients["metadata"]["annotations"]["helm.sh/resource-policy"] == "keep"
    for component in ("acme-server", "est-server", "cmp-server", "scep-server", "clm-ui"):
        assert len(clients["stringData"][f"{component}-client-secret"]) >= 32
        assert clients["stringData"][f"{component}-client-id"] == component


def test_secrets_of_the_init_job_are_those_that_it_may_write():
    objects = render()
    rules = objects["Role", f"{RELEASE}-init"]["rules"]
    assert [(rule["apiGroups"], rule["resources"]) for rule in rules] == [([""], ["secrets"])]
    named = set(rules[0]["resourceNames"])
    for name in ("management-user", "default-cas", "trust-cas", "keycloak", "ingress"):
        assert f"{RELEASE}-{name}" in named
    for component in set(WORKLOADS) - {"keycloak"}:
        assert f"{RELEASE}-{component}-tls" in named
    assert not {"list", "watch", "delete", "*"} & set(rules[0]["verbs"])


EVERY_PATH = {
    "/clm-ui": "clm-ui", "/clm-api": "clm-server", "/acme": "acme-server", "/est": "est-server", "/.well-known/est": "est-server",
    "/scep": "scep-server", "/cmp": "cmp-server", "/.well-known/cmp": "cmp-server", "/auth": "keycloak",
    "/cara-ws-server": "cara-ws-server", "/cara-admin": "cara-admin", "/rev-info": "rev-info",
}


def test_the_ingress_has_every_path_once_when_all_hosts_are_one():
    objects = render()
    assert {path: service for (_, path), (service, _) in paths(objects).items()} == {
        path: f"{RELEASE}-{component}" for path, component in EVERY_PATH.items()}
    rules = objects["Ingress", f"{RELEASE}-ers"]["spec"]["rules"]
    assert [rule["host"] for rule in rules] == [HOST]
    assert objects["Ingress", f"{RELEASE}-ers"]["spec"]["ingressClassName"] == "nginx"


def test_the_ingress_keeps_four_hosts_apart():
    hosts = {"ers": "ers.example.com", "cara": "cara.example.com", "crl": "crl.example.com", "ocsp": "ocsp.example.com"}
    objects = render(values={"ingress": {name: {"host": host} for name, host in hosts.items()}})
    found = paths(objects)
    assert {path for host, path in found if host == hosts["ers"]} == set(EVERY_PATH) - {"/cara-ws-server", "/cara-admin", "/rev-info"}
    assert {path for host, path in found if host == hosts["cara"]} == {"/cara-ws-server", "/cara-admin"}
    for name in ("crl", "ocsp"):
        assert {path for host, path in found if host == hosts[name]} == {"/rev-info"}
    # neither redirected to TLS nor offered over it
    [tls] = objects["Ingress", f"{RELEASE}-ers"]["spec"]["tls"]
    assert tls == {"hosts": [hosts["ers"], hosts["cara"]], "secretName": f"{RELEASE}-ingress"}


def test_revocation_information_is_never_redirected_to_tls():
    ingress = render()["Ingress", f"{RELEASE}-ers-rev-info"]
    assert ingress["metadata"]["annotations"]["nginx.ingress.kubernetes.io/ssl-redirect"] == "false"
    assert "tls" not in ingress["spec"]
    assert set(paths(render(), f"{RELEASE}-ers-rev-info")) == {(HOST, f"/rev-info/{kind}") for kind in ("ocsp", "crl", "ca")}


def test_client_certificates_are_asked_for_and_handed_on():
    objects = render()
    for ingress in ("ers", "ers-cara", "ers-clm", "ers-est"):
        notes = objects["Ingress", f"{RELEASE}-{ingress}"]["metadata"]["annotations"]
        assert notes["nginx.ingress.kubernetes.io/auth-tls-secret"] == f"{NAMESPACE}/{RELEASE}-trust-cas"
        assert notes["nginx.ingress.kubernetes.io/auth-tls-verify-client"] == "optional"
        assert notes["nginx.ingress.kubernetes.io/auth-tls-pass-certificate-to-upstream"] == "true"


def test_est_is_reached_over_tls_on_every_path_of_its_policies():
    objects = render(values={"ers": {"clmClients": {"estServer": {"policies": ["est", "devices"]}}}})
    acts = ("cacerts", "simpleenroll", "simplereenroll", "serverkeygen", "csrattrs")
    expected = {f"/.well-known/est/{act}" for act in acts} | {f"{place}/{policy}" for place in ("/est", "/.well-known/est") for policy in ("est", "devices")}
    assert {path for _, path in paths(objects, f"{RELEASE}-ers-est")} == expected
    assert set(paths(objects, f"{RELEASE}-ers-est").values()) == {(f"{RELEASE}-est-server", "https")}


@pytest.mark.parametrize("ingress,identity", [("cara", "cara-ws"), ("clm", "clm-api"), ("est", "est")])
def test_services_believe_the_ingress_by_its_identity(ingress, identity):
    notes = render()["Ingress", f"{RELEASE}-ers-{ingress}"]["metadata"]["annotations"]
    assert notes["nginx.ingress.kubernetes.io/backend-protocol"] == "HTTPS"
    assert notes["nginx.ingress.kubernetes.io/proxy-ssl-secret"] == f"{NAMESPACE}/{RELEASE}-ingress-client-tls"
    assert notes["nginx.ingress.kubernetes.io/proxy-ssl-verify"] == "on"
    assert notes["nginx.ingress.kubernetes.io/proxy-ssl-name"] == f"{identity}.ers.internal"


def test_no_two_ingresses_claim_the_same_path():
    objects = render(HA)
    claimed = [place for kind, name in objects if kind == "Ingress" for place in typed(objects, name)]
    assert len(claimed) == len(set(claimed)) > 30


def typed(objects, ingress):
    """(host, type, path): ingress-nginx tells an exact path from a prefix of the same text, and takes the exact one."""
    return [(rule["host"], path["pathType"], path["path"]) for rule in objects["Ingress", ingress]["spec"]["rules"]
            for path in rule["http"]["paths"]]


def test_scep_and_cmp_are_not_redirected_to_tls():
    objects = render(values={"ers": {"clmClients": {"scepServer": {"policies": ["scep", "printers"]}, "cmpServer": {"policies": ["ran"]}}}})
    ingress = objects["Ingress", f"{RELEASE}-ers-open"]
    for kind in ("ssl-redirect", "force-ssl-redirect"):
        assert ingress["metadata"]["annotations"][f"nginx.ingress.kubernetes.io/{kind}"] == "false"
    assert "tls" not in ingress["spec"]
    found = {(kind, path) for _, kind, path in typed(objects, f"{RELEASE}-ers-open")}
    for path in ("/scep", "/cmp", "/.well-known/cmp"):
        assert ("Exact", path) in found
    for path in ("/scep/cgi-bin", "/scep/pkiclient.exe", "/scep/printers", "/cmp/ran", "/.well-known/cmp/p", "/.well-known/cmp/initialization"):
        assert ("Prefix", path) in found
    # all that is here has its place in the Ingress of the contract too
    everywhere = [path for _, path in paths(objects)]
    for (host, path), backend in paths(objects, f"{RELEASE}-ers-open").items():
        [above] = [place for place in everywhere if path == place or path.startswith(f"{place}/")]
        assert paths(objects)[host, above] == backend
    closed = {name: {"plainHttp": False} for name in ("scepServer", "cmpServer")}
    assert ("Ingress", f"{RELEASE}-ers-open") not in render(values={"ers": {"clmClients": closed}})


def asked(objects):
    """How each host asks for client certificates, by each Ingress that says so."""
    found = {}
    for (kind, _), ingress in objects.items():
        verify = ingress["metadata"].get("annotations", {}).get("nginx.ingress.kubernetes.io/auth-tls-verify-client")
        if kind == "Ingress" and verify:
            for rule in ingress["spec"]["rules"]:
                found.setdefault(rule["host"], set()).add(verify)
    return found


def test_a_host_that_only_cara_has_insists_on_a_client_certificate():
    # of several Ingresses of a host that ask differently one would win by chance
    assert asked(render()) == {HOST: {"optional"}}
    apart = {"ingress": {"cara": {"host": "cara.example.com"}}}
    assert asked(render(values=apart)) == {HOST: {"optional"}, "cara.example.com": {"on"}}
    without = {"ingress": apart["ingress"], "ers": {"clmClients": {"estServer": {"enabled": False}}}}
    assert asked(render(values=without)) == {HOST: {"optional"}, "cara.example.com": {"on"}}


def test_where_no_client_certificates_are_asked_for_the_ingress_vouches_for_none():
    objects = render(values={"ingress": {"clientCertificates": {"verify": "off"}}})
    assert asked(objects) == {}
    for (kind, name), found in objects.items():
        assert kind != "Ingress" or "nginx.ingress.kubernetes.io/proxy-ssl-secret" not in found["metadata"].get("annotations", {}), name


def test_ports_of_the_ingress_stand_in_every_address():
    objects = render(values={"ingress": {"ports": {"https": 8443, "http": 8080}}})
    config = lambda component: yaml.safe_load(objects["ConfigMap", f"{RELEASE}-{component}"]["data"][f"{component}.yaml"])["service"]  # noqa: E731
    assert config("acme-server")["external_url"] == f"https://{HOST}:8443"
    assert config("cara-ws-server")["issuing"]["revocation_url"] == f"http://{HOST}:8080/rev-info"
    assert config("clm-server")["oidc"]["issuer"] == f"https://{HOST}:8443/auth/realms/ers"
    assert objects["ConfigMap", f"{RELEASE}-keycloak"]["data"]["KC_HOSTNAME"] == f"https://{HOST}:8443/auth"
    assert objects["ConfigMap", f"{RELEASE}-keycloak-init"]["data"]["ERS_URL"] == f"https://{HOST}:8443"


@pytest.mark.parametrize("client", SERVERS)
def test_a_server_that_is_off_leaves_nothing_behind(client):
    component, gone = SERVERS[client]
    objects = render(values={"ers": {"clmClients": {client: {"enabled": False}}}})
    assert not [name for kind, name in objects if component in name]
    assert not set(gone) & {path for _, path in paths(objects)}
    assert component not in str([found for (kind, _), found in objects.items() if kind in ("Role", "NetworkPolicy")])
    assert f"{component}-client-id" not in secret(objects, f"{RELEASE}-ers-clients")
    # and all others are there
    for other in set(WORKLOADS) - {component}:
        assert workload(objects, other), other


@pytest.mark.parametrize("block,component", BLOCKS.items())
def test_every_workload_block_takes_the_same_keys(block, component):
    more = {
        "replicas": 1, "image": "registry.example.com/pki/thing:9.8.7", "resources": {"limits": {"memory": "999Mi"}},
        "extraVolumes": [{"name": "more", "emptyDir": {}}], "extraVolumeMounts": [{"name": "more", "mountPath": "/more"}],
        "extraInitContainers": [{"name": "before", "image": "busybox"}], "extraContainers": [{"name": "beside", "image": "busybox"}],
        "extraEnvs": [{"name": "MORE", "value": "1"}], "podLabels": {"team": "pki"}, "podAnnotations": {"note": "x"},
        "nodeSelector": {"disk": "ssd"}, "tolerations": [{"key": "k", "operator": "Exists"}],
        "affinity": {"nodeAffinity": {}}, "topologySpreadConstraints": [
            {"maxSkew": 2, "topologyKey": "rack", "whenUnsatisfiable": "DoNotSchedule", "labelSelector": {}}],
        "autoscaling": {"enabled": True, "maxReplicas": 9}, "podDisruptionBudget": {"maxUnavailable": 2},
    }
    objects = render(values={**ALL_ON, "ers": {**ALL_ON["ers"], "redis": {"url": "redis://redis/"}}, block: {**ALL_ON.get(block, {}), **more}})
    found, container, spec = workload(objects, component), main_container(objects, component), pod(objects, component)
    assert container["image"] == more["image"] and container["resources"]["limits"]["memory"] == "999Mi"
    assert more["extraVolumes"][0] in spec["volumes"] and more["extraVolumeMounts"][0] in container["volumeMounts"]
    assert "before" in [each["name"] for each in spec["initContainers"]] and "beside" in [each["name"] for each in spec["containers"]]
    assert more["extraEnvs"][0] in container["env"]
    meta = found["spec"]["template"]["metadata"]
    assert meta["labels"]["team"] == "pki" and meta["annotations"]["note"] == "x"
    assert meta["labels"]["app.kubernetes.io/version"] == "9.8.7"
    for key in ("nodeSelector", "tolerations", "affinity", "topologySpreadConstraints"):
        assert spec[key] == more[key]
    assert "replicas" not in found["spec"]
    assert objects["HorizontalPodAutoscaler", f"{RELEASE}-{component}"]["spec"]["maxReplicas"] == 9
    assert objects["PodDisruptionBudget", f"{RELEASE}-{component}"]["spec"]["maxUnavailable"] == 2


def everything_on(block, more):
    """Values with every workload installed, and more for one block."""
    return {**ALL_ON, "ers": {**ALL_ON["ers"], "redis": {"url": "redis://redis/"}}, block: {**ALL_ON.get(block, {}), **more}}


@pytest.mark.parametrize("block,component", BLOCKS.items())
def test_every_workload_runs_as_many_pods_as_are_asked_for_with_a_budget(block, component):
    budget = ("PodDisruptionBudget", f"{RELEASE}-{component}")
    for replicas, more, expected in ((3, {}, 1), (3, {"maxUnavailable": "34%"}, "34%"), (3, {"enabled": False}, None), (1, {}, None)):
        objects = render(values=everything_on(block, {"replicas": replicas, "podDisruptionBudget": more}))
        assert workload(objects, component)["spec"]["replicas"] == replicas
        assert ("HorizontalPodAutoscaler", budget[1]) not in objects
        assert (objects[budget]["spec"]["maxUnavailable"] if budget in objects else None) == expected


@pytest.mark.parametrize("block,component", BLOCKS.items())
def test_every_workload_is_scaled_and_has_its_image_by_parts(block, component):
    image = {"registry": "registry.example.com", "repository": "mine/thing", "tag": "1.2", "digest": "sha256:" + "ab" * 32, "pullPolicy": "Always"}
    scaling = {"enabled": True, "minReplicas": 3, "maxReplicas": 7, "targetCPUUtilizationPercentage": 50}
    objects = render(values=everything_on(block, {"image": image, "autoscaling": scaling, "resources": {"requests": {"cpu": "7m"}}}))
    container, found = main_container(objects, component), workload(objects, component)
    assert container["image"] == f"registry.example.com/mine/thing:1.2@{image['digest']}" and container["imagePullPolicy"] == "Always"
    assert container["resources"]["requests"]["cpu"] == "7m"
    scaler = objects["HorizontalPodAutoscaler", f"{RELEASE}-{component}"]["spec"]
    assert scaler["scaleTargetRef"] == {"apiVersion": "apps/v1", "kind": found["kind"], "name": f"{RELEASE}-{component}"}
    assert (scaler["minReplicas"], scaler["maxReplicas"]) == (3, 7)
    assert scaler["metrics"][0]["resource"]["target"] == {"type": "Utilization", "averageUtilization": 50}


def test_labels_and_annotations_of_ones_own_stand_on_every_workload():
    objects = render(values={**ALL_ON, "commonLabels": {"team": "pki"}, "commonAnnotations": {"note": "x"}})
    for component in BLOCKS.values():
        found = workload(objects, component)["metadata"]
        assert found["labels"]["team"] == "pki" and found["annotations"]["note"] == "x", component


def test_the_extras_of_an_hsm_reach_the_signer_and_only_the_signer():
    given = yaml.safe_load(HSM[1].read_text())["ws"]
    objects = render(HSM)
    spec, container = pod(objects, "signer"), main_container(objects, "signer")
    for volume in given["extraVolumes"]:
        assert volume in spec["volumes"]
    for mount in given["extraVolumeMounts"]:
        assert mount in container["volumeMounts"]
    assert given["extraEnvs"][0] in container["env"]
    for key, place in (("extraInitContainers", "initContainers"), ("extraContainers", "containers")):
        named = {each["name"]: each for each in spec[place]}
        for wanted in given[key]:
            assert wanted.items() <= named[wanted["name"]].items()
    for key in ("tolerations", "nodeSelector", "affinity"):
        assert spec[key] == given[key]
    for component in set(WORKLOADS) - {"signer"}:
        assert "hsm" not in json.dumps(workload(objects, component)), component
    # without an HSM they are the extras of CARA's own pod
    soft = render(values={"ws": given})
    assert pod(soft, "cara-ws-server")["nodeSelector"] == given["nodeSelector"] and "nodeSelector" not in pod(soft, "signer")


def test_what_the_signer_has_itself_wins_over_ws():
    objects = render(HSM, values={"signer": {"nodeSelector": {"hsm": "yes"}}})
    assert pod(objects, "signer")["nodeSelector"] == {"hsm": "yes"}
    assert pod(objects, "cara-ws-server")["nodeSelector"] == {"kubernetes.io/hostname": "worker55"}
    assert [volume for volume in pod(objects, "signer")["volumes"] if volume["name"] == "hsm-config-volume"]


def test_the_signer_is_told_about_its_token():
    objects = render(HSM)
    config = yaml.safe_load(objects["ConfigMap", f"{RELEASE}-signer"]["data"][f"{RELEASE}-signer-0.yaml"])["service"]
    [token] = [token for token in config["tokens"] if "pkcs11" in token]
    assert token["pkcs11"]["library"] == "/home/mtg/libcs_pkcs11_R3.so"
    assert token["pkcs11"]["slot"] == {"number": 2}
    assert config["default_token"] == token["name"] == "hsm"
    assert secret(objects, f"{RELEASE}-signer-secrets") == {"master-password": "changeit", "pin": "changeit"}
    assert "changeit" not in json.dumps([found for (kind, _), found in objects.items() if kind != "Secret"])


@pytest.mark.parametrize("domain,slot", [("ers", {"label": "ers"}), ("7", {"number": 7}), ("3001@192.0.2.1 - SLOT_0010", {"number": 10}),
                                         ("SLOT_0000", {"number": 0}), ("my softcard", {"label": "my softcard"})])
def test_a_token_is_called_as_its_vendor_calls_it(domain, slot):
    objects = render(HSM, values={"ers": {"hsm": {"deviceDomain": domain}}})
    config = yaml.safe_load(objects["ConfigMap", f"{RELEASE}-signer"]["data"][f"{RELEASE}-signer-0.yaml"])["service"]
    assert config["tokens"][0]["pkcs11"]["slot"] == slot


@pytest.mark.parametrize("kind,scheme,port", [("mariadb", "mysql", 3306), ("postgres", "postgres", 5432)])
def test_every_service_gets_its_own_database_and_no_other(kind, scheme, port):
    objects = render(values={"ers": {"db": {"type": kind, "hosts": "db.example.com", "caradb": {"password": "p@ss/w:rd 1"}}}})
    urls = secret(objects, f"{RELEASE}-database")
    assert urls["caradb-url"] == f"{scheme}://ers:p%40ss%2Fw%3Ard%201@db.example.com:{port}/cara"
    expected = {"signer": "caradb", "cara-ws-server": "caradb", "clm-server": "clmdb", "acme-server": "acmedb", "cmp-server": "acmedb",
                "scep-server": "acmedb"}
    for component in set(WORKLOADS) - {"keycloak"}:
        given = [entry["valueFrom"]["secretKeyRef"] for entry in main_container(objects, component).get("env", [])
                 if entry["name"] == "ERS_DATABASE_URL"]
        wanted = [{"name": f"{RELEASE}-database", "key": f"{expected[component]}-url"}] if component in expected else []
        assert given == wanted, component
    keycloak = objects["ConfigMap", f"{RELEASE}-keycloak"]["data"]
    assert keycloak["KC_DB_URL"] == f"jdbc:{kind.replace('postgres', 'postgresql')}://db.example.com:{port}/keycloak"


def test_every_key_of_the_quickstart_has_its_effect():
    objects = render()
    init = yaml.safe_load(objects["ConfigMap", f"{RELEASE}-cara-ws-init"]["data"]["init.yaml"])
    assert init["pki"]["root"] == {
        "name": "default-root", "subject": "CN=Default Root CA,OU=Default,O=Example AG,C=DE", "key_algorithm": "RSA-4096",
        "signature_algorithm": "SHA384withRSA", "validity": "30y"}
    assert init["pki"]["sub"]["validity"] == "25y" and init["pki"]["management"]["validity"] == "15y"
    passwords = secret(objects, f"{RELEASE}-management-passwords")
    assert (passwords["password"], passwords["p12-password"]) == ("changeit", "changeit")
    assert len(passwords["clm-password"]) == 32  # CLM refuses less than twelve characters
    long = render(values={"ers": {"defaultPki": {"managementAdminUser": {"password": "long enough for it"}}}})
    assert secret(long, f"{RELEASE}-management-passwords")["clm-password"] == "long enough for it"
    assert secret(objects, f"{RELEASE}-keycloak-admin") == {"username": "kadmin", "password": "kadminpassword"}
    realm = json.loads(objects["ConfigMap", f"{RELEASE}-keycloak-realm-json"]["data"]["ers-realm.json"])
    [user] = realm["users"]
    assert (user["firstName"], user["lastName"], user["email"]) == ("Devops", "Devops", "devops@example.com")
    made = init["cluster"]["pki"]["management_user"]
    assert (made["name"], made["subject"], made["email"]) == ("devops", "CN=Devops Devops", "devops@example.com")


def test_a_name_with_signs_of_its_own_stays_one_attribute():
    objects = render(values={"ers": {"defaultPki": {"common": {"organization": 'Example, Inc. "X" + Y'}}}})
    subject = yaml.safe_load(objects["ConfigMap", f"{RELEASE}-cara-ws-init"]["data"]["init.yaml"])["pki"]["root"]["subject"]
    from cryptography import x509
    name = x509.Name.from_rfc4514_string(subject)
    assert [part.value for part in name.get_attributes_for_oid(x509.oid.NameOID.ORGANIZATION_NAME)] == ['Example, Inc. "X" + Y']


def test_each_replica_of_the_signer_writes_a_chain_of_its_own():
    objects = render(HA)
    files = objects["ConfigMap", f"{RELEASE}-signer"]["data"]
    chains = [yaml.safe_load(content)["service"]["journal"]["chain"] for content in files.values()]
    assert sorted(chains) == [f"{RELEASE}-signer-0", f"{RELEASE}-signer-1"] and workload(objects, "signer")["spec"]["replicas"] == 2
    assert main_container(objects, "signer")["args"] == ["--config", "/etc/ers/config/$(POD_NAME).yaml"]


def test_a_changed_configuration_restarts_the_pods_that_read_it():
    checksum = lambda objects, component: workload(objects, component)["spec"]["template"]["metadata"]["annotations"]["checksum/config"]  # noqa: E731
    before, after = render(), render(values={"ers": {"crl": {"deltaMinutes": 10}}})
    changed = [component for component in WORKLOADS if checksum(before, component) != checksum(after, component)]
    assert changed == ["cara-ws-server"]


def test_the_init_job_waits_and_renews_daily():
    objects = render(values={"init": {"deadlineSeconds": 600}})
    assert yaml.safe_load(objects["ConfigMap", f"{RELEASE}-cara-ws-init"]["data"]["init.yaml"])["wait"] == "10m"
    daily = objects["CronJob", f"{RELEASE}-init"]["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    assert [container["args"][:2] for container in [*daily["initContainers"], *daily["containers"]]] == [["identity", "secrets"], ["init", "--config"]]
    once = objects["Job", f"{RELEASE}-init-1"]["spec"]["template"]["spec"]
    assert [container["args"][0] for container in once["containers"]] == ["init"] and "initContainers" not in once


def test_nothing_carries_the_name_of_another_release():
    assert RELEASE + "-" not in text(release="other").replace("erstest", "")
