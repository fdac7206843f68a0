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
    /// It had so much to do that the call did not come up in time. Nothing was done.
    #[error("ask token {token}: too slow, the call did not come up in time")]
    TimedOut {
        /// The token.
        token: String,
    },
    /// It was asked and did not answer in time; the call may still be under way in it.
    #[error("ask token {token}: it hangs, no answer in time")]
    Hung {
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
    /// The token, or the way to it, is broken at present.
    #[error("ask token {token}: the device failed ({reason})")]
    DeviceFailed {
        /// The token.
        token: String,
        /// The library's word for it.
        reason: String,
    },
    /// The token refused the PIN. The same PIN is not tried again, because the token would lock itself.
    #[error(
        "log in to token {token}: PIN refused ({reason}); it is not tried again until it was changed where `pin` says"
    )]
    PinRefused {
        /// The token.
        token: String,
        /// The library's word for it.
        reason: String,
    },
    /// The token has locked the PIN.
    #[error(
        "log in to token {token}: PIN locked, or nearly so ({reason}); the security officer must unlock it"
    )]
    PinLocked {
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
    /// Under the key's id the token has another key.
    #[error("find key on token {token}: another key is under its id")]
    KeyMismatch {
        /// The token.
        token: String,
    },
    /// What the token signed does not verify with the key's public half: a fault in the token. It is not handed on.
    #[error("verify signature of token {token}: it is wrong")]
    WrongSignature {
        /// The token.
        token: String,
    },
    /// Keys of this kind of token have no copies elsewhere.
    #[error("find key on token {token}: its keys have no copies")]
    NoCopies {
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
    /// A content key was not opened for a reason that has nothing to do with how it was encrypted.
    pub(super) fn not_opened(token: &str) -> Self {
        Self::Failed {
            token: token.to_owned(),
            reason: "open content key".to_owned(),
        }
    }

    /// Whether the key may sign on another token that has it: the fault is this token's alone.
    pub fn is_elsewhere_possible(&self) -> bool {
        match self {
            Self::Busy { .. }
            | Self::TimedOut { .. }
            | Self::Hung { .. }
            | Self::SessionLost { .. }
            | Self::Absent { .. }
            | Self::DeviceFailed { .. }
            | Self::PinRefused { .. }
            | Self::PinLocked { .. }
            | Self::KeyMissing { .. }
            | Self::KeyMismatch { .. }
            | Self::Unsupported { .. }
            | Self::Failed { .. } => true,
            Self::WrongSignature { .. }
            | Self::NoCopies { .. }
            | Self::Sealed(_)
            | Self::Software { .. } => false,
        }
    }

    /// A word for metrics.
    pub fn outcome(&self) -> &'static str {
        match self {
            Self::Busy { .. } => "busy",
            Self::TimedOut { .. } => "timed_out",
            Self::Hung { .. } => "hung",
            Self::DeviceFailed { .. } => "device_failed",
            Self::PinLocked { .. } => "pin_locked",
            Self::WrongSignature { .. } => "wrong_signature",
            Self::NoCopies { .. } => "no_copies",
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
            | Self::Hung { .. }
            | Self::SessionLost { .. }
            | Self::Absent { .. }
            | Self::DeviceFailed { .. }
            | Self::PinRefused { .. }
            | Self::PinLocked { .. } => Kind::Unavailable,
            Self::Unsupported { .. } | Self::NoCopies { .. } => Kind::InvalidArgument,
            Self::KeyMissing { .. }
            | Self::KeyMismatch { .. }
            | Self::WrongSignature { .. }
            | Self::Failed { .. }
            | Self::Sealed(_)
            | Self::Software { .. } => Kind::Internal,
        }
    }
}
