//! Certificates: `ers cert`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::{CertBulk, CertChange, CertExportList, CertFilter, CertImport, CertRenewNow, CertTag};

/// Certificates.
#[derive(Subcommand)]
pub enum Cert {
    /// Issue one: for a CSR, or with a key made here
    Issue(CertIssue),
    /// List them, newest first
    List(CertList),
    /// Show one
    Show {
        /// Serial number or fingerprint, hex; the first 8 or more characters will do
        id: String,
    },
    /// Revoke one
    Revoke(CertRevoke),
    /// Put one on hold: revoked for now, until it is released
    Hold {
        /// Serial number or fingerprint, hex; the first 8 or more characters will do
        id: String,
    },
    /// Take a hold back
    Release {
        /// Serial number or fingerprint, hex; the first 8 or more characters will do
        id: String,
    },
    /// Revoke all that a list names or a filter finds; goes on where it stopped when it is typed again
    RevokeMany(CertRevokeMany),
    /// Have clients that ask when to renew told: now (RFC 9773)
    RenewNow(CertRenewNow),
    /// Revoke one as the holder of its private key
    RevokeByKey(CertRevokeByKey),
    /// Issue no certificate for a public key any more
    BlockKey {
        /// SHA-256 of its SubjectPublicKeyInfo, hex, or a file with a certificate or public key, PEM
        key: String,
    },
    /// Issue certificates for a blocked public key again
    UnblockKey {
        /// SHA-256 of its SubjectPublicKeyInfo, hex, or a file with a certificate or public key, PEM
        key: String,
    },
    /// Write one to a file
    Export(CertExport),
    /// Write all that are found to standard output, as CSV or JSON
    ExportList(CertExportList),
    /// Set or take away tags
    Tag(CertTag),
    /// Say whose one is
    Assign {
        /// Serial number or fingerprint, hex; the first 8 or more characters will do
        id: String,
        /// A person's name or mail address; empty: nobody
        owner: String,
    },
    /// Say where one is used, or comment on it
    Change(CertChange),
    /// Count them: by state, by the week of their end, by the day of their issue
    Statistics {
        /// In this realm only
        #[arg(long, default_value = "")]
        realm: String,
    },
    /// Show what became of one
    History {
        /// Serial number or fingerprint, hex; the first 8 or more characters will do
        id: String,
    },
    /// Import certificates of others, to watch over them
    Import(CertImport),
    /// Forget an imported certificate
    Forget {
        /// Serial number or fingerprint, hex; the first 8 or more characters will do
        id: String,
    },
    /// Revoke, renew or change many, by themselves
    #[command(subcommand)]
    Bulk(CertBulk),
}

/// Options of `ers cert issue`.
#[derive(Args)]
pub struct CertIssue {
    /// The policy that decides
    #[arg(long, default_value = "server")]
    pub policy: String,
    /// PKCS#10 request, PEM or DER; without: a key is made here
    #[arg(long, value_name = "FILE", conflicts_with_all = ["key_algorithm", "format"])]
    pub csr: Option<PathBuf>,
    /// Subject alternative name: dns:…, ip:…, email:…, uri:…, upn:…; may be repeated
    #[arg(
        long = "name",
        value_name = "KIND:VALUE",
        required_unless_present = "csr"
    )]
    pub names: Vec<String>,
    /// Subject, e.g. "CN=www.example.com"; default: the first DNS name
    #[arg(long)]
    pub subject: Option<String>,
    /// Key to be made; default: P-256, or with --server-key the policy's first
    #[arg(long)]
    pub key_algorithm: Option<String>,
    /// The platform makes the key, and keeps it where the policy says so. Over REST, as somebody who is logged in
    #[arg(long, conflicts_with = "csr")]
    pub server_key: bool,
    /// How long it is valid, e.g. 90d; default: the policy's
    #[arg(long)]
    pub validity: Option<String>,
    /// Where certificate and key are written: OUT.pem and OUT.key, OUT.der and OUT.key, or OUT.p12
    #[arg(long, value_name = "OUT")]
    pub out: PathBuf,
    /// How they are written
    #[arg(long, value_enum, default_value_t = Encoding::Pem)]
    pub format: Encoding,
    /// File with the password of a PKCS#12 file; - for standard input; without: one is made and shown
    #[arg(long, value_name = "FILE")]
    pub password_file: Option<PathBuf>,
    /// Idempotency key: a repeated call returns the same certificate
    #[arg(long)]
    pub request_id: Option<String>,
}

