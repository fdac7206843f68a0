"""What every manifest promises, whichever way the chart is installed.

- helm finds nothing to say, in any version; the API of every Kubernetes from 1.24 on knows every field
- each pod keeps Pod Security Standard `restricted` as far as the chart decides it
- only who is named in the architecture reaches the signer and the databases
- nothing changes unseen: the manifests are kept (`ERS_GENERATE=1` writes them anew)
"""

import os
import re
import subprocess
import tempfile
from pathlib import Path

import pytest
import yaml

from harness.chart import (CHART, DEV, EVERYTHING, HA, HELMS, HSM, NAMESPACE, QUICKSTART, RELEASE, ROOT, TOOLS, WAYS, helm, load_all,
                           main_container, pods, render, secret, snapshot, text, workload)

SNAPSHOTS = Path(__file__).parent / "snapshots"
KUBERNETES = {f"1.{minor}": "1.32.0" if minor < 33 else "1.37.0" for minor in range(24, 38)}
OURS = ("monitoring.coreos.com", "cert-manager.io")  # no schemas for these


@pytest.mark.parametrize("version", HELMS)
@pytest.mark.parametrize("way", WAYS)
def test_helm_lint_has_nothing_to_say(way, version):
    files = [argument for file in WAYS[way] for argument in ("--values", file)]
    assert "0 chart(s) failed" in helm("lint", "--strict", CHART, *files, version=version)


def validate(made, kubernetes, at_least=120):
    """The API's opinion of manifests, objects of operators that may not be there aside."""
    known = "---\n".join(part for part in re.split(r"^---$", made, flags=re.M) if not any(group in part for group in OURS))
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
        file.write(known)
        file.flush()
        tool = TOOLS / f"kubernetes-validate-{KUBERNETES[kubernetes]}" / "bin" / "kubernetes-validate"
        told = subprocess.run([tool, "--kubernetes-version", kubernetes, "--strict", file.name], capture_output=True, text=True)
    said = told.stdout + told.stderr
    assert told.returncode == 0 and "WARN" not in said and "ERROR" not in said, said
    assert said.count("passed for resource") > at_least


@pytest.mark.parametrize("kubernetes", KUBERNETES)
def test_every_kubernetes_knows_every_field_of_every_way(kubernetes):
    # what several ways have alike is looked at once
    made = {part for files in (*WAYS.values(), EVERYTHING) for part in re.split(r"^---$", text(files, kubernetes=kubernetes), flags=re.M)}
    validate("---".join(sorted(made)), kubernetes)


@pytest.mark.parametrize("kubernetes", ["1.24", "1.37"])
def test_the_oldest_and_the_newest_kubernetes_know_every_field_of_each_vendors_values(kubernetes):
    usual = set(re.split(r"^---$", text(QUICKSTART, kubernetes=kubernetes), flags=re.M))
    examples = sorted((CHART / "examples").glob("*.yaml"))
    made = {part for file in examples for part in re.split(r"^---$", text((*QUICKSTART, file), kubernetes=kubernetes), flags=re.M)}
    validate("---".join(sorted(made - usual)), kubernetes, at_least=2 * len(examples))


def test_an_older_kubernetes_is_refused():
    with pytest.raises(Exception, match="kubeVersion"):
        text(QUICKSTART, kubernetes="1.23")


@pytest.mark.parametrize("way", WAYS)
def test_both_helms_render_the_same(way):
    assert snapshot(text(WAYS[way], version=HELMS[0])) == snapshot(text(WAYS[way], version=HELMS[1]))


@pytest.mark.parametrize("way", ["quickstart", "everything"])
def test_manifests_change_only_on_purpose(way):
    made = snapshot(text({"quickstart": QUICKSTART, "everything": EVERYTHING}[way]))
    file = SNAPSHOTS / f"{way}.yaml"
    if os.environ.get("ERS_GENERATE"):
        file.write_text(made)
    assert made == file.read_text(), f"changed on purpose? ERS_GENERATE=1 make test-chart, and look at the difference in {file.name}"


