//! Signing: checked, journalled, signed; in this order and in no other.

use std::sync::Arc;

use aws_lc_rs::digest::{SHA256, digest};
use ers_pki::key::{SignatureAlgorithm, UnknownSignatureAlgorithm};
use ers_runtime::error::{Fault, Kind};
use ers_signer_client::{KeyId, Purpose};

use crate::backend::{Message, TokenError};
use crate::domain::{self, Beyond, InvalidField, NotGranted};
use crate::flows::places;
use crate::journal::{AppendError, NewEntry, Position};
use crate::state::State;
use crate::store::{StoreError, StoredKey};

/// Longest note of a caller.
const MAX_CONTEXT: usize = 8 * 1024;
/// Bytes beyond this are parsed on a thread that may take its time.
const QUICK: usize = 64 * 1024;

/// What is asked for, as it came, but for the bytes.
#[derive(Debug)]
pub(crate) struct Ask {
    pub(crate) request_id: String,
    pub(crate) key_id: KeyId,
    pub(crate) purpose: i32,
    pub(crate) signature_algorithm: String,
    pub(crate) context: Vec<u8>,
}

/// Who may have what signed with which key.
pub(super) struct Admitted {
    pub(super) key: Arc<StoredKey>,
    pub(super) algorithm: SignatureAlgorithm,
}

/// Bytes that the key may sign.
pub(super) struct Checked {
    pub(super) message: Message,
    /// SHA-256 of the bytes.
    pub(super) digest: [u8; 32],
}

/// A signature, and the place of the entry that precedes it.
#[derive(Debug)]
pub(crate) struct Signature {
    pub(crate) signature: Vec<u8>,
    pub(crate) position: Position,
}

