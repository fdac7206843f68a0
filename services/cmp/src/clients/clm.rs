//! CLM, the only way to certificates, policies, secrets and revocation.

use std::sync::Arc;
use std::time::Duration;

use ers_pki::certificate::Certificate;
use ers_pki::key::KeyAlgorithm;
use ers_pki::name::Name;
use ers_pki::serial::SerialNumber;
use ers_proto::clm::v1 as wire;
use ers_proto::clm::v1::enrollment_client::EnrollmentClient;
use ers_runtime::error::Kind;
use ers_runtime::grpc::Channel;
use moka::future::Cache;
use time::OffsetDateTime;
use tonic::Status;

const PROTOCOL: &str = "cmp";
/// How our own certificate is asked for.
const SYSTEM: &str = "system";
/// How old a policy may be. Long enough that a client's burst of requests asks once.
const POLICY_AGE: Duration = Duration::from_secs(5);
const MOST_POLICIES: u64 = 1000;
const DEFAULT_RETRY: Duration = Duration::from_secs(5);
const LONGEST_RETRY: Duration = Duration::from_secs(24 * 60 * 60);
const DEFAULT_CONFIRM_WITHIN: Duration = Duration::from_secs(300);

/// CLM.
#[derive(Clone)]
pub struct Clm {
    client: EnrollmentClient<Channel>,
    policies: Cache<String, Option<Arc<Policy>>>,
}

/// What this edge must know of a policy.
#[derive(Debug, Clone, PartialEq)]
pub struct Policy {
    /// Its name.
    pub name: String,
    /// Whether MACs are taken as protection.
    pub mac_allowed: bool,
    /// Whether signatures are.
    pub signature_allowed: bool,
    /// Whether certificates need no certConf when the client asks for that.
    pub implicit_confirm_allowed: bool,
    /// Whether keys are made for those who ask for that.
    pub central_keys_allowed: bool,
    /// Whether registration authorities may vouch for possession.
    pub ra_verified_allowed: bool,
    /// How soon a certificate must be confirmed.
    pub confirm_within: Duration,
    /// DER, the issuing CA first, the root last.
    pub ca_chain: Vec<Vec<u8>>,
    /// DER: OldWithNew and NewWithOld.
    pub link_certificates: Vec<Vec<u8>>,
    /// DER: the CA that is to come and those above it, the root last; empty: none.
    pub next_ca_chain: Vec<Vec<u8>>,
    /// Keys that are taken, the best liked first.
    pub key_algorithms: Vec<KeyAlgorithm>,
    /// Dotted OID, and the only value that will do; required ones only.
    pub subject: Vec<(String, String)>,
}

/// Who asks, as CLM has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Authenticated {
    /// End entity; empty: none.
    pub end_entity: String,
    /// For [`Enrollment::requester`].
    pub requester: String,
    /// Whether it may ask and revoke for others.
    pub is_registration_authority: bool,
    /// For [`Enrollment::authenticated_by`].
    pub method: String,
    /// It speaks for the names in its certificate alone: what it asks for must follow that one.
    pub renewal_only: bool,
}

/// The shared secret of an end entity.
#[derive(Clone)]
pub struct SharedSecret {
    /// Sealed by the signer.
    pub sealed: Vec<u8>,
    /// Whose it is.
    pub owner: Authenticated,
}

