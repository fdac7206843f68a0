//! `ers`: the command line, the init job, and all services in one process (`ers up`). The story of each command is one
//! file in `commands`; how the one-process platform is put together is in `platform`.

mod cli;
mod commands;
mod failure;
mod identity;
mod key_store;
mod output;
mod pki_defaults;
mod platform;
mod remote;

use std::process::ExitCode;

use clap::Parser as _;

fn main() -> ExitCode {
    ers_runtime::process::install_crypto_provider();
    let cli = cli::Cli::parse();
    match commands::run(cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            failure.tell();
            ExitCode::FAILURE
        }
    }
}
