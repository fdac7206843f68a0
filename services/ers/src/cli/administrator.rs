//! People who administer CARA: `ers administrator`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

/// People who administer CARA.
#[derive(Subcommand)]
pub enum Administrator {
    /// Show all
    List,
    /// Make one, with a certificate that shows who they are
    Add(AdministratorAdd),
    /// Change roles, CAs and state; certificates stay
    Change(AdministratorChange),
    /// Remove one, with their certificates
    Remove {
        /// Who
        name: String,
    },
    /// Show what was done over REST, newest first
    Acts {
        /// At most so many
        #[arg(long, default_value_t = 50)]
        limit: u32,
        /// Only theirs, e.g. administrator:alice
        #[arg(long)]
        administrator: Option<String>,
        /// Only of that kind, e.g. create-authority
        #[arg(long)]
        act: Option<String>,
    },
}

/// Options of `ers administrator add`.
#[derive(Args)]
pub struct AdministratorAdd {
    /// 1 to 64 of A-Z a-z 0-9 . _ @ -
    pub name: String,
    /// ca-administrator, ra, auditor, operator; may be repeated
    #[arg(long = "role", required = true)]
    pub roles: Vec<String>,
    /// Only for this CA; may be repeated
    #[arg(long = "authority")]
    pub authorities: Vec<String>,
    /// A certificate that they have already, PEM; absent: one is issued
    #[arg(long, value_name = "FILE", conflicts_with_all = ["out", "password_file"])]
    pub certificate: Option<PathBuf>,
    /// PKCS#12 file that the new key and certificate are written to, for a browser; default: NAME.p12
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// File with the password for the PKCS#12; absent: one is made and shown
    #[arg(long, value_name = "FILE")]
    pub password_file: Option<PathBuf>,
    /// The CA that issues the certificate
    #[arg(long, default_value = "management-root")]
    pub issuer: String,
    /// How long the certificate is valid
    #[arg(long, default_value = "365d")]
    pub validity: String,
}

/// Options of `ers administrator change`.
#[derive(Args)]
pub struct AdministratorChange {
    /// Who
    pub name: String,
    /// ca-administrator, ra, auditor, operator; may be repeated; these take the place of those before
    #[arg(long = "role", required = true)]
    pub roles: Vec<String>,
    /// Only for this CA; may be repeated; absent: for all
    #[arg(long = "authority")]
    pub authorities: Vec<String>,
    /// May do nothing for now
    #[arg(long)]
    pub disabled: bool,
}
