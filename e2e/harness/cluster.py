"""A Kubernetes API: kube-apiserver and etcd as processes, admission and authorization included. There is no controller and no
kubelet: pods do not start by themselves, jobs are run by `installed.py`."""

import base64
import json
import os
import ssl
import urllib.error
import urllib.request
from pathlib import Path

import yaml

from .chart import HELMS, TOOLS, Refused
from .ports import free_port
from .process import Server, run
from .waiting import until

ASSETS = Path(os.environ.get("KUBEBUILDER_ASSETS", TOOLS / "kubernetes"))
ADMIN = "token-of-the-administrator"
# kind: where its objects of a namespace are
KINDS = {
    "ConfigMap": "/api/v1", "Secret": "/api/v1", "Service": "/api/v1", "ServiceAccount": "/api/v1", "PersistentVolumeClaim": "/api/v1",
    "Deployment": "/apis/apps/v1", "StatefulSet": "/apis/apps/v1", "Job": "/apis/batch/v1", "CronJob": "/apis/batch/v1",
    "Role": "/apis/rbac.authorization.k8s.io/v1", "RoleBinding": "/apis/rbac.authorization.k8s.io/v1",
    "Ingress": "/apis/networking.k8s.io/v1", "NetworkPolicy": "/apis/networking.k8s.io/v1",
    "PodDisruptionBudget": "/apis/policy/v1", "HorizontalPodAutoscaler": "/apis/autoscaling/v2",
}
# kinds of operators: where they are, and the operator's own schema of them
FOREIGN = {
    "ServiceMonitor": ("/apis/monitoring.coreos.com/v1", "monitoring.coreos.com_servicemonitors"),
    "PrometheusRule": ("/apis/monitoring.coreos.com/v1", "monitoring.coreos.com_prometheusrules"),
    "Certificate": ("/apis/cert-manager.io/v1", "crd-certificates"),
    "Issuer": ("/apis/cert-manager.io/v1", "crd-issuers"),
}
# kinds that cert-manager makes for itself
OF_CERT_MANAGER = {
    "CertificateRequest": ("/apis/cert-manager.io/v1", "crd-certificaterequests"),
    "Order": ("/apis/acme.cert-manager.io/v1", "crd-orders"),
    "Challenge": ("/apis/acme.cert-manager.io/v1", "crd-challenges"),
}
DEFINED = {**FOREIGN, **OF_CERT_MANAGER}


class ApiRefused(Exception):
    """What the API answered instead: `code` and its message."""

    def __init__(self, code, message):
        super().__init__(f"{code}: {message}")
        self.code, self.message = code, message


