//! OCSP over HTTP: answers that are kept (no nonce), and answers signed for the asker (nonce).

use std::{fmt::Write as _, sync::Arc};

use anyhow::{Context as _, Result, ensure};
use aws_lc_rs::rand;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use ers_pki::{
    certificate::Certificate,
    ocsp::{CertId, IssuerHashes, Request},
    serial::SerialNumber,
};
use ers_proto::clm::v1::Issued;
use tokio::net::TcpStream;

use crate::{
    http::{self, Connection},
    load::Work,
};

const PATH: &str = "/rev-info/ocsp";
/// `responseStatus` successful, RFC 6960 section 4.2.1; it stands behind a header of four octets.
const SUCCESSFUL: [u8; 3] = [0x0A, 0x01, 0x00];

/// How it is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// In the path.
    Get,
    /// In the body.
    Post,
}

/// Which certificates are asked for.
pub fn cert_ids(issued: &[Issued]) -> Result<Arc<[CertId]>> {
    let issuer = issued
        .first()
        .and_then(|first| first.chain.first())
        .context("there is no certificate to ask for")?;
    let hashes = IssuerHashes::new(&Certificate::from_der(issuer)?);
    issued
        .iter()
        .map(|issued| {
            Ok(CertId::sha1(
                &hashes,
                SerialNumber::from_hex(&issued.serial)?,
            ))
        })
        .collect()
}

/// One who asks, over a connection that stays.
pub struct Asker {
    connection: Connection<TcpStream>,
    address: String,
    ids: Arc<[CertId]>,
    next: usize,
    method: Method,
    fresh: bool,
}

impl Asker {
    /// Connected.
    pub async fn connect(
        address: &str,
        ids: &Arc<[CertId]>,
        begin: usize,
        method: Method,
        fresh: bool,
    ) -> Result<Self> {
        Ok(Self {
            connection: http::connect(address).await?,
            address: address.to_owned(),
            ids: Arc::clone(ids),
            next: begin,
            method,
            fresh,
        })
    }

    fn request(&self, der: &[u8]) -> Vec<u8> {
        let address = &self.address;
        match self.method {
            Method::Post => {
                let mut request = format!(
                    "POST {PATH} HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/ocsp-request\r\n\
                    Content-Length: {}\r\n\r\n",
                    der.len()
                )
                .into_bytes();
                request.extend_from_slice(der);
                request
            }
            Method::Get => {
                let path = escaped(&STANDARD.encode(der));
                format!("GET {PATH}/{path} HTTP/1.1\r\nHost: {address}\r\n\r\n").into_bytes()
            }
        }
    }
}

impl Work for Asker {
    async fn once(&mut self) -> Result<()> {
        let id = self
            .ids
            .get(self.next % self.ids.len())
            .context("there is no certificate to ask for")?;
        self.next += 1;
        let mut nonce = [0; 16];
        if self.fresh {
            rand::fill(&mut nonce).map_err(|_| anyhow::anyhow!("make a nonce"))?;
        }
        let asked =
            Request::new(vec![id.clone()], self.fresh.then_some(nonce.as_slice()))?.to_der();
        let answer = self.connection.call(&self.request(&asked)).await?;
        let successful = answer.body.get(4..7) == Some(SUCCESSFUL.as_slice());
        ensure!(
            answer.status == 200 && successful,
            "ask for status: {}",
            answer.status
        );
        ensure!(
            !self.fresh || http::find(&answer.body, &nonce).is_some(),
            "ask for status: the answer is not for this question"
        );
        Ok(())
    }
}

/// RFC 6960 appendix A.1: base64 escaped for a URL.
fn escaped(base64: &str) -> String {
    let mut path = String::with_capacity(base64.len() + 16);
    for sign in base64.chars() {
        match sign {
            '+' | '/' | '=' => {
                // writing to a string cannot fail
                let _ = write!(path, "%{:02X}", u32::from(sign));
            }
            sign => path.push(sign),
        }
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_url_would_read_otherwise_is_escaped() {
        assert_eq!(escaped("a+b/c="), "a%2Bb%2Fc%3D");
    }
}
