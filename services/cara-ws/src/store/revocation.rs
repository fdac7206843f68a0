//! Table `revocation`, and the columns of `certificate` that say the same: revoking and releasing, many at a time; and what
//! CRLs are made from.

use std::collections::HashMap;

use ers_pki::{certificate::Certificate, revocation::Reason, serial::SerialNumber};
use ers_runtime::db;
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait as _, Condition, DatabaseTransaction, EntityTrait as _, QueryFilter as _,
    QueryOrder as _, QuerySelect as _,
    sea_query::{Expr, ExprTrait as _, OnConflict, Query},
};

use super::{
    Store, StoreError, blocked_key,
    certificate::read_revocation,
    entity::{certificate, revocation},
    event::NewEvent,
    failed,
};
use crate::domain::{AuthorityName, CrlStream, KeyHash, Record, Revocation};

/// Most certificates in one transaction: every database takes a statement with so many values.
pub const BATCH: usize = 500;

/// What became of one certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Changed now; its CRLs, all and its partition.
    Changed(CrlStream),
    /// Was so before, or in a state that stays.
    Unchanged,
    /// No such certificate.
    NotFound,
}

/// A change of one certificate's state.
#[derive(Debug, Clone)]
pub enum Change {
    /// It is revoked from now on; see [`Revocation::replaces`].
    Revoke(Revocation),
    /// It was on hold and is not any more.
    Release,
}

/// An entry to be, as it stands in the table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CrlEntry {
    /// Hex.
    pub serial: String,
    /// Epoch milliseconds.
    pub revoked_at_ms: i64,
    /// RFC 5280 section 5.3.1, the number.
    pub reason: i16,
    /// Epoch milliseconds.
    pub invalidity_at_ms: Option<i64>,
}

/// Which entries a CRL has.
#[derive(Debug, Clone, Copy)]
pub enum Entries {
    /// Certificates that are revoked and had not expired at this time, epoch milliseconds.
    All {
        /// Epoch milliseconds.
        not_expired_at_ms: i64,
    },
    /// Those whose state changed after this event.
    ChangedAfter(i64),
}

/// What is needed of a row to change it.
struct Row {
    stream: CrlStream,
    not_after: i64,
    before: Option<Revocation>,
    der: Vec<u8>,
}

impl Store {
    /// Changes one certificate; gives it as it is now.
    pub async fn change(
        &self,
        issuer: &AuthorityName,
        serial: &SerialNumber,
        change: &Change,
    ) -> Result<Option<(Record, Outcome)>, StoreError> {
        let serials = [serial.to_hex()];
        let outcome = self.change_many(issuer, &serials, change).await?.pop();
        let found = self.find_certificate(issuer, serial).await?;
        Ok(found.zip(outcome))
    }

    /// Changes certificates of one CA, at most [`BATCH`], in one transaction, with an event for each that was changed.
    /// However many ask for the same at once, one changes it. The outcomes are in the order of the serial numbers.
    pub async fn change_many(
        &self,
        issuer: &AuthorityName,
        serials: &[String],
        change: &Change,
    ) -> Result<Vec<Outcome>, StoreError> {
        const ACT: &str = "revoke certificates";
        db::retry(ACT, async || {
            let transaction = db::begin(&self.connection).await.map_err(failed(ACT))?;
            let rows = lock_rows(&transaction, issuer, serials, change).await?;
            let changing: Vec<(&String, &Row)> = serials
                .iter()
                .filter_map(|serial| rows.get(serial).map(|row| (serial, row)))
                .filter(|(_, row)| row.is_changed_by(change))
                .collect();
            let outcomes = serials
                .iter()
                .map(|serial| match rows.get(serial) {
                    None => Outcome::NotFound,
                    Some(row) if row.is_changed_by(change) => Outcome::Changed(row.stream.clone()),
                    Some(_) => Outcome::Unchanged,
                })
                .collect();
            if changing.is_empty() {
                return Ok(outcomes);
            }
            update_certificates(&transaction, issuer, &changing, change).await?;
            self.block_keys(&transaction, issuer, &changing, change)
                .await?;
            let head = self
                .keep_changes(&transaction, issuer, &changing, change)
                .await?;
            transaction.commit().await.map_err(failed(ACT))?;
            self.announce(head);
            Ok(outcomes)
        })
        .await
    }

