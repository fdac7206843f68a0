//! Revoking: one certificate, many, a key; and taking a hold back.

use std::convert::Infallible;

use actix_web::{HttpResponse, delete, post, put, web};
use ers_proto::cara::v1::{
    self as wire, revoke_many_request::Selection, revoking_server::Revoking as _,
};
use ers_runtime::http::{Problem, wrong};
use futures::{Stream, StreamExt as _, stream};
use serde::{Deserialize, Serialize};
use tonic::Status;
use utoipa::ToSchema;

use super::{
    allowed::{Allowed, Begun, needs},
    bodies::{CertificateBody, ProblemBody, time_of},
    problems::refused,
};
use crate::grpc::Service;

/// Why it is revoked.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Cause {
    /// RFC 5280 name; absent: `unspecified`. `certificateHold` can be taken back.
    #[serde(default)]
    #[schema(example = "keyCompromise")]
    reason: String,
    /// Since when the certificate is to be doubted, RFC 3339; not in the future.
    invalidity_date: Option<String>,
    /// With `keyCompromise`: revoke all other certificates for the same key too.
    #[serde(default)]
    siblings: bool,
}

#[derive(Serialize, ToSchema)]
pub(super) struct Revoked {
    #[serde(flatten)]
    certificate: CertificateBody,
    /// It was revoked before, and stays as it was.
    already_revoked: bool,
    /// With `keyCompromise`: other certificates for the same key; revoked now if that was asked for.
    siblings: Vec<Listed>,
}

#[derive(Serialize, ToSchema)]
pub(super) struct Released {
    #[serde(flatten)]
    certificate: CertificateBody,
    /// Whether it was on hold until now.
    was_on_hold: bool,
}

/// Certificates to be revoked: those listed, or those that meet all of `filter`.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Many {
    /// As many as fit into 256 KiB, some 3,000; more by filter or in several calls.
    #[serde(default)]
    certificates: Vec<Listed>,
    filter: Option<Filter>,
    /// RFC 5280 name; absent: `unspecified`.
    #[serde(default)]
    #[schema(example = "superseded")]
    reason: String,
    /// Since when the certificates are to be doubted, RFC 3339.
    invalidity_date: Option<String>,
    /// Only count what would be revoked.
    #[serde(default)]
    dry_run: bool,
}

/// A certificate.
#[derive(Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Listed {
    issuer: String,
    /// Hex.
    serial: String,
}

/// Which certificates of a CA.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Filter {
    /// Name of the CA.
    issuer: String,
    #[serde(default)]
    profile: String,
    #[serde(default)]
    realm: String,
    #[serde(default)]
    policy: String,
    #[serde(default)]
    end_entity: String,
    /// SHA-256 of the SubjectPublicKeyInfo, hex.
    #[serde(default)]
    public_key_fingerprint: String,
    /// RFC 3339.
    issued_from: Option<String>,
    /// RFC 3339.
    issued_before: Option<String>,
    /// `after` of a line of progress: go on behind it.
    #[serde(default)]
    after: String,
}

/// How far it is; one line each.
#[derive(Serialize, ToSchema)]
pub(super) struct Progress {
    examined: u64,
    revoked: u64,
    /// Revoked before.
    unchanged: u64,
    /// Never issued, or expired.
    left_out: u64,
    /// Serial number of the last one looked at.
    after: String,
    /// The last line says so.
    done: bool,
    /// Why it ended before its end.
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<String>,
}

