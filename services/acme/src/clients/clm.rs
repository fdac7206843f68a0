//! CLM, the only way to certificates, policies, revocation and external account keys.

use std::sync::Arc;
use std::time::Duration;

use ers_proto::clm::v1 as wire;
use ers_proto::clm::v1::enrollment_client::EnrollmentClient;
use ers_runtime::error::Kind;
use ers_runtime::grpc::Channel;
use moka::future::Cache;
use time::OffsetDateTime;
use tonic::Status;

use super::policy;
use crate::domain::certificate_id::CertificateId;
use crate::domain::policy::Policy;

const PROTOCOL: &str = "acme";
/// How old a policy may be. Long enough that a client's burst of requests asks once.
const POLICY_AGE: Duration = Duration::from_secs(5);
/// How long a policy is remembered for those who would rather have an old one than none.
const POLICY_MEMORY: Duration = Duration::from_secs(10 * 60);
const MOST_POLICIES: u64 = 1000;
/// Anybody may ask for renewal information, as often as they like.
const WINDOW_AGE: Duration = Duration::from_secs(5);
const MOST_WINDOWS: u64 = 10_000;
const DEFAULT_RETRY: Duration = Duration::from_secs(5);
const LONGEST_RETRY: Duration = Duration::from_secs(24 * 60 * 60);

/// CLM.
#[derive(Clone)]
pub struct Clm {
    client: EnrollmentClient<Channel>,
    policies: Cache<String, Option<Arc<Policy>>>,
    remembered: Cache<String, Arc<Policy>>,
    windows: Cache<String, Option<RenewalWindow>>,
}

/// When a certificate should be renewed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RenewalWindow {
    /// From then.
    pub start: OffsetDateTime,
    /// Until then; after `start`.
    pub end: OffsetDateTime,
    /// What a person may read about it; empty: nothing.
    pub explanation_url: String,
    /// Whether somebody wants it renewed now.
    pub pulled_forward: bool,
}

/// A certificate to be had.
#[derive(Debug, Clone)]
pub struct Enrollment {
    /// Idempotency key.
    pub request_id: String,
    /// Policy.
    pub policy: String,
    /// Who asks.
    pub requester: String,
    /// End entity; empty: none.
    pub end_entity: String,
    /// CSR, DER.
    pub csr: Vec<u8>,
    /// `dns:…` and `ip:…`.
    pub names: Vec<String>,
    /// Wanted begin.
    pub not_before: Option<OffsetDateTime>,
    /// Wanted end.
    pub not_after: Option<OffsetDateTime>,
    /// The certificate that it follows, DER; empty: none.
    pub renews: Vec<u8>,
}

/// What became of it.
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
        /// When to ask again.
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

/// An external account key.
#[derive(Debug, Clone)]
pub struct ExternalAccountKey {
    /// Sealed by the signer.
    pub sealed_key: Vec<u8>,
    /// The only policy that it is for; empty: any.
    pub policy: String,
    /// The end entity that it stands for; empty: none.
    pub end_entity: String,
    /// When it ends.
    pub expires_at: Option<OffsetDateTime>,
}

/// CLM did not do what it was asked.
#[derive(Debug, Clone, thiserror::Error)]
pub enum ClmError {
    /// Out of reach or busy: again later. What became of the call is unknown.
    #[error("call clm-api {call}: out of reach")]
    Unavailable {
        /// The call.
        call: &'static str,
        /// Why.
        #[source]
        source: Arc<Status>,
    },
    /// CLM says that the request is wrong.
    #[error("call clm-api {call}: {detail}")]
    Invalid {
        /// The call.
        call: &'static str,
        /// CLM's words.
        detail: String,
    },
    /// There is no such thing.
    #[error("call clm-api {call}: {detail}")]
    NotFound {
        /// The call.
        call: &'static str,
        /// CLM's words.
        detail: String,
    },
    /// It failed, or will not speak with us.
    #[error("call clm-api {call}")]
    Failed {
        /// The call.
        call: &'static str,
        /// Why.
        #[source]
        source: Arc<Status>,
    },
    /// The answer makes no sense.
    #[error("read answer of clm-api {call}: {what} is missing")]
    Malformed {
        /// The call.
        call: &'static str,
        /// What is missing.
        what: &'static str,
    },
}

impl ClmError {
    /// Whether the same call may succeed later.
    pub fn is_retryable(&self) -> bool {
        matches!(self, Self::Unavailable { .. })
    }