class Cluster:
    """A Kubernetes API of its own."""

    def __init__(self, folder):
        self.folder = Path(folder)
        self.folder.mkdir(parents=True)
        self.port, self.etcd_port, self.peer_port = free_port(), free_port(), free_port()
        self.url = f"https://127.0.0.1:{self.port}"
        self.authority = self.folder / "api.crt"
        self.kubeconfig = self.folder / "kubeconfig"
        self.warnings = []  # what the API warned of, text by text

    def start(self):
        for name in ("etcd", "kube-apiserver"):
            assert (ASSETS / name).exists(), f"{ASSETS / name} is not there: scripts/setup.sh cluster builds it"
        self._keys()
        self.etcd = Server("etcd", [
            ASSETS / "etcd", "--data-dir", self.folder / "etcd", "--unsafe-no-fsync", "--name", "one",
            "--listen-client-urls", f"http://127.0.0.1:{self.etcd_port}", "--advertise-client-urls", f"http://127.0.0.1:{self.etcd_port}",
            "--listen-peer-urls", f"http://127.0.0.1:{self.peer_port}", "--initial-advertise-peer-urls", f"http://127.0.0.1:{self.peer_port}",
            "--initial-cluster", f"one=http://127.0.0.1:{self.peer_port}",
        ], self.folder).start()
        self.server = Server("kube-apiserver", [
            ASSETS / "kube-apiserver", "--etcd-servers", f"http://127.0.0.1:{self.etcd_port}",
            "--bind-address", "127.0.0.1", "--advertise-address", "127.0.0.1", "--secure-port", self.port,
            "--tls-cert-file", self.authority, "--tls-private-key-file", self.folder / "api.key",
            "--service-account-issuer", "https://kubernetes.default.svc",
            "--service-account-key-file", self.folder / "accounts.key", "--service-account-signing-key-file", self.folder / "accounts.key",
            "--service-cluster-ip-range", "10.96.0.0/16", "--authorization-mode", "RBAC", "--token-auth-file", self.folder / "tokens.csv",
            "--endpoint-reconciler-type", "none",
        ], self.folder).start()
        self.server.until("is ready", self._ready, 120)
        return self

    server = etcd = None

    def stop(self):
        for server in (self.server, self.etcd):
            if server:
                server.kill()  # nothing here is to be kept

    def _keys(self):
        form = self.folder / "api.cnf"
        form.write_text("[req]\ndistinguished_name=name\nx509_extensions=server\n[name]\n[server]\nbasicConstraints=critical,CA:FALSE\n"
                        "subjectAltName=IP:127.0.0.1\n")
        run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "1", "-subj",
            "/CN=127.0.0.1", "-config", form, "-keyout", self.folder / "api.key", "-out", self.authority)
        run("openssl", "genrsa", "-out", self.folder / "accounts.key", "2048")
        (self.folder / "tokens.csv").write_text(f'{ADMIN},administrator,administrator,"system:masters"\n')
        self.kubeconfig.write_text(yaml.safe_dump({
            "apiVersion": "v1", "kind": "Config", "current-context": "here",
            "clusters": [{"name": "here", "cluster": {"server": self.url, "certificate-authority": str(self.authority)}}],
            "users": [{"name": "administrator", "user": {"token": ADMIN}}],
            "contexts": [{"name": "here", "context": {"cluster": "here", "user": "administrator"}}],
        }))

    def _ready(self):
        # PodSecurity reads namespaces, and RBAC its rules, through caches that are filled by then
        return self.call("GET", "/readyz", raw=True) == b"ok" and self.call("GET", "/api/v1/namespaces/default")

    # -- its API

    def call(self, method, path, body=None, token=ADMIN, content="application/json", raw=False):
        """What it answers, parsed; a refusal is an `ApiRefused`. Warnings are kept."""
        request = urllib.request.Request(self.url + path, method=method, headers={"Authorization": f"Bearer {token}"})
        if body is not None:
            request.data = json.dumps(body).encode()
            request.add_header("Content-Type", content)
        context = ssl.create_default_context(cafile=self.authority)
        try:
            with urllib.request.urlopen(request, timeout=30, context=context) as answer:
                self.warnings += answer.headers.get_all("Warning") or []
                got = answer.read()
        except urllib.error.HTTPError as error:
            said = error.read()
            try:
                said = json.loads(said)["message"]
            except (ValueError, KeyError):
                pass
            raise ApiRefused(error.code, said) from None
        return got if raw else json.loads(got)

    @staticmethod
    def path(kind, namespace, name=""):
        base = DEFINED[kind][0] if kind in DEFINED else {**KINDS, "Pod": "/api/v1"}[kind]
        plural = "ingresses" if kind == "Ingress" else "networkpolicies" if kind == "NetworkPolicy" else f"{kind.lower()}s"
        return f"{base}/namespaces/{namespace}/{plural}" + (f"/{name}" if name else "")

    def namespace(self, name, **labels):
        """A new namespace."""
        self.call("POST", "/api/v1/namespaces", {"metadata": {"name": name, "labels": labels}})

    def objects(self, namespace, instance):
        """Objects of a release, by (kind, name), as the API keeps them."""
        found = {}
        for kind in KINDS:
            listed = self.call("GET", f"{self.path(kind, namespace)}?labelSelector=app.kubernetes.io/instance%3D{instance}")
            for item in listed["items"]:
                found[kind, item["metadata"]["name"]] = {"kind": kind, **item}
        return found

    def find(self, kind, namespace, name):
        """One object; none: it is not there."""
        try:
            return self.call("GET", self.path(kind, namespace, name))
        except ApiRefused as refused:
            if refused.code == 404:
                return None
            raise

    def secret(self, namespace, name):
        """Values of a Secret, octets; none: it is not there."""
        found = self.find("Secret", namespace, name)
        return found and {key: base64.b64decode(value) for key, value in found.get("data", {}).items()}

    def token(self, namespace, account):
        """A token of a ServiceAccount, as the kubelet mounts it."""
        wanted = {"spec": {"expirationSeconds": 3600, "audiences": ["https://kubernetes.default.svc"]}}
        return self.call("POST", f"{self.path('ServiceAccount', namespace, account)}/token", wanted)["status"]["token"]

    def define(self, kind):
        """Makes a kind of an operator known, with the schema that the operator has."""
        file = TOOLS / "crds" / f"{DEFINED[kind][1]}.yaml"
        assert file.exists(), f"{file} is not there: scripts/setup.sh cluster fetches it"
        # the one of cert-manager is a template of its own chart, with conditions on lines of their own
        text = "\n".join(line for line in file.read_text().splitlines() if "{{" not in line)
        crd = yaml.safe_load(text)
        crd["metadata"].pop("labels", None)
        self.call("POST", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", crd)
        until(f"{kind} can be listed", lambda: self.call("GET", self.path(kind, "default")), 60)

    # -- helm

    def helm(self, *arguments, version=HELMS[1], name="helm"):
        """Starts helm; it waits for its hooks meanwhile."""
        environment = {"KUBECONFIG": str(self.kubeconfig), "HELM_CACHE_HOME": str(self.folder / "helm-cache"),
                       "HELM_CONFIG_HOME": str(self.folder / "helm-config"), "HELM_DATA_HOME": str(self.folder / "helm-data")}
        started = Server(name, [TOOLS / f"helm-{version}" / "helm", *arguments], self.folder, environment)
        started.log.unlink(missing_ok=True)
        return started.start()

    @staticmethod
    def ended(helm):
        """What it said; a `Refused` when it failed."""
        if helm.process.wait(timeout=300):
            raise Refused(helm.text())
        return helm.text()
