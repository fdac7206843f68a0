//! The public half of checkpoints: statements of how far a chain had come, and the keys that sign them. An outside
//! witness needs nothing else.

use ers_pki::key::{PrivateKey, PrivateKeyError, PublicKey, SignatureAlgorithm};

use super::{EntryHash, Head};

pub(super) const ALGORITHM: SignatureAlgorithm = SignatureAlgorithm::Sha256WithEcdsa;

/// "At this time the entry of this number had this hash", signed by a checkpoint key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// The chain.
    pub chain: String,
    /// Number of the entry; zero: there was none yet.
    pub sequence: u64,
    /// Its hash.
    pub entry_hash: EntryHash,
    /// When, in epoch milliseconds.
    pub at_ms: i64,
    /// ECDSA-Sig-Value, RFC 3279 §2.2.3; over what, says `Checkpoint::to_be_signed`.
    pub signature: Vec<u8>,
}

/// A key that signs checkpoints and nothing else. The key before it and the key itself have both signed that it
/// follows: from any one of them that is known for sure, all others can be trusted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckpointKey {
    /// Its number; the first is 1.
    pub number: u64,
    /// SubjectPublicKeyInfo, DER.
    pub public_key: Vec<u8>,
    /// When it was made, in epoch milliseconds.
    pub made_at_ms: i64,
    /// By the key before it; empty for the first. ECDSA-Sig-Value.
    pub endorsement: Vec<u8>,
    /// By the key itself. ECDSA-Sig-Value.
    pub acknowledgement: Vec<u8>,
}

/// Why a list of checkpoint keys is not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeysError {
    /// There is no key.
    #[error("check checkpoint keys: there is none")]
    None,
    /// The number is not the one after the number before.
    #[error("check checkpoint key {number}: it stands out of its order")]
    Order {
        /// The number.
        number: u64,
    },
    /// Not a key, or a signature is wrong.
    #[error("check checkpoint key {number}: it does not follow from the key before it")]
    Forged {
        /// The number.
        number: u64,
    },
    /// The key that is known for sure is not among them.
    #[error("check checkpoint keys: the key that was pinned is not among them")]
    NotPinned,
}

/// All keys that ever signed checkpoints, oldest first, each following from the one before.
#[derive(Debug, Clone)]
pub struct CheckpointKeys {
    keys: Vec<CheckpointKey>,
    public: Vec<PublicKey>,
}

impl Checkpoint {
    /// The octets that are signed: domain, chain with its length, number, hash, time; numbers big-endian.
    pub fn to_be_signed(&self) -> Vec<u8> {
        let head = Head {
            sequence: self.sequence,
            hash: self.entry_hash,
        };
        to_be_signed(&self.chain, head, self.at_ms)
    }

    /// What it tells of.
    pub fn head(&self) -> Head {
        Head {
            sequence: self.sequence,
            hash: self.entry_hash,
        }
    }
}

pub(super) fn to_be_signed(chain: &str, head: Head, at_ms: i64) -> Vec<u8> {
    [
        b"ers-journal-checkpoint-v1\0".as_slice(),
        &(chain.len() as u64).to_be_bytes(),
        chain.as_bytes(),
        &head.sequence.to_be_bytes(),
        head.hash.as_bytes(),
        &at_ms.to_be_bytes(),
    ]
    .concat()
}

impl CheckpointKey {
    /// The key after `previous` (the first one, when there is none), signed by both.
    ///
    /// # Errors
    /// When a key fails to sign.
    pub fn after(
        previous: Option<(&Self, &PrivateKey)>,
        key: &PrivateKey,
        made_at_ms: i64,
    ) -> Result<Self, PrivateKeyError> {
        let mut next = Self {
            number: previous.map_or(1, |(previous, _)| previous.number + 1),
            public_key: key.public_key().spki_der().to_vec(),
            made_at_ms,
            endorsement: Vec::new(),
            acknowledgement: Vec::new(),
        };
        let statement = next.to_be_signed(previous.map(|(previous, _)| previous));
        if let Some((_, previous)) = previous {
            next.endorsement = previous.sign(ALGORITHM, &statement)?;
        }
        next.acknowledgement = key.sign(ALGORITHM, &statement)?;
        Ok(next)
    }

    /// The octets that both keys sign: domain, number, time, the key before and this key, each with its length (the
    /// first key has an empty one before it); numbers big-endian.
    pub fn to_be_signed(&self, previous: Option<&Self>) -> Vec<u8> {
        let before = previous.map_or(&[][..], |previous| &previous.public_key);
        [
            b"ers-journal-key-v1\0".as_slice(),
            &self.number.to_be_bytes(),
            &self.made_at_ms.to_be_bytes(),
            &(before.len() as u64).to_be_bytes(),
            before,
            &(self.public_key.len() as u64).to_be_bytes(),
            &self.public_key,
        ]
        .concat()
    }
}