    fn of(call: &'static str) -> impl Fn(Status) -> Self {
        move |status| {
            let detail = status.message().to_owned();
            match Kind::of(&status) {
                Kind::Unavailable | Kind::ResourceExhausted => Self::Unavailable {
                    call,
                    source: Arc::new(status),
                },
                Kind::InvalidArgument => Self::Invalid { call, detail },
                Kind::NotFound => Self::NotFound { call, detail },
                Kind::Unauthenticated
                | Kind::PermissionDenied
                | Kind::AlreadyExists
                | Kind::FailedPrecondition
                | Kind::Internal => Self::Failed {
                    call,
                    source: Arc::new(status),
                },
            }
        }
    }
}

impl Clm {
    /// Over a channel.
    pub fn new(channel: Channel) -> Self {
        Self {
            client: EnrollmentClient::new(channel),
            policies: Cache::builder()
                .max_capacity(MOST_POLICIES)
                .time_to_live(POLICY_AGE)
                .build(),
            remembered: Cache::builder()
                .max_capacity(MOST_POLICIES)
                .time_to_live(POLICY_MEMORY)
                .build(),
            windows: Cache::builder()
                .max_capacity(MOST_WINDOWS)
                .time_to_live(WINDOW_AGE)
                .build(),
        }
    }

    /// The policy of a directory; `None`: there is none, or it does not allow ACME. Up to a few seconds old.
    pub async fn find_policy(&self, name: &str) -> Result<Option<Arc<Policy>>, ClmError> {
        let loaded = self
            .policies
            .try_get_with_by_ref(name, self.ask_policy(name))
            .await;
        loaded.map_err(|error: Arc<ClmError>| (*error).clone())
    }

    /// As `find_policy`, by its own name; while CLM is out of reach as it was some minutes ago.
    pub async fn recall_policy(&self, name: &str) -> Result<Option<Arc<Policy>>, ClmError> {
        match self.find_policy(name).await {
            Err(error) if error.is_retryable() => match self.remembered.get(name).await {
                Some(policy) => Ok(Some(policy)),
                None => Err(error),
            },
            found => found,
        }
    }

    /// Whether CLM answers.
    pub async fn ping(&self) -> Result<(), ClmError> {
        match self.ask_policy("").await {
            Err(error) if error.is_retryable() => Err(error),
            _ => Ok(()),
        }
    }

    async fn ask_policy(&self, name: &str) -> Result<Option<Arc<Policy>>, ClmError> {
        let request = wire::LoadPolicyRequest {
            policy: name.to_owned(),
            protocol: PROTOCOL.to_owned(),
        };
        match self.client.clone().load_policy(request).await {
            Ok(answer) => {
                let policy = Arc::new(policy::read(answer.into_inner())?);
                let remembered = Arc::clone(&policy);
                self.remembered
                    .insert(policy.name.clone(), remembered)
                    .await;
                Ok(Some(policy))
            }
            Err(status) => match Kind::of(&status) {
                Kind::NotFound | Kind::FailedPrecondition => Ok(None),
                _ => Err(ClmError::of("LoadPolicy")(status)),
            },
        }
    }

    /// The external account key of an id.
    pub async fn find_external_account_key(
        &self,
        key_id: &str,
    ) -> Result<Option<ExternalAccountKey>, ClmError> {
        let request = wire::LoadExternalAccountKeyRequest {
            key_id: key_id.to_owned(),
        };
        match self.client.clone().load_external_account_key(request).await {
            Ok(answer) => {
                let key = answer.into_inner();
                Ok(Some(ExternalAccountKey {
                    sealed_key: key.sealed_key,
                    policy: key.policy,
                    end_entity: key.end_entity,
                    expires_at: key.expires_at.map(from_timestamp),
                }))
            }
            Err(status) if Kind::of(&status) == Kind::NotFound => Ok(None),
            Err(status) => Err(ClmError::of("LoadExternalAccountKey")(status)),
        }
    }

