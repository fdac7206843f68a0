//! The certificate itself: CARA asked, and what it says turned into an outcome. Asking again under the same request id
//! gives the same certificate.

use time::Duration;

use super::{Flows, enroll::EnrollError};
use crate::{
    clients::{CaraError, IssuedCertificate},
    domain::{
        decide::Plan,
        id::RequestId,
        inventory::InventoryCertificate,
        refusal::{Refusal, RefusalReason},
        request::{CertificateRequest, RequestState},
    },
};

/// What became of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The certificate.
    Issued(IssuedCertificate),
    /// A person must decide: ask again later.
    Waiting {
        /// How much later.
        retry_after: Duration,
    },
    /// No.
    Refused(Refusal),
}

impl Outcome {
    /// Its name, as in metrics.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Issued(_) => "issued",
            Self::Waiting { .. } => "waiting",
            Self::Refused(_) => "refused",
        }
    }
}

impl Flows {
    /// Has CARA make what was planned. A refusal is CARA's, over what the asker chose.
    pub(super) async fn issue(
        &self,
        id: &RequestId,
        plan: &Plan,
        public_key: &[u8],
    ) -> Result<Outcome, EnrollError> {
        let policy = || plan.origin.policy.clone();
        match self.cara.issue(id, plan, public_key).await {
            Ok(issued) => {
                tracing::info!(target: "audit", act = "certificate.issue", request_id = %id, issuer = issued.issuer,
                    serial = issued.serial, policy = plan.origin.policy, requester = plan.origin.requester,
                    "certificate issued");
                Ok(Outcome::Issued(issued))
            }
            Err(CaraError::Refused(refusal)) => Ok(Outcome::Refused(refusal)),
            Err(CaraError::Conflict(_)) => self.issued_before(id, plan, public_key).await,
            Err(source @ CaraError::NotReady(_)) => Err(EnrollError::IssuerNotReady {
                policy: policy(),
                source,
            }),
            Err(source @ (CaraError::NotFound(_) | CaraError::Invalid(_))) => {
                Err(EnrollError::Misconfigured {
                    policy: policy(),
                    source,
                })
            }
            Err(
                source @ (CaraError::Busy
                | CaraError::Unavailable(_)
                | CaraError::Failed(_)
                | CaraError::Malformed(_)),
            ) => Err(EnrollError::Cara(source)),
        }
    }

    /// The certificate that the request id became, if it is for the same key and names: a policy that changed between
    /// two tries changes validity or origin, but not what was asked.
    async fn issued_before(
        &self,
        id: &RequestId,
        plan: &Plan,
        public_key: &[u8],
    ) -> Result<Outcome, EnrollError> {
        let taken = || EnrollError::RequestIdTaken(id.clone());
        let found = self
            .cara
            .find_by_request(id)
            .await
            .map_err(EnrollError::Cara)?
            .ok_or_else(taken)?;
        if !found.is_for(public_key, &plan.names) {
            return Err(taken());
        }
        Ok(Outcome::Issued(self.with_chain(found).await?))
    }

    /// A certificate as it goes back, with its chain.
    pub(super) async fn with_chain(
        &self,
        found: InventoryCertificate,
    ) -> Result<IssuedCertificate, EnrollError> {
        let chain = self
            .cara
            .load_chain(&found.issuer)
            .await
            .map_err(EnrollError::Cara)?;
        // The last is the root, which goes to nobody; a root that issues by itself leaves nothing.
        let chain = chain
            .split_last()
            .map(|(_, above)| above.to_vec())
            .unwrap_or_default();
        Ok(IssuedCertificate {
            certificate: found.der,
            chain,
            issuer: found.issuer,
            serial: found.serial,
        })
    }

    /// What became of a request that has a row; an approved one is carried on with.
    pub(super) async fn outcome_of(
        &self,
        request: CertificateRequest,
    ) -> Result<Outcome, EnrollError> {
        match request.state {
            RequestState::PendingApproval => Ok(Outcome::Waiting {
                retry_after: self.approval_retry,
            }),
            RequestState::Declined | RequestState::Failed => {
                let refusal = request
                    .refusal
                    .unwrap_or_else(|| RefusalReason::Declined.because(request.detail));
                Ok(Outcome::Refused(refusal))
            }
            RequestState::Approved | RequestState::Issued => self.carry_on(request).await,
        }
    }

    /// Issues what a person approved and writes that down.
    pub(super) async fn carry_on(
        &self,
        request: CertificateRequest,
    ) -> Result<Outcome, EnrollError> {
        let Some(issuable) = request.issuable else {
            return Err(EnrollError::Store(crate::store::StoreError::Inconsistent {
                table: "certificate_request",
                id: request.id.to_string(),
                column: "plan",
            }));
        };
        let outcome = self
            .issue(&request.id, &issuable.plan, &issuable.public_key)
            .await?;
        if request.state == RequestState::Approved {
            let refusal = match &outcome {
                Outcome::Refused(refusal) => Some(refusal),
                Outcome::Issued(_) | Outcome::Waiting { .. } => None,
            };
            self.store
                .finish_request(&request.id, refusal, self.clock.now_ms())
                .await?;
        }
        Ok(outcome)
    }
}
