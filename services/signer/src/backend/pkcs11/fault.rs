//! What a return value means for the next call.

use pkcs11::error::{Error, RvError};

use serde::{Deserialize, Serialize};

use super::super::TokenError;

/// Why a call failed, told apart by what to do about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Fault {
    /// Session or login are gone: open another session and try once more.
    SessionLost(String),
    /// The token, or the way to it: look for it again, a little later each time.
    TokenLost(String),
    /// The device says that it failed: as for a token that is away.
    DeviceFailed(String),
    /// No answer in time.
    Hung,
    /// The PIN: never again with this one.
    PinRefused(String),
    /// The PIN is locked: not before it was unlocked.
    PinLocked(String),
    /// No private key where one should be, or more than one.
    KeyMissing,
    /// Another key under the id.
    KeyMismatch,
    /// What came back does not verify.
    WrongSignature,
    /// The token does not know the mechanism, or not this size.
    Unsupported(String),
    /// This call and no other.
    Failed(String),
}

impl Fault {
    /// Whether the token is to be looked for again, a little later each time.
    pub(super) fn is_absence(&self) -> bool {
        matches!(
            self,
            Self::TokenLost(_) | Self::DeviceFailed(_) | Self::Hung
        )
    }

    /// Whether the session that it was met in is of no use any more.
    pub(super) fn is_end_of_session(&self) -> bool {
        self.is_absence() || matches!(self, Self::SessionLost(_))
    }

    /// Whether it says that the PIN must not be tried again.
    pub(super) fn is_pin(&self) -> bool {
        matches!(self, Self::PinRefused(_) | Self::PinLocked(_))
    }

    pub(super) fn named(self, token: &str) -> TokenError {
        let token = token.to_owned();
        match self {
            Self::SessionLost(reason) => TokenError::SessionLost { token, reason },
            Self::TokenLost(reason) => TokenError::Absent { token, reason },
            Self::DeviceFailed(reason) => TokenError::DeviceFailed { token, reason },
            Self::Hung => TokenError::Hung { token },
            Self::PinRefused(reason) => TokenError::PinRefused { token, reason },
            Self::PinLocked(reason) => TokenError::PinLocked { token, reason },
            Self::WrongSignature => TokenError::WrongSignature { token },
            Self::KeyMissing => TokenError::KeyMissing { token },
            Self::KeyMismatch => TokenError::KeyMismatch { token },
            Self::Unsupported(what) => TokenError::Unsupported { token, what },
            Self::Failed(reason) => TokenError::Failed { token, reason },
        }
    }
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        let reason = error.to_string();
        match error {
            Error::Pkcs11(value, function) => {
                of_return_value(value, format!("{function}: {value:?}"))
            }
            Error::NullFunctionPointer | Error::NotSupported | Error::MissingSymbol(_) => {
                Self::Unsupported(reason)
            }
            Error::PinNotSet => Self::PinRefused(reason),
            _ => Self::Failed(reason),
        }
    }
}

fn of_return_value(value: RvError, reason: String) -> Fault {
    match value {
        RvError::SessionHandleInvalid
        | RvError::SessionClosed
        | RvError::SessionCount
        | RvError::UserNotLoggedIn
        | RvError::KeyHandleInvalid
        | RvError::ObjectHandleInvalid
        | RvError::OperationActive
        | RvError::OperationNotInitialized => Fault::SessionLost(reason),
        RvError::CryptokiNotInitialized
        | RvError::TokenNotPresent
        | RvError::TokenNotRecognized
        | RvError::DeviceRemoved
        | RvError::SlotIdInvalid
        | RvError::LibraryLoadFailed => Fault::TokenLost(reason),
        RvError::DeviceError
        | RvError::DeviceMemory
        | RvError::HostMemory
        | RvError::GeneralError
        | RvError::FunctionFailed
        | RvError::VendorDefined(_) => Fault::DeviceFailed(reason),
        RvError::PinLocked => Fault::PinLocked(reason),
        RvError::PinIncorrect
        | RvError::PinInvalid
        | RvError::PinLenRange
        | RvError::PinExpired
        | RvError::UserPinNotInitialized
        | RvError::UserTypeInvalid => Fault::PinRefused(reason),
        RvError::MechanismInvalid
        | RvError::MechanismParamInvalid
        | RvError::KeySizeRange
        | RvError::CurveNotSupported
        | RvError::DomainParamsInvalid
        | RvError::FunctionNotSupported => Fault::Unsupported(reason),
        _ => Fault::Failed(reason),
    }
}

#[cfg(test)]
mod tests {
    use pkcs11::context::Function;

    use super::*;

    fn of(value: RvError) -> Fault {
        Fault::from(Error::Pkcs11(value, Function::Sign))
    }

    #[test]
    fn a_lost_session_a_removed_token_and_a_wrong_pin_are_three_different_errors() {
        assert!(matches!(
            of(RvError::SessionHandleInvalid),
            Fault::SessionLost(_)
        ));
        assert!(matches!(
            of(RvError::UserNotLoggedIn),
            Fault::SessionLost(_)
        ));
        assert!(matches!(of(RvError::DeviceRemoved), Fault::TokenLost(_)));
        assert!(matches!(of(RvError::TokenNotPresent), Fault::TokenLost(_)));
        assert!(matches!(of(RvError::PinIncorrect), Fault::PinRefused(_)));
        assert!(matches!(of(RvError::PinLocked), Fault::PinLocked(_)));
        assert!(matches!(of(RvError::DeviceError), Fault::DeviceFailed(_)));
        assert!(matches!(of(RvError::GeneralError), Fault::DeviceFailed(_)));
        assert!(matches!(
            of(RvError::KeyFunctionNotPermitted),
            Fault::Failed(_)
        ));
    }
}
