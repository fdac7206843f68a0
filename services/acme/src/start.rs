//! Puts the parts together, inside a process of several services (`start`) or alone (`serve`).

use std::sync::Arc;
use std::time::Duration;

use actix_web::web::ServiceConfig;
use ers_enrollment::{Deps, Missing};
use ers_runtime::Context;
use ers_runtime::config::ConfigError;
use ers_runtime::db::DatabaseError;
use ers_runtime::http::{Listener, ListenerError};
use secrecy::ExposeSecret as _;
use tokio::sync::mpsc;

use crate::clients::clm::Clm;
use crate::config::Config;
use crate::flows::validate::Worker;
use crate::http;
use crate::metrics::Metrics;
use crate::server::{Busy, Server};
use crate::shared::{Limits, Memory, Redis, Shared, SharedError};
use crate::store::{Replicas, Store};
use crate::urls::Urls;
use crate::validation::{Validator, ValidatorError};

const QUEUE: usize = 1024;
const CHECK_EVERY: Duration = Duration::from_secs(10);

/// The running ACME server; mount it with [`Acme::configure`].
#[derive(Clone)]
pub struct Acme {
    server: Arc<Server>,
}

/// It cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The database.
    #[error("open the acme database")]
    Database(#[source] DatabaseError),
    /// The secret that holds the URL of Redis.
    #[error("read the URL of redis")]
    RedisUrl(#[source] ConfigError),
    /// Redis.
    #[error(transparent)]
    Redis(#[from] SharedError),
    /// Resolver or TLS.
    #[error(transparent)]
    Validator(#[from] ValidatorError),
}

/// It cannot run alone.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// A key that is needed for this is missing.
    #[error(transparent)]
    Missing(#[from] Missing),
    /// It cannot start.
    #[error(transparent)]
    Start(#[from] StartError),
    /// No listener.
    #[error(transparent)]
    Listener(#[from] ListenerError),
}

/// Starts it; it runs until the context's shutdown.
pub async fn start(context: Context, config: Config, deps: Deps) -> Result<Acme, StartError> {
    let db = ers_runtime::db::connect::<ers_migrations::acme::Migrator>(&config.database)
        .await
        .map_err(StartError::Database)?;
    let shared: Arc<dyn Shared> = match &config.redis {
        Some(url) => {
            let url = url.resolve().map_err(StartError::RedisUrl)?;
            Arc::new(Redis::connect(url.expose_secret()).await?)
        }
        None => Arc::new(Memory::new()),
    };
    // what is in memory is right for one process only
    let replicas = match &config.redis {
        Some(_) => Replicas::Many,
        None => Replicas::One,
    };
    let validator = Validator::new(&config.validation)?;
    let (validations, queue) = mpsc::channel(QUEUE);
    let server = Arc::new(Server {
        clock: Arc::clone(&context.clock),
        urls: Urls::new(&config.external_url),
        store: Store::start(db, replicas, &context.shutdown),
        clm: Clm::new(deps.clm),
        signer: deps.signer,
        limits: Limits::new(
            Arc::clone(&shared),
            Arc::clone(&context.clock),
            config.limits.clone(),
        ),
        shared,
        metrics: Metrics::new(&context.meter),
        config,
        validations,
        validator,
        validating: Busy::default(),
        enrolling: Busy::default(),
    });
    watch(&context, &server);
    let worker = Worker::new(Arc::clone(&server), context.shutdown.clone());
    context
        .shutdown
        .spawn("acme validations", worker.run(queue));
    Ok(Acme { server })
}

impl Acme {
    /// Mounts `/acme`.
    pub fn configure(&self) -> impl Fn(&mut ServiceConfig) + Clone + Send + 'static {
        let server = Arc::clone(&self.server);
        move |app: &mut ServiceConfig| http::configure(&server, app)
    }
}

/// Runs it alone: plain HTTP, behind an ingress that ends TLS.
pub async fn serve(context: Context, config: Config) -> Result<(), ServeError> {
    let listen = config.listen.ok_or(Missing("listen"))?;
    let deps = Deps::connect(&context, config.clm.as_deref(), config.signer.as_deref())?;
    let listener = Listener::bind(listen, None)?;
    let acme = start(context.clone(), config, deps).await?;
    ers_runtime::http::serve(&context, listener, acme.configure()).await?;
    Ok(())
}

/// Keeps the health checks true.
fn watch(context: &Context, server: &Arc<Server>) {
    let database = context.health.check("acme.database");
    let clm = context.health.check("acme.clm");
    let shared = context.health.check("acme.shared-state");
    let (server, shutdown) = (Arc::clone(server), context.shutdown.clone());
    context.shutdown.spawn("acme health", async move {
        loop {
            tokio::join!(
                database.follow(server.store.ping()),
                clm.follow(server.clm.ping()),
                shared.follow(server.shared.ping()),
            );
            if !shutdown.sleep(CHECK_EVERY).await {
                return;
            }
        }
    });
}
