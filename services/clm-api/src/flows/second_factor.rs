//! The second factor of a local account: made, confirmed with a first code, asked for at each login, taken away.

use ers_runtime::error::{Fault, Kind};
use ers_signer_client::SignerError;
use zeroize::Zeroizing;

use super::{Actor, Flows, LogInError};
use crate::{
    domain::{
        account::Account,
        id::Username,
        totp::{SEALING_CONTEXT, SECRET_OCTETS, base32, find_step},
    },
    store::StoreError,
};

/// A secret that was made, shown this once.
pub struct NewSecondFactor {
    /// Base32, for typing.
    pub secret: Zeroizing<String>,
    /// `otpauth://` URI, for a QR code.
    pub uri: Zeroizing<String>,
}

/// Why it was not done.
#[derive(Debug, thiserror::Error)]
pub enum SecondFactorError {
    /// The code is wrong, or was used.
    #[error("check code: wrong, or used before")]
    Code,
    /// There is no second factor to be confirmed.
    #[error("confirm second factor: none was made")]
    None,
    /// There is one already.
    #[error("make second factor: there is one; take it away first")]
    Exists,
    /// The account is not there.
    #[error("second factor: there is no account {0}")]
    Unknown(Username),
    /// The password is wrong.
    #[error("take second factor away")]
    Password(#[source] Box<LogInError>),
    /// No random numbers.
    #[error("make second factor: random numbers")]
    Random,
    /// The signer did not seal or unseal it.
    #[error("second factor: signer")]
    Signer(#[source] SignerError),
    /// The database.
    #[error("second factor: database")]
    Store(#[from] StoreError),
}

impl Flows {
    /// Makes a secret; it counts from its confirmation on.
    #[tracing::instrument(name = "clm.make_second_factor", skip_all)]
    pub async fn make_second_factor(
        &self,
        username: &Username,
        actor: &Actor,
    ) -> Result<NewSecondFactor, SecondFactorError> {
        if self.account(username).await?.totp_confirmed {
            return Err(SecondFactorError::Exists);
        }
        let mut secret = Zeroizing::new([0_u8; SECRET_OCTETS]);
        aws_lc_rs::rand::fill(secret.as_mut_slice()).map_err(|_| SecondFactorError::Random)?;
        let sealed = self
            .signer
            .seal(SEALING_CONTEXT, secret.as_slice())
            .await
            .map_err(SecondFactorError::Signer)?;
        self.note(
            actor,
            "account.make_second_factor",
            username.as_str(),
            String::new(),
        )
        .await?;
        self.store.set_totp(username, Some(sealed)).await?;
        let text = base32(secret.as_slice());
        // `@` is the only character of usernames that a URI's path would need escaped, and apps read it as it is.
        let uri = format!(
            "otpauth://totp/ERS:{username}?secret={}&issuer=ERS&algorithm=SHA1&digits=6&period=30",
            text.as_str()
        );
        Ok(NewSecondFactor {
            secret: text,
            uri: Zeroizing::new(uri),
        })
    }

    /// The first code: from now on one is asked for.
    #[tracing::instrument(name = "clm.confirm_second_factor", skip_all)]
    pub async fn confirm_second_factor(
        &self,
        username: &Username,
        code: &str,
        actor: &Actor,
    ) -> Result<(), SecondFactorError> {
        let account = self.account(username).await?;
        if account.sealed_totp.is_none() {
            return Err(SecondFactorError::None);
        }
        self.note(
            actor,
            "account.confirm_second_factor",
            username.as_str(),
            String::new(),
        )
        .await?;
        self.use_code(&account, code).await
    }

    /// Whether a code is asked for when an account logs in.
    #[tracing::instrument(name = "clm.has_second_factor", skip_all)]
    pub async fn has_second_factor(&self, username: &Username) -> Result<bool, StoreError> {
        let account = self.store.find_account(username).await?;
        Ok(account.is_some_and(|account| account.totp_confirmed))
    }

    /// Takes one's own second factor away.
    #[tracing::instrument(name = "clm.drop_second_factor", skip_all)]
    pub async fn drop_second_factor(
        &self,
        username: &Username,
        password: &str,
        actor: &Actor,
    ) -> Result<(), SecondFactorError> {
        self.check_own_password(username, password)
            .await
            .map_err(|error| SecondFactorError::Password(Box::new(error)))?;
        self.reset_second_factor(username, actor).await
    }

    /// Takes somebody's second factor away, when their device is lost.
    #[tracing::instrument(name = "clm.reset_second_factor", skip_all)]
    pub async fn reset_second_factor(
        &self,
        username: &Username,
        actor: &Actor,
    ) -> Result<(), SecondFactorError> {
        self.account(username).await?;
        self.note(
            actor,
            "account.reset_second_factor",
            username.as_str(),
            String::new(),
        )
        .await?;
        self.store.set_totp(username, None).await?;
        Ok(())
    }

    /// Checks a code and uses it up.
    pub(super) async fn use_code(
        &self,
        account: &Account,
        code: &str,
    ) -> Result<(), SecondFactorError> {
        let sealed = account
            .sealed_totp
            .as_ref()
            .ok_or(SecondFactorError::None)?;
        let secret = self
            .signer
            .unseal(SEALING_CONTEXT, sealed)
            .await
            .map_err(SecondFactorError::Signer)?;
        let step = find_step(&secret, code, self.clock.now_ms()).ok_or(SecondFactorError::Code)?;
        if self.store.use_totp_step(&account.username, step).await? {
            Ok(())
        } else {
            Err(SecondFactorError::Code)
        }
    }

    async fn account(&self, username: &Username) -> Result<Account, SecondFactorError> {
        self.store
            .find_account(username)
            .await?
            .ok_or_else(|| SecondFactorError::Unknown(username.clone()))
    }
}

impl Fault for SecondFactorError {
    fn kind(&self) -> Kind {
        match self {
            // Logged in they are; it is the field that is wrong.
            Self::Code => Kind::InvalidArgument,
            Self::Password(error) if matches!(**error, LogInError::Wrong) => Kind::InvalidArgument,
            Self::None | Self::Exists => Kind::FailedPrecondition,
            Self::Unknown(_) => Kind::NotFound,
            Self::Password(error) => error.kind(),
            Self::Random => Kind::Internal,
            Self::Signer(error) if error.is_retryable() => Kind::Unavailable,
            Self::Signer(_) => Kind::Internal,
            Self::Store(error) => error.kind(),
        }
    }

    fn field(&self) -> Option<&str> {
        match self {
            Self::Code => Some("code"),
            Self::Password(_) => Some("password"),
            Self::Unknown(_) => Some("username"),
            Self::None | Self::Exists | Self::Random | Self::Signer(_) | Self::Store(_) => None,
        }
    }
}
