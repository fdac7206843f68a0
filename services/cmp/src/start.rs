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
use crate::flows::memory::Memory;
use crate::flows::own_certificate::{self, OwnCertificates, Role};
use crate::flows::sweep;
use crate::http;
use crate::metrics::Metrics;
use crate::server::Server;
use crate::store::Store;

const CHECK_EVERY: Duration = Duration::from_secs(10);
/// Until there is a certificate to sign with.
const FIRST_RETRY: Duration = Duration::from_millis(500);
const RENEW_EVERY: Duration = Duration::from_secs(600);

/// The running CMP server; mount it with [`Cmp::configure`].
#[derive(Clone)]
pub struct Cmp {
    server: Arc<Server>,
}

/// It cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The database.
    #[error("open the cmp database")]
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
pub async fn start(context: Context, config: Config, deps: Deps) -> Result<Cmp, StartError> {
    let db = ers_runtime::db::connect::<ers_migrations::cmp::Migrator>(&config.database)
        .await
        .map_err(StartError::Database)?;
    let server = Arc::new(Server {
        clock: Arc::clone(&context.clock),
        store: Store::start(db, &context.shutdown),
        clm: Clm::new(deps.clm),
        signer: deps.signer,
        metrics: Metrics::new(&context.meter),
        own: OwnCertificates::default(),
        memory: Memory::new(),
        config,
    });
    watch(&context, &server);
    keep_certificate(&context, &server);
    let every = Duration::from_secs(u64::from(server.config.sweep_seconds.max(1)));
    let (sweeping, shutdown) = (Arc::clone(&server), context.shutdown.clone());
    context.shutdown.spawn("cmp sweep", async move {
        while shutdown.sleep(every).await {
            sweep::run(&sweeping).await;
        }
    });
    Ok(Cmp { server })
}

impl Cmp {
    /// Mounts `/cmp` and `/.well-known/cmp`.
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
    let cmp = start(context.clone(), config, deps).await?;
    ers_runtime::http::serve(&context, listener, cmp.configure()).await?;
    Ok(())
}

/// Keeps the health checks true.
fn watch(context: &Context, server: &Arc<Server>) {
    let database = context.health.check("cmp.database");
    let clm = context.health.check("cmp.clm");
    let (server, shutdown) = (Arc::clone(server), context.shutdown.clone());
    context.shutdown.spawn("cmp health", async move {
        loop {
            tokio::join!(
                database.follow(server.store.ping()),
                clm.follow(server.clm.ping()),
            );
            if !shutdown.sleep(CHECK_EVERY).await {
                return;
            }
        }
    });
}

/// Has a certificate to sign with made, and renewed in time. It is ready only when there is one.
fn keep_certificate(context: &Context, server: &Arc<Server>) {
    let ready = context.health.check("cmp.certificate");
    let (server, shutdown) = (Arc::clone(server), context.shutdown.clone());
    context.shutdown.spawn("cmp certificate", async move {
        loop {
            let wait = match own_certificate::ensure(&server, Role::Answers).await {
                Ok(_) => {
                    ready.up();
                    RENEW_EVERY
                }
                Err(error) => {
                    ready.down(chain(&error));
                    FIRST_RETRY
                }
            };
            if !shutdown.sleep(wait).await {
                return;
            }
        }
    });
}
