//! Domain types into messages.

use ers_proto::clm::v1 as proto;
use ers_runtime::clock::from_ms;
use prost_types::Timestamp;
use time::{Duration, OffsetDateTime};

use crate::{
    domain::{
        inventory::Entry, policy::Policy, realm::Realm, refusal::RefusalReason,
        request::CertificateRequest,
    },
    flows::Outcome,
};

pub(super) fn outcome(outcome: Outcome) -> proto::EnrollResponse {
    use proto::enroll_response::Outcome as Told;
    let told = match outcome {
        Outcome::Issued(issued) => Told::Issued(proto::Issued {
            certificate: issued.certificate,
            chain: issued.chain,
            issuer: issued.issuer,
            serial: issued.serial,
        }),
        Outcome::Waiting { retry_after } => Told::Waiting(proto::Waiting {
            retry_after: Some(duration(retry_after)),
        }),
        Outcome::Refused(refusal) => Told::Refused(proto::Refused {
            reason: reason(refusal.reason).into(),
            detail: refusal.detail,
        }),
    };
    proto::EnrollResponse {
        outcome: Some(told),
    }
}

fn reason(reason: RefusalReason) -> proto::RefusalReason {
    match reason {
        RefusalReason::BadRequest => proto::RefusalReason::BadRequest,
        RefusalReason::BadKey => proto::RefusalReason::BadKey,
        RefusalReason::BadName => proto::RefusalReason::BadName,
        RefusalReason::BadValidity => proto::RefusalReason::BadValidity,
        RefusalReason::NotAllowed => proto::RefusalReason::NotAllowed,
        RefusalReason::Declined => proto::RefusalReason::Declined,
        RefusalReason::Duplicate => proto::RefusalReason::Duplicate,
    }
}

pub(super) fn policy(policy: &Policy) -> proto::Policy {
    let rules = policy.definition.rules();
    proto::Policy {
        name: rules.name.to_string(),
        realm: rules.realm.to_string(),
        version: policy.version,
        definition: policy.definition.text().to_owned(),
        updated_at: Some(timestamp_ms(policy.updated_at_ms)),
        updated_by: policy.updated_by.clone(),
    }
}

pub(super) fn realm(realm: Realm) -> proto::Realm {
    proto::Realm {
        name: realm.name.to_string(),
        description: realm.description,
        created_at: Some(timestamp(realm.created_at)),
        title: realm.title,
        archived_at: realm.archived_at_ms.map(timestamp_ms),
    }
}

/// Without the octets of certificate and chain, which only `ShowCertificate` tells.
pub(super) fn certificate(entry: Entry, now_ms: i64) -> proto::InventoryCertificate {
    let Entry {
        certificate, note, ..
    } = entry;
    let source = certificate.origin.source().as_str().to_owned();
    let state = certificate.state(now_ms).as_str().to_owned();
    let (revocation_reason, revoked_at) = match certificate.revocation {
        Some(revocation) => (revocation.reason, Some(timestamp_ms(revocation.at_ms))),
        None => (String::new(), None),
    };
    proto::InventoryCertificate {
        issuer: certificate.issuer,
        serial: certificate.serial,
        subject: certificate.subject,
        subject_alternative_names: certificate.names,
        not_before: Some(timestamp_ms(certificate.not_before_ms)),
        not_after: Some(timestamp_ms(certificate.not_after_ms)),
        state,
        realm: certificate.origin.realm,
        policy: certificate.origin.policy,
        end_entity: certificate.origin.end_entity,
        requester: certificate.origin.requester,
        protocol: certificate.origin.protocol,
        revocation_reason,
        revoked_at,
        der: Vec::new(),
        chain: Vec::new(),
        fingerprint: certificate.fingerprint,
        key_algorithm: certificate.key_algorithm,
        source,
        owner: note.owner,
        tags: note.tags.iter().map(ToString::to_string).collect(),
        locations: note.locations,
        comment: note.comment,
        version: note.version,
    }
}

pub(super) fn request(request: CertificateRequest) -> proto::Request {
    proto::Request {
        id: request.id.to_string(),
        state: request.state.as_str().to_owned(),
        policy: request.summary.policy.to_string(),
        requester: request.summary.requester.to_string(),
        subject: request.summary.subject,
        subject_alternative_names: request.summary.names,
        created_at: Some(timestamp_ms(request.created_at_ms)),
        decided_by: request.decided_by.unwrap_or_default(),
        detail: request.detail,
    }
}

pub(super) fn timestamp(time: OffsetDateTime) -> Timestamp {
    Timestamp {
        seconds: time.unix_timestamp(),
        nanos: i32::try_from(time.nanosecond()).unwrap_or(0),
    }
}

pub(super) fn timestamp_ms(ms: i64) -> Timestamp {
    timestamp(from_ms(ms))
}

pub(super) fn duration(duration: Duration) -> prost_types::Duration {
    prost_types::Duration {
        seconds: duration.whole_seconds(),
        nanos: duration.subsec_nanoseconds(),
    }
}
