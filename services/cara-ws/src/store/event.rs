//! Tables `event` and `event_counter`. Numbers are given under a row lock that is held until commit: an event is never
//! visible before one with a lower number, on no replica.

use std::{
    collections::HashMap,
    sync::{Arc, atomic::Ordering},
};

use ers_runtime::db::{self, ArrayInsert};
use sea_orm::{
    ActiveValue::Set, ColumnTrait as _, ConnectionTrait as _, DatabaseConnection,
    DatabaseTransaction, DbBackend, DbErr, EntityTrait as _, ExprTrait as _, QueryFilter as _,
    QueryOrder as _, QuerySelect as _, Statement, Value, sea_query::Expr,
};
use tokio::sync::watch;

use super::{
    Store, StoreError,
    certificate::read_record,
    entity::{certificate, event, event_counter},
    failed,
    key::CertificateKey,
};
use crate::domain::{AuthorityName, CrlName, Event, What};

const COUNTER: i32 = 1;
pub(super) const ISSUED: i16 = 1;
const REVOKED: i16 = 2;
const CRL_PUBLISHED: i16 = 3;
const AUTHORITY_CHANGED: i16 = 4;

/// An event to be written.
pub(super) struct NewEvent {
    kind: i16,
    issuer: String,
    serial: String,
    number: i64,
}

impl NewEvent {
    pub(super) fn issued(issuer: &str, serial: &str) -> Self {
        Self {
            kind: ISSUED,
            issuer: issuer.to_owned(),
            serial: serial.to_owned(),
            number: 0,
        }
    }

    pub(super) fn revoked(issuer: &str, serial: &str) -> Self {
        Self {
            kind: REVOKED,
            ..Self::issued(issuer, serial)
        }
    }

    pub(super) fn crl_published(name: &CrlName, number: i64) -> Self {
        Self {
            kind: CRL_PUBLISHED,
            number,
            // which of the CA's CRLs; the release before reads past it
            ..Self::issued(name.stream.authority.as_str(), &name.suffix())
        }
    }

    pub(super) fn authority_changed(authority: &AuthorityName) -> Self {
        Self {
            kind: AUTHORITY_CHANGED,
            ..Self::issued(authority.as_str(), "")
        }
    }
}

/// So many are looked through for the latest time: far more than happen before a clock is set right.
const EVENTS_SINCE_STEP: u64 = 20_000;

impl Store {
    /// Writes events in a transaction; gives the number of the last.
    pub(super) async fn append_events(
        &self,
        transaction: &DatabaseTransaction,
        new: &[NewEvent],
    ) -> Result<i64, StoreError> {
        self.append_events_at(transaction, new, self.clock.now_ms())
            .await
    }

    /// The same, of a time.
    pub(super) async fn append_events_at(
        &self,
        transaction: &DatabaseTransaction,
        new: &[NewEvent],
        at_ms: i64,
    ) -> Result<i64, StoreError> {
        const ACT: &str = "append events";
        let count = i64::try_from(new.len()).unwrap_or(i64::MAX);
        let head = count_on(transaction, count)
            .await
            .map_err(failed(ACT))?
            .ok_or_else(|| StoreError::Inconsistent {
                table: "event_counter",
                row: COUNTER.to_string(),
                column: "id",
            })?;
        self.newest_ms.fetch_max(at_ms, Ordering::Relaxed);
        let rows = new
            .iter()
            .zip(head - count + 1..)
            .map(|(new, sequence)| event::ActiveModel {
                sequence: Set(sequence),
                at: Set(at_ms),
                kind: Set(new.kind),
                issuer: Set(new.issuer.clone()),
                serial: Set(new.serial.clone()),
                number: Set(new.number),
            });
        db::insert_all(transaction, rows.collect())
            .await
            .map_err(failed(ACT))?;
        Ok(head)
    }

