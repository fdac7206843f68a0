//! Serving gRPC over mutual TLS until shutdown; what is under way is finished first.

use std::{io, time::Duration};

use opentelemetry::propagation::Extractor;
use thiserror::Error;
use tokio::{net::TcpListener, sync::mpsc};
use tokio_stream::wrappers::ReceiverStream;
use tonic::{service::Routes, transport::Server};
use tracing_opentelemetry::OpenTelemetrySpanExt as _;

use super::connection::{PeerStream, accept_peer};
use crate::{Context, shutdown::Shutdown};

const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);
const KEEP_ALIVE: Duration = Duration::from_secs(30);
/// A call that does not end, such as a stream that its reader has forgotten, must not hold up the end of the process.
const DRAIN: Duration = Duration::from_secs(15);
/// Connections whose handshake is done and that wait to be served.
const BACKLOG: usize = 128;

/// Why serving ended early.
#[derive(Debug, Error)]
pub enum ServeError {
    /// The transport gave up.
    #[error("serve gRPC")]
    Transport(#[source] tonic::transport::Error),
}

/// Serves until shutdown is asked for and the calls under way are done; after some seconds those that do not end are
/// cut off. Peers need a certificate that one of the identity's authorities issued.
///
/// # Errors
/// When the listener breaks.
pub async fn serve(
    context: &Context,
    listener: TcpListener,
    routes: Routes,
) -> Result<(), ServeError> {
    let token = context.shutdown.token();
    context.health.serving(context.service).up();
    let serving = Server::builder()
        .trace_fn(trace)
        .http2_keepalive_interval(Some(KEEP_ALIVE))
        .initial_stream_window_size(super::STREAM_WINDOW)
        .initial_connection_window_size(super::CONNECTION_WINDOW)
        .add_routes(routes)
        .serve_with_incoming_shutdown(
            ReceiverStream::new(accept(context, listener)),
            token.cancelled(),
        );
    match drained(&context.shutdown, DRAIN, serving).await {
        Some(ended) => ended.map_err(ServeError::Transport),
        None => {
            tracing::warn!(service = context.service, "calls under way were cut off");
            Ok(())
        }
    }
}

/// What serving came to; nothing when it goes on for longer than `at_most` after shutdown was asked for.
async fn drained<T>(
    shutdown: &Shutdown,
    at_most: Duration,
    serving: impl Future<Output = T>,
) -> Option<T> {
    let patience = async {
        shutdown.cancelled().await;
        tokio::time::sleep(at_most).await;
    };
    tokio::select! {
        ended = serving => Some(ended),
        () = patience => None,
    }
}

/// The span of a call, a child of the caller's.
fn trace(request: &http::Request<()>) -> tracing::Span {
    let mut parts = request.uri().path().rsplit('/');
    let (method, service) = (
        parts.next().unwrap_or_default(),
        parts.next().unwrap_or_default(),
    );
    let span = tracing::info_span!("rpc", otel.name = format!("rpc.{service}.{method}"));
    let parent = opentelemetry::global::get_text_map_propagator(|propagator| {
        propagator.extract(&Headers(request.headers()))
    });
    // Fails only when no OpenTelemetry layer is there, in tests.
    let _ = span.set_parent(parent);
    span
}

fn accept(context: &Context, listener: TcpListener) -> mpsc::Receiver<io::Result<PeerStream>> {
    let (sender, receiver) = mpsc::channel(BACKLOG);
    let (shutdown, identity) = (
        context.shutdown.clone(),
        std::sync::Arc::clone(&context.identity),
    );
    context.shutdown.spawn("gRPC listener", async move {
        loop {
            let stream = tokio::select! {
                accepted = listener.accept() => match accepted {
                    Ok((stream, _)) => stream,
                    Err(error) => {
                        // Out of file descriptors, mostly: wait instead of spinning.
                        tracing::warn!(%error, "connection not accepted");
                        tokio::time::sleep(Duration::from_millis(100)).await;
                        continue;
                    }
                },
                () = shutdown.cancelled() => return,
            };
            let (sender, identity) = (sender.clone(), std::sync::Arc::clone(&identity));
            tokio::spawn(async move {
                let peer = accept_peer(&identity, stream);
                match tokio::time::timeout(HANDSHAKE_TIMEOUT, peer).await {
                    Ok(Ok(peer)) => drop(sender.send(Ok(peer)).await),
                    Ok(Err(error)) => {
                        tracing::warn!(target: "audit", %error, "TLS handshake refused");
                    }
                    Err(_) => tracing::debug!("TLS handshake timed out"),
                }
            });
        }
    });
    receiver
}

struct Headers<'a>(&'a http::HeaderMap);

impl Extractor for Headers<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key).and_then(|value| value.to_str().ok())
    }

    fn keys(&self) -> Vec<&str> {
        self.0.keys().map(http::HeaderName::as_str).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_call_that_does_not_end_does_not_hold_up_the_end() {
        let shutdown = Shutdown::new();
        shutdown.stop();
        let forgotten = std::future::pending::<()>();
        assert_eq!(
            drained(&shutdown, Duration::from_millis(1), forgotten).await,
            None
        );
    }

    #[tokio::test]
    async fn serving_that_ends_by_itself_is_told() {
        let shutdown = Shutdown::new();
        let ended = drained(&shutdown, Duration::ZERO, async { 7 }).await;
        assert_eq!(ended, Some(7));
    }
}
