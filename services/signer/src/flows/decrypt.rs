//! Opening a content key for whoever may: checked, opened, told to the audit log. Nothing here tells a key that was
//! encrypted as it should be from one that was not.

use ers_pki::cms::{CmsError, KeyTransport};
use ers_runtime::error::{Fault, Kind};
use ers_signer_client::{KeyId, Purpose};
use zeroize::Zeroizing;

use crate::backend::{SealedKey, TokenError};
use crate::domain::{self, InvalidField, NotGranted};
use crate::flows::places;
use crate::state::State;
use crate::store::StoreError;

/// Longest ciphertext: RSA-8192.
const MAX_CIPHERTEXT: usize = 1024;
/// Longest content key.
const MAX_LENGTH: u32 = 64;

/// What is asked for, as it came.
#[derive(Debug)]
pub(crate) struct Ask {
    pub(crate) request_id: String,
    pub(crate) key_id: KeyId,
    pub(crate) algorithm: Vec<u8>,
    pub(crate) ciphertext: Vec<u8>,
    pub(crate) expected_length: u32,
}

/// Why nothing was opened.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DecryptError {
    #[error("decrypt")]
    Field(#[source] InvalidField),
    #[error("decrypt")]
    Algorithm(#[source] CmsError),
    #[error("decrypt: the ciphertext must have 1 to 1024 octets")]
    Ciphertext,
    #[error("decrypt: a content key has 1 to 64 octets")]
    Length,
    #[error("load key {0}: there is none")]
    NoKey(KeyId),
    #[error("decrypt")]
    NotGranted(#[source] NotGranted),
    #[error("decrypt: key {0} is not for decryption")]
    OtherPurpose(KeyId),
    #[error("decrypt: key {key_id} is in quarantine ({reason}); an administrator must lift it")]
    Quarantined { key_id: KeyId, reason: String },
    #[error("decrypt: token {0} of the key is not configured")]
    NoToken(String),
    #[error("decrypt: load key")]
    Store(#[source] StoreError),
    #[error(transparent)]
    Token(TokenError),
}

/// Opens a content key.
#[tracing::instrument(
    name = "signer.decrypt", skip_all,
    fields(request_id = ask.request_id, key_id = %ask.key_id, requester = caller)
)]
pub(crate) async fn run(
    state: &State,
    caller: &str,
    ask: Ask,
) -> Result<Zeroizing<Vec<u8>>, DecryptError> {
    let (request_id, key_id) = (ask.request_id.clone(), ask.key_id.clone());
    let outcome = decrypt(state, caller, ask).await;
    let word = outcome
        .as_ref()
        .map_or_else(DecryptError::outcome, |_| "opened");
    state.metrics.decryption(word);
    match &outcome {
        Ok(_) => {
            tracing::info!(target: "audit", %request_id, %key_id, requester = caller, "content key opened");
        }
        Err(error) if error.is_refusal() => {
            let error = ers_runtime::error::chain(error);
            tracing::warn!(target: "audit", %request_id, %key_id, requester = caller, error, "decryption refused");
        }
        Err(_) => {}
    }
    outcome
}

async fn decrypt(
    state: &State,
    caller: &str,
    ask: Ask,
) -> Result<Zeroizing<Vec<u8>>, DecryptError> {
    // 1. Who asks for what
    domain::check_request_id(&ask.request_id).map_err(DecryptError::Field)?;
    let transport =
        KeyTransport::from_identifier_der(&ask.algorithm).map_err(DecryptError::Algorithm)?;
    if !(1..=MAX_CIPHERTEXT).contains(&ask.ciphertext.len()) {
        return Err(DecryptError::Ciphertext);
    }
    let expected_length = usize::try_from(ask.expected_length)
        .ok()
        .filter(|_| (1..=MAX_LENGTH).contains(&ask.expected_length))
        .ok_or(DecryptError::Length)?;
    let key = state.find_key(&ask.key_id).await;
    let key = key
        .map_err(DecryptError::Store)?
        .ok_or(DecryptError::NoKey(ask.key_id))?;
    state
        .grants
        .may_decrypt(caller, &key.key)
        .map_err(DecryptError::NotGranted)?;
    if !key.key.purposes.contains(&Purpose::Decryption) {
        return Err(DecryptError::OtherPurpose(key.key.id.clone()));
    }
    if let Some(quarantine) = state.quarantine(&key) {
        return Err(DecryptError::Quarantined {
            key_id: key.key.id.clone(),
            reason: quarantine.reason,
        });
    }
    // 2. The key opens it
    let sealed = SealedKey {
        transport,
        ciphertext: ask.ciphertext,
        expected_length,
    };
    let place = places::reserve(state, &key, &[])
        .ok_or_else(|| DecryptError::NoToken(key.key.token.clone()))?
        .map_err(DecryptError::Token)?;
    places::open_key(state, &key, place, &sealed)
        .await
        .map_err(DecryptError::Token)
}

impl DecryptError {
    /// Whether somebody asked for what they may not have, rather than at a bad time.
    fn is_refusal(&self) -> bool {
        matches!(
            self.kind(),
            Kind::InvalidArgument | Kind::PermissionDenied | Kind::NotFound
        )
    }

    fn outcome(&self) -> &'static str {
        match self {
            Self::Token(error) => error.outcome(),
            Self::Quarantined { .. } => "quarantined",
            Self::Store(_) | Self::NoToken(_) => "failed",
            _ => "refused",
        }
    }
}

impl Fault for DecryptError {
    fn kind(&self) -> Kind {
        match self {
            Self::Field(_) | Self::Algorithm(_) | Self::Ciphertext | Self::Length => {
                Kind::InvalidArgument
            }
            Self::NoKey(_) => Kind::NotFound,
            Self::NotGranted(_) | Self::OtherPurpose(_) => Kind::PermissionDenied,
            Self::Quarantined { .. } => Kind::FailedPrecondition,
            Self::NoToken(_) => Kind::Unavailable,
            Self::Store(error) => error.kind(),
            Self::Token(error) => error.kind(),
        }
    }

    fn field(&self) -> Option<&str> {
        match self {
            Self::Field(error) => Some(error.field),
            Self::Algorithm(_) => Some("algorithm"),
            Self::Ciphertext => Some("ciphertext"),
            Self::Length => Some("expected_length"),
            Self::NoKey(_) | Self::OtherPurpose(_) => Some("key_id"),
            Self::NotGranted(_)
            | Self::Quarantined { .. }
            | Self::NoToken(_)
            | Self::Store(_)
            | Self::Token(_) => None,
        }
    }
}
