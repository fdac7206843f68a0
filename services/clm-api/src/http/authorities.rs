//! `/v1/authorities`: the CAs that policies issue from.

use actix_web::{get, web};
use ers_pki::{certificate::Certificate, pem};
use ers_runtime::http::{Problem, problem, wrong};
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    Caller,
    bodies::{ProblemBody, time_text},
};
use crate::{
    domain::id::IssuerName,
    flows::{Authority, Flows},
};

/// A CA.
#[derive(Serialize, ToSchema)]
#[schema(as = Authority)]
pub(super) struct AuthorityBody {
    #[schema(example = "default-sub-ca")]
    name: String,
    /// RFC 4514.
    #[schema(example = "CN=Default Sub CA")]
    subject: String,
    /// Name of the CA above it; absent of a root, or when a foreign CA has signed it.
    #[serde(skip_serializing_if = "Option::is_none")]
    issuer: Option<String>,
    /// `active`, `suspended`, `retired`, `revoked`, `awaiting-certificate` or `external`.
    #[schema(example = "active")]
    state: &'static str,
    /// The key that issues, counted from 1.
    generation: u32,
    #[schema(example = "P-384")]
    key_algorithm: String,
    signature_algorithm: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    not_before: Option<String>,
    /// Absent while it has no certificate.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    not_after: Option<String>,
    /// SHA-256 of its certificate, lower-case hex.
    #[serde(skip_serializing_if = "Option::is_none")]
    fingerprint: Option<String>,
    /// PEM; its own certificate first, the root last.
    chain_pem: Vec<String>,
    /// `current`, `late` (less than a tenth of its time left, and no newer one there), `expired`, `none`, or `unknown`
    /// when CARA does not tell.
    #[schema(example = "current")]
    crl_state: &'static str,
    /// Its newest complete CRLs.
    crls: Vec<CrlBody>,
    /// Those that the caller sees and that issue from it.
    #[schema(example = json!(["server"]))]
    policies: Vec<String>,
}

/// A CRL, without its octets.
#[derive(Serialize, ToSchema)]
#[schema(as = Crl)]
struct CrlBody {
    /// By which it is published.
    #[schema(example = "default-sub-ca")]
    name: String,
    number: u64,
    #[schema(format = DateTime)]
    this_update: String,
    #[schema(format = DateTime)]
    next_update: String,
}

#[derive(Serialize, ToSchema)]
pub(super) struct AuthorityList {
    /// By name.
    authorities: Vec<AuthorityBody>,
}

/// The CAs that policies issue from which the caller sees; all, for who sees all realms
#[utoipa::path(
    tag = "authorities",
    security(("bearer" = []), ("cookie" = [])),
    responses(
        (status = 200, description = "CAs", body = AuthorityList),
        (status = 503, description = "CARA is out of reach", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
#[get("/v1/authorities")]
pub(super) async fn list_authorities(
    caller: Caller,
    flows: web::Data<Flows>,
) -> Result<web::Json<AuthorityList>, Problem> {
    let all = flows.list_authorities(&caller.reach()).await;
    let now_ms = flows.clock.now_ms();
    let bodies = all.map_err(problem)?.into_iter();
    Ok(web::Json(AuthorityList {
        authorities: bodies.map(|one| AuthorityBody::of(one, now_ms)).collect(),
    }))
}

/// A CA
#[utoipa::path(
    tag = "authorities",
    params(("name" = String, Path, description = "Its name", example = "default-sub-ca")),
    security(("bearer" = []), ("cookie" = [])),
    responses(
        (status = 200, description = "The CA", body = AuthorityBody),
        (status = 400, description = "Not a name", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "No such CA within reach", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "CARA is out of reach", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
#[get("/v1/authorities/{name}")]
pub(super) async fn show_authority(
    caller: Caller,
    flows: web::Data<Flows>,
    name: web::Path<String>,
) -> Result<web::Json<AuthorityBody>, Problem> {
    let name: IssuerName = name.parse().map_err(|error| wrong("name", error))?;
    let found = flows.show_authority(&name, &caller.reach()).await;
    let body = AuthorityBody::of(found.map_err(problem)?, flows.clock.now_ms());
    Ok(web::Json(body))
}

impl AuthorityBody {
    fn of(authority: Authority, now_ms: i64) -> Self {
        let crl_state = authority.crl_state(now_ms).as_str();
        let facts = authority.facts;
        let own = facts.chain.first();
        let own = own.and_then(|der| Certificate::from_der(der).ok());
        let crls = authority.crls.unwrap_or_default().into_iter();
        Self {
            fingerprint: own.map(|certificate| hex::encode(certificate.fingerprint())),
            chain_pem: facts
                .chain
                .iter()
                .map(|der| pem::encode("CERTIFICATE", der))
                .collect(),
            name: facts.name,
            subject: facts.subject,
            issuer: Some(facts.issuer).filter(|name| !name.is_empty()),
            state: facts.state,
            generation: facts.generation,
            key_algorithm: facts.key_algorithm,
            signature_algorithm: facts.signature_algorithm,
            not_before: facts.not_before_ms.map(time_text),
            not_after: facts.not_after_ms.map(time_text),
            crl_state,
            crls: crls
                .map(|crl| CrlBody {
                    name: crl.name,
                    number: crl.number,
                    this_update: time_text(crl.this_update_ms),
                    next_update: time_text(crl.next_update_ms),
                })
                .collect(),
            policies: authority.policies.iter().map(ToString::to_string).collect(),
        }
    }
}