    /// The keys of certificates that are revoked because of their keys get no certificates any more.
    async fn block_keys(
        &self,
        transaction: &DatabaseTransaction,
        issuer: &AuthorityName,
        changing: &[(&String, &Row)],
        change: &Change,
    ) -> Result<(), StoreError> {
        let Change::Revoke(new) = change else {
            return Ok(());
        };
        if new.reason != Reason::KeyCompromise {
            return Ok(());
        }
        let mut keys = Vec::with_capacity(changing.len());
        for (serial, row) in changing {
            let certificate =
                Certificate::from_der(&row.der).map_err(|_| StoreError::Inconsistent {
                    table: "certificate",
                    row: format!("{issuer}/{serial}"),
                    column: "der",
                })?;
            keys.push((
                KeyHash::of(certificate.public_key()),
                format!("{issuer}/{serial}"),
            ));
        }
        blocked_key::insert(transaction, &keys, self.clock.now_ms(), &new.requester).await
    }

    async fn keep_changes(
        &self,
        transaction: &DatabaseTransaction,
        issuer: &AuthorityName,
        changing: &[(&String, &Row)],
        change: &Change,
    ) -> Result<i64, StoreError> {
        let events: Vec<_> = changing
            .iter()
            .map(|(serial, _)| NewEvent::revoked(issuer.as_str(), serial))
            .collect();
        let head = self.append_events(transaction, &events).await?;
        let first = head - i64::try_from(changing.len()).unwrap_or(0) + 1;
        let rows = changing
            .iter()
            .zip(first..)
            .map(|((serial, row), changed)| row.changed(issuer, serial, change, changed));
        revocation::Entity::insert_many(rows)
            .on_conflict(
                OnConflict::columns([revocation::Column::Issuer, revocation::Column::Serial])
                    .update_columns([
                        revocation::Column::RevokedAt,
                        revocation::Column::Reason,
                        revocation::Column::InvalidityAt,
                        revocation::Column::Changed,
                    ])
                    .to_owned(),
            )
            .exec_without_returning(transaction)
            .await
            .map_err(failed("store revocations"))?;
        Ok(head)
    }

    /// A page of what a CRL lists, by serial number, behind the one given.
    pub async fn list_crl_entries(
        &self,
        stream: &CrlStream,
        entries: Entries,
        after: &str,
        size: u64,
    ) -> Result<Vec<CrlEntry>, StoreError> {
        let mut found = revocation::Entity::find()
            .select_only()
            .columns([
                revocation::Column::Serial,
                revocation::Column::RevokedAt,
                revocation::Column::Reason,
                revocation::Column::InvalidityAt,
            ])
            .filter(of_stream(stream))
            .filter(revocation::Column::Serial.gt(after))
            .order_by_asc(revocation::Column::Serial)
            .limit(size);
        found = match entries {
            Entries::All { not_expired_at_ms } => found
                .filter(revocation::Column::NotAfter.gte(not_expired_at_ms))
                .filter(revocation::Column::Reason.ne(i16::from(Reason::RemoveFromCrl.code()))),
            Entries::ChangedAfter(event) => found.filter(revocation::Column::Changed.gt(event)),
        };
        let rows: Vec<(String, i64, i16, Option<i64>)> = found
            .into_tuple()
            .all(&self.connection)
            .await
            .map_err(failed("list revoked certificates"))?;
        Ok(rows
            .into_iter()
            .map(
                |(serial, revoked_at_ms, reason, invalidity_at_ms)| CrlEntry {
                    serial,
                    revoked_at_ms,
                    reason,
                    invalidity_at_ms,
                },
            )
            .collect())
    }

