//! Passwords hashed and checked with argon2id. Each costs tens of milliseconds and megabytes: they run beside the async
//! threads, a few at a time.

use std::sync::Arc;

use argon2::{
    Algorithm, Argon2, Block, Params, Version,
    password_hash::phc::{Output, ParamsString, PasswordHash, Salt},
};
use aws_lc_rs::constant_time::verify_slices_are_equal;
use ers_runtime::error::{Fault, Kind};
use parking_lot::Mutex;
use tokio::sync::Semaphore;
use zeroize::Zeroizing;

const AT_A_TIME: usize = 2;
/// Who comes when so many wait is turned away at once.
const MOST_WAITING: usize = 32;
const SALT_OCTETS: usize = 16;
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
    memory: Arc<Memory>,
    /// Checked when there is no such account, so that the answer takes as long.
    nobody: String,
}

impl Passwords {
    /// Ready for work.
    pub(crate) async fn new() -> Result<Self, PasswordError> {
        let passwords = Self {
            places: Semaphore::new(AT_A_TIME + MOST_WAITING),
            permits: Arc::new(Semaphore::new(AT_A_TIME)),
            memory: Arc::default(),
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
        self.beside(move |blocks| hash_in(blocks, password.as_bytes()))
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
        self.beside(move |blocks| Ok(verify_in(blocks, password.as_bytes(), &hash)? && known))
            .await
    }

    async fn beside<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Vec<Block>) -> Result<T, PasswordError> + Send + 'static,
    ) -> Result<T, PasswordError> {
        let _place = self.places.try_acquire().map_err(|_| PasswordError::Busy)?;
        let permit = Arc::clone(&self.permits)
            .acquire_owned()
            .await
            .map_err(|_| PasswordError::Stopped)?;
        let memory = Arc::clone(&self.memory);
        tokio::task::spawn_blocking(move || {
            let done = memory.lend(work);
            drop(permit);
            done
        })
        .await
        .map_err(|_| PasswordError::Stopped)?
    }
}

/// What hashing works in, 19 MiB for each that runs, cleared after each. It is kept: freed blocks of that size and alignment
/// are not found again by glibc 2.36, and a process that asked for them anew would grow with every login.
#[derive(Default)]
struct Memory(Mutex<Vec<Vec<Block>>>);

impl Memory {
    fn lend<T>(&self, work: impl FnOnce(&mut Vec<Block>) -> T) -> T {
        let mut blocks = self.0.lock().pop().unwrap_or_default();
        let done = work(&mut blocks);
        blocks.fill(Block::new());
        self.0.lock().push(blocks);
        done
    }
}

fn hash_in(blocks: &mut Vec<Block>, password: &[u8]) -> Result<String, PasswordError> {
    let params = Params::default();
    let mut salt = [0_u8; SALT_OCTETS];
    aws_lc_rs::rand::fill(&mut salt).map_err(|_| PasswordError::Random)?;
    let mut out = Zeroizing::new([0_u8; Params::DEFAULT_OUTPUT_LEN]);
    let (algorithm, version) = (Algorithm::Argon2id, Version::V0x13);
    let argon2 = Argon2::new(algorithm, version, params);
    fill(blocks, &argon2, password, &salt, out.as_mut_slice())?;
    let hash = PasswordHash {
        algorithm: algorithm.ident(),
        version: Some(version.into()),
        params: ParamsString::try_from(argon2.params()).map_err(refused)?,
        salt: Some(Salt::new(&salt).map_err(refused)?),
        hash: Some(Output::new(out.as_slice()).map_err(refused)?),
    };
    Ok(hash.to_string())
}

fn verify_in(blocks: &mut Vec<Block>, password: &[u8], hash: &str) -> Result<bool, PasswordError> {
    let hash = PasswordHash::new(hash).map_err(refused)?;
    let (Some(salt), Some(expected)) = (&hash.salt, &hash.hash) else {
        return Ok(false);
    };
    let version = hash.version.map(Version::try_from).transpose();
    let argon2 = Argon2::new(
        Algorithm::try_from(hash.algorithm.as_str()).map_err(refused)?,
        version.map_err(refused)?.unwrap_or_default(),
        Params::try_from(&hash).map_err(refused)?,
    );
    let mut out = Zeroizing::new(vec![0_u8; expected.len()]);
    fill(blocks, &argon2, password, salt, out.as_mut_slice())?;
    Ok(verify_slices_are_equal(&out, expected.as_bytes()).is_ok())
}

fn fill(
    blocks: &mut Vec<Block>,
    argon2: &Argon2<'_>,
    password: &[u8],
    salt: &[u8],
    out: &mut [u8],
) -> Result<(), PasswordError> {
    let needed = argon2.params().block_count();
    if blocks.len() < needed {
        blocks.resize(needed, Block::new());
    }
    let blocks = blocks.get_mut(..needed).unwrap_or_default();
    argon2
        .hash_password_into_with_memory(password, salt, out, blocks)
        .map_err(refused)
}

fn refused(error: impl std::fmt::Display) -> PasswordError {
    PasswordError::Hash(error.to_string())
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
    use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};

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
        let kept = passwords.memory.0.lock();
        let blocks: usize = kept.iter().map(Vec::len).sum();
        assert!(blocks <= AT_A_TIME * Params::default().block_count());
        let words = |block: &Block| AsRef::<[u64]>::as_ref(block).iter().all(|word| *word == 0);
        assert!(kept.iter().flatten().all(words), "nothing of a password");
    }

    #[tokio::test]
    async fn in_memory_that_was_used_before_hashes_are_those_of_the_crate() {
        let passwords = Passwords::new().await.unwrap();
        let ours = passwords.hash("one").await.unwrap();
        assert!(Argon2::default().verify_password(b"one", &*ours).is_ok());
        let weaker = Argon2::new(
            Algorithm::Argon2i,
            Version::V0x10,
            Params::new(64, 1, 1, Some(24)).unwrap(),
        );
        for argon2 in [Argon2::default(), weaker] {
            let theirs = argon2.hash_password(b"two").unwrap().to_string();
            assert!(passwords.verify("two", Some(&theirs)).await.unwrap());
            assert!(!passwords.verify("three", Some(&theirs)).await.unwrap());
        }
    }

    #[tokio::test]
    async fn what_is_no_hash_is_an_error_and_nobody_is_let_in() {
        let passwords = Passwords::new().await.unwrap();
        for wrong in [
            "",
            "x",
            "$argon2id$v=19$m=1,t=1,p=1$c2FsdHNhbHQ$",
            "$md5$v=19$c2FsdHNhbHQ$c2FsdHNhbHQ",
        ] {
            let outcome = passwords.verify("", Some(wrong)).await;
            assert!(!matches!(outcome, Ok(true)), "{wrong}");
        }
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
