//! The only way to ask for a signature. A service takes an `Arc<dyn Signer>`: in a process that is a
//! [`SignerClient`] over a channel, in a test a `fake::FakeSigner` (feature `fake`).
//!
//! To add a call: the `.proto` first, then a method of [`Signer`], then `remote.rs` and `fake.rs`.

mod administer;
mod error;
#[cfg(feature = "fake")]
pub mod fake;
mod journal;
mod key;
mod purpose;
mod remote;
mod signer;

pub use error::SignerError;
pub use journal::{ChainHead, JournalEntry, JournalStream, VerifyProgress, VerifyStream};
pub use key::{Key, KeyId, KeyLimits, KeyQuarantine, NewKey};
pub use purpose::{Purpose, UnknownPurpose};
pub use remote::SignerClient;
pub use signer::{
    ClientKey, DecryptCall, MacAlgorithm, MacCheck, PasswordKeyCall, PasswordMacCall, SignCall,
    Signed, Signer,
};
