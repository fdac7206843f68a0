//! Putting the parts together.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::time::Duration;

use ers_migrations::signer::Migrator;
use ers_proto::signer::v1::{
    administration_server::AdministrationServer, decryption_server::DecryptionServer,
    journal_server::JournalServer, keys_server::KeysServer, sealing_server::SealingServer,
    signing_server::SigningServer,
};
use ers_runtime::Context;
use ers_runtime::db::{self, DatabaseError};
use ers_runtime::error::chain;
use parking_lot::RwLock;
use secrecy::SecretString;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tonic::service::Routes;

use crate::backend::{Pkcs11Token, SoftwareToken, Token};
use crate::config::{Config, ConfigError, TokenConfig};
use crate::domain::Grants;
use crate::flows::administer::reseal_keys;
use crate::flows::finish_keys;
use crate::flows::seal::MOST_SLOW_MACS;
use crate::grpc::{
    AdministrationService, DecryptionService, JournalService, KeysService, SealingService,
    SigningService,
};
use crate::journal::{self, JournalKey, OpenError};
use crate::state::State;
use crate::store::{CheckpointKeyTable, KeyTable, Secrets, StoreError};
use crate::telemetry::{self, Metrics};
use crate::vault::{self, UnlockError, Vault};

/// A CRL of 64 MiB, and what stands around it.
const MAX_SIGN_REQUEST_BYTES: usize = 65 * 1024 * 1024;

/// How often it is looked for keys that were begun and not finished, when there are none and when there are.
const FINISH_INTERVAL: Duration = Duration::from_secs(60);
const UNFINISHED_INTERVAL: Duration = Duration::from_secs(5);

