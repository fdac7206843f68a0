"""The chart in a Kubernetes API, with its admission and its authorization; the jobs and pods of the release are real.

Promises:
- installed, upgraded from the chart before, rolled back, uninstalled and installed again: nobody is warned, nothing is lost that
  is not to be lost
- where the Pod Security Standard `restricted` is enforced every pod is admitted; of an operator's own extras it is told which is not
- the init jobs may do what they need to and nothing else; broken off at any Secret they tell of it, and finish later
- what it asks of cert-manager and of the Prometheus operator is what their own schemas know
- schemas are brought up to date before the pods of a new release, and pods of before go on meanwhile
"""

import json
import time
from pathlib import Path

import pytest

from harness import chart
from harness.chart import RELEASE
from harness.clients import Certbot, names, ocsp, verify
from harness.cluster import FOREIGN, ApiRefused, Cluster
from harness.installed import InstalledPlatform
from harness.process import run
from harness.servers import Dns, PostgreSql, Redis
from harness.waiting import until

PREVIOUS = Path(__file__).parent / "previous" / "ers-0.1.0.tgz"
RESTRICTED = {f"pod-security.kubernetes.io/{what}": "restricted" for what in ("enforce", "warn", "audit")}
MADE_BY_INIT = ("init", "default-cas", "trust-cas", "keycloak", "management-user", "ingress")


@pytest.fixture(scope="module")
def cluster(run_folder):
    cluster = Cluster(run_folder / "cluster")
    try:
        cluster.start()
        for kind in FOREIGN:
            cluster.define(kind)
        yield cluster
    finally:
        cluster.stop()


@pytest.fixture(scope="module")
def release(run_folder, world, cluster):
    """Installed as the chart of before by the oldest helm, and upgraded to the one of now by the newest."""
    cluster.namespace("pki", **RESTRICTED)
    running = InstalledPlatform(run_folder / "installed", world.server(Dns), world.server(PostgreSql), world.server(Redis), cluster, "pki")
    try:
        said = running.upgrade(of=PREVIOUS, version=chart.HELMS[0])
        assert "STATUS: deployed" in said and not warned(said), said
        running.start()
        running.before = before(running)
        said = running.upgrade(telemetry={"log": "info,sqlx=warn"})
        assert "STATUS: deployed" in said and not warned(said), said
        running.answered = running.ready()  # the pods of before, on the schemas of now
        running.rolled = running.roll()
        running.until_ready()
        running.run_job("init-2")
        yield running
    finally:
        running.stop()


def warned(said):
    """What the API warned helm of."""
    return [line for line in said.splitlines() if any(word in line for word in ("would violate", "unknown field", "duplicate", "deprecated"))]


def before(release):
    """What an upgrade must keep: CAs, administrators, Secrets."""
    kept = {name: release.secret(f"{RELEASE}-{name}") for name in (*MADE_BY_INIT, "signer-secrets", "management-passwords", "ers-clients",
                                                                    "signer-tls")}
    return kept, release.ers_json("ca", "list"), release.ers_json("administrator", "list")


def test_an_upgrade_keeps_keys_data_and_passwords(release):
    kept, cas, administrators = before(release)
    old_kept, *old = release.before
    for name, values in old_kept.items():
        assert values.items() <= kept[name].items(), name
    assert [cas, administrators] == old
    assert release.answered and set(release.rolled) == set(release.programs)
    labels = release.objects["StatefulSet", f"{RELEASE}-signer"]["metadata"]["labels"]
    assert labels["helm.sh/chart"] == "ers-0.2.0"


def test_schemas_are_brought_up_to_date_before_the_pods(release):
    [outcome] = release.outcomes["migrate"]
    for database in ("signer", "cara", "clm", "acme"):
        assert f"schema of {database}" in outcome.stdout + outcome.stderr


def test_every_pod_is_admitted_where_restricted_is_enforced(release):
    assert release.refused_pods() == {}
    assert not release.cluster.warnings


def test_hooks_leave_nothing_behind(release):
    left = [name for name in release.objects if "helm.sh/hook" in release.objects[name]["metadata"].get("annotations", {})]
    assert left == []


