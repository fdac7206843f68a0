//! What rev-info knows of the CAs: their certificates and OCSP signers, as CARA says.

use std::{
    sync::{Arc, atomic::AtomicBool},
    time::Duration,
};

use arc_swap::ArcSwap;
use bytes::Bytes;
use ers_pki::{
    certificate::Certificate,
    lint::LintPolicy,
    ocsp::{self, CertId, IssuerHashes, OcspError},
};
use ers_proto::cara::v1::{self as wire, status_client::StatusClient};
use ers_runtime::{error::chain, grpc::Channel};
use ers_signer_client::KeyId;
use thiserror::Error;
use tonic::Status;

/// A CA and who answers for it.
#[derive(Debug)]
pub struct Responder {
    /// Name of the CA.
    pub issuer: String,
    /// Its generation: each has a key of its own.
    pub generation: u32,
    /// How clients ask for it.
    pub hashes: IssuerHashes,
    /// The OCSP signer's key.
    pub key_id: KeyId,
    /// The OCSP signer's certificate, and how it signs.
    pub signatory: ocsp::Responder,
    /// Whether an answer of this signatory has verified: key and certificate belong together.
    pub is_proven: AtomicBool,
    /// From thisUpdate to nextUpdate.
    pub answer_validity: Duration,
}

/// The certificates of a generation of a CA.
#[derive(Debug)]
pub struct IssuerCertificates {
    /// Name of the CA.
    pub issuer: String,
    /// Its generation, from 1.
    pub generation: u32,
    /// DER.
    pub certificate: Bytes,
    /// DER: link and cross certificates, and those of foreign CAs above it.
    pub others: Vec<Bytes>,
}

/// Why CARA's word could not be had.
#[derive(Debug, Error)]
pub enum SourceError {
    /// CARA does not answer.
    #[error("ask CARA for {what}")]
    Cara {
        /// For what.
        what: &'static str,
        /// Why.
        #[source]
        source: Box<Status>,
    },
    /// The answer makes no sense.
    #[error("read CARA's answer: field {field}")]
    Malformed {
        /// The field that makes none.
        field: &'static str,
    },
    /// The OCSP signer may not speak for its CA.
    #[error("use OCSP signer")]
    Responder(#[source] OcspError),
}

/// A CA whose OCSP signer may not speak for it.
#[derive(Debug, Clone)]
pub struct Refused {
    /// Name of the CA.
    pub issuer: String,
    /// Its generation.
    pub generation: u32,
    /// How clients ask for it; none when even its own certificate is unreadable.
    hashes: Option<IssuerHashes>,
    /// Why.
    pub reason: String,
}

/// Everything that CARA says, asked for once.
pub struct Sources {
    client: StatusClient<Channel>,
    responders: ArcSwap<Vec<Arc<Responder>>>,
    refused: ArcSwap<Vec<Refused>>,
    issuers: ArcSwap<Vec<IssuerCertificates>>,
}

impl Sources {
    /// Nothing is known yet.
    pub fn new(cara: Channel) -> Self {
        Self {
            client: StatusClient::new(cara),
            responders: ArcSwap::default(),
            refused: ArcSwap::default(),
            issuers: ArcSwap::default(),
        }
    }

    /// Asks for all responders anew. One that may not speak for its CA is refused, and its CA alone is without answers.
    pub async fn refresh(&self) -> Result<(), SourceError> {
        let answer = self
            .client
            .clone()
            .list_responders(wire::ListRespondersRequest {})
            .await
            .map_err(cara("responders"))?
            .into_inner();
        let (mut responders, mut refused) = (Vec::new(), Vec::new());
        for responder in answer.responders {
            match read_responder(&responder) {
                Ok(read) => responders.push(read),
                Err(error) => refused.push(refuse(&responder, &error)),
            }
        }
        let issuers = answer.issuers.into_iter().map(read_issuer).collect();
        self.responders.store(Arc::new(responders));
        self.refused.store(Arc::new(refused));
        self.issuers.store(Arc::new(issuers));
        Ok(())
    }

    /// The CA that a CertID means.
    pub fn find_by_cert_id(&self, id: &CertId) -> Option<Arc<Responder>> {
        self.responders
            .load()
            .iter()
            .find(|responder| responder.hashes.matches(id))
            .cloned()
    }

    /// Whether a CertID means a CA whose OCSP signer was refused.
    pub fn is_refused(&self, id: &CertId) -> bool {
        self.refused
            .load()
            .iter()
            .filter_map(|refused| refused.hashes.as_ref())
            .any(|hashes| hashes.matches(id))
    }

