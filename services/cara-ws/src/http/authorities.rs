//! `/v1/authorities`: CAs.

use actix_web::{HttpResponse, get, post, web};
use ers_pki::profile::Period;
use ers_proto::cara::v1::{self as wire, authorities_server::Authorities};
use ers_runtime::http::{Problem, wrong};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    allowed::{Allowed, needs},
    bodies::{AuthorityBody, ProblemBody},
    problems::refused,
};
use crate::grpc::Service;

#[derive(Serialize, ToSchema)]
pub(super) struct AuthorityList {
    authorities: Vec<AuthorityBody>,
}

/// A CA to be made.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewAuthority {
    /// 1 to 64 of a-z 0-9 -
    #[schema(example = "issuing-2")]
    name: String,
    /// RFC 4514.
    #[schema(example = "CN=Issuing CA 2,O=Example AG,C=DE")]
    subject: String,
    #[schema(example = "P-384")]
    key_algorithm: String,
    /// Absent: what suits the key that signs its certificates.
    #[serde(default)]
    signature_algorithm: String,
    /// Name of the CA that signs it; absent: it signs itself.
    #[serde(default)]
    #[schema(example = "default-root")]
    issuer: String,
    /// How long it is valid, e.g. `10y`.
    #[schema(example = "10y")]
    validity: String,
    /// How many CAs may stand below it; absent: any number.
    path_length: Option<u32>,
    /// Token that holds its key; absent: the signer's default.
    #[serde(default)]
    token: String,
    /// A foreign CA is to sign it: it gets a key, and a request to be carried there.
    #[serde(default)]
    external: bool,
    /// Profile of its certificate: `root-ca` or `sub-ca`.
    #[serde(default)]
    profile: String,
    /// Their form stands in docs/authorities.md.
    #[schema(value_type = Option<Object>)]
    settings: Option<serde_json::Value>,
}

/// All CAs
#[utoipa::path(
    tag = "authorities",
    extensions(("x-permission" = json!("read-authorities"))),
    responses(
        (status = 200, description = "CAs by name, those that the caller administers", body = AuthorityList),
        (status = 403, description = "Not allowed", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
#[get("/v1/authorities")]
pub(super) async fn list_authorities(
    allowed: Allowed<needs::ReadAuthorities>,
    service: web::Data<Service>,
) -> Result<web::Json<AuthorityList>, Problem> {
    let request = allowed.call(wire::ListAuthoritiesRequest {});
    let answer = Authorities::list(&**service, request)
        .await
        .map_err(refused)?
        .into_inner();
    Ok(web::Json(AuthorityList {
        authorities: answer
            .authorities
            .into_iter()
            .filter(|authority| allowed.with_authority(&authority.name).is_ok())
            .map(|authority| AuthorityBody::of(authority, false))
            .collect(),
    }))
}

/// Make a CA
///
/// Key, certificate, OCSP signer and first CRL. May be repeated.
#[utoipa::path(
    tag = "authorities",
    extensions(("x-permission" = json!("manage-authorities"))),
    request_body = NewAuthority,
    responses(
        (status = 201, description = "Made", body = AuthorityBody),
        (status = 400, description = "A field is wrong", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "Not allowed", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "No such issuer", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "The name is taken", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
#[post("/v1/authorities")]
pub(super) async fn create_authority(
    allowed: Allowed<needs::ManageAuthorities>,
    service: web::Data<Service>,
    new: web::Json<NewAuthority>,
) -> Result<HttpResponse, Problem> {
    let new = new.into_inner();
    // Who administers some CAs only can make more below those, and none beside them.
    allowed.with_authority(if new.issuer.is_empty() {
        &new.name
    } else {
        &new.issuer
    })?;
    let validity: Period = new
        .validity
        .parse()
        .map_err(|error| wrong("validity", error))?;
    let request = wire::CreateAuthorityRequest {
        name: new.name.clone(),
        subject: new.subject,
        key_algorithm: new.key_algorithm,
        signature_algorithm: new.signature_algorithm,
        issuer: new.issuer,
        validity: Some(prost_types::Duration {
            seconds: validity.duration().whole_seconds(),
            nanos: 0,
        }),
        path_length: new.path_length,
        token: new.token,
        external: new.external,
        profile: new.profile,
        settings: new
            .settings
            .map(|settings| settings.to_string())
            .unwrap_or_default(),
    };
    let work = service.create(allowed.call(request));
    let made = allowed
        .act(&service, "create-authority", &new.name, work)
        .await?
        .into_inner();
    Ok(HttpResponse::Created().json(AuthorityBody::of(made, false)))
}

/// One CA
#[utoipa::path(
    tag = "authorities",
    params(("name" = String, Path, description = "Name of the CA")),
    extensions(("x-permission" = json!("read-authorities"))),
    responses(
        (status = 200, description = "The CA, with how many certificates it has issued", body = AuthorityBody),
        (status = 403, description = "Not allowed", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "No such CA", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
#[get("/v1/authorities/{name}")]
pub(super) async fn show_authority(
    allowed: Allowed<needs::ReadAuthorities>,
    service: web::Data<Service>,
    name: web::Path<String>,
) -> Result<web::Json<AuthorityBody>, Problem> {
    let name = name.into_inner();
    allowed.with_authority(&name)?;
    let request = wire::LoadAuthorityRequest { name };
    let authority = Authorities::load(&**service, allowed.call(request))
        .await
        .map_err(refused)?
        .into_inner();
    Ok(web::Json(AuthorityBody::of(authority, true)))
}
