//! End entities made, changed and removed, and what they are known by set. Passwords are kept as hashes, shared secrets
//! sealed by the signer; what is made here is shown once.

use std::collections::BTreeMap;

use ers_runtime::error::{Fault, Kind};
use ers_signer_client::SignerError;
use zeroize::Zeroizing;

use super::{Act, Actor, Flows, PasswordError, passwords};
use crate::{
    domain::{
        access::Reach,
        end_entity::{
            EndEntity, EndEntityChange, EndEntityCursor, EndEntityFilter, LONGEST_CONTACT,
            LONGEST_KEY, LONGEST_VALUE, MOST_METADATA, MOST_OWNERS, SEALING_CONTEXT, WeakSecret,
            check_secret,
        },
        id::{EndEntityName, RealmName},
        page::{Page, PageRequest},
        realm,
    },
    store::{Changed, Inserted, StoreError},
};

/// An end entity to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewEndEntity {
    /// Its realm.
    pub realm: RealmName,
    /// Its name there.
    pub name: EndEntityName,
    /// How its people are reached.
    pub contact: String,
    /// Whether it may ask and revoke for others.
    pub registration_authority: bool,
    /// Who answers for it.
    pub owners: Vec<String>,
    /// What else is known of it.
    pub metadata: BTreeMap<String, String>,
}

/// A password or shared secret to be set.
pub enum Secret {
    /// This one.
    Chosen(Zeroizing<String>),
    /// One that is made.
    Made,
    /// None any more.
    None,
}

