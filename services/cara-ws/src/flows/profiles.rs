//! Certificate profiles: the ready and configured ones, which stay as they are, and those that administrators put, version
//! after version. All are in memory; what another replica puts is known after the next round of maintenance.

use std::{collections::HashMap, sync::Arc};

use arc_swap::ArcSwap;
use ers_pki::{
    issuance::{Example, Rehearsal, RehearseError},
    lint::Finding,
    profile::{Profile, ProfileError},
};
use ers_runtime::error::{Fault, Kind, chain};
use thiserror::Error;

use super::Core;
use crate::{
    config::Issuing,
    domain::AuthorityName,
    store::{Store, StoreError, StoredProfile},
};

/// Longest definition.
const MAX_DEFINITION: usize = 64 * 1024;
/// Most profiles that are stored.
const MAX_PROFILES: usize = 1000;

/// A profile as it is in force.
#[derive(Debug, Clone)]
pub struct KnownProfile {
    /// What it says.
    pub profile: Arc<Profile>,
    /// Its version; 0: a ready or configured one.
    pub version: i32,
    /// When it was put, epoch milliseconds, and by whom; none for version 0.
    pub put: Option<(i64, String)>,
}

/// All profiles by name.
pub struct Profiles {
    configured: HashMap<String, KnownProfile>,
    stored: ArcSwap<HashMap<String, KnownProfile>>,
}

/// Why a profile stays as it is.
#[derive(Debug, Error)]
pub enum PutProfileError {
    /// It is too long.
    #[error("read profile: it is longer than {MAX_DEFINITION} octets")]
    TooLong,
    /// There are as many as there may be.
    #[error("store profile: there are {MAX_PROFILES}, which is the most")]
    TooMany,
    /// It is not JSON of a profile.
    #[error("read profile")]
    Unreadable(#[source] serde_json::Error),
    /// It contradicts itself.
    #[error("check profile")]
    Contradictory(#[source] ProfileError),
    /// The name is a ready or configured one's.
    #[error("change profile {0}: it comes with the configuration and can only be changed there")]
    Configured(String),
    /// Certificates of it would not pass.
    #[error("lint an example of profile {name}")]
    Example {
        /// The profile.
        name: String,
        /// Why.
        #[source]
        source: Box<RehearseError>,
    },
    /// Another change came first.
    #[error("change profile {name}: its version is {found} by now")]
    Outrun {
        /// The profile.
        name: String,
        /// The version in force.
        found: i32,
    },
    /// There is none.
    #[error("find profile: there is no profile {0}")]
    Unknown(String),
    /// A CA's settings name it.
    #[error("remove profile {name}: CA {authority} is set to issue with it")]
    OfAuthority {
        /// The profile.
        name: String,
        /// The CA.
        authority: AuthorityName,
    },
    /// Certificates of it are valid.
    #[error(
        "remove profile {name}: CA {authority} has issued certificates with it that are still valid"
    )]
    OfCertificates {
        /// The profile.
        name: String,
        /// The CA.
        authority: AuthorityName,
    },
    /// The process stops.
    #[error("lint an example: interrupted by shutdown")]
    Interrupted,
    /// There are no random numbers.
    #[error("lint an example: there are no random numbers")]
    Random,
    /// The database failed.
    #[error("store profile")]
    Store(#[source] StoreError),
}

impl Fault for PutProfileError {
    fn kind(&self) -> Kind {
        match self {
            Self::TooLong | Self::Unreadable(_) | Self::Contradictory(_) | Self::Example { .. } => {
                Kind::InvalidArgument
            }
            Self::Configured(_)
            | Self::TooMany
            | Self::Outrun { .. }
            | Self::OfAuthority { .. }
            | Self::OfCertificates { .. } => Kind::FailedPrecondition,
            Self::Unknown(_) => Kind::NotFound,
            Self::Interrupted => Kind::Unavailable,
            Self::Random => Kind::Internal,
            Self::Store(error) => error.kind(),
        }
    }

    fn field(&self) -> Option<&str> {
        match self {
            Self::TooLong | Self::Unreadable(_) | Self::Contradictory(_) | Self::Example { .. } => {
                Some("definition")
            }
            Self::Outrun { .. } => Some("version"),
            Self::Configured(_)
            | Self::Unknown(_)
            | Self::OfAuthority { .. }
            | Self::OfCertificates { .. } => Some("name"),
            Self::TooMany | Self::Interrupted | Self::Random | Self::Store(_) => None,
        }
    }
}

impl Profiles {
    /// The ready ones and those of the configuration, which may replace a ready one.
    pub fn new(issuing: &Issuing) -> Self {
        let configured = Profile::ready().iter().chain(&issuing.profiles);
        let known = |profile: &Profile| KnownProfile {
            profile: Arc::new(profile.clone()),
            version: 0,
            put: None,
        };
        Self {
            configured: configured
                .map(|profile| (profile.name.clone(), known(profile)))
                .collect(),
            stored: ArcSwap::default(),
        }
    }

