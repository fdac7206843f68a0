//! What administrators ask of the signer beside the trait: tokens, copies of keys, quarantine.

use ers_proto::signer::v1 as wire;

use crate::{Key, KeyId, SignerClient, SignerError};

impl SignerClient {
    /// The tokens of the signer's configuration and what each says of itself.
    ///
    /// # Errors
    /// [`SignerError`]
    pub async fn list_tokens(&self) -> Result<Vec<wire::Token>, SignerError> {
        let request = wire::ListTokensRequest {};
        Ok(self
            .keys
            .clone()
            .list_tokens(request)
            .await?
            .into_inner()
            .tokens)
    }

    /// Notes that a token holds a copy of a key. `token_key_id` is the CKA_ID of the copy where it is another one
    /// than the original's.
    ///
    /// # Errors
    /// [`SignerError`]; [`SignerError::Invalid`] when the token has no such key, or another one under its id.
    pub async fn attach_replica(
        &self,
        id: &KeyId,
        token: &str,
        token_key_id: Option<Vec<u8>>,
    ) -> Result<Key, SignerError> {
        let request = wire::AttachReplicaRequest {
            key_id: id.to_string(),
            token: token.to_owned(),
            token_key_id: token_key_id.unwrap_or_default(),
        };
        let answer = self.keys.clone().attach_replica(request).await?;
        answer.into_inner().try_into()
    }

    /// Forgets a copy of a key; it stays on its token.
    ///
    /// # Errors
    /// [`SignerError`]
    pub async fn detach_replica(&self, id: &KeyId, token: &str) -> Result<Key, SignerError> {
        let request = wire::DetachReplicaRequest {
            key_id: id.to_string(),
            token: token.to_owned(),
        };
        let answer = self.keys.clone().detach_replica(request).await?;
        answer.into_inner().try_into()
    }

    /// Lets a key sign again that had made a wrong signature.
    ///
    /// # Errors
    /// [`SignerError`]
    pub async fn lift_quarantine(&self, id: &KeyId, reason: &str) -> Result<Key, SignerError> {
        let request = wire::LiftQuarantineRequest {
            key_id: id.to_string(),
            reason: reason.to_owned(),
        };
        let answer = self.keys.clone().lift_quarantine(request).await?;
        answer.into_inner().try_into()
    }
}
