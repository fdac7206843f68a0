//! Small secrets of other services: sealed, unsealed, and used here for their owner.

use std::num::NonZeroU32;
use std::sync::Arc;

use aws_lc_rs::{hmac, pbkdf2};
use ers_pki::cmp::{PasswordMac, PasswordMacError};
use ers_runtime::error::{Fault, Kind};
use zeroize::Zeroizing;

use crate::domain::{self, InvalidField, NotGranted};
use crate::state::State;
use crate::vault::{OpenError, Use};

const MAX_SECRET: usize = 64 * 1024;
/// Most octets that a MAC with a password is over.
const MAX_DATA: usize = 3 * 1024 * 1024;
/// Up to here a MAC is computed at once; more work gets a thread of its own.
const QUICK_ITERATIONS: u32 = 2_000;
const QUICK_OCTETS: usize = 64 * 1024;
/// Most MACs with a password that are computed at a time on threads of their own.
pub(crate) const MOST_SLOW_MACS: usize = 8;

/// A key that is derived from a password.
const KEY_OCTETS: usize = 32;
const SALT_OCTETS: std::ops::RangeInclusive<usize> = 16..=128;
const ITERATIONS: std::ops::RangeInclusive<u32> = 10_000..=100_000;

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
    #[error("compute a code with a password")]
    PasswordMac(#[source] PasswordMacError),
    #[error("compute a code with a password: the data is longer than 3 MiB")]
    DataTooLong,
    #[error("derive a key from a password: the salt must have 16 to 128 octets")]
    Salt,
    #[error(
        "compute a code with a password: answers are protected as what came, with another salt of 16 to 128 octets"
    )]
    AnswerAlgorithm,
    #[error("derive a key from a password: there must be 10,000 to 100,000 iterations")]
    Iterations,
    #[error("compute a code with a password: too many are being computed")]
    Busy,
    #[error("compute a code with a password: the signer is ending")]
    Ending,
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

/// A code to be computed with a password.
#[derive(Debug, Clone)]
pub(crate) struct PasswordCode {
    pub(crate) context: String,
    pub(crate) sealed_secret: Vec<u8>,
    pub(crate) algorithm: Vec<u8>,
    pub(crate) data: Vec<u8>,
}

/// A code that came, and how answers to who sent it are to be protected.
#[derive(Debug)]
pub(crate) struct Expected {
    pub(crate) mac: Vec<u8>,
    /// AlgorithmIdentifier, DER; empty: the key for answers is not asked for.
    pub(crate) answer_algorithm: Vec<u8>,
}

/// Computes a code with a password, or, when `expected` is given, says whether that is it (an empty one never is).
pub(crate) async fn password_mac(
    state: &Arc<State>,
    caller: &str,
    code: PasswordCode,
    expected: Option<Expected>,
) -> Result<MacOutcome, SealError> {
    domain::check_context(&code.context).map_err(SealError::Field)?;
    state
        .grants
        .may_verify_mac(caller, &code.context)
        .map_err(refused)?;
    if code.data.len() > MAX_DATA {
        return Err(SealError::DataTooLong);
    }
    let mac = PasswordMac::from_der(&code.algorithm).map_err(SealError::PasswordMac)?;
    let answers = match &expected {
        Some(expected) if !expected.answer_algorithm.is_empty() => {
            Some(answer_mac(&mac, &expected.answer_algorithm)?)
        }
        _ => None,
    };
    let secret = state
        .vault
        .open(Use::Secret(&code.context), &code.sealed_secret)
        .map_err(SealError::Open)?;
    let is_quick = mac.iterations() <= QUICK_ITERATIONS && code.data.len() <= QUICK_OCTETS;
    let compute = move || match expected {
        Some(expected) if mac.verify(&secret, &code.data, &expected.mac) => {
            MacOutcome::Valid(answers.map(|answers| answers.derive_key(&secret)))
        }
        Some(_) => MacOutcome::Wrong,
        None => MacOutcome::Mac(mac.compute(&secret, &code.data)),
    };
    if is_quick {
        return Ok(compute());
    }
    let _place = state.slow_macs.try_acquire().map_err(|_| SealError::Busy)?;
    tokio::task::spawn_blocking(compute)
        .await
        .map_err(|_| SealError::Ending)
}

