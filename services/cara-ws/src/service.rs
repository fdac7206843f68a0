//! CARA put together.

use std::sync::Arc;

use ers_migrations::cara::Migrator;
use ers_runtime::{
    Context, db,
    db::{DatabaseConfig, DatabaseError},
    error::chain,
    grpc::{self, ServeError},
    http::{self, Listener, ListenerError},
    tls::TlsError,
};
use ers_signer_client::{Signer, SignerClient};
use thiserror::Error;
use tokio::net::TcpListener;
use tonic::service::Routes;

use crate::{
    config::{Config, InvalidIssuing, Issuing, WeakKeyListError},
    domain::{BadRandomness, Randomness, SystemRandomness, self_test},
    flows::{
        Core, InFlight, Registry, RegistryError, Restored, Serials, adopt::adopt, maintain,
        reconcile, unadopted,
    },
    grpc as services, http as rest,
    metrics::Metrics,
    store::{Store, StoreError, Writer},
};

/// Why CARA does not start, or ended.
#[derive(Debug, Error)]
pub enum StartError {
    /// A value of the configuration.
    #[error("start cara-ws: issuing")]
    Config(#[source] InvalidIssuing),
    /// A list of weak keys.
    #[error("start cara-ws: issuing")]
    WeakKeys(#[source] WeakKeyListError),
    /// Serial numbers would not be random.
    #[error("start cara-ws")]
    Randomness(#[source] BadRandomness),
    /// No database.
    #[error("start cara-ws")]
    Database(#[source] DatabaseError),
    /// The tables cannot be read.
    #[error("start cara-ws")]
    Store(#[source] StoreError),
    /// The CAs cannot be made ready.
    #[error("start cara-ws")]
    Registry(#[source] RegistryError),
    /// The port is taken.
    #[error("listen on {address}")]
    Listen {
        /// The address.
        address: std::net::SocketAddr,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// Serving ended early.
    #[error("serve cara-ws")]
    Serve(#[source] ServeError),
    /// The REST listener does not stand.
    #[error("serve cara-ws")]
    Http(#[source] ListenerError),
    /// The REST listener has no TLS.
    #[error("serve cara-ws")]
    Tls(#[source] TlsError),
}

/// A running CARA. Cheap to clone.
#[derive(Clone)]
pub struct Cara {
    core: Arc<Core>,
}

/// Connects to the database, adopts what an interruption left behind, and starts what CARA does by itself.
/// When the signer is out of reach, adoption is tried again in the background, and CARA is not ready until then.
///
/// # Errors
/// When the database cannot be used.
pub async fn start(
    context: Context,
    database: &DatabaseConfig,
    issuing: Issuing,
    signer: Arc<dyn Signer>,
) -> Result<Cara, StartError> {
    let randomness = Arc::new(SystemRandomness);
    start_with(context, database, issuing, signer, randomness).await
}

/// As [`start`], with another source of randomness.
///
/// # Errors
/// Also when the source does not pass its self-test.
pub async fn start_with(
    context: Context,
    database: &DatabaseConfig,
    issuing: Issuing,
    signer: Arc<dyn Signer>,
    randomness: Arc<dyn Randomness>,
) -> Result<Cara, StartError> {
    self_test(randomness.as_ref()).map_err(StartError::Randomness)?;
    issuing.check().map_err(StartError::Config)?;
    let weak_keys = issuing.read_weak_keys().map_err(StartError::WeakKeys)?;
    let connection = db::connect::<Migrator>(database)
        .await
        .map_err(StartError::Database)?;
    let store = Store::open(connection, Arc::clone(&context.clock))
        .await
        .map_err(StartError::Store)?;
    let core = Arc::new(Core {
        writer: Writer::start(store.clone(), &context.shutdown),
        store,
        signer,
        registry: Registry::new(weak_keys),
        profiles: crate::flows::profiles::Profiles::new(&issuing),
        issuing,
        restored: Restored::default(),
        journal: unadopted::Journal::new(context.health.check("cara.journal")),
        serials: Serials::new(randomness),
        in_flight: InFlight::default(),
        blocked_keys: crate::flows::BlockedKeys::default(),
        stale_crls: parking_lot::Mutex::default(),
        acting: tokio::sync::Mutex::default(),
        publishing: tokio::sync::Mutex::default(),
        crl_bell: tokio::sync::Notify::new(),
        index_bell: tokio::sync::Notify::new(),
        searches: tokio::sync::Semaphore::new(searches(database)),
        rehearsing: tokio::sync::Semaphore::new(1),
        metrics: Metrics::new(&context.meter),
        holder: uuid::Uuid::new_v4().to_string(),
        context,
    });
    core.registry
        .refresh(&core.store, &core.issuing)
        .await
        .map_err(StartError::Registry)?;
    core.profiles
        .refresh(&core.store)
        .await
        .map_err(StartError::Store)?;
    core.blocked_keys
        .learn(&core.store, core.context.clock.now_ms())
        .await
        .map_err(StartError::Store)?;
    reconcile::refresh(&core).await.map_err(StartError::Store)?;
    compare_journal(&core).await;
    maintain::start(&core);
    Ok(Cara { core })
}

/// How many searches there may be at once: a quarter of the connections.
fn searches(database: &DatabaseConfig) -> usize {
    usize::try_from(database.max_connections / 4).map_or(1, |quarter| quarter.max(1))
}

/// The first comparison with the journal: at start everything is settled, nothing of ours is under way.
async fn compare_journal(core: &Arc<Core>) {
    if is_compared(core).await {
        return;
    }
    let core = Arc::clone(core);
    let shutdown = core.context.shutdown.clone();
    shutdown.clone().spawn("adoption", async move {
        while shutdown.sleep(std::time::Duration::from_secs(1)).await {
            if is_compared(&core).await {
                return;
            }
        }
    });
}

async fn is_compared(core: &Arc<Core>) -> bool {
    let failed = match adopt(core, i64::MAX).await {
        Ok(adopted) => {
            if adopted > 0 {
                tracing::warn!(adopted, "certificates adopted from the journal");
            }
            core.journal.compared();
            unadopted::refresh(core)
                .await
                .map_err(|error| chain(&error))
        }
        Err(error) => Err(chain(&error)),
    };
    if let Err(error) = &failed {
        tracing::warn!(error, "journal not compared yet");
        core.journal.failed(error.clone());
    }
    failed.is_ok()
}

impl Cara {
    /// CARA's gRPC services.
    #[must_use]
    pub fn routes(&self) -> Routes {
        services::routes(&self.core)
    }

    /// The REST interface, under `/cara-ws-server`.
    pub fn configure(
        &self,
    ) -> impl Fn(&mut actix_web::web::ServiceConfig) + Clone + Send + use<> + 'static {
        rest::configure(&self.core)
    }

    /// One round of what CARA does by itself, now: for tests that move the clock.
    pub async fn maintain(&self) {
        maintain::round(&self.core).await;
    }
}

/// CARA as a process of its own, until shutdown.
///
/// # Errors
/// [`StartError`].
pub async fn serve(context: Context, config: Config) -> Result<(), StartError> {
    let signer = SignerClient::new(grpc::connect(&context, "signer", &config.signer));
    let cara = start(
        context.clone(),
        &config.database,
        config.issuing,
        Arc::new(signer),
    )
    .await?;
    let listener = TcpListener::bind(config.listen)
        .await
        .map_err(|source| StartError::Listen {
            address: config.listen,
            source,
        })?;
    let Some(address) = config.http_listen else {
        return grpc::serve(&context, listener, cara.routes())
            .await
            .map_err(StartError::Serve);
    };
    let tls = context.identity.https().map_err(StartError::Tls)?;
    let https = Listener::bind(address, Some(tls)).map_err(StartError::Http)?;
    let (served_grpc, served_http) = tokio::join!(
        stopping(&context, grpc::serve(&context, listener, cara.routes())),
        stopping(&context, http::serve(&context, https, cara.configure())),
    );
    served_grpc.map_err(StartError::Serve)?;
    served_http.map_err(StartError::Http)
}

/// When one listener ends the other must not go on alone.
async fn stopping<T>(context: &Context, served: impl Future<Output = T>) -> T {
    let outcome = served.await;
    context.shutdown.stop();
    outcome
}
