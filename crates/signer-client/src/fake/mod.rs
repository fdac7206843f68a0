//! An in-memory signer for the tests of those who ask for signatures. Its signatures are real; it keeps purposes
//! and the journal, but knows no grants and does not parse what it signs.

mod sealing;
mod signer;

pub use signer::{FakeSigner, Hang};
