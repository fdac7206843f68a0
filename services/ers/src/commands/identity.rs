//! `ers identity`: mutual-TLS identities as files, or as Secrets of a cluster.

use std::path::Path;

use ers_runtime::clock::{Clock as _, SystemClock};

use crate::{
    cli::Identity,
    failure::{Attempt as _, Failure, Outcome},
    identity::IdentityAuthority,
    key_store::{write_private, write_public},
    output,
};

const CERTIFICATE: &str = "authorities.crt";
const KEY: &str = "authority.key";
const AUTHORITY_VALIDITY: &str = "10y";

pub async fn run(command: &Identity) -> Outcome<()> {
    match command {
        Identity::Secrets { config } => super::init::keep_identities(config).await,
        Identity::Init { dir } => init(dir),
        Identity::Issue {
            dir,
            validity,
            names,
        } => issue(dir, validity, names),
    }
}

fn init(dir: &Path) -> Outcome<()> {
    std::fs::create_dir_all(dir).attempt(format!("make folder {}", dir.display()))?;
    if dir.join(KEY).exists() {
        return Err(
            Failure::new(format!("{} holds an authority already", dir.display()))
                .or("`ers identity issue` issues identities from it"),
        );
    }
    let authority = IdentityAuthority::make(validity(AUTHORITY_VALIDITY)?, SystemClock.now())?;
    write_private(&dir.join(KEY), authority.key_pem()?.as_bytes())?;
    write_public(
        &dir.join(CERTIFICATE),
        authority.certificate_pem().as_bytes(),
    )?;
    output::line(&format!("identity authority made in {}", dir.display()))
}

fn issue(dir: &Path, valid: &str, names: &[String]) -> Outcome<()> {
    let read = |name: &str| {
        std::fs::read_to_string(dir.join(name)).map_err(|error| {
            Failure::new(format!("read {}: {error}", dir.join(name).display()))
                .or("`ers identity init` makes the authority")
        })
    };
    let authority = IdentityAuthority::from_pem(&read(CERTIFICATE)?, &read(KEY)?)?;
    for name in names {
        let identity = authority.issue(name, validity(valid)?, SystemClock.now())?;
        write_private(&dir.join(format!("{name}.key")), identity.key.as_bytes())?;
        write_public(
            &dir.join(format!("{name}.crt")),
            identity.certificate.as_bytes(),
        )?;
        output::line(&format!("{}", dir.join(format!("{name}.crt")).display()))?;
    }
    Ok(())
}

fn validity(text: &str) -> Outcome<std::time::Duration> {
    let period: ers_pki::profile::Period = text.parse().attempt("read --validity")?;
    period.duration().try_into().attempt("read --validity")
}
