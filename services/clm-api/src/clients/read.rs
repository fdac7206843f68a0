//! CARA's messages as domain types, and times between the two.

use ers_pki::certificate::Certificate;
use ers_proto::cara::v1 as proto;
use prost_types::Timestamp;
use time::{Duration, OffsetDateTime};

use super::CaraError;
use crate::domain::{
    inventory::{InventoryCertificate, Origin, Revocation},
    realm,
};

/// A certificate of CARA's as the inventory keeps it; what it says is read from the certificate itself.
pub(super) fn certificate_of(told: proto::Certificate) -> Result<InventoryCertificate, CaraError> {
    let certificate = Certificate::from_der(&told.der).map_err(|error| {
        tracing::error!(%error, serial = told.serial, "certificate of CARA's not readable");
        CaraError::Malformed("certificate.der")
    })?;
    let revocation = match told.revocation {
        None => None,
        Some(revocation) => Some(Revocation {
            at_ms: ms_of(revocation.at.ok_or(CaraError::Malformed("revocation.at"))?),
            reason: revocation.reason,
        }),
    };
    Ok(InventoryCertificate {
        fingerprint: hex::encode(certificate.fingerprint()),
        subject: certificate.subject().to_string(),
        names: certificate
            .names()
            .iter()
            .map(ToString::to_string)
            .collect(),
        key_algorithm: certificate.public_key().algorithm().to_string(),
        not_before_ms: ers_runtime::clock::to_ms(certificate.not_before()),
        not_after_ms: ers_runtime::clock::to_ms(certificate.not_after()),
        issuer: told.issuer,
        serial: told.serial,
        revocation,
        origin: origin_of(told.origin),
        request_id: told.request_id,
        issued_at_ms: told.issued_at.map(ms_of).unwrap_or_default(),
        der: told.der,
    })
}

/// Where it came from; what CARA made for itself belongs to the system realm.
fn origin_of(told: Option<proto::Origin>) -> Origin {
    match told {
        Some(origin) if !origin.realm.is_empty() => Origin {
            realm: origin.realm,
            policy: origin.policy,
            policy_version: origin.policy_version,
            end_entity: origin.end_entity,
            requester: origin.requester,
            protocol: origin.protocol,
        },
        other => Origin {
            realm: realm::SYSTEM.to_owned(),
            requester: other
                .map(|origin| origin.requester)
                .filter(|who| !who.is_empty())
                .unwrap_or_else(|| "cara-ws".to_owned()),
            protocol: "system".to_owned(),
            ..Origin::default()
        },
    }
}

/// Milliseconds since 1970.
pub(super) fn ms_of(timestamp: Timestamp) -> i64 {
    timestamp
        .seconds
        .saturating_mul(1000)
        .saturating_add(i64::from(timestamp.nanos) / 1_000_000)
}

/// A time as protobuf has it.
pub(super) fn timestamp_of(time: OffsetDateTime) -> Timestamp {
    Timestamp {
        seconds: time.unix_timestamp(),
        nanos: i32::try_from(time.nanosecond()).unwrap_or(0),
    }
}

/// A duration as protobuf has it.
pub(super) fn duration_of(duration: Duration) -> prost_types::Duration {
    prost_types::Duration {
        seconds: duration.whole_seconds(),
        nanos: duration.subsec_nanoseconds(),
    }
}
