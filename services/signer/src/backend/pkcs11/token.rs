//! The token as the rest of the signer sees it.

use std::sync::Arc;
use std::time::Duration;

use ers_pki::key::{KeyAlgorithm, PublicKey, SignatureAlgorithm};
use ers_runtime::Context;
use ers_runtime::config::Secret;
use ers_signer_client::KeyId;
use parking_lot::Mutex;
use zeroize::Zeroizing;

use super::super::TokenError;
use super::super::pool::{Pool, Reservation, Unanswered};
use super::super::token::{Description, Found, Generated, Message, NewPair, SealedKey, Token};
use super::access::Access;
use super::call::{Answer, Call};
use super::fault::Fault;
use super::generate::random_id;
use super::shared::{Shared, Standing};
use super::sign::{encode, input, signs_digests};
use super::worker::Worker;
use crate::config::{ConfigError, Pkcs11Config};
use crate::store::StoredKey;
use crate::telemetry::Metrics;

const TICK: Duration = Duration::from_millis(250);
/// While nobody asks, the token is asked for a sign of life this often.
const PROBE_INTERVAL: Duration = Duration::from_secs(10);
/// How often it is looked whether a refused PIN was changed where it stands.
const PIN_INTERVAL: Duration = Duration::from_secs(2);

/// A token behind a PKCS #11 library.
pub struct Pkcs11Token {
    shared: Arc<Shared>,
    pool: Pool<Worker>,
    pin: Option<Secret>,
}

impl Pkcs11Token {
    /// Starts the workers and looks for the token. That it is out of reach, or that it refuses the PIN, does not keep
    /// the signer from starting: it shows in readiness. A process that ended over a refused PIN would be started
    /// again, and again, until the token has locked itself.
    ///
    /// # Errors
    /// When the PIN cannot be read from where it should be, or no thread can be started.
    pub async fn start(
        name: &str,
        config: &Pkcs11Config,
        queue_length: usize,
        context: &Context,
        metrics: Arc<Metrics>,
    ) -> Result<Arc<Self>, ConfigError> {
        let pin = config.pin.as_ref().map(Secret::resolve).transpose();
        let pin = pin.map_err(|source| ConfigError::Pin {
            token: name.to_owned(),
            source,
        })?;
        let shared = Arc::new(Shared {
            name: name.to_owned(),
            access: Arc::new(Access::new(config.clone(), pin)),
            check: context.health.check(format!("signer.token.{name}")),
            metrics,
            standing: Mutex::new(Standing::Unknown),
            doubted: Mutex::new(None),
            answered: Mutex::new(None),
            login: Mutex::new(()),
        });
        let workers = Arc::clone(&shared);
        let make = move || Worker::new(Arc::clone(&workers));
        // a child process that hangs is ended, its thread needs no other in its place
        let (threads, replaces) = match config.workers {
            0 => (config.sessions, true),
            workers => (workers, false),
        };
        let pool = Pool::start(
            &format!("token {name}"),
            threads,
            queue_length,
            replaces,
            make,
        )
        .map_err(|source| ConfigError::Threads {
            token: name.to_owned(),
            source,
        })?;
        let token = Arc::new(Self {
            shared,
            pool,
            pin: config.pin.clone(),
        });
        // a keypad may take longer than starting should
        let patience = Duration::from_secs(config.timeout_s);
        let _ = tokio::time::timeout(patience, token.probe()).await;
        token.watch(context);
        Ok(token)
    }

    fn watch(self: &Arc<Self>, context: &Context) {
        let (watched, shutdown) = (Arc::downgrade(self), context.shutdown.clone());
        context.shutdown.spawn("token watch", async move {
            let (mut since_probe, mut since_pin) = (Duration::ZERO, Duration::ZERO);
            while shutdown.sleep(TICK).await {
                let Some(token) = watched.upgrade() else {
                    return;
                };
                since_probe += TICK;
                since_pin += TICK;
                if since_pin >= PIN_INTERVAL {
                    token.look_for_pin();
                    since_pin = Duration::ZERO;
                }
                let due = token.shared.is_up() && since_probe >= PROBE_INTERVAL;
                if due || token.shared.is_unknown() || token.shared.is_retry_due() {
                    token.probe().await;
                    since_probe = Duration::ZERO;
                }
            }
        });
    }

