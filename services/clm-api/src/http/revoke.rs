//! `POST /v1/certificates/{id}/revocation`.

use actix_web::{post, web};
use ers_runtime::http::{Problem, problem, wrong};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Caller, bodies::ProblemBody};
use crate::{
    domain::id::CertificateId,
    flows::{Flows, Revoke, Which},
};

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RevocationWish {
    /// RFC 5280 name; absent: `unspecified`.
    #[serde(default)]
    #[schema(example = "keyCompromise")]
    reason: String,
}

#[derive(Serialize, ToSchema)]
pub(super) struct Revoked {
    issuer: String,
    serial: String,
    /// It was revoked before, and stays as it was.
    already_revoked: bool,
}

/// Revoke a certificate
#[utoipa::path(
    tag = "certificates",
    params(("id" = String, Path, description = "Serial or fingerprint, hex; a unique beginning of 8 or more digits will do")),
    security(("bearer" = []), ("cookie" = [])),
    request_body = RevocationWish,
    responses(
        (status = 200, description = "Revoked", body = Revoked),
        (status = 400, description = "No such reason", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "No such certificate", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "Expired, or imported", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
#[post("/v1/certificates/{id}/revocation")]
pub(super) async fn revoke(
    caller: Caller,
    flows: web::Data<Flows>,
    id: web::Path<String>,
    wish: web::Json<RevocationWish>,
) -> Result<web::Json<Revoked>, Problem> {
    let id = CertificateId::from_typed(&id).map_err(|error| wrong("id", error))?;
    let found = flows
        .find_certificate(&id, &caller.reach())
        .await
        .map_err(problem)?
        .certificate;
    let call = Revoke {
        which: Which::IssuerAndSerial {
            issuer: found.issuer.clone(),
            serial: found.serial.clone(),
        },
        reason: wish.into_inner().reason,
        requester: caller.requester()?,
        administrator: Some(caller.actor()),
    };
    let already_revoked = flows.revoke(&call).await.map_err(problem)?;
    Ok(web::Json(Revoked {
        issuer: found.issuer,
        serial: found.serial,
        already_revoked,
    }))
}
