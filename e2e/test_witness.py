"""The journal outside the machine, and the signer's own secrets.

Promises:
- an exported journal is checked by `ers audit check` without a platform, and by a foreign program from the documentation
  alone; a changed octet is found;
- `ers audit witness` refuses when the past that it has noted is another one, also when entries at the end went together
  with the checkpoints that told of them;
- the key of checkpoints changes, and a witness that pinned the old one follows;
- the master password changes while everything runs: what was sealed opens after a restart, the old password does not;
- the data key is made anew, and what was issued before goes on.
"""

import base64
import json
import sqlite3

import pytest
from cryptography import x509

from harness import journal
from harness.waiting import until

pytestmark = pytest.mark.forms("sqlite")


def stated(platform):
    until("the end is stated by a checkpoint", lambda: platform.rows(
        "signer", "select count(*) from journal_checkpoint where sequence >= (select max(sequence) from journal_entry)"
    ) != [("0",)], 30)


def test_an_exported_journal_is_judged_elsewhere(own_platform, folder):
    platform = own_platform
    issued = platform.issue(folder, "exported.example.test")
    stated(platform)
    file, key = folder / "journal.jsonl", folder / "checkpoint-key.pem"
    platform.ers("audit", "checkpoint-key", "--out", key)
    platform.ers("audit", "export", "--out", file)
    checked = platform.ers("audit", "check", file, "--checkpoint-key", key).stdout
    assert "unbroken" in checked and "itself only" not in checked, checked

    entries, checkpoints = journal.check(file, key.read_bytes())
    assert checkpoints > 0
    signed = x509.load_pem_x509_certificate(issued.read_bytes()).tbs_certificate_bytes
    kept = [entry["to_be_signed"] for chain in entries.values() for entry in chain]
    assert base64.b64encode(signed).decode() in kept

    part = folder / "part.jsonl"
    chain = next(iter(entries))
    platform.ers("audit", "export", "--chain", chain, "--from", "3", "--to", "5", "--out", part)
    assert "3 entries from 3 on" in platform.ers("audit", "check", part, "--checkpoint-key", key).stdout

    text = file.read_text()
    file.write_text(text.replace('"caller":"cara-ws"', '"caller":"cara-wx"', 1))
    outcome = platform.ers("audit", "check", file, check=False)
    assert outcome.code != 0 and "altered" in outcome.stderr, str(outcome)


def test_failure_8_a_witness_misses_an_end_that_went_with_its_checkpoints(own_platform, folder):
    """Failure 8: tail truncated, the signed checkpoints of it as well."""
    platform = own_platform
    notes = folder / "witness.jsonl"
    platform.issue(folder, "witnessed1.example.test")
    platform.ers("audit", "witness", "--append", notes)
    platform.ers("signer", "rotate-checkpoint-key")
    platform.issue(folder, "witnessed2.example.test")
    stated(platform)
    assert "as witnessed before" in platform.ers("audit", "witness", "--append", notes).stdout
    noted = notes.read_text()

    platform.stop()
    database = platform.databases["signer"].removeprefix("sqlite:")
    with sqlite3.connect(database) as connection:
        backup = sqlite3.connect(":memory:")
        connection.backup(backup)
        last = json.loads(noted.splitlines()[-1])["sequence"]
        for table in ("journal_entry", "journal_checkpoint"):
            connection.execute(f"delete from {table} where sequence > ?", (last - 1,))
    connection.close()
    platform.start()
    # what the database says of itself is whole
    assert "unbroken" in platform.ers("audit", "verify").stdout
    outcome = platform.ers("audit", "witness", "--append", notes, check=False)
    assert outcome.code != 0 and f"entry {last}" in outcome.stderr, str(outcome)
    assert notes.read_text() == noted

    # put back as it was, the witness goes on
    platform.stop()
    with sqlite3.connect(database) as connection:
        backup.backup(connection)
    connection.close()
    platform.start()
    assert "as witnessed before" in platform.ers("audit", "witness", "--append", notes).stdout


def test_master_password_and_data_key_change_under_a_running_platform(own_platform, folder):
    platform = own_platform
    old, new = folder / "old", folder / "new"
    kept = platform.data / "master-password"
    old.write_text(kept.read_text())
    new.write_text("a new master password\n")
    wrong = platform.ers("signer", "change-master-password", "--old-password-file", new, "--new-password-file", new, check=False)
    assert wrong.code != 0 and "wrong master password" in wrong.stderr, str(wrong)
    assert kept.read_text() == old.read_text() and not (platform.data / "master-password.new").exists()

    platform.ers("signer", "change-master-password", "--old-password-file", old, "--new-password-file", new)
    assert kept.read_text() == "a new master password"
    rotated = platform.ers("signer", "rotate-data-key", "--password-file", new).stdout
    assert "data key 2" in rotated, rotated
    assert platform.issue(folder, "rotated1.example.test")
    platform.stop()
    platform.start()
    assert platform.issue(folder, "rotated2.example.test")

    # the old one opens nothing any more
    platform.stop()
    kept.write_text(old.read_text())
    server = platform.servers["ers"]
    server.start()
    until("it ends, because the password is wrong", lambda: not server.alive, 60)
    assert "wrong master password" in server.text()
    kept.write_text("a new master password")
    platform.start()
    assert "unbroken" in platform.ers("audit", "verify").stdout
