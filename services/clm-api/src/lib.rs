//! CLM, the lifecycle manager: who may have which certificate, and what became of it. A request comes through `grpc` or
//! `http`, `flows` tell its story: policy from memory, `domain::decide`, then CARA issues. What CARA did comes back as
//! events and becomes the inventory. To add a use case: a file in `flows`, and one in `grpc` or `http` that calls it.

mod clients;
pub mod config;
mod domain;
mod flows;
mod grpc;
mod http;
mod metrics;
mod serve;
mod store;

use std::{sync::Arc, time::Duration};

use actix_web::web;
use ers_migrations::clm::Migrator;
use ers_runtime::{
    Context,
    config::ConfigError,
    db::{self, DatabaseError},
    grpc::Channel,
};
use ers_signer_client::Signer;
use tokio_util::sync::CancellationToken;
use tonic::service::Routes;

pub use config::Config;
pub use flows::{BootstrapError, Bootstrapped, Defaults};

pub use clients::{MailError, OidcError, WebhookError};
pub use flows::{PasswordError, SessionError};
pub use serve::{ServeError, serve};
pub use store::StoreError;

use clients::{Cara, Hooks, Mail, Oidc, Webhooks};
use flows::{Flows, Passwords, PolicyBook, SessionLimits, Sessions, Turns};
use metrics::Metrics;
use secrecy::ExposeSecret as _;
use store::Store;

/// The services that CLM works with.
pub struct Deps {
    /// The way to CARA.
    pub cara: Channel,
    /// Seals external account keys.
    pub signer: Arc<dyn Signer>,
}

