//! Keys in the database, sealed under the data key. Opened and parsed once, then kept in memory, which is wiped when
//! it is given back: a signature costs the signature.

use std::collections::HashMap;
use std::io;
use std::sync::Arc;

use ers_pki::key::{Digesting, KeyAlgorithm, PrivateKey, SignatureAlgorithm};
use ers_signer_client::KeyId;
use parking_lot::RwLock;
use zeroize::Zeroizing;

use super::TokenError;
use super::pool::{Pool, Reservation};
use super::token::{Description, Found, Generated, Message, NewPair, SealedKey, Token};
use crate::store::StoredKey;
use crate::vault::{Use, Vault};

/// Most keys that are kept open.
const MAX_OPEN: usize = 4096;

/// The software keys.
pub struct SoftwareToken {
    name: String,
    keys: Arc<OpenKeys>,
    pool: Pool<()>,
}

struct OpenKeys {
    vault: Arc<Vault>,
    open: RwLock<HashMap<KeyId, Arc<PrivateKey>>>,
}

impl SoftwareToken {
    /// With as many threads as there are processors.
    ///
    /// # Errors
    /// When no thread can be started.
    pub fn start(name: &str, vault: Arc<Vault>, queue_length: usize) -> io::Result<Self> {
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        let pool = Pool::start(
            &format!("token {name}"),
            threads,
            queue_length,
            false,
            || (),
        )?;
        let keys = Arc::new(OpenKeys {
            vault,
            open: RwLock::default(),
        });
        Ok(Self {
            name: name.to_owned(),
            keys,
            pool,
        })
    }

    async fn run<T: Send + 'static>(
        &self,
        place: Reservation,
        act: impl FnOnce(&OpenKeys) -> Result<T, TokenError> + Send + 'static,
    ) -> Result<T, TokenError> {
        let keys = Arc::clone(&self.keys);
        let done = self.pool.run(place, move |()| act(&keys)).await;
        done.unwrap_or_else(|_| {
            Err(TokenError::Failed {
                token: self.name.clone(),
                reason: "panic".to_owned(),
            })
        })
    }
}

impl OpenKeys {
    fn load(
        &self,
        id: &KeyId,
        algorithm: KeyAlgorithm,
        material: &[u8],
    ) -> Result<Arc<PrivateKey>, TokenError> {
        if let Some(key) = self.find(id) {
            return Ok(key);
        }
        let der = self
            .vault
            .open(Use::Key(id), material)
            .map_err(TokenError::Sealed)?;
        let key = PrivateKey::from_pkcs8_der(&der)
            .map_err(|source| TokenError::Software { algorithm, source })?;
        let key = Arc::new(key);
        self.keep(id, &key);
        Ok(key)
    }

    fn find(&self, id: &KeyId) -> Option<Arc<PrivateKey>> {
        self.open.read().get(id).map(Arc::clone)
    }

    fn keep(&self, id: &KeyId, key: &Arc<PrivateKey>) {
        let mut open = self.open.write();
        if open.len() >= MAX_OPEN {
            open.clear();
        }
        open.insert(id.clone(), Arc::clone(key));
    }
}

/// Whether a signature takes about as long (14 to 30 µs) as handing it to another thread and back.
fn is_quick(algorithm: KeyAlgorithm, message: &Message) -> bool {
    const SHORT: usize = 16 * 1024;
    let is_short = match message {
        Message::Whole(message) => message.len() <= SHORT,
        Message::Digest(_) => true,
    };
    is_short && matches!(algorithm, KeyAlgorithm::P256 | KeyAlgorithm::Ed25519)
}

fn signature_of(
    key: &PrivateKey,
    kind: KeyAlgorithm,
    algorithm: SignatureAlgorithm,
    message: &Message,
) -> Result<Vec<u8>, TokenError> {
    let signature = match message {
        Message::Whole(message) => key.sign(algorithm, message),
        Message::Digest(digest) => key.sign_digest(algorithm, digest),
    };
    signature.map_err(|source| TokenError::Software {
        algorithm: kind,
        source,
    })
}

#[async_trait::async_trait]
impl Token for SoftwareToken {
    fn kind(&self) -> &'static str {
        "software"
    }

    fn reserve(&self) -> Result<Reservation, TokenError> {
        self.pool.reserve().ok_or_else(|| TokenError::Busy {
            token: self.name.clone(),
        })
    }

    fn depth(&self) -> usize {
        self.pool.depth()
    }

    fn capacity(&self) -> usize {
        self.pool.capacity()
    }

    fn may_ask(&self) -> Result<(), TokenError> {
        Ok(())
    }

    fn choose_material(&self) -> Result<Option<Vec<u8>>, TokenError> {
        Ok(None)
    }

    async fn generate(
        &self,
        place: Reservation,
        id: &KeyId,
        new: NewPair<'_>,
        _chosen: Option<Vec<u8>>,
    ) -> Result<Generated, TokenError> {
        let (id, algorithm) = (id.clone(), new.algorithm);
        self.run(place, move |keys| {
            let software = |source| TokenError::Software { algorithm, source };
            let key = PrivateKey::generate(algorithm).map_err(software)?;
            let der = key.to_pkcs8_der().map_err(software)?;
            let material = keys
                .vault
                .seal(Use::Key(&id), &der)
                .map_err(TokenError::Sealed)?;
            let public_key = key.public_key().clone();
            keys.keep(&id, &Arc::new(key));
            Ok(Generated {
                public_key,
                material,
            })
        })
        .await
    }

    fn signs_digests(&self, algorithm: SignatureAlgorithm) -> bool {
        Digesting::new(algorithm).is_some()
    }

    async fn sign(
        &self,
        place: Reservation,
        key: &StoredKey,
        material: &[u8],
        algorithm: SignatureAlgorithm,
        message: Message,
    ) -> Result<Vec<u8>, TokenError> {
        self.keys.vault.know(material).await;
        let (id, kind, material) = (key.key.id.clone(), key.key.algorithm, material.to_vec());
        if is_quick(kind, &message)
            && let Some(open) = self.keys.find(&id)
        {
            return signature_of(&open, kind, algorithm, &message);
        }
        self.run(place, move |keys| {
            let key = keys.load(&id, kind, &material)?;
            signature_of(&key, kind, algorithm, &message)
        })
        .await
    }

    async fn open_key(
        &self,
        place: Reservation,
        key: &StoredKey,
        material: &[u8],
        sealed: SealedKey,
    ) -> Result<Zeroizing<Vec<u8>>, TokenError> {
        self.keys.vault.know(material).await;
        let (id, kind, material) = (key.key.id.clone(), key.key.algorithm, material.to_vec());
        let name = self.name.clone();
        self.run(place, move |keys| {
            let key = keys.load(&id, kind, &material)?;
            sealed
                .transport
                .open(&key, &sealed.ciphertext, sealed.expected_length)
                .map_err(|_| TokenError::not_opened(&name))
        })
        .await
    }

    async fn find(
        &self,
        _place: Reservation,
        _material: &[u8],
        _algorithm: KeyAlgorithm,
    ) -> Result<Found, TokenError> {
        Err(TokenError::NoCopies {
            token: self.name.clone(),
        })
    }

    /// The key is in its row; what is left to do is to forget it.
    async fn destroy(
        &self,
        _place: Reservation,
        key: &KeyId,
        _material: &[u8],
    ) -> Result<(), TokenError> {
        self.keys.open.write().remove(key);
        Ok(())
    }

    async fn describe(&self, _place: Reservation) -> Result<Option<Description>, TokenError> {
        Ok(None)
    }
}
