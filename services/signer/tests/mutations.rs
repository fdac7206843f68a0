//! Promises: whatever one value of a journal row is changed to, and whichever rows are deleted, inserted, exchanged or
//! cut off, verifying names the chain and the first entry that is wrong; put back, the chain is whole again. On all
//! three databases, at random rows. A run tells its seed; `ERS_SEED` repeats it.

#![cfg(test)]

mod common;

use aws_lc_rs::digest::{SHA256, digest};
use common::{Signing, ca_key, crl, root, sign, signed_root};
use ers_pki::key::KeyAlgorithm;
use ers_signer_client::{Purpose, Signer as _, VerifyProgress};
use ers_test_support::databases::TestDatabase;
use ers_test_support::on_every_database;
use futures::TryStreamExt;
use sea_orm::sea_query::{Expr, ExprTrait, Query};
use sea_orm::{ConnectionTrait, DatabaseConnection, Value};

on_every_database!(failure_8_every_change_of_the_journal_is_found_and_named,);

const ENTRIES: u64 = 24;
/// Random rows for each column.
const ROUNDS: u32 = 4;

const COLUMNS: [&str; 12] = [
    "chain",
    "sequence",
    "at",
    "caller",
    "request_id",
    "key_id",
    "purpose",
    "signature_algorithm",
    "to_be_signed",
    "digest",
    "context",
    "entry_hash",
];

/// Failure 8: an audit row altered, deleted, inserted, reordered, its tail truncated.
async fn failure_8_every_change_of_the_journal_is_found_and_named(database: TestDatabase) {
    write(&database).await;
    let tamper = Tamper::begin(&database).await;
    let signing = Signing::over(&database, "journal: { chain: other }\n")
        .await
        .unwrap();
    let mut dice = Dice::new();
    println!("ERS_SEED={}", dice.seed);
    assert_eq!(faults(&signing).await, []);
    for column in COLUMNS {
        for _ in 0..ROUNDS {
            let row = dice.below(ENTRIES) + 1;
            tamper.alter(column, row, &mut dice).await;
            assert_named(&signing, row, &format!("{column} of {row}")).await;
            tamper.undo().await;
        }
    }
    for _ in 0..ROUNDS {
        let row = dice.below(ENTRIES - 1) + 1;
        tamper.delete(row, row).await;
        assert_named(&signing, row, &format!("{row} deleted")).await;
        tamper.undo().await;
        tamper.exchange(row, row + 1).await;
        assert_named(&signing, row, &format!("{row} exchanged")).await;
        tamper.undo().await;
        tamper.delete(row + 1, ENTRIES).await;
        assert_named(&signing, row + 1, &format!("cut off after {row}")).await;
        tamper.undo().await;
        // room is made for one more: all behind it move up by one
        tamper.insert(row).await;
        assert_named(&signing, row + 1, &format!("inserted at {row}")).await;
        tamper.undo().await;
    }
    for number in ["0", "-7"] {
        tamper
            .run(&format!(
                "update journal_entry set sequence = {number} where chain = 'main' and sequence = {ENTRIES}"
            ))
            .await;
        assert_named(&signing, 0, &format!("put before the first as {number}")).await;
        tamper.undo().await;
    }
    assert_eq!(faults(&signing).await, []);
    signing.stop().await;
}

/// A chain of entries with and without their bytes, ended in order, so that its head is stated.
async fn write(database: &TestDatabase) {
    let signing = Signing::over(database, "journal: { checkpoint_entries: 7 }\n")
        .await
        .unwrap();
    let cara = signing.caller("cara-ws");
    let key = cara
        .create_key(ca_key("root", KeyAlgorithm::P256))
        .await
        .unwrap();
    let certificate = signed_root(&cara, &key).await;
    let (prepared, list) = (root(&key.public_key), crl(&certificate, 3));
    for number in 1..ENTRIES {
        let (purpose, bytes) = if number % 2 == 0 {
            (Purpose::Certificate, prepared.to_be_signed())
        } else {
            (Purpose::Crl, list.to_be_signed())
        };
        assert_eq!(
            sign(&cara, &key, purpose, bytes).await.unwrap().sequence,
            number + 1
        );
    }
    drop(cara);
    signing.stop().await;
}

/// What verifying finds, in all chains.
async fn faults(signing: &Signing) -> Vec<(String, u64, String)> {
    let progress: Vec<VerifyProgress> = signing
        .caller("administrator")
        .verify_journal(None)
        .await
        .unwrap()
        .try_collect()
        .await
        .unwrap();
    progress
        .into_iter()
        .filter_map(|step| {
            step.fault
                .map(|(sequence, what)| (step.chain, sequence, what))
        })
        .collect()
}

async fn assert_named(signing: &Signing, sequence: u64, what: &str) {
    let found = faults(signing).await;
    assert!(
        found
            .iter()
            .any(|(chain, at, _)| chain == "main" && *at == sequence),
        "{what}: {found:?}"
    );
}

/// Somebody who can write to the database.
struct Tamper {
    database: DatabaseConnection,
}

