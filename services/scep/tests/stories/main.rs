//! Stories of the SCEP server against a CLM that is a fake, and a signer in memory.

#![cfg(test)]
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a story that cannot go on has failed"
)]

mod authorities;
mod enrolling;
mod hostile;
mod looking_up;
mod support;
mod transactions;
