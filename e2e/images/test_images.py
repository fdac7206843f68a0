"""The images, made by `scripts/images.sh` from the programs that the stories run.

- each is small, runs as nobody, has no shell, says what it is and what it is made of, and holds one program
- the same commit and the same programs give the same image, to the octet
"""

import gzip
import io
import json
import subprocess
import tarfile

import pytest

from harness.chart import ROOT
from harness.platform import binary

TAG = "7.0.0"
SERVICES = ("signer", "cara-ws", "clm-api", "clm-ui", "cara-admin", "rev-info", "acme", "est", "cmp", "scep", "cli")
LIMIT = 60 << 20


def made(folder, services):
    """Has images made; their archives."""
    told = subprocess.run([ROOT / "scripts/images.sh", binary("ers").parent, folder, TAG, *services], capture_output=True, text=True, timeout=900)
    assert told.returncode == 0, told.stdout + told.stderr
    return {service: Image(folder / f"{service}.tar") for service in services}


class Image:
    """An OCI archive (image-spec 1.0), with one image."""

    def __init__(self, file):
        self.file = file
        with tarfile.open(file) as archive:
            self.blobs = {member.name: archive.extractfile(member).read() for member in archive if member.isfile()}
        index = json.loads(self.blobs["index.json"])
        [entry] = index["manifests"]
        self.name, self.digest = entry["annotations"]["org.opencontainers.image.ref.name"], entry["digest"]
        self.manifest = json.loads(self.blob(self.digest))
        self.config = json.loads(self.blob(self.manifest["config"]["digest"]))["config"]
        self.files = {}
        for layer in self.manifest["layers"]:
            with tarfile.open(fileobj=io.BytesIO(gzip.decompress(self.blob(layer["digest"])))) as tree:
                for member in tree:
                    content = tree.extractfile(member).read() if member.isfile() else b""
                    self.files["/" + member.name.strip("./")] = (member, content)

    def blob(self, digest):
        return self.blobs[f"blobs/{digest.replace(':', '/')}"]


@pytest.fixture(scope="module")
def images(run_folder):
    return made(run_folder / "images", SERVICES)


@pytest.mark.parametrize("service", SERVICES)
def test_an_image_is_small_and_runs_as_nobody_without_a_shell(images, service):
    image = images[service]
    # programs of the development profile are larger than those that are released
    size = sum(len(content) for _, content in image.files.values())
    assert image.file.stat().st_size < LIMIT, f"{image.file.stat().st_size >> 20} MiB, unpacked {size >> 20}"
    assert image.config["User"] == "65532:65532" and image.config["Entrypoint"] == ["/usr/bin/service"]
    programs = {name for name, (member, _) in image.files.items() if member.isfile() and member.mode & 0o111 and "/lib" not in name}
    assert programs == {"/usr/bin/service"}, "no shell, no package manager"
    for name, (member, _) in image.files.items():
        assert not member.mode & 0o6000, f"{name} runs as another"
        assert name in ("/tmp", "/") or not member.mode & 0o002 or member.issym(), f"anybody may write {name}"


@pytest.mark.parametrize("service", SERVICES)
def test_an_image_says_what_it_is_and_what_it_is_made_of(images, service):
    image = images[service]
    labels = image.config["Labels"]
    revision = subprocess.run(["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()
    assert image.name.endswith(f"ers/{service}:{TAG}")
    assert {key.removeprefix("org.opencontainers.image."): value for key, value in labels.items() if key.startswith("org.open")}.items() >= {
        "title": f"ers/{service}", "version": TAG, "revision": revision, "licenses": "Apache-2.0"}.items()
    bill = json.loads(image.files["/usr/share/ers/sbom.json"][1])
    assert (bill["bomFormat"], bill["specVersion"]) == ("CycloneDX", "1.5")
    names = {component["name"] for component in bill["components"]}
    assert {"tokio", "serde", "libc6", "libssl3"} <= names
    assert {"9443/tcp", "8080/tcp", "8443/tcp", "9090/tcp"} == set(image.config["ExposedPorts"])


def test_the_signers_image_has_what_vendors_libraries_are_linked_with(images):
    names = images["signer"].files
    for library in ("libc.so.6", "libpthread.so.0", "libdl.so.2", "librt.so.1", "libm.so.6", "libgcc_s.so.1", "libssl.so.3", "libcrypto.so.3"):
        assert [name for name in names if name.endswith(f"/{library}")], library


def test_the_same_commit_and_programs_give_the_same_image(images, run_folder):
    again = made(run_folder / "images-again", ("clm-ui", "signer"))
    for service, image in again.items():
        assert image.digest == images[service].digest, service
