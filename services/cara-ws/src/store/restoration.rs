//! Tables `reconciliation`, `reconciliation_crl` and `crl_number`: what must stay true when the database itself is replaced by an
//! older one. What is left of a certificate only in a CRL is in `lost_certificate`.

use std::collections::HashMap;

use ers_pki::{revocation::Reason, serial::SerialNumber};
use ers_runtime::db;
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait as _, EntityTrait as _, ExprTrait as _, QueryFilter as _, QueryOrder as _,
    QuerySelect as _,
    sea_query::{CaseStatement, Expr, OnConflict},
};

use super::{
    Store, StoreError,
    entity::{certificate, event_counter},
    failed,
    key::CertificateKey,
    restoration_entity::{crl_number, reconciliation, reconciliation_crl},
};
use crate::domain::{AuthorityName, Restoration, SeriesApplied};

impl Store {
    /// The next number of a series of CRLs, higher than `above` and than any that was given before, also by a database
    /// that was since replaced by an older one: seconds since the epoch, or one more than the last. It is kept before
    /// it is used: what was signed and never published keeps its number.
    pub async fn next_crl_number(&self, series: &str, above: i64) -> Result<i64, StoreError> {
        const ACT: &str = "take CRL number";
        let least = std::cmp::max(above + 1, self.clock.now_ms() / 1000);
        db::retry(ACT, async || {
            let transaction = db::begin(&self.connection).await.map_err(failed(ACT))?;
            insert_series(&transaction, series)
                .await
                .map_err(failed(ACT))?;
            let number = crl_number::Column::Number;
            let next = CaseStatement::new()
                .case(Expr::col(number).lt(least), least)
                .finally(Expr::col(number).add(1));
            crl_number::Entity::update_many()
                .col_expr(number, next.into())
                .filter(crl_number::Column::Series.eq(series))
                .exec(&transaction)
                .await
                .map_err(failed(ACT))?;
            let row = crl_number::Entity::find_by_id(series)
                .one(&transaction)
                .await
                .map_err(failed(ACT))?;
            transaction.commit().await.map_err(failed(ACT))?;
            Ok(row.map_or(least, |row| row.number))
        })
        .await
    }

    /// The highest number of a series that was given; none: no such series.
    pub async fn find_crl_number(&self, series: &str) -> Result<Option<i64>, StoreError> {
        let row = crl_number::Entity::find_by_id(series)
            .one(&self.connection)
            .await
            .map_err(failed("load CRL number"))?;
        Ok(row.map(|row| row.number))
    }

    /// Never gives numbers of a series up to this one.
    pub async fn raise_crl_number(&self, series: &str, number: i64) -> Result<(), StoreError> {
        const ACT: &str = "raise CRL number";
        db::retry(ACT, async || {
            let transaction = db::begin(&self.connection).await.map_err(failed(ACT))?;
            insert_series(&transaction, series)
                .await
                .map_err(failed(ACT))?;
            crl_number::Entity::update_many()
                .col_expr(crl_number::Column::Number, Expr::value(number))
                .filter(crl_number::Column::Series.eq(series))
                .filter(crl_number::Column::Number.lt(number))
                .exec(&transaction)
                .await
                .map_err(failed(ACT))?;
            transaction.commit().await.map_err(failed(ACT))
        })
        .await
    }

    /// Never gives numbers of events up to this one.
    pub async fn raise_event_counter(&self, sequence: i64) -> Result<(), StoreError> {
        const ACT: &str = "raise event counter";
        db::retry(ACT, async || {
            event_counter::Entity::update_many()
                .col_expr(event_counter::Column::Sequence, Expr::value(sequence))
                .filter(event_counter::Column::Sequence.lt(sequence))
                .exec(&self.connection)
                .await
                .map_err(failed(ACT))
        })
        .await?;
        Ok(())
    }

    /// Keeps that a CA is to be reconciled; the highest CRL number stays.
    pub async fn put_restoration(&self, new: &Restoration) -> Result<(), StoreError> {
        const ACT: &str = "store reconciliation";
        let authority = new.authority.as_str();
        db::retry(ACT, async || {
            let transaction = db::begin(&self.connection).await.map_err(failed(ACT))?;
            reconciliation::Entity::insert(reconciliation::ActiveModel {
                authority: Set(authority.to_owned()),
                found_at: Set(new.found_at_ms),
                crl_number: Set(new.crl_number),
                reason: Set(new.reason.chars().take(512).collect()),
            })
            .on_conflict(
                OnConflict::column(reconciliation::Column::Authority)
                    .do_nothing_on([reconciliation::Column::Authority])
                    .to_owned(),
            )
            .exec_without_returning(&transaction)
            .await
            .map_err(failed(ACT))?;
            reconciliation::Entity::update_many()
                .col_expr(
                    reconciliation::Column::CrlNumber,
                    Expr::value(new.crl_number),
                )
                .filter(reconciliation::Column::Authority.eq(authority))
                .filter(reconciliation::Column::CrlNumber.lt(new.crl_number))
                .exec(&transaction)
                .await
                .map_err(failed(ACT))?;
            transaction.commit().await.map_err(failed(ACT))
        })
        .await
    }

