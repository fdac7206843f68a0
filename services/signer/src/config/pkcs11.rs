//! How a PKCS #11 token is reached, and in what it differs from others. Every key works when absent; the vendors' ways
//! stand in `examples/*.yaml`.

use std::path::PathBuf;

use ers_runtime::config::Secret;
use serde::{Deserialize, Serialize};

use super::{ConfigError, SlotConfig};

/// Most sessions or processes of one token.
const MAX_SESSIONS: usize = 256;

/// How a token is reached.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pkcs11Config {
    /// The vendor's library.
    pub library: PathBuf,
    /// Which slot; absent: the first one with an initialised token.
    #[serde(default)]
    pub slot: SlotConfig,
    /// The user PIN, as C_Login takes it.
    #[serde(default, skip_serializing)]
    pub pin: Option<Secret>,
    /// Who logs in; absent: the user with `pin`, without one at the token's keypad.
    #[serde(default)]
    pub login: Option<Login>,
    /// A user type of the vendor's, for C_Login; absent: CKU_USER.
    #[serde(default)]
    pub vendor_user_type: Option<u32>,
    /// The keys want the PIN for each signature (CKA_ALWAYS_AUTHENTICATE): C_Login with CKU_CONTEXT_SPECIFIC.
    #[serde(default)]
    pub always_authenticate: bool,
    /// Sessions, each with a thread of its own.
    #[serde(default = "sessions")]
    pub sessions: usize,
    /// Sign in read-only sessions; one that writes is opened only to make or destroy a key.
    #[serde(default)]
    pub read_only_sessions: bool,
    /// Child processes, each with the library and one session, in place of `sessions` threads in this process; 0: none.
    #[serde(default)]
    pub workers: usize,
    /// The program of the child processes; absent: the one that runs. It is started as `PROGRAM token-worker`.
    #[serde(default)]
    pub worker_program: Option<PathBuf>,
    /// Tell the library that it may use the locks of the operating system (CKF_OS_LOCKING_OK). Without it the signer
    /// makes one call at a time.
    #[serde(default = "yes")]
    pub os_locking: bool,
    /// Forbid the library to start threads (CKF_LIBRARY_CANT_CREATE_OS_THREADS).
    #[serde(default)]
    pub forbid_library_threads: bool,
    /// Longest time that a signature may take, its waiting included.
    #[serde(default = "timeout_s")]
    pub timeout_s: u64,
    /// Longest time that looking for the token and logging in may take; a keypad needs some.
    #[serde(default = "login_timeout_s")]
    pub login_timeout_s: u64,
    /// Longest time that making a key may take.
    #[serde(default = "generate_timeout_s")]
    pub generate_timeout_s: u64,
    /// Verify each signature with the public key before it is handed on. Off only where somebody else does.
    #[serde(default = "yes")]
    pub verify_signatures: bool,
    /// Which mechanisms sign.
    #[serde(default)]
    pub mechanisms: MechanismConfig,
    /// How keys are made.
    #[serde(default)]
    pub generation: GenerationConfig,
    /// How the library encodes CKA_EC_POINT.
    #[serde(default)]
    pub ec_point: EcPoint,
}

/// Who logs in. The security officer never does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Login {
    /// The user, with `pin`.
    User,
    /// The user, at the token's own keypad or reader (CKF_PROTECTED_AUTHENTICATION_PATH).
    Keypad,
    /// Nobody: the way to the token is what is protected.
    None,
}

/// Which mechanisms sign.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct MechanismConfig {
    /// `signer`: CKM_RSA_PKCS over a DigestInfo; `token`: CKM_SHA256_RSA_PKCS and its like.
    pub rsa_pkcs1: Hashing,
    /// `signer`: CKM_RSA_PKCS_PSS over a hash; `token`: CKM_SHA256_RSA_PKCS_PSS and its like.
    pub rsa_pss: Hashing,
    /// `signer`: CKM_ECDSA over a hash; `token`: CKM_ECDSA_SHA256 and its like.
    pub ecdsa: Hashing,
    /// Whether CKM_EDDSA may be used.
    pub eddsa: bool,
}

/// Who makes the hash that is signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Hashing {
    /// The signer: less travels to the token.
    #[default]
    Signer,
    /// The token, from the bytes themselves: some sign nothing else.
    Token,
    /// Such signatures are not made.
    Off,
}

