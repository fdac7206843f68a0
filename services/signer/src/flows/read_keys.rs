//! Telling of keys.

use std::sync::Arc;

use ers_runtime::error::{Fault, Kind};
use ers_signer_client::{Key, KeyId};

use crate::backend::Token;
use crate::domain::NotGranted;
use crate::state::State;
use crate::store::{StoreError, StoredKey};

/// Why nothing is told.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReadKeysError {
    #[error("load key {0}: there is none")]
    NoKey(KeyId),
    #[error("read keys")]
    NotGranted(#[source] NotGranted),
    #[error("read keys")]
    Store(#[source] StoreError),
}

/// The key of an id.
pub(crate) async fn load(state: &State, caller: &str, id: KeyId) -> Result<Key, ReadKeysError> {
    allow(state, caller)?;
    let found = state.find_key(&id).await.map_err(ReadKeysError::Store)?;
    found
        .map(|stored| tell(state, &stored))
        .ok_or(ReadKeysError::NoKey(id))
}

/// All keys, by label.
pub(crate) async fn list(state: &State, caller: &str) -> Result<Vec<Key>, ReadKeysError> {
    allow(state, caller)?;
    let keys = state.keys.list().await.map_err(ReadKeysError::Store)?;
    Ok(keys.iter().map(|stored| tell(state, stored)).collect())
}

/// What callers may know of a key.
pub(super) fn tell(state: &State, stored: &StoredKey) -> Key {
    let is_software = |token: &Arc<dyn Token>| token.kind() == "software";
    let mut key = stored.key.clone();
    key.quarantine = state.quarantine(stored);
    // of a software key it is the sealed key itself, which nobody needs
    if state
        .tokens
        .get(&key.token)
        .is_some_and(|token| !is_software(token))
    {
        key.token_key_id.clone_from(&stored.material);
    }
    key
}

pub(super) fn allow(state: &State, caller: &str) -> Result<(), ReadKeysError> {
    state
        .grants
        .may_read_keys(caller)
        .map_err(ReadKeysError::NotGranted)
        .inspect_err(|_| {
            tracing::warn!(target: "audit", requester = caller, "reading keys refused");
        })
}

impl Fault for ReadKeysError {
    fn kind(&self) -> Kind {
        match self {
            Self::NoKey(_) => Kind::NotFound,
            Self::NotGranted(_) => Kind::PermissionDenied,
            Self::Store(error) => error.kind(),
        }
    }
}