impl CheckpointKeys {
    /// Keys that follow from one another; `pinned` (SubjectPublicKeyInfo, DER) must be one of them.
    ///
    /// # Errors
    /// [`KeysError`]
    pub fn new(keys: Vec<CheckpointKey>, pinned: Option<&[u8]>) -> Result<Self, KeysError> {
        let mut public: Vec<PublicKey> = Vec::with_capacity(keys.len());
        let mut previous: Option<&CheckpointKey> = None;
        for key in &keys {
            let number = key.number;
            if number != previous.map_or(1, |previous| previous.number + 1) {
                return Err(KeysError::Order { number });
            }
            let forged = KeysError::Forged { number };
            let own = PublicKey::from_spki_der(&key.public_key).map_err(|_| forged)?;
            let statement = key.to_be_signed(previous);
            own.verify(ALGORITHM, &statement, &key.acknowledgement)
                .map_err(|_| forged)?;
            if let Some(before) = public.last() {
                before
                    .verify(ALGORITHM, &statement, &key.endorsement)
                    .map_err(|_| forged)?;
            }
            public.push(own);
            previous = Some(key);
        }
        if keys.is_empty() {
            return Err(KeysError::None);
        }
        if pinned.is_some_and(|pinned| !keys.iter().any(|key| key.public_key == pinned)) {
            return Err(KeysError::NotPinned);
        }
        Ok(Self { keys, public })
    }

    /// The keys, oldest first.
    pub fn keys(&self) -> &[CheckpointKey] {
        &self.keys
    }

    /// The newest.
    pub fn newest(&self) -> Option<&CheckpointKey> {
        self.keys.last()
    }

    /// Number of the key that signed a checkpoint; none when no key did. Asks the newest first.
    pub fn signer_of(&self, checkpoint: &Checkpoint) -> Option<u64> {
        let statement = checkpoint.to_be_signed();
        self.keys
            .iter()
            .zip(&self.public)
            .rev()
            .find(|(_, public)| {
                public
                    .verify(ALGORITHM, &statement, &checkpoint.signature)
                    .is_ok()
            })
            .map(|(key, _)| key.number)
    }
}

#[cfg(test)]
mod tests {
    use ers_pki::key::KeyAlgorithm;

    use super::*;

    fn key() -> PrivateKey {
        PrivateKey::generate(KeyAlgorithm::P256).unwrap()
    }

    fn three() -> (Vec<CheckpointKey>, Vec<PrivateKey>) {
        let private = vec![key(), key(), key()];
        let mut keys: Vec<CheckpointKey> = Vec::new();
        for (index, private_key) in private.iter().enumerate() {
            let previous = keys.last().map(|last| (last, &private[index - 1]));
            keys.push(CheckpointKey::after(previous, private_key, index as i64).unwrap());
        }
        (keys, private)
    }

    #[test]
    fn keys_that_follow_from_one_another_are_believed_from_any_of_them() {
        let (keys, _) = three();
        for pinned in &keys {
            assert!(CheckpointKeys::new(keys.clone(), Some(&pinned.public_key)).is_ok());
        }
        let stranger = key().public_key().spki_der().to_vec();
        assert_eq!(
            CheckpointKeys::new(keys, Some(&stranger)).unwrap_err(),
            KeysError::NotPinned
        );
    }

    #[test]
    fn a_key_put_before_behind_or_between_is_refused() {
        let (keys, private) = three();
        let stranger = key();
        // a stranger as the first key, who endorses the real ones
        let first = CheckpointKey::after(None, &stranger, 0).unwrap();
        let mut second = keys[1].clone();
        second.endorsement = stranger
            .sign(ALGORITHM, &second.to_be_signed(Some(&first)))
            .unwrap();
        let forged = CheckpointKeys::new(vec![first, second, keys[2].clone()], None);
        assert_eq!(forged.unwrap_err(), KeysError::Forged { number: 2 });
        // a stranger at the end, who endorses himself
        let last = CheckpointKey::after(Some((&keys[2], &stranger)), &stranger, 9).unwrap();
        let mut longer = keys.clone();
        longer.push(last);
        assert_eq!(
            CheckpointKeys::new(longer, None).unwrap_err(),
            KeysError::Forged { number: 4 }
        );
        // one left out
        let fewer = vec![keys[0].clone(), keys[2].clone()];
        assert_eq!(
            CheckpointKeys::new(fewer, None).unwrap_err(),
            KeysError::Order { number: 3 }
        );
        assert_eq!(
            CheckpointKeys::new(Vec::new(), None).unwrap_err(),
            KeysError::None
        );
        drop(private);
    }

    #[test]
    fn a_checkpoint_is_traced_to_the_key_that_signed_it() {
        let (keys, private) = three();
        let keys = CheckpointKeys::new(keys, None).unwrap();
        let mut checkpoint = Checkpoint {
            chain: "main".to_owned(),
            sequence: 7,
            entry_hash: EntryHash::genesis("main"),
            at_ms: 1,
            signature: Vec::new(),
        };
        for (index, private) in private.iter().enumerate() {
            checkpoint.signature = private.sign(ALGORITHM, &checkpoint.to_be_signed()).unwrap();
            assert_eq!(keys.signer_of(&checkpoint), Some(index as u64 + 1));
        }
        checkpoint.at_ms += 1;
        assert_eq!(keys.signer_of(&checkpoint), None);
    }
}
