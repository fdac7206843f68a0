//! `POST /v1/certificates/imports` and `DELETE /v1/certificates/{id}`: certificates of others, in and out.

use actix_web::{HttpResponse, delete, http::StatusCode, post, web};
use ers_runtime::http::{Problem, problem, wrong};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Caller, bodies::ProblemBody, payload::whole};
use crate::{
    domain::{id::CertificateId, note::NoteChange},
    flows::{Flows, Import, Imported},
};

/// Certificates of others.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = CertificateImport, example = json!({"policy": "watched", "owner": "web-team@example.org",
    "certificates": "-----BEGIN CERTIFICATE-----\n…\n-----END CERTIFICATE-----\n"}))]
pub(super) struct ImportBody {
    /// PEM, any number of certificates and PKCS#7 messages; or Base64 of one certificate or PKCS#7 message, DER. At most
    /// 500 certificates and 2 MiB.
    certificates: String,
    /// The policy that they belong to from then on; it must allow to import.
    policy: String,
    /// Written beside each.
    owner: Option<String>,
    /// `name` or `name=value`.
    #[serde(default)]
    tags: Vec<String>,
    /// Where they are used.
    locations: Option<Vec<String>>,
    comment: Option<String>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = ImportedCertificate)]
pub(super) struct ImportedBody {
    /// SHA-256, lower-case hex.
    fingerprint: String,
    /// RFC 4514; empty when it cannot be read.
    subject: String,
    /// `imported`, `duplicate` (it was there), `authority` (kept to show the chain of others) or `refused`.
    #[schema(example = "imported")]
    outcome: &'static str,
    /// Why it was refused, and what is odd about it.
    remarks: Vec<String>,
}

#[derive(Serialize, ToSchema)]
pub(super) struct ImportReport {
    certificates: Vec<ImportedBody>,
}

/// Import certificates that others issued
///
/// They are found, owned and told of before they end like those that were issued here; they prove nothing to anybody. What
/// is odd about one, as a weak key, is told and does not keep it out.
#[utoipa::path(
    tag = "certificates",
    security(("bearer" = []), ("cookie" = [])),
    request_body = ImportBody,
    responses(
        (status = 200, description = "What became of each", body = ImportReport),
        (status = 400, description = "A field is wrong, or nothing that certificates come in", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "No such policy", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "The policy does not allow it", body = ProblemBody, content_type = "application/problem+json"),
        (status = 413, description = "Too large", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
#[post("/v1/certificates/imports")]
pub(super) async fn import_certificates(
    caller: Caller,
    flows: web::Data<Flows>,
    body: web::Payload,
) -> Result<web::Json<ImportReport>, Problem> {
    let body: ImportBody = serde_json::from_slice(&whole(body).await?)
        .map_err(|error| Problem::of(StatusCode::BAD_REQUEST, error.to_string()))?;
    let tags: Result<Vec<_>, _> = body.tags.iter().map(|tag| tag.parse()).collect();
    let import = Import {
        certificates: body.certificates,
        policy: body
            .policy
            .parse()
            .map_err(|error| wrong("policy", error))?,
        note: NoteChange {
            owner: body.owner,
            comment: body.comment,
            locations: body.locations,
            set_tags: tags.map_err(|error| wrong("tags", error))?,
            ..NoteChange::default()
        },
        requester: caller.requester()?,
    };
    let told = flows
        .import_certificates(&import, &caller.reach(), &caller.actor())
        .await
        .map_err(problem)?;
    Ok(web::Json(ImportReport {
        certificates: told.into_iter().map(ImportedBody::from).collect(),
    }))
}

/// Forget an imported certificate
#[utoipa::path(
    tag = "certificates",
    params(("id" = String, Path, description = "Serial or fingerprint, hex; a unique beginning of 8 or more digits will do")),
    security(("bearer" = []), ("cookie" = [])),
    responses(
        (status = 204, description = "It is not in the inventory any more"),
        (status = 400, description = "Not an id, or of several", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "No such certificate", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "It was issued here, and stays", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
#[delete("/v1/certificates/{id}")]
pub(super) async fn forget_certificate(
    caller: Caller,
    flows: web::Data<Flows>,
    id: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let id = CertificateId::from_typed(&id).map_err(|error| wrong("id", error))?;
    flows
        .forget_certificate(&id, &caller.reach(), &caller.actor())
        .await
        .map_err(problem)?;
    Ok(HttpResponse::NoContent().finish())
}

impl From<Imported> for ImportedBody {
    fn from(told: Imported) -> Self {
        Self {
            fingerprint: told.fingerprint,
            subject: told.subject,
            outcome: told.outcome.as_str(),
            remarks: told.remarks,
        }
    }
}