/// Why the signer did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The configuration contradicts itself, or names what is not there.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The master password is not where it should be.
    #[error("read master_password")]
    MasterPassword(#[source] ers_runtime::config::ConfigError),
    /// The database.
    #[error("open the signer's database")]
    Database(#[source] DatabaseError),
    /// The master password is wrong.
    #[error(transparent)]
    Unlock(#[from] UnlockError),
    /// The journal is not as it was left.
    #[error(transparent)]
    Journal(#[from] OpenError),
    /// The keys cannot be read.
    #[error("read keys")]
    Keys(#[source] StoreError),
    /// Nowhere to listen.
    #[error("read configuration: listen is missing")]
    NoListen,
    /// The address is taken, or not ours.
    #[error("listen on {address}")]
    Listen {
        /// The address.
        address: String,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The listener broke.
    #[error(transparent)]
    Serve(#[from] ers_runtime::grpc::ServeError),
}

/// A signer that runs.
#[derive(Clone)]
pub struct Signer {
    state: Arc<State>,
    stop: CancellationToken,
}

/// Starts the signer: database, vault, tokens, journal. It serves nothing yet.
///
/// # Errors
/// [`StartError`], each telling the way out.
pub async fn start(context: Context, config: Config) -> Result<Signer, StartError> {
    config.check()?;
    let password = config
        .master_password
        .resolve()
        .map_err(StartError::MasterPassword)?;
    let database = db::connect::<Migrator>(&config.database)
        .await
        .map_err(StartError::Database)?;
    let secrets = Secrets::new(database.clone(), Arc::clone(&context.clock));
    let vault = Arc::new(vault::unlock(&secrets, config.master_password.clone(), &password).await?);
    let metrics = Arc::new(Metrics::new(&context.meter));
    let journal_key = JournalKey::load_or_make(
        &secrets,
        CheckpointKeyTable::new(database.clone()),
        &vault,
        Arc::clone(&context.clock),
    )
    .await
    .map_err(|source| OpenError::Key {
        chain: config.journal.chain.clone(),
        source,
    })?;
    let journal_key = Arc::new(journal_key);
    context.shutdown.spawn(
        "checkpoint key",
        Arc::clone(&journal_key).follow(context.shutdown.clone()),
    );
    let journal =
        journal::open(&context, &database, journal_key, config.journal_settings()).await?;
    let tokens = start_tokens(&context, &config, &vault, &metrics).await?;
    telemetry::observe_queues(&context.meter, &tokens);
    metrics.begin(tokens.keys());
    let keys = KeyTable::new(database);
    let quarantined = keys.count_quarantined().await.map_err(StartError::Keys)?;
    metrics.quarantined(quarantined);
    let state = Arc::new(State {
        grants: Grants::new(config.grants.clone()),
        tokens,
        default_token: config.default_token()?.to_owned(),
        keys,
        known_keys: State::known_keys(),
        destroyed: State::destroyed_keys(),
        quarantined: RwLock::new(HashMap::new()),
        shunned: State::shunned_tokens(),
        turn: AtomicUsize::new(0),
        chain: config.journal.chain.clone(),
        started_at_ms: context.clock.now_ms(),
        journal,
        vault,
        slow_macs: Semaphore::new(MOST_SLOW_MACS),
        clock: Arc::clone(&context.clock),
        metrics,
    });
    if state.vault.generation() > 1
        && let Err(error) = reseal_keys(&state).await
    {
        tracing::warn!(
            error = chain(&error),
            "a rotation of the data key was broken off, and not finished"
        );
    }
    finish_keys_from_time_to_time(&context, &state);
    let stop = context.shutdown.token();
    Ok(Signer { state, stop })
}

/// Starts the signer and serves it until shutdown.
///
/// # Errors
/// [`StartError`]
pub async fn serve(context: Context, config: Config) -> Result<(), StartError> {
    let address = config.listen.clone().ok_or(StartError::NoListen)?;
    let signer = start(context.clone(), config).await?;
    let listener = TcpListener::bind(&address)
        .await
        .map_err(|source| StartError::Listen {
            address: address.clone(),
            source,
        })?;
    tracing::info!(address, "listening");
    ers_runtime::grpc::serve(&context, listener, signer.routes()).await?;
    Ok(())
}

/// Puts the data key of a signer's database under another master password. Running signers go on; they need the new
/// password when they start next.
///
/// # Errors
/// [`StartError`]; then the old password stays in force.
pub async fn change_master_password(
    context: &Context,
    config: &Config,
    new: &SecretString,
) -> Result<(), StartError> {
    let old = config
        .master_password
        .resolve()
        .map_err(StartError::MasterPassword)?;
    let database = db::connect::<Migrator>(&config.database)
        .await
        .map_err(StartError::Database)?;
    vault::change(
        &Secrets::new(database, Arc::clone(&context.clock)),
        &old,
        new,
    )
    .await?;
    tracing::info!(target: "audit", "master password changed");
    Ok(())
}

impl Signer {
    /// The gRPC services, for a server.
    pub fn routes(&self) -> Routes {
        let state = || Arc::clone(&self.state);
        let signing = SigningServer::new(SigningService {
            state: state(),
            stop: self.stop.clone(),
        })
        .max_decoding_message_size(MAX_SIGN_REQUEST_BYTES);
        Routes::new(signing)
            .add_service(KeysServer::new(KeysService(state())))
            .add_service(SealingServer::new(SealingService {
                state: state(),
                stop: self.stop.clone(),
            }))
            .add_service(DecryptionServer::new(DecryptionService {
                state: state(),
                stop: self.stop.clone(),
            }))
            .add_service(JournalServer::new(JournalService(state())))
            .add_service(AdministrationServer::new(AdministrationService(state())))
    }
}

/// Keys that were begun and not finished, by this process before it was started anew, or by another one that is no more.
fn finish_keys_from_time_to_time(context: &Context, state: &Arc<State>) {
    let (state, shutdown) = (Arc::downgrade(state), context.shutdown.clone());
    context.shutdown.spawn("finish keys", async move {
        loop {
            let Some(state) = state.upgrade() else {
                return;
            };
            let left = finish_keys::run(&state).await;
            drop(state);
            let pause = if left {
                UNFINISHED_INTERVAL
            } else {
                FINISH_INTERVAL
            };
            if !shutdown.sleep(pause).await {
                return;
            }
        }
    });
}

async fn start_tokens(
    context: &Context,
    config: &Config,
    vault: &Arc<Vault>,
    metrics: &Arc<Metrics>,
) -> Result<BTreeMap<String, Arc<dyn Token>>, StartError> {
    let mut tokens = BTreeMap::new();
    for TokenConfig { name, pkcs11, .. } in &config.tokens {
        let token: Arc<dyn Token> = match pkcs11 {
            Some(pkcs11) => {
                Pkcs11Token::start(
                    name,
                    pkcs11,
                    config.queue_length,
                    context,
                    Arc::clone(metrics),
                )
                .await?
            }
            None => {
                let started = SoftwareToken::start(name, Arc::clone(vault), config.queue_length);
                Arc::new(started.map_err(|source| ConfigError::Threads {
                    token: name.clone(),
                    source,
                })?)
            }
        };
        tokens.insert(name.clone(), token);
    }
    Ok(tokens)
}
