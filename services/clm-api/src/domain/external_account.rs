//! External account keys, RFC 8555 section 7.3.4.

use super::id::{AccountKeyId, EndEntityName, PolicyName};

/// What the signer seals these keys with: who unseals must say the same.
pub const SEALING_CONTEXT: &str = "acme/external-account";
/// Octets of a key: as many as HMAC with SHA-256 puts out (RFC 2104 section 3).
pub const KEY_LENGTH: usize = 32;

/// A key, sealed by the signer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExternalAccountKey {
    /// Its identifier.
    pub key_id: AccountKeyId,
    /// Sealed.
    pub sealed_key: Vec<u8>,
    /// Accounts under this policy only.
    pub policy: PolicyName,
    /// For whom the accounts' certificates are.
    pub end_entity: Option<EndEntityName>,
    /// From when on it cannot make an account.
    pub expires_at_ms: Option<i64>,
}
