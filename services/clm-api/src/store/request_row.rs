//! Requests, between row and domain type.

use sea_orm::ActiveValue::Set;

use super::{StoreError, entity::request, names_text, plan_text, read_names};
use crate::domain::{
    refusal::RefusalReason,
    request::{CertificateRequest, Issuable, Summary},
};

const TABLE: &str = "certificate_request";

/// The row of a new request.
pub(super) fn row_of(new: &CertificateRequest) -> Result<request::ActiveModel, StoreError> {
    let (plan, public_key) = match &new.issuable {
        Some(issuable) => {
            let plan = plan_text::write(&issuable.plan)
                .ok_or_else(|| StoreError::inconsistent(TABLE, new.id.as_str(), "plan"))?;
            (plan, issuable.public_key.clone())
        }
        None => (String::new(), Vec::new()),
    };
    let summary = &new.summary;
    Ok(request::ActiveModel {
        id: Set(new.id.to_string()),
        state: Set(new.state.as_str().to_owned()),
        content_digest: Set(new.content_digest.clone()),
        realm: Set(summary.realm.to_string()),
        policy: Set(summary.policy.to_string()),
        requester: Set(summary.requester.to_string()),
        protocol: Set(summary.protocol.to_string()),
        subject: Set(summary.subject.clone()),
        subject_alternative_names: Set(names_text(&summary.names)),
        plan: Set(plan),
        public_key: Set(public_key),
        created_at: Set(new.created_at_ms),
        updated_at: Set(new.created_at_ms),
        decided_at: Set(None),
        decided_by: Set(new.decided_by.clone()),
        refusal_reason: Set(new
            .refusal
            .as_ref()
            .map(|refusal| refusal.reason.as_str().to_owned())),
        detail: Set(new
            .refusal
            .as_ref()
            .map_or_else(|| new.detail.clone(), |refusal| refusal.detail.clone())),
    })
}

/// The request of a row.
pub(super) fn read(row: request::Model) -> Result<CertificateRequest, StoreError> {
    let broken = |column| StoreError::inconsistent(TABLE, &row.id, column);
    let issuable = match row.plan.as_str() {
        "" => None,
        plan => Some(Issuable {
            plan: plan_text::read(plan).ok_or_else(|| broken("plan"))?,
            public_key: row.public_key.clone(),
        }),
    };
    let reason: Option<RefusalReason> = row
        .refusal_reason
        .as_deref()
        .map(str::parse)
        .transpose()
        .map_err(|()| broken("refusal_reason"))?;
    Ok(CertificateRequest {
        id: row.id.parse().map_err(|_| broken("id"))?,
        state: row.state.parse().map_err(|_| broken("state"))?,
        summary: Summary {
            realm: row.realm.parse().map_err(|_| broken("realm"))?,
            policy: row.policy.parse().map_err(|_| broken("policy"))?,
            requester: row.requester.parse().map_err(|_| broken("requester"))?,
            protocol: row.protocol.parse().map_err(|_| broken("protocol"))?,
            subject: row.subject.clone(),
            names: read_names(&row.subject_alternative_names)
                .ok_or_else(|| broken("subject_alternative_names"))?,
        },
        issuable,
        created_at_ms: row.created_at,
        decided_by: row.decided_by.clone(),
        refusal: reason.map(|reason| reason.because(row.detail.clone())),
        content_digest: row.content_digest.clone(),
        detail: row.detail,
    })
}
