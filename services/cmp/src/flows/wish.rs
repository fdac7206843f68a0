//! What a request wishes, as CLM wants to hear it; of a kur also which certificate is updated, and that it is the
//! sender's to update.

use std::time::Duration;

use ers_pki::certificate::Certificate;
use ers_pki::cmp::{BodyKind, Failure as Bit};
use ers_pki::crmf::{CertReqMsg, OldCertId};
use ers_pki::csr::{Csr, CsrError};
use ers_pki::key::PublicKey;
use ers_pki::serial::SerialNumber;
use ers_runtime::error::chain;
use time::OffsetDateTime;

use super::answer::Received;
use super::central_key;
use super::possession::{self, Possession};
use crate::clients::clm::Enrollment;
use crate::failure::{Failure, Refusal};
use crate::server::Server;

/// A request for one certificate, understood.
pub struct Wish {
    /// For CLM; its request id is still empty.
    pub enrollment: Enrollment,
    /// How possession is proven.
    pub possession: Possession,
    /// The private key, where it was made here: `EncryptedKey`, DER.
    pub private_key: Option<Vec<u8>>,
}

/// certReqId of a p10cr, RFC 9810 section 5.3.4.
pub const PKCS10_ID: i64 = -1;

/// Of a PKCS #10 request.
pub fn of_pkcs10(received: &Received<'_>, csr: &[u8]) -> Result<Wish, Failure> {
    let csr = Csr::from_der(csr).map_err(|error| {
        let bit = match &error {
            CsrError::Signature(_) => Bit::BadPop,
            CsrError::Key(_) | CsrError::UnknownAlgorithm => Bit::BadAlg,
            CsrError::Subject(_) | CsrError::Name(_) | CsrError::TooManyNames => {
                Bit::BadCertTemplate
            }
            CsrError::TooLong | CsrError::Pem(_) | CsrError::Malformed(_) => Bit::BadDataFormat,
        };
        Refusal::new(bit, chain(&error))
    })?;
    Ok(Wish {
        enrollment: Enrollment {
            csr: csr.der().to_vec(),
            subject: csr.subject().to_der().to_vec(),
            ..for_asker(received)
        },
        possession: Possession::Proven,
        private_key: None,
    })
}

/// Of a CRMF request.
pub async fn of_crmf(
    server: &Server,
    received: &Received<'_>,
    kind: BodyKind,
    request: &CertReqMsg,
) -> Result<Wish, Failure> {
    let template = request.template();
    // 1. The key, and that the sender has it
    let (spki, possession, private_key, sealed_key) = if template.wants_central_key() {
        let made = central_key::make(server, received, request).await?;
        let encrypted = Some(made.encrypted);
        (made.public_key, Possession::Proven, encrypted, made.sealed)
    } else {
        let spki = template.public_key.as_deref().unwrap_or_default();
        let key = PublicKey::from_spki_der(spki)
            .map_err(|error| Refusal::new(Bit::BadAlg, chain(&error)))?;
        let possession = possession::check(server, received, request, &key).await?;
        (key.spki_der().to_vec(), possession, None, Vec::new())
    };
    // 2. The names
    let names = template
        .names()
        .map_err(|error| Refusal::new(Bit::BadCertTemplate, chain(&error)))?;
    let mut enrollment = Enrollment {
        public_key: spki,
        sealed_key,
        subject: template
            .subject
            .as_ref()
            .map(|subject| subject.to_der().to_vec())
            .unwrap_or_default(),
        names: names.iter().map(ToString::to_string).collect(),
        not_before: template.not_before,
        validity: validity(server.now(), template.not_before, template.not_after)?,
        ..for_asker(received)
    };
    // 3. Of an update, the certificate before
    if kind == BodyKind::Kur {
        let old = old_certificate(server, received, request).await?;
        keep_identity(&mut enrollment, &old);
    } else if request.old_cert_id().is_some() {
        let text = "oldCertID belongs into a kur";
        return Err(Refusal::new(Bit::BadRequest, text).into());
    }
    Ok(Wish {
        enrollment,
        possession,
        private_key,
    })
}

