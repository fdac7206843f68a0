//! Keys that were begun and not finished: the process ended between the token making the pair and the row that names it,
//! or the token hung. A pair that is there gets its row; what is not there is forgotten. A pair is destroyed only when
//! its label went to another key: a row restored from a backup may be all that is known of a key in use.

use ers_pki::key::{PublicKey, UnknownKeyAlgorithm};
use ers_signer_client::Key;

use crate::backend::{Found, Token, TokenError};
use crate::state::State;
use crate::store::{KeyInMaking, StoreError, StoredKey};

/// What other processes begin is theirs for longer than any token may take.
const OTHERS_AGE_MS: i64 = 2 * 60 * 60 * 1000;

/// Why a key stays unfinished for now.
#[derive(Debug, thiserror::Error)]
enum FinishError {
    #[error("finish key: token {0} is not configured")]
    NoToken(String),
    #[error("finish key: token {0} does not tell its public half")]
    NoPublicKey(String),
    #[error("finish key: its row makes no sense")]
    Row(#[source] ers_signer_client::SignerError),
    #[error("finish key: its row makes no sense")]
    Algorithm(#[source] UnknownKeyAlgorithm),
    #[error("finish key")]
    Store(#[source] StoreError),
    #[error("finish key")]
    Token(#[source] TokenError),
}

/// Finishes what can be; true when something is left to be tried again.
pub(crate) async fn run(state: &State) -> bool {
    let begun = match state.keys.making().list().await {
        Ok(begun) => begun,
        Err(error) => {
            let error = ers_runtime::error::chain(&error);
            tracing::warn!(error, "keys in making not read");
            return true;
        }
    };
    let now = state.clock.now_ms();
    let mut left = false;
    for key in begun {
        let before_us = key.chain == state.chain && key.created_at_ms < state.started_at_ms;
        if !before_us && now - key.created_at_ms < OTHERS_AGE_MS {
            continue;
        }
        if let Err(error) = finish(state, &key).await {
            let error = ers_runtime::error::chain(&error);
            tracing::warn!(key_id = %key.id, token = key.token, error, "key not finished");
            left = true;
        }
    }
    left
}

async fn finish(state: &State, begun: &KeyInMaking) -> Result<(), FinishError> {
    let known = state.keys.find(&begun.id).await;
    if known.map_err(FinishError::Store)?.is_some() {
        return forget(state, begun).await;
    }
    let token = state
        .tokens
        .get(&begun.token)
        .ok_or_else(|| FinishError::NoToken(begun.token.clone()))?;
    let algorithm = begun.described.key_algorithm.parse();
    let algorithm = algorithm.map_err(FinishError::Algorithm)?;
    let place = token.reserve().map_err(FinishError::Token)?;
    let found = token.find(place, &begun.material, algorithm).await;
    match found.map_err(FinishError::Token)? {
        Found::Nothing => forget(state, begun).await,
        Found::PrivateKey => Err(FinishError::NoPublicKey(begun.token.clone())),
        Found::Pair(public_key) => adopt(state, &**token, begun, &public_key).await,
    }
}

async fn adopt(
    state: &State,
    token: &dyn Token,
    begun: &KeyInMaking,
    public_key: &PublicKey,
) -> Result<(), FinishError> {
    let key = Key::try_from(ers_proto::signer::v1::Key {
        public_key: public_key.spki_der().to_vec(),
        ..begun.described.clone()
    })
    .map_err(FinishError::Row)?;
    let stored = StoredKey {
        key,
        material: begun.material.clone(),
        replicas: Vec::new(),
    };
    let key = &stored.key;
    if state
        .keys
        .insert(&stored)
        .await
        .map_err(FinishError::Store)?
    {
        tracing::info!(
            target: "audit",
            key_id = %key.id, label = key.label, algorithm = %key.algorithm, token = key.token, requester = key.creator,
            "key made, and finished after an interruption"
        );
    } else {
        let place = token.reserve().map_err(FinishError::Token)?;
        token
            .destroy(place, &key.id, &stored.material)
            .await
            .map_err(FinishError::Token)?;
        tracing::info!(
            target: "audit",
            key_id = %key.id, label = key.label, token = key.token,
            "key pair destroyed that was begun and whose label another key has"
        );
    }
    forget(state, begun).await
}

async fn forget(state: &State, begun: &KeyInMaking) -> Result<(), FinishError> {
    let deleted = state.keys.making().delete(&begun.id).await;
    deleted.map_err(FinishError::Store)
}
