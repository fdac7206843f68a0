//! `GET /v1/system`: how the platform stands.

use actix_web::{get, web};
use ers_proto::signer::v1::Token;
use ers_runtime::http::{Problem, problem};
use serde::Serialize;
use utoipa::ToSchema;

use super::{Caller, bodies::time_text};
use crate::flows::{Flows, SystemState};

/// How the platform stands, as far as CLM can know.
#[derive(Serialize, ToSchema)]
#[schema(as = System)]
pub(super) struct SystemBody {
    /// Of CLM; other services do not tell theirs.
    #[schema(example = "0.1.0")]
    version: &'static str,
    #[schema(format = DateTime)]
    at: String,
    /// What CLM works with, asked just now: `database`, `redis` where sessions are kept there, `cara-ws`, `signer`.
    parts: Vec<PartBody>,
    /// Named checks of this process; where all services are one process, of all of them.
    checks: Vec<CheckBody>,
    /// The signer's tokens; empty when it does not answer.
    tokens: Vec<TokenBody>,
    notifications: BacklogBody,
}

/// A part of the platform.
#[derive(Serialize, ToSchema)]
#[schema(as = SystemPart)]
struct PartBody {
    #[schema(example = "signer")]
    name: &'static str,
    up: bool,
    /// Why it is not.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

/// A named check.
#[derive(Serialize, ToSchema)]
#[schema(as = SystemCheck)]
struct CheckBody {
    #[schema(example = "clm.inventory")]
    name: String,
    up: bool,
    /// Why it is not; of one that is up, what will take it down unless somebody acts.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

/// A place for keys: software, or an HSM's token.
#[derive(Serialize, ToSchema)]
#[schema(as = SignerToken)]
struct TokenBody {
    name: String,
    /// `software` or `pkcs11`.
    #[schema(example = "pkcs11")]
    kind: String,
    up: bool,
    /// Why it is not.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    /// Keys are made there when nobody says where.
    is_default: bool,
    keys: u32,
    /// Calls that wait or are under way.
    queue_depth: u32,
    /// How many there may be.
    queue_length: u32,
    /// What the token says of itself; absent of software, and while it is out of reach.
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<TokenDescriptionBody>,
}

/// What a token says of itself.
#[derive(Serialize, ToSchema)]
#[schema(as = SignerTokenDescription)]
struct TokenDescriptionBody {
    label: String,
    serial: String,
    manufacturer: String,
    model: String,
    firmware_version: String,
    /// `ok`, `count low`, `final try` or `locked`.
    #[schema(example = "ok")]
    pin_state: String,
}

/// What waits to be told.
#[derive(Serialize, ToSchema)]
#[schema(as = NotificationBacklog)]
struct BacklogBody {
    /// On their way.
    pending: u64,
    /// Given up, and still in the log.
    failed: u64,
    /// Since when the oldest is on its way.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    oldest_pending_at: Option<String>,
}

/// How the platform stands
#[utoipa::path(
    tag = "system",
    security(("bearer" = []), ("cookie" = [])),
    responses((status = 200, description = "As it is now", body = SystemBody))
)]
#[get("/v1/system")]
pub(super) async fn show_system(
    caller: Caller,
    flows: web::Data<Flows>,
) -> Result<web::Json<SystemBody>, Problem> {
    caller.demand_everywhere()?;
    let state = flows.show_system().await.map_err(problem)?;
    Ok(web::Json(SystemBody::of(state, flows.clock.now_ms())))
}

impl SystemBody {
    fn of(state: SystemState, now_ms: i64) -> Self {
        let parts = state.parts.into_iter().map(|part| PartBody {
            name: part.name,
            up: part.trouble.is_none(),
            reason: part.trouble,
        });
        let checks = state.checks.into_iter().map(|check| CheckBody {
            name: check.name,
            up: check.up,
            reason: check.reason,
        });
        let tokens = state.tokens.unwrap_or_default().into_iter();
        Self {
            version: env!("CARGO_PKG_VERSION"),
            at: time_text(now_ms),
            parts: parts.collect(),
            checks: checks.collect(),
            tokens: tokens.map(TokenBody::from).collect(),
            notifications: BacklogBody {
                pending: state.backlog.pending,
                failed: state.backlog.failed,
                oldest_pending_at: state.backlog.oldest_pending_at_ms.map(time_text),
            },
        }
    }
}

impl From<Token> for TokenBody {
    fn from(token: Token) -> Self {
        Self {
            name: token.name,
            kind: token.kind,
            up: token.up,
            reason: Some(token.reason).filter(|reason| !reason.is_empty()),
            is_default: token.is_default,
            keys: token.keys,
            queue_depth: token.queue_depth,
            queue_length: token.queue_length,
            description: token.description.map(|told| TokenDescriptionBody {
                label: told.label,
                serial: told.serial,
                manufacturer: told.manufacturer,
                model: told.model,
                firmware_version: told.firmware_version,
                pin_state: told.pin_state,
            }),
        }
    }
}
