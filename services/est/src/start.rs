//! Puts the parts together, inside a process of several services (`start`) or alone (`serve`).

use std::{sync::Arc, time::Duration};

use actix_web::web::ServiceConfig;
use ers_enrollment::{Deps, Missing};
use ers_runtime::{
    Context,
    http::{Listener, ListenerError},
    tls::TlsError,
};

use crate::{clients::clm::Clm, config::Config, flows::Flows, http};

const CHECK_EVERY: Duration = Duration::from_secs(10);

/// The running EST server; mount it with [`Est::configure`].
#[derive(Clone)]
pub struct Est {
    flows: Arc<Flows>,
}

/// It cannot run alone.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// A key that is needed for this is missing.
    #[error(transparent)]
    Missing(#[from] Missing),
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
    let listen = config.listen.ok_or(Missing("listen"))?;
    let deps = Deps::connect(&context, config.clm.as_deref(), config.signer.as_deref())?;
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
            check.follow(flows.clm.ping()).await;
            if !shutdown.sleep(CHECK_EVERY).await {
                return;
            }
        }
    });
}
