//! The signer's own secrets: the master password, the data key, the key of checkpoints.

use ers_runtime::error::{Fault, Kind, chain};
use secrecy::{ExposeSecret, SecretString};

use crate::domain::NotGranted;
use crate::journal::{CheckpointKey, JournalKeyError};
use crate::state::State;
use crate::store::StoreError;
use crate::vault::{self, UnlockError, Use};

const SHORTEST_PASSWORD: usize = 8;

/// Why a secret of the signer was not changed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AdministerError {
    #[error("administer the signer")]
    NotGranted(#[source] NotGranted),
    #[error("change master password: the new one has less than {SHORTEST_PASSWORD} octets")]
    Short,
    #[error("administer the signer")]
    Unlock(#[source] UnlockError),
    #[error("seal software keys anew")]
    Store(#[source] StoreError),
    #[error("seal software keys anew: the random number generator failed")]
    Seal,
    #[error("make another checkpoint key")]
    CheckpointKey(#[source] JournalKeyError),
}

/// What a rotation of the data key did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Rotated {
    /// Number of the data key in force.
    pub(crate) generation: u32,
    /// Software keys sealed anew.
    pub(crate) resealed: u64,
}

/// Puts the data key under another master password.
pub(crate) async fn change_master_password(
    state: &State,
    caller: &str,
    old: &SecretString,
    new: &SecretString,
) -> Result<(), AdministerError> {
    allow(state, caller, "change the master password")?;
    if new.expose_secret().len() < SHORTEST_PASSWORD {
        return Err(AdministerError::Short);
    }
    told(
        caller,
        "master password changed",
        vault::change(state.vault.secrets(), old, new)
            .await
            .map_err(AdministerError::Unlock),
    )
}

/// Makes another data key, unless only an earlier rotation is to be finished, and seals software keys under it.
pub(crate) async fn rotate_data_key(
    state: &State,
    caller: &str,
    password: &SecretString,
    resume: bool,
) -> Result<Rotated, AdministerError> {
    allow(state, caller, "rotate the data key")?;
    let rotated = async {
        if !resume {
            vault::rotate(&state.vault, password)
                .await
                .map_err(AdministerError::Unlock)?;
        }
        state
            .vault
            .refresh(password)
            .await
            .map_err(AdministerError::Unlock)?;
        Ok(Rotated {
            generation: state.vault.generation(),
            resealed: reseal_keys(state).await?,
        })
    };
    told(caller, "data key rotated", rotated.await)
}

/// Seals software keys anew that are still under an earlier data key; also at start, when a rotation was broken off.
pub(crate) async fn reseal_keys(state: &State) -> Result<u64, AdministerError> {
    let mut resealed = 0;
    for key in state.keys.list().await.map_err(AdministerError::Store)? {
        if !state.vault.is_outdated(&key.material) {
            continue;
        }
        // a CKA_ID of a token that looks like something sealed does not open
        let Ok(der) = state.vault.open(Use::Key(&key.key.id), &key.material) else {
            continue;
        };
        let sealed = state
            .vault
            .seal(Use::Key(&key.key.id), &der)
            .map_err(|_| AdministerError::Seal)?;
        let replaced = state
            .keys
            .replace_material(&key.key.id, &key.material, sealed)
            .await
            .map_err(AdministerError::Store)?;
        resealed += u64::from(replaced);
    }
    Ok(resealed)
}

/// Makes another key for checkpoints.
pub(crate) async fn rotate_checkpoint_key(
    state: &State,
    caller: &str,
) -> Result<CheckpointKey, AdministerError> {
    allow(state, caller, "rotate the checkpoint key")?;
    told(
        caller,
        "checkpoint key rotated",
        state
            .journal
            .key()
            .rotate()
            .await
            .map_err(AdministerError::CheckpointKey),
    )
}

fn allow(state: &State, caller: &str, act: &str) -> Result<(), AdministerError> {
    state.grants.may_administer(caller, act).map_err(|error| {
        tracing::warn!(target: "audit", requester = error.caller, act = error.act, "administration refused");
        AdministerError::NotGranted(error)
    })
}

fn told<T>(
    caller: &str,
    act: &str,
    outcome: Result<T, AdministerError>,
) -> Result<T, AdministerError> {
    match &outcome {
        Ok(_) => tracing::info!(target: "audit", requester = caller, "{act}"),
        Err(error) => {
            let error = chain(error);
            tracing::warn!(target: "audit", requester = caller, error, "not done: {act}");
        }
    }
    outcome
}

impl Fault for AdministerError {
    fn kind(&self) -> Kind {
        match self {
            Self::NotGranted(_) => Kind::PermissionDenied,
            Self::Short => Kind::InvalidArgument,
            Self::Unlock(error) => error.kind(),
            Self::Store(error) => error.kind(),
            Self::Seal => Kind::Internal,
            Self::CheckpointKey(error) => error.kind(),
        }
    }

    fn field(&self) -> Option<&str> {
        match self {
            Self::Short => Some("new_password"),
            Self::Unlock(UnlockError::WrongPassword) => Some("master_password"),
            Self::NotGranted(_)
            | Self::Unlock(_)
            | Self::Store(_)
            | Self::Seal
            | Self::CheckpointKey(_) => None,
        }
    }
}
