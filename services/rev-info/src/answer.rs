//! Answering OCSP requests: kept answers where one fits, else CARA's status, signed.

use std::{
    sync::{Arc, OnceLock, atomic::Ordering},
    time::Duration,
};

use actix_web::http::header::HeaderValue;
use bytes::Bytes;
use ers_pki::{
    ocsp::{self, CertId, CertStatus, HashAlgorithm, ResponseStatus},
    revocation::Reason,
    serial::SerialNumber,
};
use ers_runtime::{Context, error::chain};
use ers_signer_client::{Purpose, SignCall, Signer, SignerError};
use moka::future::Cache;
use opentelemetry::{KeyValue, metrics::Counter};
use thiserror::Error;
use time::OffsetDateTime;

use crate::{
    config::Answers,
    feed::{Freshness, Moment},
    signers::Standing,
    sources::{Responder, SourceError, Sources},
};

/// A kept answer is not given when less of its time is left.
const LEAST_LEFT: Duration = Duration::from_secs(60);
/// CARA is asked again after this time, events or not.
const LONGEST_KNOWN: Duration = Duration::from_secs(3600);
/// The ways in which clients hash the issuer.
const HASHES: [HashAlgorithm; 2] = [HashAlgorithm::Sha1, HashAlgorithm::Sha256];

/// A signed answer.
#[derive(Debug)]
pub struct Answer {
    /// OCSPResponse, DER.
    pub der: Bytes,
    /// When it holds; `None` for what nobody may keep: an error, or that a certificate is unknown (it may be issued
    /// the next moment).
    pub times: Option<Times>,
    /// The CertID that it repeats, when it is about one certificate.
    cert_id: Vec<u8>,
    /// Before CARA was asked.
    asked: Moment,
    /// What a GET says of it in its headers, made by whoever is first to need it.
    pub validators: OnceLock<Validators>,
}

/// Headers that are the same whenever an answer is given.
#[derive(Debug, Clone)]
pub struct Validators {
    /// `ETag`.
    pub etag: HeaderValue,
    /// `Last-Modified`.
    pub last_modified: HeaderValue,
    /// `Expires`.
    pub expires: HeaderValue,
}

/// When an answer holds.
#[derive(Debug, Clone, Copy)]
pub struct Times {
    /// thisUpdate.
    pub this_update: OffsetDateTime,
    /// nextUpdate.
    pub next_update: OffsetDateTime,
}

/// The certificate that an answer is kept for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Key {
    issuer: String,
    serial: String,
    /// How the issuer is hashed in the request, and so in the answer.
    hash: HashAlgorithm,
}

/// What CARA said of a certificate that it issued.
#[derive(Debug, Clone, Copy)]
struct KnownStatus {
    status: CertStatus,
    /// Of the CA.
    generation: u32,
    /// Before CARA was asked.
    asked: Moment,
}