def test_a_device_enrols_and_its_certificate_is_told_of(release, folder):
    host = release.host()
    certbot = Certbot(release, folder)
    certbot.obtain_by_http(host)
    live = certbot.live(host.name)
    verify(release, live / "cert.pem", live / "chain.pem", "-purpose", "sslserver", "-verify_hostname", host.name)
    assert names(live / "cert.pem") == [host.name]
    assert ocsp(release, live / "cert.pem", live / "chain.pem") == "good"


def refusal(act):
    with pytest.raises(ApiRefused) as refused:
        act()
    return refused.value.code


def test_the_init_job_may_nothing_but_what_it_does(release):
    cluster = release.cluster
    token = cluster.token("pki", f"{RELEASE}-init")
    secret = lambda name: cluster.path("Secret", "pki", name)  # noqa: E731
    assert cluster.call("GET", secret(f"{RELEASE}-management-user"), token=token)
    for path in (secret(f"{RELEASE}-database"), secret(f"{RELEASE}-signer-secrets"), secret(""), cluster.path("Pod", "pki"),
                 cluster.path("ConfigMap", "pki", f"{RELEASE}-signer"), "/api/v1/namespaces", "/api/v1/secrets"):
        assert refusal(lambda path=path: cluster.call("GET", path.rstrip("/"), token=token)) == 403, path
    new = {"metadata": {"name": "something-else"}, "stringData": {"a": "b"}}
    assert refusal(lambda: cluster.call("POST", secret("").rstrip("/"), new, token=token)) == 403
    assert refusal(lambda: cluster.call("DELETE", secret(f"{RELEASE}-ingress"), token=token)) == 403
    apply = {"apiVersion": "v1", "kind": "Secret", **new}
    assert refusal(lambda: cluster.call("PATCH", f"{secret('something-else')}?fieldManager=ers", apply, token=token,
                                        content="application/apply-patch+yaml")) == 403


def test_pods_may_not_ask_the_api_for_anything_of_the_release(release):
    for account in release.accounts():
        if account in (f"{RELEASE}-init", f"{RELEASE}-operator"):
            continue
        token = release.cluster.token("pki", account)
        for kind in ("Secret", "ConfigMap", "Pod"):
            path = release.cluster.path(kind, "pki")
            assert refusal(lambda path=path, token=token: release.cluster.call("GET", path, token=token)) == 403, account


def test_broken_off_at_any_secret_the_init_job_tells_of_it_and_finishes_later(release):
    cluster = release.cluster
    path = cluster.path("Role", "pki", f"{RELEASE}-init")
    [rule] = cluster.call("GET", path)["rules"]
    kept, cas, administrators = before(release)
    give = lambda names: cluster.call("PATCH", path, {"rules": [{**rule, "resourceNames": names}]}, content="application/merge-patch+json")  # noqa: E731
    for name in MADE_BY_INIT:
        gone = f"{RELEASE}-{name}"
        give([other for other in rule["resourceNames"] if other != gone])
        [outcome] = until(f"{gone} is refused", lambda: [found for found in release.job("init-2", check=False) if found.code])
        assert f"secret {gone}" in outcome.stderr and "403" in outcome.stderr and "service account" in outcome.stderr
    give(rule["resourceNames"])
    until("the job finishes", lambda: release.job("init-2", check=False)[-1].code == 0)
    assert before(release) == (kept, cas, administrators)


@pytest.mark.parametrize("name", ["ingress", "trust-cas", "default-cas"])
def test_what_somebody_deleted_is_made_again(release, name):
    path = release.cluster.path("Secret", "pki", f"{RELEASE}-{name}")
    keys = release.secret(f"{RELEASE}-{name}").keys()
    release.cluster.call("DELETE", path)
    release.job("init-2")
    assert release.secret(f"{RELEASE}-{name}").keys() == keys


