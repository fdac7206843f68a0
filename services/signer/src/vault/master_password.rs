//! The data key under the master password: argon2id makes the key that it is sealed with.

use std::fmt;
use std::str::FromStr;

use argon2::{Algorithm, Argon2, ParamsBuilder, Version};
use ers_runtime::error::{Fault, Kind};
use sea_orm::DatabaseTransaction;
use secrecy::{ExposeSecret, SecretString};
use zeroize::Zeroizing;

use super::{Ring, Use};
use crate::journal::JOURNAL_KEY;
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
         started with, or was given since, or start with an empty database"
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
    /// Another process changed the same at the same time.
    #[error("change the keys of the key store: another process did the same just now; try again")]
    Conflict,
    /// argon2 or the random number generator.
    #[error("unlock the key store: derive a key from the master password")]
    Derive,
}

impl Fault for UnlockError {
    fn kind(&self) -> Kind {
        match self {
            Self::Empty => Kind::InvalidArgument,
            Self::WrongPassword => Kind::PermissionDenied,
            Self::Store(error) => error.kind(),
            Self::Conflict => Kind::Unavailable,
            Self::Damaged | Self::Derive => Kind::Internal,
        }
    }
}

/// How the key is derived; stands beside the sealed data key.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Derivation {
    memory_kib: u32,
    passes: u32,
    lanes: u32,
    salt: [u8; 16],
}

/// A data key with its number, as it is sealed under the master password: the first one stands alone, a later one has
/// its number (4 octets, big-endian) before it.
struct DataKey {
    generation: u32,
    key: Zeroizing<[u8; 32]>,
}

/// The data keys of a database; at the first start makes the first one.
///
/// # Errors
/// [`UnlockError`], each telling the way out.
pub(super) async fn load(secrets: &Secrets, password: &SecretString) -> Result<Ring, UnlockError> {
    if password.expose_secret().is_empty() {
        return Err(UnlockError::Empty);
    }
    let row = match secrets.find(NAME).await.map_err(UnlockError::Store)? {
        Some(row) => row,
        None => make(secrets, password).await?,
    };
    ring(secrets, &open(&row, password).await?).await
}

/// Puts the data key under another password: one row is replaced, by one statement, so that one of the two passwords is
/// in force at any moment. Keys and sealed secrets stay as they are.
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
    let row = load_row(secrets).await?;
    let data_key = open(&row, old).await?;
    let sealed = seal(&data_key, new).await?;
    let transaction = secrets.begin().await.map_err(UnlockError::Store)?;
    let replaced = secrets
        .replace_if(&transaction, NAME, &row, sealed)
        .await
        .map_err(UnlockError::Store)?;
    if !replaced {
        return Err(UnlockError::Conflict);
    }
    commit(transaction).await
}

/// Makes another data key. The ones before it stay, sealed under the new one. All of it happens or nothing.
///
/// # Errors
/// [`UnlockError`]; the data key before stays in force.
pub(super) async fn rotate(secrets: &Secrets, password: &SecretString) -> Result<(), UnlockError> {
    let row = load_row(secrets).await?;
    let before = open(&row, password).await?;
    let ring_before = ring(secrets, &before).await?;
    let next = DataKey::fresh(before.generation + 1)?;
    let ring_next = next.ring()?;
    let wrapped = seal(&next, password).await?;
    let derived = |sealed| StoredSecret {
        derivation: String::new(),
        sealed,
    };
    let under_next = |purpose: Use<'_>, secret: &[u8]| {
        ring_next
            .seal(purpose, secret)
            .map(derived)
            .map_err(|_| UnlockError::Derive)
    };
    // Read before the transaction begins, which on SQLite has the only connection; another rotation meanwhile is a conflict.
    let earlier_before = earlier_rows(secrets).await?;
    let journal_key = secrets
        .find(JOURNAL_KEY)
        .await
        .map_err(UnlockError::Store)?;
    let transaction = secrets.begin().await.map_err(UnlockError::Store)?;
    // 1. The new key in the place of the one before
    if !secrets
        .replace_if(&transaction, NAME, &row, wrapped)
        .await
        .map_err(UnlockError::Store)?
    {
        return Err(UnlockError::Conflict);
    }
    // 2. The one before, and those before it, under the new one
    let earlier = under_next(
        Use::EarlierDataKey(before.generation),
        before.key.as_slice(),
    )?;
    secrets
        .insert_in(&transaction, &earlier_name(before.generation), earlier)
        .await
        .map_err(UnlockError::Store)?;
    for (name, generation, sealed) in earlier_before {
        let purpose = Use::EarlierDataKey(generation);
        let key = ring_before
            .open(purpose, &sealed.sealed)
            .map_err(|_| UnlockError::Damaged)?;
        secrets
            .replace_in(&transaction, &name, under_next(purpose, &key)?)
            .await
            .map_err(UnlockError::Store)?;
    }
    // 3. The key of checkpoints
    if let Some(sealed) = journal_key {
        let key = ring_before
            .open(Use::JournalKey, &sealed.sealed)
            .map_err(|_| UnlockError::Damaged)?;
        let anew = under_next(Use::JournalKey, &key)?;
        if !secrets
            .replace_if(&transaction, JOURNAL_KEY, &sealed, anew)
            .await
            .map_err(UnlockError::Store)?
        {
            return Err(UnlockError::Conflict);
        }
    }
    commit(transaction).await
}

