//! Passwords hashed and checked with argon2id. Each costs tens of milliseconds and megabytes: they run beside the async
//! threads, a few at a time.

use std::sync::Arc;

use argon2::{
    Argon2,
    password_hash::{PasswordHasher as _, PasswordVerifier as _, phc::PasswordHash},
};
use ers_runtime::error::{Fault, Kind};
use tokio::sync::Semaphore;
use zeroize::Zeroizing;

const AT_A_TIME: usize = 2;
/// Who comes when so many wait is turned away at once.
const MOST_WAITING: usize = 32;
const GENERATED_GROUPS: usize = 5;
const GROUP_LENGTH: usize = 4;
/// 32 signs, so that five bits make one; without those that look alike.
const ALPHABET: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";

/// A password could not be hashed.
#[derive(Debug, thiserror::Error)]
pub enum PasswordError {
    /// The hash function refused.
    #[error("hash password: {0}")]
    Hash(String),
    /// Too many wait for theirs.
    #[error("hash password: too many at once")]
    Busy,
    /// The process is ending.
    #[error("hash password: stopped")]
    Stopped,
    /// The random generator failed.
    #[error("make password: random octets")]
    Random,
}

impl Fault for PasswordError {
    fn kind(&self) -> Kind {
        match self {
            Self::Busy => Kind::ResourceExhausted,
            Self::Hash(_) | Self::Stopped | Self::Random => Kind::Internal,
        }
    }
}

/// Hashes and checks passwords.
pub(crate) struct Passwords {
    places: Semaphore,
    permits: Arc<Semaphore>,
    /// Checked when there is no such account, so that the answer takes as long.
    nobody: String,
}

impl Passwords {
    /// Ready for work.
    pub(crate) async fn new() -> Result<Self, PasswordError> {
        let passwords = Self {
            places: Semaphore::new(AT_A_TIME + MOST_WAITING),
            permits: Arc::new(Semaphore::new(AT_A_TIME)),
            nobody: String::new(),
        };
        let nobody = passwords.hash(&generate()?).await?;
        Ok(Self {
            nobody,
            ..passwords
        })
    }

    /// The hash of a password, in the PHC string format.
    pub(crate) async fn hash(&self, password: &str) -> Result<String, PasswordError> {
        let password = Zeroizing::new(password.to_owned());
        self.beside(move || {
            let hash: PasswordHash = Argon2::default()
                .hash_password(password.as_bytes())
                .map_err(|error| PasswordError::Hash(error.to_string()))?;
            Ok(hash.to_string())
        })
        .await
    }

    /// Whether the password is the one of the hash; without a hash, takes as long and says no.
    pub(crate) async fn verify(
        &self,
        password: &str,
        hash: Option<&str>,
    ) -> Result<bool, PasswordError> {
        let password = Zeroizing::new(password.to_owned());
        let (hash, known) = (hash.unwrap_or(&self.nobody).to_owned(), hash.is_some());
        self.beside(move || {
            let hash =
                PasswordHash::new(&hash).map_err(|error| PasswordError::Hash(error.to_string()))?;
            Ok(Argon2::default()
                .verify_password(password.as_bytes(), &hash)
                .is_ok()
                && known)
        })
        .await
    }

    async fn beside<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, PasswordError> + Send + 'static,
    ) -> Result<T, PasswordError> {
        let _place = self.places.try_acquire().map_err(|_| PasswordError::Busy)?;
        let permit = Arc::clone(&self.permits)
            .acquire_owned()
            .await
            .map_err(|_| PasswordError::Stopped)?;
        tokio::task::spawn_blocking(move || {
            let done = work();
            drop(permit);
            done
        })
        .await
        .map_err(|_| PasswordError::Stopped)?
    }
}

/// A password of 100 random bits, in groups that can be read out.
pub(crate) fn generate() -> Result<Zeroizing<String>, PasswordError> {
    let mut octets = Zeroizing::new([0_u8; GENERATED_GROUPS * GROUP_LENGTH]);
    aws_lc_rs::rand::fill(octets.as_mut_slice()).map_err(|_| PasswordError::Random)?;
    let signs = octets
        .iter()
        .filter_map(|octet| ALPHABET.get(usize::from(octet & 31)));
    let mut password = Zeroizing::new(String::new());
    for (place, sign) in signs.enumerate() {
        if place > 0 && place % GROUP_LENGTH == 0 {
            password.push('-');
        }
        password.push(char::from(*sign));
    }
    Ok(password)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::account::check_password;

    #[tokio::test]
    async fn a_password_is_known_again_by_its_hash_alone() {
        let passwords = Passwords::new().await.unwrap();
        let hash = passwords.hash("correct horse battery").await.unwrap();
        assert!(hash.starts_with("$argon2id$"), "{hash}");
        assert!(
            passwords
                .verify("correct horse battery", Some(&hash))
                .await
                .unwrap()
        );
        assert!(
            !passwords
                .verify("correct horse batterz", Some(&hash))
                .await
                .unwrap()
        );
    }

    #[tokio::test]
    async fn without_an_account_no_password_is_right() {
        let passwords = Passwords::new().await.unwrap();
        assert!(!passwords.verify("", None).await.unwrap());
    }

    #[tokio::test]
    async fn a_crowd_is_turned_away_at_once() {
        let passwords = Passwords::new().await.unwrap();
        let all = (0..100).map(|_| passwords.verify("guess", None));
        let outcomes = futures::future::join_all(all).await;
        let busy = outcomes
            .iter()
            .filter(|outcome| matches!(outcome, Err(PasswordError::Busy)))
            .count();
        assert_eq!(busy, 100 - AT_A_TIME - MOST_WAITING);
    }

    #[test]
    fn generated_passwords_are_strong_and_differ() {
        let (one, other) = (generate().unwrap(), generate().unwrap());
        assert_eq!(one.len(), 24);
        assert_ne!(*one, *other);
        assert_eq!(
            check_password(&"administrator".parse().unwrap(), &one),
            Ok(())
        );
    }
}
