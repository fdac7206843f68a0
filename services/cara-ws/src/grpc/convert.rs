//! Between the wire and the domain.

use ers_pki::{revocation::Reason, serial::SerialNumber};
use ers_proto::cara::v1 as wire;
use ers_runtime::clock::{from_ms, to_ms};
use prost_types::{Duration, Timestamp};
use time::OffsetDateTime;
use tonic::Status;

use crate::domain::{AuthorityName, Origin, Record, Revocation};

const MAX_REQUEST_ID: usize = 128;

pub(super) fn invalid(field: &str, problem: impl std::fmt::Display) -> Status {
    Status::invalid_argument(format!("{field}: {problem}"))
}

pub(super) fn request_id(text: String) -> Result<String, Status> {
    let visible = !text.is_empty()
        && text.len() <= MAX_REQUEST_ID
        && text.bytes().all(|byte| byte.is_ascii_graphic());
    // '#' marks surplus certificates
    if !visible || text.contains('#') {
        return Err(invalid(
            "request_id",
            "must be 1 to 128 visible ASCII characters without #",
        ));
    }
    Ok(text)
}

pub(super) fn authority_name(field: &str, text: &str) -> Result<AuthorityName, Status> {
    text.parse().map_err(|error| invalid(field, error))
}

pub(super) fn serial(text: &str) -> Result<SerialNumber, Status> {
    SerialNumber::from_hex(text).map_err(|error| invalid("serial", error))
}

pub(super) fn reason(text: &str) -> Result<Reason, Status> {
    if text.is_empty() {
        return Ok(Reason::Unspecified);
    }
    text.parse().map_err(|error| invalid("reason", error))
}

pub(super) fn time(field: &str, time: &Timestamp) -> Result<OffsetDateTime, Status> {
    let nanos = i128::from(time.seconds) * 1_000_000_000 + i128::from(time.nanos);
    OffsetDateTime::from_unix_timestamp_nanos(nanos).map_err(|error| invalid(field, error))
}

pub(super) fn duration(field: &str, duration: &Duration) -> Result<std::time::Duration, Status> {
    std::time::Duration::try_from(*duration)
        .ok()
        .filter(|duration| !duration.is_zero())
        .ok_or_else(|| invalid(field, "must be positive"))
}

pub(super) fn timestamp(time: OffsetDateTime) -> Timestamp {
    timestamp_ms(to_ms(time))
}

pub(super) fn timestamp_ms(ms: i64) -> Timestamp {
    let time = from_ms(ms);
    Timestamp {
        seconds: time.unix_timestamp(),
        nanos: i32::try_from(time.nanosecond()).unwrap_or(0),
    }
}

pub(super) fn origin(origin: Option<wire::Origin>) -> Origin {
    let origin = origin.unwrap_or_default();
    Origin {
        realm: origin.realm,
        policy: origin.policy,
        policy_version: origin.policy_version,
        end_entity: origin.end_entity,
        requester: origin.requester,
        protocol: origin.protocol,
    }
}

pub(super) fn revocation(revocation: &Revocation) -> wire::Revocation {
    wire::Revocation {
        at: Some(timestamp_ms(revocation.at_ms)),
        reason: revocation.reason.to_string(),
        requester: revocation.requester.clone(),
        invalidity_date: revocation.invalidity_at_ms.map(timestamp_ms),
    }
}

pub(super) fn certificate(record: &Record) -> wire::Certificate {
    let state = match record.revocation {
        None => wire::CertificateState::Valid,
        Some(_) => wire::CertificateState::Revoked,
    };
    wire::Certificate {
        issuer: record.issuer.to_string(),
        serial: record.serial.to_hex(),
        der: record.certificate.der().to_vec(),
        profile: record.profile.clone(),
        request_id: record.request_id.clone(),
        origin: Some(wire::Origin {
            realm: record.origin.realm.clone(),
            policy: record.origin.policy.clone(),
            policy_version: record.origin.policy_version,
            end_entity: record.origin.end_entity.clone(),
            requester: record.origin.requester.clone(),
            protocol: record.origin.protocol.clone(),
        }),
        issued_at: Some(timestamp_ms(record.issued_at_ms)),
        not_before: Some(timestamp(record.certificate.not_before())),
        not_after: Some(timestamp(record.certificate.not_after())),
        state: state.into(),
        revocation: record.revocation.as_ref().map(revocation),
        adopted: record.adopted,
        profile_version: record.profile_version,
    }
}
