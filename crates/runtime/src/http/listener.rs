//! The HTTP listener of a service or of a whole platform: several services mount their routes on one.

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use actix_web::{
    App, Error, HttpMessage as _, HttpServer,
    body::MessageBody,
    dev::{Payload, ServiceRequest, ServiceResponse},
    error::PayloadError,
    http::{StatusCode, Version},
    middleware::{Compress, DefaultHeaders, Next, from_fn},
    web::{self, ServiceConfig},
};
use futures::{Stream, StreamExt as _, stream};
use thiserror::Error;
use tokio::time::{Instant, timeout_at};
use tracing_actix_web::TracingLogger;

use super::{
    client_certificate,
    problem::{Problem, not_found},
};
use crate::Context;

const SHUTDOWN_SECONDS: u64 = 15;
const REQUEST_HEAD_TIMEOUT: Duration = Duration::from_secs(10);
/// A client that does not send its body in this time is not waited for.
const BODY_TIMEOUT: Duration = Duration::from_secs(30);
const KEEP_ALIVE: Duration = Duration::from_secs(60);
/// Bodies over this are refused before a service sees them, unless a service sets its own limit.
const MAX_BODY_BYTES: usize = 1 << 20;

/// Where HTTP is listened for.
pub struct Listener {
    /// Bound socket.
    pub socket: std::net::TcpListener,
    /// TLS configuration; absent: plain HTTP.
    pub tls: Option<Arc<rustls::ServerConfig>>,
}

