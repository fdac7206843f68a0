//! Dev only. A PKCS #11 library around SoftHSM that fails when a test tells it to: slow, removed, broken, wrong. Each
//! [`FaultyToken`] is a library file of its own with a SoftHSM of its own, as if it were another vendor's device.
//!
//! To add a fault: a word in `fault.rs`, what it does in `shim.rs`.

mod fault;
mod shim;
mod token;

pub use fault::Fault;
pub use token::FaultyToken;
