//! A copy of a key on another token, made there by the vendor's means: found by its CKA_ID, its public half compared, a
//! test signature verified, and only then used.

use ers_pki::key::SignatureAlgorithm;
use ers_runtime::error::{Fault, Kind};
use ers_signer_client::{Key, KeyId};

use crate::backend::{Found, Message, TokenError};
use crate::domain::NotGranted;
use crate::flows::read_keys::tell;
use crate::state::State;
use crate::store::{Replica, StoreError, StoredKey};

/// No to-be-signed bytes of any kind: a SEQUENCE begins with another octet.
const TEST_MESSAGE: &[u8] = b"ERS: is this the key? ";

/// Longest CKA_ID.
const MAX_ID: usize = 64;

/// What is asked for, as it came.
#[derive(Debug)]
pub(crate) struct Ask {
    pub(crate) key_id: KeyId,
    pub(crate) token: String,
    pub(crate) token_key_id: Vec<u8>,
}

/// Why there is no copy.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReplicaError {
    #[error("load key {0}: there is none")]
    NoKey(KeyId),
    #[error("attach replica: there is no token {0}")]
    NoToken(String),
    #[error("attach replica: token {0} is the one that the key was made on")]
    Home(String),
    #[error("attach replica: token_key_id is longer than 64 octets")]
    LongId,
    #[error("attach replica: token {token} has no key with CKA_ID {id}")]
    NotThere { token: String, id: String },
    #[error("attach replica: token {token} has another key under CKA_ID {id}")]
    OtherKey { token: String, id: String },
    #[error("change replicas of key")]
    NotGranted(#[source] NotGranted),
    #[error("change replicas of key")]
    Store(#[source] StoreError),
    #[error(transparent)]
    Token(TokenError),
}

/// Notes a copy.
#[tracing::instrument(
    name = "signer.attach_replica", skip_all,
    fields(key_id = %ask.key_id, token = ask.token, requester = caller)
)]
pub(crate) async fn attach(state: &State, caller: &str, ask: Ask) -> Result<Key, ReplicaError> {
    allow(state, caller, &ask.key_id)?;
    let key = load(state, &ask.key_id).await?;
    if ask.token_key_id.len() > MAX_ID {
        return Err(ReplicaError::LongId);
    }
    if ask.token == key.key.token {
        return Err(ReplicaError::Home(ask.token));
    }
    let material = if ask.token_key_id.is_empty() {
        key.material.clone()
    } else {
        ask.token_key_id
    };
    let replica = Replica {
        token: ask.token,
        material,
    };
    verify(state, &key, &replica).await.inspect_err(|error| {
        let error = ers_runtime::error::chain(error);
        tracing::warn!(target: "audit", key_id = %key.key.id, token = replica.token, requester = caller, error, "replica not attached");
    })?;
    state
        .keys
        .attach_replica(&key.key.id, &replica, caller, state.clock.now_ms())
        .await
        .map_err(ReplicaError::Store)?;
    let pair = (key.key.id.clone(), replica.token.clone());
    state.shunned.invalidate(&pair).await;
    tracing::info!(target: "audit", key_id = %key.key.id, token = replica.token, requester = caller, "replica attached");
    told_anew(state, &key.key.id).await
}

/// Forgets a copy; it stays on its token.
#[tracing::instrument(name = "signer.detach_replica", skip_all, fields(key_id = %id, token, requester = caller))]
pub(crate) async fn detach(
    state: &State,
    caller: &str,
    id: KeyId,
    token: &str,
) -> Result<Key, ReplicaError> {
    allow(state, caller, &id)?;
    load(state, &id).await?;
    state
        .keys
        .detach_replica(&id, token)
        .await
        .map_err(ReplicaError::Store)?;
    tracing::info!(target: "audit", key_id = %id, token, requester = caller, "replica detached");
    told_anew(state, &id).await
}

async fn verify(state: &State, key: &StoredKey, replica: &Replica) -> Result<(), ReplicaError> {
    let name = &replica.token;
    let token = state
        .tokens
        .get(name)
        .ok_or_else(|| ReplicaError::NoToken(name.clone()))?;
    let named = || (name.clone(), hex::encode(&replica.material));
    let place = token.reserve().map_err(ReplicaError::Token)?;
    let found = token
        .find(place, &replica.material, key.key.algorithm)
        .await;
    let other = || {
        let (token, id) = named();
        ReplicaError::OtherKey { token, id }
    };
    match found {
        Ok(Found::Nothing) => {
            let (token, id) = named();
            return Err(ReplicaError::NotThere { token, id });
        }
        Ok(Found::Pair(public_key)) if public_key.spki_der() != key.key.public_key.spki_der() => {
            return Err(other());
        }
        Err(TokenError::KeyMismatch { .. }) => return Err(other()),
        Ok(Found::Pair(_) | Found::PrivateKey) => {}
        Err(error) => return Err(ReplicaError::Token(error)),
    }
    // the public half is only what the token says; this is what it does
    let algorithm = SignatureAlgorithm::default_for(key.key.algorithm);
    let place = token.reserve().map_err(ReplicaError::Token)?;
    let message = [TEST_MESSAGE, key.key.id.as_str().as_bytes()].concat();
    let signed = token
        .sign(
            place,
            key,
            &replica.material,
            algorithm,
            Message::Whole(message.clone()),
        )
        .await;
    let signature = match signed {
        Ok(signature) => signature,
        Err(TokenError::WrongSignature { .. } | TokenError::KeyMismatch { .. }) => {
            return Err(other());
        }
        Err(error) => return Err(ReplicaError::Token(error)),
    };
    key.key
        .public_key
        .verify(algorithm, &message, &signature)
        .map_err(|_| other())
}

fn allow(state: &State, caller: &str, id: &KeyId) -> Result<(), ReplicaError> {
    state
        .grants
        .may_administer_keys(caller)
        .map_err(ReplicaError::NotGranted)
        .inspect_err(|_| {
            tracing::warn!(target: "audit", key_id = %id, requester = caller, "changing replicas refused");
        })
}

async fn load(state: &State, id: &KeyId) -> Result<StoredKey, ReplicaError> {
    let found = state.keys.find(id).await.map_err(ReplicaError::Store)?;
    found.ok_or_else(|| ReplicaError::NoKey(id.clone()))
}

async fn told_anew(state: &State, id: &KeyId) -> Result<Key, ReplicaError> {
    state.known_keys.invalidate(id).await;
    let key = load(state, id).await?;
    Ok(tell(state, &key))
}

impl Fault for ReplicaError {
    fn kind(&self) -> Kind {
        match self {
            Self::NoKey(_) => Kind::NotFound,
            Self::NoToken(_) | Self::Home(_) | Self::LongId => Kind::InvalidArgument,
            Self::NotThere { .. } | Self::OtherKey { .. } => Kind::FailedPrecondition,
            Self::NotGranted(_) => Kind::PermissionDenied,
            Self::Store(error) => error.kind(),
            Self::Token(error) => error.kind(),
        }
    }

    fn field(&self) -> Option<&str> {
        match self {
            Self::NoKey(_) => Some("key_id"),
            Self::NoToken(_) | Self::Home(_) => Some("token"),
            Self::LongId | Self::NotThere { .. } | Self::OtherKey { .. } => Some("token_key_id"),
            Self::NotGranted(_) | Self::Store(_) | Self::Token(_) => None,
        }
    }
}
