//! The token as the rest of the signer sees it.

use std::sync::Arc;
use std::time::Duration;

use ers_pki::key::{KeyAlgorithm, SignatureAlgorithm};
use ers_runtime::Context;
use ers_signer_client::KeyId;
use parking_lot::Mutex;
use pkcs11::object::Attribute;
use pkcs11::session::UserType;

use super::super::TokenError;
use super::super::pool::{Pool, Reservation};
use super::super::token::{Generated, Token};
use super::connection::Connection;
use super::fault::Fault;
use super::generate::generate;
use super::library::Library;
use super::shared::{Shared, Standing};
use super::sign::{SigningKey, sign};
use super::worker::Worker;
use crate::config::{ConfigError, Pkcs11Config};
use crate::store::StoredKey;
use crate::telemetry::Metrics;

const RETRY_TICK: Duration = Duration::from_millis(250);
/// While nobody asks, the token is asked for a sign of life this often.
const PROBE_INTERVAL: Duration = Duration::from_secs(10);

/// An id that no key has.
const NO_KEY: &[u8] = &[0; 20];

/// A token behind a PKCS #11 library.
pub struct Pkcs11Token {
    shared: Arc<Shared>,
    pool: Pool<Worker>,
    timeout: Duration,
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
        let pin = config
            .pin
            .as_ref()
            .map(ers_runtime::config::Secret::resolve)
            .transpose();
        let shared = Arc::new(Shared {
            name: name.to_owned(),
            library: Library::of(&config.library),
            slot: config.slot.clone(),
            user: config
                .vendor_user_type
                .map_or(UserType::User, UserType::VendorExtension),
            pin: pin.map_err(|source| ConfigError::Pin {
                token: name.to_owned(),
                source,
            })?,
            check: context.health.check(format!("signer.token.{name}")),
            metrics,
            standing: Mutex::new(Standing::Unknown),
            doubted: Mutex::new(None),
            login: Mutex::new(()),
        });
        let workers = Arc::clone(&shared);
        let make = move || Worker::new(Arc::clone(&workers));
        let pool = Pool::start(
            &format!("token {name}"),
            config.sessions,
            queue_length,
            make,
        )
        .map_err(|source| ConfigError::Threads {
            token: name.to_owned(),
            source,
        })?;
        let token = Arc::new(Self {
            shared,
            pool,
            timeout: Duration::from_secs(config.timeout_s),
        });
        token.probe().await;
        let (watched, shutdown) = (Arc::downgrade(&token), context.shutdown.clone());
        context.shutdown.spawn("token watch", async move {
            let mut since_probe = Duration::ZERO;
            while shutdown.sleep(RETRY_TICK).await {
                let Some(token) = watched.upgrade() else {
                    return;
                };
                since_probe += RETRY_TICK;
                let due = token.shared.is_up() && since_probe >= PROBE_INTERVAL;
                if due || token.shared.is_retry_due() {
                    token.probe().await;
                    since_probe = Duration::ZERO;
                }
            }
        });
        Ok(token)
    }

    /// Asks for a sign of life; what it says is noted in passing.
    async fn probe(&self) {
        let Some(place) = self.pool.reserve() else {
            return;
        };
        let asked = self.run(place, |connection| {
            // C_GetSessionInfo and C_GetTokenInfo are often answered by the library alone
            connection
                .session
                .find_objects(&[Attribute::Id(NO_KEY.to_vec())])?;
            Ok(())
        });
        if let Err(TokenError::TimedOut { .. }) = asked.await {
            self.shared
                .down(&Fault::TokenLost("no answer in time".to_owned()));
        }
    }

    async fn run<T: Send + 'static>(
        &self,
        place: Reservation,
        act: impl Fn(&mut Connection) -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, TokenError> {
        let name = || self.shared.name.clone();
        let work = self.pool.run(place, move |worker| worker.with(act));
        match tokio::time::timeout(self.timeout, work).await {
            Ok(Ok(done)) => done,
            Ok(Err(_)) => Err(TokenError::Failed {
                token: name(),
                reason: "panic in the library".to_owned(),
            }),
            // it may hang, or only have much to do: the next sign of life will tell
            Err(_) => Err(TokenError::TimedOut { token: name() }),
        }
    }
}

#[async_trait::async_trait]
impl Token for Pkcs11Token {
    fn reserve(&self) -> Result<Reservation, TokenError> {
        self.shared.may_ask()?;
        self.pool.reserve().ok_or_else(|| TokenError::Busy {
            token: self.shared.name.clone(),
        })
    }

    fn depth(&self) -> usize {
        self.pool.depth()
    }

    async fn generate(
        &self,
        place: Reservation,
        _id: &KeyId,
        label: &str,
        algorithm: KeyAlgorithm,
    ) -> Result<Generated, TokenError> {
        let mut material = vec![0; 20];
        aws_lc_rs::rand::fill(&mut material).map_err(|_| TokenError::Failed {
            token: self.shared.name.clone(),
            reason: "no random numbers".to_owned(),
        })?;
        let (id, label) = (material.clone(), label.to_owned());
        let public_key = self
            .run(place, move |connection| {
                generate(connection, &id, &label, algorithm)
            })
            .await?;
        Ok(Generated {
            public_key,
            material,
        })
    }

    #[tracing::instrument(name = "signer.token.sign", skip_all, fields(token = self.shared.name, key_id = %key.key.id))]
    async fn sign(
        &self,
        place: Reservation,
        key: &StoredKey,
        algorithm: SignatureAlgorithm,
        message: Vec<u8>,
    ) -> Result<Vec<u8>, TokenError> {
        let key = SigningKey {
            id: key.material.clone(),
            public_key: key.key.public_key.clone(),
        };
        self.run(place, move |connection| {
            sign(connection, &key, algorithm, &message)
        })
        .await
    }

    async fn destroy(&self, place: Reservation, key: &StoredKey) -> Result<(), TokenError> {
        let id = key.material.clone();
        self.run(place, move |connection| connection.destroy(&id))
            .await
    }
}
