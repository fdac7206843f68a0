//! EST: a device that shows its certificate. Its first one it got with a password, before measuring begins: hashing
//! that is made slow on purpose.

use std::sync::Arc;

use anyhow::{Context as _, Result, ensure};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use ers_pki::cms::SignedData;
use openssl::pkey::{PKey, Private};
use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::{
    CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, ServerName, pem::PemObject as _,
};
use tokio::net::TcpStream;
use tokio_rustls::{TlsConnector, client::TlsStream};

use super::{SECRET, authority, name_of};
use crate::{
    http::{self, Connection},
    load::{Prepared, Work},
    platform::Platform,
    requests,
};

const PATH: &str = "/.well-known/est/simpleenroll";
const TYPE: &str = "application/pkcs10";

/// A device with its connection.
pub struct Device {
    connection: Connection<TlsStream<TcpStream>>,
    requests: Arc<Prepared<Vec<u8>>>,
}

impl Work for Device {
    async fn once(&mut self) -> Result<()> {
        let request = self.requests.take()?;
        let answer = self.connection.call(&request).await?;
        ensure!(
            answer.status == 200,
            "enroll by EST: {} {}",
            answer.status,
            answer.text()
        );
        Ok(())
    }
}

/// So many devices for so many requests, each of its own names.
pub async fn devices(platform: &Platform, count: usize, wanted: usize) -> Result<Vec<Device>> {
    let key = requests::p256()?;
    let first = first(platform, &key).await?;
    let all = (0..wanted)
        .map(|number| {
            // a CSR that came before is answered with the certificate that it became then
            let name = format!("est-{number}-{count}.bench.test");
            let csr = requests::csr_of(&key, &name)?;
            Ok(post(platform, &csr, None))
        })
        .collect::<Result<Vec<_>>>()?;
    let all = Prepared::new(all);
    let mut devices = Vec::with_capacity(count);
    for _ in 0..count {
        devices.push(Device {
            connection: connect(platform, Some((&first, &key))).await?,
            requests: Arc::clone(&all),
        });
    }
    Ok(devices)
}

/// The device's first certificate.
async fn first(platform: &Platform, key: &PKey<Private>) -> Result<Vec<u8>> {
    let csr = requests::csr_of(key, "device.bench.test")?;
    let mut connection = connect(platform, None).await?;
    let login = STANDARD.encode(format!("{}:{SECRET}", name_of(0)));
    let answer = connection.call(&post(platform, &csr, Some(&login))).await?;
    ensure!(
        answer.status == 200,
        "enroll by EST with a password: {} {}",
        answer.status,
        answer.text()
    );
    let text: String = answer.text().split_ascii_whitespace().collect();
    let signed = SignedData::from_ber(&STANDARD.decode(text)?)?;
    let certificate = signed.certificates().first();
    let certificate = certificate.context("enroll by EST: there is no certificate")?;
    Ok(certificate.der().to_vec())
}

fn post(platform: &Platform, csr: &[u8], login: Option<&str>) -> Vec<u8> {
    let content_type = match login {
        Some(login) => format!("{TYPE}\r\nAuthorization: Basic {login}"),
        None => TYPE.to_owned(),
    };
    let body = STANDARD.encode(csr);
    http::post(
        PATH,
        authority(&platform.run.url),
        &content_type,
        body.as_bytes(),
    )
}

async fn connect(
    platform: &Platform,
    shown: Option<(&[u8], &PKey<Private>)>,
) -> Result<Connection<TlsStream<TcpStream>>> {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(&platform.run.root_certificate)? {
        roots.add(certificate?)?;
    }
    let config = ClientConfig::builder().with_root_certificates(roots);
    let config = match shown {
        Some((certificate, key)) => config.with_client_auth_cert(
            vec![CertificateDer::from(certificate.to_vec())],
            PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.private_key_to_pkcs8()?)),
        )?,
        None => config.with_no_client_auth(),
    };
    let (_, port) = authority(&platform.run.url)
        .rsplit_once(':')
        .context("read URL of the platform")?;
    let stream = TcpStream::connect(format!("127.0.0.1:{port}")).await?;
    stream.set_nodelay(true)?;
    let stream = TlsConnector::from(Arc::new(config))
        .connect(ServerName::try_from("localhost")?, stream)
        .await?;
    Ok(Connection::new(stream))
}
