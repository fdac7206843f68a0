"""cert-manager: its controllers as a process, and its solver pods as processes where they are wanted."""

import base64
from datetime import datetime, timezone

from .chart import TOOLS
from .process import Server

SOLVER = "acme.cert-manager.io/http01-solver=true"


class CertManager:
    """cert-manager for one namespace; names are looked up at the stories' DNS."""

    def __init__(self, cluster, namespace, folder, dns, solver_port):
        self.cluster, self.namespace, self.folder, self.solver_port = cluster, namespace, folder, solver_port
        self.solvers = {}  # by name of the pod
        program = TOOLS / "cert-manager" / "cert-manager"
        assert program.exists(), f"{program} is not there: scripts/setup.sh cert-manager builds it"
        # it looks at a challenge on port 80 before it has it validated: that is where the solver listens here
        environment = {"HTTP_PROXY": f"http://127.0.0.1:{solver_port}"}
        self.server = Server("cert-manager", [program, "--kubeconfig", cluster.kubeconfig, "--namespace", namespace, "--nameservers",
                                              dns.resolver], folder, environment)

    def start(self):
        # the controller of ServiceAccounts makes it
        self.make("ServiceAccount", "default")
        self.server.start()
        return self

    def stop(self):
        for solver in self.solvers.values():
            solver.kill()
        return self.server.stop()

    def make(self, kind, name, spec=None, **more):
        self.cluster.call("POST", self.cluster.path(kind, self.namespace), {
            "apiVersion": {"ServiceAccount": "v1", "Secret": "v1"}.get(kind, "cert-manager.io/v1"), "kind": kind,
            "metadata": {"name": name}, **({"spec": spec} if spec else {}), **more})

    def certificates(self):
        """All Certificates, by name."""
        found = self.cluster.call("GET", self.cluster.path("Certificate", self.namespace))["items"]
        return {one["metadata"]["name"]: one for one in found}

    def until_ready(self, names, seconds=120):
        """Runs solver pods until these Certificates are ready."""
        def ready():
            self.run_solvers()
            known = self.certificates()
            waiting = [name for name in names if not is_ready(known[name])]
            assert not waiting, f"{waiting} wait: {self._state()}"
            return True

        self.server.until(f"{names} are ready", ready, seconds)

    def _state(self):
        """What cert-manager says of everything that is under way."""
        listed = {kind: self.cluster.call("GET", self.cluster.path(kind, self.namespace))["items"] for kind in ("Issuer", "Order", "Challenge")}
        return {f"{kind} {one['metadata']['name']}": one.get("status") for kind, all_ in listed.items() for one in all_}

    def run_solvers(self):
        """What a kubelet and the ingress do for http-01."""
        listed = self.cluster.call("GET", f"{self.cluster.path('Pod', self.namespace)}?labelSelector={SOLVER.replace('=', '%3D')}")
        pods = {pod["metadata"]["name"]: pod for pod in listed["items"]}
        for name in [name for name in self.solvers if name not in pods]:
            self.solvers.pop(name).kill()
        for name, pod in pods.items():
            if name not in self.solvers and not self.solvers:
                arguments = [word for word in pod["spec"]["containers"][0]["args"] if not word.startswith("--listen-port")]
                self.solvers[name] = Server("acmesolver", [TOOLS / "cert-manager" / "acmesolver", f"--listen-port={self.solver_port}",
                                                           *arguments], self.folder).start()

    def renew(self, name):
        """As `cmctl renew` does."""
        path = f"{self.cluster.path('Certificate', self.namespace, name)}/status"
        conditions = [one for one in self.certificates()[name]["status"]["conditions"] if one["type"] != "Issuing"]
        now = datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
        conditions.append({"type": "Issuing", "status": "True", "reason": "ManuallyTriggered", "message": "renewed by hand",
                           "lastTransitionTime": now})
        self.cluster.call("PATCH", path, {"status": {"conditions": conditions}}, content="application/merge-patch+json")


def is_ready(certificate):
    conditions = {one["type"]: one["status"] for one in certificate.get("status", {}).get("conditions", [])}
    return conditions.get("Ready") == "True" and conditions.get("Issuing") != "True"


def encoded(octets):
    return base64.b64encode(octets).decode()
