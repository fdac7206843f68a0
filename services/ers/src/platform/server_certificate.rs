//! The certificate of the HTTPS port: issued by the platform to itself, kept over restarts, renewed when a third of its
//! life is left. New connections get the new one at once.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use arc_swap::ArcSwap;
use ers_pki::{
    certificate::Certificate,
    key::{KeyAlgorithm, PrivateKey},
};
use ers_runtime::{Context, http::AnyClientCertificate};
use rustls::{
    ServerConfig,
    pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer},
    server::{ClientHello, ResolvesServerCert},
    sign::CertifiedKey,
};
use time::OffsetDateTime;

use super::data_folder::DataFolder;
use crate::{
    failure::{Attempt as _, Failure, Outcome},
    key_store::{key_pem, pem_chain, write_private, write_public},
    output::progress,
    own_certificates::{self, is_due},
    remote::Remote,
};

const LOOK: Duration = Duration::from_secs(60);
const CERTIFICATE: &str = "tls/server.pem";
const KEY: &str = "tls/server.key";

/// The certificate in use.
pub struct ServerCertificate {
    in_use: Arc<InUse>,
    names: Vec<String>,
    certificate_file: PathBuf,
    key_file: PathBuf,
}

#[derive(Debug)]
struct InUse {
    key: ArcSwap<CertifiedKey>,
    certificate: ArcSwap<Certificate>,
}

impl ResolvesServerCert for InUse {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.key.load_full())
    }
}

struct Pair {
    chain: Vec<Certificate>,
    key: PrivateKey,
}

impl ServerCertificate {
    /// The one of the last run if it still serves, else a new one.
    pub async fn obtain(
        remote: &Remote,
        folder: &DataFolder,
        names: Vec<String>,
        now: OffsetDateTime,
    ) -> Outcome<Self> {
        let (certificate_file, key_file) = (folder.file(CERTIFICATE), folder.file(KEY));
        let kept =
            read(&certificate_file, &key_file).filter(|pair| serves(pair, folder, &names, now));
        let pair = match kept {
            Some(pair) => pair,
            None => {
                progress("issuing the platform's own certificate");
                enroll(remote, &names, &certificate_file, &key_file).await?
            }
        };
        let in_use = Arc::new(InUse {
            certificate: ArcSwap::from_pointee(pair.leaf()?.clone()),
            key: ArcSwap::from_pointee(pair.certified_key()?),
        });
        Ok(Self {
            in_use,
            names,
            certificate_file,
            key_file,
        })
    }

    /// For the HTTPS listener. Clients may show a certificate; browsers offer only those of the issuers named (Name,
    /// DER).
    pub fn server_config(&self, issuers: Vec<Vec<u8>>) -> Arc<ServerConfig> {
        let resolver = Arc::clone(&self.in_use);
        Arc::new(
            ServerConfig::builder()
                .with_client_cert_verifier(AnyClientCertificate::hinting(issuers))
                .with_cert_resolver(resolver),
        )
    }

    /// Renews it when it is due, until shutdown.
    pub fn keep_renewed(&self, context: &Context, remote: Remote) {
        let (in_use, names) = (Arc::clone(&self.in_use), self.names.clone());
        let (certificate_file, key_file) = (self.certificate_file.clone(), self.key_file.clone());
        let (shutdown, clock) = (context.shutdown.clone(), Arc::clone(&context.clock));
        context
            .shutdown
            .spawn("renew server certificate", async move {
                while shutdown.sleep(LOOK).await {
                    if !is_due(&in_use.certificate.load(), clock.now()) {
                        continue;
                    }
                    let renewed = async {
                        let pair = enroll(&remote, &names, &certificate_file, &key_file).await?;
                        in_use.key.store(Arc::new(pair.certified_key()?));
                        in_use.certificate.store(Arc::new(pair.leaf()?.clone()));
                        Outcome::Ok(())
                    };
                    match renewed.await {
                        Ok(()) => tracing::info!("server certificate renewed"),
                        Err(failure) => tracing::error!(?failure, "server certificate not renewed"),
                    }
                }
            });
    }
}

impl Pair {
    fn leaf(&self) -> Outcome<&Certificate> {
        self.chain
            .first()
            .ok_or_else(|| Failure::new("the server's certificate file is empty"))
    }

    fn certified_key(&self) -> Outcome<CertifiedKey> {
        let chain = self
            .chain
            .iter()
            .map(|c| CertificateDer::from(c.der().to_vec()))
            .collect();
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(
            self.key
                .to_pkcs8_der()
                .attempt("read key of the server's certificate")?
                .to_vec(),
        ));
        let key = rustls::crypto::aws_lc_rs::sign::any_supported_type(&key)
            .attempt("use key of the server's certificate")?;
        Ok(CertifiedKey::new(chain, key))
    }
}

/// Whether a kept certificate may be used on: in time, for these names, from this platform's own CA.
fn serves(pair: &Pair, folder: &DataFolder, names: &[String], now: OffsetDateTime) -> bool {
    let root = std::fs::read_to_string(folder.root_certificate())
        .ok()
        .and_then(|text| Certificate::from_pem(&text).ok());
    let (Some(leaf), Some(top), Some(root)) = (pair.chain.first(), pair.chain.last(), root) else {
        return false;
    };
    let has = |wanted: &String| leaf.names().iter().any(|name| name.to_string() == *wanted);
    !is_due(leaf, now)
        && names.iter().all(has)
        && top.verify_signed_by(&root).is_ok()
        && leaf.public_key() == pair.key.public_key()
}

fn read(certificate: &PathBuf, key: &PathBuf) -> Option<Pair> {
    let chain = Certificate::all_from_pem(&std::fs::read_to_string(certificate).ok()?).ok()?;
    let key = ers_pki::pem::decode(&std::fs::read_to_string(key).ok()?, &["PRIVATE KEY"]).ok()?;
    Some(Pair {
        chain,
        key: PrivateKey::from_pkcs8_der(&key).ok()?,
    })
}

async fn enroll(
    remote: &Remote,
    names: &[String],
    certificate_file: &Path,
    key_file: &Path,
) -> Outcome<Pair> {
    let key =
        PrivateKey::generate(KeyAlgorithm::P256).attempt("make key of the server's certificate")?;
    let request_id = format!("platform-tls-{}", uuid::Uuid::new_v4());
    let ders = own_certificates::for_port(remote, request_id, &key, names).await?;
    let chain = ders
        .iter()
        .map(|der| Certificate::from_der(der))
        .collect::<Result<_, _>>()
        .attempt("read issued certificate")?;
    write_private(key_file, key_pem(&key)?.as_bytes())?;
    write_public(certificate_file, pem_chain(&ders).as_bytes())?;
    Ok(Pair { chain, key })
}
