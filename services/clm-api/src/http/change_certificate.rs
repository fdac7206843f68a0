//! `PATCH /v1/certificates/{id}`: whose it is, where it is used, its tags.

use actix_web::{HttpRequest, HttpResponse, patch, web};
use ers_runtime::http::{Problem, problem, wrong};
use serde::Deserialize;
use utoipa::ToSchema;

use super::{
    Caller,
    bodies::{CertificateBody, ProblemBody},
    headers::{etag, expected_version, precondition_failed},
};
use crate::{
    domain::{id::CertificateId, note::NoteChange},
    flows::Flows,
};

/// What is to be different; what is absent stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"owner": "web-team@example.org", "tags": ["env=prod"], "locations": ["lb-1.example.org"]}))]
pub(super) struct CertificateChanges {
    /// A person's name or mail address; empty: nobody.
    #[schema(max_length = 255)]
    owner: Option<String>,
    /// `name` or `name=value`, in the place of those that are there; at most 50, one of each name.
    tags: Option<Vec<String>>,
    /// Where it is used, in the place of those that are there; at most 50.
    locations: Option<Vec<String>>,
    #[schema(max_length = 4000)]
    comment: Option<String>,
}

/// Change owner, tags, locations and comment of a certificate
#[utoipa::path(
    tag = "certificates",
    params(("id" = String, Path, description = "Serial or fingerprint, hex; a unique beginning of 8 or more digits will do")),
    security(("bearer" = []), ("cookie" = [])),
    request_body = CertificateChanges,
    responses(
        (status = 200, description = "As it is now", body = CertificateBody, headers(("ETag" = String, description = "Its version"))),
        (status = 400, description = "A field is wrong", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "No such certificate", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "Others keep changing it", body = ProblemBody, content_type = "application/problem+json"),
        (status = 412, description = "Another version by now", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
#[patch("/v1/certificates/{id}")]
pub(super) async fn change_certificate(
    caller: Caller,
    flows: web::Data<Flows>,
    id: web::Path<String>,
    changes: web::Json<CertificateChanges>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let id = CertificateId::from_typed(&id).map_err(|error| wrong("id", error))?;
    let expected = expected_version(&request)?;
    let changes = changes.into_inner();
    let tags = changes
        .tags
        .map(|tags| tags.iter().map(|tag| tag.parse()).collect());
    let change = NoteChange {
        owner: changes.owner,
        comment: changes.comment,
        locations: changes.locations,
        tags: tags.transpose().map_err(|error| wrong("tags", error))?,
        ..NoteChange::default()
    };
    let entry = flows
        .change_certificate(&id, &change, expected, &caller.reach(), &caller.actor())
        .await
        .map_err(|error| precondition_failed(problem(error), expected))?;
    Ok(HttpResponse::Ok()
        .insert_header(etag(entry.note.version))
        .json(CertificateBody::of(entry, flows.clock.now_ms())))
}