impl Tamper {
    async fn begin(database: &TestDatabase) -> Self {
        use secrecy::ExposeSecret as _;
        let url = database.config.url.resolve().unwrap();
        let database = sea_orm::Database::connect(url.expose_secret())
            .await
            .unwrap();
        let tamper = Self { database };
        tamper
            .run("create table untouched as select * from journal_entry")
            .await;
        tamper
    }

    async fn run(&self, statement: &str) {
        self.database.execute_unprepared(statement).await.unwrap();
    }

    async fn undo(&self) {
        self.run("delete from journal_entry").await;
        self.run("insert into journal_entry select * from untouched")
            .await;
    }

    async fn delete(&self, from: u64, to: u64) {
        self.run(&format!(
            "delete from journal_entry where chain = 'main' and sequence between {from} and {to}"
        ))
        .await;
    }

    async fn renumber(&self, from: u64, to: u64) {
        self.run(&format!(
            "update journal_entry set sequence = {to} where chain = 'main' and sequence = {from}"
        ))
        .await;
    }

    async fn exchange(&self, left: u64, right: u64) {
        self.renumber(left, 100_000).await;
        self.renumber(right, left).await;
        self.renumber(100_000, right).await;
    }

    /// The entry of a number stands twice; all behind it are one later.
    async fn insert(&self, at: u64) {
        for number in (at..=ENTRIES).rev() {
            self.renumber(number, number + 1).await;
        }
        self.run(&format!(
            "insert into journal_entry select * from untouched where chain = 'main' and sequence = {at}"
        ))
        .await;
    }

    /// Changes one value to another one of its kind.
    async fn alter(&self, column: &str, row: u64, dice: &mut Dice) {
        let row = i64::try_from(row).unwrap();
        let query = Query::select()
            .column(column.to_owned())
            .from("journal_entry")
            .and_where(Expr::col("chain").eq("main"))
            .and_where(Expr::col("sequence").eq(row))
            .to_owned();
        let found = self.database.query_one(&query).await.unwrap().unwrap();
        let value: Value = match column {
            "chain" => format!("main{}", dice.below(10)).into(),
            "sequence" => (1_000 + i64::try_from(dice.below(1_000)).unwrap()).into(),
            "at" => {
                let at: i64 = found.try_get_by_index(0).unwrap();
                (at + 1 - 2 * i64::try_from(dice.below(2)).unwrap()).into()
            }
            "purpose" => {
                let purpose: i16 = found.try_get_by_index(0).unwrap();
                (purpose % 9 + 1).into()
            }
            "caller" | "request_id" | "key_id" | "signature_algorithm" => {
                let mut text: String = found.try_get_by_index(0).unwrap();
                let at = usize::try_from(dice.below(text.len() as u64)).unwrap();
                let other = if text.as_bytes()[at] == b'x' {
                    "y"
                } else {
                    "x"
                };
                text.replace_range(at..=at, other);
                text.into()
            }
            _ => {
                let bytes: Option<Vec<u8>> = found.try_get_by_index(0).unwrap();
                // MariaDB would not take a digest of another length
                let keep_length = matches!(column, "digest" | "entry_hash");
                dice.alter_bytes(bytes, keep_length).into()
            }
        };
        let update = Query::update()
            .table("journal_entry")
            .value(column.to_owned(), value)
            .and_where(Expr::col("chain").eq("main"))
            .and_where(Expr::col("sequence").eq(row))
            .to_owned();
        let done = self.database.execute(&update).await.unwrap();
        assert_eq!(done.rows_affected(), 1, "{column} of {row}");
    }
}

/// Numbers that look random and can be had again.
struct Dice {
    seed: u64,
    thrown: u64,
}

impl Dice {
    fn new() -> Self {
        let seed = std::env::var("ERS_SEED").map_or_else(
            |_| {
                let mut octets = [0; 8];
                aws_lc_rs::rand::fill(&mut octets).unwrap();
                u64::from_be_bytes(octets)
            },
            |seed| seed.parse().unwrap(),
        );
        Self { seed, thrown: 0 }
    }

    fn below(&mut self, end: u64) -> u64 {
        self.thrown += 1;
        let throw = [self.seed.to_be_bytes(), self.thrown.to_be_bytes()].concat();
        let octets = digest(&SHA256, &throw);
        u64::from_be_bytes(octets.as_ref()[..8].try_into().unwrap()) % end
    }

    /// One bit, or one octet more or less; bytes that were not kept appear, and some that were vanish.
    fn alter_bytes(&mut self, bytes: Option<Vec<u8>>, keep_length: bool) -> Option<Vec<u8>> {
        let Some(mut bytes) = bytes else {
            return Some(Vec::new());
        };
        let at = usize::try_from(self.below(bytes.len() as u64)).unwrap();
        match self.below(4) {
            0 if !keep_length => bytes.push(0),
            1 if !keep_length => {
                bytes.pop();
            }
            _ => bytes[at] ^= 1 << self.below(8),
        }
        Some(bytes)
    }
}
