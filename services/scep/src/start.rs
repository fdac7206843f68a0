//! Puts the parts together, inside a process of several services (`start`) or alone (`serve`).

use std::sync::Arc;
use std::time::Duration;

use actix_web::web::ServiceConfig;
use ers_enrollment::{Deps, Missing};
use ers_runtime::Context;
use ers_runtime::db::DatabaseError;
use ers_runtime::error::chain;
use ers_runtime::http::{Listener, ListenerError};

use crate::clients::clm::Clm;
use crate::config::Config;
use crate::flows::registration_authority::Authorities;
use crate::http;
use crate::metrics::Metrics;
use crate::server::Server;
use crate::store::Store;

const CHECK_EVERY: Duration = Duration::from_secs(10);
/// How often transactions that are over are forgotten.
const FORGET_EVERY: Duration = Duration::from_secs(60 * 60);

/// The running SCEP server; mount it with [`Scep::configure`].
#[derive(Clone)]
pub struct Scep {
    server: Arc<Server>,
}

/// It cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The database.
    #[error("open the scep database")]
    Database(#[source] DatabaseError),
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
pub async fn start(context: Context, config: Config, deps: Deps) -> Result<Scep, StartError> {
    let db = ers_runtime::db::connect::<ers_migrations::scep::Migrator>(&config.database)
        .await
        .map_err(StartError::Database)?;
    let server = Arc::new(Server {
        clock: Arc::clone(&context.clock),
        store: Store::start(db, &context.shutdown),
        clm: Clm::new(deps.clm),
        signer: deps.signer,
        authorities: Authorities::new(),
        metrics: Metrics::new(&context.meter),
        config,
    });
    watch(&context, &server);
    forget(&context, &server);
    Ok(Scep { server })
}

impl Scep {
    /// Mounts `/scep`.
    pub fn configure(&self) -> impl Fn(&mut ServiceConfig) + Clone + Send + 'static {
        let server = Arc::clone(&self.server);
        move |app: &mut ServiceConfig| http::configure(&server, app)
    }
}

/// Runs it alone: plain HTTP.
pub async fn serve(context: Context, config: Config) -> Result<(), ServeError> {
    let listen = config.listen.ok_or(Missing("listen"))?;
    let deps = Deps::connect(&context, config.clm.as_deref(), config.signer.as_deref())?;
    let listener = Listener::bind(listen, None)?;
    let scep = start(context.clone(), config, deps).await?;
    ers_runtime::http::serve(&context, listener, scep.configure()).await?;
    Ok(())
}

/// Keeps the health checks true, and the RA certificate of the default policy ready.
fn watch(context: &Context, server: &Arc<Server>) {
    let database = context.health.check("scep.database");
    let clm = context.health.check("scep.clm");
    let (server, shutdown) = (Arc::clone(server), context.shutdown.clone());
    context.shutdown.spawn("scep health", async move {
        loop {
            tokio::join!(
                database.follow(server.store.ping()),
                clm.follow(server.clm.ping()),
            );
            if let Err(error) = server.prepare_default().await {
                tracing::warn!(
                    error = chain(&error),
                    "no RA certificate for the default policy"
                );
            }
            if !shutdown.sleep(CHECK_EVERY).await {
                return;
            }
        }
    });
}

/// Forgets transactions that are over.
fn forget(context: &Context, server: &Arc<Server>) {
    let (server, shutdown) = (Arc::clone(server), context.shutdown.clone());
    context.shutdown.spawn("scep transactions", async move {
        while shutdown.sleep(FORGET_EVERY).await {
            if let Err(error) = server.store.forget_transactions(server.now()).await {
                tracing::warn!(error = chain(&error), "old transactions not forgotten");
            }
        }
    });
}
