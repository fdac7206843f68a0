//! At most one active certificate, where a policy wants that. Who may have it is claimed before it is made: of two
//! requests at the same moment one wins. The certificate of the claim is asked of CARA, which knows at once.

use super::{Flows, enroll::EnrollError};
use crate::{
    domain::{
        decide::Plan,
        id::RequestId,
        inventory::{CertificateState, InventoryCertificate},
        policy::Policy,
        refusal::{Refusal, RefusalReason},
        renewal::{Claim, Holder},
        request::RequestState,
    },
    store::StoreError,
};

impl Flows {
    /// Claims the one active certificate for a request, or says why not.
    pub(super) async fn claim(
        &self,
        id: &RequestId,
        policy: &Policy,
        plan: &Plan,
        renewed: Option<&InventoryCertificate>,
    ) -> Result<Result<(), Refusal>, EnrollError> {
        if !policy.definition.rules().unique {
            return Ok(Ok(()));
        }
        let holder = Holder {
            policy: plan.origin.policy.clone(),
            end_entity: plan.origin.end_entity.clone(),
            subject: plan.subject.to_string(),
        };
        let duplicate = |what: &str| Ok(Err(RefusalReason::Duplicate.because(what)));
        let now_ms = self.clock.now_ms();
        let claim = self.store.find_claim(&holder).await?;
        match &claim {
            Some(claim) if claim.request_id == *id => return Ok(Ok(())),
            Some(claim) => match self.standing_of(claim).await? {
                Standing::UnderWay => {
                    return duplicate("policy: a request of the same holder is under way");
                }
                Standing::Active(serial)
                    if renewed.is_none_or(|renewed| renewed.serial != serial) =>
                {
                    return duplicate("policy: there is an active certificate of the same holder");
                }
                Standing::Active(_) | Standing::Gone => {}
            },
            None => {
                let before = self.store.find_active_of(&holder, now_ms).await?;
                if before.is_some_and(|before| {
                    renewed.is_none_or(|renewed| renewed.fingerprint != before.fingerprint)
                }) {
                    return duplicate("policy: there is an active certificate of the same holder");
                }
            }
        }
        if self
            .store
            .claim(&holder, id, claim.as_ref(), now_ms)
            .await?
        {
            return Ok(Ok(()));
        }
        duplicate("policy: a request of the same holder came first")
    }

    async fn standing_of(&self, claim: &Claim) -> Result<Standing, EnrollError> {
        let request = self.store.find_request(&claim.request_id).await?;
        match request.map(|request| request.state) {
            Some(RequestState::PendingApproval | RequestState::Approved) => {
                return Ok(Standing::UnderWay);
            }
            Some(RequestState::Declined) => return Ok(Standing::Gone),
            // A request that failed once may have been issued when it was asked again.
            Some(RequestState::Failed | RequestState::Issued) | None => {}
        }
        let now_ms = self.clock.now_ms();
        let made = self
            .cara
            .find_by_request(&claim.request_id)
            .await
            .map_err(EnrollError::Cara)?;
        Ok(match made {
            Some(made) if made.state(now_ms) == CertificateState::Valid => {
                Standing::Active(made.serial)
            }
            Some(_) => Standing::Gone,
            None if claim.is_fresh(now_ms) && !self.has_failed(&claim.request_id).await? => {
                Standing::UnderWay
            }
            None => Standing::Gone,
        })
    }

    async fn has_failed(&self, id: &RequestId) -> Result<bool, StoreError> {
        let request = self.store.find_request(id).await?;
        Ok(request.is_some_and(|request| request.state == RequestState::Failed))
    }
}

/// How the request of a claim stands.
enum Standing {
    UnderWay,
    /// Its certificate is active; the serial number.
    Active(String),
    Gone,
}
