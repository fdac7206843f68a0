//! What can be typed.

mod approval;
mod ca;
mod entity;
mod inventory;
mod notify;
mod people;
mod profile;

use std::{net::SocketAddr, path::PathBuf};

use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

pub use approval::Approval;
pub use ca::{
    Ca, CaCreate, CaCrossSign, CaExportRequest, CaImportCertificate, CaRenew, CaRollover,
    CaSignRequest,
};
pub use entity::{CertRenewNow, Entity, EntityName, EntitySecret, Scep};
pub use inventory::{
    CertBulk, CertChange, CertExportList, CertFilter, CertImport, CertTag, ListFormat, Selected,
};
pub use notify::{Notify, Wish};
pub use people::{Realm, Role, RoleGive, User};
pub use profile::{Profile, ProfileApply, ProfileRehearse};

/// An open PKI and certificate lifecycle platform.
#[derive(Parser)]
#[command(
    name = "ers",
    version,
    propagate_version = true,
    arg_required_else_help = true
)]
pub struct Cli {
    /// Which platform, and how to show what it says
    #[command(flatten)]
    pub global: Global,
    /// What to do
    #[command(subcommand)]
    pub command: Command,
}

/// Options of every command.
#[derive(Args, Clone)]
pub struct Global {
    /// Folder of a platform on this machine
    #[arg(
        long,
        global = true,
        default_value = "data",
        value_name = "DIR",
        env = "ERS_DATA"
    )]
    pub data: PathBuf,
    /// YAML file with endpoints and identity of a platform elsewhere, instead of --data
    #[arg(long, global = true, value_name = "FILE", env = "ERS_PLATFORM")]
    pub platform: Option<PathBuf>,
    /// How results are written
    #[arg(long, global = true, value_enum, default_value_t = Format::Table)]
    pub output: Format,
}

/// How results are written.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people
    Table,
    /// For programs
    Json,
}

/// What to do.
#[derive(Subcommand)]
pub enum Command {
    /// Start the whole platform on this machine
    Up(Up),
    /// Show whether everything is well
    Status,
    /// Certification authorities
    #[command(subcommand)]
    Ca(Ca),
    /// Policies: who may have which certificate
    #[command(subcommand)]
    Policy(Policy),
    /// Certificate profiles: what certificates say
    #[command(subcommand)]
    Profile(Profile),
    /// Certificates
    #[command(subcommand)]
    Cert(Box<Cert>),
    /// The signer's tokens: software or HSM
    #[command(subcommand)]
    Token(TokenCommand),
    /// The signer's keys
    #[command(subcommand)]
    Key(KeyCommand),
    /// Revocation lists
    #[command(subcommand)]
    Crl(Crl),
    /// The signer's journal, and the trail of people's acts
    #[command(subcommand)]
    Audit(Audit),
    /// The signer's own secrets: master password, data key, key of checkpoints
    #[command(subcommand)]
    Signer(Signer),
    /// After CARA's database was restored from an older backup
    #[command(subcommand)]
    Restore(Restore),
    /// Devices, people and services that certificates are for, and what they are known by
    #[command(subcommand)]
    Entity(Entity),
    /// Who is told of what, by mail and webhooks
    #[command(subcommand)]
    Notify(Notify),
    /// Realms: what separates policies, end entities, requests and certificates
    #[command(subcommand)]
    Realm(Realm),
    /// Roles: what there is to be allowed, and who may
    #[command(subcommand)]
    Role(Role),
    /// Local accounts of people
    #[command(subcommand)]
    User(User),
    /// Challenge passwords for SCEP clients (RFC 8894)
    #[command(subcommand)]
    Scep(Scep),
    /// External account keys for ACME clients (RFC 8555 section 7.3.4)
    #[command(subcommand)]
    AcmeAccountKey(AcmeAccountKey),
    /// Set the password of an administrator
    Password(Password),
    /// People who administer CARA with client certificates, and what they did
    #[command(subcommand)]
    Administrator(Administrator),
    /// Acts that wait for a second administrator
    #[command(subcommand)]
    Approval(Approval),
    /// Mutual-TLS identities for services that run as separate processes
    #[command(subcommand)]
    Identity(Identity),
    /// Create the default PKI on services that run as separate processes
    Init(Init),
    /// Bring the schemas of databases up to date
    Migrate(Migrate),
    /// Print a completion script for a shell
    Completions {
        /// The shell
        shell: Shell,
    },
}

