//! Table `lost_certificate`: revocations of certificates of which no more is left than their entry in a CRL.

use ers_pki::{revocation::Reason, serial::SerialNumber};
use ers_runtime::{clock::to_ms, db};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait as _, EntityTrait as _, QueryFilter as _, QueryOrder as _, QuerySelect as _,
    sea_query::{Expr, OnConflict},
};

use super::{
    Store, StoreError, entity::revocation, failed, restoration::reason_of,
    restoration_entity::lost_certificate,
};
use crate::domain::{AuthorityName, Record, Revocation};

/// Who is told as having revoked what only a CRL tells of.
const BY_CRL: &str = "restored from CRL";

impl Store {
    /// Keeps revocations of certificates that are not stored. One on hold is kept as what it is for good when that is told.
    pub async fn insert_lost(
        &self,
        issuer: &AuthorityName,
        generation: i16,
        lost: &[(SerialNumber, Revocation)],
    ) -> Result<(), StoreError> {
        if lost.is_empty() {
            return Ok(());
        }
        let rows = lost
            .iter()
            .map(|(serial, revocation)| lost_certificate::ActiveModel {
                issuer: Set(issuer.to_string()),
                serial: Set(serial.to_hex()),
                generation: Set(generation),
                revoked_at: Set(revocation.at_ms),
                reason: Set(i64::from(revocation.reason.code())),
                invalidity_at: Set(revocation.invalidity_at_ms),
            });
        lost_certificate::Entity::insert_many(rows)
            .on_conflict(
                OnConflict::columns(LOST_KEY)
                    .do_nothing_on(LOST_KEY)
                    .to_owned(),
            )
            .exec_without_returning(&self.connection)
            .await
            .map_err(failed("store lost certificates"))?;
        self.end_holds_of_lost(issuer, lost).await
    }

    async fn end_holds_of_lost(
        &self,
        issuer: &AuthorityName,
        lost: &[(SerialNumber, Revocation)],
    ) -> Result<(), StoreError> {
        const ACT: &str = "store lost certificates";
        let hold = i64::from(Reason::CertificateHold.code());
        let on_hold: Vec<String> = lost_certificate::Entity::find()
            .select_only()
            .column(lost_certificate::Column::Serial)
            .filter(lost_certificate::Column::Issuer.eq(issuer.as_str()))
            .filter(lost_certificate::Column::Reason.eq(hold))
            .filter(
                lost_certificate::Column::Serial
                    .is_in(lost.iter().map(|(serial, _)| serial.to_hex())),
            )
            .into_tuple()
            .all(&self.connection)
            .await
            .map_err(failed(ACT))?;
        let ended = lost.iter().filter(|(serial, revocation)| {
            !revocation.is_hold() && on_hold.contains(&serial.to_hex())
        });
        for (serial, revocation) in ended {
            let reason = i64::from(revocation.reason.code());
            lost_certificate::Entity::update_many()
                .col_expr(lost_certificate::Column::Reason, Expr::value(reason))
                .col_expr(
                    lost_certificate::Column::RevokedAt,
                    Expr::value(revocation.at_ms),
                )
                .col_expr(
                    lost_certificate::Column::InvalidityAt,
                    Expr::value(revocation.invalidity_at_ms),
                )
                .filter(lost_certificate::Column::Issuer.eq(issuer.as_str()))
                .filter(lost_certificate::Column::Serial.eq(serial.to_hex()))
                .filter(lost_certificate::Column::Reason.eq(hold))
                .exec(&self.connection)
                .await
                .map_err(failed(ACT))?;
        }
        Ok(())
    }

    /// The revocation of a certificate that is not stored.
    pub async fn find_lost(
        &self,
        issuer: &AuthorityName,
        serial: &SerialNumber,
    ) -> Result<Option<Revocation>, StoreError> {
        let row = lost_certificate::Entity::find_by_id((issuer.to_string(), serial.to_hex()))
            .one(&self.connection)
            .await
            .map_err(failed("load lost certificate"))?;
        row.as_ref().map(read_lost).transpose()
    }

    /// A page of the revocations, by a CA's generation, of certificates that are not stored, by serial number, behind the one given.
    pub async fn list_lost(
        &self,
        issuer: &AuthorityName,
        generation: i16,
        after: &str,
        size: u64,
    ) -> Result<Vec<(SerialNumber, Revocation)>, StoreError> {
        let rows = lost_certificate::Entity::find()
            .filter(lost_certificate::Column::Issuer.eq(issuer.as_str()))
            .filter(lost_certificate::Column::Generation.eq(generation))
            .filter(lost_certificate::Column::Serial.gt(after))
            .order_by_asc(lost_certificate::Column::Serial)
            .limit(size)
            .all(&self.connection)
            .await
            .map_err(failed("list lost certificates"))?;
        rows.iter()
            .map(|row| {
                let serial =
                    SerialNumber::from_hex(&row.serial).map_err(|_| inconsistent(row, "serial"))?;
                Ok((serial, read_lost(row)?))
            })
            .collect()
    }

    /// A certificate that was lost is stored, revoked: from now on CRLs tell of it as of any other.
    pub async fn keep_found(
        &self,
        record: &Record,
        revocation: &Revocation,
    ) -> Result<(), StoreError> {
        const ACT: &str = "store revocation of found certificate";
        let changed = self.refresh_head().await?;
        db::retry(ACT, async || {
            let transaction = db::begin(&self.connection).await.map_err(failed(ACT))?;
            let key = (record.issuer.to_string(), record.serial.to_hex());
            revocation::Entity::insert(revocation::ActiveModel {
                issuer: Set(key.0.clone()),
                serial: Set(key.1.clone()),
                generation: Set(record.generation),
                crl_partition: Set(record.crl_partition),
                not_after: Set(to_ms(record.certificate.not_after())),
                revoked_at: Set(revocation.at_ms),
                reason: Set(i16::from(revocation.reason.code())),
                invalidity_at: Set(revocation.invalidity_at_ms),
                changed: Set(changed),
            })
            .on_conflict(
                OnConflict::columns(REVOCATION_KEY)
                    .do_nothing_on(REVOCATION_KEY)
                    .to_owned(),
            )
            .exec_without_returning(&transaction)
            .await
            .map_err(failed(ACT))?;
            lost_certificate::Entity::delete_by_id(key)
                .exec(&transaction)
                .await
                .map_err(failed(ACT))?;
            transaction.commit().await.map_err(failed(ACT))
        })
        .await
    }
}

const REVOCATION_KEY: [revocation::Column; 2] =
    [revocation::Column::Issuer, revocation::Column::Serial];

const LOST_KEY: [lost_certificate::Column; 2] = [
    lost_certificate::Column::Issuer,
    lost_certificate::Column::Serial,
];

fn inconsistent(row: &lost_certificate::Model, column: &'static str) -> StoreError {
    StoreError::Inconsistent {
        table: "lost_certificate",
        row: format!("{}/{}", row.issuer, row.serial),
        column,
    }
}

fn read_lost(row: &lost_certificate::Model) -> Result<Revocation, StoreError> {
    Ok(Revocation {
        at_ms: row.revoked_at,
        reason: reason_of(row.reason).map_err(|()| inconsistent(row, "reason"))?,
        requester: BY_CRL.to_owned(),
        invalidity_at_ms: row.invalidity_at,
    })
}
