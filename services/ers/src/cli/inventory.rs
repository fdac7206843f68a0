//! Options of `ers cert` that are about the inventory: what is looked for, what is written beside certificates, acts on
//! many, certificates of others.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

/// What is looked for; all of it must hold.
#[derive(Args, Clone)]
pub struct CertFilter {
    /// Part of a name, or the beginning of a serial number or fingerprint
    #[arg(long)]
    pub search: Option<String>,
    /// valid, revoked or expired
    #[arg(long)]
    pub state: Option<String>,
    /// Only those that expire within this time, e.g. 30d
    #[arg(long)]
    pub expires_within: Option<String>,
    /// Only those that end then or later, e.g. 2026-11-22
    #[arg(long, value_name = "TIME")]
    pub expires_from: Option<String>,
    /// Only those that end before then
    #[arg(long, value_name = "TIME")]
    pub expires_before: Option<String>,
    /// Only those of this realm
    #[arg(long)]
    pub realm: Option<String>,
    /// Only those that this policy allowed
    #[arg(long)]
    pub policy: Option<String>,
    /// Only those of this CA
    #[arg(long, value_name = "CA")]
    pub issuer: Option<String>,
    /// Only those with a key of this kind, e.g. P-256
    #[arg(long)]
    pub key_algorithm: Option<String>,
    /// Only those of this end entity
    #[arg(long)]
    pub end_entity: Option<String>,
    /// Only those of this owner
    #[arg(long)]
    pub owner: Option<String>,
    /// Only those without an owner
    #[arg(long, conflicts_with = "owner")]
    pub unowned: bool,
    /// Only those with this tag: NAME, or NAME=VALUE; may be repeated
    #[arg(long = "tag", value_name = "TAG")]
    pub tags: Vec<String>,
    /// issued or imported
    #[arg(long)]
    pub source: Option<String>,
}

/// Options of `ers cert tag`.
#[derive(Args)]
pub struct CertTag {
    /// Serial number or fingerprint, hex; the first 8 or more characters will do
    pub id: String,
    /// NAME, or NAME=VALUE; one of a name is there at most
    pub set: Vec<String>,
    /// Name of a tag that is taken away; may be repeated
    #[arg(long, value_name = "NAME")]
    pub remove: Vec<String>,
}

/// Options of `ers cert change`.
#[derive(Args)]
pub struct CertChange {
    /// Serial number or fingerprint, hex; the first 8 or more characters will do
    pub id: String,
    /// Where it is used, in the place of what was said before; may be repeated
    #[arg(long = "location")]
    pub locations: Vec<String>,
    /// A comment, in the place of the one before
    #[arg(long)]
    pub comment: Option<String>,
}

/// Options of `ers cert import`.
#[derive(Args)]
pub struct CertImport {
    /// File with certificates: PEM, DER or PKCS#7; `-`: PEM on standard input
    pub file: PathBuf,
    /// The policy that they belong to from then on; it must allow to import
    #[arg(long)]
    pub policy: String,
    /// Whose they are: a person's name or mail address
    #[arg(long, default_value = "")]
    pub owner: String,
    /// NAME, or NAME=VALUE; may be repeated
    #[arg(long = "tag", value_name = "TAG")]
    pub tags: Vec<String>,
}

/// Options of `ers cert export-list`.
#[derive(Args)]
pub struct CertExportList {
    #[command(flatten)]
    pub filter: CertFilter,
    /// How they are written
    #[arg(long, value_enum, default_value_t = ListFormat::Csv)]
    pub format: ListFormat,
}

/// How a list is written.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ListFormat {
    /// A line of comma-separated values each
    Csv,
    /// A line of JSON each
    Ndjson,
}

/// Acts on many certificates.
#[derive(Subcommand)]
pub enum CertBulk {
    /// Revoke many: those that are named, or the valid ones that are found
    Revoke {
        #[command(flatten)]
        which: Selected,
        /// RFC 5280 name of the reason, e.g. keyCompromise, superseded, cessationOfOperation
        #[arg(long, default_value = "unspecified")]
        reason: String,
    },
    /// Have the clients of many told to renew now (RFC 9773)
    Renew {
        #[command(flatten)]
        which: Selected,
        /// The time over which clients spread themselves, e.g. 12h; default: 24 hours
        #[arg(long)]
        within: Option<String>,
        /// https URL where people can read why
        #[arg(long, default_value = "")]
        explanation_url: String,
    },
    /// Change owner and tags of many
    Change {
        #[command(flatten)]
        which: Selected,
        /// Give them to this person or mail address; empty: to nobody
        #[arg(long)]
        set_owner: Option<String>,
        /// NAME, or NAME=VALUE; may be repeated
        #[arg(long, value_name = "TAG")]
        set_tag: Vec<String>,
        /// Name of a tag that is taken away; may be repeated
        #[arg(long, value_name = "NAME")]
        remove_tag: Vec<String>,
    },
    /// List acts, newest first
    List,
    /// Show how far one has come, and what could not be done
    Show {
        /// Its number
        id: i64,
    },
    /// End one; what is done stays done
    Cancel {
        /// Its number
        id: i64,
    },
}

/// Which certificates.
#[derive(Args)]
pub struct Selected {
    /// Serial numbers or fingerprints, hex; without: those that the options find
    pub ids: Vec<String>,
    #[command(flatten)]
    pub filter: CertFilter,
    /// Begins the same act once, however often it is typed
    #[arg(long, default_value = "")]
    pub key: String,
    /// Do not wait for its end
    #[arg(long)]
    pub no_wait: bool,
}
