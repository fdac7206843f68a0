//! Passwords of local administrators, changed by themselves or set anew from the command line. Other sessions of theirs
//! in this process end.

use ers_runtime::error::{Fault, Kind};

use super::{Actor, Flows, LogInError, PasswordError};
use crate::{
    domain::{
        account::{WeakPassword, check_password},
        id::Username,
    },
    store::StoreError,
};

/// Why a password was not set.
#[derive(Debug, thiserror::Error)]
pub enum SetPasswordError {
    /// It will not do.
    #[error(transparent)]
    Weak(#[from] WeakPassword),
    /// No account of that name.
    #[error("set password: there is no administrator {0}")]
    Unknown(Username),
    /// It cannot be hashed.
    #[error("set password")]
    Hash(#[from] PasswordError),
    /// The database.
    #[error("set password: database")]
    Store(#[from] StoreError),
}

/// Why a password was not changed.
#[derive(Debug, thiserror::Error)]
pub enum ChangePasswordError {
    /// The present password is wrong, or was guessed at too often.
    #[error("change password")]
    Present(#[source] LogInError),
    /// The new one was not set.
    #[error(transparent)]
    New(#[from] SetPasswordError),
}

impl Flows {
    /// Changes one's own password.
    #[tracing::instrument(name = "clm.change_password", skip_all)]
    pub async fn change_password(
        &self,
        username: &Username,
        present: &str,
        new: &str,
        actor: &Actor,
        session: &str,
    ) -> Result<(), ChangePasswordError> {
        check_password(username, new).map_err(SetPasswordError::Weak)?;
        self.check_own_password(username, present)
            .await
            .map_err(ChangePasswordError::Present)?;
        self.put_password(username, new, actor).await?;
        self.sessions
            .end_all_of(username.as_str(), Some(session))
            .await;
        Ok(())
    }

    /// Sets somebody's password and opens the account.
    #[tracing::instrument(name = "clm.set_password", skip_all)]
    pub async fn set_password(
        &self,
        username: &Username,
        new: &str,
        actor: &Actor,
    ) -> Result<(), SetPasswordError> {
        check_password(username, new)?;
        self.put_password(username, new, actor).await?;
        self.sessions.end_all_of(username.as_str(), None).await;
        Ok(())
    }

    async fn put_password(
        &self,
        username: &Username,
        new: &str,
        actor: &Actor,
    ) -> Result<(), SetPasswordError> {
        let hash = self.passwords.hash(new).await?;
        self.note(
            actor,
            "administrator.set_password",
            username.as_str(),
            String::new(),
        )
        .await?;
        if !self
            .store
            .set_password(username, &hash, self.clock.now_ms())
            .await?
        {
            return Err(SetPasswordError::Unknown(username.clone()));
        }
        Ok(())
    }
}

impl Fault for SetPasswordError {
    fn kind(&self) -> Kind {
        match self {
            Self::Weak(_) => Kind::InvalidArgument,
            Self::Unknown(_) => Kind::NotFound,
            Self::Hash(error) => error.kind(),
            Self::Store(error) => error.kind(),
        }
    }

    fn field(&self) -> Option<&str> {
        match self {
            Self::Weak(_) => Some("password"),
            Self::Unknown(_) => Some("username"),
            Self::Hash(_) | Self::Store(_) => None,
        }
    }
}

impl Fault for ChangePasswordError {
    fn kind(&self) -> Kind {
        match self {
            // Logged in they are; it is the field that is wrong.
            Self::Present(LogInError::Wrong) => Kind::InvalidArgument,
            Self::Present(error) => error.kind(),
            Self::New(error) => error.kind(),
        }
    }

    fn field(&self) -> Option<&str> {
        match self {
            Self::Present(_) => Some("present_password"),
            Self::New(error) => error.field(),
        }
    }
}
