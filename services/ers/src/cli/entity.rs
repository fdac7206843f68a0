//! Options of `ers entity`, `ers scep` and `ers cert renew-now`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

/// End entities: devices, people and services that certificates are for.
#[derive(Subcommand)]
pub enum Entity {
    /// Make one
    Add {
        #[command(flatten)]
        which: EntityName,
        /// How its people are reached, e.g. a mail address
        #[arg(long, default_value = "")]
        contact: String,
        /// Who answers for it, e.g. a person or team; may be repeated
        #[arg(long = "owner", value_name = "OWNER")]
        owners: Vec<String>,
        /// What else is known of it; may be repeated
        #[arg(long, value_name = "NAME=VALUE", value_parser = name_and_value)]
        metadata: Vec<(String, String)>,
        /// It may ask and revoke for others
        #[arg(long)]
        registration_authority: bool,
    },
    /// List them
    List {
        #[command(flatten)]
        which: EntityFilter,
        /// Most of them at once
        #[arg(long, default_value_t = 50)]
        limit: u32,
        /// The next page, as the one before named it
        #[arg(long, default_value = "")]
        page: String,
    },
    /// Show one
    Show(EntityName),
    /// Say how its people are reached, who answers for it, what else is known of it, and whether it may ask for others
    Change(EntityChange),
    /// Let it ask for nothing for now; its certificates let in nobody
    Suspend(EntityName),
    /// Let it ask again
    Resume(EntityName),
    /// Set the password that it shows to EST, or make one, which is shown this once
    SetPassword(EntitySecret),
    /// Set the secret that it protects CMP messages with, or make one, which is shown this once
    SetSecret(EntitySecret),
    /// Remove it; its certificates stay as they are
    Remove(EntityName),
}

/// Which end entities; all of it must hold.
#[derive(Args)]
pub struct EntityFilter {
    /// Only those of this realm
    #[arg(long, default_value = "")]
    pub realm: String,
    /// active or suspended
    #[arg(long, default_value = "")]
    pub state: String,
    /// Only those that this one answers for
    #[arg(long, default_value = "")]
    pub owner: String,
    /// Part of name, contact, owner or metadata
    #[arg(long, default_value = "")]
    pub search: String,
}

/// Which end entity.
#[derive(Args)]
pub struct EntityName {
    /// Its name
    pub name: String,
    /// Its realm
    #[arg(long, default_value = "default")]
    pub realm: String,
}

/// Options of `ers entity change`.
#[derive(Args)]
pub struct EntityChange {
    #[command(flatten)]
    pub which: EntityName,
    /// How its people are reached, e.g. a mail address
    #[arg(long)]
    pub contact: Option<String>,
    /// Who answers for it, in the place of those before; may be repeated; one that is empty: nobody
    #[arg(long = "owner", value_name = "OWNER")]
    pub owners: Vec<String>,
    /// What else is known of it, in the place of what was before; may be repeated
    #[arg(long, value_name = "NAME=VALUE", value_parser = name_and_value)]
    pub metadata: Vec<(String, String)>,
    /// Nothing else is known of it
    #[arg(long, conflicts_with = "metadata")]
    pub no_metadata: bool,
    /// Whether it may ask and revoke for others
    #[arg(long, value_name = "true|false")]
    pub registration_authority: Option<bool>,
}

/// A password or secret to be set.
#[derive(Args)]
pub struct EntitySecret {
    #[command(flatten)]
    pub which: EntityName,
    /// File that holds it; - for standard input; default: one is made
    #[arg(long, value_name = "FILE", conflicts_with = "none")]
    pub file: Option<PathBuf>,
    /// Take away the one that it has
    #[arg(long)]
    pub none: bool,
}

/// SCEP.
#[derive(Subcommand)]
pub enum Scep {
    /// Make a challenge password for one request; it is shown this once
    Challenge {
        /// The policy that it is for
        #[arg(long, default_value = "scep")]
        policy: String,
        /// The end entity that it is for
        #[arg(long, default_value = "")]
        end_entity: String,
        /// The common name that the request must have
        #[arg(long, default_value = "")]
        common_name: String,
        /// A name that the request must have, e.g. dns:router.example.com; may be given several times
        #[arg(long = "name")]
        names: Vec<String>,
        /// How long it may be used, e.g. 12h; default: 1 hour
        #[arg(long)]
        validity: Option<String>,
    },
}

/// Options of `ers cert renew-now`.
#[derive(Args)]
pub struct CertRenewNow {
    /// Serial numbers or fingerprints, hex; the first 8 or more characters will do
    pub ids: Vec<String>,
    /// Instead of ids: part of subject, name or serial number
    #[arg(long, default_value = "", conflicts_with = "ids")]
    pub search: String,
    /// Those issued under this policy
    #[arg(long, default_value = "", conflicts_with = "ids")]
    pub policy: String,
    /// Those of this CA
    #[arg(long, default_value = "", conflicts_with = "ids")]
    pub issuer: String,
    /// https URL where people can read why
    #[arg(long, default_value = "")]
    pub explanation_url: String,
    /// The time over which clients spread themselves, e.g. 12h; default: 24 hours
    #[arg(long)]
    pub within: Option<String>,
}

fn name_and_value(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("must be NAME=VALUE".to_owned()),
    }
}
