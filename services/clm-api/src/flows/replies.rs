//! Requests that may be repeated: what was answered is kept for a day, and given again. Bodies with secrets are sealed by
//! the signer.

use ers_runtime::error::{Fault, Kind};
use ers_signer_client::SignerError;

use super::Flows;
use crate::{
    domain::reply::{Reply, ReplyKey, SEALING_CONTEXT, Standing},
    store::StoreError,
};

/// Why a request cannot be made repeatable.
#[derive(Debug, thiserror::Error)]
pub enum ReplyError {
    /// The signer did not seal or unseal a body.
    #[error("keep reply: signer")]
    Signer(#[from] SignerError),
    /// The database.
    #[error("keep reply: database")]
    Store(#[from] StoreError),
}

impl Flows {
    /// How a request stands; a new one is noted as begun.
    #[tracing::instrument(name = "clm.begin_reply", skip_all)]
    pub async fn begin_reply(&self, key: &ReplyKey) -> Result<Standing, ReplyError> {
        match self.store.begin_reply(key, self.clock.now_ms()).await? {
            Standing::Answered(reply) if reply.secret => {
                let body = self.signer.unseal(SEALING_CONTEXT, &reply.body).await?;
                Ok(Standing::Answered(Reply {
                    body: body.to_vec(),
                    ..reply
                }))
            }
            standing => Ok(standing),
        }
    }

    /// Keeps what was answered.
    #[tracing::instrument(name = "clm.keep_reply", skip_all)]
    pub async fn keep_reply(&self, key: &ReplyKey, mut reply: Reply) -> Result<(), ReplyError> {
        if reply.secret {
            reply.body = self.signer.seal(SEALING_CONTEXT, &reply.body).await?;
        }
        Ok(self.store.keep_reply(key, &reply).await?)
    }

    /// Forgets a request that made nothing.
    #[tracing::instrument(name = "clm.forget_reply", skip_all)]
    pub async fn forget_reply(&self, key: &ReplyKey) -> Result<(), ReplyError> {
        Ok(self.store.forget_reply(key).await?)
    }
}

impl Fault for ReplyError {
    fn kind(&self) -> Kind {
        match self {
            Self::Signer(error) if error.is_retryable() => Kind::Unavailable,
            Self::Signer(_) => Kind::Internal,
            Self::Store(error) => error.kind(),
        }
    }

    fn field(&self) -> Option<&str> {
        None
    }
}
