//! Tables `certificate_name`, `name_position` and `certificate_count`: filled from the events, a batch at a time, each
//! in one transaction with the position that it reaches. So it can stop anywhere, and two replicas cannot both do it.

use std::collections::BTreeMap;

use ers_runtime::db;
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait as _, ConnectionTrait as _, DatabaseTransaction, DbErr, EntityTrait as _,
    ExprTrait as _, QueryFilter as _, QueryOrder as _, QuerySelect as _,
    sea_query::{Asterisk, Expr, Func, OnConflict, Query, SelectStatement},
};

use super::{
    Store, StoreError,
    entity::{certificate, event},
    event::ISSUED,
    failed,
    index_entity::{certificate_count, certificate_name, name_position},
    key::CertificateKey,
};
use crate::domain::{AuthorityName, IndexedName};

const POSITION: i32 = 1;
/// Rows of one statement: three parameters each, and SQLite ends at 32,766.
const ROWS: usize = 5_000;
/// What is counted row by row is counted up to here.
const COUNTED: u64 = 100_000;

/// A certificate that is to be indexed.
#[derive(Debug)]
pub struct Unindexed {
    /// Number of the event that tells of it.
    pub sequence: i64,
    /// DER; none when there is no such row.
    pub der: Option<Vec<u8>>,
    /// JSON.
    pub origin: String,
    /// Which it is.
    pub key: CertificateKey,
}

/// What one batch adds.
#[derive(Debug, Default)]
pub struct Indexed {
    /// Names, with the number of the event that tells of the certificate.
    pub names: Vec<(IndexedName, i64)>,
    /// How many certificates, by CA.
    pub issued: BTreeMap<String, i64>,
}

impl Store {
    /// The last event whose certificate is in the index.
    pub async fn load_name_position(&self) -> Result<i64, StoreError> {
        let row = name_position::Entity::find_by_id(POSITION)
            .one(&self.connection)
            .await
            .map_err(failed("load position of the name index"))?;
        Ok(row.map_or(0, |row| row.sequence))
    }

    /// The certificates of the next so many events, and the number of the last of these events; none: no more.
    pub async fn load_unindexed(
        &self,
        position: i64,
        events: u64,
    ) -> Result<Option<(Vec<Unindexed>, i64)>, StoreError> {
        const ACT: &str = "load certificates to be indexed";
        let rows: Vec<(i64, i16, String, String)> = event::Entity::find()
            .select_only()
            .columns([
                event::Column::Sequence,
                event::Column::Kind,
                event::Column::Issuer,
                event::Column::Serial,
            ])
            .filter(event::Column::Sequence.gt(position))
            .order_by_asc(event::Column::Sequence)
            .limit(events)
            .into_tuple()
            .all(&self.connection)
            .await
            .map_err(failed(ACT))?;
        let Some(last) = rows.last().map(|row| row.0) else {
            return Ok(None);
        };
        let issued: Vec<(i64, CertificateKey)> = rows
            .into_iter()
            .filter(|(_, kind, ..)| *kind == ISSUED)
            .map(|(sequence, _, issuer, serial)| (sequence, CertificateKey { issuer, serial }))
            .collect();
        let mut found = self
            .load_by_keys(
                issued.iter().map(|(_, key)| key),
                [certificate::Column::Der, certificate::Column::Origin],
                |row| Ok((row.try_get_by_index(2)?, row.try_get_by_index(3)?)),
                ACT,
            )
            .await?;
        let unindexed = issued
            .into_iter()
            .map(|(sequence, key)| {
                let (der, origin) = found
                    .remove(&key)
                    .map_or((None, String::new()), |(der, origin)| (Some(der), origin));
                Unindexed {
                    sequence,
                    der,
                    origin,
                    key,
                }
            })
            .collect();
        Ok(Some((unindexed, last)))
    }

