//! `/v1/administrators`: who may do what, and which certificates show who they are.

use actix_web::{HttpResponse, delete, get, post, put, web};
use ers_pki::certificate::Certificate;
use ers_proto::cara::v1::{self as wire, administrators_server::Administrators};
use ers_runtime::{
    error::chain,
    http::{Problem, wrong},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    allowed::{Allowed, needs},
    bodies::{ProblemBody, time_text},
    problems::refused,
};
use crate::grpc::Service;

/// An administrator.
#[derive(Serialize, ToSchema)]
#[schema(as = Administrator)]
pub(super) struct AdministratorBody {
    #[schema(example = "alice")]
    name: String,
    /// `ca-administrator`, `ra`, `auditor`, `operator`.
    #[schema(example = json!(["ra"]))]
    roles: Vec<String>,
    /// CAs that they administer; empty: all.
    authorities: Vec<String>,
    /// May do nothing for now.
    disabled: bool,
    certificates: Vec<ShownBy>,
    #[schema(format = DateTime)]
    created_at: String,
}

/// A certificate that shows who they are.
#[derive(Serialize, ToSchema)]
pub(super) struct ShownBy {
    /// SHA-256, hex.
    fingerprint: String,
    subject: String,
    #[schema(format = DateTime)]
    not_after: String,
    #[schema(format = DateTime)]
    added_at: String,
}

#[derive(Serialize, ToSchema)]
pub(super) struct AdministratorList {
    administrators: Vec<AdministratorBody>,
}

/// What an administrator may do.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Roles {
    /// `ca-administrator`, `ra`, `auditor`, `operator`; at least one.
    #[schema(example = json!(["ra"]))]
    roles: Vec<String>,
    /// CAs that they administer; absent: all.
    #[serde(default)]
    authorities: Vec<String>,
    /// May do nothing for now.
    #[serde(default)]
    disabled: bool,
}

/// A certificate.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct CertificateOf {
    /// PEM.
    certificate_pem: String,
}

