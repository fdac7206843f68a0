//! Faults, one a line in the file `faults` beside the library; read at each call.

use std::fmt;
use std::time::Duration;

/// What the library does instead of what it should.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// A function answers with this value and does nothing.
    Return(&'static str, u64),
    /// As [`Fault::Return`], one time.
    ReturnOnce(&'static str, u64),
    /// A function takes so long, then does what it should.
    Delay(&'static str, Duration),
    /// One bit of each signature is another.
    Flip,
    /// There is no token in the slot.
    Removed,
    /// The token knows no such mechanism (CKM_...).
    NoMechanism(u64),
    /// The token says that the user PIN is locked.
    PinLocked,
    /// The token says that one try of the user PIN is left.
    FinalTry,
    /// The process ends in a function.
    Crash(&'static str),
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Return(function, value) => write!(f, "return {function} {value}"),
            Self::ReturnOnce(function, value) => write!(f, "once {function} {value}"),
            Self::Delay(function, time) => write!(f, "delay {function} {}", time.as_millis()),
            Self::Flip => f.write_str("flip"),
            Self::Removed => f.write_str("removed"),
            Self::NoMechanism(mechanism) => write!(f, "mechanism {mechanism}"),
            Self::PinLocked => f.write_str("pin-locked"),
            Self::FinalTry => f.write_str("final-try"),
            Self::Crash(function) => write!(f, "crash {function}"),
        }
    }
}
