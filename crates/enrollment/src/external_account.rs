//! External account keys: RFC 8555 §7.3.4.

use ers_proto::clm::v1 as wire;
use time::OffsetDateTime;

use crate::clm::Clm;
use crate::error::ClmError;
use crate::policy::Edge;
use crate::request::from_timestamp;

/// An external account key.
#[derive(Debug, Clone)]
pub struct ExternalAccountKey {
    /// Sealed by the signer.
    pub sealed_key: Vec<u8>,
    /// The only policy that it is for; empty: any.
    pub policy: String,
    /// The end entity that it stands for; empty: none.
    pub end_entity: String,
    /// When it ends.
    pub expires_at: Option<OffsetDateTime>,
}

impl<E: Edge> Clm<E> {
    /// The external account key of an id.
    pub async fn find_external_account_key(
        &self,
        key_id: &str,
    ) -> Result<Option<ExternalAccountKey>, ClmError> {
        let request = wire::LoadExternalAccountKeyRequest {
            key_id: key_id.to_owned(),
        };
        let answer = self.client().load_external_account_key(request).await;
        match answer.map_err(ClmError::of("LoadExternalAccountKey")) {
            Ok(answer) => {
                let key = answer.into_inner();
                Ok(Some(ExternalAccountKey {
                    sealed_key: key.sealed_key,
                    policy: key.policy,
                    end_entity: key.end_entity,
                    expires_at: key.expires_at.map(from_timestamp),
                }))
            }
            Err(ClmError::NotFound { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }
}
