//! Table `certificate`: reading. Writing new rows is in `writer`, revoking in `revocation`.

use ers_pki::{certificate::Certificate, revocation::Reason, serial::SerialNumber};
use ers_runtime::clock::to_ms;
use sea_orm::{
    ActiveValue::Set, ColumnTrait as _, EntityTrait as _, ExprTrait as _, QueryFilter as _,
};

use super::{Store, StoreError, entity::certificate, failed};
use crate::domain::{AuthorityName, Origin, Record, RequestDigest, Revocation};

impl Store {
    /// The certificate of a request.
    pub async fn find_by_request(&self, request_id: &str) -> Result<Option<Record>, StoreError> {
        let row = self.by_request.find([request_id]).await;
        row.map_err(failed("look for certificates of requests"))?
            .map(read_record)
            .transpose()
    }

    /// The certificate with that SHA-256 fingerprint.
    pub async fn find_by_fingerprint(
        &self,
        fingerprint: &[u8],
    ) -> Result<Option<Record>, StoreError> {
        self.find_one(certificate::Column::Fingerprint.eq(hex::encode(fingerprint)))
            .await
    }

    /// The certificate of a CA with that serial number.
    pub async fn find_certificate(
        &self,
        issuer: &AuthorityName,
        serial: &SerialNumber,
    ) -> Result<Option<Record>, StoreError> {
        self.find_one(
            certificate::Column::Issuer
                .eq(issuer.as_str())
                .and(certificate::Column::Serial.eq(serial.to_hex())),
        )
        .await
    }

    async fn find_one(
        &self,
        condition: sea_orm::sea_query::SimpleExpr,
    ) -> Result<Option<Record>, StoreError> {
        let row = certificate::Entity::find()
            .filter(condition)
            .one(&self.connection)
            .await
            .map_err(failed("load certificate"))?;
        row.map(read_record).transpose()
    }
}

/// The row of a record.
pub(super) fn write_record(record: &Record) -> certificate::ActiveModel {
    let certificate = &record.certificate;
    certificate::ActiveModel {
        issuer: Set(record.issuer.to_string()),
        serial: Set(record.serial.to_hex()),
        request_id: Set(record.request_id.clone()),
        request_digest: Set(record.request_digest.as_hex().to_owned()),
        profile: Set(record.profile.clone()),
        der: Set(certificate.der().to_vec()),
        fingerprint: Set(hex::encode(certificate.fingerprint())),
        origin: Set(serde_json::to_string(&record.origin).unwrap_or_default()),
        issued_at: Set(record.issued_at_ms),
        not_before: Set(to_ms(certificate.not_before())),
        not_after: Set(to_ms(certificate.not_after())),
        adopted: Set(record.adopted),
        revoked_at: Set(record.revocation.as_ref().map(|r| r.at_ms)),
        revocation_reason: Set(record
            .revocation
            .as_ref()
            .map(|r| i16::from(r.reason.code()))),
        revocation_requester: Set(record.revocation.as_ref().map(|r| r.requester.clone())),
        invalidity_at: Set(record.revocation.as_ref().and_then(|r| r.invalidity_at_ms)),
        generation: Set(record.generation),
        crl_partition: Set(record.crl_partition),
        profile_version: Set(record.profile_version),
    }
}

/// The record of a row.
pub(super) fn read_record(row: certificate::Model) -> Result<Record, StoreError> {
    let key = format!("{}/{}", row.issuer, row.serial);
    let inconsistent = |column| StoreError::Inconsistent {
        table: "certificate",
        row: key.clone(),
        column,
    };
    let revocation = read_revocation(
        row.revoked_at,
        row.revocation_reason,
        row.revocation_requester,
        row.invalidity_at,
    )
    .map_err(inconsistent)?;
    let origin: Origin = serde_json::from_str(&row.origin).map_err(|_| inconsistent("origin"))?;
    Ok(Record {
        issuer: row.issuer.parse().map_err(|_| inconsistent("issuer"))?,
        serial: SerialNumber::from_hex(&row.serial).map_err(|_| inconsistent("serial"))?,
        request_id: row.request_id,
        request_digest: RequestDigest::from_hex(row.request_digest),
        profile: row.profile,
        certificate: Certificate::from_der(&row.der).map_err(|_| inconsistent("der"))?,
        origin,
        issued_at_ms: row.issued_at,
        adopted: row.adopted,
        revocation,
        generation: row.generation,
        crl_partition: row.crl_partition,
        profile_version: row.profile_version,
    })
}

/// What the columns of a revocation say.
///
/// # Errors
/// The column that does not go with the others.
pub(super) fn read_revocation(
    revoked_at: Option<i64>,
    reason: Option<i16>,
    requester: Option<String>,
    invalidity_at: Option<i64>,
) -> Result<Option<Revocation>, &'static str> {
    match (revoked_at, reason) {
        (None, None) => Ok(None),
        (Some(at_ms), Some(code)) => Ok(Some(Revocation {
            at_ms,
            reason: u8::try_from(code)
                .ok()
                .and_then(|code| Reason::from_code(code).ok())
                .ok_or("revocation_reason")?,
            requester: requester.unwrap_or_default(),
            invalidity_at_ms: invalidity_at,
        })),
        _ => Err("revoked_at"),
    }
}
