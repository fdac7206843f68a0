//! CLM, the only way to certificates, policies and to who somebody is.

use std::sync::Arc;
use std::time::Duration;

use ers_proto::clm::v1 as wire;
use ers_proto::clm::v1::enrollment_client::EnrollmentClient;
use ers_runtime::error::Kind;
use ers_runtime::grpc::Channel;
use moka::future::Cache;
use tonic::Status;

const PROTOCOL: &str = "scep";
/// What this service's own certificates are asked for as.
const OWN_PROTOCOL: &str = "system";
/// How old a policy may be. Long enough that a client's burst of requests asks once.
const POLICY_AGE: Duration = Duration::from_secs(5);
const MOST_POLICIES: u64 = 1000;

/// CLM.
#[derive(Clone)]
pub struct Clm {
    client: EnrollmentClient<Channel>,
    policies: Cache<String, Option<Policy>>,
}

/// What this edge must know of a policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// Its name.
    pub name: String,
    /// Its realm.
    pub realm: String,
    /// Name of the CA.
    pub issuer: String,
    /// DER, the issuing CA first, the root last.
    pub ca_chain: Vec<Vec<u8>>,
    /// DER of the CA certificate that will come next, and those above it; empty: none is in sight.
    pub next_ca_chain: Vec<Vec<u8>>,
    /// Whether triple DES and SHA-1 are taken.
    pub legacy_algorithms: bool,
    /// Whether a certificate may be used to ask for the next one.
    pub renewal_allowed: bool,
}

/// By what somebody is known.
#[derive(Debug, Clone)]
pub enum Credential<'a> {
    /// challengePassword.
    Challenge(&'a str),
    /// A certificate whose key was used, DER.
    Certificate(&'a [u8]),
}

/// Who asks, and how.
#[derive(Debug, Clone)]
pub struct Question<'a> {
    /// Policy.
    pub policy: &'a str,
    /// Address of the client.
    pub address: String,
    /// By what.
    pub credential: Credential<'a>,
    /// What came along with the certificate, DER.
    pub chain: Vec<Vec<u8>>,
    /// CSR, DER.
    pub csr: &'a [u8],
    /// transactionID.
    pub transaction_id: &'a str,
}

/// Who asks, as CLM says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Identity {
    /// Somebody.
    Known {
        /// End entity; empty: none.
        end_entity: String,
        /// For the request.
        requester: String,
        /// For the request.
        method: String,
        /// Whether it may ask for others.
        is_registration_authority: bool,
        /// Whether it may only have what follows its certificate.
        renewal_only: bool,
    },
    /// Nobody that may ask.
    Denied {
        /// Why, for the client.
        detail: String,
    },
}

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
    /// CSR, DER.
    pub csr: Vec<u8>,
    /// In place of the CSR: SubjectPublicKeyInfo, DER.
    pub public_key: Vec<u8>,
    /// With a public key: the subject, DER.
    pub subject: Vec<u8>,
    /// With a public key: the names, as text.
    pub names: Vec<String>,
    /// The certificate that it follows, DER; empty: none.
    pub renews: Vec<u8>,
    /// How the requester was known.
    pub authenticated_by: String,
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
    Waiting,
    /// No.
    Refused {
        /// Why.
        reason: wire::RefusalReason,
        /// In words.
        detail: String,
    },
}

/// A certificate that CLM knows.
#[derive(Debug, Clone)]
pub struct Known {
    /// DER.
    pub certificate: Vec<u8>,
    /// The realm that it belongs to.
    pub realm: String,
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

