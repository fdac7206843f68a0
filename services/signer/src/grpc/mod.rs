//! The contract `ers.signer.v1`, one file per service.

mod administration;
mod decryption;
mod each;
mod journal;
mod keys;
mod sealing;
mod signing;

pub(crate) use administration::AdministrationService;
pub(crate) use decryption::DecryptionService;
pub(crate) use journal::JournalService;
pub(crate) use keys::KeysService;
pub(crate) use sealing::SealingService;
pub(crate) use signing::SigningService;
