//! Telling of tokens: what the signer knows of each, and what each says of itself.

use std::collections::BTreeMap;
use std::sync::Arc;

use ers_proto::signer::v1 as wire;

use crate::backend::{Description, Token};
use crate::flows::read_keys::{ReadKeysError, allow};
use crate::state::State;

/// All tokens of the configuration. They are asked at the same time: one that is slow keeps only itself.
pub(crate) async fn run(state: &State, caller: &str) -> Result<Vec<wire::Token>, ReadKeysError> {
    allow(state, caller)?;
    let mut keys: BTreeMap<String, u32> = BTreeMap::new();
    for key in state.keys.list().await.map_err(ReadKeysError::Store)? {
        for (token, _) in key.places() {
            *keys.entry(token.to_owned()).or_default() += 1;
        }
    }
    let told = state.tokens.iter().map(async |(name, token)| {
        let description = describe(token).await;
        let standing = token.may_ask();
        let small = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        wire::Token {
            name: name.clone(),
            kind: token.kind().to_owned(),
            is_default: *name == state.default_token,
            up: standing.is_ok(),
            reason: standing
                .err()
                .map_or_else(String::new, |error| error.to_string()),
            queue_depth: small(token.depth()),
            queue_length: small(token.capacity()),
            keys: keys.get(name).copied().unwrap_or_default(),
            description: description.map(wire::TokenDescription::from),
        }
    });
    Ok(futures::future::join_all(told).await)
}

async fn describe(token: &Arc<dyn Token>) -> Option<Description> {
    let place = token.reserve().ok()?;
    token.describe(place).await.ok().flatten()
}

impl From<Description> for wire::TokenDescription {
    fn from(description: Description) -> Self {
        Self {
            label: description.label,
            serial: description.serial,
            manufacturer: description.manufacturer,
            model: description.model,
            firmware_version: description.firmware_version,
            slot: description.slot,
            sessions: description.sessions,
            max_sessions: description.max_sessions,
            mechanisms: description.mechanisms,
            free_slots: description.free_slots,
            pin_state: description.pin_state,
        }
    }
}