    /// The CAs that are to be reconciled.
    pub async fn load_restorations(&self) -> Result<Vec<Restoration>, StoreError> {
        let rows = reconciliation::Entity::find()
            .order_by_asc(reconciliation::Column::Authority)
            .all(&self.connection)
            .await
            .map_err(failed("load reconciliations"))?;
        let crls = reconciliation_crl::Entity::find()
            .order_by_asc(reconciliation_crl::Column::Series)
            .all(&self.connection)
            .await
            .map_err(failed("load CRLs of reconciliations"))?;
        let mut by_authority: HashMap<String, Vec<SeriesApplied>> = HashMap::new();
        for row in crls {
            let of = by_authority.entry(row.authority.clone()).or_default();
            of.push(read_series(row));
        }
        rows.into_iter()
            .map(|row| {
                Ok(Restoration {
                    authority: row
                        .authority
                        .parse()
                        .map_err(|_| StoreError::Inconsistent {
                            table: "reconciliation",
                            row: row.authority.clone(),
                            column: "authority",
                        })?,
                    found_at_ms: row.found_at,
                    crl_number: row.crl_number,
                    reason: row.reason,
                    crls: by_authority.remove(&row.authority).unwrap_or_default(),
                })
            })
            .collect()
    }

    /// Changes how far the CRLs of a numbering were applied, from nothing if there is no row yet.
    pub async fn change_series(
        &self,
        authority: &AuthorityName,
        series: &str,
        change: impl Fn(SeriesApplied) -> SeriesApplied,
    ) -> Result<(), StoreError> {
        const ACT: &str = "store CRL of reconciliation";
        let key = || (authority.to_string(), series.to_owned());
        db::retry(ACT, async || {
            let transaction = db::begin(&self.connection).await.map_err(failed(ACT))?;
            let nothing = reconciliation_crl::ActiveModel {
                authority: Set(authority.to_string()),
                series: Set(series.to_owned()),
                wanted: Set(0),
                complete: Set(0),
                applied: Set(0),
            };
            reconciliation_crl::Entity::insert(nothing)
                .on_conflict(
                    OnConflict::columns(SERIES_KEY)
                        .do_nothing_on(SERIES_KEY)
                        .to_owned(),
                )
                .exec_without_returning(&transaction)
                .await
                .map_err(failed(ACT))?;
            let row = reconciliation_crl::Entity::find_by_id(key())
                .lock_exclusive()
                .one(&transaction)
                .await
                .map_err(failed(ACT))?;
            if let Some(row) = row {
                let new = change(read_series(row));
                reconciliation_crl::Entity::update_many()
                    .col_expr(reconciliation_crl::Column::Wanted, Expr::value(new.wanted))
                    .col_expr(
                        reconciliation_crl::Column::Complete,
                        Expr::value(new.complete),
                    )
                    .col_expr(
                        reconciliation_crl::Column::Applied,
                        Expr::value(new.applied),
                    )
                    .filter(reconciliation_crl::Column::Authority.eq(authority.as_str()))
                    .filter(reconciliation_crl::Column::Series.eq(series))
                    .exec(&transaction)
                    .await
                    .map_err(failed(ACT))?;
            }
            transaction.commit().await.map_err(failed(ACT))
        })
        .await
    }

    /// A CA is reconciled.
    pub async fn delete_restoration(&self, authority: &AuthorityName) -> Result<(), StoreError> {
        const ACT: &str = "delete reconciliation";
        db::retry(ACT, async || {
            let transaction = db::begin(&self.connection).await.map_err(failed(ACT))?;
            reconciliation_crl::Entity::delete_many()
                .filter(reconciliation_crl::Column::Authority.eq(authority.as_str()))
                .exec(&transaction)
                .await
                .map_err(failed(ACT))?;
            reconciliation::Entity::delete_by_id(authority.as_str())
                .exec(&transaction)
                .await
                .map_err(failed(ACT))?;
            transaction.commit().await.map_err(failed(ACT))
        })
        .await
    }

    /// Of these certificates of a CA, those that are stored, and why they are revoked.
    pub async fn find_revoked(
        &self,
        issuer: &AuthorityName,
        serials: &[SerialNumber],
    ) -> Result<HashMap<String, Option<Reason>>, StoreError> {
        let keys: Vec<_> = serials
            .iter()
            .map(|serial| CertificateKey {
                issuer: issuer.to_string(),
                serial: serial.to_hex(),
            })
            .collect();
        let found = self
            .load_by_keys(
                &keys,
                [certificate::Column::RevocationReason],
                |row| row.try_get_by_index::<Option<i16>>(2),
                "load revocations",
            )
            .await?;
        found
            .into_iter()
            .map(|(key, code)| {
                let reason = code.map(reason_of).transpose();
                let inconsistent = |()| StoreError::Inconsistent {
                    table: "certificate",
                    row: format!("{}/{}", key.issuer, key.serial),
                    column: "revocation_reason",
                };
                Ok((key.serial.clone(), reason.map_err(inconsistent)?))
            })
            .collect()
    }
}

const SERIES_KEY: [reconciliation_crl::Column; 2] = [
    reconciliation_crl::Column::Authority,
    reconciliation_crl::Column::Series,
];

async fn insert_series(
    transaction: &sea_orm::DatabaseTransaction,
    series: &str,
) -> Result<(), sea_orm::DbErr> {
    crl_number::Entity::insert(crl_number::ActiveModel {
        series: Set(series.to_owned()),
        number: Set(0),
    })
    .on_conflict(
        OnConflict::column(crl_number::Column::Series)
            .do_nothing_on([crl_number::Column::Series])
            .to_owned(),
    )
    .exec_without_returning(transaction)
    .await
    .map(drop)
}

fn read_series(row: reconciliation_crl::Model) -> SeriesApplied {
    SeriesApplied {
        series: row.series,
        wanted: row.wanted,
        complete: row.complete,
        applied: row.applied,
    }
}

pub(super) fn reason_of(code: impl TryInto<u8>) -> Result<Reason, ()> {
    let code = code.try_into().map_err(|_| ())?;
    Reason::from_code(code).map_err(|_| ())
}