/// A secret that may be used, or why not.
#[derive(Clone)]
pub enum FoundSecret {
    /// There is one.
    Secret(SharedSecret),
    /// No such end entity, or it has none.
    None,
    /// Too many wrong MACs lately.
    Locked,
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
    /// How the requester was authenticated.
    pub authenticated_by: String,
    /// CSR, DER; this or `public_key`.
    pub csr: Vec<u8>,
    /// SubjectPublicKeyInfo, DER.
    pub public_key: Vec<u8>,
    /// Name, DER; empty: that of the CSR.
    pub subject: Vec<u8>,
    /// `dns:…` and the like; empty: those of the CSR.
    pub names: Vec<String>,
    /// Wanted begin.
    pub not_before: Option<OffsetDateTime>,
    /// Wanted length.
    pub validity: Option<Duration>,
    /// DER of the certificate that it follows; empty: none.
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

/// A certificate that CLM knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownCertificate {
    /// DER.
    pub certificate: Vec<u8>,
    /// Whether it is revoked.
    pub is_revoked: bool,
    /// End entity; empty: none.
    pub end_entity: String,
    /// The policy that it was issued under.
    pub policy: String,
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
        }
    }

    /// The policy of a name, or (empty) the default one; `None`: there is none, or it does not allow CMP. Up to a few
    /// seconds old.
    pub async fn find_policy(&self, name: &str) -> Result<Option<Arc<Policy>>, ClmError> {
        let loaded = self
            .policies
            .try_get_with_by_ref(name, self.ask_policy(name))
            .await;
        loaded.map_err(|error: Arc<ClmError>| (*error).clone())
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
            Ok(answer) => Ok(Some(Arc::new(policy(answer.into_inner())))),
            Err(status) => match Kind::of(&status) {
                Kind::NotFound | Kind::FailedPrecondition | Kind::InvalidArgument => Ok(None),
                _ => Err(ClmError::of("LoadPolicy")(status)),
            },
        }
    }

    /// Who has shown to have the key of a certificate; the words are why nobody that we know.
    pub async fn authenticate(
        &self,
        policy: &Policy,
        certificate: &Certificate,
        chain: Vec<Vec<u8>>,
        address: &str,
        transaction_id: &str,
    ) -> Result<Result<Authenticated, String>, ClmError> {
        use wire::authenticate_response::Outcome;
        const CALL: &str = "Authenticate";
        let credential =
            wire::authenticate_request::Credential::Certificate(certificate.der().to_vec());
        let request = wire::AuthenticateRequest {
            protocol: PROTOCOL.to_owned(),
            policy: policy.name.clone(),
            address: address.to_owned(),
            credential: Some(credential),
            chain,
            csr: Vec::new(),
            transaction_id: transaction_id.to_owned(),
        };
        let answer = self.client.clone().authenticate(request).await;
        let answer = answer.map_err(ClmError::of(CALL))?.into_inner();
        match answer.outcome {
            Some(Outcome::Authenticated(found)) => Ok(Ok(Authenticated {
                is_registration_authority: found.standing()
                    == wire::Standing::RegistrationAuthority,
                end_entity: found.end_entity,
                requester: found.requester,
                method: found.method,
                renewal_only: found.renewal_only,
            })),
            Some(Outcome::Denied(denied)) => Ok(Err(denied.detail)),
            None => Err(ClmError::Malformed {
                call: CALL,
                what: "outcome",
            }),
        }
    }

    /// The shared secret of an end entity.
    pub async fn find_secret(
        &self,
        policy: &Policy,
        reference: &str,
        address: &str,
    ) -> Result<FoundSecret, ClmError> {
        let request = wire::LoadSharedSecretRequest {
            protocol: PROTOCOL.to_owned(),
            policy: policy.name.clone(),
            reference: reference.to_owned(),
            address: address.to_owned(),
        };
        match self.client.clone().load_shared_secret(request).await {
            Ok(answer) => {
                let found = answer.into_inner();
                let owner = Authenticated {
                    is_registration_authority: found.standing()
                        == wire::Standing::RegistrationAuthority,
                    end_entity: found.end_entity,
                    requester: found.requester,
                    method: "mac".to_owned(),
                    renewal_only: false,
                };
                Ok(FoundSecret::Secret(SharedSecret {
                    sealed: found.sealed,
                    owner,
                }))
            }
            Err(status) => match Kind::of(&status) {
                Kind::NotFound | Kind::InvalidArgument => Ok(FoundSecret::None),
                Kind::ResourceExhausted => Ok(FoundSecret::Locked),
                _ => Err(ClmError::of("LoadSharedSecret")(status)),
            },
        }
    }

    /// Tells whether a MAC was right.
    pub async fn report_attempt(
        &self,
        policy: &Policy,
        reference: &str,
        address: &str,
        succeeded: bool,
    ) -> Result<(), ClmError> {
        let request = wire::ReportAttemptRequest {
            protocol: PROTOCOL.to_owned(),
            policy: policy.name.clone(),
            end_entity: reference.to_owned(),
            address: address.to_owned(),
            succeeded,
        };
        let told = self.client.clone().report_attempt(request).await;
        told.map(drop).map_err(ClmError::of("ReportAttempt"))
    }

    /// Asks for a certificate; may be repeated.
    pub async fn enroll(&self, enrollment: Enrollment) -> Result<Outcome, ClmError> {
        self.enroll_by(PROTOCOL, enrollment).await
    }

    /// Asks for a certificate of our own; may be repeated.
    pub async fn enroll_ourselves(&self, enrollment: Enrollment) -> Result<Outcome, ClmError> {
        self.enroll_by(SYSTEM, enrollment).await
    }

    async fn enroll_by(&self, protocol: &str, enrollment: Enrollment) -> Result<Outcome, ClmError> {
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
            not_before: enrollment.not_before.map(to_timestamp),
            validity: enrollment
                .validity
                .and_then(|validity| prost_types::Duration::try_from(validity).ok()),
            names_proven: false,
            renews: enrollment.renews,
            authenticated_by: enrollment.authenticated_by,
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

    /// A certificate by issuer and serial number; `None`: CLM does not know it.
    pub async fn find_certificate(
        &self,
        issuer: &Name,
        serial: SerialNumber,
    ) -> Result<Option<KnownCertificate>, ClmError> {
        let by =
            wire::find_certificate_request::By::IssuerNameAndSerial(wire::IssuerNameAndSerial {
                issuer_name: issuer.to_der().to_vec(),
                serial: serial.to_hex(),
            });
        let request = wire::FindCertificateRequest { by: Some(by) };
        match self.client.clone().find_certificate(request).await {
            Ok(answer) => {
                let known = answer.into_inner();
                Ok(Some(KnownCertificate {
                    is_revoked: known.state == "revoked",
                    certificate: known.certificate,
                    end_entity: known.end_entity,
                    policy: known.policy,
                }))
            }
            Err(status) if Kind::of(&status) == Kind::NotFound => Ok(None),
            Err(status) => Err(ClmError::of("FindCertificate")(status)),
        }
    }

    /// The newest CRL of a policy's CA, DER; `None`: there is none yet.
    pub async fn find_crl(&self, policy: &Policy) -> Result<Option<Vec<u8>>, ClmError> {
        let request = wire::LoadCrlRequest {
            policy: policy.name.clone(),
            protocol: PROTOCOL.to_owned(),
        };
        match self.client.clone().load_crl(request).await {
            Ok(answer) => Ok(Some(answer.into_inner().crl)),
            Err(status) if Kind::of(&status) == Kind::NotFound => Ok(None),
            Err(status) => Err(ClmError::of("LoadCrl")(status)),
        }
    }

    /// Revokes a certificate; true: it was revoked before.
    pub async fn revoke(
        &self,
        certificate: Vec<u8>,
        reason: &str,
        requester: &str,
    ) -> Result<bool, ClmError> {
        let request = wire::RevokeCertificateRequest {
            by: Some(wire::revoke_certificate_request::By::Certificate(
                certificate,
            )),
            reason: reason.to_owned(),
            requester: requester.to_owned(),
        };
        let answer = self.client.clone().revoke(request).await;
        let answer = answer.map_err(ClmError::of("Revoke"))?;
        Ok(answer.into_inner().already_revoked)
    }
}