def test_rolled_back_uninstalled_and_installed_again(release, world, folder):
    kept = before(release)
    release.rollback(1)
    assert release.objects["StatefulSet", f"{RELEASE}-signer"]["metadata"]["labels"]["helm.sh/chart"] == "ers-0.1.0"
    release.roll()
    release.until_ready()
    assert before(release) == kept, "data and passwords of after the rollback are those of before it"
    assert release.issue(folder, "after-rollback.example.test")

    release.uninstall()
    left = {name for kind, name in release.objects if kind != "Secret"}
    assert left == set()
    for name in (*MADE_BY_INIT, "signer-secrets", "management-passwords"):
        assert release.secret(f"{RELEASE}-{name}") == kept[0][name], "Secrets stay"

    # as the contract says: emptied databases, and the Secrets of before
    release.databases = {name: release.database.create(f"{name}_again_{int(time.time())}") for name in release.databases}
    release.upgrade()
    release.start()
    after = before(release)
    assert after[0]["signer-secrets"] == kept[0]["signer-secrets"]
    assert after[0]["default-cas"] != kept[0]["default-cas"], "CAs of their own"
    file = folder / "user.p12"
    file.write_bytes(after[0]["management-user"]["management-user"])
    said = run("curl", "--silent", "--cacert", release.root, "--cert-type", "P12", "--cert", f"{file}:changeit",
               f"{release.url}/cara-ws-server/v1/session").stdout
    assert "ca-administrator" in said


@pytest.mark.parametrize("version", chart.HELMS)
@pytest.mark.parametrize("way", ["quickstart", "hsm", "ha", "everything"])
def test_every_way_is_installed_and_uninstalled(run_folder, world, cluster, way, version):
    files = {**chart.WAYS, "everything": chart.EVERYTHING}[way]
    name = f"{way}-{version.replace('.', '-')}"
    cluster.namespace(name, **RESTRICTED)
    before = len(cluster.warnings)
    running = InstalledPlatform(run_folder / name, world.server(Dns), None, None, cluster, name)
    said = running._helm("upgrade", "--install", RELEASE, chart.CHART, *[word for file in files for word in ("--values", file)],
                         version=version)
    assert "STATUS: deployed" in said
    assert [outcome.code for outcome in running.outcomes["identities"]] == [0]
    refused = running.refused_pods()
    if way in ("hsm", "everything"):  # the operator's hostPath, and nothing of the chart
        assert set(refused) == {f"StatefulSet {RELEASE}-signer"}
        [told] = refused.values()
        assert told.endswith(': restricted volume types (volume "host" uses restricted volume type "hostPath")'), told
    else:
        assert refused == {} and not warned(said), said
    assert len(cluster.warnings) == before
    for kind in ("ServiceMonitor", "PrometheusRule"):
        made = cluster.call("GET", cluster.path(kind, name))["items"]
        assert len(made) == (1 if way in ("ha", "everything") else 0)
    running._helm("uninstall", RELEASE, version=version)
    assert {kind for kind, _ in running.objects} == {"Secret"}


@pytest.mark.parametrize("version", chart.HELMS)
def test_operators_know_every_field_of_what_they_are_asked(run_folder, world, cluster, version, folder):
    name = f"operators-{version.replace('.', '-')}"
    cluster.namespace(name, **RESTRICTED)
    values = {"ers": {"identities": {"source": "cert-manager"}}, "ingress": {"tls": {"certManager": {"issuerName": "letsencrypt"}}},
              "metrics": {"serviceMonitor": {"enabled": True}, "prometheusRule": {"enabled": True}}}
    file = folder / "values.yaml"
    file.write_text(json.dumps(values))
    running = InstalledPlatform(run_folder / name, world.server(Dns), None, None, cluster, name)
    said = running._helm("upgrade", "--install", RELEASE, chart.CHART, "--values", chart.QUICKSTART[0], "--values", file, version=version)
    assert "STATUS: deployed" in said and not warned(said), said
    rendered = chart.render(chart.QUICKSTART, values)
    for kind in FOREIGN:
        made = {found["metadata"]["name"]: found["spec"] for found in cluster.call("GET", cluster.path(kind, name))["items"]}
        wanted = {one: found["spec"] for (of, one), found in rendered.items() if of == kind}
        assert set(made) == set(wanted) and wanted, kind
        for one, spec in wanted.items():
            assert kept(spec, made[one], name), (kind, one, "the API dropped what its schema does not know")
    running._helm("uninstall", RELEASE, version=version)


def kept(wanted, made, namespace):
    """Whether all that is wanted is in what was made; defaults may have been added, and the namespace is another."""
    if isinstance(wanted, dict):
        return isinstance(made, dict) and all(key in made and kept(value, made[key], namespace) for key, value in wanted.items())
    if isinstance(wanted, list):
        return len(wanted) == len(made) and all(kept(*pair, namespace) for pair in zip(wanted, made))
    return made == (wanted.replace(f'"{chart.NAMESPACE}"', f'"{namespace}"') if isinstance(wanted, str) else wanted)
