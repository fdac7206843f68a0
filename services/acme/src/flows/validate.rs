//! Validations in the background: RFC 8555 §8.2. What a replica has begun and cannot end, another one takes over.

use std::sync::Arc;
use std::time::Duration;

use ers_runtime::error::chain;
use ers_runtime::shutdown::Shutdown;
use tokio::sync::{Semaphore, mpsc, oneshot};
use tokio::time::Instant;

use super::answer_challenge::claim_length;
use super::authenticate::in_good_standing;
use super::check_caa::check_caa;
use crate::domain::account::Account;
use crate::domain::authorization::{Authorization, Proof};
use crate::domain::challenge::Challenge;
use crate::domain::id::ChallengeId;
use crate::domain::policy::Policy;
use crate::domain::problem::Problem;
use crate::failure::Failure;
use crate::server::{Server, UnderWay};
use crate::shared::Limit;
use crate::store::Claim;
use crate::validation::{Claimed, Unproven};

const SWEEP_EVERY: Duration = Duration::from_secs(15);
const SWEEP_PAGE: u64 = 200;

/// A challenge to be validated.
pub struct Job {
    /// The challenge.
    pub challenge: Challenge,
    /// Its authorization and the account, when they are at hand.
    pub known: Option<(Authorization, Account)>,
    /// That nobody else in this process begins it as well.
    pub guard: Option<UnderWay<ChallengeId>>,
    /// Told when it is decided, dropped when it could not be.
    pub done: Option<oneshot::Sender<()>>,
}

/// Validates what comes through the queue, and what lies in the database without anybody caring for it.
pub struct Worker {
    server: Arc<Server>,
    shutdown: Shutdown,
    places: Arc<Semaphore>,
}

impl Worker {
    /// With room for so many validations at a time.
    pub fn new(server: Arc<Server>, shutdown: Shutdown) -> Self {
        let places = Arc::new(Semaphore::new(server.config.validation.concurrent.max(1)));
        Self {
            server,
            shutdown,
            places,
        }
    }

    /// Works until shutdown. What was under way when this process ended last is taken up first.
    pub async fn run(self, mut queue: mpsc::Receiver<Job>) {
        let this = Arc::new(self);
        let mut any_claim = true;
        let mut sweep = tokio::time::interval(SWEEP_EVERY);
        loop {
            tokio::select! {
                () = this.shutdown.cancelled() => return,
                _ = sweep.tick() => {
                    if let Err(error) = this.sweep(any_claim).await {
                        tracing::warn!(error = chain(&error), "validations not swept");
                        continue;
                    }
                    any_claim = false;
                }
                Some(job) = queue.recv() => this.start(job).await,
            }
        }
    }

    /// `any_claim`: at the start nothing here is being validated by this process, and validating twice does no harm.
    async fn sweep(self: &Arc<Self>, any_claim: bool) -> Result<(), Failure> {
        let now = self.server.now();
        let before = if any_claim {
            now + time::Duration::days(3650)
        } else {
            now
        };
        loop {
            let found = self
                .server
                .store
                .list_unclaimed(Claim::until(before), SWEEP_PAGE)
                .await?;
            let claim = Claim::until(now + claim_length(&self.server.config.validation));
            let mut claimed = 0;
            for pending in &found {
                if self
                    .server
                    .store
                    .claim_validation(pending, claim, now)
                    .await?
                {
                    claimed += 1;
                    let job = Job {
                        challenge: pending.challenge.clone(),
                        known: None,
                        guard: None,
                        done: None,
                    };
                    self.start(job).await;
                }
            }
            if claimed > 0 {
                tracing::info!(claimed, "validations taken up");
            }
            // at the start claims do not hide what was just taken up: one page, the rest when its claims end
            if any_claim || (found.len() as u64) < SWEEP_PAGE {
                return Ok(());
            }
        }
    }

    async fn start(self: &Arc<Self>, job: Job) {
        let Ok(place) = Arc::clone(&self.places).acquire_owned().await else {
            return;
        };
        let this = Arc::clone(self);
        self.shutdown.spawn("validation", async move {
            let Job {
                challenge,
                known,
                guard,
                done,
            } = job;
            match this.validate(&challenge, known).await {
                Ok(()) => {
                    // nobody waits any more when it took longer
                    let _ = done.map(|done| done.send(()));
                }
                // it stays in processing, and is taken up again when its claim ends
                Err(error) => {
                    tracing::warn!(challenge_id = %challenge.id, error = chain(&error), "validation not decided");
                }
            }
            drop((place, guard));
        });
    }

