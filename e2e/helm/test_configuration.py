"""What the chart writes is what the services read: each rendered file is read by the real program.

- every component whose program exists takes its file, in every way to install
- a key that the program does not know would be found here
"""

import pytest
import yaml

from harness.chart import EVERYTHING, HSM, QUICKSTART, RELEASE, ROOT, main_container, render
from harness.platform import binary
from harness.process import run

# component: its program, as far as there is one
PROGRAMS = {
    component: program for component, program in {
        "signer": "signer", "cara-ws-server": "cara-ws", "clm-server": "clm-api", "rev-info": "rev-info", "acme-server": "acme",
        "est-server": "est", "cmp-server": "cmp", "scep-server": "scep", "clm-ui": "clm-ui",
        "cara-admin": "cara-admin",
    }.items() if (ROOT / "services" / program / "Cargo.toml").exists()
}


def files(objects, component):
    return {name: text for name, text in objects["ConfigMap", f"{RELEASE}-{component}"]["data"].items()}


@pytest.mark.parametrize("way", [QUICKSTART, EVERYTHING], ids=["quickstart", "everything"])
@pytest.mark.parametrize("component", PROGRAMS)
def test_the_program_reads_its_file(component, way, folder):
    objects = render(way)
    found = files(objects, component)
    assert found
    for name, text in found.items():
        file = folder / name
        file.write_text(text)
        assert "right" in run(binary(PROGRAMS[component]), "--config", file, "--check").stdout


@pytest.mark.parametrize("component", PROGRAMS)
def test_the_program_is_started_with_a_file_that_is_mounted(component):
    objects = render(HSM)
    container = main_container(objects, component)
    option, path = container["args"]
    assert option == "--config"
    pod = f"{RELEASE}-{component}-0"
    assert path.replace("$(POD_NAME)", pod) in {f"/etc/ers/config/{name}" for name in files(objects, component)}
    assert "/etc/ers/config" in [mount["mountPath"] for mount in container["volumeMounts"]]


@pytest.mark.parametrize("component", PROGRAMS)
def test_it_listens_where_its_service_sends(component):
    objects = render()
    [text] = files(objects, component).values()
    config = yaml.safe_load(text)
    listens = {int(value.rsplit(":", 1)[1]) for key, value in [*config.items(), *config["service"].items(),
                                                               *config["service"].get("alone", {}).items()] if key.endswith("listen")}
    assert listens == {port["containerPort"] for port in main_container(objects, component)["ports"]}


@pytest.mark.parametrize("component", PROGRAMS)
def test_secrets_that_a_file_names_are_given_to_the_pod(component):
    objects = render(EVERYTHING)
    container = main_container(objects, component)
    given = {entry["name"] for entry in container.get("env", [])}
    for text in files(objects, component).values():
        for word in text.replace('"', " ").replace("'", " ").replace(",", " ").split():
            if word.startswith("env:"):
                assert word.removeprefix("env:") in given
            if word.startswith("file:"):
                folder = word.removeprefix("file:").rsplit("/", 1)[0]
                assert folder in [mount["mountPath"] for mount in container["volumeMounts"]]


def test_addresses_in_the_files_are_services_of_the_release():
    objects = render(EVERYTHING)
    services = {f"{name}:{port['port']}" for (kind, name), found in objects.items() if kind == "Service" for port in found["spec"]["ports"]}
    for component in PROGRAMS:
        for text in files(objects, component).values():
            service = yaml.safe_load(text)["service"]
            for key in ("signer", "cara", "clm"):
                for place in (service, service.get("alone", {})):
                    if key in place:
                        assert place[key] in services, (component, key)