    /// Certificates and their events in one statement, which is a transaction of its own: one round trip. Gives the
    /// number of the last event; none, and nothing is written, where database or rows do not allow that.
    pub(super) async fn insert_with_events(
        &self,
        rows: &mut [certificate::ActiveModel],
        new: &[NewEvent],
        at_ms: i64,
    ) -> Result<Option<i64>, StoreError> {
        const ACT: &str = "store certificates with their events";
        let Some(statement) = insert_with_events(&self.connection, rows, new, at_ms) else {
            return Ok(None);
        };
        let answer = self
            .connection
            .query_all_raw(statement)
            .await
            .map_err(failed(ACT))?;
        let head = answer
            .first()
            .map(|row| row.try_get_by_index(0))
            .transpose()
            .map_err(failed(ACT))?;
        self.newest_ms.fetch_max(at_ms, Ordering::Relaxed);
        Ok(head)
    }

    /// Tells waiting subscribers of this process that events up to this number are committed.
    pub(super) fn announce(&self, head: i64) {
        self.head.send_if_modified(|known| {
            let newer = head > *known;
            if newer {
                *known = head;
            }
            newer
        });
    }

    /// The number of the newest event known, and a way to wait for newer ones.
    pub fn head(&self) -> watch::Receiver<i64> {
        self.head.subscribe()
    }

    /// Asks the database for the newest event's number: another replica may have written.
    pub async fn refresh_head(&self) -> Result<i64, StoreError> {
        let counter = event_counter::Entity::find_by_id(COUNTER)
            .one(&self.connection)
            .await
            .map_err(failed("load event counter"))?;
        let head = counter.map_or(0, |counter| counter.sequence);
        self.announce(head);
        Ok(head)
    }

    /// When the newest event known was written, epoch milliseconds; zero: there is none.
    pub fn newest_ms(&self) -> i64 {
        self.newest_ms.load(Ordering::Relaxed)
    }

    /// Asks the database when its newest event was written. That is not the last one when the clock went back: certificates
    /// are revoked and CRLs made all the same.
    pub(super) async fn load_newest(&self) -> Result<(), StoreError> {
        let newest: Vec<i64> = event::Entity::find()
            .select_only()
            .column(event::Column::At)
            .order_by_desc(event::Column::Sequence)
            .limit(EVENTS_SINCE_STEP)
            .into_tuple()
            .all(&self.connection)
            .await
            .map_err(failed("load newest event"))?;
        self.newest_ms.fetch_max(
            newest.into_iter().max().unwrap_or_default(),
            Ordering::Relaxed,
        );
        Ok(())
    }

    /// Events from a number on without a gap, at most so many, as far as this process wrote them a moment ago.
    pub fn recent_events(&self, from: i64, at_most: usize) -> Vec<Event> {
        self.recent.from(from, at_most)
    }

    /// Events from a number on, in order, at most so many.
    pub async fn load_events(&self, from: i64, at_most: u64) -> Result<Vec<Event>, StoreError> {
        const ACT: &str = "load events";
        let recent = self
            .recent
            .from(from, usize::try_from(at_most).unwrap_or(usize::MAX));
        if !recent.is_empty() {
            return Ok(recent);
        }
        let rows = event::Entity::find()
            .filter(event::Column::Sequence.gte(from))
            .order_by_asc(event::Column::Sequence)
            .limit(at_most)
            .all(&self.connection)
            .await
            .map_err(failed(ACT))?;
        let keys: Vec<_> = rows
            .iter()
            .filter(|row| matches!(row.kind, ISSUED | REVOKED))
            .map(|row| CertificateKey {
                issuer: row.issuer.clone(),
                serial: row.serial.clone(),
            })
            .collect();
        let certificates = self.load_whole(&keys, ACT).await?;
        let certificates: Certificates = certificates
            .into_iter()
            .map(|c| ((c.issuer.clone(), c.serial.clone()), c))
            .collect();
        rows.iter()
            .map(|row| read_event(row, &certificates))
            .collect()
    }

    /// Number of the newest event that this process knows of.
    pub fn known_head(&self) -> i64 {
        *self.head.borrow()
    }
}

