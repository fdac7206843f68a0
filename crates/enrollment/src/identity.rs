//! Who asks: CLM judges what was shown; secrets for MACs, and whether one was right.

use std::time::Duration;

use ers_proto::clm::v1 as wire;
use ers_proto::clm::v1::authenticate_request::Credential;
use ers_proto::clm::v1::authenticate_response::Outcome;
use ers_runtime::error::Kind;

use crate::clm::Clm;
use crate::error::ClmError;
use crate::policy::Edge;

/// Who asks, and how.
#[derive(Debug, Clone)]
pub struct Question<'a> {
    /// Policy.
    pub policy: &'a str,
    /// Address of the client; empty when not known.
    pub address: String,
    /// What was shown, or whose key was used.
    pub credential: Credential,
    /// What came along with a certificate, DER.
    pub chain: Vec<Vec<u8>>,
    /// CSR, DER; empty: none.
    pub csr: Vec<u8>,
    /// The protocol's own name of the transaction; empty: none.
    pub transaction_id: &'a str,
}

/// Who asks, as CLM has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Authenticated {
    /// End entity; empty: none.
    pub end_entity: String,
    /// For [`crate::Enrollment::requester`].
    pub requester: String,
    /// Whether it may ask and revoke for others.
    pub is_registration_authority: bool,
    /// For [`crate::Enrollment::authenticated_by`].
    pub method: String,
    /// It speaks for the names in its certificate alone: what it asks for must follow that one.
    pub renewal_only: bool,
}

/// Nobody that may ask.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Denied {
    /// Why, for the client.
    pub detail: String,
    /// Before which nothing is looked at.
    pub retry_after: Option<Duration>,
}

/// The shared secret of an end entity.
#[derive(Clone)]
pub struct SharedSecret {
    /// Sealed by the signer.
    pub sealed: Vec<u8>,
    /// Whose it is.
    pub owner: Authenticated,
    /// No wrong MAC is counted: a right one need not be reported.
    pub nothing_counted: bool,
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

impl<E: Edge> Clm<E> {
    /// Who asks.
    pub async fn authenticate(
        &self,
        question: Question<'_>,
    ) -> Result<Result<Authenticated, Denied>, ClmError> {
        const CALL: &str = "Authenticate";
        let request = wire::AuthenticateRequest {
            protocol: E::PROTOCOL.to_owned(),
            policy: question.policy.to_owned(),
            address: question.address,
            credential: Some(question.credential),
            chain: question.chain,
            csr: question.csr,
            transaction_id: question.transaction_id.to_owned(),
        };
        let answer = self.ask_who(request).await.map_err(ClmError::of(CALL))?;
        match answer.outcome {
            Some(Outcome::Authenticated(found)) => Ok(Ok(Authenticated {
                is_registration_authority: found.standing()
                    == wire::Standing::RegistrationAuthority,
                end_entity: found.end_entity,
                requester: found.requester,
                method: found.method,
                renewal_only: found.renewal_only,
            })),
            Some(Outcome::Denied(denied)) => Ok(Err(Denied {
                detail: denied.detail,
                retry_after: denied
                    .retry_after
                    .map(|after| Duration::try_from(after).unwrap_or_default()),
            })),
            None => Err(ClmError::Malformed {
                call: CALL,
                what: "outcome",
            }),
        }
    }

    /// The shared secret of an end entity.
    pub async fn find_secret(
        &self,
        policy: &str,
        reference: &str,
        address: &str,
    ) -> Result<FoundSecret, ClmError> {
        let request = wire::LoadSharedSecretRequest {
            protocol: E::PROTOCOL.to_owned(),
            policy: policy.to_owned(),
            reference: reference.to_owned(),
            address: address.to_owned(),
        };
        match self.ask_for_secret(request).await {
            Ok(found) => {
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
                    nothing_counted: found.nothing_counted,
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
        policy: &str,
        reference: &str,
        address: &str,
        succeeded: bool,
    ) -> Result<(), ClmError> {
        let request = wire::ReportAttemptRequest {
            protocol: E::PROTOCOL.to_owned(),
            policy: policy.to_owned(),
            end_entity: reference.to_owned(),
            address: address.to_owned(),
            succeeded,
        };
        let told = self.client().report_attempt(request).await;
        told.map(drop).map_err(ClmError::of("ReportAttempt"))
    }
}
