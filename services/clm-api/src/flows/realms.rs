//! Realms made, renamed, archived and deleted. In an archived realm no policy is in force; it can be taken back into use.

use ers_runtime::error::{Fault, Kind};

use super::{Act, Actor, Flows};
use crate::{
    domain::{
        access::Reach,
        id::RealmName,
        realm::{LONGEST_DESCRIPTION, LONGEST_TITLE, Realm},
    },
    store::{Changed, Inserted, StoreError},
};

/// What changes about a realm; absent: stays as it is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RealmChange {
    /// What people call it.
    pub title: Option<String>,
    /// For people.
    pub description: Option<String>,
    /// Out of use, or back into it.
    pub archived: Option<bool>,
    /// The version that is to be changed; absent: whichever is there.
    pub expected: Option<i64>,
}

/// Why it was not done.
#[derive(Debug, thiserror::Error)]
pub enum RealmError {
    /// There is none of that name.
    #[error("find realm: there is no realm {0}")]
    Unknown(RealmName),
    /// There is one of that name.
    #[error("make realm: there is a realm {0} already")]
    Exists(RealmName),
    /// There was one of that name, and certificates carry it.
    #[error("make realm: certificates of a deleted realm carry the name {0}")]
    Used(RealmName),
    /// It comes with the platform.
    #[error("change realm: {0} comes with the platform and stays in use")]
    Ready(RealmName),
    /// Certificates of it are active.
    #[error(
        "archive realm: {count} certificates of {name} are active; revoke them, or wait for their end"
    )]
    Active {
        /// The realm.
        name: RealmName,
        /// How many.
        count: u64,
    },
    /// Requests of it wait.
    #[error("archive realm: {count} requests in {name} are not decided")]
    Waiting {
        /// The realm.
        name: RealmName,
        /// How many.
        count: u64,
    },
    /// Somebody else changed it.
    #[error("change realm: {0} was changed meanwhile")]
    ChangedMeanwhile(RealmName),
    /// It is in use.
    #[error("delete realm: archive {0} first")]
    NotArchived(RealmName),
    /// Too long, or with control characters.
    #[error("read title: 1 to {LONGEST_TITLE} characters, no control characters")]
    Title,
    /// Too long, or with control characters.
    #[error("read description: at most {LONGEST_DESCRIPTION} characters, no control characters")]
    Description,
    /// The database.
    #[error("realm: database")]
    Store(#[from] StoreError),
}

impl Flows {
    /// The realms of which somebody may see any part.
    pub async fn list_realms(&self, reach: &Reach) -> Result<Vec<Realm>, StoreError> {
        let mut all = self.store.list_realms().await?;
        all.retain(|realm| reach.touches(&realm.name));
        Ok(all)
    }

    /// A realm of which somebody may see any part.
    pub async fn show_realm(&self, name: &RealmName, reach: &Reach) -> Result<Realm, RealmError> {
        self.store
            .find_realm(name)
            .await?
            .filter(|realm| reach.touches(&realm.name))
            .ok_or_else(|| RealmError::Unknown(name.clone()))
    }

    /// Makes a realm.
    #[tracing::instrument(name = "clm.create_realm", skip_all)]
    pub async fn create_realm(
        &self,
        name: &RealmName,
        title: &str,
        description: &str,
        actor: &Actor,
    ) -> Result<Realm, RealmError> {
        let realm = Realm {
            name: name.clone(),
            title: if title.is_empty() {
                name.to_string()
            } else {
                title.to_owned()
            },
            description: description.to_owned(),
            created_at: self.clock.now(),
            archived_at_ms: None,
            version: 1,
        };
        check(&realm)?;
        if self.store.find_realm(name).await?.is_some() {
            return Err(RealmError::Exists(name.clone()));
        }
        // Who may see the new realm must not see what others had under the name.
        let (_, ever) = self
            .store
            .count_realm_certificates(name, self.clock.now_ms())
            .await?;
        if ever > 0 {
            return Err(RealmError::Used(name.clone()));
        }
        let act = Act {
            realm: Some(name),
            after: Some(told(&realm)),
            ..Act::on("realm.create", name.as_str())
        };
        self.note_act(actor, act).await?;
        match self.store.ensure_realm(&realm).await? {
            Inserted::Yes => Ok(realm),
            Inserted::AlreadyThere => Err(RealmError::Exists(name.clone())),
        }
    }