fn for_asker(received: &Received<'_>) -> Enrollment {
    let who = &received.asker.who;
    Enrollment {
        policy: received.policy.name.clone(),
        requester: who.requester.clone(),
        // an authority asks for others; whom, the names tell
        end_entity: if who.is_registration_authority {
            String::new()
        } else {
            who.end_entity.clone()
        },
        authenticated_by: if who.is_registration_authority {
            "registration-authority".to_owned()
        } else {
            who.method.clone()
        },
        renews: match received.asker.certificate() {
            Some(own) if who.renewal_only => own.der().to_vec(),
            _ => Vec::new(),
        },
        ..Enrollment::default()
    }
}

fn validity(
    now: OffsetDateTime,
    not_before: Option<OffsetDateTime>,
    not_after: Option<OffsetDateTime>,
) -> Result<Option<Duration>, Refusal> {
    let Some(end) = not_after else {
        return Ok(None);
    };
    Duration::try_from(end - not_before.unwrap_or(now))
        .ok()
        .filter(|validity| !validity.is_zero())
        .map(Some)
        .ok_or_else(|| {
            let text = "the validity ends before it begins";
            Refusal::new(Bit::BadCertTemplate, text)
        })
}

/// The certificate that a kur updates: the sender's own, or for authorities and shared secrets the one that is named.
async fn old_certificate(
    server: &Server,
    received: &Received<'_>,
    request: &CertReqMsg,
) -> Result<Certificate, Failure> {
    let who = &received.asker.who;
    let not_yours = || {
        let text = "the certificate to be updated is not the sender's";
        Failure::from(Refusal::new(Bit::NotAuthorized, text))
    };
    let named = request.old_cert_id();
    if let Some(own) = received.asker.certificate() {
        if named.is_none_or(|id| is_named(id, own)) {
            return Ok(own.clone());
        }
        if !who.is_registration_authority {
            return Err(not_yours());
        }
    }
    let Some(id) = named else {
        let text = "oldCertID must name the certificate to be updated";
        return Err(Refusal::new(Bit::AddInfoNotAvailable, text).into());
    };
    let no_such = || {
        let text = "oldCertID names no certificate of ours";
        Failure::from(Refusal::new(Bit::BadCertId, text))
    };
    let issuer = id.issuer.as_ref().ok_or_else(no_such)?;
    let serial = SerialNumber::from_der_bytes(&id.serial).map_err(|_| no_such())?;
    let known = server
        .clm
        .find_certificate(issuer.to_der(), &serial.to_hex())
        .await?;
    let known = known.ok_or_else(no_such)?;
    let is_own = !known.end_entity.is_empty() && known.end_entity == who.end_entity;
    if !is_own && !who.is_registration_authority {
        return Err(not_yours());
    }
    if known.is_revoked {
        let text = "the certificate to be updated is revoked";
        return Err(Refusal::new(Bit::CertRevoked, text).into());
    }
    Certificate::from_der(&known.certificate).map_err(|_| no_such())
}

fn is_named(id: &OldCertId, certificate: &Certificate) -> bool {
    id.issuer.as_ref() == Some(certificate.issuer()) && id.serial == certificate.serial().as_bytes()
}

/// What a kur leaves out is as in the certificate before, RFC 9483 section 4.1.3; whether names may change is CLM's to say.
fn keep_identity(enrollment: &mut Enrollment, old: &Certificate) {
    if enrollment.subject.is_empty() {
        enrollment.subject = old.subject().to_der().to_vec();
    }
    if enrollment.names.is_empty() {
        enrollment.names = old.names().iter().map(ToString::to_string).collect();
    }
    enrollment.renews = old.der().to_vec();
}
