//! A client says that a challenge can be validated: RFC 8555 §7.5.1.

use std::time::Duration as StdDuration;

use time::Duration;
use tokio::sync::oneshot;

use super::authenticate::Payload;
use super::load::load_challenge;
use super::validate::Job;
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
/// How long the answer waits for a validation that succeeds at once: most do, and then nothing was written in between,
/// and the client need not ask again.
const AT_ONCE: StdDuration = StdDuration::from_millis(200);

/// Starts the validation unless it was started; a POST-as-GET only looks.
#[tracing::instrument(name = "acme.answer_challenge", skip_all, fields(account_id = %account.id))]
pub async fn answer_challenge(
    server: &Server,
    account: &Account,
    id: &ChallengeId,
    payload: &Payload,
) -> Result<(Challenge, Authorization), Failure> {
    let (challenge, authorization) = load_challenge(server, account, id).await?;
    if payload.is_empty() {
        return Ok((challenge, authorization));
    }
    payload.parse::<serde_json::Map<String, serde_json::Value>>()?;
    if challenge.state != ChallengeState::Pending {
        return Ok((challenge, authorization));
    }
    let state = authorization.state(server.now());
    if state != AuthorizationState::Pending {
        return Err(Problem::malformed(format!("the authorization is {}", state.as_str())).into());
    }
    if decided_at_once(server, account, &challenge, &authorization).await {
        return load_challenge(server, account, id).await;
    }
    // from here on it goes on whatever becomes of this process
    let now = server.now();
    let claim = Claim::until(now + claim_length(&server.config.validation));
    if server
        .store
        .begin_validation(&challenge, claim, now)
        .await?
    {
        let challenge = Challenge {
            state: ChallengeState::Processing,
            ..challenge
        };
        return Ok((challenge, authorization));
    }
    load_challenge(server, account, id).await
}

/// Hands the challenge over to be validated, and waits a moment for it; false: it is under way, or waits in the queue,
/// or, when that is full, will be found in the database by the sweep.
async fn decided_at_once(
    server: &Server,
    account: &Account,
    challenge: &Challenge,
    authorization: &Authorization,
) -> bool {
    let Some(guard) = server.validating.begin(&challenge.id) else {
        return false;
    };
    let (done, decided) = oneshot::channel();
    let job = Job {
        challenge: challenge.clone(),
        known: Some((authorization.clone(), account.clone())),
        guard: Some(guard),
        done: Some(done),
    };
    if server.validations.try_send(job).is_err() {
        tracing::warn!("validations are queueing up");
        return false;
    }
    matches!(tokio::time::timeout(AT_ONCE, decided).await, Ok(Ok(())))
}

/// How long a validation belongs to the replica that began it.
pub fn claim_length(config: &ValidationConfig) -> Duration {
    let attempts = config.attempts.max(1);
    let places = u64::try_from(config.perspectives.len() + 1).unwrap_or(u64::MAX);
    let waits_ms = config
        .first_retry_ms
        .saturating_mul(2_u64.saturating_pow(attempts.min(32)));
    let attempts_ms = config
        .attempt_timeout_ms
        // once for the challenge, once for CAA
        .saturating_mul(2)
        .saturating_mul(places)
        .saturating_mul(u64::from(attempts));
    let longest_ms = i64::try_from(waits_ms.saturating_add(attempts_ms)).unwrap_or(i64::MAX / 4);
    Duration::milliseconds(longest_ms.min(i64::MAX / 4) + SLACK_MS)
}