async fn commit(transaction: DatabaseTransaction) -> Result<(), UnlockError> {
    let committed = transaction.commit().await;
    committed
        .map_err(|source| UnlockError::Store(StoreError::during("commit signer secrets")(source)))
}

async fn load_row(secrets: &Secrets) -> Result<StoredSecret, UnlockError> {
    secrets
        .find(NAME)
        .await
        .map_err(UnlockError::Store)?
        .ok_or(UnlockError::Damaged)
}

/// A data key and those before it.
async fn ring(secrets: &Secrets, data_key: &DataKey) -> Result<Ring, UnlockError> {
    let mut ring = data_key.ring()?;
    if data_key.generation == 1 {
        return Ok(ring);
    }
    for (_, generation, sealed) in earlier_rows(secrets).await? {
        let key = ring
            .open(Use::EarlierDataKey(generation), &sealed.sealed)
            .map_err(|_| UnlockError::Damaged)?;
        ring.add(generation, &key)
            .map_err(|_| UnlockError::Damaged)?;
    }
    Ok(ring)
}

async fn earlier_rows(secrets: &Secrets) -> Result<Vec<(String, u32, StoredSecret)>, UnlockError> {
    let beginning = format!("{NAME}/");
    let rows = secrets.list(&beginning).await.map_err(UnlockError::Store)?;
    rows.into_iter()
        .map(|(name, secret)| {
            let number = name
                .strip_prefix(&beginning)
                .and_then(|number| number.parse().ok())
                .ok_or(UnlockError::Damaged)?;
            Ok((name, number, secret))
        })
        .collect()
}

/// Name of the row of a data key of before.
pub(super) fn earlier_name(generation: u32) -> String {
    format!("{NAME}/{generation}")
}

/// Makes a data key. Of two processes that start at once, one makes it and the other one finds it.
async fn make(secrets: &Secrets, password: &SecretString) -> Result<StoredSecret, UnlockError> {
    let sealed = seal(&DataKey::fresh(1)?, password).await?;
    secrets
        .insert_or_find(NAME, sealed)
        .await
        .map_err(UnlockError::Store)
}

async fn seal(data_key: &DataKey, password: &SecretString) -> Result<StoredSecret, UnlockError> {
    let derivation = Derivation::fresh()?;
    let wrapping = derivation.derive(password).await?;
    let sealed = wrapping
        .seal(Use::DataKey, &data_key.to_octets())
        .map_err(|_| UnlockError::Derive)?;
    Ok(StoredSecret {
        derivation: derivation.to_string(),
        sealed,
    })
}

async fn open(row: &StoredSecret, password: &SecretString) -> Result<DataKey, UnlockError> {
    let derivation: Derivation = row.derivation.parse().map_err(|()| UnlockError::Damaged)?;
    let wrapping = derivation.derive(password).await?;
    let octets = wrapping
        .open(Use::DataKey, &row.sealed)
        .map_err(|_| UnlockError::WrongPassword)?;
    DataKey::from_octets(&octets).ok_or(UnlockError::Damaged)
}

impl DataKey {
    fn fresh(generation: u32) -> Result<Self, UnlockError> {
        let mut key = Zeroizing::new([0u8; 32]);
        aws_lc_rs::rand::fill(key.as_mut_slice()).map_err(|_| UnlockError::Derive)?;
        Ok(Self { generation, key })
    }

    fn ring(&self) -> Result<Ring, UnlockError> {
        Ring::new(self.generation, self.key.as_slice()).map_err(|_| UnlockError::Damaged)
    }

    fn to_octets(&self) -> Zeroizing<Vec<u8>> {
        let number = self.generation.to_be_bytes();
        let number = if self.generation == 1 {
            &[][..]
        } else {
            &number[..]
        };
        Zeroizing::new([number, self.key.as_slice()].concat())
    }

    fn from_octets(octets: &[u8]) -> Option<Self> {
        let (number, key) = octets.split_at_checked(octets.len().checked_sub(32)?)?;
        let generation = match number {
            [] => 1,
            number => u32::from_be_bytes(number.try_into().ok()?),
        };
        Some(Self {
            generation,
            key: Zeroizing::new(key.try_into().ok()?),
        })
    }
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

    async fn derive(&self, password: &SecretString) -> Result<Ring, UnlockError> {
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
            Ring::new(1, key.as_slice()).map_err(|_| UnlockError::Derive)
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

    #[test]
    fn data_keys_read_back_with_their_numbers() {
        for generation in [1, 2, 70_000] {
            let key = DataKey::fresh(generation).unwrap();
            let read = DataKey::from_octets(&key.to_octets()).unwrap();
            assert_eq!(
                (read.generation, read.key.as_slice()),
                (generation, key.key.as_slice())
            );
        }
        for length in [0, 31, 33, 35, 37] {
            assert!(DataKey::from_octets(&vec![0; length]).is_none());
        }
    }
}
