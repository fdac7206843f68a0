//! `/v1/tokens` and `/v1/keys`: where private keys are, as the signer tells it.

use actix_web::{get, http::StatusCode, web};
use ers_proto::signer::v1 as wire;
use ers_runtime::http::Problem;
use ers_signer_client::{Key, SignerError};
use serde::Serialize;
use time::format_description::well_known::Rfc3339;
use tonic::Status;
use utoipa::ToSchema;

use super::{
    allowed::{Allowed, needs},
    bodies::ProblemBody,
    problems::refused,
};
use crate::grpc::Service;

/// A place where keys are kept.
#[derive(Serialize, ToSchema)]
pub(super) struct Token {
    #[schema(example = "software")]
    name: String,
    /// `software` or `pkcs11`.
    kind: String,
    /// Where keys are made when none is named.
    is_default: bool,
    /// Whether it can be reached.
    up: bool,
    /// Why it cannot; empty while it can.
    reason: String,
    /// Calls that wait or are under way.
    queue_depth: u32,
    /// How many there may be.
    queue_length: u32,
    /// Keys and copies of keys on it.
    keys: u32,
    /// Absent for software, and while it is out of reach.
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<TokenDescription>,
}

/// What a token says of itself.
#[derive(Serialize, ToSchema)]
pub(super) struct TokenDescription {
    label: String,
    serial: String,
    manufacturer: String,
    model: String,
    firmware_version: String,
    slot: u64,
    /// Absent: it does not tell.
    #[serde(skip_serializing_if = "Option::is_none")]
    sessions: Option<u64>,
    /// Absent: it does not tell, or sets no limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    max_sessions: Option<u64>,
    /// PKCS#11 names.
    mechanisms: Vec<String>,
    /// `ok`, `count low`, `final try` or `locked`.
    pin_state: String,
}

#[derive(Serialize, ToSchema)]
pub(super) struct TokenList {
    tokens: Vec<Token>,
}

/// A private key.
#[derive(Serialize, ToSchema)]
#[schema(as = Key)]
pub(super) struct KeyBody {
    id: String,
    /// What its maker called it.
    #[schema(example = "ca:default-sub:1")]
    label: String,
    #[schema(example = "P-256")]
    key_algorithm: String,
    /// What it may sign.
    purposes: Vec<String>,
    token: String,
    /// Other tokens that hold a copy.
    replicas: Vec<String>,
    /// The service that made it.
    creator: String,
    #[schema(format = DateTime)]
    created_at: String,
    /// Absent: it may sign.
    #[serde(skip_serializing_if = "Option::is_none")]
    quarantine: Option<Quarantine>,
}

/// It has made a wrong signature, and signs nothing until that is lifted.
#[derive(Serialize, ToSchema)]
pub(super) struct Quarantine {
    #[schema(format = DateTime)]
    at: String,
    reason: String,
}

#[derive(Serialize, ToSchema)]
pub(super) struct KeyList {
    keys: Vec<KeyBody>,
}

/// The tokens that hold keys
#[utoipa::path(
    tag = "keys",
    extensions(("x-permission" = json!("read-authorities"))),
    responses(
        (status = 200, description = "All tokens, as they are now", body = TokenList),
        (status = 403, description = "Not allowed", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "The signer is out of reach", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
#[get("/v1/tokens")]
pub(super) async fn list_tokens(
    allowed: Allowed<needs::ReadAuthorities>,
    service: web::Data<Service>,
) -> Result<web::Json<TokenList>, Problem> {
    sees_all(&allowed)?;
    let tokens = service.core.signer.tokens().await.map_err(not_told)?;
    Ok(web::Json(TokenList {
        tokens: tokens.into_iter().map(token_body).collect(),
    }))
}

/// The private keys
#[utoipa::path(
    tag = "keys",
    extensions(("x-permission" = json!("read-authorities"))),
    responses(
        (status = 200, description = "All keys that the signer holds", body = KeyList),
        (status = 403, description = "Not allowed", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "The signer is out of reach", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
#[get("/v1/keys")]
pub(super) async fn list_keys(
    allowed: Allowed<needs::ReadAuthorities>,
    service: web::Data<Service>,
) -> Result<web::Json<KeyList>, Problem> {
    sees_all(&allowed)?;
    let keys = service.core.signer.list_keys().await.map_err(not_told)?;
    Ok(web::Json(KeyList {
        keys: keys.into_iter().map(key_body).collect(),
    }))
}

/// Keys are of all CAs: who administers some only does not see them.
pub(super) fn sees_all<N>(allowed: &Allowed<N>) -> Result<(), Problem> {
    if allowed.administrator().authorities.is_empty() {
        return Ok(());
    }
    Err(Problem::of(
        StatusCode::FORBIDDEN,
        "this is shown to those who administer all CAs",
    ))
}

/// The signer's answer when it gives none.
pub(super) fn not_told(error: SignerError) -> Problem {
    tracing::warn!(
        error = ers_runtime::error::chain(&error),
        "signer tells nothing"
    );
    let detail = match &error {
        SignerError::Unavailable(_) => "the signer is out of reach".to_owned(),
        SignerError::Busy => "the signer is busy".to_owned(),
        SignerError::Refused { .. } => "the signer does not tell this to CARA".to_owned(),
        _ => "internal error".to_owned(),
    };
    refused(Status::new(error.code(), detail))
}

fn token_body(token: wire::Token) -> Token {
    Token {
        name: token.name,
        kind: token.kind,
        is_default: token.is_default,
        up: token.up,
        reason: token.reason,
        queue_depth: token.queue_depth,
        queue_length: token.queue_length,
        keys: token.keys,
        description: token.description.map(|said| TokenDescription {
            label: said.label,
            serial: said.serial,
            manufacturer: said.manufacturer,
            model: said.model,
            firmware_version: said.firmware_version,
            slot: said.slot,
            sessions: said.sessions,
            max_sessions: said.max_sessions,
            mechanisms: said.mechanisms,
            pin_state: said.pin_state,
        }),
    }
}

fn key_body(key: Key) -> KeyBody {
    let text = |at: time::OffsetDateTime| at.format(&Rfc3339).unwrap_or_default();
    KeyBody {
        id: key.id.to_string(),
        label: key.label,
        key_algorithm: key.algorithm.to_string(),
        purposes: key.purposes.iter().map(ToString::to_string).collect(),
        token: key.token,
        replicas: key.replicas,
        creator: key.creator,
        created_at: text(key.created_at),
        quarantine: key.quarantine.map(|quarantine| Quarantine {
            at: text(quarantine.at),
            reason: quarantine.reason,
        }),
    }
}
