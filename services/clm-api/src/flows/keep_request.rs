//! Requests that get a row: those that wait for a person, and those that were refused.

use ers_pki::{general_name::GeneralName, name::Name};
use ers_runtime::error::chain;

use super::{
    Flows,
    enroll::{Enroll, EnrollError},
    issue::Outcome,
    read_request::content_digest,
};
use crate::{
    domain::{
        decide::{Asked, Plan},
        notice::Notice,
        policy::Policy,
        refusal::Refusal,
        request::{CertificateRequest, Issuable, RequestState, Summary},
    },
    store::{Inserted, StoreError},
};

impl Flows {
    /// Keeps a request until a person decides.
    pub(super) async fn keep_waiting(
        &self,
        call: &Enroll,
        policy: &Policy,
        asked: &Asked,
        plan: Plan,
    ) -> Result<Outcome, EnrollError> {
        let public_key = asked.public_key.spki_der().to_vec();
        let request = CertificateRequest {
            summary: summary(call, policy, &plan.subject, &plan.names),
            issuable: Some(Issuable { plan, public_key }),
            ..self.new_request(call, policy, Some(asked))
        };
        let notices = self.deliveries_of([Notice::waiting(&request)]).await?;
        match self.store.insert_request(&request, &notices).await? {
            Inserted::Yes => {
                tracing::info!(target: "audit", act = "request.wait", request_id = %call.request_id,
                    requester = %call.requester, policy = %request.summary.policy, "request waits for approval");
                Ok(Outcome::Waiting {
                    retry_after: self.approval_retry,
                })
            }
            Inserted::AlreadyThere => match self.store.find_request(&call.request_id).await? {
                Some(request) => self.same_again(call, asked, request).await,
                None => Err(EnrollError::Store(StoreError::Inconsistent {
                    table: "certificate_request",
                    id: call.request_id.to_string(),
                    column: "id",
                })),
            },
        }
    }

    /// The outcome of a request that has a row, when the same is asked again.
    pub(super) async fn same_again(
        &self,
        call: &Enroll,
        asked: &Asked,
        request: CertificateRequest,
    ) -> Result<Outcome, EnrollError> {
        if request.content_digest != content_digest(call, Some(asked)) {
            return Err(EnrollError::RequestIdTaken(call.request_id.clone()));
        }
        self.outcome_of(request).await
    }

    /// Refuses, and keeps that for people to see. The refusal holds even if it cannot be kept.
    pub(super) async fn refuse(
        &self,
        call: &Enroll,
        policy: &Policy,
        asked: Option<&Asked>,
        refusal: Refusal,
    ) -> Outcome {
        tracing::info!(target: "audit", act = "request.refuse", request_id = %call.request_id,
            requester = %call.requester, policy = %policy.definition.name(), reason = %refusal.reason,
            detail = refusal.detail, "request refused");
        let request = CertificateRequest {
            state: RequestState::Failed,
            refusal: Some(refusal.clone()),
            ..self.new_request(call, policy, asked)
        };
        if let Err(error) = self.store.insert_request(&request, &[]).await {
            tracing::warn!(error = chain(&error), "refusal not kept");
        }
        Outcome::Refused(refusal)
    }

    /// A request as it came, waiting.
    fn new_request(
        &self,
        call: &Enroll,
        policy: &Policy,
        asked: Option<&Asked>,
    ) -> CertificateRequest {
        let (subject, names) = match asked {
            Some(asked) => (asked.subject.clone(), asked.names.as_slice()),
            None => (Name::empty(), [].as_slice()),
        };
        CertificateRequest {
            id: call.request_id.clone(),
            state: RequestState::PendingApproval,
            content_digest: content_digest(call, asked),
            summary: summary(call, policy, &subject, names),
            issuable: None,
            created_at_ms: self.clock.now_ms(),
            decided_by: None,
            refusal: None,
            detail: String::new(),
        }
    }
}

fn summary(call: &Enroll, policy: &Policy, subject: &Name, names: &[GeneralName]) -> Summary {
    let rules = policy.definition.rules();
    Summary {
        realm: rules.realm.clone(),
        policy: rules.name.clone(),
        requester: call.requester.clone(),
        protocol: call.protocol,
        subject: subject.to_string(),
        names: names.iter().map(ToString::to_string).collect(),
    }
}
