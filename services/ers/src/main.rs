//! `ers`: the command line, the init job, and all services in one process (`ers up`). The story of each command is one
//! file in `commands`; how the one-process platform is put together is in `platform`.

mod cli;
mod clm;
mod cluster;
mod commands;
mod failure;
mod identity;
mod key_store;
mod keycloak;
mod output;
mod own_certificates;
mod pki_defaults;
mod platform;
mod remote;
mod rest;

use std::process::ExitCode;

use clap::Parser as _;

fn main() -> ExitCode {
    // a child of the signer in `ers up`: nobody types this
    if std::env::args_os()
        .nth(1)
        .is_some_and(|word| word == "token-worker")
    {
        return signer::token_worker();
    }
    ers_runtime::process::install_crypto_provider();
    let cli = cli::Cli::parse();
    match commands::run(cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            failure.tell();
            failure.code()
        }
    }
}
