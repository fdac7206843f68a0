//! The Certificate Management Protocol, RFC 9810 (which takes the place of RFC 4210 and 9480): messages are read once,
//! limited; header and body are kept as they came, since protection is verified over those octets.
//!
//! To add a body: a variant of [`Body`] in `body.rs`; a type of information, `general.rs`.

mod body;
mod challenge;
mod confirm;
mod encrypted;
mod general;
mod header;
mod message;
mod password_mac;
mod response;
mod revocation;
mod status;

use crate::asn1::Malformed;

pub use body::{Body, BodyKind};
pub use challenge::{Challenge, EncryptedRand};
pub use confirm::{CertStatus, PollAnswer};
pub use encrypted::{EncryptError, encrypted_value, enveloped_data, enveloped_key, key_package};
pub use general::{
    CrlSource, CrlStatus, InfoTypeAndValue, info, is_key_type, key_types, read_certificates,
    read_crl_status_list, root_ca_key_update, template_info, write_certificates, write_crls,
};
pub use header::{Header, Party};
pub use message::{Message, Unprotected, assemble, peek_header, protected_part};
pub use password_mac::{MAX_ITERATIONS, PasswordMac, PasswordMacError};
pub use response::{CertRepMessage, CertResponse, Issued};
pub use revocation::{RevDetails, RevRepContent};
pub use status::{Failure, Status, StatusInfo};

/// Longest message that is looked at.
pub const MAX_MESSAGE_BYTES: usize = 256 * 1024;
/// Deepest nesting of values in a message; one inside another carries certificates.
const DEEPEST: usize = 48;
/// Most messages in a nested one.
pub const MAX_NESTED: usize = 32;

/// Why octets are no message that we can work with.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CmpError {
    /// It is longer than 256 KiB.
    #[error("read PKIMessage: it is longer than {MAX_MESSAGE_BYTES} octets")]
    TooLong,
    /// It is not the DER of a PKIMessage.
    #[error("read PKIMessage")]
    Malformed(#[from] Malformed),
}

#[cfg(test)]
mod tests;