    /// Adds a batch to the index and moves its position. Returns false, and does nothing, when the position is no
    /// longer where the batch began: another replica was first.
    pub async fn index_names(
        &self,
        from: i64,
        to: i64,
        batch: &Indexed,
    ) -> Result<bool, StoreError> {
        const ACT: &str = "store names of certificates";
        db::retry(ACT, async || {
            let transaction = db::begin(&self.connection).await.map_err(failed(ACT))?;
            let moved = name_position::Entity::update_many()
                .col_expr(name_position::Column::Sequence, Expr::value(to))
                .filter(name_position::Column::Id.eq(POSITION))
                .filter(name_position::Column::Sequence.eq(from))
                .exec(&transaction)
                .await
                .map_err(failed(ACT))?
                .rows_affected
                > 0;
            if !moved {
                return Ok(false);
            }
            for names in batch.names.chunks(ROWS) {
                insert_names(&transaction, names)
                    .await
                    .map_err(failed(ACT))?;
            }
            for (issuer, issued) in &batch.issued {
                let sum = Expr::col((certificate_count::Entity, certificate_count::Column::Issued))
                    .add(*issued);
                certificate_count::Entity::insert(certificate_count::ActiveModel {
                    issuer: Set(issuer.clone()),
                    issued: Set(*issued),
                })
                .on_conflict(
                    OnConflict::column(certificate_count::Column::Issuer)
                        .value(certificate_count::Column::Issued, sum)
                        .to_owned(),
                )
                .exec_without_returning(&transaction)
                .await
                .map_err(failed(ACT))?;
            }
            transaction.commit().await.map_err(failed(ACT))?;
            Ok(true)
        })
        .await
    }

    /// How many certificates a CA, or all of them, have issued, and how many of those are revoked. Both are exact as
    /// long as there are fewer than [`COUNTED`] of what must be counted one by one: events that are not indexed yet,
    /// and revocations.
    pub async fn count_certificates(
        &self,
        issuer: Option<&AuthorityName>,
    ) -> Result<(u64, u64), StoreError> {
        let position = self.load_name_position().await?;
        let indexed: u64 = self
            .load_issued_counts()
            .await?
            .into_iter()
            .filter(|(name, _)| issuer.is_none_or(|issuer| issuer.as_str() == name))
            .map(|(_, issued)| issued)
            .sum();
        let mut later = Query::select();
        later
            .column(event::Column::Sequence)
            .from(event::Entity)
            .and_where(event::Column::Sequence.gt(position))
            .and_where(event::Column::Kind.eq(ISSUED));
        let mut revoked = Query::select();
        revoked
            .column(certificate::Column::Issuer)
            .from(certificate::Entity)
            .and_where(certificate::Column::RevokedAt.is_not_null());
        if let Some(issuer) = issuer {
            later.and_where(event::Column::Issuer.eq(issuer.as_str()));
            revoked.and_where(certificate::Column::Issuer.eq(issuer.as_str()));
        }
        Ok((
            indexed + self.count_up_to(later).await?,
            self.count_up_to(revoked).await?,
        ))
    }

    async fn count_up_to(&self, mut rows: SelectStatement) -> Result<u64, StoreError> {
        const ACT: &str = "count certificates";
        let limited = rows.limit(COUNTED).take();
        let mut count = Query::select();
        count
            .expr(Func::count(Expr::col(Asterisk)))
            .from_subquery(limited, "counted");
        let row = self
            .connection
            .query_one(&count)
            .await
            .map_err(failed(ACT))?;
        let counted: i64 = row
            .map(|row| row.try_get_by_index(0))
            .transpose()
            .map_err(failed(ACT))?
            .unwrap_or(0);
        Ok(u64::try_from(counted).unwrap_or(0))
    }

    /// How many certificates each CA has issued, up to the position of the index.
    async fn load_issued_counts(&self) -> Result<BTreeMap<String, u64>, StoreError> {
        let rows = certificate_count::Entity::find()
            .all(&self.connection)
            .await
            .map_err(failed("load numbers of certificates"))?;
        Ok(rows
            .into_iter()
            .map(|row| (row.issuer, u64::try_from(row.issued).unwrap_or(0)))
            .collect())
    }
}

/// Those that are there stay as they are.
async fn insert_names(
    transaction: &DatabaseTransaction,
    names: &[(IndexedName, i64)],
) -> Result<(), DbErr> {
    let mut rows: Vec<_> = names
        .iter()
        .map(|(name, sequence)| certificate_name::ActiveModel {
            kind: Set(name.kind.code()),
            value: Set(name.value.clone()),
            place: Set(-sequence),
        })
        .collect();
    if db::insert_new(transaction, &mut rows).await? {
        return Ok(());
    }
    certificate_name::Entity::insert_many(rows)
        .on_conflict(OnConflict::columns(KEY).do_nothing_on(KEY).to_owned())
        .exec_without_returning(transaction)
        .await
        .map(drop)
}

const KEY: [certificate_name::Column; 3] = [
    certificate_name::Column::Kind,
    certificate_name::Column::Value,
    certificate_name::Column::Place,
];
