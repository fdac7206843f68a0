//! Keeping what was issued: once for each request, whatever other replicas do at the same time.

use std::sync::Arc;

use ers_pki::{certificate::Certificate, lint::Finding, revocation::Reason};

use super::{IssueError, IssueRequest, Issued, Signatory};
use crate::{
    domain::{Record, Revocation},
    flows::Core,
    store::{StoreError, Stored},
};

/// Stores; when another replica has answered the same request meanwhile, ours is kept as revoked and theirs returned.
pub(super) async fn keep(
    core: &Core,
    record: Record,
    request: &IssueRequest,
    findings: Vec<Finding>,
) -> Result<Issued, IssueError> {
    let stored = |source| IssueError::Store {
        request_id: request.request_id.clone(),
        source,
    };
    let record = Arc::new(record);
    match core
        .writer
        .store(Arc::clone(&record))
        .await
        .map_err(stored)?
    {
        Stored::New => {
            core.metrics.issued();
            tracing::info!(
                target: "audit", act = "issue", request_id = request.request_id, issuer_id = %record.issuer,
                serial = record.serial.to_hex(), profile = record.profile, requester = record.origin.requester, "certificate issued"
            );
            let record = Arc::unwrap_or_clone(record);
            Ok(Issued { record, findings })
        }
        Stored::Other(other) => {
            keep_surplus(core, &record, &other).await.map_err(stored)?;
            same_request(*other, request).map(Issued::before)
        }
    }
}

/// Keeps, revoked, a certificate that was signed and never handed out, because its request has another one. When both
/// are the same but for their signatures there is nothing to keep: the stored one is the certificate.
pub(in crate::flows) async fn keep_surplus(
    core: &Core,
    record: &Record,
    stored: &Record,
) -> Result<(), StoreError> {
    if record.serial == stored.serial && record.issuer == stored.issuer {
        return Ok(());
    }
    let mut request_id = format!("{}#{}", record.request_id, record.serial.to_hex());
    request_id.truncate(160);
    let surplus = Record {
        request_id,
        revocation: Some(Revocation {
            at_ms: core.context.clock.now_ms(),
            reason: Reason::Superseded,
            requester: "cara-ws".into(),
            invalidity_at_ms: None,
        }),
        ..record.clone()
    };
    core.writer.store(Arc::new(surplus)).await.map(drop)
}

/// The certificate of a request that was answered before, when it is the same request.
pub(super) fn same_request(record: Record, request: &IssueRequest) -> Result<Record, IssueError> {
    if record.request_digest == request.digest {
        return Ok(record);
    }
    Err(IssueError::RequestIdReused {
        request_id: request.request_id.clone(),
    })
}

/// What is stored of a certificate.
pub(super) fn record(
    core: &Core,
    signatory: &Signatory<'_>,
    profile: &str,
    request: &IssueRequest,
    certificate: Certificate,
) -> Record {
    Record {
        issuer: signatory.name.clone(),
        serial: certificate.serial(),
        request_id: request.request_id.clone(),
        request_digest: request.digest.clone(),
        profile: profile.to_owned(),
        certificate,
        origin: request.origin.clone(),
        issued_at_ms: core.context.clock.now_ms(),
        adopted: false,
        revocation: None,
        generation: signatory.generation,
        crl_partition: 0,
        profile_version: 0,
    }
}