/// How answers are protected: as what came, so that it costs as much, with another salt.
fn answer_mac(mac: &PasswordMac, algorithm: &[u8]) -> Result<PasswordMac, SealError> {
    let answers = PasswordMac::from_der(algorithm).map_err(SealError::PasswordMac)?;
    if !SALT_OCTETS.contains(&answers.salt().len())
        || answers.salt() == mac.salt()
        || mac.with_salt(answers.salt()) != answers
    {
        return Err(SealError::AnswerAlgorithm);
    }
    Ok(answers)
}

/// A key to be derived from a password.
#[derive(Debug, Clone)]
pub(crate) struct PasswordKey {
    pub(crate) context: String,
    pub(crate) sealed_secret: Vec<u8>,
    pub(crate) salt: Vec<u8>,
    pub(crate) iterations: u32,
}

/// Derives a key from a password: PBKDF2 with HMAC-SHA-256.
pub(crate) async fn password_key(
    state: &Arc<State>,
    caller: &str,
    wanted: PasswordKey,
) -> Result<Zeroizing<Vec<u8>>, SealError> {
    domain::check_context(&wanted.context).map_err(SealError::Field)?;
    state
        .grants
        .may_verify_mac(caller, &wanted.context)
        .map_err(refused)?;
    if !SALT_OCTETS.contains(&wanted.salt.len()) {
        return Err(SealError::Salt);
    }
    let iterations = NonZeroU32::new(wanted.iterations)
        .filter(|_| ITERATIONS.contains(&wanted.iterations))
        .ok_or(SealError::Iterations)?;
    let secret = state
        .vault
        .open(Use::Secret(&wanted.context), &wanted.sealed_secret)
        .map_err(SealError::Open)?;
    let _place = state.slow_macs.try_acquire().map_err(|_| SealError::Busy)?;
    tokio::task::spawn_blocking(move || {
        let mut key = Zeroizing::new(vec![0; KEY_OCTETS]);
        let algorithm = pbkdf2::PBKDF2_HMAC_SHA256;
        pbkdf2::derive(algorithm, iterations, &wanted.salt, &secret, &mut key);
        key
    })
    .await
    .map_err(|_| SealError::Ending)
}

/// A code, or whether one is right.
pub(crate) enum MacOutcome {
    Mac(Vec<u8>),
    /// With the key for answers, when it was asked for.
    Valid(Option<Zeroizing<Vec<u8>>>),
    Wrong,
}

fn refused(error: NotGranted) -> SealError {
    tracing::warn!(target: "audit", requester = error.caller, act = error.act, "sealed secret refused");
    SealError::NotGranted(error)
}

impl Fault for SealError {
    fn kind(&self) -> Kind {
        match self {
            Self::Field(_)
            | Self::Length
            | Self::Open(_)
            | Self::Algorithm
            | Self::PasswordMac(_)
            | Self::Salt
            | Self::AnswerAlgorithm
            | Self::Iterations
            | Self::DataTooLong => Kind::InvalidArgument,
            Self::Busy => Kind::ResourceExhausted,
            Self::Ending => Kind::Unavailable,
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
            Self::PasswordMac(_) => Some("algorithm"),
            Self::DataTooLong => Some("data"),
            Self::Salt => Some("salt"),
            Self::AnswerAlgorithm => Some("answer_algorithm"),
            Self::Iterations => Some("iterations"),
            Self::NotGranted(_) | Self::Seal | Self::Busy | Self::Ending => None,
        }
    }
}
