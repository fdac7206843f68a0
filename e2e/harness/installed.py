"""A release of the chart in a Kubernetes API. What the API holds runs as processes on this machine: pods when they are started
here, jobs with the token of their ServiceAccount, so that RBAC decides what they may do."""

import json
from datetime import datetime, timezone

from . import chart
from .cluster import ApiRefused
from .rendered import RenderedPlatform
from .waiting import until

HOOK = "helm.sh/hook"


class InstalledPlatform(RenderedPlatform):
    """`helm upgrade --install`, and what a kubelet and the controller of jobs would do with it."""

    def __init__(self, folder, dns, database, redis, cluster, namespace, more=None, edges=()):
        self.cluster, self.namespace = cluster, namespace
        self.outcomes = {}  # of hooks, by name
        self.templates = {}  # what each running pod was started from
        super().__init__(folder, dns, database, redis, chart.merged({"ers": {"defaultPki": chart.SMALL_KEYS}}, more or {}), edges)

    def _install(self):
        """Nothing yet: `upgrade` does."""

    def secret(self, name):
        return self.cluster.secret(self.namespace, name)

    def _api_of(self, account):
        token = self.folder / f"token-of-{account}"
        token.write_text(self.cluster.token(self.namespace, account))
        return {"server": self.cluster.url, "namespace": self.namespace, "token_file": str(token),
                "authorities_file": str(self.cluster.authority)}

    # -- helm

    def upgrade(self, of=chart.CHART, version=chart.HELMS[1], **more):
        """Installs or upgrades; returns what helm said."""
        file = self.folder / "values.yaml"
        values = self.values() if of == chart.CHART else self.values_of_before()
        file.write_text(json.dumps(chart.merged(values, more)))
        return self._helm("upgrade", "--install", chart.RELEASE, of, "--values", chart.QUICKSTART[0], "--values", file, version=version)

    def values_of_before(self):
        """The same for the chart 0.1.0, which did not know of ports."""
        values = self.values()
        del values["ingress"]["ports"]
        url = {"issuing": {"revocation_url": f"{self.revocation_url}/rev-info"}}
        own = {"cara-ws-server": url, "acme-server": {"external_url": self.url}}
        return chart.merged(values, {"ers": {"config": own}})

    def rollback(self, revision):
        return self._helm("rollback", chart.RELEASE, revision)

    def uninstall(self):
        """Takes the release away, pods first."""
        for name in [*self.programs.values(), "nginx"]:
            self.servers.pop(name).stop()
        self.templates = {}
        return self._helm("uninstall", chart.RELEASE)

    def _helm(self, *arguments, version=chart.HELMS[1]):
        helm = self.cluster.helm(*arguments, "--namespace", self.namespace, version=version)
        until("helm ends", lambda: self._run_hooks() or not helm.alive, 240)
        said = self.cluster.ended(helm)
        self._take(self.cluster.objects(self.namespace, chart.RELEASE))
        return said

    def _run_hooks(self):
        for job in self.cluster.call("GET", self.cluster.path("Job", self.namespace))["items"]:
            if HOOK in job["metadata"].get("annotations", {}) and not job.get("status", {}).get("conditions"):
                name = job["metadata"]["name"].removeprefix(f"{chart.RELEASE}-")
                self.objects = self.cluster.objects(self.namespace, chart.RELEASE)
                self.outcomes[name] = self.job(name, check=False)
                self._finish(job, self.outcomes[name][-1].code == 0)

    def run_job(self, name):
        """Runs a job of the release to its success, as often as its backoff allows."""
        until(f"{name} succeeds", lambda: self.job(name, check=False)[-1].code == 0, 120)
        self._finish(self.cluster.find("Job", self.namespace, f"{chart.RELEASE}-{name}"), True)

    def _finish(self, job, succeeded):
        """The job's status, as its controller writes it."""
        now = datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
        kinds = ("SuccessCriteriaMet", "Complete") if succeeded else ("FailureTarget", "Failed")
        status = {"startTime": now, "uncountedTerminatedPods": {}, "succeeded" if succeeded else "failed": 1,
                  "conditions": [{"type": kind, "status": "True", "lastProbeTime": now, "lastTransitionTime": now} for kind in kinds]}
        if succeeded:
            status["completionTime"] = now
        path = self.cluster.path("Job", self.namespace, job["metadata"]["name"])
        self.cluster.call("PATCH", f"{path}/status", {"status": status}, content="application/merge-patch+json")

    # -- pods

    def start(self):
        """Starts the pods of the release, and has its init job make what they need."""
        self.roll()
        [job] = [name.removeprefix(f"{chart.RELEASE}-") for kind, name in self.objects if kind == "Job"]
        self.run_job(job)
        self.root.write_bytes(self.secret(f"{chart.RELEASE}-default-cas")["default-root.pem"])
        if "nginx" not in self.servers:
            self._start_nginx()
        self.until_ready()
        return self

    @property
    def where(self):
        [job] = [name for kind, name in self.objects if kind == "Job"]
        return ["--platform", self.folder / job / "etc/ers/init/platform.yaml"]

    def roll(self):
        """Starts each pod whose template is new, in place of the one before; returns which."""
        rolled = []
        for component, program in self.programs.items():
            if self.templates.get(component) != chart.workload(self.objects, component)["spec"]["template"]:
                self.replace(component, program)
                rolled.append(component)
        return rolled

    def replace(self, component, program):
        """Starts a pod of a component, in place of the one before if there is one."""
        if program in self.servers:
            assert self.servers[program].stop() == 0
        self._start_pod(component, program)
        self.templates[component] = chart.workload(self.objects, component)["spec"]["template"]

    def refused_pods(self):
        """What admission says of each pod of the release that it refuses, by the name of its owner."""
        refused = {}
        for (kind, name), found in self.objects.items():
            if kind not in ("Deployment", "StatefulSet", "Job", "CronJob"):
                continue
            spec = found["spec"]["jobTemplate"]["spec"] if kind == "CronJob" else found["spec"]
            made = {"metadata": {**spec["template"].get("metadata", {}), "generateName": f"{name}-"}, "spec": spec["template"]["spec"]}
            try:
                self.cluster.call("POST", f"{self.cluster.path('Pod', self.namespace)}?dryRun=All", made)
            except ApiRefused as error:
                refused[f"{kind} {name}"] = error.message
        return refused

    def accounts(self):
        """ServiceAccounts of the release."""
        return [name for kind, name in self.objects if kind == "ServiceAccount"]

