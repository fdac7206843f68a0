#!/usr/bin/env python3
"""A software bill of materials (CycloneDX 1.5): what a program of this workspace is built from, and what lies in its image.

    scripts/sbom.py PACKAGE VERSION BASE_PACKAGES      `name version` of a Debian package on each line of BASE_PACKAGES
"""

import json
import subprocess
import sys
import uuid
from pathlib import Path


def main():
    package, version, base = sys.argv[1:]
    metadata = json.loads(subprocess.run(["cargo", "metadata", "--locked", "--format-version", "1"], check=True,
                                         capture_output=True, text=True).stdout)
    packages = {found["id"]: found for found in metadata["packages"]}
    nodes = {node["id"]: node for node in metadata["resolve"]["nodes"]}
    [root] = [found["id"] for found in packages.values() if found["name"] == package and found["id"] in metadata["workspace_members"]]
    seen, to_do = {root}, [root]
    while to_do:
        for dependency in nodes[to_do.pop()]["deps"]:
            # what tests and build scripts alone want is not in the program
            if dependency["pkg"] not in seen and any(kind["kind"] is None for kind in dependency["dep_kinds"]):
                seen.add(dependency["pkg"])
                to_do.append(dependency["pkg"])
    components = []
    for found in sorted((packages[each] for each in seen - {root}), key=lambda found: (found["name"], found["version"])):
        component = {"type": "library", "name": found["name"], "version": found["version"],
                     "purl": f"pkg:cargo/{found['name']}@{found['version']}"}
        if found["license"]:
            component["licenses"] = [{"expression": found["license"].replace("/", " OR ")}]
        components.append(component)
    for line in Path(base).read_text().splitlines():
        name, held = line.split()
        components.append({"type": "library", "name": name, "version": held, "purl": f"pkg:deb/debian/{name}@{held}"})
    bill = {
        "bomFormat": "CycloneDX", "specVersion": "1.5", "version": 1,
        # of its contents, so that the same image has the same one
        "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, json.dumps(components) + version)}",
        "metadata": {"component": {"type": "container", "name": f"ers/{package}", "version": version}},
        "components": components,
    }
    json.dump(bill, sys.stdout, indent=1)
    print()


if __name__ == "__main__":
    main()