    #[tracing::instrument(name = "acme.validate", skip_all, fields(challenge_id = %challenge.id, kind = challenge.kind.as_str()))]
    async fn validate(
        &self,
        challenge: &Challenge,
        known: Option<(Authorization, Account)>,
    ) -> Result<(), Failure> {
        let server = &self.server;
        let begun = Instant::now();
        let Some((authorization, account)) = self.complete(challenge, known).await? else {
            return Ok(());
        };
        let policy = match server.load_policy(&account.directory).await {
            Ok(policy) => Ok(policy),
            Err(Failure::Problem(problem)) => Err(problem),
            Err(error) => return Err(error),
        };
        let proven = match in_good_standing(&account).and(policy) {
            Ok(policy) => match self
                .prove(challenge, &authorization, &account, &policy)
                .await
            {
                Some(proven) => proven.map(|()| policy),
                None => return Ok(()),
            },
            Err(problem) => Err(problem),
        };
        if let Err(problem) = &proven {
            tracing::info!(account_id = %account.id, identifier = %authorization.identifier, %problem, "validation failed");
            // before the client can see the failure, so that it cannot be faster than the limit
            let name = authorization.identifier.value();
            let _ = server
                .limits
                .take(Limit::FailedValidation(account.id.as_str(), &name))
                .await;
        }
        let now = server.now();
        let decided = match &proven {
            Ok(policy) => {
                let proof = Proof {
                    kind: challenge.kind,
                    at: now,
                    thumbprint: account.key.thumbprint().to_owned(),
                };
                let caa_checked = policy.caa_identities.is_some();
                let until = now + server.authorization_lifetime();
                server
                    .store
                    .succeed(challenge, &proof, caa_checked, until)
                    .await?
            }
            Err(problem) => server.store.fail(challenge, problem, now).await?,
        };
        if decided {
            server.metrics.validation(
                challenge.kind,
                proven.is_ok(),
                begun.elapsed().as_secs_f64(),
            );
        }
        Ok(())
    }

    /// What belongs to a challenge; `None`: it is nobody's any more.
    async fn complete(
        &self,
        challenge: &Challenge,
        known: Option<(Authorization, Account)>,
    ) -> Result<Option<(Authorization, Account)>, Failure> {
        if known.is_some() {
            return Ok(known);
        }
        let store = &self.server.store;
        let Some(authorization) = store
            .find_authorization(&challenge.authorization_id)
            .await?
        else {
            return Ok(None);
        };
        let account = store.find_account(&authorization.account_id).await?;
        Ok(account.map(|account| (authorization, account)))
    }

    /// Tries, and tries again a little later; `None`: the process ends, somebody else will go on.
    async fn prove(
        &self,
        challenge: &Challenge,
        authorization: &Authorization,
        account: &Account,
        policy: &Policy,
    ) -> Option<Result<(), Problem>> {
        let config = &self.server.config.validation;
        let mut wait = Duration::from_millis(config.first_retry_ms);
        let mut attempts_left = config.attempts.max(1);
        loop {
            let attempt = self.attempt(challenge, authorization, account, policy);
            let unproven = tokio::select! {
                outcome = attempt => match outcome {
                    Ok(()) => return Some(Ok(())),
                    Err(unproven) => unproven,
                },
                () = self.shutdown.cancelled() => return None,
            };
            attempts_left -= 1;
            let Unproven { problem, retryable } = unproven;
            if !retryable || attempts_left == 0 {
                return Some(Err(problem));
            }
            tracing::debug!(%problem, "validation attempt failed");
            if !self.shutdown.sleep(wait).await {
                return None;
            }
            wait *= 2;
        }
    }

    /// The challenge is answered, and CAA records do not forbid what it is for.
    async fn attempt(
        &self,
        challenge: &Challenge,
        authorization: &Authorization,
        account: &Account,
        policy: &Policy,
    ) -> Result<(), Unproven> {
        let claimed = Claimed {
            challenge,
            identifier: &authorization.identifier,
            key: &account.key,
            networks: &policy.networks,
        };
        self.server.validator.attempt(claimed).await?;
        let name = authorization.ordered_identifier();
        check_caa(&self.server, account, policy, &name, challenge.kind).await
    }
}
