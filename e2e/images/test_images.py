"""The images, made by `scripts/images.sh` from the programs that the stories run.

- each is small, runs as nobody, has no shell, says what it is and what it is made of, and holds one program
- the same commit and the same programs give the same image, to the octet
- the signer's loads a vendor's library and uses its token
"""

import gzip
import io
import json
import os
import shutil
import subprocess
import tarfile

import pytest
import yaml

from harness.chart import ROOT
from harness.platform import binary
from harness.ports import free_port
from harness.process import Server, run
from harness.servers import SOFTHSM, SoftHsm
from harness.waiting import until

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
    for library in ("libc.so.6", "libpthread.so.0", "libdl.so.2", "librt.so.1", "libm.so.6", "libgcc_s.so.1", "libstdc++.so.6",
                    "libssl.so.3", "libcrypto.so.3"):
        assert [name for name in names if name.endswith(f"/{library}")], library


def test_the_same_commit_and_programs_give_the_same_image(images, run_folder):
    again = made(run_folder / "images-again", ("clm-ui", "signer"))
    for service, image in again.items():
        assert image.digest == images[service].digest, service


class Container:
    """A root made of an image, in which its program is run as its own user; the network is the machine's."""

    def __init__(self, folder, image):
        self.folder = folder
        folder.mkdir()
        # what scripts/images.sh uses: no daemon, no namespaces
        self.environment = {"BUILDAH_ISOLATION": "chroot", "STORAGE_DRIVER": "vfs"}
        self.buildah = ["buildah", "--root", folder / "storage", "--runroot", folder / "runroot"]
        self.name = run(*self.buildah, "from", "--quiet", f"oci-archive:{image.file}", environment=self.environment, seconds=300).stdout.strip()

    def server(self, *arguments, mounts, environment):
        given = [word for key, value in environment.items() for word in ("--env", f"{key}={value}")]
        mounted = [word for mount in mounts for word in ("--volume", mount)]
        return Server("signer", [*self.buildah, "run", *given, *mounted, self.name, "--", "/usr/bin/service", *arguments], self.folder,
                      self.environment)

    def remove(self):
        run(*self.buildah, "rm", self.name, environment=self.environment)


def test_the_signers_image_uses_the_token_of_a_vendors_library(images, folder):
    token = SoftHsm(folder / "token").start()
    run(binary("ers"), "identity", "init", "--dir", folder / "identities")
    run(binary("ers"), "identity", "issue", "--dir", folder / "identities", "signer")
    (folder / "data").mkdir()
    (folder / "hsm").mkdir()
    shutil.copy(SOFTHSM, folder / "hsm")
    token.configuration.write_text("directories.tokendir = /token/tokens\nobjectstore.backend = file\n")
    health = free_port()
    (folder / "signer.yaml").write_text(yaml.safe_dump({
        "telemetry": {"log_format": "text"}, "health_listen": f"127.0.0.1:{health}",
        "identity": {"certificate": "/identities/signer.crt", "key": "/identities/signer.key", "authorities": "/identities/authorities.crt"},
        "service": {
            "listen": f"127.0.0.1:{free_port()}", "database": {"url": "sqlite:///data/signer.db?mode=rwc"}, "master_password": "of this story",
            "tokens": [{"name": "hsm", "pkcs11": {"library": "/opt/hsm/libsofthsm2.so", "slot": {"label": token.label}, "pin": token.pin}}],
        },
    }))
    for place in ("token", "data", "identities"):
        for path in [folder / place, *(folder / place).rglob("*")]:
            os.chown(path, 65532, 65532)
    container = Container(folder / "container", images["signer"])
    mounts = [f"{folder}/{place}:{inside}:{kind}" for place, inside, kind in (
        ("hsm", "/opt/hsm", "ro"), ("token", "/token", "rw"), ("data", "/data", "rw"), ("identities", "/identities", "ro"),
        ("signer.yaml", "/etc/ers/signer.yaml", "ro"))]
    signer = container.server("--config", "/etc/ers/signer.yaml", mounts=mounts, environment={"SOFTHSM2_CONF": "/token/softhsm2.conf"})
    try:
        signer.start()
        url = f"http://127.0.0.1:{health}/health/ready"
        said = until("the token is up", lambda: json.loads(run("curl", "--silent", "--fail", url).stdout), 60)
        assert "signer.token.hsm" in str(said)
    finally:
        signer.stop()
        container.remove()