fn policy(policy: wire::EdgePolicy) -> Policy {
    let cmp = policy.cmp.unwrap_or_default();
    let template = policy.template.unwrap_or_default();
    let key_algorithms = template.key_algorithms.iter();
    let subject = template.subject.into_iter();
    let next = Some(policy.next_ca_certificate).filter(|der| !der.is_empty());
    Policy {
        name: policy.name,
        mac_allowed: cmp.mac_allowed,
        signature_allowed: cmp.signature_allowed,
        implicit_confirm_allowed: cmp.implicit_confirm_allowed,
        central_keys_allowed: cmp.central_keys_allowed,
        ra_verified_allowed: cmp.ra_verified_allowed,
        confirm_within: cmp
            .confirm_within
            .and_then(|within| Duration::try_from(within).ok())
            .unwrap_or(DEFAULT_CONFIRM_WITHIN),
        ca_chain: policy.ca_chain,
        link_certificates: policy.link_certificates,
        next_ca_chain: next.into_iter().chain(policy.next_ca_chain).collect(),
        key_algorithms: key_algorithms
            .filter_map(|name| name.parse().ok())
            .collect(),
        subject: subject
            .filter(|attribute| attribute.required || !attribute.value.is_empty())
            .map(|attribute| (attribute.oid, attribute.value))
            .collect(),
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
