//! What answers, and keys that are made here, are signed with: keys in the signer, and their certificates, asked from CLM
//! as any other and renewed in time. All replicas have the same.

use std::sync::Arc;

use ers_pki::certificate::Certificate;
use ers_pki::key::SignatureAlgorithm;
use ers_pki::name::Name;
use ers_runtime::error::chain;
use ers_signer_client::{Key, KeyLimits, NewKey, Purpose};
use tokio::sync::Mutex;

use crate::clients::clm::{Enrollment, Outcome};
use crate::failure::Failure;
use crate::server::Server;
use crate::store::StoredCertificate;

const POLICY: &str = "cmp-signer";
const REQUESTER: &str = "service:cmp";

/// What a key of our own signs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Answers.
    Answers,
    /// Keys that were made for clients.
    Keys,
}

impl Role {
    fn purpose(self) -> Purpose {
        match self {
            Self::Answers => Purpose::Cmp,
            Self::Keys => Purpose::Cms,
        }
    }

    /// Of the request for the key and the label in the signer.
    fn labels(self) -> (&'static str, &'static str) {
        match self {
            Self::Answers => ("cmp-signer-", "cmp-signer:"),
            Self::Keys => ("cmp-kga-", "cmp-signer:kga-"),
        }
    }

    fn subject(self) -> &'static str {
        match self {
            Self::Answers => "CMP server",
            Self::Keys => "CMP key generation",
        }
    }
}

/// Our certificates, once they are there.
#[derive(Debug, Default)]
pub struct OwnCertificates {
    answers: Mutex<Option<Arc<OwnCertificate>>>,
    keys: Mutex<Option<Arc<OwnCertificate>>>,
}

/// A key and its certificate.
#[derive(Debug)]
pub struct OwnCertificate {
    /// The key.
    pub key: Key,
    /// The certificate.
    pub certificate: Certificate,
    /// The issuer first, without the root.
    pub chain: Vec<Certificate>,
}

impl OwnCertificate {
    /// How it signs.
    pub fn signature_algorithm(&self) -> SignatureAlgorithm {
        SignatureAlgorithm::default_for(self.key.algorithm)
    }

    /// The certificate and its chain, DER.
    pub fn certificates(&self) -> Vec<Vec<u8>> {
        let all = std::iter::once(&self.certificate).chain(&self.chain);
        all.map(|certificate| certificate.der().to_vec()).collect()
    }
}

/// What is to be signed with now.
pub async fn ensure(server: &Server, role: Role) -> Result<Arc<OwnCertificate>, Failure> {
    let own = match role {
        Role::Answers => &server.own.answers,
        Role::Keys => &server.own.keys,
    };
    let mut own = own.lock().await;
    if let Some(found) = own.as_ref()
        && !is_due(server, &found.certificate)
    {
        return Ok(Arc::clone(found));
    }
    match renew(server, role).await {
        Ok(renewed) => {
            let renewed = Arc::new(renewed);
            *own = Some(Arc::clone(&renewed));
            Ok(renewed)
        }
        // the one before does as long as it lasts
        Err(error) => match own.as_ref() {
            Some(found) if found.certificate.is_valid_at(server.now()) => {
                tracing::warn!(error = chain(&error), "own certificate not renewed");
                Ok(Arc::clone(found))
            }
            _ => Err(error),
        },
    }
}

/// The last third of its life is for renewing it.
fn is_due(server: &Server, certificate: &Certificate) -> bool {
    let life = certificate.not_after() - certificate.not_before();
    server.now() >= certificate.not_after() - life / 3
}

async fn renew(server: &Server, role: Role) -> Result<OwnCertificate, Failure> {
    let algorithm = server.config.signer_key;
    let (request, label) = role.labels();
    let new = NewKey {
        request_id: format!("{request}{algorithm}"),
        label: format!("{label}{algorithm}"),
        algorithm,
        purposes: vec![role.purpose()],
        token: None,
        limits: KeyLimits::default(),
    };
    let key = server.signer.create_key(new).await?;
    let stored = server.store.find_own_certificate(&key.id).await?;
    if let Some(stored) = &stored
        && !is_due(server, &stored.certificate)
    {
        return Ok(OwnCertificate {
            key,
            certificate: stored.certificate.clone(),
            chain: stored.chain.clone(),
        });
    }
    let generation = stored.map_or(1, |stored| stored.generation + 1);
    let made = enroll(server, role, &key, generation).await?;
    let now = server.now();
    server
        .store
        .keep_own_certificate(&key.id, &made, now)
        .await?;
    tracing::info!(target: "audit", serial = %made.certificate.serial(), key_id = %key.id, generation, "own certificate made");
    Ok(OwnCertificate {
        key,
        certificate: made.certificate,
        chain: made.chain,
    })
}

async fn enroll(
    server: &Server,
    role: Role,
    key: &Key,
    generation: i64,
) -> Result<StoredCertificate, Failure> {
    let subject = Name::with_common_name(role.subject())
        .map_err(|_| Failure::Inconsistent("name the CMP server"))?;
    let enrollment = Enrollment {
        request_id: format!("cmp-signer-{}-{generation}", key.id),
        policy: POLICY.to_owned(),
        requester: REQUESTER.to_owned(),
        public_key: key.public_key.spki_der().to_vec(),
        subject: subject.to_der().to_vec(),
        ..Enrollment::default()
    };
    match server.clm.enroll_itself(enrollment).await? {
        Outcome::Issued { certificate, chain } => {
            let read = |der: &[u8]| {
                Certificate::from_der(der)
                    .map_err(|_| Failure::Inconsistent("read own certificate"))
            };
            Ok(StoredCertificate {
                generation,
                certificate: read(&certificate)?,
                chain: chain
                    .iter()
                    .map(|der| read(der))
                    .collect::<Result<_, _>>()?,
            })
        }
        Outcome::Waiting { .. } => Err(Failure::Inconsistent(
            "have own certificate made: policy cmp-signer wants an approval",
        )),
        Outcome::Refused { detail, .. } => {
            tracing::error!(detail, "own certificate refused");
            Err(Failure::Inconsistent(
                "have own certificate made: policy cmp-signer refuses it",
            ))
        }
    }
}