    /// A refused PIN may have been corrected where it stands: then it is tried, once.
    fn look_for_pin(&self) {
        let Some(pin) = self.pin.as_ref().filter(|_| self.shared.is_pin_refused()) else {
            return;
        };
        match pin.resolve() {
            Ok(pin) => self.shared.take_pin(pin),
            Err(error) => tracing::debug!(token = self.shared.name, %error, "read PIN again"),
        }
    }

    /// Asks for a sign of life; what it says is noted in passing.
    async fn probe(&self) {
        let Some(place) = self.pool.reserve() else {
            return;
        };
        let config = &self.shared.access.config;
        let limit = Duration::from_secs(config.timeout_s.max(config.login_timeout_s));
        let _ = self.run(limit, place, || Call::Probe).await;
    }

    async fn run(
        &self,
        limit: Duration,
        place: Reservation,
        call: impl FnOnce() -> Call + Send + 'static,
    ) -> Result<Answer, TokenError> {
        let work = move |worker: &mut Worker| worker.perform(&call(), limit);
        self.run_work(limit, place, work).await
    }

    async fn run_work<T: Send + 'static>(
        &self,
        limit: Duration,
        place: Reservation,
        work: impl FnOnce(&mut Worker) -> Result<T, TokenError> + Send + 'static,
    ) -> Result<T, TokenError> {
        let shared = Arc::clone(&self.shared);
        // what waited behind a call that hangs would hang on the thread that took its place
        let work = move |worker: &mut Worker| {
            shared.may_ask()?;
            work(worker)
        };
        let on_hang = |since| self.shared.hangs(since);
        match self.pool.run_within(limit, place, work, on_hang).await {
            Ok(done) => done,
            Err(unanswered) => Err(self.unanswered(unanswered)),
        }
    }

    fn unanswered(&self, unanswered: Unanswered) -> TokenError {
        let token = self.shared.name.clone();
        match unanswered {
            Unanswered::Gone => TokenError::Failed {
                token,
                reason: "panic in the library".to_owned(),
            },
            Unanswered::Waiting => TokenError::TimedOut { token },
            Unanswered::Hangs => TokenError::Hung { token },
        }
    }

    fn timeout(&self) -> Duration {
        Duration::from_secs(self.shared.access.config.timeout_s)
    }

    fn failed(&self, fault: Fault) -> TokenError {
        self.shared.count(&fault);
        fault.named(&self.shared.name)
    }

    fn confused(&self) -> TokenError {
        TokenError::Failed {
            token: self.shared.name.clone(),
            reason: "the answer is to another question".to_owned(),
        }
    }

    fn public_key(&self, spki: &[u8]) -> Result<PublicKey, TokenError> {
        PublicKey::from_spki_der(spki).map_err(|error| {
            self.failed(Fault::Failed(format!(
                "the token has a key that is refused: {error}"
            )))
        })
    }
}

