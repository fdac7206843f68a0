//! What CARA writes beside each certificate into the signer's journal: enough to finish an issue that was interrupted
//! between signature and storing.

use prost::Message;

use crate::domain::{AuthorityName, Origin, RequestDigest};

/// The note. Fields are only ever added: old journals must stay readable.
#[derive(Clone, PartialEq, Message)]
pub(super) struct JournalNote {
    #[prost(string, tag = "1")]
    issuer: String,
    #[prost(string, tag = "2")]
    pub(super) profile: String,
    #[prost(string, tag = "3")]
    request_digest: String,
    #[prost(string, tag = "4")]
    origin: String,
    /// The request id of the row; the journal entry carries the one that the caller gave.
    #[prost(string, tag = "5")]
    pub(super) request_id: String,
    /// The certificate is a root's own.
    #[prost(bool, tag = "6")]
    pub(super) self_signed: bool,
    /// Generation of the CA; absent from older notes: 1.
    #[prost(int32, tag = "7")]
    generation: i32,
    #[prost(int32, tag = "8")]
    pub(super) crl_partition: i32,
    #[prost(int32, tag = "9")]
    pub(super) profile_version: i32,
}

impl JournalNote {
    pub(super) fn new(
        issuer: &AuthorityName,
        profile: &str,
        request_id: &str,
        digest: &RequestDigest,
        origin: &Origin,
        self_signed: bool,
    ) -> Self {
        Self {
            issuer: issuer.to_string(),
            profile: profile.to_owned(),
            request_digest: digest.as_hex().to_owned(),
            origin: serde_json::to_string(origin).unwrap_or_default(),
            request_id: request_id.to_owned(),
            self_signed,
            ..Self::default()
        }
    }

    /// Says which generation of the CA signs, and what the certificate's row says beside its bytes.
    pub(super) fn with_numbers(
        self,
        generation: i16,
        crl_partition: i32,
        profile_version: i32,
    ) -> Self {
        Self {
            generation: generation.into(),
            crl_partition,
            profile_version,
            ..self
        }
    }

    pub(super) fn generation(&self) -> i16 {
        i16::try_from(self.generation).unwrap_or(1).max(1)
    }

    pub(super) fn issuer(&self) -> Option<AuthorityName> {
        self.issuer.parse().ok()
    }

    pub(super) fn request_digest(&self) -> RequestDigest {
        RequestDigest::from_hex(self.request_digest.clone())
    }

    pub(super) fn origin(&self) -> Origin {
        serde_json::from_str(&self.origin).unwrap_or_default()
    }
}
