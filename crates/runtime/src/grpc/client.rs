//! Connections to other services: lazy, reconnecting, mutual TLS with the identity of the moment.

use std::{io, sync::Arc, time::Duration};

use hyper_util::rt::TokioIo;
use opentelemetry::propagation::Injector;
use rustls_pki_types::ServerName;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tonic::{
    Request, Status,
    metadata::{MetadataKey, MetadataMap},
    service::{Interceptor, interceptor::InterceptedService},
    transport::{Endpoint, Uri},
};
use tracing_opentelemetry::OpenTelemetrySpanExt as _;

use crate::{Context, tls};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
const CALL_TIMEOUT: Duration = Duration::from_secs(60);
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// A way to another service; cheap to clone, works in every generated client.
pub type Channel = InterceptedService<tonic::transport::Channel, Propagate>;

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
    let channel = Endpoint::from(Uri::from_static("http://service.ers.internal"))
        .connect_timeout(CONNECT_TIMEOUT)
        .timeout(CALL_TIMEOUT)
        .http2_keep_alive_interval(KEEP_ALIVE)
        .keep_alive_timeout(CONNECT_TIMEOUT)
        .keep_alive_while_idle(true)
        .connect_with_connector_lazy(connector);
    InterceptedService::new(channel, Propagate)
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
