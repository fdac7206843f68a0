//! Requests for certificates, and what became of them.

use std::time::Duration;

use ers_proto::clm::v1 as wire;
use time::OffsetDateTime;

use crate::clm::Clm;
use crate::error::ClmError;
use crate::policy::{Edge, SYSTEM};

const DEFAULT_RETRY: Duration = Duration::from_secs(5);
const SHORTEST_RETRY: Duration = Duration::from_secs(1);
const LONGEST_RETRY: Duration = Duration::from_secs(24 * 60 * 60);

/// A certificate to be had.
#[derive(Debug, Clone, Default)]
pub struct Enrollment {
    /// Idempotency key.
    pub request_id: String,
    /// Policy.
    pub policy: String,
    /// Who asks.
    pub requester: String,
    /// End entity; empty: none.
    pub end_entity: String,
    /// How the requester was authenticated.
    pub authenticated_by: String,
    /// CSR, DER; this or `public_key`.
    pub csr: Vec<u8>,
    /// SubjectPublicKeyInfo, DER.
    pub public_key: Vec<u8>,
    /// The private half of `public_key`, sealed, where it was made for the requester and the policy keeps it; empty: none.
    pub sealed_key: Vec<u8>,
    /// Name, DER; empty: that of the CSR.
    pub subject: Vec<u8>,
    /// `dns:…` and the like; empty: those of the CSR.
    pub names: Vec<String>,
    /// Whether this edge has proven that the requester controls the names.
    pub names_proven: bool,
    /// Wanted begin.
    pub not_before: Option<OffsetDateTime>,
    /// Wanted length.
    pub validity: Option<Duration>,
    /// DER of the certificate that it follows; empty: none.
    pub renews: Vec<u8>,
}

/// What became of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It is there.
    Issued {
        /// DER.
        certificate: Vec<u8>,
        /// DER, the issuer first, without the root.
        chain: Vec<Vec<u8>>,
    },
    /// A person has to decide.
    Waiting {
        /// When to ask again: a second to a day.
        retry_after: Duration,
    },
    /// No.
    Refused {
        /// Why.
        reason: wire::RefusalReason,
        /// In words.
        detail: String,
    },
}

impl<E: Edge> Clm<E> {
    /// Asks for a client's certificate; may be repeated.
    pub async fn enroll(&self, enrollment: Enrollment) -> Result<Outcome, ClmError> {
        self.enroll_as(E::PROTOCOL, enrollment).await
    }

    /// Asks for a certificate of this service itself; may be repeated.
    pub async fn enroll_itself(&self, enrollment: Enrollment) -> Result<Outcome, ClmError> {
        self.enroll_as(SYSTEM, enrollment).await
    }

    async fn enroll_as(&self, protocol: &str, enrollment: Enrollment) -> Result<Outcome, ClmError> {
        let request = wire::EnrollRequest {
            request_id: enrollment.request_id,
            protocol: protocol.to_owned(),
            policy: enrollment.policy,
            requester: enrollment.requester,
            end_entity: enrollment.end_entity,
            csr: enrollment.csr,
            public_key: enrollment.public_key,
            sealed_key: enrollment.sealed_key,
            subject: enrollment.subject,
            subject_alternative_names: enrollment.names,
            not_before: enrollment.not_before.map(to_timestamp),
            validity: enrollment
                .validity
                .and_then(|validity| prost_types::Duration::try_from(validity).ok()),
            names_proven: enrollment.names_proven,
            renews: enrollment.renews,
            authenticated_by: enrollment.authenticated_by,
        };
        const CALL: &str = "Enroll";
        let answer = self.ask_to_enroll(request).await;
        outcome(CALL, answer.map_err(ClmError::of(CALL))?)
    }

    /// What became of a request; `None`: CLM never heard of it.
    pub async fn find_outcome(&self, request_id: &str) -> Result<Option<Outcome>, ClmError> {
        const CALL: &str = "FindOutcome";
        let request = wire::FindOutcomeRequest {
            request_id: request_id.to_owned(),
        };
        let answer = self.client().find_outcome(request).await;
        match answer.map_err(ClmError::of(CALL)) {
            Ok(answer) => outcome(CALL, answer.into_inner()).map(Some),
            Err(ClmError::NotFound { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

fn outcome(call: &'static str, answer: wire::EnrollResponse) -> Result<Outcome, ClmError> {
    use wire::enroll_response::Outcome as Wire;
    match answer.outcome.ok_or(ClmError::Malformed {
        call,
        what: "outcome",
    })? {
        Wire::Issued(issued) => Ok(Outcome::Issued {
            certificate: issued.certificate,
            chain: issued.chain,
        }),
        Wire::Waiting(waiting) => {
            let asked = waiting
                .retry_after
                .and_then(|after| Duration::try_from(after).ok());
            let retry_after = asked
                .unwrap_or(DEFAULT_RETRY)
                .clamp(SHORTEST_RETRY, LONGEST_RETRY);
            Ok(Outcome::Waiting { retry_after })
        }
        Wire::Refused(refused) => Ok(Outcome::Refused {
            reason: refused.reason(),
            detail: refused.detail,
        }),
    }
}

fn to_timestamp(time: OffsetDateTime) -> prost_types::Timestamp {
    prost_types::Timestamp {
        seconds: time.unix_timestamp(),
        nanos: 0,
    }
}

pub(crate) fn from_timestamp(timestamp: prost_types::Timestamp) -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp(timestamp.seconds).unwrap_or(OffsetDateTime::UNIX_EPOCH)
}
