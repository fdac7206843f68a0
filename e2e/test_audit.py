"""The journal against someone who can write to its database.

Promises: `ers audit verify` fails and names the first entry that is wrong when
- a field of an entry was changed,
- the bytes that were signed were exchanged,
- an entry in the middle is gone,
- entries at the end are gone,
and it finds the journal whole again when the change is undone.
"""

import sqlite3

import pytest

from harness.waiting import until

pytestmark = pytest.mark.forms("sqlite")

CHANGES = {
    "a field": (["update journal_entry set caller = 'nobody' where sequence = 5"], "entry 5"),
    "the bytes": (["update journal_entry set to_be_signed = (select to_be_signed from journal_entry where sequence = 1) "
                   "where sequence = 4"], "entry 4"),
    "the middle": (["delete from journal_entry where sequence = 6"], "entry 6"),
    "the end": (["delete from journal_entry where sequence > 8"], "entry 9"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_verify_names_the_first_entry_that_is_wrong(own_platform, folder, change):
    platform = own_platform
    for number in range(4):
        platform.issue(folder, f"audited{number}.example.test")
    statements, named = CHANGES[change]
    until("the end is stated by a checkpoint", lambda: platform.rows(
        "signer", "select count(*) from journal_checkpoint where sequence >= (select max(sequence) from journal_entry)"
    ) != [("0",)], 30)
    assert "unbroken" in platform.ers("audit", "verify").stdout

    database = platform.databases["signer"].removeprefix("sqlite:")
    backup = sqlite3.connect(":memory:")
    with sqlite3.connect(database, timeout=10) as connection:
        connection.backup(backup)
        for statement in statements:
            assert connection.execute(statement).rowcount > 0
    connection.close()

    outcome = platform.ers("audit", "verify", check=False)
    assert outcome.code != 0 and named in outcome.stderr, str(outcome)

    with sqlite3.connect(database, timeout=10) as connection:
        rows = backup.execute("select * from journal_entry").fetchall()
        connection.execute("delete from journal_entry")
        connection.executemany(f"insert into journal_entry values ({','.join('?' * len(rows[0]))})", rows)
    connection.close()
    assert "unbroken" in platform.ers("audit", "verify").stdout