@pytest.mark.parametrize("way", WAYS)
def test_every_pod_is_restricted(way):
    count = 0
    for name, spec in pods(render(WAYS[way])):
        security = spec["securityContext"]
        assert security["runAsNonRoot"] is True and security["runAsUser"] > 0, name
        assert security["seccompProfile"] == {"type": "RuntimeDefault"}, name
        assert not any(spec.get(key) for key in ("hostNetwork", "hostPID", "hostIPC")), name
        for container in [*spec["containers"], *spec.get("initContainers", [])]:
            count += 1
            inside = container["securityContext"]
            assert inside["allowPrivilegeEscalation"] is False and inside["capabilities"]["drop"] == ["ALL"], (name, container["name"])
            assert not inside.get("privileged") and not inside["capabilities"].get("add")
            if container["name"] not in ("copy-hsm-lib", "hsm-client-daemon"):  # an operator's own
                assert inside["readOnlyRootFilesystem"] is True, (name, container["name"])
                assert container["resources"]["limits"]["memory"] and container["resources"]["requests"]["cpu"], name
        for volume in spec["volumes"]:
            assert "hostPath" not in volume or way == "hsm", name
    assert count > 10


def test_only_pods_that_speak_with_kubernetes_get_a_token():
    objects = render(values={"operator": {"enabled": True}})
    with_token = {name for name, spec in pods(objects) if spec["automountServiceAccountToken"]}
    assert with_token == {f"Job {RELEASE}-init-1", f"CronJob {RELEASE}-init", f"Job {RELEASE}-identities", f"Deployment {RELEASE}-operator"}


@pytest.mark.parametrize("way", WAYS)
def test_what_a_pod_mounts_is_mounted_from_somewhere(way):
    for name, spec in pods(render(WAYS[way])):
        volumes = {volume["name"] for volume in spec["volumes"]}
        assert len(volumes) == len(spec["volumes"]), name
        for container in [*spec["containers"], *spec.get("initContainers", [])]:
            places = [mount["mountPath"] for mount in container.get("volumeMounts", [])]
            assert {mount["name"] for mount in container.get("volumeMounts", [])} <= volumes, (name, container["name"])
            assert len(places) == len(set(places)), name


# Objects that the chart does not make: the init job's, cert-manager's, and those that an operator names.
MADE_LATER = re.compile(rf"{RELEASE}-([a-z-]+-tls|ingress|trust-cas|management-user|default-cas)$")


@pytest.mark.parametrize("way", WAYS)
def test_every_name_that_is_used_exists(way):
    objects = render(WAYS[way])
    for name, spec in pods(objects):
        used = [("ServiceAccount", spec["serviceAccountName"])] if "serviceAccountName" in spec else []
        for volume in spec["volumes"]:
            for source in [volume, *volume.get("projected", {}).get("sources", [])]:
                used += [("Secret", source["secret"]["secretName"])] if "secret" in source else []
                used += [("ConfigMap", source["configMap"]["name"])] if "configMap" in source else []
        for container in [*spec["containers"], *spec.get("initContainers", [])]:
            for entry in container.get("env", []):
                for kind, content in (("secretKeyRef", "stringData"), ("configMapKeyRef", "data")):
                    found = entry.get("valueFrom", {}).get(kind)
                    if found:
                        assert found["key"] in objects["Secret" if kind == "secretKeyRef" else "ConfigMap", found["name"]][content], (name, found)
            for entry in container.get("envFrom", []):
                assert ("ConfigMap", entry["configMapRef"]["name"]) in objects
        for kind, wanted in used:
            assert (kind, wanted) in objects or MADE_LATER.match(wanted) or wanted == "hsm-config", (name, kind, wanted)
    for kind, name in objects:
        if kind == "Ingress":
            for rule in objects[kind, name]["spec"]["rules"]:
                for path in rule["http"]["paths"]:
                    service = path["backend"]["service"]
                    ports = [port["name"] for port in objects["Service", service["name"]]["spec"]["ports"]]
                    assert service["port"]["name"] in ports


def reaches(objects, caller, called):
    """Whether the network policies let a component call another one, on which ports; both ends must allow it."""
    def labelled(peers, component):
        return any(peer.get("podSelector", {}).get("matchLabels", {}).get("app.kubernetes.io/component") == component for peer in peers)

    def ports(rules, side, component):
        return {port["port"] for rule in rules for port in rule.get("ports", []) if labelled(rule.get(side, []), component)}

    spec = lambda component: objects["NetworkPolicy", f"{RELEASE}-{component}"]["spec"]  # noqa: E731
    return ports(spec(caller)["egress"], "to", called) & ports(spec(called)["ingress"], "from", caller)


