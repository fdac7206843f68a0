//! The inventory: every certificate that CARA told of, and how it is searched.

use std::str::FromStr;

use super::{
    inventory_filter::Source,
    note::Note,
    notice::{EventType, Notice},
    page::Page,
};

/// How a certificate stands at a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CertificateState {
    /// Neither revoked nor expired.
    Valid,
    /// Revoked, expired or not.
    Revoked,
    /// Past its end, and never revoked.
    Expired,
}

/// No such state.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("read state: must be one of valid, revoked, expired")]
pub struct UnknownCertificateState;

/// Who asked for a certificate and by which way.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Origin {
    /// Realm; `system` for what CARA made for itself.
    pub realm: String,
    /// Policy that allowed it.
    pub policy: String,
    /// Which version of it.
    pub policy_version: u32,
    /// End entity, or empty.
    pub end_entity: String,
    /// Who asked.
    pub requester: String,
    /// By which way.
    pub protocol: String,
}

/// When and why a certificate was revoked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revocation {
    /// When.
    pub at_ms: i64,
    /// RFC 5280 name.
    pub reason: String,
}

/// A certificate of the inventory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InventoryCertificate {
    /// Name of the CA.
    pub issuer: String,
    /// Lower-case hex.
    pub serial: String,
    /// SHA-256, lower-case hex.
    pub fingerprint: String,
    /// RFC 4514.
    pub subject: String,
    /// `dns:example.com` ...
    pub names: Vec<String>,
    /// As in policies, `P-256` ...
    pub key_algorithm: String,
    /// First moment.
    pub not_before_ms: i64,
    /// Last moment.
    pub not_after_ms: i64,
    /// Present when revoked.
    pub revocation: Option<Revocation>,
    /// Where it came from.
    pub origin: Origin,
    /// The request that it was made for.
    pub request_id: String,
    /// DER.
    pub der: Vec<u8>,
    /// When it was issued.
    pub issued_at_ms: i64,
}

/// A certificate with its number in the inventory, by which it is paged: higher is newer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its number.
    pub number: i64,
    /// What it is.
    pub certificate: InventoryCertificate,
    /// What people wrote beside it.
    pub note: Note,
}

/// A page of the inventory, newest first.
pub type InventoryPage = Page<Entry>;

/// One thing that CARA told, as far as the inventory cares.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// The event's number.
    pub sequence: u64,
    /// The certificate as it is since then: issued, or revoked. Absent: nothing for the inventory.
    pub certificate: Option<InventoryCertificate>,
    /// What is told to who wants to hear of it.
    pub event: Option<EventType>,
}

impl CertificateState {
    const ALL: [Self; 3] = [Self::Valid, Self::Revoked, Self::Expired];

    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Valid => "valid",
            Self::Revoked => "revoked",
            Self::Expired => "expired",
        }
    }
}

impl FromStr for CertificateState {
    type Err = UnknownCertificateState;

    fn from_str(text: &str) -> Result<Self, UnknownCertificateState> {
        Self::ALL
            .into_iter()
            .find(|state| state.as_str() == text)
            .ok_or(UnknownCertificateState)
    }
}

impl Told {
    /// What it is for those who want to hear of certificates.
    pub fn notice(&self) -> Option<Notice> {
        let certificate = self.certificate.as_ref()?;
        let at_ms = certificate
            .revocation
            .as_ref()
            .map_or(certificate.issued_at_ms, |revocation| revocation.at_ms);
        Some(Notice::of_event(
            self.event?,
            self.sequence,
            certificate,
            at_ms,
        ))
    }
}

/// The way of what somebody showed, in the place of a protocol.
pub const IMPORT: &str = "import";

impl Origin {
    /// Where the certificate comes from.
    pub fn source(&self) -> Source {
        if self.protocol == IMPORT {
            Source::Imported
        } else {
            Source::Issued
        }
    }
}

impl InventoryCertificate {
    /// As acts on it name it in the trail.
    pub fn object(&self) -> String {
        format!("{} {}", self.issuer, self.serial)
    }

    /// How it stands.
    pub fn state(&self, now_ms: i64) -> CertificateState {
        if self.revocation.is_some() {
            CertificateState::Revoked
        } else if self.not_after_ms < now_ms {
            CertificateState::Expired
        } else {
            CertificateState::Valid
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn until(not_after_ms: i64, revocation: Option<Revocation>) -> InventoryCertificate {
        InventoryCertificate {
            issuer: "sub".into(),
            serial: "1".into(),
            fingerprint: "2".into(),
            subject: String::new(),
            names: vec![],
            key_algorithm: "P-256".into(),
            not_before_ms: 0,
            not_after_ms,
            revocation,
            origin: Origin::default(),
            request_id: "r".into(),
            der: vec![],
            issued_at_ms: 0,
        }
    }

    #[test]
    fn a_certificate_is_valid_through_its_last_moment() {
        assert_eq!(until(10, None).state(10), CertificateState::Valid);
        assert_eq!(until(10, None).state(11), CertificateState::Expired);
    }

    #[test]
    fn revoked_stays_revoked_after_the_end() {
        let revocation = Revocation {
            at_ms: 5,
            reason: "superseded".into(),
        };
        assert_eq!(
            until(10, Some(revocation)).state(11),
            CertificateState::Revoked
        );
    }
}
