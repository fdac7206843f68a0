//! Destroying a key: in the token first, so that a row that is left can be destroyed again.

use ers_runtime::error::{Fault, Kind};
use ers_signer_client::KeyId;

use crate::backend::TokenError;
use crate::domain::NotGranted;
use crate::state::State;
use crate::store::{StoreError, StoredKey};

/// Why a key is still there.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DestroyKeyError {
    #[error("destroy key {0}: there is none")]
    NoKey(KeyId),
    #[error("destroy key")]
    NotGranted(#[source] NotGranted),
    #[error("destroy key: its token {0} is not configured")]
    NoToken(String),
    #[error("destroy key")]
    Store(#[source] StoreError),
    #[error(transparent)]
    Token(TokenError),
}

/// Destroys a key for good.
#[tracing::instrument(name = "signer.destroy_key", skip_all, fields(key_id = %id, requester = caller))]
pub(crate) async fn run(state: &State, caller: &str, id: KeyId) -> Result<(), DestroyKeyError> {
    let key = state.keys.find(&id).await.map_err(DestroyKeyError::Store)?;
    let key = key.ok_or_else(|| DestroyKeyError::NoKey(id.clone()))?;
    state.grants.may_destroy(caller, &key.key).map_err(DestroyKeyError::NotGranted).inspect_err(|error| {
        let error = ers_runtime::error::chain(error);
        tracing::warn!(target: "audit", key_id = %id, requester = caller, error, "key not destroyed");
    })?;
    // what was being read meanwhile must not come back into memory
    state.destroyed.insert(id.clone(), ()).await;
    let done = destroy(state, &key).await;
    if done.is_err() {
        state.destroyed.invalidate(&id).await;
    }
    done?;
    state.known_keys.invalidate(&id).await;
    tracing::info!(target: "audit", key_id = %id, label = key.key.label, requester = caller, "key destroyed");
    Ok(())
}

/// On every token that has it, and only then in the database.
async fn destroy(state: &State, key: &StoredKey) -> Result<(), DestroyKeyError> {
    for (name, material) in key.places() {
        let token = state
            .tokens
            .get(name)
            .ok_or_else(|| DestroyKeyError::NoToken(name.to_owned()))?;
        let place = token.reserve().map_err(DestroyKeyError::Token)?;
        token
            .destroy(place, &key.key.id, material)
            .await
            .map_err(DestroyKeyError::Token)?;
    }
    let deleted = state.keys.delete(&key.key.id).await;
    deleted.map_err(DestroyKeyError::Store)
}

impl Fault for DestroyKeyError {
    fn kind(&self) -> Kind {
        match self {
            Self::NoKey(_) => Kind::NotFound,
            Self::NotGranted(_) => Kind::PermissionDenied,
            Self::NoToken(_) => Kind::Unavailable,
            Self::Store(error) => error.kind(),
            Self::Token(error) => error.kind(),
        }
    }
}
