//! One HTTP request to one address that was checked. Small answers only, nothing followed, nothing sent along.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use http_body_util::{BodyExt as _, Empty};
use hyper::body::{Bytes, Incoming};
use hyper::header::{ACCEPT, CONNECTION, HOST, LOCATION, USER_AGENT};
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use url::{Host, Url};

use super::{Unproven, Validator};
use crate::domain::problem::ProblemKind;

/// Token, dot, thumbprint: 87 octets; the rest is for white space.
const MOST_BODY_BYTES: usize = 1024;
const MOST_HEADER_BYTES: usize = 16 * 1024;
const MOST_HEADERS: usize = 64;
const MOST_ADDRESSES: usize = 4;
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);

/// What came back.
pub(super) struct Fetched {
    pub status: u16,
    pub redirect: Option<String>,
    pub body: Vec<u8>,
}

impl Validator {
    pub(super) async fn fetch(&self, url: &Url) -> Result<Fetched, Unproven> {
        let stream = self.connect(url).await?;
        if url.scheme() == "https" {
            let name = match url.host() {
                Some(Host::Domain(name)) => ServerName::try_from(name.to_owned())
                    .map_err(|_| unreachable(url, "bad host"))?,
                Some(Host::Ipv4(address)) => ServerName::from(IpAddr::V4(address)),
                Some(Host::Ipv6(address)) => ServerName::from(IpAddr::V6(address)),
                None => return Err(unreachable(url, "no host")),
            };
            let stream = self
                .tls
                .connect(name, stream)
                .await
                .map_err(|error| unreachable(url, &error))?;
            return ask(url, stream).await;
        }
        ask(url, stream).await
    }

    /// Looks the host up, drops what is denied, and connects to the very addresses that were checked.
    async fn connect(&self, url: &Url) -> Result<TcpStream, Unproven> {
        let port = url.port_or_known_default().unwrap_or(self.http_port);
        let found = match url.host() {
            Some(Host::Domain(name)) => self.dns.addresses(name.trim_end_matches('.')).await?,
            Some(Host::Ipv4(address)) => vec![IpAddr::V4(address)],
            Some(Host::Ipv6(address)) => vec![IpAddr::V6(address)],
            None => return Err(unreachable(url, "no host")),
        };
        let allowed: Vec<IpAddr> = found
            .iter()
            .copied()
            .filter(|address| !self.is_denied(*address))
            .collect();
        if allowed.is_empty() {
            // which address it is stays untold: the answer would map our network
            let detail = format!(
                "{} has no address that may be connected to",
                url.host_str().unwrap_or_default()
            );
            return Err(Unproven::for_good(ProblemKind::Connection, detail));
        }
        let mut failure = unreachable(url, "no address");
        for address in allowed.into_iter().take(MOST_ADDRESSES) {
            let connecting = TcpStream::connect(SocketAddr::new(address, port));
            match tokio::time::timeout(CONNECT_TIMEOUT, connecting).await {
                Ok(Ok(stream)) => return Ok(stream),
                Ok(Err(error)) => failure = unreachable(url, &error),
                Err(_) => failure = unreachable(url, "timeout"),
            }
        }
        Err(failure)
    }

    fn is_denied(&self, address: IpAddr) -> bool {
        self.denied_networks
            .iter()
            .any(|network| network.contains(address))
    }
}

async fn ask<S>(url: &Url, stream: S) -> Result<Fetched, Unproven>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let (mut sender, connection) = hyper::client::conn::http1::Builder::new()
        .max_buf_size(MOST_HEADER_BYTES)
        .max_headers(MOST_HEADERS)
        .handshake(TokioIo::new(stream))
        .await
        .map_err(|error| unreachable(url, &error))?;
    let exchange = async {
        let response = sender
            .send_request(request(url)?)
            .await
            .map_err(|error| unreachable(url, &error))?;
        read(url, response).await
    };
    // the connection lives no longer than the exchange
    tokio::pin!(connection);
    tokio::pin!(exchange);
    let mut connection_open = true;
    loop {
        tokio::select! {
            fetched = &mut exchange => return fetched,
            _ = &mut connection, if connection_open => connection_open = false,
        }
    }
}

fn request(url: &Url) -> Result<Request<Empty<Bytes>>, Unproven> {
    let authority = match (url.host_str(), url.port()) {
        (Some(host), Some(port)) => format!("{host}:{port}"),
        (host, _) => host.unwrap_or_default().to_owned(),
    };
    let target = match url.query() {
        Some(query) => format!("{}?{query}", url.path()),
        None => url.path().to_owned(),
    };
    Request::get(target)
        .header(HOST, authority)
        .header(USER_AGENT, "ers-acme-validation")
        .header(ACCEPT, "*/*")
        .header(CONNECTION, "close")
        .body(Empty::new())
        .map_err(|error| unreachable(url, &error))
}

async fn read(url: &Url, response: Response<Incoming>) -> Result<Fetched, Unproven> {
    let status = response.status().as_u16();
    let location = response
        .headers()
        .get(LOCATION)
        .and_then(|value| value.to_str().ok())
        .map(str::to_owned);
    if matches!(status, 301 | 302 | 303 | 307 | 308)
        && let Some(location) = location
    {
        return Ok(Fetched {
            status,
            redirect: Some(location),
            body: Vec::new(),
        });
    }
    let mut body = Vec::new();
    let mut incoming = response.into_body();
    while let Some(frame) = incoming.frame().await {
        let frame = frame.map_err(|error| unreachable(url, &error))?;
        if let Some(bytes) = frame.data_ref() {
            body.extend_from_slice(bytes);
        }
        if body.len() > MOST_BODY_BYTES {
            let detail = format!("{url} answered with more than {MOST_BODY_BYTES} octets");
            return Err(Unproven::for_now(ProblemKind::Unauthorized, detail));
        }
    }
    Ok(Fetched {
        status,
        redirect: None,
        body,
    })
}

fn unreachable(url: &Url, why: &(impl std::fmt::Display + ?Sized)) -> Unproven {
    Unproven::for_now(
        ProblemKind::Connection,
        format!("{url} could not be fetched: {why}"),
    )
}
