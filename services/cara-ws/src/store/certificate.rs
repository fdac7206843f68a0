//! Table `certificate`: reading and revoking. Writing new rows is in `writer`.

use ers_pki::{certificate::Certificate, revocation::Reason, serial::SerialNumber};
use ers_runtime::{clock::to_ms, db};
use sea_orm::{
    ActiveValue::Set, ColumnTrait as _, Condition, EntityTrait as _, ExprTrait as _,
    QueryFilter as _, QueryOrder as _, QuerySelect as _, sea_query::Expr,
};

use super::{Store, StoreError, entity::certificate, event::NewEvent, failed};
use crate::domain::{AuthorityName, Origin, Record, RequestDigest, Revocation};

/// What became of a revocation.
#[derive(Debug)]
pub enum RevokeOutcome {
    /// Revoked now.
    Revoked(Box<Record>),
    /// Was revoked before and stays as it was.
    AlreadyRevoked(Box<Record>),
    /// No such certificate.
    NotFound,
}

impl Store {
    /// The certificate of a request.
    pub async fn find_by_request(&self, request_id: &str) -> Result<Option<Record>, StoreError> {
        self.find_one(certificate::Column::RequestId.eq(request_id))
            .await
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

    /// Which of these serial numbers are stored, by whichever CA.
    pub async fn known_serials(
        &self,
        serials: Vec<String>,
    ) -> Result<Vec<(String, String)>, StoreError> {
        // CA by CA: the primary key begins with it, and nothing begins with the serial number.
        let issuers = self.load_issuers().await?;
        certificate::Entity::find()
            .select_only()
            .columns([certificate::Column::Issuer, certificate::Column::Serial])
            .filter(certificate::Column::Issuer.is_in(issuers))
            .filter(certificate::Column::Serial.is_in(serials))
            .into_tuple()
            .all(&self.connection)
            .await
            .map_err(failed("load serial numbers"))
    }

    /// A page of the revoked certificates of a CA's generation that had not expired at a time, by serial number, behind the
    /// one given.
    pub async fn list_revoked(
        &self,
        issuer: &AuthorityName,
        generation: i16,
        not_expired_at_ms: i64,
        after: &str,
        size: u64,
    ) -> Result<Vec<(String, i64, i16)>, StoreError> {
        certificate::Entity::find()
            .select_only()
            .columns([
                certificate::Column::Serial,
                certificate::Column::RevokedAt,
                certificate::Column::RevocationReason,
            ])
            .filter(certificate::Column::Issuer.eq(issuer.as_str()))
            .filter(certificate::Column::Generation.eq(generation))
            .filter(certificate::Column::RevokedAt.is_not_null())
            .filter(certificate::Column::NotAfter.gte(not_expired_at_ms))
            .filter(certificate::Column::Serial.gt(after))
            .order_by_asc(certificate::Column::Serial)
            .limit(size)
            .into_tuple()
            .all(&self.connection)
            .await
            .map_err(failed("list revoked certificates"))
    }

    /// Whether a certificate of a CA's generation was revoked at or after a time.
    pub async fn is_revoked_since(
        &self,
        issuer: &AuthorityName,
        generation: i16,
        since_ms: i64,
    ) -> Result<bool, StoreError> {
        let found: Option<String> = certificate::Entity::find()
            .select_only()
            .column(certificate::Column::Serial)
            .filter(certificate::Column::Issuer.eq(issuer.as_str()))
            .filter(certificate::Column::Generation.eq(generation))
            .filter(certificate::Column::RevokedAt.gte(since_ms))
            .into_tuple()
            .one(&self.connection)
            .await
            .map_err(failed("look for revocations"))?;
        Ok(found.is_some())
    }

    /// Revokes. A revoked certificate stays as it is, unless the new reason is keyCompromise and the old one was not.
    pub async fn revoke(
        &self,
        issuer: &AuthorityName,
        serial: &SerialNumber,
        new: &Revocation,
    ) -> Result<RevokeOutcome, StoreError> {
        const ACT: &str = "revoke certificate";
        db::retry(ACT, async || {
            let transaction = db::begin(&self.connection).await.map_err(failed(ACT))?;
            let not_revoked = Condition::all().add(certificate::Column::RevokedAt.is_null());
            let worse = Condition::all()
                .add(Expr::value(new.reason == Reason::KeyCompromise))
                .add(
                    certificate::Column::RevocationReason
                        .ne(i16::from(Reason::KeyCompromise.code())),
                );
            let key = (issuer.to_string(), serial.to_hex());
            // The time of the first revocation stays; only the reason may become a worse one.
            let changed = certificate::Entity::update_many()
                .col_expr(
                    certificate::Column::RevokedAt,
                    sea_orm::sea_query::Func::coalesce([
                        Expr::col(certificate::Column::RevokedAt),
                        Expr::value(new.at_ms),
                    ])
                    .into(),
                )
                .col_expr(
                    certificate::Column::RevocationReason,
                    Expr::value(i16::from(new.reason.code())),
                )
                .col_expr(
                    certificate::Column::RevocationRequester,
                    Expr::value(new.requester.as_str()),
                )
                .filter(certificate::Column::Issuer.eq(key.0.as_str()))
                .filter(certificate::Column::Serial.eq(key.1.as_str()))
                .filter(Condition::any().add(not_revoked).add(worse))
                .exec(&transaction)
                .await
                .map_err(failed(ACT))?
                .rows_affected
                > 0;
            let Some(row) = certificate::Entity::find_by_id(key.clone())
                .one(&transaction)
                .await
                .map_err(failed(ACT))?
            else {
                return Ok(RevokeOutcome::NotFound);
            };
            let record = Box::new(read_record(row)?);
            if !changed {
                return Ok(RevokeOutcome::AlreadyRevoked(record));
            }
            let head = self
                .append_events(&transaction, &[NewEvent::revoked(&key.0, &key.1)])
                .await?;
            transaction.commit().await.map_err(failed(ACT))?;
            self.announce(head);
            Ok(RevokeOutcome::Revoked(record))
        })
        .await
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
    let revocation = match (row.revoked_at, row.revocation_reason) {
        (None, None) => None,
        (Some(at_ms), Some(code)) => Some(Revocation {
            at_ms,
            reason: u8::try_from(code)
                .ok()
                .and_then(|code| Reason::from_code(code).ok())
                .ok_or_else(|| inconsistent("revocation_reason"))?,
            requester: row.revocation_requester.unwrap_or_default(),
        }),
        _ => return Err(inconsistent("revoked_at")),
    };
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
