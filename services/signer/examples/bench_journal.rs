//! How fast a journal is verified, and in how much memory: writes so many chained entries into a fresh database, starts
//! a signer beside them and lets it walk. `make bench-journal N=10000000`.

#![expect(
    clippy::print_stdout,
    reason = "what it measured goes to standard output"
)]

use std::time::Instant;

use anyhow::{Context as _, Result};
use aws_lc_rs::digest::{SHA256, digest};
use ers_migrations::signer::Migrator;
use ers_runtime::{Context, clock::SystemClock, grpc::Caller};
use ers_signer_client::{Signer as _, SignerClient};
use ers_test_support::databases::{self, Kind};
use futures::TryStreamExt;
use sea_orm::sea_query::Query;
use sea_orm::{ConnectionTrait, DatabaseConnection, TransactionTrait};
use signer::witness::{Fields, Head};
use tower::ServiceExt;

/// Rows of one statement: eleven parameters each, of SQLite's 32,766.
const ROWS: u64 = 1000;
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

#[tokio::main]
async fn main() -> Result<()> {
    ers_runtime::process::install_crypto_provider();
    let mut arguments = std::env::args().skip(1);
    let entries = arguments
        .next()
        .map_or(Ok(1_000_000), |entries| entries.parse())?;
    let kinds: Vec<String> = arguments.collect();
    println!("journal of {entries} entries, every second one with a certificate of 500 octets");
    println!("DATABASE   LOAD/S     VERIFY/S   SECONDS  PEAK MiB (before)");
    for kind in [Kind::Sqlite, Kind::Postgres, Kind::MariaDb] {
        let name = format!("{kind:?}").to_lowercase();
        if kinds.is_empty() || kinds.contains(&name) {
            measure(kind, &name, entries).await?;
        }
    }
    Ok(())
}

async fn measure(kind: Kind, name: &str, entries: u64) -> Result<()> {
    let database = databases::fresh(kind).await?;
    let connection = ers_runtime::db::connect::<Migrator>(&database.config).await?;
    let begun = Instant::now();
    load(&connection, entries).await?;
    connection.close().await?;
    let loaded = begun.elapsed().as_secs_f64();

    let mut config: signer::Config = ers_runtime::config::parse(
        "database: { url: unused }\nmaster_password: bench\n",
        std::path::Path::new("bench.yaml"),
    )?;
    config.database = database.config.clone();
    let context = Context::for_test("signer", SystemClock::shared())?;
    let signer = signer::start(context.clone(), config).await?;
    let administrator = Caller::named("administrator");
    let channel =
        signer
            .routes()
            .map_request(move |mut request: tonic::codegen::http::Request<_>| {
                request.extensions_mut().insert(administrator.clone());
                request
            });
    // from here on the peak is that of verifying
    std::fs::write("/proc/self/clear_refs", "5").context("reset the peak")?;
    let before = status("VmRSS")?;
    let begun = Instant::now();
    let mut steps = SignerClient::new(channel)
        .verify_journal(Some("main"))
        .await?;
    let mut last = None;
    while let Some(step) = steps.try_next().await? {
        last = Some(step);
    }
    let seconds = begun.elapsed().as_secs_f64();
    let last = last.context("verify")?;
    anyhow::ensure!(last.fault.is_none() && last.verified == entries, "{last:?}");
    println!(
        "{name:<10} {:<10.0} {:<10.0} {seconds:<8.1} {} ({before})",
        entries as f64 / loaded,
        entries as f64 / seconds,
        status("VmHWM")?,
    );
    context.shutdown.stop();
    Ok(())
}

async fn load(connection: &DatabaseConnection, entries: u64) -> Result<()> {
    let bytes = vec![0x30; 500];
    let hashed = digest(&SHA256, &bytes);
    let mut head = Head::empty("main");
    let mut transaction = connection.begin().await?;
    while head.sequence < entries {
        let mut insert = Query::insert();
        insert.into_table("journal_entry").columns(COLUMNS);
        for _ in 0..ROWS.min(entries - head.sequence) {
            let sequence = head.sequence + 1;
            let request_id = format!("request-{sequence}");
            let kept = sequence.is_multiple_of(2);
            let fields = Fields {
                at_ms: 1_800_000_000_000 + i64::try_from(sequence)?,
                caller: "cara-ws",
                request_id: &request_id,
                key_id: "11111111-2222-3333-4444-555555555555",
                purpose: if kept { 1 } else { 3 },
                signature_algorithm: "SHA256withECDSA",
                to_be_signed: kept.then_some(bytes.as_slice()),
                digest: hashed.as_ref(),
                context: b"a note as CARA writes it, of some sixty octets or so, no more.",
            };
            head = Head {
                sequence,
                hash: fields.hash("main", sequence, &head.hash),
            };
            insert.values([
                "main".into(),
                i64::try_from(sequence)?.into(),
                fields.at_ms.into(),
                fields.caller.into(),
                fields.request_id.into(),
                fields.key_id.into(),
                i16::try_from(fields.purpose)?.into(),
                fields.signature_algorithm.into(),
                fields.to_be_signed.map(<[u8]>::to_vec).into(),
                fields.digest.to_vec().into(),
                fields.context.to_vec().into(),
                head.hash.as_bytes().to_vec().into(),
            ])?;
        }
        transaction.execute(&insert).await?;
        if head.sequence.is_multiple_of(100 * ROWS) {
            transaction.commit().await?;
            transaction = connection.begin().await?;
        }
    }
    transaction.commit().await?;
    Ok(())
}

/// A line of /proc/self/status, in MiB.
fn status(name: &str) -> Result<u64> {
    let text = std::fs::read_to_string("/proc/self/status")?;
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
    let kib: u64 = line
        .and_then(|line| line.trim().strip_suffix(" kB"))
        .context("read /proc/self/status")?
        .trim()
        .parse()?;
    Ok(kib / 1024)
}
