//! `/v1/authorities/{name}/crls`: which CRLs there are, and making them anew.

use actix_web::{get, post, web};
use ers_proto::cara::v1::{
    self as wire, revoking_server::Revoking as _, status_server::Status as _,
};
use ers_runtime::http::Problem;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    allowed::{Allowed, needs},
    bodies::{ProblemBody, time_text},
    problems::refused,
};
use crate::grpc::Service;

/// The newest CRL of a kind.
#[derive(Serialize, ToSchema)]
pub(super) struct Crl {
    /// Where rev-info serves it, below `/rev-info/crl/`.
    #[schema(example = "default-sub.crl")]
    name: String,
    number: u64,
    #[schema(format = DateTime)]
    this_update: String,
    #[schema(format = DateTime)]
    next_update: String,
    /// Revoked certificates in it.
    entries: u64,
    /// Number of the CRL that it is the difference to; absent: it is complete.
    #[serde(skip_serializing_if = "Option::is_none")]
    base_number: Option<u64>,
    /// Of the CA's keys, from 1.
    generation: u32,
    /// 0: for all certificates of the generation.
    partition: u32,
}

#[derive(Serialize, ToSchema)]
pub(super) struct CrlList {
    crls: Vec<Crl>,
}

/// Which CRLs are made.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(super) struct WhichCrls {
    /// Only delta CRLs.
    delta_only: bool,
}

#[derive(Serialize, ToSchema)]
pub(super) struct Published {
    /// How many CRLs were made.
    published: u32,
}

/// The CRLs of a CA
#[utoipa::path(
    tag = "CRLs",
    params(("name" = String, Path, description = "Name of the CA")),
    extensions(("x-permission" = json!("read-authorities"))),
    responses(
        (status = 200, description = "The newest of each kind", body = CrlList),
        (status = 403, description = "Not allowed", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "No such CA", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
#[get("/v1/authorities/{name}/crls")]
pub(super) async fn list_crls(
    allowed: Allowed<needs::ReadAuthorities>,
    service: web::Data<Service>,
    name: web::Path<String>,
) -> Result<web::Json<CrlList>, Problem> {
    let issuer = name.into_inner();
    allowed.with_authority(&issuer)?;
    let answer = service
        .list_crls(allowed.call(wire::ListCrlsRequest { issuer }))
        .await
        .map_err(refused)?
        .into_inner();
    Ok(web::Json(CrlList {
        crls: answer.crls.into_iter().map(body).collect(),
    }))
}

/// Make the CRLs of a CA anew, now
#[utoipa::path(
    tag = "CRLs",
    params(("name" = String, Path, description = "Name of the CA")),
    extensions(("x-permission" = json!("publish-crls"))),
    request_body = WhichCrls,
    responses(
        (status = 200, description = "Made", body = Published),
        (status = 403, description = "Not allowed", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "No such CA", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "Try again", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
#[post("/v1/authorities/{name}/crls")]
pub(super) async fn publish_crls(
    allowed: Allowed<needs::PublishCrls>,
    service: web::Data<Service>,
    name: web::Path<String>,
    which: web::Json<WhichCrls>,
) -> Result<web::Json<Published>, Problem> {
    let issuer = name.into_inner();
    allowed.with_authority(&issuer)?;
    let work = service.publish_crls(allowed.call(wire::PublishCrlsRequest {
        issuer: issuer.clone(),
        delta_only: which.delta_only,
        requester: allowed.actor(),
    }));
    let answer = allowed
        .act(&service, "publish-crls", &issuer, work)
        .await?
        .into_inner();
    Ok(web::Json(Published {
        published: answer.published,
    }))
}

fn body(crl: wire::CrlInfo) -> Crl {
    Crl {
        name: crl.name,
        number: crl.number,
        this_update: time_text(crl.this_update),
        next_update: time_text(crl.next_update),
        entries: crl.entries,
        base_number: crl.base_number,
        generation: crl.generation,
        partition: crl.partition,
    }
}
