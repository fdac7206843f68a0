//! One POST over TLS to somebody outside: bounded in time and in what is read of the answer. Redirects are not followed.

use std::{path::Path, sync::Arc, time::Duration};

use ers_runtime::error::chain;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::{Request, body::Bytes, client::conn::http1};
use hyper_util::rt::TokioIo;
use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::{CertificateDer, ServerName, pem::PemObject as _};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use crate::domain::https_url::HttpsUrl;

const LONGEST_ANSWER: usize = 64 * 1024;

/// Whom to believe, and how long to wait. Cheap to clone.
#[derive(Clone)]
pub struct Https {
    tls: Arc<ClientConfig>,
    timeout: Duration,
}

/// What came back.
pub struct Answer {
    /// Status of HTTP.
    pub status: u16,
    /// At most 64 KiB.
    pub body: Bytes,
}

impl Https {
    /// Believes the CAs of a file, PEM.
    ///
    /// # Errors
    /// What is wrong with the file, in words.
    pub fn trusting(authorities: &Path, timeout: Duration) -> Result<Self, String> {
        let mut roots = RootCertStore::empty();
        let certificates = CertificateDer::pem_file_iter(authorities)
            .map_err(|error| format!("authorities: {}: {error}", authorities.display()))?;
        for certificate in certificates {
            let certificate = certificate.map_err(|error| format!("authorities: {error}"))?;
            roots
                .add(certificate)
                .map_err(|error| format!("authorities: {error}"))?;
        }
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let tls = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| error.to_string())?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Self {
            tls: Arc::new(tls),
            timeout,
        })
    }

    /// Posts JSON with further headers.
    ///
    /// # Errors
    /// Why there was no answer, in words.
    pub async fn post(
        &self,
        url: &HttpsUrl,
        headers: &[(&str, &str)],
        body: Vec<u8>,
    ) -> Result<Answer, String> {
        tokio::time::timeout(self.timeout, self.try_post(url, headers, body))
            .await
            .unwrap_or_else(|_| Err("no answer in time".to_owned()))
    }

    async fn try_post(
        &self,
        url: &HttpsUrl,
        headers: &[(&str, &str)],
        body: Vec<u8>,
    ) -> Result<Answer, String> {
        let stream = TcpStream::connect((url.host.as_str(), url.port))
            .await
            .map_err(|error| chain(&error))?;
        let name = ServerName::try_from(url.host.clone()).map_err(|error| chain(&error))?;
        let stream = TlsConnector::from(Arc::clone(&self.tls))
            .connect(name, stream)
            .await
            .map_err(|error| chain(&error))?;
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream))
            .await
            .map_err(|error| chain(&error))?;
        // It ends with the sender, and with the timeout around this.
        let connection = tokio::spawn(connection);
        let answer = exchange(&mut sender, url, headers, body).await;
        connection.abort();
        answer
    }
}

async fn exchange(
    sender: &mut http1::SendRequest<Full<Bytes>>,
    url: &HttpsUrl,
    headers: &[(&str, &str)],
    body: Vec<u8>,
) -> Result<Answer, String> {
    let mut request = Request::post(url.path.as_str())
        .header("Host", url.authority())
        .header("Content-Type", "application/json")
        .header("Accept", "application/json")
        .header("User-Agent", concat!("ers/", env!("CARGO_PKG_VERSION")));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = request
        .body(Full::new(Bytes::from(body)))
        .map_err(|error| chain(&error))?;
    let response = sender
        .send_request(request)
        .await
        .map_err(|error| chain(&error))?;
    let status = response.status().as_u16();
    let body = Limited::new(response.into_body(), LONGEST_ANSWER)
        .collect()
        .await
        .map_err(|error| error.to_string())?
        .to_bytes();
    Ok(Answer { status, body })
}
