//! The data keys as a running process has them. Another replica may have made a later one: it is fetched when
//! something turns up that is sealed under it.

use std::fmt;
use std::sync::Arc;

use arc_swap::ArcSwap;
use ers_runtime::config::Secret;
use ers_runtime::error::chain;
use secrecy::SecretString;
use tokio::sync::Mutex;
use zeroize::Zeroizing;

use super::data_key::generation_of;
use super::{OpenError, Ring, UnlockError, Use, master_password};
use crate::store::Secrets;

/// Seals and opens; holds the data keys.
pub struct Vault {
    ring: ArcSwap<Ring>,
    secrets: Secrets,
    /// Where the master password is found again.
    password: Secret,
    /// One derivation at a time: each takes 64 MiB.
    acts: Mutex<()>,
}

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Vault({:?})", self.ring.load())
    }
}

/// Opens the vault of a database; at the first start makes it. `source` is where `password` came from.
///
/// # Errors
/// [`UnlockError`], each telling the way out.
pub async fn unlock(
    secrets: &Secrets,
    source: Secret,
    password: &SecretString,
) -> Result<Vault, UnlockError> {
    let ring = master_password::load(secrets, password).await?;
    Ok(Vault::new(ring, secrets.clone(), source))
}

/// Makes another data key; what was sealed before still opens.
///
/// # Errors
/// [`UnlockError`]; the data key before stays in force.
pub async fn rotate(vault: &Vault, password: &SecretString) -> Result<(), UnlockError> {
    let _one = vault.acts.lock().await;
    master_password::rotate(&vault.secrets, password).await
}

impl Vault {
    /// With data keys that are at hand.
    pub fn new(ring: Ring, secrets: Secrets, password: Secret) -> Self {
        Self {
            ring: ArcSwap::from_pointee(ring),
            secrets,
            password,
            acts: Mutex::new(()),
        }
    }

    /// Where the data keys are kept.
    pub fn secrets(&self) -> &Secrets {
        &self.secrets
    }

    /// Number of the data key in force; the first is 1.
    pub fn generation(&self) -> u32 {
        self.ring.load().generation()
    }

    /// Seals; every call gives other bytes.
    ///
    /// # Errors
    /// When the random number generator fails.
    pub fn seal(&self, purpose: Use<'_>, secret: &[u8]) -> Result<Vec<u8>, OpenError> {
        self.ring.load().seal(purpose, secret)
    }

    /// Opens what was sealed for the same use.
    ///
    /// # Errors
    /// When it was not, or was altered.
    pub fn open(&self, purpose: Use<'_>, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, OpenError> {
        self.ring.load().open(purpose, sealed)
    }

    /// Whether something is sealed under an earlier data key than the one in force.
    pub fn is_outdated(&self, sealed: &[u8]) -> bool {
        generation_of(sealed).is_some_and(|generation| generation < self.generation())
    }

    /// Reads the data keys anew.
    ///
    /// # Errors
    /// [`UnlockError`]; those known stay in use.
    pub async fn refresh(&self, password: &SecretString) -> Result<(), UnlockError> {
        let _one = self.acts.lock().await;
        let ring = master_password::load(&self.secrets, password).await?;
        self.ring.store(Arc::new(ring));
        Ok(())
    }

    /// Makes sure that the data key of something sealed is at hand, if it is one that another replica has made. Costs
    /// nothing as long as it is; what cannot be had shows when the thing is opened.
    pub async fn know(&self, sealed: &[u8]) {
        let Some(generation) = generation_of(sealed) else {
            return;
        };
        if generation <= self.generation() || !self.exists(generation).await {
            return;
        }
        let password = match self.password.resolve() {
            Ok(password) => password,
            Err(error) => {
                tracing::error!(error = chain(&error), "master password not found again");
                return;
            }
        };
        if let Err(error) = self.refresh(&password).await {
            tracing::error!(
                generation,
                error = chain(&error),
                "the data key was rotated, and the new one cannot be opened"
            );
        }
    }

    /// A number that somebody made up must not cost a derivation: behind a later key there is the one before it.
    async fn exists(&self, generation: u32) -> bool {
        let before = master_password::earlier_name(generation - 1);
        match self.secrets.find(&before).await {
            Ok(found) => found.is_some(),
            Err(error) => {
                tracing::warn!(error = chain(&error), "data keys not read");
                false
            }
        }
    }
}
