//! A policy made or changed: a new version, in force at once here and within a second in every replica.

use std::sync::Arc;

use ers_runtime::error::{Fault, Kind};

use super::{Act, Actor, Flows};
use crate::{
    clients::CaraError,
    domain::{
        access::Reach,
        id::{PolicyName, RealmName},
        policy::{Policy, PolicyDefinition, PolicyError},
    },
    store::{NewPolicyVersion, StoreError},
};

/// Under which conditions a policy is applied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyWish {
    /// Where the one who asks may change policies.
    pub reach: Reach,
    /// The version that is to be changed, 0: none; absent: whichever is there.
    pub expected: Option<u32>,
}

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
    /// The realm takes no policies.
    #[error("apply policy: realm {0} is archived")]
    Archived(RealmName),
    /// Who asks may not change policies there.
    #[error("apply policy: not allowed in realm {0}")]
    Beyond(RealmName),
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
        wish: &PolicyWish,
        actor: &Actor,
    ) -> Result<Applied, ApplyPolicyError> {
        // 1. Read and check it: against itself, its realm, and CARA
        let definition = PolicyDefinition::parse(text).map_err(ApplyPolicyError::Definition)?;
        let rules = definition.rules();
        if !wish
            .reach
            .has(rules.realm.as_str(), definition.name().as_str())
        {
            return Err(ApplyPolicyError::Beyond(rules.realm.clone()));
        }
        match self.store.find_realm(&rules.realm).await? {
            None => return Err(ApplyPolicyError::NoRealm(rules.realm.clone())),
            Some(realm) if realm.archived_at_ms.is_some() => {
                return Err(ApplyPolicyError::Archived(rules.realm.clone()));
            }
            Some(_) => {}
        }
        self.check_against_cara(&definition).await?;

        // 2. Against what is in force
        self.policies.refresh(&self.store).await?;
        let before = self.policies.find(definition.name());
        let version = before.as_ref().map_or(0, |policy| policy.version);
        if wish.expected.is_some_and(|expected| expected != version) {
            return Err(ApplyPolicyError::ChangedMeanwhile(
                definition.name().clone(),
            ));
        }
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
        let act = Act {
            realm: Some(&rules.realm),
            detail: format!("version after {after:?}"),
            before: before
                .as_ref()
                .map(|policy| policy.definition.text().to_owned()),
            after: Some(definition.text().to_owned()),
            ..Act::on("policy.apply", definition.name().as_str())
        };
        self.note_act(actor, act).await?;
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
            Self::ChangedMeanwhile(_) | Self::Archived(_) => Kind::FailedPrecondition,
            Self::Beyond(_) => Kind::PermissionDenied,
            Self::Cara(error) => error.kind(),
            Self::Store(error) => error.kind(),
        }
    }

    fn field(&self) -> Option<&str> {
        match self {
            Self::Definition(PolicyError::Key { key, .. }) => Some(key),
            Self::Definition(PolicyError::TooLong) => Some("definition"),
            Self::NoRealm(_) | Self::Archived(_) | Self::Beyond(_) | Self::OtherRealm { .. } => {
                Some("realm")
            }
            Self::NoIssuer(_) => Some("issuer"),
            Self::NoProfile(_) => Some("profile"),
            Self::ChangedMeanwhile(_) => Some("version"),
            Self::Cara(_) | Self::Store(_) => None,
        }
    }
}