    /// What was wrong with the request, when CLM says so.
    pub fn invalid(&self) -> Option<&str> {
        match self {
            Self::Invalid { detail, .. } => Some(detail),
            _ => None,
        }
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
        }
    }

    /// The policy of a path; `None`: there is none, or it does not allow SCEP. Up to a few seconds old.
    pub async fn find_policy(&self, name: &str) -> Result<Option<Policy>, ClmError> {
        let loaded = self
            .policies
            .try_get_with_by_ref(name, self.ask_policy(name, PROTOCOL))
            .await;
        loaded.map_err(|error: Arc<ClmError>| (*error).clone())
    }

    /// A policy for certificates of this service itself; `None`: there is none for us.
    pub async fn find_own_policy(&self, name: &str) -> Result<Option<Policy>, ClmError> {
        self.ask_policy(name, OWN_PROTOCOL).await
    }

    /// Whether CLM answers.
    pub async fn ping(&self) -> Result<(), ClmError> {
        match self.ask_policy("", PROTOCOL).await {
            Err(error) if error.is_retryable() => Err(error),
            _ => Ok(()),
        }
    }

    async fn ask_policy(&self, name: &str, protocol: &str) -> Result<Option<Policy>, ClmError> {
        let request = wire::LoadPolicyRequest {
            policy: name.to_owned(),
            protocol: protocol.to_owned(),
        };
        match self.client.clone().load_policy(request).await {
            Ok(answer) => Ok(Some(policy(answer.into_inner()))),
            Err(status) => match Kind::of(&status) {
                Kind::NotFound | Kind::FailedPrecondition => Ok(None),
                _ => Err(ClmError::of("LoadPolicy")(status)),
            },
        }
    }

    /// Who asks.
    pub async fn authenticate(&self, question: Question<'_>) -> Result<Identity, ClmError> {
        use wire::authenticate_request::Credential as Wire;
        use wire::authenticate_response::Outcome as Answer;
        const CALL: &str = "Authenticate";
        let request = wire::AuthenticateRequest {
            protocol: PROTOCOL.to_owned(),
            policy: question.policy.to_owned(),
            address: question.address,
            credential: Some(match question.credential {
                Credential::Challenge(challenge) => Wire::Challenge(challenge.to_owned()),
                Credential::Certificate(der) => Wire::Certificate(der.to_vec()),
            }),
            chain: question.chain,
            csr: question.csr.to_vec(),
            transaction_id: question.transaction_id.to_owned(),
        };
        let answer = self.client.clone().authenticate(request).await;
        let answer = answer.map_err(ClmError::of(CALL))?.into_inner();
        let missing = ClmError::Malformed {
            call: CALL,
            what: "outcome",
        };
        match answer.outcome.ok_or(missing)? {
            Answer::Authenticated(known) => Ok(Identity::Known {
                is_registration_authority: known.standing()
                    == wire::Standing::RegistrationAuthority,
                renewal_only: known.renewal_only,
                end_entity: known.end_entity,
                requester: known.requester,
                method: known.method,
            }),
            Answer::Denied(denied) => Ok(Identity::Denied {
                detail: denied.detail,
            }),
        }
    }

    /// Asks for a device's certificate; may be repeated.
    pub async fn enroll(&self, enrollment: Enrollment) -> Result<Outcome, ClmError> {
        self.enroll_as(PROTOCOL, enrollment).await
    }

    /// Asks for a certificate of this service itself; may be repeated.
    pub async fn enroll_itself(&self, enrollment: Enrollment) -> Result<Outcome, ClmError> {
        self.enroll_as(OWN_PROTOCOL, enrollment).await
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
            subject: enrollment.subject,
            subject_alternative_names: enrollment.names,
            renews: enrollment.renews,
            authenticated_by: enrollment.authenticated_by,
            ..Default::default()
        };
        let answer = self.client.clone().enroll(request).await;
        outcome(
            "Enroll",
            answer.map_err(ClmError::of("Enroll"))?.into_inner(),
        )
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

    /// The certificate of an issuer's name (DER) and serial number (lower-case hex).
    pub async fn find_certificate(
        &self,
        issuer_name: &[u8],
        serial: &str,
    ) -> Result<Option<Known>, ClmError> {
        use wire::find_certificate_request::By;
        let by = By::IssuerNameAndSerial(wire::IssuerNameAndSerial {
            issuer_name: issuer_name.to_vec(),
            serial: serial.to_owned(),
        });
        let request = wire::FindCertificateRequest { by: Some(by) };
        match self.client.clone().find_certificate(request).await {
            Ok(answer) => {
                let known = answer.into_inner();
                Ok(Some(Known {
                    certificate: known.certificate,
                    realm: known.realm,
                }))
            }
            Err(status) => match Kind::of(&status) {
                Kind::NotFound | Kind::InvalidArgument => Ok(None),
                _ => Err(ClmError::of("FindCertificate")(status)),
            },
        }
    }

    /// The newest CRL of a policy's CA, DER; `None`: there is none yet.
    pub async fn find_crl(&self, policy: &str) -> Result<Option<Vec<u8>>, ClmError> {
        let request = wire::LoadCrlRequest {
            policy: policy.to_owned(),
            protocol: PROTOCOL.to_owned(),
        };
        match self.client.clone().load_crl(request).await {
            Ok(answer) => Ok(Some(answer.into_inner().crl)),
            Err(status) if Kind::of(&status) == Kind::NotFound => Ok(None),
            Err(status) => Err(ClmError::of("LoadCrl")(status)),
        }
    }
}

fn policy(policy: wire::EdgePolicy) -> Policy {
    let settings = policy.scep.unwrap_or_default();
    let next = Some(policy.next_ca_certificate).filter(|der| !der.is_empty());
    Policy {
        name: policy.name,
        realm: policy.realm,
        issuer: policy.issuer,
        ca_chain: policy.ca_chain,
        next_ca_chain: match next {
            Some(next) => std::iter::once(next).chain(policy.next_ca_chain).collect(),
            None => Vec::new(),
        },
        legacy_algorithms: settings.legacy_algorithms,
        renewal_allowed: settings.renewal_allowed,
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
        Wire::Waiting(_) => Ok(Outcome::Waiting),
        Wire::Refused(refused) => Ok(Outcome::Refused {
            reason: refused.reason(),
            detail: refused.detail,
        }),
    }
}
