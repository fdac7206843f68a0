//! rev-info put together.

use std::{sync::Arc, time::Duration};

use actix_web::web::{self, ServiceConfig};
use ers_runtime::{
    Context, grpc,
    grpc::Channel,
    http::{Listener, ListenerError},
};
use ers_signer_client::{Signer, SignerClient};
use thiserror::Error;

use crate::{
    answer::Answerer,
    config::{Answers, Config},
    crls::Crls,
    feed::{self, Freshness},
    http::{self, State},
    signers::Watch,
    sources::Sources,
};

/// Between two looks at the OCSP signers' certificates.
const WATCH_INTERVAL: Duration = Duration::from_secs(60);

/// Why rev-info does not serve.
#[derive(Debug, Error)]
pub enum StartError {
    /// The port is taken, or the listener broke.
    #[error("serve rev-info")]
    Listener(#[source] ListenerError),
}

/// A running rev-info. Cheap to clone.
#[derive(Clone)]
pub struct RevInfo {
    state: web::Data<State>,
}

/// Starts following CARA; ready when its events arrive.
#[must_use]
pub fn start(
    context: &Context,
    cara: &Channel,
    signer: Arc<dyn Signer>,
    answers: Answers,
) -> RevInfo {
    let sources = Arc::new(Sources::new(cara.clone()));
    let crls = Arc::new(Crls::new(
        cara.clone(),
        Arc::clone(&sources),
        &context.meter,
    ));
    let freshness = Arc::new(Freshness::new(answers.blind_seconds));
    let answerer = Arc::new(Answerer::new(
        context.clone(),
        Arc::clone(&sources),
        signer,
        Arc::clone(&freshness),
        answers,
    ));
    // Known from the start: nothing is ready until events arrive.
    let check = context.health.check("rev-info.cara");
    let watch = Arc::new(Watch::new(
        Arc::clone(&sources),
        context.health.check("rev-info.ocsp-signers"),
        &context.meter,
    ));
    let follow = feed::follow(
        context.clone(),
        cara.clone(),
        feed::Kept {
            sources: Arc::clone(&sources),
            crls: Arc::clone(&crls),
            answerer: Arc::clone(&answerer),
            freshness: Arc::clone(&freshness),
            watch: Arc::clone(&watch),
        },
        check,
    );
    context.shutdown.spawn("follow CARA", follow);
    let (clock, shutdown) = (context.clock.clone(), context.shutdown.clone());
    context.shutdown.spawn("watch OCSP signers", async move {
        while shutdown.sleep(WATCH_INTERVAL).await {
            watch.look(clock.now());
        }
    });
    RevInfo {
        state: web::Data::new(State {
            answerer,
            sources,
            crls,
            freshness,
            context: context.clone(),
        }),
    }
}

impl RevInfo {
    /// Mounts `/rev-info`, for the lean routes of a listener.
    pub fn configure(&self) -> impl Fn(&mut ServiceConfig) + Clone + Send + 'static {
        let state = self.state.clone();
        move |config: &mut ServiceConfig| http::configure(&state, config)
    }
}

/// rev-info as a process of its own, until shutdown.
///
/// # Errors
/// [`StartError`].
pub async fn serve(context: Context, config: Config) -> Result<(), StartError> {
    let signer = SignerClient::new(grpc::connect(&context, "signer", &config.signer));
    let cara = grpc::connect(&context, "cara-ws", &config.cara);
    let rev_info = start(&context, &cara, Arc::new(signer), config.answers);
    let listener = Listener::bind(config.listen, None).map_err(StartError::Listener)?;
    ers_runtime::http::serve_with_lean(&context, listener, rev_info.configure(), |_| {})
        .await
        .map_err(StartError::Listener)
}
