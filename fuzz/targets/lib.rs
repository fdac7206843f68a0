//! Everything that is fuzzed, by the crate that reads it.

mod acme_server;
mod pki;

pub use acme_server::jws;
pub use pki::*;
