//! What happened, in order.

use super::{AuthorityName, Record};

/// One thing that happened.
#[derive(Debug, Clone)]
pub struct Event {
    /// Its number; no two are equal, and a higher one is never visible before a lower one.
    pub sequence: i64,
    /// When, epoch milliseconds.
    pub at_ms: i64,
    /// What.
    pub what: What,
}

/// What happened.
#[derive(Debug, Clone)]
pub enum What {
    /// A certificate was issued.
    Issued(Box<Record>),
    /// A certificate was revoked.
    Revoked(Box<Record>),
    /// A CRL was published.
    CrlPublished {
        /// The CA.
        authority: AuthorityName,
        /// CRL number.
        number: i64,
    },
    /// A CA was made or changed, or has a new OCSP signer.
    AuthorityChanged(AuthorityName),
}
