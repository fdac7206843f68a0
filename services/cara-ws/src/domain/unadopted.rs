//! An entry of the signer's journal that could not be adopted yet: a certificate that may be in the world and is not
//! stored.

use ers_pki::serial::SerialNumber;

use super::AuthorityName;

/// The entry, and why not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unadopted {
    /// The chain.
    pub chain: String,
    /// Number of the entry in its chain.
    pub sequence: u64,
    /// As the entry has it.
    pub request_id: String,
    /// The key that was asked to sign.
    pub key_id: String,
    /// The CA. None: the entry does not tell.
    pub issuer: Option<AuthorityName>,
    /// Serial number of the certificate. None: the entry does not tell.
    pub serial: Option<SerialNumber>,
    /// Why it could not be adopted, the last time.
    pub reason: String,
    /// When it was set aside, epoch milliseconds.
    pub first_seen_at_ms: i64,
    /// When it was tried last, epoch milliseconds.
    pub last_tried_at_ms: i64,
    /// How often it was tried.
    pub tries: u64,
}
