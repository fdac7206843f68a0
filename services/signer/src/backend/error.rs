//! Why a token did not do what it was asked.

use ers_pki::key::{KeyAlgorithm, PrivateKeyError};
use ers_runtime::error::{Fault, Kind};

use crate::vault;

/// Why a token did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    /// Its queue is full.
    #[error("ask token {token}: too many wait")]
    Busy {
        /// The token.
        token: String,
    },
    /// It did not answer in time; the call goes on holding its place in the queue.
    #[error("ask token {token}: no answer in time")]
    TimedOut {
        /// The token.
        token: String,
    },
    /// The session was lost, and could not be had again at once.
    #[error("ask token {token}: the session was lost ({reason})")]
    SessionLost {
        /// The token.
        token: String,
        /// The library's word for it.
        reason: String,
    },
    /// There is no such token in any slot, or it cannot be reached.
    #[error("ask token {token}: it is out of reach ({reason})")]
    Absent {
        /// The token.
        token: String,
        /// The library's word for it.
        reason: String,
    },
    /// The token refused the PIN. It is not tried again, because the token would lock itself.
    #[error(
        "log in to token {token}: PIN refused ({reason}); correct the PIN, then restart the signer"
    )]
    PinRefused {
        /// The token.
        token: String,
        /// The library's word for it.
        reason: String,
    },
    /// The token has no private key where the key should be.
    #[error("find key on token {token}: it is not there")]
    KeyMissing {
        /// The token.
        token: String,
    },
    /// What the token signed does not verify with the key's public half: another key, or a fault in the token.
    #[error("verify signature of token {token}: it is not one by this key")]
    KeyMismatch {
        /// The token.
        token: String,
    },
    /// The token cannot make such keys, or sign so.
    #[error("ask token {token}: it knows no {what}")]
    Unsupported {
        /// The token.
        token: String,
        /// What it does not know.
        what: String,
    },
    /// The token failed in another way.
    #[error("ask token {token}: it failed ({reason})")]
    Failed {
        /// The token.
        token: String,
        /// The library's word for it.
        reason: String,
    },
    /// A software key does not open under the data key.
    #[error("unseal software key")]
    Sealed(#[source] vault::OpenError),
    /// A software key could not be made, parsed or used.
    #[error("use software key of {algorithm}")]
    Software {
        /// The kind of key.
        algorithm: KeyAlgorithm,
        /// Why.
        #[source]
        source: PrivateKeyError,
    },
}

impl TokenError {
    /// A word for metrics.
    pub fn outcome(&self) -> &'static str {
        match self {
            Self::Busy { .. } => "busy",
            Self::TimedOut { .. } => "timed_out",
            Self::SessionLost { .. } => "session_lost",
            Self::Absent { .. } => "token_absent",
            Self::PinRefused { .. } => "pin_refused",
            Self::KeyMissing { .. } => "key_missing",
            Self::KeyMismatch { .. } => "key_mismatch",
            Self::Unsupported { .. } => "unsupported",
            Self::Failed { .. } | Self::Sealed(_) | Self::Software { .. } => "failed",
        }
    }
}

impl Fault for TokenError {
    fn kind(&self) -> Kind {
        match self {
            Self::Busy { .. } => Kind::ResourceExhausted,
            Self::TimedOut { .. }
            | Self::SessionLost { .. }
            | Self::Absent { .. }
            | Self::PinRefused { .. } => Kind::Unavailable,
            Self::Unsupported { .. } => Kind::InvalidArgument,
            Self::KeyMissing { .. }
            | Self::KeyMismatch { .. }
            | Self::Failed { .. }
            | Self::Sealed(_)
            | Self::Software { .. } => Kind::Internal,
        }
    }
}