/// Why a listener does not stand.
#[derive(Debug, Error)]
pub enum ListenerError {
    /// The port is taken, or may not be used.
    #[error("listen on {address}")]
    Bind {
        /// The address.
        address: SocketAddr,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The running listener broke.
    #[error("serve HTTP")]
    Serve(#[source] std::io::Error),
}

impl Listener {
    /// Binds an address.
    ///
    /// # Errors
    /// [`ListenerError::Bind`].
    pub fn bind(
        address: SocketAddr,
        tls: Option<Arc<rustls::ServerConfig>>,
    ) -> Result<Self, ListenerError> {
        let socket = std::net::TcpListener::bind(address)
            .and_then(|socket| socket.set_nonblocking(true).map(|()| socket))
            .map_err(|source| ListenerError::Bind { address, source })?;
        Ok(Self { socket, tls })
    }

    /// The address that was bound.
    #[must_use]
    pub fn address(&self) -> Option<SocketAddr> {
        self.socket.local_addr().ok()
    }
}

/// Serves until shutdown; `mount` puts the services' routes in place, once per worker thread. Paths that nobody serves
/// and malformed JSON get a problem document.
///
/// # Errors
/// [`ListenerError::Serve`].
pub async fn serve<M>(context: &Context, listener: Listener, mount: M) -> Result<(), ListenerError>
where
    M: Fn(&mut ServiceConfig) + Clone + Send + 'static,
{
    serve_with_lean(context, listener, |_| {}, mount).await
}

/// As [`serve`], with routes that are looked at first and have no trace of each request and no compression: what is kept
/// and handed out many thousand times in a second would cost less than these.
///
/// # Errors
/// [`ListenerError::Serve`].
pub async fn serve_with_lean<L, M>(
    context: &Context,
    listener: Listener,
    lean: L,
    mount: M,
) -> Result<(), ListenerError>
where
    L: Fn(&mut ServiceConfig) + Clone + Send + 'static,
    M: Fn(&mut ServiceConfig) + Clone + Send + 'static,
{
    let server = HttpServer::new(move || {
        let rest = web::scope("")
            .configure(mount.clone())
            .wrap(TracingLogger::default())
            .wrap(Compress::default());
        App::new()
            .wrap(from_fn(take_body_in))
            .wrap(DefaultHeaders::new().add(("X-Content-Type-Options", "nosniff")))
            .app_data(web::PayloadConfig::new(MAX_BODY_BYTES))
            .app_data(
                web::JsonConfig::default()
                    .limit(MAX_BODY_BYTES)
                    .error_handler(|error, _| {
                        Problem::of(actix_web::http::StatusCode::BAD_REQUEST, error.to_string())
                            .into()
                    }),
            )
            .app_data(web::QueryConfig::default().error_handler(|error, _| {
                Problem::of(actix_web::http::StatusCode::BAD_REQUEST, error.to_string()).into()
            }))
            .configure(lean.clone())
            .service(rest)
            .default_service(web::to(
                async || -> Result<actix_web::HttpResponse, Problem> { Err(not_found().await) },
            ))
    })
    // an answer would wait for the client's acknowledgement of the TLS tickets before it, which many hold back for 40 ms
    .tcp_nodelay(true)
    .on_connect(client_certificate::keep)
    .disable_signals()
    .shutdown_timeout(SHUTDOWN_SECONDS)
    .client_request_timeout(REQUEST_HEAD_TIMEOUT)
    .keep_alive(KEEP_ALIVE);
    let server = match listener.tls {
        None => server.listen(listener.socket),
        Some(tls) => server.listen_rustls_0_23(listener.socket, (*tls).clone()),
    }
    .map_err(ListenerError::Serve)?
    .run();
    context.health.serving(context.service).up();
    let handle = server.handle();
    let shutdown = context.shutdown.clone();
    tokio::spawn(async move {
        shutdown.cancelled().await;
        handle.stop(true).await;
    });
    server.await.map_err(ListenerError::Serve)
}

/// Takes the body in before a service answers, over HTTP/2. A service may refuse without looking at the body; the answer
/// then overtakes it, and some clients (curl 7.88, which is Debian 12's) lose the answer. In any version of HTTP a body
/// has its time to arrive.
async fn take_body_in(
    mut request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    match request.take_payload() {
        Payload::None => {}
        payload => request.set_payload(Payload::Stream {
            payload: Box::pin(in_time(payload, BODY_TIMEOUT)),
        }),
    }
    if request.version() == Version::HTTP_2 {
        let body = request
            .extract::<web::Bytes>()
            .await
            .map_err(|error| Problem::of(StatusCode::PAYLOAD_TOO_LARGE, error.to_string()))?;
        request.set_payload(Payload::from(body));
    }
    next.call(request).await
}

/// A body that fails when it is not there in time.
fn in_time(
    body: Payload,
    time: Duration,
) -> impl Stream<Item = Result<web::Bytes, PayloadError>> + use<> {
    let deadline = Instant::now() + time;
    stream::unfold(Some(body), move |body| async move {
        let mut body = body?;
        match timeout_at(deadline, body.next()).await {
            Ok(part) => part.map(|part| (part, Some(body))),
            Err(_) => Some((Err(PayloadError::Io(io::ErrorKind::TimedOut.into())), None)),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHORT: Duration = Duration::from_millis(20);

    #[tokio::test]
    async fn a_body_that_never_ends_is_not_waited_for() {
        let begun = stream::iter([Ok(web::Bytes::from_static(b"{"))]).chain(stream::pending());
        let body: Payload = Payload::Stream {
            payload: Box::pin(begun),
        };
        let parts: Vec<_> = in_time(body, SHORT).collect().await;
        assert!(
            matches!(parts.as_slice(), [Ok(_), Err(PayloadError::Io(error))] if error.kind() == io::ErrorKind::TimedOut),
            "{parts:?}"
        );
    }

    #[tokio::test]
    async fn a_body_that_is_there_is_passed_on_whole() {
        let body = Payload::from(web::Bytes::from_static(b"{}"));
        let parts: Vec<_> = in_time(body, SHORT).collect().await;
        assert!(
            matches!(parts.as_slice(), [Ok(part)] if part.as_ref() == b"{}"),
            "{parts:?}"
        );
    }
}
