//! A local administrator logs in. Each attempt is counted before its password is looked at, so that guesses made at the
//! same moment count too; after some wrong ones the account stays closed for a while.

use ers_runtime::error::{Fault, Kind};

use super::{Actor, Flows, PasswordError, Session, SessionToken};
use crate::{
    domain::{account::Administrator, id::Username},
    store::StoreError,
};

/// How often counting is tried when others count at the same moment.
const COUNTING_ATTEMPTS: usize = 5;

/// Why nobody is logged in.
#[derive(Debug, thiserror::Error)]
pub enum LogInError {
    /// Wrong name or password; which of them, nobody is told.
    #[error("log in: wrong username or password")]
    Wrong,
    /// Too many wrong passwords.
    #[error("log in: too many attempts, try again in {seconds} seconds")]
    Locked {
        /// How long the account stays closed.
        seconds: u32,
    },
    /// The password cannot be checked.
    #[error("log in")]
    Password(#[from] PasswordError),
    /// The database.
    #[error("log in: database")]
    Store(#[from] StoreError),
}

impl Flows {
    /// Checks a password and begins a session.
    #[tracing::instrument(name = "clm.log_in", skip_all)]
    pub async fn log_in(
        &self,
        username: &str,
        password: &str,
        address: Option<String>,
    ) -> Result<(SessionToken, Session), LogInError> {
        // What is no username is nobody's; it takes as long to say so.
        let username: Option<Username> = username.parse().ok();
        let outcome = self.check_login(username.as_ref(), password).await;
        let name = username.as_ref().map_or("", |username| username.as_str());
        match &outcome {
            Ok(_) => {
                self.metrics.logged_in("ok");
                let actor = Actor {
                    name: name.to_owned(),
                    address,
                };
                self.note(&actor, "session.begin", name, String::new())
                    .await?;
            }
            Err(error) => {
                self.metrics.logged_in(match error {
                    LogInError::Wrong => "wrong",
                    LogInError::Locked { .. } => "locked",
                    LogInError::Password(_) | LogInError::Store(_) => "failed",
                });
                tracing::warn!(target: "audit", act = "session.refuse", actor = name, address, %error, "login refused");
            }
        }
        let username = outcome?;
        Ok(self.sessions.begin(&username, &*self.clock)?)
    }

    async fn check_login(
        &self,
        username: Option<&Username>,
        password: &str,
    ) -> Result<Username, LogInError> {
        let Some(username) = username else {
            self.passwords.verify(password, None).await?;
            return Err(LogInError::Wrong);
        };
        let Some(account) = self.count_attempt(username).await? else {
            self.passwords.verify(password, None).await?;
            return Err(LogInError::Wrong);
        };
        if !self
            .passwords
            .verify(password, Some(&account.password_hash))
            .await?
        {
            return Err(LogInError::Wrong);
        }
        self.store.forgive_attempts(username).await?;
        Ok(username.clone())
    }

    /// The account with the attempt counted; nothing when there is none.
    async fn count_attempt(
        &self,
        username: &Username,
    ) -> Result<Option<Administrator>, LogInError> {
        for _ in 0..COUNTING_ATTEMPTS {
            let Some(account) = self.store.find_administrator(username).await? else {
                return Ok(None);
            };
            let now_ms = self.clock.now_ms();
            if let Some(left_ms) = account.locked_for_ms(now_ms) {
                let seconds = u32::try_from(left_ms.saturating_add(999) / 1000).unwrap_or(u32::MAX);
                return Err(LogInError::Locked { seconds });
            }
            if self.store.count_attempt(&account, now_ms).await? {
                return Ok(Some(account));
            }
        }
        Err(LogInError::Locked { seconds: 1 })
    }

    /// Checks the password of somebody who is logged in; wrong ones count as at login.
    pub(super) async fn check_own_password(
        &self,
        username: &Username,
        password: &str,
    ) -> Result<(), LogInError> {
        self.check_login(Some(username), password).await.map(|_| ())
    }
}

impl Fault for LogInError {
    fn kind(&self) -> Kind {
        match self {
            Self::Wrong => Kind::Unauthenticated,
            Self::Locked { .. } => Kind::ResourceExhausted,
            Self::Password(error) => error.kind(),
            Self::Store(error) => error.kind(),
        }
    }
}
