//! `make bench`: starts the platform as its users do (`ers up`), loads it over loopback, and prints what it achieves as
//! ratios to bare signatures per second of one core, measured in the same run. What the figures mean and what limits
//! them stands in `docs/performance.md`.
//!
//! A new figure: a [`load::Work`] of its own, measured in `rounds`, with a row type in `report`.

mod acme;
mod bare;
mod database;
mod edges;
mod enrollment;
mod http;
mod load;
mod ocsp;
mod options;
mod overload;
mod pebble;
mod peers;
mod platform;
mod process;
mod report;
mod requests;
mod rounds;
mod scale;
mod token;

use std::io::Write as _;

use anyhow::Result;
use clap::Parser as _;

fn main() -> Result<()> {
    ers_runtime::process::install_crypto_provider();
    let options = options::Options::parse();
    if let Some(key) = &options.sign_on_token {
        writeln!(std::io::stdout(), "{}", token::sign(key)?)?;
        return Ok(());
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        tokio::select! {
            // dropping the rounds ends every process that they have started
            _ = tokio::signal::ctrl_c() => anyhow::bail!("interrupted"),
            outcome = measure(&options) => outcome,
        }
    })
}

async fn measure(options: &options::Options) -> Result<()> {
    if options.scale.is_empty() {
        rounds::run(options).await
    } else {
        scale::run(options).await
    }
}