    /// All OCSP signers that may answer, and all CAs without one.
    pub fn signers(&self) -> (Arc<Vec<Arc<Responder>>>, Arc<Vec<Refused>>) {
        (self.responders.load_full(), self.refused.load_full())
    }

    /// The certificate of a CA's generation, named as files are: `sub`, `sub.g2`. DER.
    pub fn find_certificate(&self, file: &str) -> Option<Bytes> {
        let (name, generation) = issuer_of_file(file);
        self.issuers
            .load()
            .iter()
            .find(|issuer| issuer.issuer == name && issuer.generation == generation)
            .map(|issuer| issuer.certificate.clone())
    }

    /// All certificates of a CA: of its generations, link and cross certificates; empty when there is no such CA. DER.
    pub fn certificates(&self, name: &str) -> Vec<Bytes> {
        self.issuers
            .load()
            .iter()
            .filter(|issuer| issuer.issuer == name)
            .flat_map(|issuer| std::iter::once(&issuer.certificate).chain(&issuer.others))
            .cloned()
            .collect()
    }

    /// Status of a certificate, fresh.
    pub async fn status(
        &self,
        issuer: &str,
        serial: &str,
    ) -> Result<wire::FindStatusResponse, SourceError> {
        let request = wire::FindStatusRequest {
            issuer: issuer.to_owned(),
            serial: serial.to_owned(),
        };
        Ok(self
            .client
            .clone()
            .find(request)
            .await
            .map_err(cara("status"))?
            .into_inner())
    }

    /// The certificate of a CA's generation, to verify what it signed.
    pub fn issuer_certificate(&self, issuer: &str, generation: u32) -> Option<Certificate> {
        let issuers = self.issuers.load();
        let found = issuers
            .iter()
            .find(|one| one.issuer == issuer && one.generation == generation)?;
        Certificate::from_der(&found.certificate).ok()
    }
}

/// Name and generation that a file's name stands for: `sub` is the first generation of `sub`, `sub.g2` its second.
fn issuer_of_file(file: &str) -> (&str, u32) {
    let later = file.rsplit_once(".g").and_then(|(name, number)| {
        let generation: u32 = number.parse().ok()?;
        // one name for one file
        (generation.to_string() == number && generation > 1).then_some((name, generation))
    });
    later.unwrap_or((file, 1))
}

fn read_issuer(wire: wire::IssuerCertificates) -> IssuerCertificates {
    IssuerCertificates {
        issuer: wire.issuer,
        generation: wire.generation,
        certificate: wire.certificate.into(),
        others: wire.others.into_iter().map(Bytes::from).collect(),
    }
}

fn cara(what: &'static str) -> impl FnOnce(Status) -> SourceError {
    move |status| SourceError::Cara {
        what,
        source: Box::new(status),
    }
}

fn refuse(wire: &wire::Responder, error: &SourceError) -> Refused {
    Refused {
        issuer: wire.issuer.clone(),
        generation: wire.generation.max(1),
        hashes: Certificate::from_der(&wire.issuer_certificate)
            .ok()
            .map(|issuer| IssuerHashes::new(&issuer)),
        reason: chain(error),
    }
}

fn read_responder(wire: &wire::Responder) -> Result<Arc<Responder>, SourceError> {
    let malformed = |field| SourceError::Malformed { field };
    let issuer_certificate = Certificate::from_der(&wire.issuer_certificate)
        .map_err(|_| malformed("issuer_certificate"))?;
    let certificate =
        Certificate::from_der(&wire.certificate).map_err(|_| malformed("certificate"))?;
    let algorithm = wire
        .signature_algorithm
        .parse()
        .map_err(|_| malformed("signature_algorithm"))?;
    let validity = wire
        .answer_validity
        .as_ref()
        .and_then(|validity| Duration::try_from(*validity).ok());
    let lint = match wire.lint.as_str() {
        "" => LintPolicy::default(),
        text => serde_json::from_str(text).map_err(|_| malformed("lint"))?,
    };
    Ok(Arc::new(Responder {
        hashes: IssuerHashes::new(&issuer_certificate),
        signatory: ocsp::Responder::new(certificate, &issuer_certificate, algorithm)
            .map_err(SourceError::Responder)?
            .judged_by(lint),
        is_proven: AtomicBool::new(false),
        answer_validity: validity.ok_or_else(|| malformed("answer_validity"))?,
        key_id: KeyId::new(wire.key_id.clone()),
        generation: wire.generation.max(1),
        issuer: wire.issuer.clone(),
    }))
}