    /// Whether the state of a certificate changed after an event.
    pub async fn is_changed_after(
        &self,
        stream: &CrlStream,
        event: i64,
    ) -> Result<bool, StoreError> {
        let found: Option<String> = revocation::Entity::find()
            .select_only()
            .column(revocation::Column::Serial)
            .filter(of_stream(stream))
            .filter(revocation::Column::Changed.gt(event))
            .into_tuple()
            .one(&self.connection)
            .await
            .map_err(failed("look for revocations"))?;
        Ok(found.is_some())
    }

    /// Revocations of a CA since a time that only `certificate` knows: those of certificates that were kept as revoked from
    /// the start, and of a replica of the release before. Afterwards `revocation` knows them too. Gives how many.
    pub async fn complete_revocations(
        &self,
        issuer: &AuthorityName,
        since_ms: i64,
    ) -> Result<usize, StoreError> {
        const ACT: &str = "complete revocations";
        let same = |of_revocation, of_certificate| {
            Expr::col((revocation::Entity, of_revocation))
                .equals((certificate::Entity, of_certificate))
        };
        let known = Query::select()
            .column(revocation::Column::Serial)
            .from(revocation::Entity)
            .and_where(same(
                revocation::Column::Issuer,
                certificate::Column::Issuer,
            ))
            .and_where(same(
                revocation::Column::Serial,
                certificate::Column::Serial,
            ))
            .and_where(
                Expr::col((revocation::Entity, revocation::Column::Reason))
                    .ne(i16::from(Reason::RemoveFromCrl.code())),
            )
            .to_owned();
        let missing: Vec<String> = certificate::Entity::find()
            .select_only()
            .column(certificate::Column::Serial)
            .filter(certificate::Column::Issuer.eq(issuer.as_str()))
            .filter(certificate::Column::RevokedAt.gte(since_ms))
            .filter(Expr::exists(known).not())
            .limit(BATCH as u64)
            .into_tuple()
            .all(&self.connection)
            .await
            .map_err(failed(ACT))?;
        if missing.is_empty() {
            return Ok(0);
        }
        db::retry(ACT, async || {
            let transaction = db::begin(&self.connection).await.map_err(failed(ACT))?;
            let rows = lock_rows(&transaction, issuer, &missing, &Change::Release).await?;
            let mut head = 0;
            for serial in &missing {
                let Some((row, before)) = rows
                    .get(serial)
                    .and_then(|row| row.before.clone().map(|before| (row, before)))
                else {
                    continue;
                };
                head = self
                    .keep_changes(
                        &transaction,
                        issuer,
                        &[(serial, row)],
                        &Change::Revoke(before),
                    )
                    .await?;
            }
            transaction.commit().await.map_err(failed(ACT))?;
            self.announce(head);
            Ok(missing.len())
        })
        .await
    }
}

/// Reads certificates and keeps others from changing them until the transaction ends, in the order of their serial
/// numbers, so that two who want the same ones do not wait for each other.
async fn lock_rows(
    transaction: &DatabaseTransaction,
    issuer: &AuthorityName,
    serials: &[String],
    change: &Change,
) -> Result<HashMap<String, Row>, StoreError> {
    const ACT: &str = "load certificates";
    let of_these = Condition::all()
        .add(certificate::Column::Issuer.eq(issuer.as_str()))
        .add(certificate::Column::Serial.is_in(serials));
    type Columns = (
        String,
        i16,
        i32,
        i64,
        Option<i64>,
        Option<i16>,
        Option<String>,
        Option<i64>,
    );
    let rows: Vec<Columns> = certificate::Entity::find()
        .select_only()
        .columns([
            certificate::Column::Serial,
            certificate::Column::Generation,
            certificate::Column::CrlPartition,
            certificate::Column::NotAfter,
            certificate::Column::RevokedAt,
            certificate::Column::RevocationReason,
            certificate::Column::RevocationRequester,
            certificate::Column::InvalidityAt,
        ])
        .filter(of_these.clone())
        .order_by_asc(certificate::Column::Serial)
        .lock_exclusive()
        .into_tuple()
        .all(transaction)
        .await
        .map_err(failed(ACT))?;
    // The certificates themselves only where their keys matter.
    let needs_keys = matches!(change, Change::Revoke(new) if new.reason == Reason::KeyCompromise);
    let mut ders: HashMap<String, Vec<u8>> = HashMap::new();
    if needs_keys {
        let found: Vec<(String, Vec<u8>)> = certificate::Entity::find()
            .select_only()
            .columns([certificate::Column::Serial, certificate::Column::Der])
            .filter(of_these)
            .into_tuple()
            .all(transaction)
            .await
            .map_err(failed(ACT))?;
        ders.extend(found);
    }
    rows.into_iter()
        .map(
            |(serial, generation, partition, not_after, at, reason, requester, invalidity)| {
                let before =
                    read_revocation(at, reason, requester, invalidity).map_err(|column| {
                        StoreError::Inconsistent {
                            table: "certificate",
                            row: format!("{issuer}/{serial}"),
                            column,
                        }
                    })?;
                let row = Row {
                    stream: CrlStream::whole(issuer, generation).partition(partition),
                    not_after,
                    before,
                    der: ders.remove(&serial).unwrap_or_default(),
                };
                Ok((serial, row))
            },
        )
        .collect()
}

