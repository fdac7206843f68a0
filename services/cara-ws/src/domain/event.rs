//! What happened, in order.

use std::sync::Arc;

use super::{AuthorityName, CrlName, Record};

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
    Issued(Arc<Record>),
    /// A certificate was revoked, revoked for a worse reason, or released from hold: as it is now.
    Revoked(Arc<Record>),
    /// A CRL was published.
    CrlPublished {
        /// Which one.
        name: CrlName,
        /// CRL number.
        number: i64,
    },
    /// A CA was made or changed, or has a new OCSP signer.
    AuthorityChanged(AuthorityName),
}
