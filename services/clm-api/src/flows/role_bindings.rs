//! Roles given and taken away. Nobody gives what they do not have, where they do not have it; the last administrator
//! stays one.

use ers_runtime::error::{Fault, Kind};

use super::{Act, Actor, Flows, RoleError};
use crate::{
    domain::{
        access::{Grants, Reach},
        id::{PolicyName, RealmName, RoleName},
        permission::Permission,
        role::{ADMINISTRATOR, Binding, Subject, SubjectKind},
    },
    store::{StoreError, Unbound},
};

/// A role to be given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewBinding {
    /// The role.
    pub role: RoleName,
    /// Who gets it.
    pub subject: Subject,
    /// Only in this realm.
    pub realm: Option<RealmName>,
    /// Only for this policy of the realm.
    pub policy: Option<PolicyName>,
}

/// Why it was not done.
#[derive(Debug, thiserror::Error)]
pub enum BindingError {
    /// No such role.
    #[error("give role")]
    Role(#[source] RoleError),
    /// No such realm.
    #[error("give role: there is no realm {0}")]
    NoRealm(RealmName),
    /// No such policy in the realm.
    #[error("give role: the realm has no policy {0}")]
    NoPolicy(PolicyName),
    /// A policy without its realm.
    #[error("give role: a policy needs its realm")]
    PolicyAlone,
    /// It allows something that the one who gives it may not do there.
    #[error("give role: nobody gives permissions that they do not have there")]
    Beyond,
    /// There is none of that id.
    #[error("take role away: there is no binding {0}")]
    Unknown(String),
    /// Nobody would be administrator any more.
    #[error("take role away: somebody must be administrator of all realms")]
    LastAdministrator,
    /// The database.
    #[error("role binding: database")]
    Store(#[from] StoreError),
}

impl Flows {
    /// The bindings within reach.
    pub async fn list_bindings(&self, reach: &Reach) -> Result<Vec<Binding>, StoreError> {
        let mut all = self.store.list_bindings().await?;
        all.retain(|binding| is_within(reach, binding));
        Ok(all)
    }

    /// Gives a role.
    #[tracing::instrument(name = "clm.bind_role", skip_all)]
    pub async fn bind_role(
        &self,
        new: &NewBinding,
        held: &Grants,
        actor: &Actor,
    ) -> Result<Binding, BindingError> {
        let role = self
            .show_role(&new.role)
            .await
            .map_err(BindingError::Role)?;
        if let Some(realm) = &new.realm
            && self.store.find_realm(realm).await?.is_none()
        {
            return Err(BindingError::NoRealm(realm.clone()));
        }
        if let Some(policy) = &new.policy {
            let realm = new.realm.as_ref().ok_or(BindingError::PolicyAlone)?;
            self.policies
                .find(policy)
                .filter(|found| found.definition.rules().realm == *realm)
                .ok_or_else(|| BindingError::NoPolicy(policy.clone()))?;
        }
        let mut wanted = role.grant(new.realm.clone(), new.policy.clone());
        // Who may give roles in a realm at all must hold that permission there too.
        wanted.permissions.insert(Permission::RoleManage);
        if !held.cover(&wanted) {
            return Err(BindingError::Beyond);
        }
        let binding = Binding {
            id: uuid::Uuid::now_v7().to_string(),
            role: new.role.clone(),
            subject: new.subject.clone(),
            realm: new.realm.clone(),
            policy: new.policy.clone(),
            created_at_ms: self.clock.now_ms(),
            created_by: actor.name.clone(),
        };
        let object = object(&binding);
        let act = Act {
            realm: binding.realm.as_ref(),
            after: Some(told(&binding)),
            ..Act::on("role.give", &object)
        };
        self.note_act(actor, act).await?;
        Ok(self.store.insert_binding(&binding).await?)
    }

    /// Takes a role away.
    #[tracing::instrument(name = "clm.unbind_role", skip_all)]
    pub async fn unbind_role(
        &self,
        id: &str,
        reach: &Reach,
        actor: &Actor,
    ) -> Result<(), BindingError> {
        let unknown = || BindingError::Unknown(id.chars().take(64).collect());
        let binding = self
            .store
            .find_binding(id)
            .await?
            .filter(|binding| is_within(reach, binding))
            .ok_or_else(unknown)?;
        if binding.role.as_str() == ADMINISTRATOR
            && binding.realm.is_none()
            && binding.subject.kind == SubjectKind::Person
            && self
                .is_last_administrator(binding.subject.name.as_str())
                .await?
        {
            return Err(BindingError::LastAdministrator);
        }
        let object = object(&binding);
        let act = Act {
            realm: binding.realm.as_ref(),
            before: Some(told(&binding)),
            ..Act::on("role.take", &object)
        };
        self.note_act(actor, act).await?;
        match self.store.remove_binding(id).await? {
            Unbound::LastAdministrator => Err(BindingError::LastAdministrator),
            Unbound::Taken(0) => Err(unknown()),
            Unbound::Taken(_) => Ok(()),
        }
    }
}

fn is_within(reach: &Reach, binding: &Binding) -> bool {
    match (&binding.realm, &binding.policy) {
        (None, _) => *reach == Reach::Everywhere,
        (Some(realm), None) => reach.has_realm(realm),
        (Some(realm), Some(policy)) => reach.has(realm.as_str(), policy.as_str()),
    }
}

fn object(binding: &Binding) -> String {
    format!("{} {}", binding.subject.kind.as_str(), binding.subject.name)
}

fn told(binding: &Binding) -> String {
    serde_json::json!({"role": binding.role, "realm": binding.realm, "policy": binding.policy})
        .to_string()
}

impl Fault for BindingError {
    fn kind(&self) -> Kind {
        match self {
            Self::Role(error) => error.kind(),
            Self::NoRealm(_) | Self::NoPolicy(_) | Self::Unknown(_) => Kind::NotFound,
            Self::PolicyAlone => Kind::InvalidArgument,
            Self::Beyond => Kind::PermissionDenied,
            Self::LastAdministrator => Kind::FailedPrecondition,
            Self::Store(error) => error.kind(),
        }
    }

    fn field(&self) -> Option<&str> {
        match self {
            Self::Role(_) => Some("role"),
            Self::NoRealm(_) => Some("realm"),
            Self::NoPolicy(_) | Self::PolicyAlone => Some("policy"),
            Self::Unknown(_) => Some("id"),
            Self::Beyond | Self::LastAdministrator | Self::Store(_) => None,
        }
    }
}
