//! TLS with strangers. Certificates are not judged: for redirects to https the client is here to get one (RFC 8555 §8.3
//! asks for nothing of it), and what is proven is control of the server behind the name; for tls-alpn-01 the flow
//! itself looks at the certificate. That the server holds the certificate's key is checked always.

use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::pki_types::{CertificateDer, ServerName, SubjectPublicKeyInfoDer, UnixTime};
use rustls::{
    CertificateError, ClientConfig, ClientConnection, DigitallySignedStruct, SignatureScheme,
};
use tokio_rustls::TlsConnector;

use crate::domain::acme_certificate;

/// The application protocol of RFC 8737 §6.2.
pub(super) const ACME_TLS: &[u8] = b"acme-tls/1";

/// For redirects to https.
pub(super) fn https() -> Result<TlsConnector, rustls::Error> {
    connector(b"http/1.1")
}

/// For tls-alpn-01.
pub(super) fn acme_alpn() -> Result<TlsConnector, rustls::Error> {
    connector(ACME_TLS)
}

/// What was agreed upon.
pub(super) fn alpn_of(session: &ClientConnection) -> Option<&[u8]> {
    session.alpn_protocol()
}

fn connector(protocol: &[u8]) -> Result<TlsConnector, rustls::Error> {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let mut config = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(AnyCertificate(provider)))
        .with_no_client_auth();
    config.alpn_protocols = vec![protocol.to_vec()];
    config.resumption = rustls::client::Resumption::disabled();
    Ok(TlsConnector::from(Arc::new(config)))
}

/// Takes any certificate whose key the server holds, also one with critical extensions that nobody knows, as
/// tls-alpn-01 has them: the verification that comes with rustls refuses to look at the key of those.
#[derive(Debug)]
struct AnyCertificate(Arc<CryptoProvider>);

impl ServerCertVerifier for AnyCertificate {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let (_, key) = public_key(certificate)?;
        let verified = self
            .0
            .signature_verification_algorithms
            .mapping
            .iter()
            .filter(|(scheme, _)| *scheme == signed.scheme)
            .flat_map(|(_, algorithms)| algorithms.iter())
            .any(|algorithm| {
                algorithm
                    .verify_signature(&key, message, signed.signature())
                    .is_ok()
            });
        if verified {
            return Ok(HandshakeSignatureValid::assertion());
        }
        Err(CertificateError::BadSignature.into())
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let (spki, _) = public_key(certificate)?;
        rustls::crypto::verify_tls13_signature_with_raw_key(
            message,
            &SubjectPublicKeyInfoDer::from(spki),
            signed,
            &self.0.signature_verification_algorithms,
        )
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

fn public_key(certificate: &CertificateDer<'_>) -> Result<(Vec<u8>, Vec<u8>), rustls::Error> {
    acme_certificate::public_key(certificate).map_err(|_| CertificateError::BadEncoding.into())
}
