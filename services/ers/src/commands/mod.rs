//! One file per command.

mod account;
mod acme_account_key;
mod administrator;
mod approval;
mod audit;
mod ca;
mod cert;
mod client;
mod crl;
mod entity;
mod identity;
mod init;
mod key;
mod key_file;
mod login;
mod migrate;
mod notify;
mod password;
mod policy;
mod profile;
mod realm;
mod recovery;
mod request;
mod restore;
mod role;
mod scep;
mod signer;
mod status;
mod system;
mod token;
mod up;
mod user;

use std::{io::Read as _, path::Path};

use clap::CommandFactory as _;
use zeroize::Zeroizing;

use crate::{
    cli::{Cli, Command},
    failure::{Attempt as _, Outcome},
    output,
};

/// In whose name the command line acts.
pub const ACTOR: &str = "administrator";

/// Does what was typed.
pub fn run(cli: Cli) -> Outcome<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .attempt("start")?;
    runtime.block_on(async {
        let global = cli.global;
        match cli.command {
            Command::Up(options) => up::run(&global, &options).await,
            Command::Status => status::run(&global).await,
            Command::Ca(command) => ca::run(&global, command).await,
            Command::Policy(command) => policy::run(&global, command).await,
            Command::Profile(command) => profile::run(&global, command).await,
            Command::Cert(command) => cert::run(&global, *command).await,
            Command::Token(command) => token::run(&global, command).await,
            Command::Key(command) => key::run(&global, command).await,
            Command::Crl(command) => crl::run(&global, command).await,
            Command::Audit(command) => audit::run(&global, command).await,
            Command::Signer(command) => signer::run(&global, command).await,
            Command::Restore(command) => restore::run(&global, command).await,
            Command::Entity(command) => entity::run(&global, command).await,
            Command::Notify(command) => notify::run(&global, command).await,
            Command::Realm(command) => realm::run(&global, command).await,
            Command::Role(command) => role::run(&global, command).await,
            Command::User(command) => user::run(&global, command).await,
            Command::Request(command) => request::run(&global, command).await,
            Command::Recovery(command) => recovery::run(&global, command).await,
            Command::Client(command) => client::run(&global, command).await,
            Command::Authority(command) => system::authority(&global, command).await,
            Command::System => system::system(&global).await,
            Command::Account(command) => account::run(&global, command).await,
            Command::Login(options) => login::log_in(&global, &options).await,
            Command::Logout => login::log_out(&global).await,
            Command::Whoami => login::who_am_i(&global).await,
            Command::Scep(command) => scep::run(&global, command).await,
            Command::AcmeAccountKey(command) => acme_account_key::run(&global, command).await,
            Command::Password(options) => password::run(&global, &options).await,
            Command::Administrator(command) => administrator::run(&global, command).await,
            Command::Approval(command) => approval::run(&global, command).await,
            Command::Identity(command) => identity::run(&command).await,
            Command::Init(options) => init::run(&global, &options).await,
            Command::Migrate(options) => migrate::run(&options).await,
            Command::Completions { shell } => {
                let mut script = Vec::new();
                clap_complete::generate(shell, &mut Cli::command(), "ers", &mut script);
                output::line(&String::from_utf8_lossy(&script))
            }
        }
    })
}

/// The text of a file; `-`: of standard input.
pub fn read_text(file: &Path) -> Outcome<String> {
    if file != Path::new("-") {
        return std::fs::read_to_string(file).attempt(format!("read {}", file.display()));
    }
    let mut text = String::new();
    std::io::stdin()
        .read_to_string(&mut text)
        .attempt("read standard input")?;
    Ok(text)
}

/// The password that a file holds, without the end of its line; `-`: from standard input.
pub fn read_password(file: &Path) -> Outcome<Zeroizing<String>> {
    let text = Zeroizing::new(read_text(file)?);
    Ok(Zeroizing::new(
        text.trim_end_matches(['\r', '\n']).to_owned(),
    ))
}

/// The password of a file, or one that is made and shown.
pub fn password_or_new(file: Option<&Path>) -> Outcome<(Zeroizing<String>, bool)> {
    match file {
        Some(file) => Ok((read_password(file)?, false)),
        None => {
            let mut random = [0; 15];
            aws_lc_rs::rand::fill(&mut random).attempt("make a password")?;
            Ok((Zeroizing::new(hex::encode(random)), true))
        }
    }
}

/// `90d`, `12h`, `1y` (365 days) and the like.
pub fn duration(text: &str) -> Outcome<prost_types::Duration> {
    let period: ers_pki::profile::Period = text.parse().attempt("read a duration")?;
    Ok(prost_types::Duration {
        seconds: period.duration().whole_seconds(),
        nanos: 0,
    })
}

/// A time of RFC 3339, or a date, which means its first moment in UTC.
pub fn time(text: &str) -> Outcome<prost_types::Timestamp> {
    use time::{OffsetDateTime, format_description::well_known::Rfc3339};
    let whole = if text.contains('T') {
        text.to_owned()
    } else {
        format!("{text}T00:00:00Z")
    };
    let at = OffsetDateTime::parse(&whole, &Rfc3339)
        .attempt(format!("read time \"{text}\" (like 2026-11-22T12:00:00Z)"))?;
    Ok(prost_types::Timestamp {
        seconds: at.unix_timestamp(),
        nanos: 0,
    })
}
