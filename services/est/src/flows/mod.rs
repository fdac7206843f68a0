//! The operations of EST, one file each.

mod attributes;
mod authenticate;
mod ca_certificates;
mod enroll;
mod server_keys;

use std::sync::Arc;

use ers_runtime::{clock::SharedClock, tls::Identity};
use ers_signer_client::Signer;

pub(crate) use authenticate::{Known, Shown};
pub(crate) use enroll::{Answer, Asked};
pub(crate) use server_keys::MadeKey;

use crate::clients::clm::Clm;

/// Everything that the operations work with.
pub(crate) struct Flows {
    pub(crate) clm: Clm,
    pub(crate) signer: Arc<dyn Signer>,
    pub(crate) clock: SharedClock,
    pub(crate) identity: Arc<Identity>,
}
