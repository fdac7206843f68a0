//! A key that made a wrong signature signs nothing until an administrator looked: the fault may be in the token, and for
//! RSA a wrong signature tells the private key.

use ers_runtime::clock;
use ers_runtime::error::{Fault, Kind};
use ers_signer_client::{Key, KeyId, KeyQuarantine};

use crate::domain::NotGranted;
use crate::flows::read_keys::tell;
use crate::state::State;
use crate::store::{StoreError, StoredKey};

/// Longest reason.
const MAX_REASON: usize = 256;

/// Why a key is still in quarantine.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LiftError {
    #[error("lift quarantine of key {0}: there is no such key")]
    NoKey(KeyId),
    #[error("lift quarantine: reason must have 1 to 256 characters")]
    Reason,
    #[error("lift quarantine")]
    NotGranted(#[source] NotGranted),
    #[error("lift quarantine")]
    Store(#[source] StoreError),
}

/// Keeps a key from signing, here at once and elsewhere as soon as it is read again; also while the database is away.
pub(super) async fn impose(state: &State, key: &StoredKey, token: &str) {
    let id = &key.key.id;
    let quarantine = KeyQuarantine {
        at: clock::from_ms(state.clock.now_ms()),
        reason: format!("a signature by token {token} did not verify"),
    };
    tracing::error!(
        target: "audit",
        key_id = %id, label = key.key.label, token, "wrong signature: not handed on, key put in quarantine"
    );
    state.metrics.wrong_signature(token);
    state
        .quarantined
        .write()
        .insert(id.clone(), quarantine.clone());
    if let Err(error) = state.keys.set_quarantine(id, Some(&quarantine)).await {
        let error = ers_runtime::error::chain(&error);
        tracing::error!(key_id = %id, error, "quarantine not written: it holds in this process only");
    }
    state.known_keys.invalidate(id).await;
    count(state).await;
}

/// Lets a key sign again.
#[tracing::instrument(name = "signer.lift_quarantine", skip_all, fields(key_id = %id, requester = caller))]
pub(crate) async fn lift(
    state: &State,
    caller: &str,
    id: KeyId,
    reason: &str,
) -> Result<Key, LiftError> {
    state
        .grants
        .may_administer_keys(caller)
        .map_err(LiftError::NotGranted)
        .inspect_err(|_| {
            tracing::warn!(target: "audit", key_id = %id, requester = caller, "lifting quarantine refused");
        })?;
    if reason.is_empty() || reason.chars().count() > MAX_REASON {
        return Err(LiftError::Reason);
    }
    let found = state.keys.find(&id).await.map_err(LiftError::Store)?;
    found.ok_or_else(|| LiftError::NoKey(id.clone()))?;
    state
        .keys
        .set_quarantine(&id, None)
        .await
        .map_err(LiftError::Store)?;
    state.quarantined.write().remove(&id);
    state.known_keys.invalidate(&id).await;
    tracing::info!(target: "audit", key_id = %id, requester = caller, reason, "quarantine lifted");
    count(state).await;
    let found = state.keys.find(&id).await.map_err(LiftError::Store)?;
    let found = found.ok_or(LiftError::NoKey(id))?;
    Ok(tell(state, &found))
}

async fn count(state: &State) {
    if let Ok(keys) = state.keys.count_quarantined().await {
        let here = state.quarantined.read().len() as u64;
        state.metrics.quarantined(keys.max(here));
    }
}

impl Fault for LiftError {
    fn kind(&self) -> Kind {
        match self {
            Self::NoKey(_) => Kind::NotFound,
            Self::Reason => Kind::InvalidArgument,
            Self::NotGranted(_) => Kind::PermissionDenied,
            Self::Store(error) => error.kind(),
        }
    }

    fn field(&self) -> Option<&str> {
        match self {
            Self::NoKey(_) => Some("key_id"),
            Self::Reason => Some("reason"),
            Self::NotGranted(_) | Self::Store(_) => None,
        }
    }
}
