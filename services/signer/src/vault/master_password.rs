//! The data key under the master password: argon2id makes the key that it is sealed with.

use std::fmt;
use std::str::FromStr;

use argon2::{Algorithm, Argon2, ParamsBuilder, Version};
use secrecy::{ExposeSecret, SecretString};
use zeroize::Zeroizing;

use super::{Use, Vault};
use crate::store::{Secrets, StoreError, StoredSecret};

const NAME: &str = "data-key";

/// Why the vault stays closed.
#[derive(Debug, thiserror::Error)]
pub enum UnlockError {
    /// An empty password.
    #[error("unlock the key store: the master password is empty; set master_password")]
    Empty,
    /// Not the password that the data key is under.
    #[error(
        "unlock the key store: wrong master password; set master_password to the one that this database was first \
         started with, or start with an empty database"
    )]
    WrongPassword,
    /// The database.
    #[error("unlock the key store: read or write its secrets")]
    Store(#[source] StoreError),
    /// The row of the data key is not readable.
    #[error(
        "unlock the key store: row {NAME} of signer_secret is damaged; restore it from a backup"
    )]
    Damaged,
    /// argon2 or the random number generator.
    #[error("unlock the key store: derive a key from the master password")]
    Derive,
}

/// How the key is derived; stands beside the sealed data key.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Derivation {
    memory_kib: u32,
    passes: u32,
    lanes: u32,
    salt: [u8; 16],
}

/// Opens the vault of a database; at the first start makes it.
///
/// # Errors
/// [`UnlockError`], each telling the way out.
pub async fn unlock(secrets: &Secrets, password: &SecretString) -> Result<Vault, UnlockError> {
    if password.expose_secret().is_empty() {
        return Err(UnlockError::Empty);
    }
    let row = match secrets.find(NAME).await.map_err(UnlockError::Store)? {
        Some(row) => row,
        None => make(secrets, password).await?,
    };
    let data_key = open(&row, password).await?;
    Vault::new(&data_key).map_err(|_| UnlockError::Damaged)
}

/// Puts the data key under another password. Keys and sealed secrets stay as they are.
///
/// # Errors
/// [`UnlockError`]; the old password stays in force.
pub async fn change(
    secrets: &Secrets,
    old: &SecretString,
    new: &SecretString,
) -> Result<(), UnlockError> {
    if new.expose_secret().is_empty() {
        return Err(UnlockError::Empty);
    }
    let row = secrets
        .find(NAME)
        .await
        .map_err(UnlockError::Store)?
        .ok_or(UnlockError::Damaged)?;
    let data_key = open(&row, old).await?;
    let sealed = seal(&data_key, new).await?;
    secrets
        .replace(NAME, sealed)
        .await
        .map_err(UnlockError::Store)
}

/// Makes a data key. Of two processes that start at once, one makes it and the other one finds it.
async fn make(secrets: &Secrets, password: &SecretString) -> Result<StoredSecret, UnlockError> {
    let mut data_key = Zeroizing::new([0u8; 32]);
    aws_lc_rs::rand::fill(data_key.as_mut_slice()).map_err(|_| UnlockError::Derive)?;
    let sealed = seal(data_key.as_slice(), password).await?;
    secrets
        .insert_or_find(NAME, sealed)
        .await
        .map_err(UnlockError::Store)
}

async fn seal(data_key: &[u8], password: &SecretString) -> Result<StoredSecret, UnlockError> {
    let derivation = Derivation::fresh()?;
    let wrapping = derivation.derive(password).await?;
    let sealed = wrapping
        .seal(Use::DataKey, data_key)
        .map_err(|_| UnlockError::Derive)?;
    Ok(StoredSecret {
        derivation: derivation.to_string(),
        sealed,
    })
}

async fn open(
    row: &StoredSecret,
    password: &SecretString,
) -> Result<Zeroizing<Vec<u8>>, UnlockError> {
    let derivation: Derivation = row.derivation.parse().map_err(|()| UnlockError::Damaged)?;
    let wrapping = derivation.derive(password).await?;
    wrapping
        .open(Use::DataKey, &row.sealed)
        .map_err(|_| UnlockError::WrongPassword)
}

impl Derivation {
    /// The first recommendation of RFC 9106 §4 wants 2 GiB; this is the second one: 64 MiB, three passes, four lanes.
    fn fresh() -> Result<Self, UnlockError> {
        let mut salt = [0; 16];
        aws_lc_rs::rand::fill(&mut salt).map_err(|_| UnlockError::Derive)?;
        Ok(Self {
            memory_kib: 64 * 1024,
            passes: 3,
            lanes: 4,
            salt,
        })
    }

    async fn derive(&self, password: &SecretString) -> Result<Vault, UnlockError> {
        let (derivation, password) = (self.clone(), password.clone());
        tokio::task::spawn_blocking(move || {
            let mut parameters = ParamsBuilder::new();
            parameters
                .m_cost(derivation.memory_kib)
                .t_cost(derivation.passes)
                .p_cost(derivation.lanes);
            let parameters = parameters.build().map_err(|_| UnlockError::Damaged)?;
            let mut key = Zeroizing::new([0u8; 32]);
            Argon2::new(Algorithm::Argon2id, Version::V0x13, parameters)
                .hash_password_into(
                    password.expose_secret().as_bytes(),
                    &derivation.salt,
                    key.as_mut_slice(),
                )
                .map_err(|_| UnlockError::Derive)?;
            Vault::new(key.as_slice()).map_err(|_| UnlockError::Derive)
        })
        .await
        .map_err(|_| UnlockError::Derive)?
    }
}

impl fmt::Display for Derivation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            memory_kib,
            passes,
            lanes,
            salt,
        } = self;
        write!(
            f,
            "argon2id$m={memory_kib},t={passes},p={lanes}${}",
            hex::encode(salt)
        )
    }
}

impl FromStr for Derivation {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let mut parts = text.split('$');
        let (Some("argon2id"), Some(costs), Some(salt), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(());
        };
        let mut costs = costs.split(',');
        let mut cost = |name: &str| costs.next()?.strip_prefix(name)?.parse().ok();
        Ok(Self {
            memory_kib: cost("m=").ok_or(())?,
            passes: cost("t=").ok_or(())?,
            lanes: cost("p=").ok_or(())?,
            salt: hex::decode(salt)
                .ok()
                .and_then(|salt| salt.try_into().ok())
                .ok_or(())?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_derivation_reads_back_as_it_was_written() {
        let derivation = Derivation::fresh().unwrap();
        assert_eq!(derivation.to_string().parse(), Ok(derivation));
    }

    #[test]
    fn a_damaged_derivation_is_refused() {
        for text in [
            "",
            "argon2id",
            "scrypt$m=1,t=1,p=1$00",
            "argon2id$m=1,t=1$00",
            "argon2id$m=1,t=1,p=1$0011",
        ] {
            assert_eq!(text.parse::<Derivation>(), Err(()), "{text}");
        }
    }
}
