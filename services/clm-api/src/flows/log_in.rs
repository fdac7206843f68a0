//! A local administrator logs in. Each attempt is counted before its password is looked at, so that guesses made at the
//! same moment count too; after some wrong ones the account stays closed for a while.

use ers_runtime::error::{Fault, Kind};

use super::{
    Actor, Flows, Identity, PasswordError, SecondFactorError, Session, SessionError, SessionToken,
};
use crate::{
    domain::{account::Account, id::Username},
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
    /// The password is right, and a code of the second factor is wanted.
    #[error("log in: a code of the second factor is needed")]
    CodeNeeded,
    /// The code is wrong, or was used.
    #[error("log in: the code is wrong, or was used before")]
    WrongCode,
    /// The code cannot be checked.
    #[error("log in")]
    SecondFactor(#[source] SecondFactorError),
    /// The session cannot be begun.
    #[error("log in")]
    Session(#[from] SessionError),
    /// The password cannot be checked.
    #[error("log in")]
    Password(#[from] PasswordError),
    /// The database.
    #[error("log in: database")]
    Store(#[from] StoreError),
}

/// Whether the second factor counts.
#[derive(Clone, Copy)]
enum Factor<'a> {
    /// At login; what was shown, if anything.
    Asked(Option<&'a str>),
    /// Logged in they are already.
    NotAsked,
}

impl Flows {
    /// Checks a password and begins a session.
    #[tracing::instrument(name = "clm.log_in", skip_all)]
    pub async fn log_in(
        &self,
        username: &str,
        password: &str,
        code: Option<&str>,
        address: Option<String>,
    ) -> Result<(SessionToken, Session), LogInError> {
        // What is no username is nobody's; it takes as long to say so.
        let username: Option<Username> = username.parse().ok();
        let outcome = self
            .check_login(username.as_ref(), password, Factor::Asked(code))
            .await;
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
                    LogInError::CodeNeeded => "code-needed",
                    LogInError::WrongCode => "wrong-code",
                    LogInError::Password(_)
                    | LogInError::Store(_)
                    | LogInError::SecondFactor(_)
                    | LogInError::Session(_) => "failed",
                });
                tracing::warn!(target: "audit", act = "session.refuse", actor = name, address, %error, "login refused");
            }
        }
        let username = outcome?;
        Ok(self
            .sessions
            .begin(identity_of(&username)?, &*self.clock)
            .await?)
    }

    /// Begins a session for who showed the client certificate of an account; nothing when it is nobody's.
    #[tracing::instrument(name = "clm.log_in_by_certificate", skip_all)]
    pub async fn log_in_by_certificate(
        &self,
        der: &[u8],
        address: Option<String>,
    ) -> Result<(SessionToken, Session), LogInError> {
        let certificate =
            ers_pki::certificate::Certificate::from_der(der).map_err(|_| LogInError::Wrong)?;
        let fingerprint = hex::encode(certificate.fingerprint());
        let account = self
            .store
            .find_account_by_certificate(&fingerprint)
            .await?
            .filter(|account| !account.closed);
        let now = self.clock.now();
        let known = self
            .store
            .find_certificate_by_fingerprint(&fingerprint)
            .await?;
        let is_in_force = certificate.not_before() <= now
            && now <= certificate.not_after()
            && known.is_none_or(|known| known.revocation.is_none());
        let Some(account) = account.filter(|_| is_in_force) else {
            self.metrics.logged_in("wrong");
            tracing::warn!(target: "audit", act = "session.refuse", fingerprint, address, "login refused");
            return Err(LogInError::Wrong);
        };
        self.metrics.logged_in("ok");
        let username = account.username;
        let actor = Actor {
            name: username.to_string(),
            address,
        };
        let detail = "client certificate".to_owned();
        self.note(&actor, "session.begin", username.as_str(), detail)
            .await?;
        Ok(self
            .sessions
            .begin(identity_of(&username)?, &*self.clock)
            .await?)
    }

    async fn check_login(
        &self,
        username: Option<&Username>,
        password: &str,
        factor: Factor<'_>,
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
            || account.closed
        {
            return Err(LogInError::Wrong);
        }
        if let (Factor::Asked(code), true) = (factor, account.totp_confirmed) {
            // The attempt stays counted until the code is right too: six digits are soon guessed.
            let code = code.ok_or(LogInError::CodeNeeded)?;
            self.use_code(&account, code)
                .await
                .map_err(|error| match error {
                    SecondFactorError::Code => LogInError::WrongCode,
                    error => LogInError::SecondFactor(error),
                })?;
        }
        self.store
            .forgive_attempts(username, self.clock.now_ms())
            .await?;
        Ok(username.clone())
    }

    /// The account with the attempt counted; nothing when there is none.
    async fn count_attempt(&self, username: &Username) -> Result<Option<Account>, LogInError> {
        for _ in 0..COUNTING_ATTEMPTS {
            let Some(account) = self.store.find_account(username).await? else {
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
        self.check_login(Some(username), password, Factor::NotAsked)
            .await
            .map(|_| ())
    }
}

fn identity_of(username: &Username) -> Result<Identity, LogInError> {
    Ok(Identity {
        person: username.as_str().parse().map_err(|_| LogInError::Wrong)?,
        username: Some(username.clone()),
        groups: Vec::new(),
        id_token: None,
    })
}

impl Fault for LogInError {
    fn kind(&self) -> Kind {
        match self {
            Self::Wrong | Self::CodeNeeded | Self::WrongCode => Kind::Unauthenticated,
            Self::SecondFactor(error) => error.kind(),
            Self::Session(error) => error.kind(),
            Self::Locked { .. } => Kind::ResourceExhausted,
            Self::Password(error) => error.kind(),
            Self::Store(error) => error.kind(),
        }
    }

    fn field(&self) -> Option<&str> {
        matches!(self, Self::CodeNeeded | Self::WrongCode).then_some("code")
    }
}