    /// Asks for a certificate; may be repeated.
    pub async fn enroll(&self, enrollment: Enrollment) -> Result<Outcome, ClmError> {
        let validity = match (enrollment.not_before, enrollment.not_after) {
            (Some(begin), Some(end)) => {
                prost_types::Duration::try_from((end - begin).unsigned_abs()).ok()
            }
            _ => None,
        };
        let request = wire::EnrollRequest {
            request_id: enrollment.request_id,
            protocol: PROTOCOL.to_owned(),
            policy: enrollment.policy,
            requester: enrollment.requester,
            end_entity: enrollment.end_entity,
            csr: enrollment.csr,
            subject_alternative_names: enrollment.names,
            not_before: enrollment.not_before.map(to_timestamp),
            validity,
            names_proven: true,
            renews: enrollment.renews,
            authenticated_by: "account".to_owned(),
            ..Default::default()
        };
        let answer = self
            .client
            .clone()
            .enroll(request)
            .await
            .map_err(ClmError::of("Enroll"))?;
        outcome("Enroll", answer.into_inner())
    }

    /// What became of a request; `None`: CLM never heard of it.
    pub async fn find_outcome(&self, request_id: &str) -> Result<Option<Outcome>, ClmError> {
        let request = wire::FindOutcomeRequest {
            request_id: request_id.to_owned(),
        };
        match self.client.clone().find_outcome(request).await {
            Ok(answer) => outcome("FindOutcome", answer.into_inner()).map(Some),
            Err(status) if Kind::of(&status) == Kind::NotFound => Ok(None),
            Err(status) => Err(ClmError::of("FindOutcome")(status)),
        }
    }

    /// When a certificate should be renewed; `None`: CLM does not know it. Up to a few seconds old.
    pub async fn find_renewal_window(
        &self,
        id: &CertificateId,
    ) -> Result<Option<RenewalWindow>, ClmError> {
        let loaded = self
            .windows
            .try_get_with_by_ref(id.as_str(), self.ask_window(id))
            .await;
        loaded.map_err(|error: Arc<ClmError>| (*error).clone())
    }

    async fn ask_window(&self, id: &CertificateId) -> Result<Option<RenewalWindow>, ClmError> {
        const CALL: &str = "SuggestRenewal";
        let by = wire::KeyIdentifierAndSerial {
            authority_key_identifier: id.key_identifier().to_vec(),
            serial: id.serial().to_hex(),
        };
        let request = wire::SuggestRenewalRequest {
            by: Some(wire::suggest_renewal_request::By::KeyIdentifierAndSerial(
                by,
            )),
        };
        let window = match self.client.clone().suggest_renewal(request).await {
            Ok(answer) => answer.into_inner(),
            Err(status) if Kind::of(&status) == Kind::NotFound => return Ok(None),
            Err(status) => return Err(ClmError::of(CALL)(status)),
        };
        let missing = |what| ClmError::Malformed { call: CALL, what };
        let start = from_timestamp(window.start.ok_or_else(|| missing("start"))?);
        let end = from_timestamp(window.end.ok_or_else(|| missing("end"))?);
        Ok(Some(RenewalWindow {
            // RFC 9773 §4.2: a window that ends before it begins means nothing to a client
            end: end.max(start + time::Duration::SECOND),
            start,
            explanation_url: window.explanation_url,
            pulled_forward: window.pulled_forward,
        }))
    }

    /// Whether CLM knows the certificate of a fingerprint (SHA-256), and it is neither revoked nor expired.
    pub async fn is_good(&self, fingerprint: [u8; 32]) -> Result<bool, ClmError> {
        let by = wire::find_certificate_request::By::Fingerprint(hex::encode(fingerprint));
        let request = wire::FindCertificateRequest { by: Some(by) };
        match self.client.clone().find_certificate(request).await {
            Ok(answer) => Ok(answer.into_inner().state == "valid"),
            Err(status) if Kind::of(&status) == Kind::NotFound => Ok(false),
            Err(status) => Err(ClmError::of("FindCertificate")(status)),
        }
    }

    /// Revokes a certificate; true: it was revoked before.
    pub async fn revoke(
        &self,
        certificate: Vec<u8>,
        reason: &str,
        requester: String,
    ) -> Result<bool, ClmError> {
        let request = wire::RevokeCertificateRequest {
            by: Some(wire::revoke_certificate_request::By::Certificate(
                certificate,
            )),
            reason: reason.to_owned(),
            requester,
        };
        let answer = self
            .client
            .clone()
            .revoke(request)
            .await
            .map_err(ClmError::of("Revoke"))?;
        Ok(answer.into_inner().already_revoked)
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
                .clamp(Duration::from_secs(1), LONGEST_RETRY);
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

fn from_timestamp(timestamp: prost_types::Timestamp) -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp(timestamp.seconds).unwrap_or(OffsetDateTime::UNIX_EPOCH)
}
