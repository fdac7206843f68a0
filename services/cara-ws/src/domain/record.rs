//! An issued certificate with what CARA knows of it.

use aws_lc_rs::digest;
use ers_pki::{certificate::Certificate, revocation::Reason, serial::SerialNumber};
use ers_proto::cara::v1 as wire;
use prost::Message as _;
use serde::{Deserialize, Serialize};

use super::AuthorityName;

/// Who asked for a certificate and by which way.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Origin {
    /// Realm in CLM.
    pub realm: String,
    /// Policy in CLM that allowed it, and ...
    pub policy: String,
    /// ... its version.
    pub policy_version: u32,
    /// End entity in CLM.
    pub end_entity: String,
    /// Who asked.
    pub requester: String,
    /// By which protocol.
    pub protocol: String,
}

/// That and why a certificate is revoked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revocation {
    /// Since when, epoch milliseconds.
    pub at_ms: i64,
    /// Why.
    pub reason: Reason,
    /// Who asked for it.
    pub requester: String,
    /// Since when the key or what the certificate says is believed to be wrong (RFC 5280 section 5.3.2), epoch milliseconds.
    pub invalidity_at_ms: Option<i64>,
}

impl Revocation {
    /// Whether it can be taken back.
    #[must_use]
    pub fn is_hold(&self) -> bool {
        self.reason == Reason::CertificateHold
    }

    /// Whether it takes the place of the one that is there: nothing does but a worse one. A hold gives way to every final
    /// reason, and keyCompromise is told whatever was told before.
    #[must_use]
    pub fn replaces(&self, before: Option<&Self>) -> bool {
        before.is_none_or(|before| self.replaces_reason(before.reason))
    }

    /// Whether it takes the place of one of that reason.
    #[must_use]
    pub fn replaces_reason(&self, before: Reason) -> bool {
        let is_hold = before == Reason::CertificateHold;
        (is_hold && !self.is_hold())
            || (self.reason == Reason::KeyCompromise && before != Reason::KeyCompromise)
    }
}

/// SHA-256 of what was asked for: tells a repetition from another request under the same id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestDigest(String);

impl RequestDigest {
    /// The digest of a request. Who asked and when does not count, what for does.
    #[must_use]
    pub fn of(request: &wire::IssueRequest) -> Self {
        let what = wire::IssueRequest {
            origin: None,
            ..request.clone()
        };
        Self(hex::encode(digest::digest(
            &digest::SHA256,
            &what.encode_to_vec(),
        )))
    }

    /// The digest of what a text describes.
    #[must_use]
    pub fn of_text(what: &str) -> Self {
        Self(hex::encode(digest::digest(
            &digest::SHA256,
            what.as_bytes(),
        )))
    }

    /// From its hex form in the database or journal.
    #[must_use]
    pub fn from_hex(text: String) -> Self {
        Self(text)
    }

    /// Lower-case hex.
    #[must_use]
    pub fn as_hex(&self) -> &str {
        &self.0
    }
}

/// An issued certificate.
#[derive(Debug, Clone)]
pub struct Record {
    /// The CA that issued it.
    pub issuer: AuthorityName,
    /// Its serial number.
    pub serial: SerialNumber,
    /// The request that it answers.
    pub request_id: String,
    /// What that request said.
    pub request_digest: RequestDigest,
    /// Name of the profile.
    pub profile: String,
    /// The certificate.
    pub certificate: Certificate,
    /// Who asked.
    pub origin: Origin,
    /// When it was stored, epoch milliseconds.
    pub issued_at_ms: i64,
    /// Taken over from the signer's journal after an interruption.
    pub adopted: bool,
    /// Present when revoked.
    pub revocation: Option<Revocation>,
    /// Generation of the CA that issued it.
    pub generation: i16,
    /// The part of the CA's CRL that it names.
    pub crl_partition: i32,
    /// Version of the profile; 0: a ready or configured one.
    pub profile_version: i32,
}