/// Why it was not done.
#[derive(Debug, thiserror::Error)]
pub enum EndEntityError {
    /// There is none of that name.
    #[error("find end entity: realm {realm} does not know {name}")]
    Unknown {
        /// The realm.
        realm: RealmName,
        /// The name.
        name: EndEntityName,
    },
    /// There is one of that name.
    #[error("make end entity: realm {realm} has {name} already")]
    Exists {
        /// The realm.
        realm: RealmName,
        /// The name.
        name: EndEntityName,
    },
    /// No realm of that name.
    #[error("make end entity: there is no realm {0}")]
    NoRealm(RealmName),
    /// The contact is too long, or has control characters.
    #[error("read contact: at most {LONGEST_CONTACT} characters, no control characters")]
    Contact,
    /// Too many owners, or one too long.
    #[error(
        "read owners: at most {MOST_OWNERS}, each 1 to {LONGEST_VALUE} characters, no control characters"
    )]
    Owners,
    /// Too much, or a key or value too long.
    #[error(
        "read metadata: at most {MOST_METADATA} entries, keys of 1 to {LONGEST_KEY} and values of at most {LONGEST_VALUE} characters, no control characters"
    )]
    Metadata,
    /// A search that is too long.
    #[error("read search: at most {LONGEST_VALUE} characters, no control characters")]
    Search,
    /// Certificates of it are active.
    #[error(
        "remove end entity: {count} certificates of {name} are active; revoke them, or wait for their end"
    )]
    Active {
        /// Its name.
        name: EndEntityName,
        /// How many.
        count: u64,
    },
    /// Somebody else changed it.
    #[error("change end entity: {0} was changed meanwhile")]
    ChangedMeanwhile(EndEntityName),
    /// The secret will not do.
    #[error("set secret: {0}")]
    Weak(WeakSecret),
    /// It cannot be hashed or made.
    #[error("set secret")]
    Password(#[from] PasswordError),
    /// The signer did not seal it.
    #[error("set secret: seal")]
    Seal(#[source] SignerError),
    /// The database.
    #[error("end entity: database")]
    Store(#[from] StoreError),
}

impl Flows {
    /// Makes an end entity.
    #[tracing::instrument(name = "clm.add_end_entity", skip_all)]
    pub async fn add_end_entity(
        &self,
        new: &NewEndEntity,
        actor: &Actor,
    ) -> Result<EndEntity, EndEntityError> {
        check_contact(&new.contact)?;
        check_owners(&new.owners)?;
        check_metadata(&new.metadata)?;
        let realms = self.store.list_realms().await?;
        let is_there =
            |realm: &realm::Realm| realm.name == new.realm && realm.archived_at_ms.is_none();
        if !realms.iter().any(is_there) {
            return Err(EndEntityError::NoRealm(new.realm.clone()));
        }
        let entity = EndEntity {
            contact: new.contact.clone(),
            registration_authority: new.registration_authority,
            owners: new.owners.clone(),
            metadata: new.metadata.clone(),
            ..EndEntity::new(new.realm.clone(), new.name.clone(), self.clock.now_ms())
        };
        let detail = format!("registration authority {}", new.registration_authority);
        self.note_entity(actor, "end_entity.create", &new.realm, &new.name, detail)
            .await?;
        match self.store.insert_end_entity(&entity).await? {
            Inserted::Yes => Ok(entity),
            Inserted::AlreadyThere => Err(EndEntityError::Exists {
                realm: new.realm.clone(),
                name: new.name.clone(),
            }),
        }
    }

    /// A page of end entities.
    #[tracing::instrument(name = "clm.list_end_entities", skip_all)]
    pub async fn list_end_entities(
        &self,
        filter: &EndEntityFilter,
        reach: &Reach,
        page: &PageRequest<EndEntityCursor>,
    ) -> Result<Page<EndEntity>, EndEntityError> {
        let texts = [&filter.search, &filter.owner];
        if texts
            .into_iter()
            .flatten()
            .any(|text| !super::is_text(text, LONGEST_VALUE))
        {
            return Err(EndEntityError::Search);
        }
        Ok(self.store.list_end_entities(filter, reach, page).await?)
    }

    /// An end entity.
    #[tracing::instrument(name = "clm.show_end_entity", skip_all)]
    pub async fn show_end_entity(
        &self,
        realm: &RealmName,
        name: &EndEntityName,
    ) -> Result<EndEntity, EndEntityError> {
        self.store
            .find_end_entity(realm, name)
            .await?
            .ok_or_else(|| unknown(realm, name))
    }

    /// Suspends, resumes, or changes what is said of it.
    #[tracing::instrument(name = "clm.change_end_entity", skip_all)]
    pub async fn change_end_entity(
        &self,
        realm: &RealmName,
        name: &EndEntityName,
        change: &EndEntityChange,
        expected: Option<i64>,
        actor: &Actor,
    ) -> Result<EndEntity, EndEntityError> {
        check_contact(change.contact.as_deref().unwrap_or_default())?;
        if let Some(owners) = &change.owners {
            check_owners(owners)?;
        }
        if let Some(metadata) = &change.metadata {
            check_metadata(metadata)?;
        }
        let detail = format!("{change:?}");
        self.note_entity(actor, "end_entity.change", realm, name, detail)
            .await?;
        let by = (actor.name.as_str(), self.clock.now_ms());
        let changed = self
            .store
            .change_end_entity(realm, name, change, expected, by)
            .await?;
        settled(changed, realm, name)?;
        self.show_end_entity(realm, name).await
    }

    /// Sets the password; what was made comes back.
    #[tracing::instrument(name = "clm.set_end_entity_password", skip_all)]
    pub async fn set_end_entity_password(
        &self,
        realm: &RealmName,
        name: &EndEntityName,
        secret: Secret,
        actor: &Actor,
    ) -> Result<Option<Zeroizing<String>>, EndEntityError> {
        let (secret, made) = settle(secret)?;
        let hash = match &secret {
            Some(secret) => Some(self.passwords.hash(secret).await?),
            None => None,
        };
        let detail = told(secret.is_some());
        self.note_entity(actor, "end_entity.set_password", realm, name, detail)
            .await?;
        let by = (actor.name.as_str(), self.clock.now_ms());
        let set = self
            .store
            .set_end_entity_password(realm, name, hash.as_deref(), by)
            .await?;
        settled(set, realm, name)?;
        Ok(secret.filter(|_| made))
    }

    /// Sets the shared secret; what was made comes back.
    #[tracing::instrument(name = "clm.set_end_entity_secret", skip_all)]
    pub async fn set_end_entity_secret(
        &self,
        realm: &RealmName,
        name: &EndEntityName,
        secret: Secret,
        actor: &Actor,
    ) -> Result<Option<Zeroizing<String>>, EndEntityError> {
        let (secret, made) = settle(secret)?;
        let sealed = match &secret {
            Some(secret) => Some(
                self.signer
                    .seal(SEALING_CONTEXT, secret.as_bytes())
                    .await
                    .map_err(EndEntityError::Seal)?,
            ),
            None => None,
        };
        let detail = told(secret.is_some());
        self.note_entity(actor, "end_entity.set_secret", realm, name, detail)
            .await?;
        let by = (actor.name.as_str(), self.clock.now_ms());
        let set = self
            .store
            .set_end_entity_secret(realm, name, sealed, by)
            .await?;
        settled(set, realm, name)?;
        Ok(secret.filter(|_| made))
    }

    /// Removes an end entity that has no active certificate; its other ones stay as they are.
    #[tracing::instrument(name = "clm.remove_end_entity", skip_all)]
    pub async fn remove_end_entity(
        &self,
        realm: &RealmName,
        name: &EndEntityName,
        expected: Option<i64>,
        actor: &Actor,
    ) -> Result<(), EndEntityError> {
        let now_ms = self.clock.now_ms();
        let count = self.store.count_active_of(realm, name, now_ms).await?;
        if count > 0 {
            let name = name.clone();
            return Err(EndEntityError::Active { name, count });
        }
        self.note_entity(actor, "end_entity.remove", realm, name, String::new())
            .await?;
        let removed = self.store.remove_end_entity(realm, name, expected).await?;
        settled(removed, realm, name)
    }

    async fn note_entity(
        &self,
        actor: &Actor,
        act: &'static str,
        realm: &RealmName,
        name: &EndEntityName,
        detail: String,
    ) -> Result<(), StoreError> {
        let object: String = format!("{realm}/{name}").chars().take(255).collect();
        let act = Act {
            realm: Some(realm),
            detail,
            ..Act::on(act, &object)
        };
        self.note_act(actor, act).await
    }
}

/// The realm of daily work.
pub(crate) fn usual_realm() -> &'static str {
    realm::DEFAULT
}

fn settle(secret: Secret) -> Result<(Option<Zeroizing<String>>, bool), EndEntityError> {
    match secret {
        Secret::None => Ok((None, false)),
        Secret::Made => Ok((Some(passwords::generate()?), true)),
        Secret::Chosen(chosen) => {
            check_secret(&chosen).map_err(EndEntityError::Weak)?;
            Ok((Some(chosen), false))
        }
    }
}

fn told(set: bool) -> String {
    if set { "set" } else { "taken away" }.to_owned()
}

fn check_contact(contact: &str) -> Result<(), EndEntityError> {
    if contact.chars().count() > LONGEST_CONTACT || contact.chars().any(char::is_control) {
        return Err(EndEntityError::Contact);
    }
    Ok(())
}

fn check_owners(owners: &[String]) -> Result<(), EndEntityError> {
    let fits = owners.len() <= MOST_OWNERS
        && owners
            .iter()
            .all(|owner| !owner.is_empty() && super::is_text(owner, LONGEST_VALUE));
    if fits {
        Ok(())
    } else {
        Err(EndEntityError::Owners)
    }
}

fn check_metadata(metadata: &BTreeMap<String, String>) -> Result<(), EndEntityError> {
    let fits = metadata.len() <= MOST_METADATA
        && metadata.iter().all(|(key, value)| {
            !key.is_empty()
                && super::is_text(key, LONGEST_KEY)
                && super::is_text(value, LONGEST_VALUE)
        });
    if fits {
        Ok(())
    } else {
        Err(EndEntityError::Metadata)
    }
}

fn settled(
    changed: Changed,
    realm: &RealmName,
    name: &EndEntityName,
) -> Result<(), EndEntityError> {
    match changed {
        Changed::Yes => Ok(()),
        Changed::Unknown => Err(unknown(realm, name)),
        Changed::Overtaken => Err(EndEntityError::ChangedMeanwhile(name.clone())),
    }
}

fn unknown(realm: &RealmName, name: &EndEntityName) -> EndEntityError {
    EndEntityError::Unknown {
        realm: realm.clone(),
        name: name.clone(),
    }
}

impl Fault for EndEntityError {
    fn kind(&self) -> Kind {
        match self {
            Self::Unknown { .. } | Self::NoRealm(_) => Kind::NotFound,
            Self::Exists { .. } => Kind::AlreadyExists,
            Self::Contact | Self::Weak(_) | Self::Owners | Self::Metadata | Self::Search => {
                Kind::InvalidArgument
            }
            Self::Active { .. } | Self::ChangedMeanwhile(_) => Kind::FailedPrecondition,
            Self::Password(error) => error.kind(),
            Self::Seal(error) if error.is_retryable() => Kind::Unavailable,
            Self::Seal(_) => Kind::Internal,
            Self::Store(error) => error.kind(),
        }
    }

    fn field(&self) -> Option<&str> {
        match self {
            Self::Unknown { .. } | Self::Exists { .. } => Some("name"),
            Self::NoRealm(_) => Some("realm"),
            Self::Active { .. } => Some("name"),
            Self::ChangedMeanwhile(_) => Some("version"),
            Self::Owners => Some("owners"),
            Self::Metadata => Some("metadata"),
            Self::Search => Some("search"),
            Self::Contact => Some("contact"),
            Self::Weak(_) => Some("secret"),
            Self::Password(_) | Self::Seal(_) | Self::Store(_) => None,
        }
    }
}