/// The statement of [`Store::insert_with_events`], for PostgreSQL. The certificates come before the counter, whose row
/// stays locked until the end: the sum needs how many they are. Without the counter's row it fails: division by zero.
fn insert_with_events(
    connection: &DatabaseConnection,
    rows: &mut [certificate::ActiveModel],
    new: &[NewEvent],
    at_ms: i64,
) -> Option<Statement> {
    if connection.get_database_backend() != DbBackend::Postgres {
        return None;
    }
    let certificates = ArrayInsert::of(rows, 8)?;
    let sql = format!(
        "WITH written AS ({} RETURNING 1), \
         counted AS (UPDATE event_counter \
         SET sequence = sequence + $1 + 0 * (SELECT count(*) FROM written) WHERE id = $2 RETURNING sequence), \
         told AS (INSERT INTO event (sequence, at, kind, issuer, serial, number) \
         SELECT counted.sequence - $1 + new.place, $3, new.kind, new.issuer, new.serial, new.number FROM counted, \
         unnest($4::int2[], $5::text[], $6::text[], $7::int8[]) \
         WITH ORDINALITY AS new(kind, issuer, serial, number, place)) \
         SELECT coalesce(max(sequence), 0) / count(*) FROM counted",
        certificates.sql
    );
    let count = i64::try_from(new.len()).unwrap_or(i64::MAX);
    let mut values: Vec<Value> = vec![
        count.into(),
        COUNTER.into(),
        at_ms.into(),
        new.iter().map(|one| one.kind).collect::<Vec<_>>().into(),
        new.iter()
            .map(|one| one.issuer.clone())
            .collect::<Vec<_>>()
            .into(),
        new.iter()
            .map(|one| one.serial.clone())
            .collect::<Vec<_>>()
            .into(),
        new.iter().map(|one| one.number).collect::<Vec<_>>().into(),
    ];
    values.extend(certificates.values);
    Some(Statement::from_sql_and_values(
        DbBackend::Postgres,
        sql,
        values,
    ))
}

/// Raises the counter, whose row stays locked until commit; gives its new value.
async fn count_on(transaction: &DatabaseTransaction, count: i64) -> Result<Option<i64>, DbErr> {
    if transaction.get_database_backend() == DbBackend::Postgres {
        const SQL: &str =
            "UPDATE event_counter SET sequence = sequence + $1 WHERE id = $2 RETURNING sequence";
        let values = [count.into(), COUNTER.into()];
        let statement = Statement::from_sql_and_values(DbBackend::Postgres, SQL, values);
        let row = transaction.query_one_raw(statement).await?;
        return row.map(|row| row.try_get("", "sequence")).transpose();
    }
    event_counter::Entity::update_many()
        .col_expr(
            event_counter::Column::Sequence,
            Expr::col(event_counter::Column::Sequence).add(count),
        )
        .filter(event_counter::Column::Id.eq(COUNTER))
        .exec(transaction)
        .await?;
    let row = event_counter::Entity::find_by_id(COUNTER)
        .one(transaction)
        .await?;
    Ok(row.map(|row| row.sequence))
}

/// By issuer and serial number.
type Certificates = HashMap<(String, String), certificate::Model>;

fn read_event(row: &event::Model, certificates: &Certificates) -> Result<Event, StoreError> {
    let inconsistent = |column| StoreError::Inconsistent {
        table: "event",
        row: row.sequence.to_string(),
        column,
    };
    let record = || {
        let found = certificates.get(&(row.issuer.clone(), row.serial.clone()));
        read_record(found.ok_or_else(|| inconsistent("serial"))?.clone()).map(Arc::new)
    };
    let authority = || row.issuer.parse().map_err(|_| inconsistent("issuer"));
    let what = match row.kind {
        ISSUED => What::Issued(record()?),
        REVOKED => What::Revoked(record()?),
        CRL_PUBLISHED => What::CrlPublished {
            name: format!("{}{}", row.issuer, row.serial)
                .parse()
                .map_err(|_| inconsistent("serial"))?,
            number: row.number,
        },
        AUTHORITY_CHANGED => What::AuthorityChanged(authority()?),
        _ => return Err(inconsistent("kind")),
    };
    Ok(Event {
        sequence: row.sequence,
        at_ms: row.at,
        what,
    })
}
