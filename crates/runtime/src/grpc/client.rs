//! Connections to other services: lazy, reconnecting, mutual TLS with the identity of the moment.

use std::{
    fmt, io,
    pin::Pin,
    sync::Arc,
    task::{self, Poll},
    time::Duration,
};

use hyper_util::rt::TokioIo;
use opentelemetry::propagation::Injector;
use parking_lot::Mutex;
use rustls_pki_types::ServerName;
use tokio::{net::TcpStream, sync::watch};
use tokio_rustls::TlsConnector;
use tonic::{
    Code, Request, Status,
    body::Body,
    metadata::{MetadataKey, MetadataMap},
    service::{Interceptor, interceptor::InterceptedService},
    transport::{self, Endpoint, Uri},
};
use tower::Service;
use tracing_opentelemetry::OpenTelemetrySpanExt as _;

use crate::{
    Context,
    tls::{self, Identity},
};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
const CALL_TIMEOUT: Duration = Duration::from_secs(60);
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// A way to another service; cheap to clone, works in every generated client.
pub type Channel = InterceptedService<Connection, Propagate>;

/// The way to `service` at `address` (`host:port`, a scheme before it is ignored). Connects when first used, again
/// when the connection was lost, and only to a peer whose certificate names that service.
#[must_use]
pub fn connect(context: &Context, service: &str, address: &str) -> Channel {
    let authority = address
        .split_once("://")
        .map_or(address, |(_, rest)| rest)
        .trim_end_matches('/')
        .to_owned();
    let name = format!("{service}{}", tls::DNS_SUFFIX);
    let identity = Arc::clone(&context.identity);
    let generation = identity.generation();
    let make = Arc::new(move || channel(&authority, &name, &identity));
    InterceptedService::new(Connection::renewed(make, generation), Propagate)
}

fn channel(authority: &str, name: &str, identity: &Arc<Identity>) -> transport::Channel {
    let (authority, name, identity) = (authority.to_owned(), name.to_owned(), Arc::clone(identity));
    let connector = tower::service_fn(move |_: Uri| {
        let (authority, name, identity) = (authority.clone(), name.clone(), Arc::clone(&identity));
        async move {
            let config = identity
                .client()
                .ok_or_else(|| io::Error::other("this process has no identity"))?;
            let stream = TcpStream::connect(&authority).await?;
            stream.set_nodelay(true)?;
            let name = ServerName::try_from(name).map_err(io::Error::other)?;
            let stream = TlsConnector::from(config).connect(name, stream).await?;
            Ok::<_, io::Error>(TokioIo::new(stream))
        }
    });
    Endpoint::from(Uri::from_static("http://service.ers.internal"))
        .connect_timeout(CONNECT_TIMEOUT)
        .timeout(CALL_TIMEOUT)
        .http2_keep_alive_interval(KEEP_ALIVE)
        .initial_stream_window_size(super::STREAM_WINDOW)
        .initial_connection_window_size(super::CONNECTION_WINDOW)
        .keep_alive_timeout(CONNECT_TIMEOUT)
        .keep_alive_while_idle(true)
        .connect_with_connector_lazy(connector)
}

/// A connection whose failures are told as `UNAVAILABLE`: whether the call was done is unknown, and it may be tried
/// again. tonic says `UNKNOWN` when a peer dies in the middle of a call, which nobody tries again.
///
/// When the identity was renewed, calls that begin go over another connection; the one before ends with its last call.
#[derive(Clone)]
pub struct Connection {
    channel: transport::Channel,
    generation: u64,
    renewal: Option<Arc<Renewal>>,
}

struct Renewal {
    make: Arc<dyn Fn() -> transport::Channel + Send + Sync>,
    generation: watch::Receiver<u64>,
    /// Of the newest identity; what all clones share.
    newest: Mutex<(u64, transport::Channel)>,
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection")
            .field("generation", &self.generation)
            .finish_non_exhaustive()
    }
}

impl From<transport::Channel> for Connection {
    fn from(channel: transport::Channel) -> Self {
        Self {
            channel,
            generation: 0,
            renewal: None,
        }
    }
}

impl Connection {
    fn renewed(
        make: Arc<dyn Fn() -> transport::Channel + Send + Sync>,
        generation: watch::Receiver<u64>,
    ) -> Self {
        let (now, channel) = (*generation.borrow(), make());
        let newest = Mutex::new((now, channel.clone()));
        let renewal = Renewal {
            make,
            generation,
            newest,
        };
        Self {
            channel,
            generation: now,
            renewal: Some(Arc::new(renewal)),
        }
    }

    /// Takes the connection of the newest identity.
    fn keep_up(&mut self) {
        let Some(renewal) = &self.renewal else { return };
        let now = *renewal.generation.borrow();
        if now == self.generation {
            return;
        }
        let mut newest = renewal.newest.lock();
        if newest.0 < now {
            *newest = (now, (renewal.make)());
        }
        (self.generation, self.channel) = newest.clone();
    }
}

impl Service<http::Request<Body>> for Connection {
    type Response = http::Response<Body>;
    type Error = Status;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Status>> + Send>>;

    fn poll_ready(&mut self, context: &mut task::Context<'_>) -> Poll<Result<(), Status>> {
        self.keep_up();
        self.channel.poll_ready(context).map_err(lost)
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        let answer = self.channel.call(request);
        Box::pin(async { answer.await.map_err(lost) })
    }
}

fn lost(error: transport::Error) -> Status {
    let status = Status::from_error(Box::new(error));
    match status.code() {
        Code::Unknown => Status::unavailable(crate::error::chain(&status)),
        _ => status,
    }
}

/// Hands the current trace on to the called service (W3C `traceparent`).
#[derive(Clone, Copy, Debug)]
pub struct Propagate;

impl Interceptor for Propagate {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        let context = tracing::Span::current().context();
        opentelemetry::global::get_text_map_propagator(|propagator| {
            propagator.inject_context(&context, &mut Metadata(request.metadata_mut()));
        });
        Ok(request)
    }
}

struct Metadata<'a>(&'a mut MetadataMap);

impl Injector for Metadata<'_> {
    fn set(&mut self, key: &str, value: String) {
        if let (Ok(key), Ok(value)) = (MetadataKey::from_bytes(key.as_bytes()), value.parse()) {
            self.0.insert(key, value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Takes a connection, waits for the first bytes of a call, and dies.
    async fn dying_peer() -> std::net::SocketAddr {
        use tokio::io::AsyncReadExt as _;
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                let mut some = [0; 16];
                let _ = stream.read(&mut some).await;
            }
        });
        address
    }

    #[tokio::test]
    async fn a_peer_that_dies_during_a_call_is_unavailable() {
        let address = dying_peer().await;
        let endpoint = Endpoint::from_shared(format!("http://{address}")).unwrap();
        let mut connection = Connection::from(endpoint.connect_lazy());
        std::future::poll_fn(|context| connection.poll_ready(context))
            .await
            .unwrap();
        let request = http::Request::post("http://service/a.B/C")
            .body(Body::empty())
            .unwrap();
        let status = connection.call(request).await.unwrap_err();
        assert_eq!(status.code(), Code::Unavailable, "{status}");
    }
}