#[async_trait::async_trait]
impl Token for Pkcs11Token {
    fn kind(&self) -> &'static str {
        "pkcs11"
    }

    fn reserve(&self) -> Result<Reservation, TokenError> {
        self.shared.may_ask()?;
        self.pool.reserve().ok_or_else(|| TokenError::Busy {
            token: self.shared.name.clone(),
        })
    }

    fn depth(&self) -> usize {
        self.pool.depth()
    }

    fn capacity(&self) -> usize {
        self.pool.capacity()
    }

    fn may_ask(&self) -> Result<(), TokenError> {
        self.shared.may_ask()
    }

    fn choose_material(&self) -> Result<Option<Vec<u8>>, TokenError> {
        let octets = self.shared.access.config.generation.id_bytes;
        random_id(octets)
            .map(Some)
            .map_err(|fault| self.failed(fault))
    }

    async fn generate(
        &self,
        place: Reservation,
        _id: &KeyId,
        new: NewPair<'_>,
        chosen: Option<Vec<u8>>,
    ) -> Result<Generated, TokenError> {
        let material = match chosen {
            Some(material) => material,
            None => self.choose_material()?.unwrap_or_default(),
        };
        let (id, label) = (material.clone(), new.label.to_owned());
        let (algorithm, decrypts) = (new.algorithm, new.decrypts);
        let limit = Duration::from_secs(self.shared.access.config.generate_timeout_s);
        let call = move || Call::Generate {
            id,
            label,
            algorithm,
            decrypts,
        };
        let Answer::Made(spki) = self.run(limit, place, call).await? else {
            return Err(self.confused());
        };
        Ok(Generated {
            public_key: self.public_key(&spki)?,
            material,
        })
    }

    fn signs_digests(&self, algorithm: SignatureAlgorithm) -> bool {
        signs_digests(&self.shared.access.config.mechanisms, algorithm)
    }

    /// The signature is verified before it is handed on: a fault in the token would, for RSA, give the private key
    /// away.
    #[tracing::instrument(name = "signer.token.sign", skip_all, fields(token = self.shared.name, key_id = %key.key.id))]
    async fn sign(
        &self,
        place: Reservation,
        key: &StoredKey,
        material: &[u8],
        algorithm: SignatureAlgorithm,
        message: Message,
    ) -> Result<Vec<u8>, TokenError> {
        let (id, public_key) = (material.to_vec(), key.key.public_key.clone());
        let key_algorithm = key.key.algorithm;
        let (shared, limit) = (Arc::clone(&self.shared), self.timeout());
        let work = move |worker: &mut Worker| {
            let config = &shared.access.config;
            let call = Call::Sign {
                id,
                public_key: public_key.spki_der().to_vec(),
                key_algorithm,
                algorithm,
                input: input(&config.mechanisms, algorithm, &message)
                    .map_err(|fault| fault.named(&shared.name))?,
            };
            let Answer::Signature { octets } = worker.perform(&call, limit)? else {
                return Err(Fault::Failed("no signature".to_owned()).named(&shared.name));
            };
            let checked = encode(algorithm, octets).and_then(|signature| {
                let right = !config.verify_signatures
                    || message.verify(&public_key, algorithm, &signature).is_ok();
                right.then_some(signature).ok_or(Fault::WrongSignature)
            });
            checked.map_err(|fault| {
                shared.count(&fault);
                fault.named(&shared.name)
            })
        };
        self.run_work(limit, place, work).await
    }

    /// What the token says of padding stays here: random octets are drawn before it is asked.
    async fn open_key(
        &self,
        place: Reservation,
        key: &StoredKey,
        material: &[u8],
        sealed: SealedKey,
    ) -> Result<Zeroizing<Vec<u8>>, TokenError> {
        let random = ers_pki::cms::random_key(sealed.expected_length)
            .map_err(|_| TokenError::not_opened(&self.shared.name))?;
        let (id, public_key) = (material.to_vec(), key.key.public_key.spki_der().to_vec());
        let key_algorithm = key.key.algorithm;
        let call = move || Call::Decrypt {
            id,
            public_key,
            key_algorithm,
            transport: sealed.transport.identifier_der(),
            input: sealed.ciphertext,
        };
        let Answer::Opened { octets } = self.run(self.timeout(), place, call).await? else {
            return Err(self.confused());
        };
        let octets = Zeroizing::new(octets);
        Ok(if octets.len() == random.len() {
            octets
        } else {
            random
        })
    }

    async fn find(
        &self,
        place: Reservation,
        material: &[u8],
        algorithm: KeyAlgorithm,
    ) -> Result<Found, TokenError> {
        let id = material.to_vec();
        let call = move || Call::Find { id, algorithm };
        match self.run(self.timeout(), place, call).await? {
            Answer::Found {
                private_key: false, ..
            } => Ok(Found::Nothing),
            Answer::Found {
                public_key: None, ..
            } => Ok(Found::PrivateKey),
            Answer::Found {
                public_key: Some(spki),
                ..
            } => Ok(Found::Pair(self.public_key(&spki)?)),
            _ => Err(self.confused()),
        }
    }

    async fn destroy(
        &self,
        place: Reservation,
        _key: &KeyId,
        material: &[u8],
    ) -> Result<(), TokenError> {
        let id = material.to_vec();
        let call = move || Call::Destroy { id };
        self.run(self.timeout(), place, call).await.map(|_| ())
    }

    async fn describe(&self, place: Reservation) -> Result<Option<Description>, TokenError> {
        match self.run(self.timeout(), place, || Call::Describe).await? {
            Answer::Description(description) => Ok(Some(description)),
            _ => Err(self.confused()),
        }
    }
}
