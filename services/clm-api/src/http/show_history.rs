//! `GET /v1/certificates/{id}/history`: what became of a certificate.

use actix_web::{get, web};
use ers_runtime::http::{Problem, problem, wrong};
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    Caller,
    bodies::{ProblemBody, time_text},
};
use crate::{
    domain::id::CertificateId,
    flows::{Flows, HistoryEvent},
};

/// One thing that happened to a certificate.
#[derive(Serialize, ToSchema)]
#[schema(as = HistoryEvent)]
pub(super) struct HistoryBody {
    #[schema(format = DateTime)]
    at: String,
    /// `certificate.issued`, `certificate.made` (elsewhere), `certificate.import`, `certificate.change` (owner, tags,
    /// locations, comment), `certificate.renewed`, `certificate.revoke` (asked for), `certificate.revoked` (done).
    #[schema(example = "certificate.issued")]
    act: String,
    /// Who, where that is known.
    #[serde(skip_serializing_if = "String::is_empty")]
    actor: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    detail: String,
    /// How it was, as JSON.
    #[serde(skip_serializing_if = "Option::is_none")]
    before: Option<String>,
    /// How it was to be, as JSON.
    #[serde(skip_serializing_if = "Option::is_none")]
    after: Option<String>,
    /// Fingerprint of the certificate that renewed it.
    #[serde(skip_serializing_if = "Option::is_none")]
    certificate: Option<String>,
}

#[derive(Serialize, ToSchema)]
pub(super) struct History {
    /// The oldest first.
    events: Vec<HistoryBody>,
}

/// What became of a certificate
#[utoipa::path(
    tag = "certificates",
    params(("id" = String, Path, description = "Serial or fingerprint, hex; a unique beginning of 8 or more digits will do")),
    security(("bearer" = []), ("cookie" = [])),
    responses(
        (status = 200, description = "Its history", body = History),
        (status = 400, description = "Not an id, or of several", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "No such certificate", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
#[get("/v1/certificates/{id}/history")]
pub(super) async fn show_history(
    caller: Caller,
    flows: web::Data<Flows>,
    id: web::Path<String>,
) -> Result<web::Json<History>, Problem> {
    let id = CertificateId::from_typed(&id).map_err(|error| wrong("id", error))?;
    let events = flows
        .show_history(&id, &caller.reach())
        .await
        .map_err(problem)?;
    Ok(web::Json(History {
        events: events.into_iter().map(HistoryBody::from).collect(),
    }))
}

impl From<HistoryEvent> for HistoryBody {
    fn from(event: HistoryEvent) -> Self {
        Self {
            at: time_text(event.at_ms),
            act: event.act,
            actor: event.actor,
            detail: event.detail,
            before: event.before,
            after: event.after,
            certificate: event.other,
        }
    }
}