/// Why CLM did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The database.
    #[error("start CLM: database")]
    Database(#[source] DatabaseError),
    /// The policies cannot be read.
    #[error("start CLM: policies")]
    Policies(#[source] StoreError),
    /// Who administers cannot be read.
    #[error("start CLM: people")]
    People(#[source] StoreError),
    /// The URL of Redis is not there.
    #[error("start CLM: read the URL of redis")]
    RedisUrl(#[source] ConfigError),
    /// Redis is out of reach.
    #[error("start CLM: sessions")]
    Sessions(#[source] SessionError),
    /// The OpenID provider's settings.
    #[error("start CLM: OpenID provider")]
    Oidc(#[source] OidcError),
    /// Passwords cannot be hashed.
    #[error("start CLM: passwords")]
    Passwords(#[source] PasswordError),
    /// A webhook's settings.
    #[error("start CLM: webhooks")]
    Webhooks(#[source] WebhookError),
    /// The settings of mail.
    #[error("start CLM: notifications")]
    Mail(#[source] MailError),
    /// Who vouches for webhooks.
    #[error("start CLM: notifications: {0}")]
    Hooks(String),
}

/// CLM, running.
#[derive(Clone)]
pub struct Clm {
    flows: Arc<Flows>,
    stop: CancellationToken,
}

/// Starts CLM: database, policies in memory, and the inventory following CARA until shutdown.
///
/// # Errors
/// [`StartError`].
pub async fn start(context: Context, config: Config, deps: Deps) -> Result<Clm, StartError> {
    let connection = db::connect::<Migrator>(&config.database)
        .await
        .map_err(StartError::Database)?;
    let store = Store::start(connection);
    store
        .ensure_audit_head()
        .await
        .map_err(StartError::People)?;
    let flows = Arc::new(Flows {
        policies: PolicyBook::open(&store)
            .await
            .map_err(StartError::Policies)?,
        cara: Cara::new(&deps.cara),
        signer: deps.signer,
        sessions: open_sessions(&config).await?,
        identity: Arc::clone(&context.identity),
        oidc: config
            .oidc
            .as_ref()
            .map(Oidc::new)
            .transpose()
            .map_err(StartError::Oidc)?,
        device_paces: flows::DevicePaces::default(),
        webhooks: Webhooks::new(&config.webhooks).map_err(StartError::Webhooks)?,
        mail: config
            .notifications
            .mail
            .as_ref()
            .map(|mail| Mail::new(mail, &config.notifications.authorities))
            .transpose()
            .map_err(StartError::Mail)?,
        hooks: Hooks::new(&config.notifications.authorities).map_err(StartError::Hooks)?,
        notifications: config.notifications,
        passwords: Passwords::new().await.map_err(StartError::Passwords)?,
        turns: Turns::new(),
        health: context.health.clone(),
        clock: Arc::clone(&context.clock),
        metrics: Metrics::new(&context.meter),
        approval_retry: time::Duration::seconds(i64::from(config.approval_retry_seconds)),
        places: tokio::sync::Semaphore::new(
            usize::try_from(config.max_enrollments.max(1)).unwrap_or(usize::MAX),
        ),
        store,
    });
    flows
        .keep_administrators()
        .await
        .map_err(StartError::People)?;
    keep_policies(
        &context,
        &flows,
        Duration::from_millis(config.policy_refresh_ms),
    );
    follow_inventory(&context, &flows);
    notify(&context, &flows);
    work(&context, &flows);
    Ok(Clm {
        flows,
        stop: context.shutdown.token(),
    })
}

fn notify(context: &Context, flows: &Arc<Flows>) {
    let (sending, check, shutdown) = (
        Arc::clone(flows),
        context.health.check("clm.notices"),
        context.shutdown.clone(),
    );
    context.shutdown.spawn("notices", async move {
        sending.deliver_notices(&check, &shutdown).await;
    });
    let (watching, shutdown) = (Arc::clone(flows), context.shutdown.clone());
    context.shutdown.spawn("watch", async move {
        watching.watch(&shutdown).await;
    });
}

fn work(context: &Context, flows: &Arc<Flows>) {
    let (flows, shutdown) = (Arc::clone(flows), context.shutdown.clone());
    context.shutdown.spawn("bulk-acts", async move {
        flows.work_on_bulk_acts(&shutdown).await;
    });
}

async fn open_sessions(config: &Config) -> Result<Sessions, StartError> {
    let minutes = |minutes: u32| i64::from(minutes) * 60_000;
    let limits = SessionLimits {
        lifetime_ms: minutes(config.sessions.lifetime_minutes),
        idle_ms: minutes(config.sessions.idle_minutes),
    };
    let Some(url) = &config.redis else {
        return Ok(Sessions::new(limits));
    };
    let url = url.resolve().map_err(StartError::RedisUrl)?;
    Sessions::in_redis(limits, url.expose_secret())
        .await
        .map_err(StartError::Sessions)
}

fn keep_policies(context: &Context, flows: &Arc<Flows>, every: Duration) {
    let (flows, check, shutdown) = (
        Arc::clone(flows),
        context.health.check("clm.database"),
        context.shutdown.clone(),
    );
    context.shutdown.spawn("policies", async move {
        flows
            .policies
            .keep(&flows.store, every, &check, &shutdown)
            .await;
    });
}

fn follow_inventory(context: &Context, flows: &Arc<Flows>) {
    let (flows, check, shutdown) = (
        Arc::clone(flows),
        context.health.check("clm.inventory"),
        context.shutdown.clone(),
    );
    context.shutdown.spawn("inventory", async move {
        flows.follow_inventory(&check, &shutdown).await;
    });
}

impl Clm {
    /// Its gRPC services.
    #[must_use]
    pub fn routes(&self) -> Routes {
        grpc::routes(&self.flows, self.stop.clone())
    }

    /// Mounts its REST interface under `/clm-api`.
    pub fn configure(&self) -> impl Fn(&mut web::ServiceConfig) + Clone + Send + use<> + 'static {
        http::configure(&self.flows)
    }

    /// Makes what a first start needs, as far as it is not there: realms, ready policies, clients, one administrator.
    ///
    /// # Errors
    /// [`BootstrapError`].
    pub async fn bootstrap(&self, defaults: &Defaults) -> Result<Bootstrapped, BootstrapError> {
        self.flows.bootstrap(defaults).await
    }
}
