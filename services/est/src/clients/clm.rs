//! CLM: who asks, and the only way to policies and certificates.

use std::{sync::Arc, time::Duration};

use ers_proto::clm::v1::{self as wire, enrollment_client::EnrollmentClient};
use ers_runtime::{error::Kind, grpc::Channel};
use moka::future::Cache;
use tonic::Status;

/// EST's name among the protocols.
pub const PROTOCOL: &str = "est";
/// How old a policy may be: a client's burst of requests asks once.
const POLICY_AGE: Duration = Duration::from_secs(5);
const MOST_POLICIES: u64 = 1000;
const USUAL_RETRY: u64 = 60;

/// CLM.
#[derive(Clone)]
pub struct Clm {
    client: EnrollmentClient<Channel>,
    policies: Cache<String, Arc<wire::EdgePolicy>>,
}

/// What became of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The certificate, DER.
    Issued(Vec<u8>),
    /// A person decides.
    Waiting {
        /// Seconds after which to ask again.
        retry_after: u64,
    },
    /// No.
    Refused {
        /// Why.
        reason: wire::RefusalReason,
        /// In words.
        detail: String,
    },
}

/// CLM did not do what it was asked.
#[derive(Debug, Clone, thiserror::Error)]
pub enum ClmError {
    /// Out of reach or busy: again later.
    #[error("call clm-api {call}: out of reach")]
    Unavailable {
        /// The call.
        call: &'static str,
        /// Why.
        #[source]
        source: Arc<Status>,
    },
    /// The request is wrong.
    #[error("call clm-api {call}: {detail}")]
    Invalid {
        /// The call.
        call: &'static str,
        /// CLM's words.
        detail: String,
    },
    /// There is no such policy.
    #[error("call clm-api {call}: {detail}")]
    NotFound {
        /// The call.
        call: &'static str,
        /// CLM's words.
        detail: String,
    },
    /// The policy is not for EST.
    #[error("call clm-api {call}: {detail}")]
    NotForUs {
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
                Kind::FailedPrecondition => Self::NotForUs { call, detail },
                Kind::Unauthenticated
                | Kind::PermissionDenied
                | Kind::AlreadyExists
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
    #[must_use]
    pub fn new(channel: Channel) -> Self {
        Self {
            client: EnrollmentClient::new(channel),
            policies: Cache::builder()
                .max_capacity(MOST_POLICIES)
                .time_to_live(POLICY_AGE)
                .build(),
        }
    }

    /// The policy named, or the default when the name is empty. Up to a few seconds old.
    pub async fn load_policy(&self, name: &str) -> Result<Arc<wire::EdgePolicy>, ClmError> {
        self.policies
            .try_get_with_by_ref(name, self.ask_policy(name))
            .await
            .map_err(|error: Arc<ClmError>| (*error).clone())
    }

    /// Whether CLM answers.
    pub async fn ping(&self) -> Result<(), ClmError> {
        match self.ask_policy("").await {
            Err(error @ ClmError::Unavailable { .. }) => Err(error),
            _ => Ok(()),
        }
    }

    async fn ask_policy(&self, name: &str) -> Result<Arc<wire::EdgePolicy>, ClmError> {
        let request = wire::LoadPolicyRequest {
            policy: name.to_owned(),
            protocol: PROTOCOL.to_owned(),
        };
        let policy = self
            .client
            .clone()
            .load_policy(request)
            .await
            .map_err(ClmError::of("LoadPolicy"))?;
        Ok(Arc::new(policy.into_inner()))
    }

    /// Who asks.
    pub async fn authenticate(
        &self,
        request: wire::AuthenticateRequest,
    ) -> Result<wire::authenticate_response::Outcome, ClmError> {
        let answer = self
            .client
            .clone()
            .authenticate(request)
            .await
            .map_err(ClmError::of("Authenticate"))?;
        answer.into_inner().outcome.ok_or(ClmError::Malformed {
            call: "Authenticate",
            what: "outcome",
        })
    }

    /// Asks for a certificate; may be repeated.
    pub async fn enroll(&self, request: wire::EnrollRequest) -> Result<Outcome, ClmError> {
        use wire::enroll_response::Outcome as Told;
        let answer = self
            .client
            .clone()
            .enroll(request)
            .await
            .map_err(ClmError::of("Enroll"))?;
        match answer.into_inner().outcome.ok_or(ClmError::Malformed {
            call: "Enroll",
            what: "outcome",
        })? {
            Told::Issued(issued) => Ok(Outcome::Issued(issued.certificate)),
            Told::Waiting(waiting) => Ok(Outcome::Waiting {
                retry_after: waiting
                    .retry_after
                    .and_then(|after| u64::try_from(after.seconds).ok())
                    .unwrap_or(USUAL_RETRY)
                    .max(1),
            }),
            Told::Refused(refused) => Ok(Outcome::Refused {
                reason: refused.reason(),
                detail: refused.detail,
            }),
        }
    }

    /// Whether a certificate is neither revoked nor expired.
    pub async fn is_active(&self, certificate: &[u8]) -> Result<bool, ClmError> {
        let by = wire::find_certificate_request::By::Certificate(certificate.to_vec());
        let known = self
            .client
            .clone()
            .find_certificate(wire::FindCertificateRequest { by: Some(by) })
            .await
            .map_err(ClmError::of("FindCertificate"))?;
        Ok(known.into_inner().state == "valid")
    }
}
