//! Mutual TLS between the services: one identity per service (certificate, key, the authorities it trusts), reloaded
//! when its files change. Who the peer is, is told by the URI SAN `spiffe://ers/<service>` of its certificate.

use std::{
    fmt,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use arc_swap::ArcSwapOption;
use rustls::{
    ClientConfig, RootCertStore, ServerConfig,
    client::WebPkiServerVerifier,
    server::{VerifierBuilderError, WebPkiClientVerifier, danger::ClientCertVerifier},
    sign::CertifiedKey,
};
use rustls_pki_types::{
    CertificateDer, CertificateRevocationListDer, PrivateKeyDer, UnixTime, pem::PemObject as _,
};
use serde::Deserialize;
use thiserror::Error;
use tokio::sync::watch;
use x509_cert::{
    der::Decode as _,
    ext::pkix::{SubjectAltName, name::GeneralName},
};

use crate::shutdown::Shutdown;

/// What stands before the service name in an identity's URI SAN.
pub const URI_PREFIX: &str = "spiffe://ers/";
/// What stands after the service name in an identity's DNS SAN, which clients check instead of a host name.
pub const DNS_SUFFIX: &str = ".ers.internal";

const RELOAD_INTERVAL: Duration = Duration::from_secs(5);

/// Where an identity lies, PEM files.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IdentityFiles {
    /// Certificate, then its chain without the root.
    pub certificate: PathBuf,
    /// Private key, PKCS#8.
    pub key: PathBuf,
    /// The authorities whose identities are believed; also their CRLs (PEM label `X509 CRL`), by which an identity is
    /// believed no longer.
    pub authorities: PathBuf,
}

/// Why an identity cannot be used.
#[derive(Debug, Error)]
pub enum TlsError {
    /// A file cannot be read as PEM.
    #[error("read identity file {file}")]
    File {
        /// The file, or what the PEM was for.
        file: String,
        /// Why.
        #[source]
        source: rustls_pki_types::pem::Error,
    },
    /// The parts do not fit together.
    #[error("use identity")]
    Rustls(#[source] rustls::Error),
    /// The authorities cannot serve to check peers.
    #[error("use authorities of identity: {0}")]
    Authorities(String),
}

struct Configs {
    server: Arc<ServerConfig>,
    client: Arc<ClientConfig>,
    peers: Arc<dyn ClientCertVerifier>,
    own: Arc<CertifiedKey>,
    /// Epoch seconds.
    ends_at: i64,
}

/// A service's identity, ready for use in both directions. The private key never shows in `Debug`.
pub struct Identity {
    current: ArcSwapOption<Configs>,
    /// How often it was replaced.
    generation: watch::Sender<u64>,
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Identity")
    }
}

impl Identity {
    /// An identity that nobody believes and that believes nobody.
    ///
    /// # Errors
    /// Never today; kept for symmetry with the other constructors.
    pub fn none() -> Result<Self, TlsError> {
        Ok(Self {
            current: ArcSwapOption::empty(),
            generation: watch::Sender::new(0),
        })
    }

    /// From PEM texts: certificate with chain, key, authorities.
    ///
    /// # Errors
    /// When a text is no PEM or the parts do not fit together.
    pub fn from_pem(certificate: &str, key: &str, authorities: &str) -> Result<Self, TlsError> {
        let identity = Self::none()?;
        identity.replace(certificate, key, authorities)?;
        Ok(identity)
    }

    /// Puts another certificate and key in place; calls made from now on use them, over connections of their own.
    ///
    /// # Errors
    /// As [`Self::from_pem`]; the identity in use stays.
    pub fn replace(&self, certificate: &str, key: &str, authorities: &str) -> Result<(), TlsError> {
        let configs = configs(certificate, key, authorities)?;
        self.current.store(Some(Arc::new(configs)));
        self.generation.send_modify(|generation| *generation += 1);
        Ok(())
    }

    /// Counts up whenever the identity, or the authorities beside it, are replaced.
    #[must_use]
    pub fn generation(&self) -> watch::Receiver<u64> {
        self.generation.subscribe()
    }