/// Why there is no answer.
#[derive(Debug, Error)]
enum AnswerError {
    #[error("find status")]
    Source(#[source] SourceError),
    #[error("prepare answer")]
    Prepare(#[source] ocsp::OcspError),
    #[error("sign answer")]
    Sign(#[source] SignerError),
    #[error("sign answer: the OCSP signer's certificate of {issuer} is not valid")]
    SignerEnded { issuer: String },
}

impl AnswerError {
    fn status(&self) -> ResponseStatus {
        match self {
            Self::Source(_) => ResponseStatus::TryLater,
            Self::Sign(error) if error.is_retryable() => ResponseStatus::TryLater,
            Self::Prepare(_) | Self::Sign(_) | Self::SignerEnded { .. } => {
                ResponseStatus::InternalError
            }
        }
    }
}

/// Answers OCSP requests.
pub struct Answerer {
    context: Context,
    sources: Arc<Sources>,
    signer: Arc<dyn Signer>,
    kept: Cache<Key, Arc<Answer>>,
    /// By issuer and serial number: an answer that is signed anew needs no question.
    statuses: Cache<(String, String), KnownStatus>,
    freshness: Arc<Freshness>,
    answered: Counter<u64>,
}

impl Answerer {
    /// No answers are kept yet.
    pub fn new(
        context: Context,
        sources: Arc<Sources>,
        signer: Arc<dyn Signer>,
        freshness: Arc<Freshness>,
        config: Answers,
    ) -> Self {
        let answered = context
            .meter
            .u64_counter("ers_revinfo_answers")
            .with_description("OCSP answers by kind")
            .build();
        // what alarms look at is there before the first time: an increase from nothing is none
        for kind in ["try_later", "internal_error"] {
            answered.add(0, &[KeyValue::new("kind", kind)]);
        }
        let kept = Cache::builder().max_capacity(config.cached).build();
        let statuses = Cache::builder()
            .max_capacity(config.cached)
            .time_to_live(LONGEST_KNOWN)
            .build();
        Self {
            context,
            sources,
            signer,
            kept,
            statuses,
            freshness,
            answered,
        }
    }

    /// The answer to a request, always one (RFC 6960 section 4.2.1): what cannot be answered gets an error status.
    pub async fn answer(&self, request: &[u8]) -> Arc<Answer> {
        let request = match ocsp::Request::from_der(request) {
            Ok(request) => request,
            Err(error) => {
                tracing::debug!(error = chain(&error), "malformed OCSP request");
                return self.refuse(ResponseStatus::MalformedRequest);
            }
        };
        // An answer is signed for one CA: that of the first certificate. Certificates of others in it are unknown to it.
        let first = request.cert_ids().first();
        let Some(responder) = first.and_then(|id| self.sources.find_by_cert_id(id)) else {
            let is_ours = first.is_some_and(|id| self.sources.is_refused(id));
            return self.refuse(match is_ours {
                true => ResponseStatus::InternalError,
                false => ResponseStatus::Unauthorized,
            });
        };
        let outcome = match (request.cert_ids(), request.nonce()) {
            ([id], None) => self.kept_or_signed(&responder, id).await,
            (ids, nonce) => self
                .sign(&responder, ids, nonce)
                .await
                .map(Arc::new)
                .map_err(Arc::new),
        };
        outcome.unwrap_or_else(|error| {
            tracing::warn!(error = chain(error.as_ref()), "OCSP request not answered");
            self.refuse(error.status())
        })
    }

    async fn kept_or_signed(
        &self,
        responder: &Responder,
        id: &CertId,
    ) -> Result<Arc<Answer>, Arc<AnswerError>> {
        // A number that no certificate can have is nobody's to keep an answer for.
        let Some(serial) = id.serial() else {
            return self
                .sign(responder, std::slice::from_ref(id), None)
                .await
                .map(Arc::new)
                .map_err(Arc::new);
        };
        let key = Key {
            issuer: responder.issuer.clone(),
            serial: serial.to_hex(),
            hash: id.hash_algorithm(),
        };
        let anew = async || {
            self.sign(responder, std::slice::from_ref(id), None)
                .await
                .map(Arc::new)
        };
        if let Some(kept) = self.kept.get(&key).await {
            if self.freshness.is_fresh(&self.context)
                && self.has_time_left(&kept)
                && self.is_true(&kept, &key)
            {
                if kept.cert_id != id.der() {
                    // The same question in other octets, which the answer repeats: the usual ones stay kept.
                    return anew().await.map_err(Arc::new);
                }
                self.count("kept");
                return Ok(kept);
            }
            self.kept.invalidate(&key).await;
        }
        // Many who ask at once for the same share one signature.
        let answer = self.kept.try_get_with(key.clone(), anew()).await?;
        if answer.times.is_none() {
            self.kept.invalidate(&key).await;
        }
        if !self.is_true(&answer, &key) {
            self.kept.invalidate(&key).await;
            return anew().await.map_err(Arc::new);
        }
        if answer.cert_id != id.der() {
            return anew().await.map_err(Arc::new);
        }
        Ok(answer)
    }

    /// Not when it was revoked after CARA was asked and before the answer was kept: the event found nothing to drop.
    fn is_true(&self, answer: &Answer, key: &Key) -> bool {
        !self
            .freshness
            .is_outdated(answer.asked, &key.issuer, &key.serial)
    }

    fn has_time_left(&self, answer: &Answer) -> bool {
        answer
            .times
            .is_some_and(|times| times.next_update - self.context.clock.now() > LEAST_LEFT)
    }

    /// Drops what is kept of a certificate.
    pub async fn drop_certificate(&self, issuer: &str, serial: &str) {
        for hash in HASHES {
            let key = Key {
                issuer: issuer.to_owned(),
                serial: serial.to_owned(),
                hash,
            };
            self.kept.invalidate(&key).await;
        }
        self.statuses
            .invalidate(&(issuer.to_owned(), serial.to_owned()))
            .await;
    }

    /// Drops everything that is kept: another signer answers now.
    pub fn drop_all(&self) {
        self.kept.invalidate_all();
        self.statuses.invalidate_all();
    }

    /// Traced, as what is kept is not: a trace costs more than handing that out.
    #[tracing::instrument(name = "revinfo.sign", skip_all)]
    async fn sign(
        &self,
        responder: &Responder,
        ids: &[CertId],
        nonce: Option<&[u8]>,
    ) -> Result<Answer, AnswerError> {
        let asked = self.freshness.moment();
        let mut answers = Vec::with_capacity(ids.len());
        let this_update = self.context.clock.now();
        if Standing::of(responder.signatory.certificate(), this_update) == Standing::Ended {
            return Err(AnswerError::SignerEnded {
                issuer: responder.issuer.clone(),
            });
        }
        let next_update = (this_update + responder.answer_validity)
            .min(responder.signatory.certificate().not_after());
        for id in ids {
            let status = match id.serial().filter(|_| responder.hashes.matches(id)) {
                Some(serial) => self.known_status(responder, &serial, asked).await?,
                None => CertStatus::Unknown,
            };
            answers.push(ocsp::Answer {
                cert_id: id.clone(),
                status,
                this_update,
                next_update: Some(next_update),
            });
        }
        let prepared = ocsp::prepare(&responder.signatory, &answers, this_update, nonce)
            .map_err(AnswerError::Prepare)?;
        let request_id = format!("ocsp-{}", uuid::Uuid::new_v4());
        let signed = self
            .signer
            .sign(SignCall {
                request_id: &request_id,
                key_id: &responder.key_id,
                purpose: Purpose::Ocsp,
                signature_algorithm: prepared.signature_algorithm(),
                to_be_signed: prepared.to_be_signed(),
                context: Vec::new(),
                public_key: None,
            })
            .await
            .map_err(AnswerError::Sign)?;
        // From then on it is the signer that verifies what tokens sign, and the client every answer.
        let der = if responder.is_proven.load(Ordering::Relaxed) {
            prepared.assemble_unverified(&signed.signature)
        } else {
            let der = prepared.assemble(&signed.signature);
            let der = der.map_err(AnswerError::Prepare)?;
            responder.is_proven.store(true, Ordering::Relaxed);
            der
        };
        self.count("signed");
        let definite = answers
            .iter()
            .all(|answer| !matches!(answer.status, CertStatus::Unknown));
        Ok(Answer {
            der: der.into(),
            times: definite.then_some(Times {
                this_update,
                next_update,
            }),
            cert_id: ids.first().map(|id| id.der().to_vec()).unwrap_or_default(),
            asked,
            validators: OnceLock::new(),
        })
    }

    /// What CARA says, or said before without anything having been heard since.
    async fn known_status(
        &self,
        responder: &Responder,
        serial: &SerialNumber,
        asked: Moment,
    ) -> Result<CertStatus, AnswerError> {
        let key = (responder.issuer.clone(), serial.to_hex());
        if self.freshness.is_fresh(&self.context)
            && let Some(known) = self.statuses.get(&key).await
            && known.generation == responder.generation
            && !self.freshness.is_outdated(known.asked, &key.0, &key.1)
        {
            return Ok(known.status);
        }
        let status = self.status(responder, serial).await?;
        // That it is unknown is never kept: it may be issued the next moment.
        if !matches!(status, CertStatus::Unknown) {
            let known = KnownStatus {
                status,
                generation: responder.generation,
                asked,
            };
            self.statuses.insert(key, known).await;
        }
        Ok(status)
    }

    async fn status(
        &self,
        responder: &Responder,
        serial: &SerialNumber,
    ) -> Result<CertStatus, AnswerError> {
        let status = self
            .sources
            .status(&responder.issuer, &serial.to_hex())
            .await
            .map_err(AnswerError::Source)?;
        // The key that is asked about has issued no such certificate when another generation has.
        let other_key = status.generation != 0 && status.generation != responder.generation;
        if !status.issued || other_key {
            return Ok(CertStatus::Unknown);
        }
        let Some(revocation) = status.revocation else {
            return Ok(CertStatus::Good);
        };
        let malformed = |field| AnswerError::Source(SourceError::Malformed { field });
        let at = revocation
            .at
            .and_then(|at| OffsetDateTime::from_unix_timestamp(at.seconds).ok())
            .ok_or_else(|| malformed("revocation.at"))?;
        let reason: Reason = revocation
            .reason
            .parse()
            .map_err(|_| malformed("revocation.reason"))?;
        Ok(CertStatus::Revoked { at, reason })
    }

    fn refuse(&self, status: ResponseStatus) -> Arc<Answer> {
        self.count(match status {
            ResponseStatus::MalformedRequest => "malformed",
            ResponseStatus::Unauthorized => "unauthorized",
            ResponseStatus::TryLater => "try_later",
            _ => "internal_error",
        });
        Arc::new(Answer {
            der: ocsp::error_response(status).into(),
            times: None,
            cert_id: Vec::new(),
            asked: self.freshness.moment(),
            validators: OnceLock::new(),
        })
    }

    fn count(&self, kind: &'static str) {
        self.answered.add(1, &[KeyValue::new("kind", kind)]);
    }
}