/// Revoke a certificate
#[utoipa::path(
    tag = "revocation",
    params(
        ("issuer" = String, Path, description = "Name of the CA"),
        ("serial" = String, Path, description = "Hex"),
    ),
    extensions(("x-permission" = json!("revoke-certificates"))),
    request_body = Cause,
    responses(
        (status = 200, description = "Revoked", body = Revoked),
        (status = 400, description = "No such reason", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "Not allowed", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "No such certificate", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "Expired", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
#[post("/v1/certificates/{issuer}/{serial}/revocation")]
pub(super) async fn revoke_certificate(
    allowed: Allowed<needs::RevokeCertificates>,
    service: web::Data<Service>,
    path: web::Path<(String, String)>,
    cause: web::Json<Cause>,
) -> Result<web::Json<Revoked>, Problem> {
    let ((issuer, serial), cause) = (path.into_inner(), cause.into_inner());
    allowed.with_authority(&issuer)?;
    if cause.siblings && !allowed.administrator().authorities.is_empty() {
        return Err(wrong(
            "siblings",
            "may be of CAs that you do not administer",
        ));
    }
    let object = format!("{issuer}/{serial}");
    let request = wire::RevokeRequest {
        issuer,
        serial,
        reason: cause.reason,
        requester: allowed.actor(),
        invalidity_date: time_of("invalidity_date", cause.invalidity_date)?,
        siblings: cause.siblings,
    };
    let work = service.revoke(allowed.call(request));
    let answer = allowed
        .act(&service, "revoke-certificate", &object, work)
        .await?
        .into_inner();
    Ok(web::Json(Revoked {
        certificate: answer.certificate.unwrap_or_default().into(),
        already_revoked: answer.already_revoked,
        siblings: answer
            .siblings
            .into_iter()
            .map(|one| Listed {
                issuer: one.issuer,
                serial: one.serial,
            })
            .collect(),
    }))
}

/// Take a hold back
///
/// Only what was revoked for `certificateHold` can be released.
#[utoipa::path(
    tag = "revocation",
    params(
        ("issuer" = String, Path, description = "Name of the CA"),
        ("serial" = String, Path, description = "Hex"),
    ),
    extensions(("x-permission" = json!("revoke-certificates"))),
    responses(
        (status = 200, description = "Valid again", body = Released),
        (status = 403, description = "Not allowed", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "No such certificate", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "Revoked for good", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
#[delete("/v1/certificates/{issuer}/{serial}/revocation")]
pub(super) async fn release_certificate(
    allowed: Allowed<needs::RevokeCertificates>,
    service: web::Data<Service>,
    path: web::Path<(String, String)>,
) -> Result<web::Json<Released>, Problem> {
    let (issuer, serial) = path.into_inner();
    allowed.with_authority(&issuer)?;
    let object = format!("{issuer}/{serial}");
    let work = service.release(allowed.call(wire::ReleaseRequest {
        issuer,
        serial,
        requester: allowed.actor(),
    }));
    let answer = allowed
        .act(&service, "release-certificate", &object, work)
        .await?
        .into_inner();
    Ok(web::Json(Released {
        certificate: answer.certificate.unwrap_or_default().into(),
        was_on_hold: answer.was_on_hold,
    }))
}

/// Revoke many certificates
///
/// The answer is a line of JSON after every few hundred, the last one with `done`. Who goes away before that ends it; it may
/// be repeated, and goes on with what is not revoked yet.
#[utoipa::path(
    tag = "revocation",
    extensions(("x-permission" = json!("revoke-certificates"))),
    request_body = Many,
    responses(
        (status = 200, description = "Lines of progress", body = Progress, content_type = "application/x-ndjson"),
        (status = 400, description = "A field is wrong", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "Not allowed", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "No such CA", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
#[post("/v1/revocations")]
pub(super) async fn revoke_many(
    allowed: Allowed<needs::RevokeCertificates>,
    service: web::Data<Service>,
    many: web::Json<Many>,
) -> Result<HttpResponse, Problem> {
    let many = many.into_inner();
    let (selection, object) = selection(&allowed, many.certificates, many.filter)?;
    let request = wire::RevokeManyRequest {
        selection: Some(selection),
        reason: many.reason,
        requester: allowed.actor(),
        invalidity_date: time_of("invalidity_date", many.invalidity_date)?,
        dry_run: many.dry_run,
    };
    let begun = allowed.begin(&service, "revoke-many", &object).await?;
    match service.revoke_many(allowed.call(request)).await {
        Ok(progress) => Ok(HttpResponse::Ok()
            .content_type("application/x-ndjson")
            .streaming(lines(progress.into_inner(), begun))),
        Err(status) => {
            begun.end(Some(&status)).await;
            Err(refused(status))
        }
    }
}

/// Block a public key
///
/// No certificate is issued for it any more.
#[utoipa::path(
    tag = "revocation",
    params(("fingerprint" = String, Path, description = "SHA-256 of the SubjectPublicKeyInfo, hex")),
    extensions(("x-permission" = json!("revoke-certificates"))),
    responses(
        (status = 204, description = "Blocked"),
        (status = 400, description = "Not a fingerprint", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "Not allowed", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
#[put("/v1/blocked-keys/{fingerprint}")]
pub(super) async fn block_key(
    allowed: Allowed<needs::RevokeCertificates>,
    service: web::Data<Service>,
    fingerprint: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let request = wire::BlockKeyRequest {
        key_hash: key_hash(&fingerprint)?,
        requester: allowed.actor(),
    };
    let work = service.block_key(allowed.call(request));
    allowed
        .act(&service, "block-key", &fingerprint, work)
        .await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Take the block of a public key back
#[utoipa::path(
    tag = "revocation",
    params(("fingerprint" = String, Path, description = "SHA-256 of the SubjectPublicKeyInfo, hex")),
    extensions(("x-permission" = json!("revoke-certificates"))),
    responses(
        (status = 204, description = "Not blocked any more"),
        (status = 400, description = "Not a fingerprint", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "Not allowed", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
#[delete("/v1/blocked-keys/{fingerprint}")]
pub(super) async fn unblock_key(
    allowed: Allowed<needs::RevokeCertificates>,
    service: web::Data<Service>,
    fingerprint: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let request = wire::UnblockKeyRequest {
        key_hash: key_hash(&fingerprint)?,
        requester: allowed.actor(),
    };
    let work = service.unblock_key(allowed.call(request));
    allowed
        .act(&service, "unblock-key", &fingerprint, work)
        .await?;
    Ok(HttpResponse::NoContent().finish())
}

/// What is to be revoked, and in short for the trail of acts.
fn selection<N>(
    allowed: &Allowed<N>,
    listed: Vec<Listed>,
    filter: Option<Filter>,
) -> Result<(Selection, String), Problem> {
    let Some(filter) = filter else {
        for one in &listed {
            allowed.with_authority(&one.issuer)?;
        }
        let object = format!("{} certificates", listed.len());
        let certificates = listed
            .into_iter()
            .map(|one| wire::IssuerAndSerial {
                issuer: one.issuer,
                serial: one.serial,
            })
            .collect();
        return Ok((
            Selection::List(wire::CertificateList { certificates }),
            object,
        ));
    };
    if !listed.is_empty() {
        return Err(wrong("filter", "give either certificates or a filter"));
    }
    allowed.with_authority(&filter.issuer)?;
    let object = format!("certificates of {}", filter.issuer);
    Ok((
        Selection::Filter(wire::CertificateFilter {
            key_hash: hex::decode(&filter.public_key_fingerprint)
                .map_err(|_| wrong("public_key_fingerprint", "must be hex"))?,
            issuer: filter.issuer,
            profile: filter.profile,
            realm: filter.realm,
            policy: filter.policy,
            end_entity: filter.end_entity,
            issued_from: time_of("issued_from", filter.issued_from)?,
            issued_before: time_of("issued_before", filter.issued_before)?,
            after: filter.after,
        }),
        object,
    ))
}

/// Each message as a line; when they end, so does the act.
fn lines(
    progress: impl Stream<Item = Result<wire::RevokeManyProgress, Status>> + Unpin + 'static,
    begun: Begun,
) -> impl Stream<Item = Result<web::Bytes, Infallible>> {
    stream::unfold((progress, Some(begun)), async |(mut progress, begun)| {
        let begun = begun?;
        let told = progress.next().await?;
        let line = match &told {
            Ok(told) => Progress {
                examined: told.examined,
                revoked: told.revoked,
                unchanged: told.unchanged,
                left_out: told.left_out,
                after: told.after.clone(),
                done: told.done,
                problem: None,
            },
            Err(status) => Progress {
                examined: 0,
                revoked: 0,
                unchanged: 0,
                left_out: 0,
                after: String::new(),
                done: true,
                problem: refused(status.clone()).detail,
            },
        };
        let is_last = line.done;
        if is_last {
            begun.end(told.as_ref().err()).await;
        }
        let mut text = serde_json::to_vec(&line).unwrap_or_default();
        text.push(b'\n');
        Some((Ok(text.into()), (progress, (!is_last).then_some(begun))))
    })
}

fn key_hash(text: &str) -> Result<Vec<u8>, Problem> {
    hex::decode(text).map_err(|_| wrong("fingerprint", "must be SHA-256 in hex"))
}
