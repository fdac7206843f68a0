//! The shared secret that an end entity protects messages with (RFC 9810 section 5.1.3.1). It stays sealed: the signer
//! computes with it. The edge tells afterwards whether the MAC was right, which counts as an attempt.

use ers_runtime::error::{Fault, Kind};

use super::{Capacity, Flows, LoadPolicyError};
use crate::{
    domain::{
        attempts::AttemptId,
        end_entity::requester_of,
        id::{EndEntityName, PolicyName},
        protocol::Protocol,
    },
    store::StoreError,
};

/// A shared secret and whose it is.
pub struct SharedSecret {
    /// Sealed with the context "clm/shared-secret".
    pub sealed: Vec<u8>,
    /// Whose.
    pub end_entity: EndEntityName,
    /// As one who asks for certificates.
    pub requester: String,
    /// As what.
    pub capacity: Capacity,
    /// No wrong MAC is counted: a right one need not be reported.
    pub nothing_counted: bool,
}

/// Why there is none.
#[derive(Debug, thiserror::Error)]
pub enum SharedSecretError {
    /// No such policy, or not for the protocol.
    #[error("load shared secret")]
    Policy(#[from] LoadPolicyError),
    /// Nobody of that name has one: unknown, suspended, without a secret, or the policy takes no MACs.
    #[error("load shared secret: there is none for this reference")]
    Unknown,
    /// Too many wrong MACs lately.
    #[error("load shared secret: too many attempts, try again in {seconds} seconds")]
    Locked {
        /// When again.
        seconds: i64,
    },
    /// The database.
    #[error("load shared secret: database")]
    Store(#[from] StoreError),
}

/// Whose secret, under which policy, from where.
pub struct SharedSecretOf<'a> {
    /// Identity of the calling service.
    pub client: &'a str,
    /// By which way.
    pub protocol: Protocol,
    /// Under which policy; absent: the client's default.
    pub policy: Option<PolicyName>,
    /// Name of an end entity, as it came.
    pub reference: &'a str,
    /// Where from; empty when not known.
    pub address: &'a str,
}

impl Flows {
    /// The shared secret of an end entity.
    #[tracing::instrument(name = "clm.load_shared_secret", skip_all)]
    pub async fn load_shared_secret(
        &self,
        asked: &SharedSecretOf<'_>,
    ) -> Result<SharedSecret, SharedSecretError> {
        let policy = self.load_policy(asked.policy.as_ref(), asked.client, asked.protocol)?;
        let rules = policy.definition.rules();
        let attempt = AttemptId::of(rules.name.as_str(), asked.reference, asked.address);
        let now_ms = self.clock.now_ms();
        let counted = self.store.find_attempts(&attempt, now_ms).await?;
        if let Some(left_ms) = counted.unwrap_or_default().locked_for_ms(now_ms) {
            tracing::warn!(target: "audit", act = "requester.deny", policy = %rules.name, address = asked.address,
                who = asked.reference, locked = true, "not let in");
            return Err(SharedSecretError::Locked {
                seconds: left_ms.saturating_div(1000).max(1),
            });
        }
        let name: EndEntityName = asked
            .reference
            .parse()
            .map_err(|_| SharedSecretError::Unknown)?;
        let entity = self
            .store
            .find_end_entity(&rules.realm, &name)
            .await?
            .filter(|entity| entity.active && rules.cmp.mac)
            .ok_or(SharedSecretError::Unknown)?;
        let sealed = entity.sealed_secret.ok_or(SharedSecretError::Unknown)?;
        let authority = entity.registration_authority
            || rules
                .authentication
                .registration_authorities
                .contains(&entity.name);
        Ok(SharedSecret {
            sealed,
            requester: requester_of(&entity.name),
            end_entity: entity.name,
            capacity: if authority {
                Capacity::RegistrationAuthority
            } else {
                Capacity::Holder
            },
            nothing_counted: counted.is_none(),
        })
    }

    /// Counts what the edge found of a MAC.
    #[tracing::instrument(name = "clm.report_attempt", skip_all)]
    pub async fn report_attempt(
        &self,
        asked: &SharedSecretOf<'_>,
        succeeded: bool,
    ) -> Result<(), SharedSecretError> {
        let policy = self.load_policy(asked.policy.as_ref(), asked.client, asked.protocol)?;
        let name = policy.definition.name();
        let attempt = AttemptId::of(name.as_str(), asked.reference, asked.address);
        let (address, who) = (asked.address, asked.reference);
        if succeeded {
            self.store.forget_attempts(&attempt).await?;
            tracing::info!(target: "audit", act = "requester.admit", policy = %name, address, who, method = "mac", "let in");
            self.metrics.authenticated(asked.protocol, "ok");
        } else {
            self.count_try(&attempt).await?;
            tracing::warn!(target: "audit", act = "requester.deny", policy = %name, address, who, method = "mac",
                "not let in");
            self.metrics.authenticated(asked.protocol, "denied");
        }
        Ok(())
    }
}

impl Fault for SharedSecretError {
    fn kind(&self) -> Kind {
        match self {
            Self::Policy(error) => error.kind(),
            Self::Unknown => Kind::NotFound,
            Self::Locked { .. } => Kind::ResourceExhausted,
            Self::Store(error) => error.kind(),
        }
    }

    fn field(&self) -> Option<&str> {
        match self {
            Self::Policy(error) => error.field(),
            Self::Unknown => Some("reference"),
            Self::Locked { .. } | Self::Store(_) => None,
        }
    }
}
