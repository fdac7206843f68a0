//! What people and other systems are told of: the kinds of events, and a notice of one of them.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::{
    inventory::InventoryCertificate,
    key_recovery::{KeyRecovery, RecoveryDecision},
    request::CertificateRequest,
};

/// What a notice is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EventType {
    /// A certificate was issued.
    CertificateIssued,
    /// A certificate was revoked.
    CertificateRevoked,
    /// A certificate ends in so many days, and none has followed it.
    CertificateExpiring,
    /// A request waits for a person.
    RequestWaiting,
    /// A person has decided over a request.
    RequestDecided,
    /// Somebody wants a kept key back.
    RecoveryAsked,
    /// Somebody has said yes or no to that.
    RecoveryDecided,
    /// A kept key was handed out.
    RecoveryReleased,
    /// A CA's certificate ends in so many days.
    AuthorityExpiring,
    /// A CRL nears its nextUpdate, or is past it, and no newer one is there.
    CrlExpiring,
    /// The signer, or one of its tokens, does not answer.
    SignerUnreachable,
    /// It answers again.
    SignerReachable,
    /// Somebody wants to see whether notices arrive.
    Test,
}

/// No such kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("read event: must be one of {}", EventType::names())]
pub struct UnknownEventType;

/// One thing that happened, or that is about to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// Tells it from every other one; found again it has the same.
    pub key: String,
    /// What it is about.
    pub event: EventType,
    /// Realm that it happened in; empty: the platform's own.
    pub realm: String,
    /// Policy; empty: none.
    pub policy: String,
    /// What is told.
    pub content: Content,
}

/// What is told of an event; the same for people and machines.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Content {
    /// When it happened, milliseconds since 1970.
    pub at_ms: i64,
    /// The certificate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certificate: Option<CertificateFacts>,
    /// The request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<RequestFacts>,
    /// The kept key that is wanted back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recovery: Option<RecoveryFacts>,
    /// The CA.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub authority: String,
    /// The signer's token; empty: the signer as a whole.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub token: String,
    /// When it ends: a CA's certificate, or a CRL.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ends_at_ms: Option<i64>,
    /// Days left, as the subscription wanted to hear of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub days: Option<u32>,
    /// What is wrong, or the number of the CRL.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub detail: String,
}

/// What is told of a certificate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CertificateFacts {
    /// SHA-256, lower-case hex.
    pub fingerprint: String,
    /// Lower-case hex.
    pub serial: String,
    /// Name of the CA.
    pub issuer: String,
    /// RFC 4514.
    pub subject: String,
    /// `dns:example.com` ...
    pub subject_alternative_names: Vec<String>,
    /// Last moment, milliseconds since 1970.
    pub not_after_ms: i64,
    /// End entity, or empty.
    pub end_entity: String,
    /// Who asked for it.
    pub requester: String,
    /// RFC 5280 name, when revoked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revocation_reason: Option<String>,
}

/// What is told of a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequestFacts {
    /// Its id.
    pub id: String,
    /// RFC 4514.
    pub subject: String,
    /// `dns:example.com` ...
    pub subject_alternative_names: Vec<String>,
    /// Who asks.
    pub requester: String,
    /// Whether it was approved, once it is decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approved: Option<bool>,
    /// Who decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decided_by: Option<String>,
    /// The words with it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub comment: String,
}

/// What is told of a key that is wanted back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecoveryFacts {
    /// Its id.
    pub id: String,
    /// Who asks.
    pub asked_by: String,
    /// Why.
    pub comment: String,
    /// What somebody said, where that is told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approved: Option<bool>,
    /// Who.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decided_by: Option<String>,
}

impl EventType {
    /// All that one can subscribe to.
    pub const ALL: [Self; 12] = [
        Self::CertificateIssued,
        Self::CertificateRevoked,
        Self::CertificateExpiring,
        Self::RequestWaiting,
        Self::RequestDecided,
        Self::RecoveryAsked,
        Self::RecoveryDecided,
        Self::RecoveryReleased,
        Self::AuthorityExpiring,
        Self::CrlExpiring,
        Self::SignerUnreachable,
        Self::SignerReachable,
    ];

    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::CertificateIssued => "certificate.issued",
            Self::CertificateRevoked => "certificate.revoked",
            Self::CertificateExpiring => "certificate.expiring",
            Self::RequestWaiting => "request.waiting",
            Self::RequestDecided => "request.decided",
            Self::RecoveryAsked => "recovery.asked",
            Self::RecoveryDecided => "recovery.decided",
            Self::RecoveryReleased => "recovery.released",
            Self::AuthorityExpiring => "authority.expiring",
            Self::CrlExpiring => "crl.expiring",
            Self::SignerUnreachable => "signer.unreachable",
            Self::SignerReachable => "signer.reachable",
            Self::Test => "test",
        }
    }

    /// From a row, where tests stand as well.
    pub fn of_row(text: &str) -> Option<Self> {
        match text {
            "test" => Some(Self::Test),
            text => text.parse().ok(),
        }
    }

    fn names() -> String {
        Self::ALL.map(Self::as_str).join(", ")
    }

    /// Whether it is of the platform as a whole, not of a realm.
    pub fn is_of_the_platform(self) -> bool {
        matches!(
            self,
            Self::AuthorityExpiring
                | Self::CrlExpiring
                | Self::SignerUnreachable
                | Self::SignerReachable
        )
    }
}

