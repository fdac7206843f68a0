"""The values for each vendor's HSM in helm/ers/examples, added to the quickstart.

- the schema takes them, in the oldest and the newest helm, and every pod but an operator's own extras is still `restricted`
- the real signer takes the configuration that they make; it is the one in services/signer/examples
- a token without a PIN needs none, and one is refused where nobody would log in with it
"""

import pytest
import yaml

from harness.chart import CHART, HELMS, HSM, QUICKSTART, RELEASE, ROOT, Refused, main_container, pod, render, secret, text
from harness.platform import binary
from harness.process import run

EXAMPLES = {file.stem.removeprefix("hsm-"): file for file in sorted((CHART / "examples").glob("hsm-*.yaml"))}
LIBRARY = "/usr/lib/softhsm/libsofthsm2.so"


def token(objects):
    """What the signer is told of its token, and the whole file."""
    content = objects["ConfigMap", f"{RELEASE}-signer"]["data"][f"{RELEASE}-signer-0.yaml"]
    [found] = [token["pkcs11"] for token in yaml.safe_load(content)["service"]["tokens"] if "pkcs11" in token]
    return found, content


def test_there_is_one_for_each_vendor_that_is_promised():
    assert set(EXAMPLES) == {"softhsm2", "utimaco", "thales-luna", "entrust-nshield", "aws-cloudhsm", "yubihsm2", "nitrokey-nethsm"}


@pytest.mark.parametrize("version", HELMS)
@pytest.mark.parametrize("vendor", EXAMPLES)
def test_the_values_of_a_vendor_are_accepted_and_restricted(vendor, version):
    spec = pod(render((*QUICKSTART, EXAMPLES[vendor]), version=version), "signer")
    assert spec["securityContext"]["runAsNonRoot"] is True
    for container in [*spec["containers"], *spec["initContainers"]]:
        assert container["securityContext"]["allowPrivilegeEscalation"] is False
        assert {mount["name"] for mount in container["volumeMounts"]} <= {volume["name"] for volume in spec["volumes"]}
    assert not [volume for volume in spec["volumes"] if "hostPath" in volume]


@pytest.mark.parametrize("vendor", EXAMPLES)
def test_the_signer_takes_the_configuration_of_a_vendor(vendor, folder):
    objects = render((*QUICKSTART, EXAMPLES[vendor]))
    told, content = token(objects)
    copied = pod(objects, "signer")["initContainers"][-1]
    assert told["library"].rsplit("/", 1)[0] in [mount["mountPath"] for mount in copied["volumeMounts"]]
    file = folder / "signer.yaml"
    file.write_text(content.replace(told["library"], LIBRARY))
    assert "right" in run(binary("signer"), "--config", file, "--check").stdout
    alone = yaml.safe_load((ROOT / f"services/signer/examples/{vendor}.yaml").read_text())["tokens"][0]["pkcs11"]
    assert {**alone, **told, "slot": alone["slot"], "library": alone["library"], **({"pin": alone["pin"]} if "pin" in alone else {})} == alone


def test_what_its_vendor_wants_in_the_environment_is_given_to_the_signer():
    wanted = {"softhsm2": "SOFTHSM2_CONF", "utimaco": "CS_PKCS11_R3_CFG", "thales-luna": "ChrystokiConfigurationPath",
              "entrust-nshield": "CKNFAST_LOADSHARING", "yubihsm2": "YUBIHSM_PKCS11_CONF", "nitrokey-nethsm": "P11NETHSM_CONFIG_FILE"}
    for vendor, name in wanted.items():
        assert name in [entry["name"] for entry in main_container(render((*QUICKSTART, EXAMPLES[vendor])), "signer")["env"]], vendor


@pytest.mark.parametrize("login", ["none", "keypad"])
def test_a_token_without_a_pin_needs_none(login):
    without = {"ers.hsm.pin": "", "ers.hsm.pkcs11.login": login}
    objects = render(HSM, tuple(without.items()))
    assert "pin" not in token(objects)[0] and set(secret(objects, f"{RELEASE}-signer-secrets")) == {"master-password"}
    with pytest.raises(Refused, match="ers.hsm.pin"):
        text(HSM, (("ers.hsm.pkcs11.login", login),))
