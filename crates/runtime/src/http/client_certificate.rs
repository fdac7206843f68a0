//! Client certificates over HTTPS: asked for, never demanded; that the peer has the key is proven in the handshake.
//! Whether the certificate means anything is for whoever reads it.

use std::{any::Any, fmt, sync::Arc};

use actix_tls::accept::rustls_0_23::TlsStream;
use actix_web::{dev::Extensions, rt::net::TcpStream};
use rustls::{
    DigitallySignedStruct, DistinguishedName, Error, SignatureScheme,
    client::danger::HandshakeSignatureValid,
    crypto::{
        WebPkiSupportedAlgorithms, aws_lc_rs, verify_tls12_signature, verify_tls13_signature,
    },
    server::danger::{ClientCertVerified, ClientCertVerifier},
};
use rustls_pki_types::{CertificateDer, UnixTime};

/// What the peer showed: its certificate first, then what it sent along; DER. Found by `HttpRequest::conn_data`.
#[derive(Debug, Clone)]
pub struct ClientCertificates(pub Vec<CertificateDer<'static>>);

/// The exporter value of a TLS 1.3 session that ended here, by which a client proves that something comes from this session
/// (tls-exporter, RFC 9266). Found by `HttpRequest::conn_data`.
#[derive(Clone, Copy)]
pub struct SessionExporter(pub [u8; 32]);

/// Asks clients for a certificate and takes whatever they show, unread but for the proof that they have its key.
pub struct AnyClientCertificate {
    hints: Vec<DistinguishedName>,
    algorithms: WebPkiSupportedAlgorithms,
}

impl fmt::Debug for AnyClientCertificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AnyClientCertificate")
    }
}

impl AnyClientCertificate {
    /// The verifier. `issuers` (Name, DER) are told to the clients, so that browsers offer only fitting certificates.
    #[must_use]
    pub fn hinting(issuers: Vec<Vec<u8>>) -> Arc<Self> {
        Arc::new(Self {
            hints: issuers.into_iter().map(DistinguishedName::from).collect(),
            algorithms: aws_lc_rs::default_provider().signature_verification_algorithms,
        })
    }
}

impl ClientCertVerifier for AnyClientCertificate {
    fn client_auth_mandatory(&self) -> bool {
        false
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &self.hints
    }

    fn verify_client_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        Ok(ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signed, &self.algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signed, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}

/// Keeps a new connection's client certificates beside it.
pub(super) fn keep(connection: &dyn Any, data: &mut Extensions) {
    let Some(stream) = connection.downcast_ref::<TlsStream<TcpStream>>() else {
        return;
    };
    let (_, session) = stream.get_ref();
    if session.protocol_version() == Some(rustls::ProtocolVersion::TLSv1_3)
        && let Ok(value) =
            session.export_keying_material([0; 32], b"EXPORTER-Channel-Binding", Some(&[]))
    {
        data.insert(SessionExporter(value));
    }
    if let Some(shown) = session.peer_certificates() {
        let shown = shown.iter().map(|c| c.clone().into_owned()).collect();
        data.insert(ClientCertificates(shown));
    }
}
