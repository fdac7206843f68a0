//! Which of the tokens that hold a key signs: the one with the shortest queue, in turn where they are equal; another one
//! when it fails.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use ers_pki::key::SignatureAlgorithm;
use zeroize::Zeroizing;

use crate::backend::{Message, Reservation, SealedKey, Token, TokenError};
use crate::flows::quarantine;
use crate::state::State;
use crate::store::StoredKey;

/// A token with a place for a signature.
pub(super) struct Place<'a> {
    name: &'a str,
    token: &'a Arc<dyn Token>,
    material: &'a [u8],
    reservation: Reservation,
}

/// A place at one of the key's tokens; none when none of them is configured.
pub(super) fn reserve<'a>(
    state: &'a State,
    key: &'a StoredKey,
    tried: &[&str],
) -> Option<Result<Place<'a>, TokenError>> {
    let mut places: Vec<_> = key
        .places()
        .filter(|(name, _)| !tried.contains(name))
        .filter_map(|(name, material)| Some((name, material, state.tokens.get(name)?)))
        .collect();
    if places.len() > 1 {
        let turn = state.turn.fetch_add(1, Ordering::Relaxed) % places.len();
        places.rotate_left(turn);
        let is_shunned = |name: &str| {
            let pair = (key.key.id.clone(), name.to_owned());
            state.shunned.contains_key(&pair)
        };
        places.sort_by_cached_key(|(name, _, token)| (is_shunned(name), token.depth()));
    }
    let mut refused: Option<TokenError> = None;
    for (name, material, token) in places {
        match token.reserve() {
            Ok(reservation) => {
                return Some(Ok(Place {
                    name,
                    token,
                    material,
                    reservation,
                }));
            }
            // a full queue will have a place before a token that is away comes back
            Err(error) if matches!(error, TokenError::Busy { .. }) || refused.is_none() => {
                refused = Some(error);
            }
            Err(_) => {}
        }
    }
    refused.map(Err)
}

/// Whether every token that may be asked for the key signs digests.
pub(super) fn sign_digests(state: &State, key: &StoredKey, algorithm: SignatureAlgorithm) -> bool {
    key.places()
        .filter_map(|(name, _)| state.tokens.get(name))
        .all(|token| token.signs_digests(algorithm))
}

/// Opens a content key, on another token when the fault is one token's alone.
pub(super) async fn open_key(
    state: &State,
    key: &StoredKey,
    mut place: Place<'_>,
    sealed: &SealedKey,
) -> Result<Zeroizing<Vec<u8>>, TokenError> {
    let mut tried = Vec::new();
    loop {
        let name = place.name;
        tried.push(name);
        let opened = place
            .token
            .open_key(place.reservation, key, place.material, sealed.clone())
            .await;
        let error = match opened {
            Ok(octets) => return Ok(octets),
            Err(error) => error,
        };
        if !error.is_elsewhere_possible() {
            return Err(error);
        }
        let Some(Ok(next)) = reserve(state, key, &tried) else {
            return Err(error);
        };
        state.metrics.failover(name);
        place = next;
    }
}

/// Signs, on another token when the fault is one token's alone. A wrong signature is not handed on, and its key signs no
/// more.
pub(super) async fn sign(
    state: &State,
    key: &StoredKey,
    mut place: Place<'_>,
    algorithm: SignatureAlgorithm,
    mut message: Message,
) -> Result<Vec<u8>, TokenError> {
    let mut tried = Vec::new();
    loop {
        let name = place.name;
        tried.push(name);
        // the last one that can be asked needs no copy
        let bytes = if tried.len() > key.replicas.len() {
            std::mem::replace(&mut message, Message::Whole(Vec::new()))
        } else {
            message.clone()
        };
        let signed = place
            .token
            .sign(place.reservation, key, place.material, algorithm, bytes)
            .await;
        let error = match signed {
            Ok(signature) => return Ok(signature),
            Err(error) => error,
        };
        if matches!(error, TokenError::WrongSignature { .. }) {
            quarantine::impose(state, key, name).await;
        }
        if matches!(
            error,
            TokenError::KeyMissing { .. } | TokenError::KeyMismatch { .. }
        ) {
            let error = ers_runtime::error::chain(&error);
            tracing::error!(target: "audit", key_id = %key.key.id, token = name, error, "token has not the key that it should have");
            let pair = (key.key.id.clone(), name.to_owned());
            state.shunned.insert(pair, ()).await;
        }
        if !error.is_elsewhere_possible() {
            return Err(error);
        }
        let Some(Ok(next)) = reserve(state, key, &tried) else {
            return Err(error);
        };
        let error = ers_runtime::error::chain(&error);
        tracing::warn!(key_id = %key.key.id, token = name, next = next.name, error, "another token is asked");
        state.metrics.failover(name);
        place = next;
    }
}