    /// From files, watched: a changed file is loaded within seconds, a broken one is logged and not used.
    ///
    /// # Errors
    /// When the files cannot be used now.
    pub fn watched(files: IdentityFiles, shutdown: &Shutdown) -> Result<Arc<Self>, TlsError> {
        let mut read = ReadFiles::read(&files)?;
        let identity = Arc::new(Self::from_pem(
            &read.certificate,
            &read.key,
            &read.authorities,
        )?);
        let watched = Arc::clone(&identity);
        let stop = shutdown.clone();
        shutdown.spawn("identity reload", async move {
            while stop.sleep(RELOAD_INTERVAL).await {
                match ReadFiles::read(&files) {
                    Ok(new) if new != read => match watched.replace(&new.certificate, &new.key, &new.authorities) {
                        Ok(()) => {
                            tracing::info!(file = %files.certificate.display(), "identity reloaded");
                            read = new;
                        }
                        Err(error) => tracing::warn!(error = crate::error::chain(&error), "identity not reloaded"),
                    },
                    Ok(_) => {}
                    Err(error) => tracing::warn!(error = crate::error::chain(&error), "identity not reloaded"),
                }
            }
        });
        Ok(identity)
    }

    /// For accepting peers; `None` for [`Self::none`].
    #[must_use]
    pub fn server(&self) -> Option<Arc<ServerConfig>> {
        self.current.load().as_ref().map(|c| Arc::clone(&c.server))
    }

    /// For HTTPS with the same certificate: the clients are people and other systems, whose certificates are for the
    /// service to judge. A changed certificate is used from the next connection on.
    ///
    /// # Errors
    /// When TLS cannot be set up.
    #[cfg(feature = "http")]
    pub fn https(self: &Arc<Self>) -> Result<Arc<ServerConfig>, TlsError> {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(TlsError::Rustls)?
            .with_client_cert_verifier(crate::http::AnyClientCertificate::hinting(Vec::new()))
            .with_cert_resolver(Arc::new(Resolver(Arc::clone(self))));
        Ok(Arc::new(config))
    }

    /// For connecting to peers; `None` for [`Self::none`].
    #[must_use]
    pub fn client(&self) -> Option<Arc<ClientConfig>> {
        self.current.load().as_ref().map(|c| Arc::clone(&c.client))
    }

    /// When our own certificate ends; `None` for [`Self::none`].
    #[must_use]
    pub fn ends_at(&self) -> Option<time::OffsetDateTime> {
        let ends_at = self.current.load().as_ref()?.ends_at;
        time::OffsetDateTime::from_unix_timestamp(ends_at).ok()
    }