impl FromStr for EventType {
    type Err = UnknownEventType;

    fn from_str(text: &str) -> Result<Self, UnknownEventType> {
        Self::ALL
            .into_iter()
            .find(|event| event.as_str() == text)
            .ok_or(UnknownEventType)
    }
}

impl Notice {
    /// CARA told of a certificate, in the event of that number.
    pub fn of_event(
        event: EventType,
        sequence: u64,
        certificate: &InventoryCertificate,
        at_ms: i64,
    ) -> Self {
        Self::of_certificate(
            event,
            format!("event:{sequence}"),
            certificate,
            Content {
                at_ms,
                ..Content::default()
            },
        )
    }

    /// A certificate ends in so many days.
    pub fn expiring(certificate: &InventoryCertificate, days: u32, at_ms: i64) -> Self {
        Self::of_certificate(
            EventType::CertificateExpiring,
            format!("expiring:{days}:{}", certificate.fingerprint),
            certificate,
            Content {
                at_ms,
                days: Some(days),
                ..Content::default()
            },
        )
    }

    fn of_certificate(
        event: EventType,
        key: String,
        certificate: &InventoryCertificate,
        content: Content,
    ) -> Self {
        let origin = &certificate.origin;
        Self {
            key,
            event,
            realm: origin.realm.clone(),
            policy: origin.policy.clone(),
            content: Content {
                certificate: Some(CertificateFacts {
                    fingerprint: certificate.fingerprint.clone(),
                    serial: certificate.serial.clone(),
                    issuer: certificate.issuer.clone(),
                    subject: certificate.subject.clone(),
                    subject_alternative_names: certificate.names.clone(),
                    not_after_ms: certificate.not_after_ms,
                    end_entity: origin.end_entity.clone(),
                    requester: origin.requester.clone(),
                    revocation_reason: certificate
                        .revocation
                        .as_ref()
                        .map(|revocation| revocation.reason.clone()),
                }),
                ..content
            },
        }
    }

    /// A kept key is wanted back, was decided over, or was handed out.
    pub fn recovery(
        event: EventType,
        recovery: &KeyRecovery,
        certificate: &InventoryCertificate,
        decision: Option<&RecoveryDecision>,
        at_ms: i64,
    ) -> Self {
        let by = decision.map_or("", |decision| decision.by.as_str());
        let facts = RecoveryFacts {
            id: recovery.id.clone(),
            asked_by: recovery.asked_by.clone(),
            comment: decision
                .map_or(&recovery.comment, |one| &one.comment)
                .clone(),
            approved: decision.map(|decision| decision.approve),
            decided_by: decision.map(|decision| decision.by.clone()),
        };
        Self {
            realm: recovery.realm.to_string(),
            policy: recovery.policy.to_string(),
            ..Self::of_certificate(
                event,
                format!("{}:{}:{by}", event.as_str(), recovery.id),
                certificate,
                Content {
                    at_ms,
                    recovery: Some(facts),
                    ..Content::default()
                },
            )
        }
    }

    /// A request waits for a person.
    pub fn waiting(request: &CertificateRequest) -> Self {
        Self::of_request(EventType::RequestWaiting, request, request.created_at_ms)
    }

    /// A person has decided over a request.
    pub fn decided(
        request: &CertificateRequest,
        approved: bool,
        by: &str,
        comment: &str,
        at_ms: i64,
    ) -> Self {
        let mut notice = Self::of_request(EventType::RequestDecided, request, at_ms);
        if let Some(facts) = &mut notice.content.request {
            facts.approved = Some(approved);
            facts.decided_by = Some(by.to_owned());
            facts.comment = comment.to_owned();
        }
        notice
    }

    fn of_request(event: EventType, request: &CertificateRequest, at_ms: i64) -> Self {
        let summary = &request.summary;
        Self {
            key: format!("{}:{}", event.as_str(), request.id),
            event,
            realm: summary.realm.to_string(),
            policy: summary.policy.to_string(),
            content: Content {
                at_ms,
                request: Some(RequestFacts {
                    id: request.id.to_string(),
                    subject: summary.subject.clone(),
                    subject_alternative_names: summary.names.clone(),
                    requester: summary.requester.to_string(),
                    approved: None,
                    decided_by: None,
                    comment: String::new(),
                }),
                ..Content::default()
            },
        }
    }

    /// Something of the platform as a whole.
    pub fn of_platform(event: EventType, key: String, content: Content) -> Self {
        Self {
            key,
            event,
            realm: String::new(),
            policy: String::new(),
            content,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_event_is_known_by_its_name() {
        for event in EventType::ALL {
            assert_eq!(event.as_str().parse(), Ok(event));
        }
        let error = "certificate.lost".parse::<EventType>().unwrap_err();
        assert!(error.to_string().contains("certificate.expiring"));
        assert!("test".parse::<EventType>().is_err());
    }
}
