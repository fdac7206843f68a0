//! The services that every edge calls.

use std::sync::Arc;

use ers_runtime::Context;
use ers_runtime::grpc::{self, Channel};
use ers_signer_client::{Signer, SignerClient};

/// The services that an edge calls.
#[derive(Clone)]
pub struct Deps {
    /// The way to clm-api.
    pub clm: Channel,
    /// The signer: whatever needs a key or a secret.
    pub signer: Arc<dyn Signer>,
}

/// A key of the configuration that is needed to run alone is missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("read configuration: {0} is missing, which is needed to run alone")]
pub struct Missing(pub &'static str);

impl Deps {
    /// Over the network, for a service that runs alone: the addresses of its configuration, keys `clm` and `signer`.
    pub fn connect(
        context: &Context,
        clm: Option<&str>,
        signer: Option<&str>,
    ) -> Result<Self, Missing> {
        let clm = clm.ok_or(Missing("clm"))?;
        let signer = signer.ok_or(Missing("signer"))?;
        Ok(Self {
            clm: grpc::connect(context, "clm-api", clm),
            signer: Arc::new(SignerClient::new(grpc::connect(context, "signer", signer))),
        })
    }
}