    /// Name of the service whose identity this chain is (DER, its own certificate first), if our authorities vouch for it
    /// at that time.
    #[must_use]
    pub fn service_of(
        &self,
        chain: &[CertificateDer<'_>],
        now: time::OffsetDateTime,
    ) -> Option<String> {
        let own = chain.first()?;
        self.believes(chain, now).then(|| service_name(own))?
    }

    /// Whether our authorities vouch for a chain (DER, the peer's certificate first) at that time.
    #[must_use]
    pub fn believes(&self, chain: &[CertificateDer<'_>], now: time::OffsetDateTime) -> bool {
        let verified = || {
            let (own, above) = chain.split_first()?;
            let now = u64::try_from(now.unix_timestamp()).ok()?;
            let now = UnixTime::since_unix_epoch(Duration::from_secs(now));
            let configs = self.current.load();
            let peers = &configs.as_ref()?.peers;
            peers.verify_client_cert(own, above, now).ok()
        };
        verified().is_some()
    }
}

#[cfg(feature = "http")]
#[derive(Debug)]
struct Resolver(Arc<Identity>);

#[cfg(feature = "http")]
impl rustls::server::ResolvesServerCert for Resolver {
    fn resolve(&self, _: rustls::server::ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        self.0.current.load().as_ref().map(|c| Arc::clone(&c.own))
    }
}

#[derive(PartialEq, Eq)]
struct ReadFiles {
    certificate: String,
    key: String,
    authorities: String,
}

impl ReadFiles {
    fn read(files: &IdentityFiles) -> Result<Self, TlsError> {
        let read = |path: &Path| {
            std::fs::read_to_string(path).map_err(|error| TlsError::File {
                file: path.display().to_string(),
                source: rustls_pki_types::pem::Error::Io(error),
            })
        };
        Ok(Self {
            certificate: read(&files.certificate)?,
            key: read(&files.key)?,
            authorities: read(&files.authorities)?,
        })
    }
}

fn configs(certificate: &str, key: &str, authorities: &str) -> Result<Configs, TlsError> {
    let file_error = |file: &str| {
        let file = file.to_owned();
        move |source| TlsError::File {
            file: file.clone(),
            source,
        }
    };
    let chain = CertificateDer::pem_slice_iter(certificate.as_bytes())
        .collect::<Result<Vec<_>, _>>()
        .map_err(file_error("certificate"))?;
    let key = || PrivateKeyDer::from_pem_slice(key.as_bytes()).map_err(file_error("key"));
    let mut roots = RootCertStore::empty();
    for authority in CertificateDer::pem_slice_iter(authorities.as_bytes()) {
        roots
            .add(authority.map_err(file_error("authorities"))?)
            .map_err(TlsError::Rustls)?;
    }
    let roots = Arc::new(roots);
    let crls = CertificateRevocationListDer::pem_slice_iter(authorities.as_bytes())
        .collect::<Result<Vec<_>, _>>()
        .map_err(file_error("authorities"))?;
    let unusable = |error: VerifierBuilderError| TlsError::Authorities(error.to_string());
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    // an authority without a CRL has revoked nothing; a CRL stays in force until another one is put in its place
    let verifier =
        WebPkiClientVerifier::builder_with_provider(Arc::clone(&roots), Arc::clone(&provider))
            .with_crls(crls.clone())
            .only_check_end_entity_revocation()
            .allow_unknown_revocation_status()
            .build()
            .map_err(unusable)?;
    let servers = WebPkiServerVerifier::builder_with_provider(roots, Arc::clone(&provider))
        .with_crls(crls)
        .only_check_end_entity_revocation()
        .allow_unknown_revocation_status()
        .build()
        .map_err(unusable)?;
    let mut server = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_protocol_versions(&[&rustls::version::TLS13])
        .map_err(TlsError::Rustls)?
        .with_client_cert_verifier(Arc::<dyn ClientCertVerifier>::clone(&verifier))
        .with_single_cert(chain.clone(), key()?)
        .map_err(TlsError::Rustls)?;
    server.alpn_protocols = vec![b"h2".to_vec()];
    let own = CertifiedKey::from_der(chain.clone(), key()?, &provider).map_err(TlsError::Rustls)?;
    let mut client = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13])
        .map_err(TlsError::Rustls)?
        .with_webpki_verifier(servers)
        .with_client_auth_cert(chain, key()?)
        .map_err(TlsError::Rustls)?;
    client.alpn_protocols = vec![b"h2".to_vec()];
    let ends_at = own.cert.first().and_then(not_after).unwrap_or_default();
    Ok(Configs {
        server: Arc::new(server),
        client: Arc::new(client),
        peers: verifier,
        own: Arc::new(own),
        ends_at,
    })
}

/// Epoch seconds.
pub(crate) fn not_after(certificate: &CertificateDer<'_>) -> Option<i64> {
    let certificate = x509_cert::Certificate::from_der(certificate).ok()?;
    let end = certificate.tbs_certificate().validity().not_after;
    i64::try_from(end.to_unix_duration().as_secs()).ok()
}

/// The service name in a certificate's URI SAN; `None` when there is not exactly one of ours.
pub(crate) fn service_name(certificate: &CertificateDer<'_>) -> Option<String> {
    let certificate = x509_cert::Certificate::from_der(certificate).ok()?;
    let (_, names) = certificate
        .tbs_certificate()
        .get_extension::<SubjectAltName>()
        .ok()??;
    let mut services = names.0.iter().filter_map(|name| match name {
        GeneralName::UniformResourceIdentifier(uri) => {
            uri.as_str().strip_prefix(URI_PREFIX).map(str::to_owned)
        }
        _ => None,
    });
    let service = services.next()?;
    services.next().is_none().then_some(service)
}
