//! Small secrets of other services: sealed, unsealed, and used here for their owner.

use aws_lc_rs::hmac;
use ers_runtime::error::{Fault, Kind};
use zeroize::Zeroizing;

use crate::domain::{self, InvalidField, NotGranted};
use crate::state::State;
use crate::vault::{OpenError, Use};

const MAX_SECRET: usize = 64 * 1024;

/// Why a secret was not sealed, unsealed or used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SealError {
    #[error("use a sealed secret")]
    Field(#[source] InvalidField),
    #[error("seal: the secret is empty or longer than 64 KiB")]
    Length,
    #[error("use a sealed secret")]
    NotGranted(#[source] NotGranted),
    #[error("unseal")]
    Open(#[source] OpenError),
    #[error("seal: the random number generator failed")]
    Seal,
    #[error("check a code: expected one of HS256, HS384, HS512")]
    Algorithm,
}

/// Seals a secret for a context.
pub(crate) fn seal(
    state: &State,
    caller: &str,
    context: &str,
    secret: &[u8],
) -> Result<Vec<u8>, SealError> {
    domain::check_context(context).map_err(SealError::Field)?;
    state.grants.may_seal(caller, context).map_err(refused)?;
    if !(1..=MAX_SECRET).contains(&secret.len()) {
        return Err(SealError::Length);
    }
    state
        .vault
        .seal(Use::Secret(context), secret)
        .map_err(|_| SealError::Seal)
}

/// Gives back what was sealed.
pub(crate) fn unseal(
    state: &State,
    caller: &str,
    context: &str,
    sealed: &[u8],
) -> Result<Zeroizing<Vec<u8>>, SealError> {
    domain::check_context(context).map_err(SealError::Field)?;
    state.grants.may_unseal(caller, context).map_err(refused)?;
    state
        .vault
        .open(Use::Secret(context), sealed)
        .map_err(SealError::Open)
}

/// A code to be checked.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Code<'a> {
    pub(crate) context: &'a str,
    pub(crate) sealed_key: &'a [u8],
    pub(crate) algorithm: &'a str,
    pub(crate) data: &'a [u8],
    pub(crate) mac: &'a [u8],
}

/// Whether a code is right; compared in constant time.
pub(crate) fn verify_mac(state: &State, caller: &str, code: Code<'_>) -> Result<bool, SealError> {
    domain::check_context(code.context).map_err(SealError::Field)?;
    state
        .grants
        .may_verify_mac(caller, code.context)
        .map_err(refused)?;
    let algorithm = match code.algorithm {
        "HS256" => hmac::HMAC_SHA256,
        "HS384" => hmac::HMAC_SHA384,
        "HS512" => hmac::HMAC_SHA512,
        _ => return Err(SealError::Algorithm),
    };
    let key = state
        .vault
        .open(Use::Secret(code.context), code.sealed_key)
        .map_err(SealError::Open)?;
    Ok(hmac::verify(&hmac::Key::new(algorithm, &key), code.data, code.mac).is_ok())
}

fn refused(error: NotGranted) -> SealError {
    tracing::warn!(target: "audit", requester = error.caller, act = error.act, "sealed secret refused");
    SealError::NotGranted(error)
}

impl Fault for SealError {
    fn kind(&self) -> Kind {
        match self {
            Self::Field(_) | Self::Length | Self::Open(_) | Self::Algorithm => {
                Kind::InvalidArgument
            }
            Self::NotGranted(_) => Kind::PermissionDenied,
            Self::Seal => Kind::Internal,
        }
    }

    fn field(&self) -> Option<&str> {
        match self {
            Self::Field(error) => Some(error.field),
            Self::Length => Some("secret"),
            Self::Open(_) => Some("sealed"),
            Self::Algorithm => Some("mac_algorithm"),
            Self::NotGranted(_) | Self::Seal => None,
        }
    }
}
