//! A key for a client, made by the crypto library's own generator, handed out once and kept nowhere. No other key of the
//! signer ever leaves it.

use std::sync::Arc;

use ers_pki::key::{KeyAlgorithm, PrivateKey, PrivateKeyError, UnknownKeyAlgorithm};
use ers_runtime::error::{Fault, Kind};
use tokio::sync::Semaphore;
use zeroize::Zeroizing;

use crate::domain::{self, InvalidField, NotGranted};
use crate::state::State;

/// An RSA key takes up to seconds of a processor: signatures go first.
const AT_A_TIME: usize = 1;
/// Who comes when so many wait is turned away at once.
const MOST_WAITING: usize = 16;

static WORKING: Semaphore = Semaphore::const_new(AT_A_TIME);
static PLACES: Semaphore = Semaphore::const_new(AT_A_TIME + MOST_WAITING);

/// A key in the clear, this once.
pub(crate) struct Made {
    /// SubjectPublicKeyInfo, DER.
    pub(crate) public_key: Vec<u8>,
    /// PKCS#8, DER.
    pub(crate) private_key: Zeroizing<Vec<u8>>,
}

/// Why there is no key.
#[derive(Debug, thiserror::Error)]
pub(crate) enum MakeClientKeyError {
    #[error("make client key")]
    Field(#[source] InvalidField),
    #[error("make client key")]
    Algorithm(#[source] UnknownKeyAlgorithm),
    #[error("make client key: no {0} keys are made for clients")]
    TooSlow(KeyAlgorithm),
    #[error("make client key")]
    NotGranted(#[source] NotGranted),
    #[error("make client key: too many at once")]
    Busy,
    #[error("make client key")]
    Make(#[source] PrivateKeyError),
    #[error("make client key: stopped")]
    Stopped,
}

/// Makes a key.
pub(crate) async fn run(
    state: &Arc<State>,
    caller: &str,
    request_id: &str,
    algorithm: &str,
) -> Result<Made, MakeClientKeyError> {
    domain::check_request_id(request_id).map_err(MakeClientKeyError::Field)?;
    state
        .grants
        .may_make_client_keys(caller)
        .map_err(|error| {
            tracing::warn!(target: "audit", requester = error.caller, act = error.act, "key for a client refused");
            MakeClientKeyError::NotGranted(error)
        })?;
    let algorithm: KeyAlgorithm = algorithm.parse().map_err(MakeClientKeyError::Algorithm)?;
    if matches!(
        algorithm.as_str(),
        "RSA-6144" | "RSA-8192" | "RSA-PSS-6144" | "RSA-PSS-8192"
    ) {
        return Err(MakeClientKeyError::TooSlow(algorithm));
    }
    let _place = PLACES.try_acquire().map_err(|_| MakeClientKeyError::Busy)?;
    let turn = WORKING
        .acquire()
        .await
        .map_err(|_| MakeClientKeyError::Stopped)?;
    let made = tokio::task::spawn_blocking(move || make(algorithm)).await;
    drop(turn);
    let made = made
        .map_err(|_| MakeClientKeyError::Stopped)?
        .map_err(MakeClientKeyError::Make)?;
    tracing::info!(target: "audit", act = "client_key.make", requester = caller, request_id, %algorithm,
        "key made for a client");
    Ok(made)
}

fn make(algorithm: KeyAlgorithm) -> Result<Made, PrivateKeyError> {
    let key = PrivateKey::generate(algorithm)?;
    Ok(Made {
        public_key: key.public_key().spki_der().to_vec(),
        private_key: key.to_pkcs8_der()?,
    })
}

impl Fault for MakeClientKeyError {
    fn kind(&self) -> Kind {
        match self {
            Self::Field(_) | Self::Algorithm(_) | Self::TooSlow(_) => Kind::InvalidArgument,
            Self::NotGranted(_) => Kind::PermissionDenied,
            Self::Busy => Kind::ResourceExhausted,
            Self::Make(_) | Self::Stopped => Kind::Internal,
        }
    }

    fn field(&self) -> Option<&str> {
        match self {
            Self::Field(error) => Some(error.field),
            Self::Algorithm(_) | Self::TooSlow(_) => Some("key_algorithm"),
            Self::NotGranted(_) | Self::Busy | Self::Make(_) | Self::Stopped => None,
        }
    }
}
