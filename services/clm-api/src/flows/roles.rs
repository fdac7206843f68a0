//! Roles made, changed and removed. Those that come with the platform stay as they are; nobody puts a permission into a
//! role that they do not have everywhere themselves.

use std::collections::BTreeSet;

use ers_runtime::error::{Fault, Kind};

use super::{Act, Actor, Flows};
use crate::{
    domain::{
        access::{Grant, Grants},
        id::RoleName,
        permission::Permission,
        role::{LONGEST_DESCRIPTION, Role, ready},
    },
    store::{Inserted, StoreError},
};

/// What a role should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoleWish {
    /// Its name.
    pub name: RoleName,
    /// For people.
    pub description: String,
    /// What it allows.
    pub permissions: BTreeSet<Permission>,
    /// The version that is to be changed; absent: whichever is there.
    pub expected: Option<i64>,
}

/// Why it was not done.
#[derive(Debug, thiserror::Error)]
pub enum RoleError {
    /// There is none of that name.
    #[error("find role: there is no role {0}")]
    Unknown(RoleName),
    /// It comes with the platform.
    #[error("change role: {0} comes with the platform and stays as it is")]
    Ready(RoleName),
    /// It allows something that the one who asks may not do.
    #[error("change role: nobody gives permissions that they do not have in all realms")]
    Beyond,
    /// Too long, or with control characters.
    #[error("read description: at most {LONGEST_DESCRIPTION} characters, no control characters")]
    Description,
    /// Somebody else changed it.
    #[error("change role: {0} was changed meanwhile")]
    ChangedMeanwhile(RoleName),
    /// The database.
    #[error("role: database")]
    Store(#[from] StoreError),
}

impl Flows {
    /// All roles: those that come with the platform, then the others by name.
    pub async fn list_roles(&self) -> Result<Vec<Role>, StoreError> {
        let mut all = ready();
        let own = self.store.list_roles().await?;
        all.extend(
            own.into_iter()
                .filter(|role| Role::find_ready(&role.name).is_none()),
        );
        Ok(all)
    }

    /// A role.
    pub async fn show_role(&self, name: &RoleName) -> Result<Role, RoleError> {
        if let Some(role) = Role::find_ready(name) {
            return Ok(role);
        }
        self.store
            .find_role(name)
            .await?
            .ok_or_else(|| RoleError::Unknown(name.clone()))
    }

    /// Makes or changes a role; true when it is new.
    #[tracing::instrument(name = "clm.put_role", skip_all)]
    pub async fn put_role(
        &self,
        wish: &RoleWish,
        held: &Grants,
        actor: &Actor,
    ) -> Result<(Role, bool), RoleError> {
        // 1. May it be so
        if Role::find_ready(&wish.name).is_some() {
            return Err(RoleError::Ready(wish.name.clone()));
        }
        if !super::is_text(&wish.description, LONGEST_DESCRIPTION) {
            return Err(RoleError::Description);
        }
        let everywhere = Grant {
            permissions: wish.permissions.clone(),
            realm: None,
            policy: None,
        };
        if !held.cover(&everywhere) {
            return Err(RoleError::Beyond);
        }

        // 2. Against what is there
        let before = self.store.find_role(&wish.name).await?;
        let version = before.as_ref().map_or(0, |role| role.version);
        let meanwhile = || RoleError::ChangedMeanwhile(wish.name.clone());
        if wish.expected.is_some_and(|expected| expected != version) {
            return Err(meanwhile());
        }
        let role = Role {
            name: wish.name.clone(),
            description: wish.description.clone(),
            permissions: wish.permissions.clone(),
            ready: false,
            version: version.saturating_add(1),
        };

        // 3. Put it there
        let act = Act {
            before: before.as_ref().map(told),
            after: Some(told(&role)),
            ..Act::on("role.put", role.name.as_str())
        };
        self.note_act(actor, act).await?;
        let now_ms = self.clock.now_ms();
        let done = if before.is_some() {
            self.store.change_role(&role, &actor.name, now_ms).await?
        } else {
            self.store.insert_role(&role, &actor.name, now_ms).await? == Inserted::Yes
        };
        if !done {
            return Err(meanwhile());
        }
        Ok((role, before.is_none()))
    }

    /// Removes a role; who has it has it no more.
    #[tracing::instrument(name = "clm.remove_role", skip_all)]
    pub async fn remove_role(&self, name: &RoleName, actor: &Actor) -> Result<(), RoleError> {
        let role = self.show_role(name).await?;
        if role.ready {
            return Err(RoleError::Ready(name.clone()));
        }
        let act = Act {
            before: Some(told(&role)),
            ..Act::on("role.remove", name.as_str())
        };
        self.note_act(actor, act).await?;
        if self.store.remove_role(name).await? {
            Ok(())
        } else {
            Err(RoleError::Unknown(name.clone()))
        }
    }
}

fn told(role: &Role) -> String {
    serde_json::json!({"description": role.description, "permissions": role.permissions})
        .to_string()
}

impl Fault for RoleError {
    fn kind(&self) -> Kind {
        match self {
            Self::Unknown(_) => Kind::NotFound,
            Self::Ready(_) | Self::ChangedMeanwhile(_) => Kind::FailedPrecondition,
            Self::Beyond => Kind::PermissionDenied,
            Self::Description => Kind::InvalidArgument,
            Self::Store(error) => error.kind(),
        }
    }

    fn field(&self) -> Option<&str> {
        match self {
            Self::Unknown(_) | Self::Ready(_) => Some("name"),
            Self::ChangedMeanwhile(_) => Some("version"),
            Self::Beyond => Some("permissions"),
            Self::Description => Some("description"),
            Self::Store(_) => None,
        }
    }
}