/// Why nothing was signed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SignError {
    #[error("sign")]
    Field(#[source] InvalidField),
    #[error("sign: purpose {0} is unknown")]
    Purpose(i32),
    #[error("sign")]
    Algorithm(#[source] UnknownSignatureAlgorithm),
    #[error("sign: only a CRL may come in pieces")]
    NotLong,
    #[error("sign: {0}")]
    Pieces(&'static str),
    #[error("sign: the note is longer than 8 KiB")]
    ContextTooLong,
    #[error("load key {0}: there is none")]
    NoKey(KeyId),
    #[error("sign")]
    NotGranted(#[source] NotGranted),
    #[error("sign: key {key_id} is not for {purpose}")]
    OtherPurpose { key_id: KeyId, purpose: Purpose },
    #[error("sign for {purpose}")]
    Beyond {
        purpose: Purpose,
        #[source]
        source: Beyond,
    },
    #[error("sign: key {key_id} is in quarantine ({reason}); an administrator must lift it")]
    Quarantined { key_id: KeyId, reason: String },
    #[error("sign: token {0} of the key is not configured")]
    NoToken(String),
    #[error("sign: load key")]
    Store(#[source] StoreError),
    #[error("sign: the signer is ending")]
    Ending,
    #[error(transparent)]
    Journal(AppendError),
    #[error(transparent)]
    Token(TokenError),
}

/// Signs.
#[tracing::instrument(
    name = "signer.sign", skip_all,
    fields(request_id = ask.request_id, key_id = %ask.key_id, purpose = ask.purpose, requester = caller)
)]
pub(crate) async fn run(
    state: &State,
    caller: &str,
    ask: Ask,
    to_be_signed: Vec<u8>,
) -> Result<Signature, SignError> {
    let purpose = Purpose::from_wire(ask.purpose).ok_or(SignError::Purpose(ask.purpose))?;
    let (request_id, key_id) = (ask.request_id.clone(), ask.key_id.clone());
    let outcome = sign(state, caller, purpose, ask, to_be_signed).await;
    tell(state, caller, purpose, (&request_id, &key_id), &outcome);
    outcome
}

/// Counts what came of it, and tells of a refusal.
pub(super) fn tell(
    state: &State,
    caller: &str,
    purpose: Purpose,
    (request_id, key_id): (&str, &KeyId),
    outcome: &Result<Signature, SignError>,
) {
    state.metrics.signature(
        purpose,
        outcome
            .as_ref()
            .map_or_else(SignError::outcome, |_| "signed"),
    );
    if let Err(error) = outcome
        && error.is_refusal()
    {
        let error = ers_runtime::error::chain(error);
        tracing::warn!(target: "audit", request_id, %key_id, %purpose, requester = caller, error, "signature refused");
    }
}

async fn sign(
    state: &State,
    caller: &str,
    purpose: Purpose,
    ask: Ask,
    to_be_signed: Vec<u8>,
) -> Result<Signature, SignError> {
    // 1. Who asks for what
    let admitted = admit(state, caller, purpose, &ask).await?;
    // 2. The bytes are what they should be
    let checked = check(
        Arc::clone(&admitted.key),
        purpose,
        admitted.algorithm,
        to_be_signed,
    )
    .await?;
    complete(state, caller, purpose, ask, admitted, checked).await
}

/// Whether the caller may have anything signed with the key for the purpose.
pub(super) async fn admit(
    state: &State,
    caller: &str,
    purpose: Purpose,
    ask: &Ask,
) -> Result<Admitted, SignError> {
    domain::check_request_id(&ask.request_id).map_err(SignError::Field)?;
    let algorithm: SignatureAlgorithm = ask
        .signature_algorithm
        .parse()
        .map_err(SignError::Algorithm)?;
    if ask.context.len() > MAX_CONTEXT {
        return Err(SignError::ContextTooLong);
    }
    let key = state
        .find_key(&ask.key_id)
        .await
        .map_err(SignError::Store)?;
    let key = key.ok_or_else(|| SignError::NoKey(ask.key_id.clone()))?;
    state
        .grants
        .may_sign(caller, &key.key, purpose)
        .map_err(SignError::NotGranted)?;
    if !key.key.purposes.contains(&purpose) {
        return Err(SignError::OtherPurpose {
            key_id: key.key.id.clone(),
            purpose,
        });
    }
    Ok(Admitted { key, algorithm })
}

/// Signs what was checked.
pub(super) async fn complete(
    state: &State,
    caller: &str,
    purpose: Purpose,
    ask: Ask,
    Admitted { key, algorithm }: Admitted,
    Checked { message, digest }: Checked,
) -> Result<Signature, SignError> {
    // 3. There will be a place at the token
    if let Some(quarantine) = state.quarantine(&key) {
        return Err(SignError::Quarantined {
            key_id: key.key.id.clone(),
            reason: quarantine.reason,
        });
    }
    let place = places::reserve(state, &key, &[])
        .ok_or_else(|| SignError::NoToken(key.key.token.clone()))?
        .map_err(SignError::Token)?;
    // 4. The entry is durable
    let entry = NewEntry {
        at_ms: state.clock.now_ms(),
        caller: caller.to_owned(),
        request_id: ask.request_id,
        key_id: key.key.id.clone(),
        purpose,
        signature_algorithm: algorithm,
        to_be_signed: match &message {
            Message::Whole(bytes) if is_kept_whole(purpose) => Some(bytes.clone()),
            Message::Whole(_) | Message::Digest(_) => None,
        },
        digest,
        context: ask.context,
    };
    let position = state
        .journal
        .append(entry)
        .await
        .map_err(SignError::Journal)?;
    // 5. And only now the signature
    let signature = places::sign(state, &key, place, algorithm, message)
        .await
        .map_err(SignError::Token)?;
    tracing::debug!(
        chain = &*position.chain,
        sequence = position.sequence,
        "signed"
    );
    Ok(Signature {
        signature,
        position,
    })
}

/// A certificate that was signed and never stored can be found again only here; all else can be made again.
fn is_kept_whole(purpose: Purpose) -> bool {
    match purpose {
        Purpose::Certificate => true,
        Purpose::Crl
        | Purpose::Ocsp
        | Purpose::Cms
        | Purpose::Tls
        | Purpose::Token
        | Purpose::CertificateRequest
        | Purpose::Cmp
        | Purpose::Decryption => false,
    }
}

/// The bytes and their digest, when the key may sign them.
async fn check(
    key: Arc<StoredKey>,
    purpose: Purpose,
    algorithm: SignatureAlgorithm,
    bytes: Vec<u8>,
) -> Result<Checked, SignError> {
    let length = bytes.len();
    let check = move || {
        domain::check(&key.key, purpose, algorithm, &bytes)
            .map_err(|source| SignError::Beyond { purpose, source })?;
        let mut octets = [0; 32];
        octets.copy_from_slice(digest(&SHA256, &bytes).as_ref());
        Ok(Checked {
            message: Message::Whole(bytes),
            digest: octets,
        })
    };
    if length <= QUICK {
        return check();
    }
    tokio::task::spawn_blocking(check)
        .await
        .unwrap_or(Err(SignError::Ending))
}

impl SignError {
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
            Self::Journal(_) => "journal",
            Self::Quarantined { .. } => "quarantined",
            Self::Store(_) | Self::NoToken(_) | Self::Ending => "failed",
            _ => "refused",
        }
    }
}

impl Fault for SignError {
    fn kind(&self) -> Kind {
        match self {
            Self::Field(_)
            | Self::Purpose(_)
            | Self::Algorithm(_)
            | Self::NotLong
            | Self::Pieces(_)
            | Self::ContextTooLong
            | Self::Beyond { .. } => Kind::InvalidArgument,
            Self::NoKey(_) => Kind::NotFound,
            Self::NotGranted(_) | Self::OtherPurpose { .. } => Kind::PermissionDenied,
            Self::Quarantined { .. } => Kind::FailedPrecondition,
            Self::NoToken(_) | Self::Ending => Kind::Unavailable,
            Self::Store(error) => error.kind(),
            Self::Journal(error) => error.kind(),
            Self::Token(error) => error.kind(),
        }
    }

    fn field(&self) -> Option<&str> {
        match self {
            Self::Field(error) => Some(error.field),
            Self::Purpose(_) | Self::OtherPurpose { .. } | Self::NotLong => Some("purpose"),
            Self::Pieces(_) => Some("part"),
            Self::Algorithm(_) => Some("signature_algorithm"),
            Self::ContextTooLong => Some("context"),
            Self::Beyond { source, .. } => Some(source.field()),
            Self::NoKey(_) => Some("key_id"),
            Self::NotGranted(_)
            | Self::Quarantined { .. }
            | Self::NoToken(_)
            | Self::Store(_)
            | Self::Ending
            | Self::Journal(_)
            | Self::Token(_) => None,
        }
    }
}
