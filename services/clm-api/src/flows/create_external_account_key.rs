//! A new external account key (RFC 8555 section 7.3.4): random, sealed by the signer, shown this once.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use ers_runtime::error::{Fault, Kind};
use ers_signer_client::SignerError;
use time::Duration;
use zeroize::Zeroizing;

use super::{Actor, Flows};
use crate::{
    domain::{
        external_account::{ExternalAccountKey, KEY_LENGTH, SEALING_CONTEXT},
        id::{AccountKeyId, EndEntityName, PolicyName},
        protocol::Protocol,
    },
    store::StoreError,
};

const ID_OCTETS: usize = 16;

/// A key asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewExternalAccountKey {
    /// Accounts under this policy only.
    pub policy: PolicyName,
    /// For whom; made in the policy's realm when it is not there.
    pub end_entity: Option<EndEntityName>,
    /// For how long it can make accounts.
    pub validity: Option<Duration>,
}

/// A key, in the clear this once.
pub struct CreatedKey {
    /// Its identifier.
    pub key_id: AccountKeyId,
    /// Base64url without padding, as certbot and lego take it.
    pub mac_key: Zeroizing<String>,
}

/// Why there is none.
#[derive(Debug, thiserror::Error)]
pub enum CreateExternalAccountKeyError {
    /// No policy of that name.
    #[error("make external account key: there is no policy {0}")]
    NoPolicy(PolicyName),
    /// No account could ever be made with it.
    #[error("make external account key: policy {0} is not for ACME")]
    NotForAcme(PolicyName),
    /// A validity of nothing, or too long.
    #[error("make external account key: must be more than nothing and end before the year 9999")]
    Validity,
    /// The random generator failed.
    #[error("make external account key: random octets")]
    Random,
    /// The signer did not seal it.
    #[error("make external account key: seal")]
    Seal(#[source] SignerError),
    /// The database.
    #[error("make external account key: database")]
    Store(#[from] StoreError),
}

impl Flows {
    /// Makes a key.
    #[tracing::instrument(name = "clm.create_external_account_key", skip_all)]
    pub async fn create_external_account_key(
        &self,
        new: &NewExternalAccountKey,
        actor: &Actor,
    ) -> Result<CreatedKey, CreateExternalAccountKeyError> {
        let policy = self
            .policies
            .find(&new.policy)
            .ok_or_else(|| CreateExternalAccountKeyError::NoPolicy(new.policy.clone()))?;
        if !policy
            .definition
            .rules()
            .protocols
            .contains(&Protocol::Acme)
        {
            return Err(CreateExternalAccountKeyError::NotForAcme(
                new.policy.clone(),
            ));
        }
        let now = self.clock.now();
        let expires_at_ms = match new.validity {
            None => None,
            Some(validity) if validity <= Duration::ZERO => {
                return Err(CreateExternalAccountKeyError::Validity);
            }
            Some(validity) => {
                let at = now
                    .checked_add(validity)
                    .ok_or(CreateExternalAccountKeyError::Validity)?;
                Some(ers_runtime::clock::to_ms(at))
            }
        };
        let mut secret = Zeroizing::new([0_u8; KEY_LENGTH]);
        let mut id = [0_u8; ID_OCTETS];
        fill(&mut id)?;
        fill(secret.as_mut_slice())?;
        let key_id: AccountKeyId = hex::encode(id)
            .parse()
            .map_err(|_| CreateExternalAccountKeyError::Random)?;
        let sealed_key = self
            .signer
            .seal(SEALING_CONTEXT, secret.as_slice())
            .await
            .map_err(CreateExternalAccountKeyError::Seal)?;
        self.note(
            actor,
            "external_account_key.create",
            key_id.as_str(),
            format!("policy {}", new.policy),
        )
        .await?;
        let now_ms = self.clock.now_ms();
        if let Some(name) = &new.end_entity {
            self.store
                .ensure_end_entity(&policy.definition.rules().realm, name, now_ms)
                .await?;
        }
        let key = ExternalAccountKey {
            key_id: key_id.clone(),
            sealed_key,
            policy: new.policy.clone(),
            end_entity: new.end_entity.clone(),
            expires_at_ms,
        };
        self.store
            .add_external_account_key(&key, &actor.name, now_ms)
            .await?;
        Ok(CreatedKey {
            key_id,
            mac_key: Zeroizing::new(URL_SAFE_NO_PAD.encode(secret.as_slice())),
        })
    }
}

fn fill(octets: &mut [u8]) -> Result<(), CreateExternalAccountKeyError> {
    aws_lc_rs::rand::fill(octets).map_err(|_| CreateExternalAccountKeyError::Random)
}

impl Fault for CreateExternalAccountKeyError {
    fn kind(&self) -> Kind {
        match self {
            Self::NoPolicy(_) => Kind::NotFound,
            Self::NotForAcme(_) | Self::Validity => Kind::InvalidArgument,
            Self::Random => Kind::Internal,
            Self::Seal(error) if error.is_retryable() => Kind::Unavailable,
            Self::Seal(_) => Kind::Internal,
            Self::Store(error) => error.kind(),
        }
    }

    fn field(&self) -> Option<&str> {
        match self {
            Self::NoPolicy(_) | Self::NotForAcme(_) => Some("policy"),
            Self::Validity => Some("validity"),
            Self::Random | Self::Seal(_) | Self::Store(_) => None,
        }
    }
}
