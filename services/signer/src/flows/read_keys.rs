//! Telling of keys.

use ers_runtime::error::{Fault, Kind};
use ers_signer_client::{Key, KeyId};

use crate::domain::NotGranted;
use crate::state::State;
use crate::store::StoreError;

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
        .map(|stored| stored.key.clone())
        .ok_or(ReadKeysError::NoKey(id))
}

/// All keys, by label.
pub(crate) async fn list(state: &State, caller: &str) -> Result<Vec<Key>, ReadKeysError> {
    allow(state, caller)?;
    state.keys.list().await.map_err(ReadKeysError::Store)
}

fn allow(state: &State, caller: &str) -> Result<(), ReadKeysError> {
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
