//! Puts the parts together, inside a process of several services (`start`) or alone (`serve`).

use std::{sync::Arc, time::Duration};

use actix_web::web::ServiceConfig;
use ers_runtime::{
    Context,
    error::chain,
    grpc::{self, Channel},
    http::{Listener, ListenerError},
    tls::TlsError,
};
use ers_signer_client::{Signer, SignerClient};

use crate::{clients::clm::Clm, config::Config, flows::Flows, http};

const CHECK_EVERY: Duration = Duration::from_secs(10);
const CHECK_TIMEOUT: Duration = Duration::from_secs(5);

/// The services that this one calls.
pub struct Deps {
    /// The way to clm-api.
    pub clm: Channel,
    /// The signer, for keys that are made for clients.
    pub signer: Arc<dyn Signer>,
}

/// The running EST server; mount it with [`Est::configure`].
#[derive(Clone)]
pub struct Est {
    flows: Arc<Flows>,
}

/// It cannot run alone.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// A key that is needed for this is missing.
    #[error("read configuration: {0} is missing, which is needed to run alone")]
    Missing(&'static str),
    /// No TLS with the service's identity.
    #[error("serve est")]
    Tls(#[source] TlsError),
    /// No listener.
    #[error(transparent)]
    Listener(#[from] ListenerError),
}

/// Starts it; it runs until the context's shutdown.
#[must_use]
pub fn start(context: &Context, deps: Deps) -> Est {
    let flows = Arc::new(Flows {
        clm: Clm::new(deps.clm),
        signer: deps.signer,
        clock: Arc::clone(&context.clock),
        identity: Arc::clone(&context.identity),
    });
    watch(context, &flows);
    Est { flows }
}

impl Est {
    /// Mounts `/.well-known/est` and `/est`.
    pub fn configure(&self) -> impl Fn(&mut ServiceConfig) + Clone + Send + 'static {
        let flows = Arc::clone(&self.flows);
        move |app: &mut ServiceConfig| http::configure(&flows, app)
    }
}

/// Runs it alone: HTTPS with the service's identity. TLS of the clients ends here, or at an ingress that shows the
/// identity `ingress`.
pub async fn serve(context: Context, config: Config) -> Result<(), ServeError> {
    let listen = config.listen.ok_or(ServeError::Missing("listen"))?;
    let clm = config.clm.as_deref().ok_or(ServeError::Missing("clm"))?;
    let signer = config
        .signer
        .as_deref()
        .ok_or(ServeError::Missing("signer"))?;
    let deps = Deps {
        clm: grpc::connect(&context, "clm-api", clm),
        signer: Arc::new(SignerClient::new(grpc::connect(&context, "signer", signer))),
    };
    let tls = context.identity.https().map_err(ServeError::Tls)?;
    let listener = Listener::bind(listen, Some(tls))?;
    let est = start(&context, deps);
    ers_runtime::http::serve(&context, listener, est.configure()).await?;
    Ok(())
}

/// Keeps the health check true.
fn watch(context: &Context, flows: &Arc<Flows>) {
    let check = context.health.check("est.clm");
    let (flows, shutdown) = (Arc::clone(flows), context.shutdown.clone());
    context.shutdown.spawn("est health", async move {
        loop {
            match tokio::time::timeout(CHECK_TIMEOUT, flows.clm.ping()).await {
                Ok(Ok(())) => check.up(),
                Ok(Err(error)) => check.down(chain(&error)),
                Err(_) => check.down("no answer in time"),
            }
            if !shutdown.sleep(CHECK_EVERY).await {
                return;
            }
        }
    });
}