ALL = ("signer", "cara-ws-server", "clm-server", "rev-info", "acme-server", "est-server", "cmp-server", "scep-server", "clm-ui", "cara-admin",
       "keycloak", "init")
CALLERS = {
    "signer": {"cara-ws-server", "clm-server", "rev-info", "acme-server", "est-server", "cmp-server", "scep-server", "init"},
    "cara-ws-server": {"clm-server", "rev-info", "init"},
    "clm-server": {"acme-server", "est-server", "cmp-server", "scep-server", "init"},
    "keycloak": {"clm-server", "init"},
}


@pytest.mark.parametrize("called", ALL)
def test_only_who_is_named_in_the_architecture_is_let_through(called):
    objects = render()
    assert {caller for caller in ALL if caller != called and reaches(objects, caller, called)} == CALLERS.get(called, set())


def test_every_pod_of_the_platform_is_under_a_policy():
    objects = render(EVERYTHING)
    covered = {found["spec"]["podSelector"]["matchLabels"]["app.kubernetes.io/component"]
               for (kind, _), found in objects.items() if kind == "NetworkPolicy"}
    for (kind, _), found in objects.items():
        if kind == "NetworkPolicy":
            assert found["spec"]["policyTypes"] == ["Ingress", "Egress"]
    assert covered == {*ALL, "migrate"}


def test_only_who_has_tables_reaches_the_database():
    objects = render(values={"ers": {"db": {"hosts": "db:3999"}}})
    allowed = {component for component in ALL if 3999 in [
        port["port"] for rule in objects["NetworkPolicy", f"{RELEASE}-{component}"]["spec"]["egress"] for port in rule.get("ports", [])]}
    assert allowed == {"signer", "cara-ws-server", "clm-server", "acme-server", "cmp-server", "scep-server", "keycloak"}


def test_schemas_are_brought_up_to_date_before_an_upgrade_by_whoever_reaches_the_database():
    for files in (QUICKSTART, EVERYTHING):
        objects = render(files)
        config = yaml.safe_load(objects["ConfigMap", f"{RELEASE}-migrate"]["data"]["migrate.yaml"])["databases"]
        assert set(config) == {"signer", "cara", "clm", "acme", "scep", "cmp"}
        [container] = objects["Job", f"{RELEASE}-migrate"]["spec"]["template"]["spec"]["containers"]
        given = {entry["name"]: secret(objects, entry["valueFrom"]["secretKeyRef"]["name"])[entry["valueFrom"]["secretKeyRef"]["key"]]
                 for entry in container["env"]}
        for database, component in {"signer": "signer", "cara": "cara-ws-server", "clm": "clm-server", "cmp": "cmp-server"}.items():
            [own] = [entry for entry in main_container(objects, component)["env"] if entry["name"] == "ERS_DATABASE_URL"]
            url = secret(objects, f"{RELEASE}-database")[own["valueFrom"]["secretKeyRef"]["key"]]
            assert given[config[database].removeprefix("env:")] == url
    own = render(QUICKSTART, values={"ers": {"db": {"caradb": {"password": "", "existingSecret": "cara"}}}})
    [container] = own["Job", f"{RELEASE}-migrate"]["spec"]["template"]["spec"]["containers"]
    given = {entry["name"]: entry for entry in container["env"]}
    assert given["ERS_DATABASE_URL_CARADB"]["value"].startswith("mysql://ers:$(ERS_DATABASE_PASSWORD_CARADB)@")
    assert given["ERS_DATABASE_PASSWORD_CARADB"]["valueFrom"]["secretKeyRef"] == {"name": "cara", "key": "password"}
    assert ("Job", f"{RELEASE}-migrate") not in render(QUICKSTART, (("migrate.enabled", "false"),))


def test_several_pods_have_a_disruption_budget_and_are_spread():
    objects = render(HA)
    for component in set(ALL) - {"init"}:
        found = workload(objects, component)
        assert ("PodDisruptionBudget", f"{RELEASE}-{component}") in objects, component
        spread = found["spec"]["template"]["spec"]["topologySpreadConstraints"]
        assert {each["topologyKey"] for each in spread} == {"topology.kubernetes.io/zone", "kubernetes.io/hostname"}
        for each in spread:
            assert each["labelSelector"]["matchLabels"]["app.kubernetes.io/component"] == component
    assert not [name for kind, name in render() if kind == "PodDisruptionBudget"]


