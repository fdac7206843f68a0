//! Options of `ers ca`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

/// Certification authorities.
#[derive(Subcommand)]
pub enum Ca {
    /// List them
    List,
    /// Show one
    Show {
        /// Its name
        name: String,
        /// Print its certificate and those above it as PEM
        #[arg(long)]
        pem: bool,
        /// Print every certificate of it as PEM: of all generations, link and cross certificates
        #[arg(long, conflicts_with = "pem")]
        all_pem: bool,
    },
    /// Make one
    Create(CaCreate),
    /// Make a new certificate for its key
    Renew(CaRenew),
    /// Give it a new key; a root gets link certificates in both directions
    Rollover(CaRollover),
    /// Have a prepared generation issue from now on
    Switch {
        /// Name of the CA
        name: String,
        /// Number of the generation
        generation: u32,
    },
    /// Let it issue nothing for now; it goes on telling the status of what it has issued
    Suspend {
        /// Name of the CA
        name: String,
    },
    /// Let a suspended one issue again
    Resume {
        /// Name of the CA
        name: String,
    },
    /// Let it issue nothing any more; it goes on telling the status of what it has issued
    Retire {
        /// Name of the CA
        name: String,
        /// Publish CRLs that are valid until its certificate ends
        #[arg(long)]
        last_crl: bool,
    },
    /// Revoke its certificates and let it issue nothing any more
    Revoke {
        /// Name of the CA
        name: String,
        /// RFC 5280 name of the reason
        #[arg(long, default_value = "cACompromise")]
        reason: String,
    },
    /// Show its settings as JSON, or change them
    Settings {
        /// Name of the CA
        name: String,
        /// JSON file with all settings that differ from the configuration; - for standard input
        #[arg(long, value_name = "FILE")]
        set: Option<PathBuf>,
    },
    /// Write the request for a CA that awaits its certificate: a file for `sign-request` on an off-line machine, or PEM
    ExportRequest(CaExportRequest),
    /// Take in the certificate that a foreign CA has made for a request
    ImportCertificate(CaImportCertificate),
    /// Sign a request that was carried here; writes a file for `import-response`
    SignRequest(CaSignRequest),
    /// Take in what `sign-request` has written
    ImportResponse {
        /// The file
        file: PathBuf,
        /// Keep the CA that signed under this name and publish its CRL
        #[arg(long, value_name = "NAME")]
        issuer_name: Option<String>,
    },
    /// Add a CA whose key is elsewhere, such as an off-line root
    AddExternal {
        /// Its name here: 1 to 64 of a-z 0-9 -
        name: String,
        /// Its certificate, PEM
        #[arg(long, value_name = "FILE")]
        certificate: PathBuf,
    },
    /// Publish a CRL of a CA whose key is elsewhere
    ImportCrl {
        /// Name of the CA
        name: String,
        /// The CRL, PEM or DER
        file: PathBuf,
    },
    /// Sign a foreign CA; prints the cross-certificate as PEM
    CrossSign(CaCrossSign),
    /// Take in a certificate that a foreign CA has made for the key of one of ours
    ImportCross(CaImportCertificate),
}

/// Options of `ers ca create`.
#[derive(Args)]
pub struct CaCreate {
    /// Its name: 1 to 64 of a-z 0-9 -
    pub name: String,
    /// Its subject, e.g. "CN=Example Sub CA,O=Example AG,C=DE"
    #[arg(long)]
    pub subject: String,
    /// RSA-2048 (-3072, -4096, -6144, -8192), RSA-PSS-2048 (same sizes), P-256, P-384, P-521, brainpoolP256r1,
    /// brainpoolP384r1, brainpoolP512r1, Ed25519 or Ed448
    #[arg(long, default_value = "P-256")]
    pub key_algorithm: String,
    /// e.g. SHA384withRSA; default: what suits the key
    #[arg(long)]
    pub signature_algorithm: Option<String>,
    /// The CA that signs it; without: a root
    #[arg(long)]
    pub issuer: Option<String>,
    /// A foreign CA signs it: it gets a key and a request, and begins when its certificate is taken in
    #[arg(long, conflicts_with = "issuer")]
    pub external: bool,
    /// How long it is valid, e.g. 10y or 3650d
    #[arg(long, default_value = "10y")]
    pub validity: String,
    /// How many CAs may follow below it
    #[arg(long)]
    pub path_length: Option<u32>,
    /// Profile of its certificate; default: root-ca or sub-ca
    #[arg(long)]
    pub profile: Option<String>,
    /// JSON file with what it does otherwise than configured
    #[arg(long, value_name = "FILE")]
    pub settings: Option<PathBuf>,
    /// The token that holds its key; default: the signer's default token
    #[arg(long)]
    pub token: Option<String>,
}

