"""The disk of the database is full.

Promises: without room no certificate leaves the platform, and nothing is signed that has no journal entry; when there is room
again everything goes on without anybody's help, nothing is lost, and the journal is whole.
"""

import os
import re
import urllib.request
from pathlib import Path

import pytest

from harness.platform import OneProcess
from harness.process import run
from harness.servers import PostgreSql
from harness.waiting import until

pytestmark = pytest.mark.forms("sqlite", "postgresql")


class Disk:
    """A small file system in memory, which can be filled."""

    def __init__(self, place, mib):
        assert os.geteuid() == 0, "mounting a small file system is for root"
        self.place = Path(place)
        self.place.mkdir(parents=True)
        run("mount", "-t", "tmpfs", "-o", f"size={mib}m,mode=0755", "tmpfs", self.place)

    def fill(self):
        """To the last octet."""
        with open(self.place / "ballast", "ab", buffering=0) as ballast:
            for size in (1 << 20, 1 << 12, 1):
                try:
                    while True:
                        ballast.write(b"\0" * size)
                except OSError:
                    pass

    def free(self):
        (self.place / "ballast").unlink(missing_ok=True)

    def gone(self):
        run("umount", "--lazy", self.place, check=False)


@pytest.fixture
def on_a_small_disk(form, folder, run_folder, dns):
    """A platform, the disk of its databases, and what brings a database server back that gave up."""
    server = None
    if form == "sqlite":
        platform = OneProcess(form, folder / "platform", dns)
        disk = Disk(platform.data, 48)
    else:
        disk = Disk(run_folder / "full", 256)  # a short path: there is a socket in it
        server = PostgreSql(disk.place / "postgresql").start()
        platform = OneProcess(form, folder / "platform", dns, server)

    def supervise():
        if server and not server.server.alive:
            server.server.start()

    try:
        yield platform.start(), disk, supervise
    finally:
        platform.stop()
        if server:
            server.stop()
        disk.gone()


def signed(platform):
    """Certificates signed since the start, as the signer counts them."""
    with urllib.request.urlopen(f"{platform.health_urls[0]}/metrics", timeout=5) as answer:
        text = answer.read().decode()
    counts = re.findall(r'^ers_signer_signatures_total\{[^}]*outcome="signed"[^}]*purpose="certificate"[^}]*\} (\d+)', text, re.M)
    assert counts, text[:2000]
    return sum(map(int, counts))


def entries(platform):
    return int(platform.rows("signer", "select count(*) from journal_entry where purpose = 1")[0][0])


def test_failures_6_and_7_with_a_full_disk_nothing_is_signed_and_room_heals_it(on_a_small_disk, form, folder):
    """Failures 6, 7: disk full for the journal: fail closed, recover without manual repair."""
    platform, disk, supervise = on_a_small_disk
    assert platform.issue(folder, "room.example.test")
    before = entries(platform) - signed(platform)

    # what was allocated before is still used up, and what did not fit may fit into another page
    issued, refused = [], 0
    for number in range(400):
        disk.fill()
        file = platform.issue(folder, f"full{number}.example.test", check=False)
        if file:
            issued.append(file)
            continue
        refused += 1
        if refused == 6:
            break
    assert refused == 6, "the disk was never full"
    if form == "sqlite":
        assert entries(platform) - signed(platform) >= before, "signed without room for the entry"

    disk.free()
    supervise()
    until("a certificate is issued again", lambda: platform.issue(folder, "again.example.test", check=False), 60)
    platform.until_ready()
    assert "unbroken" in platform.ers("audit", "verify").stdout
    # an entry may stand without its signature, never a signature without its entry
    assert entries(platform) - signed(platform) >= before
    stored = {row[0] for row in platform.rows("cara", "select serial from certificate")}
    for file in issued:
        serial = run("openssl", "x509", "-in", file, "-noout", "-serial").stdout.strip().partition("=")[2].lower()
        assert any(serial.lstrip("0") in str(known) for known in stored), serial

    platform.stop()
    platform.start()
    assert platform.issue(folder, "after.example.test")
    assert "unbroken" in platform.ers("audit", "verify").stdout
