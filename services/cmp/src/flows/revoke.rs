//! rr, RFC 9810 section 5.3.9: a holder revokes its own certificates, a registration authority those of others.

use ers_pki::certificate::Certificate;
use ers_pki::cmp::{Body, Failure as Bit, RevDetails, RevRepContent, Status, StatusInfo};
use ers_pki::crmf::OldCertId;
use ers_pki::revocation::Reason;
use ers_pki::serial::SerialNumber;

use super::answer::Received;
use super::protect::Reply;
use crate::clients::clm::{ClmError, KnownCertificate};
use crate::failure::{Failure, Refusal};
use crate::server::Server;

/// Revokes all that a message names.
pub async fn revoke(
    server: &Server,
    received: &Received<'_>,
    details: &[RevDetails],
) -> Result<Reply, Failure> {
    let mut statuses = Vec::new();
    let mut certificates = Vec::new();
    for one in details {
        let status = match revoke_one(server, received, one).await {
            Ok(()) => StatusInfo::of(Status::Accepted),
            Err(Failure::Refusal(refusal)) => {
                server.metrics.failure(refusal.failure);
                refusal.status()
            }
            Err(failure) => return Err(failure),
        };
        statuses.push(status);
        certificates.push(OldCertId {
            issuer: one.template.issuer.clone(),
            serial: one.template.serial.clone().unwrap_or_else(|| vec![0]),
        });
    }
    let content = RevRepContent {
        statuses,
        certificates,
    };
    Ok(Reply::new(Body::RevocationResponse(content)))
}

async fn revoke_one(
    server: &Server,
    received: &Received<'_>,
    details: &RevDetails,
) -> Result<(), Failure> {
    let who = &received.asker.who;
    let known = find(server, details).await?;
    // who holds a certificate may revoke it, also one of a device that we know no other name of
    let is_own = (!known.end_entity.is_empty() && known.end_entity == who.end_entity)
        || received.asker.certificate().map(Certificate::der) == Some(&known.certificate);
    // an authority is let in under one policy and speaks for what was issued under it
    let in_its_care = who.is_registration_authority && known.policy == received.policy.name;
    if !is_own && !in_its_care {
        tracing::warn!(target: "audit", policy = received.policy.name, requester = who.requester, "revocation of another's certificate refused");
        let text = "the certificate is not the sender's";
        return Err(Refusal::new(Bit::NotAuthorized, text).into());
    }
    if details.reason == Reason::RemoveFromCrl {
        let text = "a certificate on hold is released by an administrator only";
        return Err(Refusal::new(Bit::BadRequest, text).into());
    }
    let reason = details.reason.to_string();
    let revoked = server
        .clm
        .revoke(known.certificate, &reason, &who.requester)
        .await;
    let was_revoked = match revoked {
        Err(ClmError::Invalid { detail, .. }) => {
            return Err(Refusal::new(Bit::BadRequest, detail).into());
        }
        revoked => revoked?,
    };
    if was_revoked || known.is_revoked {
        let text = "the certificate is revoked already";
        return Err(Refusal::new(Bit::CertRevoked, text).into());
    }
    tracing::info!(
        target: "audit",
        policy = received.policy.name,
        requester = who.requester,
        by_authority = who.is_registration_authority,
        reason,
        "certificate revoked"
    );
    Ok(())
}

async fn find(server: &Server, details: &RevDetails) -> Result<KnownCertificate, Failure> {
    let template = &details.template;
    let missing = |what| Refusal::new(Bit::AddInfoNotAvailable, format!("{what} is missing"));
    let issuer = template.issuer.as_ref().ok_or_else(|| missing("issuer"))?;
    let serial = template
        .serial
        .as_deref()
        .ok_or_else(|| missing("serialNumber"))?;
    let no_such = || {
        let text = "there is no such certificate of ours";
        Failure::from(Refusal::new(Bit::BadCertId, text))
    };
    let serial = SerialNumber::from_der_bytes(serial).map_err(|_| no_such())?;
    let known = server
        .clm
        .find_certificate(issuer.to_der(), &serial.to_hex())
        .await?;
    known.ok_or_else(no_such)
}