/// Options of `ers ca renew`.
#[derive(Args)]
pub struct CaRenew {
    /// Name of the CA
    pub name: String,
    /// How long the new certificate is valid
    #[arg(long, default_value = "10y")]
    pub validity: String,
    /// How many CAs may follow below it; default: as before
    #[arg(long)]
    pub path_length: Option<u32>,
    /// Profile of its certificate; default: root-ca or sub-ca
    #[arg(long)]
    pub profile: Option<String>,
    /// Repeated with the same id, nothing is made twice
    #[arg(long, value_name = "ID")]
    pub request_id: Option<String>,
}

/// Options of `ers ca rollover`.
#[derive(Args)]
pub struct CaRollover {
    /// Name of the CA
    pub name: String,
    /// Kind of the new key; default: as before
    #[arg(long)]
    pub key_algorithm: Option<String>,
    /// How it signs; default: what suits the key
    #[arg(long)]
    pub signature_algorithm: Option<String>,
    /// How long the new certificate is valid
    #[arg(long, default_value = "10y")]
    pub validity: String,
    /// How many CAs may follow below it; default: as before
    #[arg(long)]
    pub path_length: Option<u32>,
    /// Profile of its certificate; default: root-ca or sub-ca
    #[arg(long)]
    pub profile: Option<String>,
    /// The token that holds the new key; default: the signer's default token
    #[arg(long)]
    pub token: Option<String>,
    /// Issue with the new key when told to by `switch`
    #[arg(long)]
    pub prepare_only: bool,
    /// Issue with the new key from this time on, e.g. 2027-01-01T00:00:00Z
    #[arg(long, value_name = "TIME", conflicts_with = "prepare_only")]
    pub switch_at: Option<String>,
}

/// Options of `ers ca export-request`.
#[derive(Args)]
pub struct CaExportRequest {
    /// Name of the CA
    pub name: String,
    /// Where to; - for standard output
    #[arg(long, value_name = "FILE", default_value = "-")]
    pub out: PathBuf,
    /// Only the PKCS#10 request, as PEM
    #[arg(long)]
    pub pem: bool,
    /// How long the certificate is to be valid
    #[arg(long, default_value = "10y")]
    pub validity: String,
    /// How many CAs may follow below it
    #[arg(long)]
    pub path_length: Option<u32>,
    /// Profile by which it is to be signed; default: sub-ca
    #[arg(long)]
    pub profile: Option<String>,
}

/// Options of `ers ca import-certificate` and `import-cross`.
#[derive(Args)]
pub struct CaImportCertificate {
    /// Name of the CA
    pub name: String,
    /// PEM: its certificate first, then those above it up to the root, as far as they are not known here
    pub file: PathBuf,
    /// A new generation issues when told to by `switch`
    #[arg(long)]
    pub prepare_only: bool,
}

/// Options of `ers ca sign-request`.
#[derive(Args)]
pub struct CaSignRequest {
    /// The CA that signs
    #[arg(long)]
    pub issuer: String,
    /// What `export-request` has written
    pub file: PathBuf,
    /// Where the answer goes; - for standard output
    #[arg(long, value_name = "FILE", default_value = "-")]
    pub out: PathBuf,
    /// Another validity than the one asked for
    #[arg(long)]
    pub validity: Option<String>,
    /// Another path length than the one asked for
    #[arg(long)]
    pub path_length: Option<u32>,
}

/// Options of `ers ca cross-sign`.
#[derive(Args)]
pub struct CaCrossSign {
    /// The CA that signs
    #[arg(long)]
    pub issuer: String,
    /// The foreign CA's PKCS#10 request or self-signed certificate, PEM
    pub file: PathBuf,
    /// How long the certificate is valid
    #[arg(long, default_value = "2y")]
    pub validity: String,
    /// How many CAs may follow below it
    #[arg(long)]
    pub path_length: Option<u32>,
    /// Profile of its certificate; default: sub-ca
    #[arg(long)]
    pub profile: Option<String>,
    /// Repeated with the same id, nothing is made twice
    #[arg(long, value_name = "ID")]
    pub request_id: Option<String>,
}