def megabytes(quantity):
    assert quantity.endswith("Mi"), quantity
    return int(quantity.removesuffix("Mi"))


# what a service took at most after two thousand certificates (docs/install.md), MiB
TOOK = {"signer": 84, "cara-ws-server": 54, "clm-server": 123, "rev-info": 23, "acme-server": 32, "est-server": 18, "cmp-server": 27,
        "scep-server": 31, "clm-ui": 15, "cara-admin": 15}


@pytest.mark.parametrize("way", ["quickstart", "ha"])
def test_requests_and_limits_fit_what_was_measured(way):
    objects = render(WAYS[way])
    for component, took in TOOK.items():
        resources = main_container(objects, component)["resources"]
        assert megabytes(resources["limits"]["memory"]) >= 2 * took, component
        # the signer's most is for an instant when it starts
        assert megabytes(resources["requests"]["memory"]) >= (30 if component == "signer" else took), component
        assert "cpu" not in resources["limits"], component
        # an autoscaler counts in percent of the request: of a small one any load is much
        if ("HorizontalPodAutoscaler", f"{RELEASE}-{component}") in objects:
            assert int(resources["requests"]["cpu"].removesuffix("m")) >= 250, component


def metric_names(found):
    return set(re.findall(r"\bers_[a-z0-9_]+", found))


def test_rules_and_dashboard_speak_of_metrics_that_exist():
    source = "".join(path.read_text() for room in ("services", "crates") for path in (ROOT / room).glob("*/src/**/*.rs"))
    objects = render(QUICKSTART, (("metrics.dashboard.enabled", "true"), ("metrics.prometheusRule.enabled", "true"),
                                  ("metrics.serviceMonitor.enabled", "true")))
    rules = objects["PrometheusRule", f"{RELEASE}-ers"]["spec"]["groups"][0]["rules"]
    expressions = "\n".join(rule["expr"] for rule in rules)
    dashboard = objects["ConfigMap", f"{RELEASE}-dashboard"]["data"]["ers.json"]
    names = metric_names(expressions) | metric_names(dashboard)
    assert len(names) > 15
    for name in names:
        base = re.sub(r"(_total|_bucket)$", "", name)
        assert f'"{base}"' in source, name
    for outcome in re.findall(r'(?:outcome|kind|type)[!=]~?"([^"]+)"', expressions):
        for word in outcome.split("|"):
            assert re.search(rf'"{word}"|\b{word}\b', source), word
    assert [rule for rule in rules if rule["alert"] == "ErsCrlAboutToExpire"][0]["expr"].endswith(f"< {168 * 3600 // 4}")
    monitor = objects["ServiceMonitor", f"{RELEASE}-ers"]["spec"]
    labels = objects["Service", f"{RELEASE}-signer"]["metadata"]["labels"]
    assert monitor["selector"]["matchLabels"].items() <= labels.items()
    assert monitor["endpoints"][0] == {"port": "health", "path": "/metrics", "interval": "30s"}


def test_every_object_is_in_the_namespace_and_carries_the_release():
    for way in (EVERYTHING, DEV):
        for (kind, name), found in render(way).items():
            assert found["metadata"]["namespace"] == NAMESPACE, (kind, name)
            assert found["metadata"]["labels"]["app.kubernetes.io/instance"] == RELEASE, (kind, name)
            assert name.startswith(f"{RELEASE}-"), (kind, name)


def test_hooks_leave_nothing_behind():
    hooks = [found for found in render().values() if "helm.sh/hook" in found["metadata"].get("annotations", {})]
    assert {found["kind"] for found in hooks} == {"Job", "ServiceAccount", "Role", "RoleBinding", "ConfigMap", "Secret", "NetworkPolicy"}
    for found in hooks:
        assert "hook-succeeded" in found["metadata"]["annotations"]["helm.sh/hook-delete-policy"]
        migrates = found["metadata"]["name"] == f"{RELEASE}-migrate"
        assert found["metadata"]["annotations"]["helm.sh/hook"] == ("pre-upgrade" if migrates else "pre-install,pre-upgrade")
    assert list(load_all(text(HSM)))