async fn update_certificates(
    transaction: &DatabaseTransaction,
    issuer: &AuthorityName,
    changing: &[(&String, &Row)],
    change: &Change,
) -> Result<(), StoreError> {
    let update = certificate::Entity::update_many()
        .filter(certificate::Column::Issuer.eq(issuer.as_str()))
        .filter(certificate::Column::Serial.is_in(changing.iter().map(|(serial, _)| *serial)));
    let update = match change {
        // The time of the first revocation stays; only the reason may become a worse one.
        Change::Revoke(new) => {
            let update = update
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
                );
            match new.invalidity_at_ms {
                Some(at_ms) => {
                    update.col_expr(certificate::Column::InvalidityAt, Expr::value(at_ms))
                }
                None => update,
            }
        }
        Change::Release => update
            .col_expr(
                certificate::Column::RevokedAt,
                Expr::value(Option::<i64>::None),
            )
            .col_expr(
                certificate::Column::RevocationReason,
                Expr::value(Option::<i16>::None),
            )
            .col_expr(
                certificate::Column::RevocationRequester,
                Expr::value(Option::<String>::None),
            )
            .col_expr(
                certificate::Column::InvalidityAt,
                Expr::value(Option::<i64>::None),
            ),
    };
    update
        .exec(transaction)
        .await
        .map_err(failed("update certificates"))?;
    Ok(())
}

fn of_stream(stream: &CrlStream) -> Condition {
    let of_generation = Condition::all()
        .add(revocation::Column::Issuer.eq(stream.authority.as_str()))
        .add(revocation::Column::Generation.eq(stream.generation));
    if stream.partition == 0 {
        of_generation
    } else {
        of_generation.add(revocation::Column::CrlPartition.eq(stream.partition))
    }
}

impl Row {
    fn is_changed_by(&self, change: &Change) -> bool {
        match change {
            Change::Revoke(new) => new.replaces(self.before.as_ref()),
            Change::Release => self.before.as_ref().is_some_and(Revocation::is_hold),
        }
    }

    /// The row of `revocation` that tells the change.
    fn changed(
        &self,
        issuer: &AuthorityName,
        serial: &str,
        change: &Change,
        event: i64,
    ) -> revocation::ActiveModel {
        let before = self.before.as_ref();
        let (revoked_at, reason, invalidity_at) = match change {
            Change::Revoke(new) => (
                before.map_or(new.at_ms, |before| before.at_ms),
                new.reason,
                new.invalidity_at_ms
                    .or_else(|| before.and_then(|before| before.invalidity_at_ms)),
            ),
            Change::Release => (
                before.map_or(0, |before| before.at_ms),
                Reason::RemoveFromCrl,
                None,
            ),
        };
        revocation::ActiveModel {
            issuer: Set(issuer.to_string()),
            serial: Set(serial.to_owned()),
            generation: Set(self.stream.generation),
            crl_partition: Set(self.stream.partition),
            not_after: Set(self.not_after),
            revoked_at: Set(revoked_at),
            reason: Set(i16::from(reason.code())),
            invalidity_at: Set(invalidity_at),
            changed: Set(event),
        }
    }
}
