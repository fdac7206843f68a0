"""The chart, rendered by helm and looked at as objects."""

import base64
import copy
import os
import subprocess
import tempfile
from functools import cache
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parent.parent.parent
CHART = ROOT / "helm" / "ers"
CONTRACT = ROOT / "e2e" / "helm" / "contract"
TOOLS = Path(os.environ.get("ERS_TOOLS", Path.home() / ".cache/ers/tools"))
HELMS = ("3.17.0", "4.1.4")
RELEASE, NAMESPACE = "test", "pki"

# ways to install: the values files of each, as an operator would name them
QUICKSTART = (CONTRACT / "values-quickstart.yaml",)
HSM = (*QUICKSTART, CONTRACT / "values-hsm.yaml")
HA = (*QUICKSTART, CHART / "values-ha.yaml")
EVERYTHING = (*HSM, CHART / "values-ha.yaml")
DEV = (CHART / "values-dev.yaml",)
WAYS = {"quickstart": QUICKSTART, "hsm": HSM, "ha": HA, "dev": DEV}


# values of `ers.defaultPki` for keys that are made in no time
SMALL_KEYS = {ca: {"keyAlgorithm": "EC", "keyParameter": "P-256", "signatureAlgorithm": ""} for ca in ("rootCa", "subCa", "managementRootCa")}


class Refused(Exception):
    """helm did not render; the text is what it said."""


def helm(*arguments, version=HELMS[0]):
    """What helm prints."""
    told = subprocess.run([TOOLS / f"helm-{version}" / "helm", *map(str, arguments)], capture_output=True, text=True, timeout=120)
    if told.returncode:
        raise Refused(told.stderr + told.stdout)
    return told.stdout


@cache
def text(files=QUICKSTART, values=(), version=HELMS[0], kubernetes="1.30", release=RELEASE):
    """The manifests as text. `values`: (key, value) pairs, as for --set."""
    with_values = [argument for file in files for argument in ("--values", file)]
    with_values += [argument for key, value in values for argument in ("--set", f"{key}={value}")]
    return helm("template", release, CHART, "--namespace", NAMESPACE, "--kube-version", kubernetes, *with_values, version=version)


def merged(first, second):
    """Values, the second over the first."""
    both = dict(first)
    for key, value in second.items():
        both[key] = merged(both[key], value) if isinstance(value, dict) and isinstance(both.get(key), dict) else value
    return both


def load_all(made):
    # libyaml's: a tenth of the time
    return yaml.load_all(made, Loader=yaml.CSafeLoader)


def render(files=QUICKSTART, values=(), **options):
    """The objects by (kind, name). `values` may be a dictionary, as in a values file."""
    if isinstance(values, dict):
        with tempfile.NamedTemporaryFile("w", suffix=".yaml") as more:
            yaml.safe_dump(values, more)
            more.flush()
            made = text.__wrapped__((*files, more.name), (), **options)
    else:
        made = text(tuple(files), tuple(values), **options)
    objects = {}
    for found in load_all(made):
        if found:
            name = (found["kind"], found["metadata"]["name"])
            assert name not in objects, f"{name} twice"
            objects[name] = found
    return objects


def workload(objects, component):
    """The Deployment or StatefulSet of a component; none when it is not installed."""
    for kind in ("Deployment", "StatefulSet"):
        if (kind, f"{RELEASE}-{component}") in objects:
            return objects[kind, f"{RELEASE}-{component}"]
    return None


def pod(objects, component):
    return workload(objects, component)["spec"]["template"]["spec"]


def main_container(objects, component):
    return pod(objects, component)["containers"][0]


def pods(objects):
    """All pod specs, each with the name of its object."""
    for (kind, name), found in objects.items():
        spec = found.get("spec", {})
        if kind == "CronJob":
            spec = spec["jobTemplate"]["spec"]
        if kind in ("Deployment", "StatefulSet", "Job", "CronJob"):
            yield f"{kind} {name}", spec["template"]["spec"]


def paths(objects, ingress=f"{RELEASE}-ers"):
    """(host, path) to (service, port) of an Ingress."""
    return {
        (rule["host"], path["path"]): (path["backend"]["service"]["name"], path["backend"]["service"]["port"]["name"])
        for rule in objects["Ingress", ingress]["spec"]["rules"]
        for path in rule["http"]["paths"]
    }


def secret(objects, name):
    """Data of a Secret as text."""
    found = objects["Secret", name]
    data = {key: base64.b64decode(value).decode() for key, value in found.get("data", {}).items()}
    return {**data, **found.get("stringData", {})}


def snapshot(made):
    """Manifests as they are kept: sorted, without what is random."""
    kept = []
    for found in load_all(made):
        if not found:
            continue
        found = copy.deepcopy(found)
        if found["kind"] == "Secret":
            found["stringData"] = {key: "..." for key in found["stringData"]}
        kept.append(found)
    kept.sort(key=lambda found: (found["kind"], found["metadata"]["name"]))
    return yaml.safe_dump_all(kept, width=160)
