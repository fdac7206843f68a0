//! What can be typed.

mod account;
mod administrator;
mod approval;
mod audit;
mod ca;
mod cert;
mod client;
mod entity;
mod inventory;
mod login;
mod notify;
mod people;
mod profile;
mod recovery;
mod signer;

use std::{net::SocketAddr, path::PathBuf};

use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

pub use account::{Account, SecondFactor};
pub use administrator::{Administrator, AdministratorAdd};
pub use approval::Approval;
pub use audit::{Audit, AuditCheck, AuditEvents, AuditExport, AuditExportEvents, AuditWitness};
pub use ca::{
    Ca, CaCreate, CaCrossSign, CaExportRequest, CaImportCertificate, CaRenew, CaRollover,
    CaSignRequest,
};
pub use cert::{
    Cert, CertExport, CertIssue, CertList, CertRevoke, CertRevokeByKey, CertRevokeMany, Encoding,
};
pub use client::{Client, ClientToken, ClientTokenMake};
pub use entity::{CertRenewNow, Entity, EntityName, EntitySecret, Scep};
pub use inventory::{
    CertBulk, CertChange, CertExportList, CertFilter, CertImport, CertTag, ListFormat, Selected,
};
pub use login::{Login, Request};
pub use notify::{Notify, Wish};
pub use people::{Realm, Role, RoleGive, User};
pub use profile::{Profile, ProfileApply, ProfileRehearse};
pub use recovery::Recovery;
pub use signer::{KeyCommand, Signer, TokenCommand};

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

/// Which of a list.
#[derive(Args)]
pub struct Search {
    /// Only those with this in their names or descriptions, in capitals or not
    #[arg(long, default_value = "")]
    pub search: String,
}

/// Which of a list of what lies in realms.
#[derive(Args)]
pub struct RealmSearch {
    /// Only those of this realm
    #[arg(long, default_value = "")]
    pub realm: String,
    #[command(flatten)]
    pub text: Search,
}

impl Search {
    /// Whether one of the texts has it as a part.
    pub fn finds(&self, texts: &[&str]) -> bool {
        let part = self.search.to_lowercase();
        part.is_empty() || texts.iter().any(|text| text.to_lowercase().contains(&part))
    }
}

impl RealmSearch {
    /// Whether it is of that realm, and one of the texts has the part.
    pub fn finds(&self, realm: &str, texts: &[&str]) -> bool {
        (self.realm.is_empty() || self.realm == realm) && self.text.finds(texts)
    }
}

/// Options of every command.
#[derive(Args, Clone)]
pub struct Global {
    /// Folder of a platform on this machine [default: data]
    #[arg(long, global = true, value_name = "DIR", env = "ERS_DATA")]
    pub data: Option<PathBuf>,
    /// YAML file with endpoints and identity of a platform elsewhere, instead of --data
    #[arg(long, global = true, value_name = "FILE", env = "ERS_PLATFORM")]
    pub platform: Option<PathBuf>,
    /// Base URL of a platform elsewhere, spoken to over REST as whoever `ers login` let in [default: where that was last]
    #[arg(
        long,
        global = true,
        value_name = "URL",
        env = "ERS_SERVER",
        conflicts_with_all = ["platform", "data"]
    )]
    pub server: Option<String>,
    /// How results are written
    #[arg(long, global = true, value_enum, default_value_t = Format::Table)]
    pub output: Format,
}

impl Global {
    /// Folder of a platform on this machine.
    pub fn data(&self) -> PathBuf {
        let usual = || PathBuf::from("data");
        self.data.clone().unwrap_or_else(usual)
    }
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
    /// Requests for certificates
    #[command(subcommand)]
    Request(Request),
    /// Keys that the platform keeps, wanted back under dual control
    #[command(subcommand)]
    Recovery(Recovery),
    /// What asks for certificates by itself, and its access tokens
    #[command(subcommand)]
    Client(Client),
    /// CAs as CLM sees them: what they issue for, and whether their CRLs are current
    #[command(subcommand)]
    Authority(Authority),
    /// How the platform stands: services, checks, tokens, notifications
    System,
    /// Your own account: password and second factor
    #[command(subcommand)]
    Account(Account),
    /// Log in at a platform elsewhere; the commands that follow are done there, over REST
    Login(Login),
    /// End the login
    Logout,
    /// Show where you are logged in, as whom, and what you may do
    Whoami,
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
    List(RealmSearch),
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
    /// List what one said and says, newest first; with --output json all of it
    Versions {
        /// Its name
        name: String,
        /// Most of them at once
        #[arg(long, default_value_t = 50)]
        limit: u32,
        /// The next page, as the one before named it
        #[arg(long, default_value = "")]
        page: String,
    },
}

/// CAs as CLM sees them.
#[derive(Subcommand)]
pub enum Authority {
    /// List them
    List,
    /// Show one, with its chain
    Show {
        /// Its name
        name: String,
    },
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
    /// Take over the revocations of the newest CRLs that were published; the CA is reconciled when a complete one was applied
    /// and none is missing that is known
    ApplyCrl {
        /// DER or PEM; complete ones before delta CRLs
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
    },
    /// Adopt the certificates of a journal that was exported with `ers audit export`
    AdoptJournal {
        /// What was exported
        file: PathBuf,
    },
    /// List the journal entries that could not be adopted yet, and why
    Unadopted,
    /// Say that nothing is missing any more
    Finish {
        /// The CA
        #[arg(long)]
        ca: String,
        /// Although CRLs are missing that are known to be signed
        #[arg(long)]
        sure: bool,
    },
}
