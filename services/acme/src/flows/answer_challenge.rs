//! A client says that a challenge can be validated: RFC 8555 §7.5.1.

use time::Duration;

use super::authenticate::Payload;
use super::load::load_challenge;
use crate::config::ValidationConfig;
use crate::domain::account::Account;
use crate::domain::authorization::{Authorization, AuthorizationState};
use crate::domain::challenge::{Challenge, ChallengeState};
use crate::domain::id::ChallengeId;
use crate::domain::problem::Problem;
use crate::failure::Failure;
use crate::server::Server;
use crate::store::Claim;

/// What a claim lasts beyond the longest time that a validation can take.
const SLACK_MS: i64 = 30_000;

/// Starts the validation unless it was started; a POST-as-GET only looks.
#[tracing::instrument(name = "acme.answer_challenge", skip_all, fields(account_id = %account.id))]
pub async fn answer_challenge(
    server: &Server,
    account: &Account,
    id: &ChallengeId,
    payload: &Payload,
) -> Result<(Challenge, Authorization), Failure> {
    let (mut challenge, authorization) = load_challenge(server, account, id).await?;
    if payload.is_empty() {
        return Ok((challenge, authorization));
    }
    payload.parse::<serde_json::Map<String, serde_json::Value>>()?;
    if challenge.state != ChallengeState::Pending {
        return Ok((challenge, authorization));
    }
    let now = server.now();
    let state = authorization.state(now);
    if state != AuthorizationState::Pending {
        return Err(Problem::malformed(format!("the authorization is {}", state.as_str())).into());
    }
    let claim = Claim::until(now + claim_length(&server.config.validation));
    if server.store.begin_validation(id, claim, now).await? {
        challenge.state = ChallengeState::Processing;
        // when the queue is full the sweep finds it in the database
        if server.validations.try_send(challenge.clone()).is_err() {
            tracing::warn!("validations are queueing up");
        }
        return Ok((challenge, authorization));
    }
    load_challenge(server, account, id).await
}

/// How long a validation belongs to the replica that began it.
pub fn claim_length(config: &ValidationConfig) -> Duration {
    let attempts = config.attempts.max(1);
    let waits_ms = config
        .first_retry_ms
        .saturating_mul(2_u64.saturating_pow(attempts.min(32)));
    let attempts_ms = config
        .attempt_timeout_ms
        .saturating_mul(u64::from(attempts));
    let longest_ms = i64::try_from(waits_ms.saturating_add(attempts_ms)).unwrap_or(i64::MAX / 4);
    Duration::milliseconds(longest_ms.min(i64::MAX / 4) + SLACK_MS)
}
