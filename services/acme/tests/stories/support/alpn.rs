//! A TLS server that answers tls-alpn-01 as the story wants: a certificate for each name that clients indicate.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;

use openssl::asn1::{Asn1Integer, Asn1Object, Asn1OctetString, Asn1Time};
use openssl::bn::BigNum;
use openssl::x509::extension::SubjectAlternativeName;
use openssl::x509::{X509, X509Extension};
use parking_lot::Mutex;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::PrivateKeyDer;
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls::{ServerConfig, SupportedProtocolVersion};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use super::p256;

/// What a certificate says.
#[derive(Debug, Clone)]
pub struct Shown<'a> {
    /// Its subject alternative names.
    pub names: &'a [&'a str],
    /// What stands in its acmeIdentifier extension; empty: it has none.
    pub digest: Vec<u8>,
    /// Whether that extension is critical.
    pub critical: bool,
}

/// The server.
#[derive(Clone)]
pub struct Alpn {
    /// Where it listens.
    pub address: SocketAddr,
    certificates: Certificates,
}

#[derive(Clone, Debug, Default)]
struct Certificates(Arc<Mutex<HashMap<String, Arc<CertifiedKey>>>>);

impl ResolvesServerCert for Certificates {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        self.0.lock().get(hello.server_name()?).cloned()
    }
}

impl Alpn {
    /// One that agrees to an application protocol, in some versions of TLS.
    pub async fn start(protocol: &[u8], versions: &[&'static SupportedProtocolVersion]) -> Self {
        let certificates = Certificates::default();
        let provider = Arc::new(aws_lc_rs::default_provider());
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_protocol_versions(versions)
            .unwrap()
            .with_no_client_auth()
            .with_cert_resolver(Arc::new(certificates.clone()));
        config.alpn_protocols = match protocol {
            [] => Vec::new(),
            protocol => vec![protocol.to_vec()],
        };
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let acceptor = acceptor.clone();
                tokio::spawn(async move { acceptor.accept(stream).await.map(drop) });
            }
        });
        Self {
            address,
            certificates,
        }
    }

    /// Shows a certificate to whoever asks for a name.
    pub fn show(&self, server_name: &str, shown: &Shown<'_>) {
        let key = p256();
        let certificate = certificate(&key, shown);
        let private = PrivateKeyDer::try_from(key.private_key_to_pkcs8().unwrap()).unwrap();
        let signing = aws_lc_rs::sign::any_supported_type(&private).unwrap();
        let certified = CertifiedKey::new(vec![certificate.into()], signing);
        let mut certificates = self.certificates.0.lock();
        certificates.insert(server_name.to_owned(), Arc::new(certified));
    }
}

fn certificate(key: &openssl::pkey::PKeyRef<openssl::pkey::Private>, shown: &Shown<'_>) -> Vec<u8> {
    let mut builder = X509::builder().unwrap();
    builder.set_version(2).unwrap();
    let serial = Asn1Integer::from_bn(&BigNum::from_u32(7).unwrap()).unwrap();
    builder.set_serial_number(&serial).unwrap();
    builder
        .set_not_before(&Asn1Time::days_from_now(0).unwrap())
        .unwrap();
    builder
        .set_not_after(&Asn1Time::days_from_now(1).unwrap())
        .unwrap();
    builder.set_pubkey(key).unwrap();
    if !shown.names.is_empty() {
        let mut names = SubjectAlternativeName::new();
        for name in shown.names {
            match name.parse::<std::net::IpAddr>() {
                Ok(_) => names.ip(name),
                Err(_) => names.dns(name),
            };
        }
        let names = names.build(&builder.x509v3_context(None, None)).unwrap();
        builder.append_extension(names).unwrap();
    }
    if !shown.digest.is_empty() {
        let oid = Asn1Object::from_str("1.3.6.1.5.5.7.1.31").unwrap();
        let mut der = vec![0x04, u8::try_from(shown.digest.len()).unwrap()];
        der.extend(&shown.digest);
        let value = Asn1OctetString::new_from_bytes(&der).unwrap();
        let extension = X509Extension::new_from_der(&oid, shown.critical, &value).unwrap();
        builder.append_extension(extension).unwrap();
    }
    builder
        .sign(key, openssl::hash::MessageDigest::sha256())
        .unwrap();
    builder.build().to_der().unwrap()
}
