//! One HTTP request to one address that was checked. Small answers only, nothing followed, nothing sent along.

use std::net::IpAddr;

use http_body_util::{BodyExt as _, Empty};
use hyper::body::{Bytes, Incoming};
use hyper::header::{ACCEPT, CONNECTION, HOST, LOCATION, USER_AGENT};
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use url::{Host, Url};

use super::{Perspective, Unproven};
use crate::domain::policy::ReachableNetworks;
use crate::domain::problem::ProblemKind;

/// Token, dot, thumbprint: 87 octets; the rest is for white space.
const MOST_BODY_BYTES: usize = 1024;
const MOST_HEADER_BYTES: usize = 16 * 1024;
const MOST_HEADERS: usize = 64;

/// What came back.
pub(super) struct Fetched {
    pub status: u16,
    pub redirect: Option<String>,
    pub body: Vec<u8>,
}

impl Perspective {
    pub(super) async fn fetch(
        &self,
        url: &Url,
        networks: &ReachableNetworks,
    ) -> Result<Fetched, Unproven> {
        let host = url.host().ok_or_else(|| unreachable(url, "no host"))?;
        let port = url.port_or_known_default().unwrap_or(self.http_port);
        let stream = self.connect(host, port, networks).await?;
        if url.scheme() == "https" {
            let name = match url.host() {
                Some(Host::Domain(name)) => ServerName::try_from(name.to_owned())
                    .map_err(|_| unreachable(url, "bad host"))?,
                Some(Host::Ipv4(address)) => ServerName::from(IpAddr::V4(address)),
                Some(Host::Ipv6(address)) => ServerName::from(IpAddr::V6(address)),
                None => return Err(unreachable(url, "no host")),
            };
            let stream = self
                .https
                .connect(name, stream)
                .await
                .map_err(|error| unreachable(url, &error))?;
            return ask(url, stream).await;
        }
        ask(url, stream).await
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