    /// The profile of a name.
    pub fn find(&self, name: &str) -> Option<KnownProfile> {
        let configured = self.configured.get(name).cloned();
        configured.or_else(|| self.stored.load().get(name).cloned())
    }

    /// The version of the profile that a name has; 0 when there is none.
    pub fn version_of(&self, name: &str) -> i32 {
        self.find(name).map_or(0, |known| known.version)
    }

    /// All of them, by name.
    pub fn all(&self) -> Vec<KnownProfile> {
        let stored = self.stored.load();
        let put = stored
            .iter()
            .filter(|(name, _)| !self.configured.contains_key(*name))
            .map(|(_, known)| known);
        let mut all: Vec<_> = self.configured.values().chain(put).cloned().collect();
        all.sort_by(|a, b| a.profile.name.cmp(&b.profile.name));
        all
    }

    /// Reads what was put, here or elsewhere. One that cannot be read any more is told and is not there: nothing is issued
    /// by a profile that is not understood.
    pub async fn refresh(&self, store: &Store) -> Result<(), StoreError> {
        let mut known = HashMap::new();
        for stored in store.load_newest_profiles().await? {
            let Some(definition) = &stored.definition else {
                continue;
            };
            let before = self.stored.load().get(&stored.name).cloned();
            if let Some(before) = before.filter(|before| before.version == stored.version) {
                known.insert(stored.name, before);
                continue;
            }
            match read(definition) {
                Ok(profile) => {
                    let put = Some((stored.created_at_ms, stored.created_by));
                    let read = KnownProfile {
                        profile: Arc::new(profile),
                        version: stored.version,
                        put,
                    };
                    known.insert(stored.name, read);
                }
                Err(error) => tracing::error!(
                    profile = stored.name,
                    version = stored.version,
                    error = chain(&error),
                    "stored profile not understood"
                ),
            }
        }
        self.stored.store(Arc::new(known));
        Ok(())
    }
}

fn read(definition: &str) -> Result<Profile, PutProfileError> {
    if definition.len() > MAX_DEFINITION {
        return Err(PutProfileError::TooLong);
    }
    let profile: Profile = serde_json::from_str(definition).map_err(PutProfileError::Unreadable)?;
    profile.check().map_err(PutProfileError::Contradictory)?;
    Ok(profile)
}

/// A profile to be put.
pub struct NewProfile {
    /// JSON.
    pub definition: String,
    /// Who the example is about.
    pub example: Example,
    /// The version that is changed; 0: there is none yet. None: whichever.
    pub changes: Option<i32>,
    /// By whom.
    pub requester: String,
}

/// Puts the next version of a profile, after an example of its certificates was linted; gives what the linter has against
/// it. One that is so already keeps its version.
#[tracing::instrument(name = "cara.put_profile", skip_all)]
pub async fn put(
    core: &Core,
    new: NewProfile,
) -> Result<(KnownProfile, Vec<Finding>), PutProfileError> {
    let Checked {
        profile,
        newest,
        findings,
    } = look_at(core, &new).await?;
    let name = profile.name.clone();
    let found = newest.as_ref().map_or(0, |newest| newest.version);
    let is_there = newest
        .as_ref()
        .is_some_and(|newest| newest.definition.is_some());
    // One form for what says the same.
    let definition = serde_json::to_string(&profile).map_err(PutProfileError::Unreadable)?;
    if newest.is_none_or(|newest| newest.definition.as_deref() != Some(&definition)) {
        if !is_there && core.profiles.stored.load().len() >= MAX_PROFILES {
            return Err(PutProfileError::TooMany);
        }
        let version = StoredProfile {
            name: name.clone(),
            version: found + 1,
            definition: Some(definition),
            created_at_ms: core.context.clock.now_ms(),
            created_by: new.requester.clone(),
        };
        insert(core, &version).await?;
        tracing::info!(target: "audit", act = "put profile", profile = name, version = version.version, requester = new.requester, "profile put");
    }
    refresh(core).await?;
    let known = core.profiles.find(&name);
    Ok((known.ok_or(PutProfileError::Unknown(name))?, findings))
}

/// Whether a profile could be put; gives its name. Nothing is stored.
pub async fn check(core: &Core, new: &NewProfile) -> Result<String, PutProfileError> {
    let checked = look_at(core, new).await?;
    Ok(checked.profile.name)
}

struct Checked {
    profile: Profile,
    /// The newest version that there is.
    newest: Option<StoredProfile>,
    findings: Vec<Finding>,
}

async fn look_at(core: &Core, new: &NewProfile) -> Result<Checked, PutProfileError> {
    let profile = read(&new.definition)?;
    let name = profile.name.clone();
    if core.profiles.configured.contains_key(&name) {
        return Err(PutProfileError::Configured(name));
    }
    let versions = core.store.load_profile_versions(&name);
    let newest = versions.await.map_err(PutProfileError::Store)?;
    let newest = newest.into_iter().next();
    let found = newest.as_ref().map_or(0, |newest| newest.version);
    let is_there = newest
        .as_ref()
        .is_some_and(|newest| newest.definition.is_some());
    if new
        .changes
        .is_some_and(|changes| changes != if is_there { found } else { 0 })
    {
        return Err(PutProfileError::Outrun { name, found });
    }
    let findings = lint_example(core, &profile, new.example.clone()).await?;
    Ok(Checked {
        profile,
        newest,
        findings,
    })
}

/// Removes a profile: no certificates are issued by it any more. Its versions stay, since certificates name them. `sure`:
/// also while certificates of it are valid.
#[tracing::instrument(name = "cara.remove_profile", skip_all, fields(profile = name))]
pub async fn remove(
    core: &Core,
    name: &str,
    sure: bool,
    requester: &str,
) -> Result<(), PutProfileError> {
    if core.profiles.configured.contains_key(name) {
        return Err(PutProfileError::Configured(name.to_owned()));
    }
    let versions = core.store.load_profile_versions(name);
    let newest = versions.await.map_err(PutProfileError::Store)?;
    let newest = newest
        .first()
        .filter(|newest| newest.definition.is_some())
        .ok_or_else(|| PutProfileError::Unknown(name.to_owned()))?;
    for ca in core.registry.all() {
        let authority = ca.authority.name.clone();
        let name = name.to_owned();
        if ca.authority.settings.profiles.contains(&name) {
            return Err(PutProfileError::OfAuthority { name, authority });
        }
        let now_ms = core.context.clock.now_ms();
        let issued = core
            .store
            .is_profile_in_certificates(authority.as_str(), &name, now_ms);
        if !sure && issued.await.map_err(PutProfileError::Store)? {
            return Err(PutProfileError::OfCertificates { name, authority });
        }
    }
    let version = StoredProfile {
        version: newest.version + 1,
        definition: None,
        created_at_ms: core.context.clock.now_ms(),
        created_by: requester.to_owned(),
        ..newest.clone()
    };
    insert(core, &version).await?;
    tracing::info!(target: "audit", act = "remove profile", profile = name, requester, "profile removed");
    refresh(core).await
}

async fn insert(core: &Core, version: &StoredProfile) -> Result<(), PutProfileError> {
    let stored = core.store.insert_profile(version).await;
    if stored.map_err(PutProfileError::Store)? {
        return Ok(());
    }
    Err(PutProfileError::Outrun {
        name: version.name.clone(),
        found: version.version,
    })
}

async fn refresh(core: &Core) -> Result<(), PutProfileError> {
    let refreshed = core.profiles.refresh(&core.store).await;
    refreshed.map_err(PutProfileError::Store)
}

/// Makes an example of what a profile would have certificates say, and stores nothing.
#[tracing::instrument(name = "cara.rehearse_profile", skip_all)]
pub async fn rehearse(
    core: &Core,
    definition: &str,
    example: Example,
) -> Result<Rehearsal, PutProfileError> {
    make_example(core, &read(definition)?, example).await
}

async fn lint_example(
    core: &Core,
    profile: &Profile,
    example: Example,
) -> Result<Vec<Finding>, PutProfileError> {
    let rehearsal = make_example(core, profile, example).await?;
    rehearsal
        .passed()
        .map_err(|source| PutProfileError::Example {
            name: profile.name.clone(),
            source: Box::new(source),
        })
}

/// Keys are made for it, which takes its time.
async fn make_example(
    core: &Core,
    profile: &Profile,
    example: Example,
) -> Result<Rehearsal, PutProfileError> {
    let mut random = [0; 20];
    aws_lc_rs::rand::fill(&mut random).map_err(|_| PutProfileError::Random)?;
    let _one = core
        .rehearsing
        .acquire()
        .await
        .map_err(|_| PutProfileError::Interrupted)?;
    let (name, profile, now) = (
        profile.name.clone(),
        profile.clone(),
        core.context.clock.now(),
    );
    tokio::task::spawn_blocking(move || {
        ers_pki::issuance::rehearse(&profile, &example, random, now)
    })
    .await
    .map_err(|_| PutProfileError::Interrupted)?
    .map_err(|source| PutProfileError::Example {
        name,
        source: Box::new(source),
    })
}
