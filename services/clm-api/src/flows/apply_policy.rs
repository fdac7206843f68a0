//! A policy made or changed: a new version, in force at once here and within a second in every replica.

use std::sync::Arc;

use ers_runtime::error::{Fault, Kind};

use super::{Actor, Flows};
use crate::{
    clients::CaraError,
    domain::{
        id::{PolicyName, RealmName},
        policy::{Policy, PolicyDefinition, PolicyError},
    },
    store::{NewPolicyVersion, StoreError},
};

/// What applying a policy did.
#[derive(Debug, Clone)]
pub struct Applied {
    /// The policy in force.
    pub policy: Arc<Policy>,
    /// Whether there is a new version.
    pub changed: bool,
    /// Whether the policy is new.
    pub created: bool,
}

/// Why it was not applied.
#[derive(Debug, thiserror::Error)]
pub enum ApplyPolicyError {
    /// The text is no policy.
    #[error("apply policy")]
    Definition(#[source] PolicyError),
    /// The realm is not there.
    #[error("apply policy: there is no realm {0}")]
    NoRealm(RealmName),
    /// A policy does not move to another realm.
    #[error("apply policy: {policy} belongs to realm {realm}")]
    OtherRealm {
        /// The policy.
        policy: PolicyName,
        /// The realm that it belongs to.
        realm: RealmName,
    },
    /// CARA has no such CA.
    #[error("apply policy: CARA has no CA {0}")]
    NoIssuer(String),
    /// CARA has no such profile.
    #[error("apply policy: CARA has no profile {0}")]
    NoProfile(String),
    /// Somebody else changed it at the same time.
    #[error("apply policy: {0} was changed at the same time")]
    ChangedMeanwhile(PolicyName),
    /// CARA cannot be asked.
    #[error("apply policy: CARA")]
    Cara(#[source] CaraError),
    /// The database.
    #[error("apply policy: database")]
    Store(#[from] StoreError),
}

impl Flows {
    /// Makes a new version of what the text describes, unless it says nothing new.
    #[tracing::instrument(name = "clm.apply_policy", skip_all)]
    pub async fn apply_policy(
        &self,
        text: &str,
        actor: &Actor,
    ) -> Result<Applied, ApplyPolicyError> {
        // 1. Read and check it: against itself, its realm, and CARA
        let definition = PolicyDefinition::parse(text).map_err(ApplyPolicyError::Definition)?;
        let rules = definition.rules();
        if self.store.find_realm(&rules.realm).await?.is_none() {
            return Err(ApplyPolicyError::NoRealm(rules.realm.clone()));
        }
        self.check_against_cara(&definition).await?;

        // 2. Against what is in force
        self.policies.refresh(&self.store).await?;
        let before = self.policies.find(definition.name());
        if let Some(before) = &before {
            let realm = &before.definition.rules().realm;
            if *realm != rules.realm {
                let (policy, realm) = (definition.name().clone(), realm.clone());
                return Err(ApplyPolicyError::OtherRealm { policy, realm });
            }
            if before.definition == definition {
                return Ok(Applied {
                    policy: Arc::clone(before),
                    changed: false,
                    created: false,
                });
            }
        }

        // 3. Put it in force
        let after = before.as_ref().map(|policy| policy.version);
        self.note(
            actor,
            "policy.apply",
            definition.name().as_str(),
            format!("version after {after:?}"),
        )
        .await?;
        let new = NewPolicyVersion {
            definition: &definition,
            after,
            actor: &actor.name,
        };
        let meanwhile = || ApplyPolicyError::ChangedMeanwhile(definition.name().clone());
        if !self
            .store
            .add_policy_version(new, self.clock.now_ms())
            .await?
        {
            return Err(meanwhile());
        }
        self.policies.refresh(&self.store).await?;
        let policy = self
            .policies
            .find(definition.name())
            .ok_or_else(meanwhile)?;
        Ok(Applied {
            policy,
            changed: true,
            created: before.is_none(),
        })
    }

    async fn check_against_cara(
        &self,
        definition: &PolicyDefinition,
    ) -> Result<(), ApplyPolicyError> {
        let rules = definition.rules();
        if !self
            .cara
            .has_issuer(&rules.issuer)
            .await
            .map_err(ApplyPolicyError::Cara)?
        {
            return Err(ApplyPolicyError::NoIssuer(rules.issuer.to_string()));
        }
        if !self
            .cara
            .has_profile(&rules.profile)
            .await
            .map_err(ApplyPolicyError::Cara)?
        {
            return Err(ApplyPolicyError::NoProfile(rules.profile.to_string()));
        }
        Ok(())
    }
}

impl Fault for ApplyPolicyError {
    fn kind(&self) -> Kind {
        match self {
            Self::Definition(_)
            | Self::OtherRealm { .. }
            | Self::NoIssuer(_)
            | Self::NoProfile(_) => Kind::InvalidArgument,
            Self::NoRealm(_) => Kind::NotFound,
            Self::ChangedMeanwhile(_) => Kind::FailedPrecondition,
            Self::Cara(error) => error.kind(),
            Self::Store(error) => error.kind(),
        }
    }

    fn field(&self) -> Option<&str> {
        match self {
            Self::Definition(PolicyError::Key { key, .. }) => Some(key),
            Self::Definition(PolicyError::TooLong) => Some("definition"),
            Self::NoRealm(_) | Self::OtherRealm { .. } => Some("realm"),
            Self::NoIssuer(_) => Some("issuer"),
            Self::NoProfile(_) => Some("profile"),
            Self::ChangedMeanwhile(_) | Self::Cara(_) | Self::Store(_) => None,
        }
    }
}
