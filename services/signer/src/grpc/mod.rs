//! The contract `ers.signer.v1`, one file per service.

mod administration;
mod decryption;
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

use ers_proto::signer::v1 as wire;
use tonic::Status;

/// Questions of one stream at the same time; the token's queue refuses sooner.
const AT_ONCE: usize = 4096;

/// A status as an answer in a stream.
fn failure(status: &Status) -> wire::CallFailure {
    wire::CallFailure {
        code: status.code().into(),
        message: status.message().to_owned(),
    }
}