/// How keys are made. That they are sensitive and not extractable is not a setting.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct GenerationConfig {
    /// Length of the random CKA_ID, 2 to 64 octets.
    pub id_bytes: usize,
    /// Whether key pairs may be made at all; where not, the vendor's tools make them.
    pub enabled: bool,
    /// CKA_MODIFIABLE of the private key; absent: the token's default.
    pub modifiable: Option<bool>,
    /// Write the mechanisms that the signer will use into CKA_ALLOWED_MECHANISMS.
    pub allowed_mechanisms: bool,
    /// Attributes that the token takes in no template.
    pub omit: Vec<TemplateAttribute>,
    /// How the curve Ed25519 is named in CKA_EC_PARAMS.
    pub edwards_curve: EdwardsCurve,
    /// A vendor's mechanism for RSA key pairs, CKM_VENDOR_DEFINED and above; absent: CKM_RSA_PKCS_KEY_PAIR_GEN.
    pub rsa_key_pair_mechanism: Option<u64>,
}

/// An attribute that can be left away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TemplateAttribute {
    /// CKA_LABEL.
    Label,
    /// CKA_PRIVATE of the public key.
    PublicPrivate,
    /// CKA_VERIFY.
    Verify,
    /// CKA_DECRYPT.
    Decrypt,
    /// CKA_UNWRAP.
    Unwrap,
}

/// A name of a curve in CKA_EC_PARAMS.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EdwardsCurve {
    /// The OID, and where it is refused the name.
    #[default]
    Either,
    /// 1.3.101.112, RFC 8410.
    Oid,
    /// The PrintableString `edwards25519`.
    Name,
}

/// CKA_EC_POINT in one of two encodings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EcPoint {
    /// Whichever has the length of a point.
    #[default]
    Either,
    /// An OCTET STRING in DER, as PKCS #11 wants it.
    OctetString,
    /// The octets alone.
    Raw,
}

impl Pkcs11Config {
    /// Holds the parts against each other.
    pub(super) fn check(&self, token: &str) -> Result<(), ConfigError> {
        let wrong = |key, why| {
            Err(ConfigError::Pkcs11 {
                token: token.to_owned(),
                key,
                why,
            })
        };
        if !self.library.exists() {
            return Err(ConfigError::Library {
                token: token.to_owned(),
                library: self.library.clone(),
            });
        }
        match (self.login, &self.pin) {
            (Some(Login::User), None) => return wrong("pin", "is missing"),
            (Some(Login::Keypad | Login::None), Some(_)) => {
                return wrong("pin", "is not asked for with this login");
            }
            _ => {}
        }
        if self.always_authenticate && self.login() == Login::None {
            return wrong("always_authenticate", "needs a login");
        }
        if !(1..=MAX_SESSIONS).contains(&self.sessions) {
            return wrong("sessions", "must be 1 to 256");
        }
        if self.workers > MAX_SESSIONS {
            return wrong("workers", "must be 0 to 256");
        }
        if !(2..=64).contains(&self.generation.id_bytes) {
            return wrong("generation.id_bytes", "must be 2 to 64");
        }
        let vendor = |mechanism| mechanism >= pkcs11::mechanism::vendor_defined::CKM_VENDOR_DEFINED;
        if !self.generation.rsa_key_pair_mechanism.is_none_or(vendor) {
            return wrong(
                "generation.rsa_key_pair_mechanism",
                "must be CKM_VENDOR_DEFINED (0x80000000) or above",
            );
        }
        for (key, seconds) in [
            ("timeout_s", self.timeout_s),
            ("login_timeout_s", self.login_timeout_s),
            ("generate_timeout_s", self.generate_timeout_s),
        ] {
            if !(1..=3600).contains(&seconds) {
                return wrong(key, "must be 1 to 3600");
            }
        }
        Ok(())
    }

    /// Who logs in.
    pub(crate) fn login(&self) -> Login {
        let otherwise = if self.pin.is_some() {
            Login::User
        } else {
            Login::Keypad
        };
        self.login.unwrap_or(otherwise)
    }
}

impl Default for MechanismConfig {
    fn default() -> Self {
        Self {
            rsa_pkcs1: Hashing::Signer,
            rsa_pss: Hashing::Signer,
            ecdsa: Hashing::Signer,
            eddsa: true,
        }
    }
}

impl Default for GenerationConfig {
    fn default() -> Self {
        Self {
            id_bytes: 20,
            enabled: true,
            modifiable: None,
            allowed_mechanisms: false,
            omit: Vec::new(),
            edwards_curve: EdwardsCurve::Either,
            rsa_key_pair_mechanism: None,
        }
    }
}

fn sessions() -> usize {
    4
}

fn timeout_s() -> u64 {
    10
}

fn login_timeout_s() -> u64 {
    60
}

fn generate_timeout_s() -> u64 {
    300
}

fn yes() -> bool {
    true
}