    /// Renames, describes, archives, or takes back into use.
    #[tracing::instrument(name = "clm.change_realm", skip_all)]
    pub async fn change_realm(
        &self,
        name: &RealmName,
        change: &RealmChange,
        actor: &Actor,
    ) -> Result<Realm, RealmError> {
        let before = self.show_realm(name, &Reach::Everywhere).await?;
        if change
            .expected
            .is_some_and(|version| version != before.version)
        {
            return Err(RealmError::ChangedMeanwhile(name.clone()));
        }
        let mut after = before.clone();
        after.version += 1;
        if let Some(title) = &change.title {
            after.title.clone_from(title);
        }
        if let Some(description) = &change.description {
            after.description.clone_from(description);
        }
        match change.archived {
            Some(true) if before.archived_at_ms.is_none() => {
                self.check_archivable(&before).await?;
                after.archived_at_ms = Some(self.clock.now_ms());
            }
            Some(false) => after.archived_at_ms = None,
            Some(true) | None => {}
        }
        check(&after)?;
        let act = Act {
            realm: Some(name),
            before: Some(told(&before)),
            after: Some(told(&after)),
            ..Act::on("realm.change", name.as_str())
        };
        self.note_act(actor, act).await?;
        if self.store.change_realm(&after).await? != Changed::Yes {
            return Err(RealmError::ChangedMeanwhile(name.clone()));
        }
        self.policies.refresh(&self.store).await?;
        Ok(after)
    }

    async fn check_archivable(&self, realm: &Realm) -> Result<(), RealmError> {
        let name = realm.name.clone();
        if realm.is_ready() {
            return Err(RealmError::Ready(name));
        }
        let (active, _) = self
            .store
            .count_realm_certificates(&name, self.clock.now_ms())
            .await?;
        if active > 0 {
            return Err(RealmError::Active {
                name,
                count: active,
            });
        }
        match self.store.count_realm_requests(&name).await? {
            0 => Ok(()),
            count => Err(RealmError::Waiting { name, count }),
        }
    }

    /// Deletes an archived realm. What was issued in it stays in the inventory, for those who see all realms.
    #[tracing::instrument(name = "clm.delete_realm", skip_all)]
    pub async fn delete_realm(&self, name: &RealmName, actor: &Actor) -> Result<(), RealmError> {
        let before = self.show_realm(name, &Reach::Everywhere).await?;
        if before.is_ready() {
            return Err(RealmError::Ready(name.clone()));
        }
        if before.archived_at_ms.is_none() {
            return Err(RealmError::NotArchived(name.clone()));
        }
        let act = Act {
            realm: Some(name),
            before: Some(told(&before)),
            ..Act::on("realm.delete", name.as_str())
        };
        self.note_act(actor, act).await?;
        if !self.store.delete_realm(name).await? {
            return Err(RealmError::NotArchived(name.clone()));
        }
        self.policies.refresh(&self.store).await?;
        Ok(())
    }
}

fn check(realm: &Realm) -> Result<(), RealmError> {
    if realm.title.is_empty() || !super::is_text(&realm.title, LONGEST_TITLE) {
        return Err(RealmError::Title);
    }
    if !super::is_text(&realm.description, LONGEST_DESCRIPTION) {
        return Err(RealmError::Description);
    }
    Ok(())
}

fn told(realm: &Realm) -> String {
    serde_json::json!({
        "title": realm.title,
        "description": realm.description,
        "archived": realm.archived_at_ms.is_some(),
    })
    .to_string()
}

impl Fault for RealmError {
    fn kind(&self) -> Kind {
        match self {
            Self::Unknown(_) => Kind::NotFound,
            Self::Exists(_) | Self::Used(_) => Kind::AlreadyExists,
            Self::Ready(_)
            | Self::Active { .. }
            | Self::Waiting { .. }
            | Self::ChangedMeanwhile(_)
            | Self::NotArchived(_) => Kind::FailedPrecondition,
            Self::Title | Self::Description => Kind::InvalidArgument,
            Self::Store(error) => error.kind(),
        }
    }

    fn field(&self) -> Option<&str> {
        match self {
            Self::Unknown(_)
            | Self::Exists(_)
            | Self::Used(_)
            | Self::Ready(_)
            | Self::NotArchived(_) => Some("name"),
            Self::Active { .. } | Self::Waiting { .. } => Some("archived"),
            Self::ChangedMeanwhile(_) => Some("version"),
            Self::Title => Some("title"),
            Self::Description => Some("description"),
            Self::Store(_) => None,
        }
    }
}