/// Options of `ers up`.
#[derive(Args)]
pub struct Up {
    /// YAML configuration; every key has a default
    #[arg(long, short, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Address of the HTTPS port
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub listen: Option<SocketAddr>,
    /// Address of the plain HTTP port (revocation information)
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub http_listen: Option<SocketAddr>,
    /// Address of the health and metrics port
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub health_listen: Option<SocketAddr>,
}

/// Policies.
#[derive(Subcommand)]
pub enum Policy {
    /// List them
    List,
    /// Show one as the YAML that `apply` takes
    Show {
        /// Its name
        name: String,
    },
    /// Make or change one
    Apply {
        /// YAML file; - for standard input
        file: PathBuf,
    },
}

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

/// Revocation lists.
#[derive(Subcommand)]
pub enum Crl {
    /// List the newest ones of a CA: complete, of its partitions, delta
    List {
        /// Name of the CA
        issuer: String,
    },
    /// Write the newest one of a name to a file
    Fetch(CrlFetch),
    /// Make all of a CA anew, now
    Publish {
        /// Name of the CA
        issuer: String,
        /// Only its delta CRLs
        #[arg(long)]
        delta_only: bool,
    },
}

/// Options of `ers crl fetch`.
#[derive(Args)]
pub struct CrlFetch {
    /// Its name: <ca>[.g<generation>][.p<partition>][.delta]
    pub name: String,
    /// How it is written
    #[arg(long, value_enum, default_value_t = Encoding::Pem)]
    pub format: Encoding,
    /// Where to; without: to standard output
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
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
    /// Key to be made
    #[arg(long, default_value = "P-256")]
    pub key_algorithm: String,
    /// How long it is valid, e.g. 90d; default: the policy's
    #[arg(long)]
    pub validity: Option<String>,
    /// Where certificate and key are written: OUT.pem and OUT.key, OUT.der and OUT.key, or OUT.p12
    #[arg(long, value_name = "OUT")]
    pub out: PathBuf,
    /// How they are written
    #[arg(long, value_enum, default_value_t = Encoding::Pem)]
    pub format: Encoding,
    /// File with the password of a PKCS#12 file; without: one is made and shown
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

/// The signer's tokens.
#[derive(Subcommand)]
pub enum TokenCommand {
    /// List them: state, keys, queue
    List,
    /// Show one: slot, sessions, PIN, mechanisms
    Show {
        /// Its name in the signer's configuration
        name: String,
    },
}

/// The signer's keys.
#[derive(Subcommand)]
pub enum KeyCommand {
    /// List them
    List,
    /// Show one
    Show {
        /// Its label or id
        key: String,
    },
    /// Use a copy of a key that another token holds, after it was found there and signed rightly
    AttachReplica {
        /// Its label or id
        key: String,
        /// The token that holds the copy
        #[arg(long)]
        token: String,
        /// CKA_ID of the copy, hex; default: that of the original
        #[arg(long, value_name = "HEX")]
        token_key_id: Option<String>,
    },
    /// Use a copy no more; it stays on its token
    DetachReplica {
        /// Its label or id
        key: String,
        /// The token that holds the copy
        #[arg(long)]
        token: String,
    },
    /// Let a key sign again that had made a wrong signature
    LiftQuarantine {
        /// Its label or id
        key: String,
        /// Why it may; goes to the audit log
        #[arg(long)]
        reason: String,
    },
}

/// The signer's journal.
#[derive(Subcommand)]
pub enum Audit {
    /// Show what was signed
    Show {
        /// From this entry on
        #[arg(long, default_value_t = 1)]
        from: u64,
        /// At most so many
        #[arg(long, default_value_t = 50)]
        limit: usize,
        /// Only this chain
        #[arg(long)]
        chain: Option<String>,
    },
    /// Walk the whole journal and say whether anything was changed
    Verify {
        /// Only this chain
        #[arg(long)]
        chain: Option<String>,
    },
    /// Follow the trail of people's acts in CLM and say whether anything was changed
    VerifyClm,
    /// Write the journal to a file that can be checked elsewhere
    Export(AuditExport),
    /// Print the key that checkpoints are signed with, to be pinned elsewhere (PEM)
    CheckpointKey {
        /// The file; default: standard output
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
    /// Check an exported journal, without a platform
    Check(AuditCheck),
    /// Note in a file how far the journal has come, and refuse when its past is another one than at the last call
    Witness(AuditWitness),
}

/// Options of `ers audit export`.
#[derive(Args)]
pub struct AuditExport {
    /// The file
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
    /// Only this chain
    #[arg(long)]
    pub chain: Option<String>,
    /// From this entry on
    #[arg(long, default_value_t = 1, requires = "chain", value_parser = clap::value_parser!(u64).range(1..))]
    pub from: u64,
    /// Up to this entry; default: the last
    #[arg(long, requires = "chain")]
    pub to: Option<u64>,
}

/// Options of `ers audit check`.
#[derive(Args)]
pub struct AuditCheck {
    /// What `ers audit export` wrote; - for standard input
    pub file: PathBuf,
    /// What `ers audit checkpoint-key` printed when all was surely well; without: the file is only held against itself
    #[arg(long, value_name = "PEM")]
    pub checkpoint_key: Option<PathBuf>,
}

/// Options of `ers audit witness`.
#[derive(Args)]
pub struct AuditWitness {
    /// The file that notes are appended to; made when it is not there. Keep it on another machine
    #[arg(long, value_name = "FILE")]
    pub append: PathBuf,
}

/// The signer's own secrets.
#[derive(Subcommand)]
pub enum Signer {
    /// Put the keys under another master password
    ChangeMasterPassword {
        /// File with the password in force; - for standard input
        #[arg(long, value_name = "FILE")]
        old_password_file: PathBuf,
        /// File with the new one; - for standard input
        #[arg(long, value_name = "FILE")]
        new_password_file: PathBuf,
    },
    /// Make another data key and seal all software keys anew
    RotateDataKey {
        /// File with the master password; - for standard input
        #[arg(long, value_name = "FILE")]
        password_file: PathBuf,
        /// Make no new key: only finish what was broken off
        #[arg(long)]
        resume: bool,
    },
    /// Make another key for checkpoints of the journal, signed by the one before it
    RotateCheckpointKey,
}

/// External account keys.
#[derive(Subcommand)]
pub enum AcmeAccountKey {
    /// Make one; it is shown this once
    Create {
        /// The policy that its accounts are bound to
        #[arg(long, default_value = "acme-eab")]
        policy: String,
        /// The end entity that its certificates belong to
        #[arg(long, default_value = "")]
        end_entity: String,
        /// How long it may be used, e.g. 30d; default: for ever
        #[arg(long)]
        validity: Option<String>,
    },
}

/// Options of `ers password`.
#[derive(Args)]
pub struct Password {
    /// The account
    #[arg(default_value = "administrator")]
    pub username: String,
    /// File with the new password; - for standard input
    #[arg(long, value_name = "FILE")]
    pub password_file: PathBuf,
}

/// Mutual-TLS identities.
#[derive(Subcommand)]
pub enum Identity {
    /// Make the authority that services believe
    Init {
        /// Folder that everything is written to
        #[arg(long)]
        dir: PathBuf,
    },
    /// Issue identities: NAME.crt and NAME.key beside authorities.crt
    Issue {
        /// Folder of the authority
        #[arg(long)]
        dir: PathBuf,
        /// How long they are valid
        #[arg(long, default_value = "365d")]
        validity: String,
        /// signer, cara-ws, clm-api, rev-info, acme, scep, administrator
        #[arg(required = true)]
        names: Vec<String>,
    },
    /// Make and renew identities as Secrets of a Kubernetes namespace, before the services start
    Secrets {
        /// YAML: that of `ers init`, with the key `cluster`
        #[arg(long, short, value_name = "FILE")]
        config: PathBuf,
    },
}

/// Options of `ers init`.
#[derive(Args)]
pub struct Init {
    /// YAML: the PKI to be made and the administrator; every key has a default
    #[arg(long, short, value_name = "FILE")]
    pub config: Option<PathBuf>,
}

/// Options of `ers migrate`.
#[derive(Args)]
pub struct Migrate {
    /// YAML: the databases, by service
    #[arg(long, short, value_name = "FILE")]
    pub config: PathBuf,
}

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

/// After CARA's database was restored from an older backup.
#[derive(Subcommand)]
pub enum Restore {
    /// List the CAs that are to be reconciled
    List,
    /// Say that the database was restored: no certificate is told as good until the CA is reconciled
    Begin {
        /// The CA; without: all of them
        #[arg(long)]
        ca: Option<String>,
        /// Kept and shown
        #[arg(long, default_value = "restored from a backup")]
        reason: String,
    },
    /// Take over the revocations of the newest CRL that was published; the CA is reconciled when none newer is known
    ApplyCrl {
        /// DER or PEM
        file: PathBuf,
    },
    /// Adopt the certificates of a journal that was exported with `ers audit export`
    AdoptJournal {
        /// What was exported
        file: PathBuf,
    },
    /// Say that nothing is missing any more
    Finish {
        /// The CA
        #[arg(long)]
        ca: String,
        /// Although a newer CRL is known than was applied
        #[arg(long)]
        sure: bool,
    },
}