/// All administrators
#[utoipa::path(
    tag = "administrators",
    extensions(("x-permission" = json!("read-administrators"))),
    responses(
        (status = 200, description = "By name", body = AdministratorList),
        (status = 403, description = "Not allowed", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
#[get("/v1/administrators")]
pub(super) async fn list_administrators(
    allowed: Allowed<needs::ReadAdministrators>,
    service: web::Data<Service>,
) -> Result<web::Json<AdministratorList>, Problem> {
    let request = allowed.call(wire::ListAdministratorsRequest {});
    let answer = Administrators::list(&**service, request)
        .await
        .map_err(refused)?
        .into_inner();
    Ok(web::Json(AdministratorList {
        administrators: answer.administrators.into_iter().map(body).collect(),
    }))
}

/// One administrator
#[utoipa::path(
    tag = "administrators",
    params(("name" = String, Path, description = "Who")),
    extensions(("x-permission" = json!("read-administrators"))),
    responses(
        (status = 200, description = "The administrator", body = AdministratorBody),
        (status = 403, description = "Not allowed", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "Nobody has that name", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
#[get("/v1/administrators/{name}")]
pub(super) async fn show_administrator(
    allowed: Allowed<needs::ReadAdministrators>,
    service: web::Data<Service>,
    name: web::Path<String>,
) -> Result<web::Json<AdministratorBody>, Problem> {
    let request = wire::LoadAdministratorRequest {
        name: name.into_inner(),
    };
    let answer = Administrators::load(&**service, allowed.call(request))
        .await
        .map_err(refused)?;
    Ok(web::Json(body(answer.into_inner())))
}

/// Make or change an administrator
///
/// Their certificates stay.
#[utoipa::path(
    tag = "administrators",
    params(("name" = String, Path, description = "1 to 64 of A-Z a-z 0-9 . _ @ -")),
    extensions(("x-permission" = json!("manage-administrators"))),
    request_body = Roles,
    responses(
        (status = 200, description = "As they are now", body = AdministratorBody),
        (status = 400, description = "A field is wrong", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "Not allowed", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "Nobody would be left who administers administrators", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
#[put("/v1/administrators/{name}")]
pub(super) async fn put_administrator(
    allowed: Allowed<needs::ManageAdministrators>,
    service: web::Data<Service>,
    name: web::Path<String>,
    roles: web::Json<Roles>,
) -> Result<web::Json<AdministratorBody>, Problem> {
    let (name, roles) = (name.into_inner(), roles.into_inner());
    administers_all(&allowed)?;
    let request = wire::PutAdministratorRequest {
        name: name.clone(),
        roles: roles.roles,
        authorities: roles.authorities,
        disabled: roles.disabled,
    };
    let work = service.put(allowed.call(request));
    let answer = allowed
        .act(&service, "put-administrator", &name, work)
        .await?;
    Ok(web::Json(body(answer.into_inner())))
}

/// Remove an administrator
#[utoipa::path(
    tag = "administrators",
    params(("name" = String, Path, description = "Who")),
    extensions(("x-permission" = json!("manage-administrators"))),
    responses(
        (status = 204, description = "Removed, with their certificates"),
        (status = 403, description = "Not allowed", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "Nobody has that name", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "Nobody would be left who administers administrators", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
#[delete("/v1/administrators/{name}")]
pub(super) async fn delete_administrator(
    allowed: Allowed<needs::ManageAdministrators>,
    service: web::Data<Service>,
    name: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    administers_all(&allowed)?;
    let name = name.into_inner();
    let request = wire::DeleteAdministratorRequest { name: name.clone() };
    let work = Administrators::delete(&**service, allowed.call(request));
    allowed
        .act(&service, "delete-administrator", &name, work)
        .await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Have a certificate show an administrator
#[utoipa::path(
    tag = "administrators",
    params(("name" = String, Path, description = "Whom")),
    extensions(("x-permission" = json!("manage-administrators"))),
    request_body = CertificateOf,
    responses(
        (status = 200, description = "As they are now", body = AdministratorBody),
        (status = 400, description = "Not a certificate, a CA's, or expired", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "Not allowed", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "Nobody has that name", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "It shows somebody else", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
#[post("/v1/administrators/{name}/certificates")]
pub(super) async fn add_certificate(
    allowed: Allowed<needs::ManageAdministrators>,
    service: web::Data<Service>,
    name: web::Path<String>,
    certificate: web::Json<CertificateOf>,
) -> Result<web::Json<AdministratorBody>, Problem> {
    administers_all(&allowed)?;
    let name = name.into_inner();
    let certificate = Certificate::from_pem(&certificate.certificate_pem)
        .map_err(|error| wrong("certificate_pem", chain(&error)))?;
    let request = wire::AddAdministratorCertificateRequest {
        name: name.clone(),
        certificate: certificate.der().to_vec(),
    };
    let work = Administrators::add_certificate(&**service, allowed.call(request));
    let answer = allowed
        .act(&service, "add-administrator-certificate", &name, work)
        .await?;
    Ok(web::Json(body(answer.into_inner())))
}

/// Have a certificate show nobody any more
#[utoipa::path(
    tag = "administrators",
    params(
        ("name" = String, Path, description = "Whom it shows"),
        ("fingerprint" = String, Path, description = "SHA-256 of the certificate, hex"),
    ),
    extensions(("x-permission" = json!("manage-administrators"))),
    responses(
        (status = 200, description = "As they are now", body = AdministratorBody),
        (status = 403, description = "Not allowed", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "No such certificate of theirs", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
#[delete("/v1/administrators/{name}/certificates/{fingerprint}")]
pub(super) async fn remove_certificate(
    allowed: Allowed<needs::ManageAdministrators>,
    service: web::Data<Service>,
    path: web::Path<(String, String)>,
) -> Result<web::Json<AdministratorBody>, Problem> {
    administers_all(&allowed)?;
    let (name, fingerprint) = path.into_inner();
    let fingerprint =
        hex::decode(fingerprint).map_err(|_| wrong("fingerprint", "must be SHA-256 in hex"))?;
    let request = wire::RemoveAdministratorCertificateRequest {
        name: name.clone(),
        fingerprint,
    };
    let work = Administrators::remove_certificate(&**service, allowed.call(request));
    let answer = allowed
        .act(&service, "remove-administrator-certificate", &name, work)
        .await?;
    Ok(web::Json(body(answer.into_inner())))
}

/// Who administers some CAs only could otherwise give themselves all.
fn administers_all<N>(allowed: &Allowed<N>) -> Result<(), Problem> {
    if allowed.administrator().authorities.is_empty() {
        return Ok(());
    }
    Err(Problem::of(
        actix_web::http::StatusCode::FORBIDDEN,
        "administrators are made and changed by those who administer all CAs",
    ))
}

fn body(administrator: wire::Administrator) -> AdministratorBody {
    AdministratorBody {
        name: administrator.name,
        roles: administrator.roles,
        authorities: administrator.authorities,
        disabled: administrator.disabled,
        certificates: administrator
            .certificates
            .into_iter()
            .map(|shown| ShownBy {
                fingerprint: hex::encode(shown.fingerprint),
                subject: shown.subject,
                not_after: time_text(shown.not_after),
                added_at: time_text(shown.added_at),
            })
            .collect(),
        created_at: time_text(administrator.created_at),
    }
}