/// How certificates are written.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Encoding {
    /// PEM, with the chain
    Pem,
    /// DER, the certificate alone
    Der,
    /// PKCS#12, with the chain and the key
    P12,
}

/// Options of `ers cert list`.
#[derive(Args)]
pub struct CertList {
    #[command(flatten)]
    pub filter: CertFilter,
    /// newest first, or by expiry
    #[arg(long)]
    pub order: Option<String>,
    /// At most so many
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub limit: u32,
    /// Where the page before ended
    #[arg(long)]
    pub page: Option<String>,
}

/// Options of `ers cert export`.
#[derive(Args)]
pub struct CertExport {
    /// Serial number or fingerprint, hex; the first 8 or more characters will do
    pub id: String,
    /// How it is written
    #[arg(long, value_enum, default_value_t = Encoding::Pem)]
    pub format: Encoding,
    /// The file; default: standard output (not for PKCS#12)
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// The private key, PKCS#8 PEM: for PKCS#12
    #[arg(long, value_name = "FILE", required_if_eq("format", "p12"))]
    pub key: Option<PathBuf>,
    /// File with the password of the PKCS#12 file
    #[arg(long, value_name = "FILE", required_if_eq("format", "p12"))]
    pub password_file: Option<PathBuf>,
}

/// Options of `ers cert revoke`.
#[derive(Args)]
pub struct CertRevoke {
    /// Serial number or fingerprint, hex; the first 8 or more characters will do
    pub id: String,
    /// RFC 5280 name of the reason, e.g. keyCompromise, superseded, cessationOfOperation
    #[arg(long, default_value = "unspecified")]
    pub reason: String,
    /// Since when the key or what the certificate says is believed to be wrong, e.g. 2026-11-22T12:00:00Z or 2026-11-22
    #[arg(long, value_name = "TIME")]
    pub invalidity_date: Option<String>,
    /// With keyCompromise: revoke all other certificates for the same key too
    #[arg(long)]
    pub siblings: bool,
}

/// Options of `ers cert revoke-many`.
#[derive(Args)]
pub struct CertRevokeMany {
    /// File with a line "issuer serial" for each; `-`: standard input
    #[arg(long, value_name = "FILE", conflicts_with = "issuer")]
    pub list: Option<PathBuf>,
    /// All of this CA that the options below find
    #[arg(long, value_name = "CA", required_unless_present = "list")]
    pub issuer: Option<String>,
    /// Only those of this profile
    #[arg(long)]
    pub profile: Option<String>,
    /// Only those of this realm
    #[arg(long)]
    pub realm: Option<String>,
    /// Only those that this policy allowed
    #[arg(long)]
    pub policy: Option<String>,
    /// Only those of this end entity
    #[arg(long)]
    pub end_entity: Option<String>,
    /// Only those for this public key: SHA-256 of its SubjectPublicKeyInfo, hex, or a file, PEM
    #[arg(long)]
    pub key: Option<String>,
    /// Only those issued at or after this time, e.g. 2026-11-22T12:00:00Z or 2026-11-22
    #[arg(long, value_name = "TIME")]
    pub issued_from: Option<String>,
    /// Only those issued before this time
    #[arg(long, value_name = "TIME")]
    pub issued_before: Option<String>,
    /// Go on behind this serial number
    #[arg(long, value_name = "SERIAL")]
    pub after: Option<String>,
    /// RFC 5280 name of the reason, e.g. keyCompromise, superseded, cessationOfOperation
    #[arg(long, default_value = "unspecified")]
    pub reason: String,
    /// Since when the keys or what the certificates say is believed to be wrong
    #[arg(long, value_name = "TIME")]
    pub invalidity_date: Option<String>,
    /// Only count what would be revoked
    #[arg(long)]
    pub dry_run: bool,
}

/// Options of `ers cert revoke-by-key`.
#[derive(Args)]
pub struct CertRevokeByKey {
    /// The certificate, PEM
    pub certificate: PathBuf,
    /// Its private key, PKCS#8 PEM; it does not leave this machine
    #[arg(long, value_name = "FILE")]
    pub key: PathBuf,
    /// RFC 5280 name of the reason: unspecified, keyCompromise, affiliationChanged, superseded or cessationOfOperation
    #[arg(long, default_value = "unspecified")]
    pub reason: String,
}
