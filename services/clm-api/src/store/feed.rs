//! The inventory's way in: what CARA told, applied exactly once. The position moves in the same transaction as the
//! rows and only from where this process believes it to be: of two replicas that hear the same, one wins.

use std::collections::{BTreeMap, BTreeSet};

use ers_runtime::db::{self, MayBeDatabase};
use sea_orm::{
    ActiveValue::Set, ColumnTrait as _, ConnectionTrait, DbErr, EntityTrait as _, QueryFilter as _,
    QuerySelect as _, sea_query::Expr,
};

use super::{
    NewDelivery, Store, StoreError,
    certificate::{name_rows, row_of},
    delivery,
    entity::{certificate, feed},
};
use crate::domain::inventory::{InventoryCertificate, Told};

const SOURCE: &str = "cara";
/// SQLite takes at most 32,766 values in a statement.
const NAMES_PER_STATEMENT: usize = 1000;

/// Why a batch was not applied.
#[derive(Debug, thiserror::Error)]
pub enum ApplyError {
    /// Another replica has applied events since the position was read.
    #[error("apply events: position is not {0} any more")]
    Overtaken(u64),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl MayBeDatabase for ApplyError {
    fn database(&self) -> Option<&DbErr> {
        match self {
            Self::Overtaken(_) => None,
            Self::Store(error) => error.database(),
        }
    }
}

impl Store {
    /// Number of the last event applied; zero when there was none.
    #[tracing::instrument(name = "db.feed.load", skip_all)]
    pub async fn load_feed_position(&self, now_ms: i64) -> Result<u64, StoreError> {
        let found = feed::Entity::find_by_id(SOURCE)
            .one(&self.connection)
            .await
            .map_err(StoreError::at("load feed position"))?;
        if let Some(row) = found {
            return u64::try_from(row.position)
                .map_err(|_| StoreError::inconsistent("feed", SOURCE, "position"));
        }
        let row = feed::ActiveModel {
            source: Set(SOURCE.to_owned()),
            position: Set(0),
            updated_at: Set(now_ms),
        };
        let inserted = feed::Entity::insert(row)
            .exec_without_returning(&self.connection)
            .await;
        super::Inserted::of(inserted).map_err(StoreError::at("begin feed"))?;
        Ok(0)
    }

    /// Applies events in their order, keeps what is to be told of them, and moves on from the position to the last one's
    /// number, all or nothing.
    #[tracing::instrument(name = "db.feed.apply", skip_all, fields(events = told.len()))]
    pub async fn apply_events(
        &self,
        position: u64,
        told: &[Told],
        notices: &[NewDelivery],
        now_ms: i64,
    ) -> Result<u64, ApplyError> {
        let Some(last) = told.last().map(|event| event.sequence) else {
            return Ok(position);
        };
        db::retry("apply events", || {
            self.try_apply_events(position, last, told, notices, now_ms)
        })
        .await?;
        Ok(last)
    }

    async fn try_apply_events(
        &self,
        position: u64,
        last: u64,
        told: &[Told],
        notices: &[NewDelivery],
        now_ms: i64,
    ) -> Result<(), ApplyError> {
        let act = StoreError::at("apply events");
        let transaction = db::begin(&self.connection).await.map_err(&act)?;
        // First, so that a second replica waits here and not after half of the work.
        let moved = feed::Entity::update_many()
            .col_expr(feed::Column::Position, Expr::value(number(last)?))
            .col_expr(feed::Column::UpdatedAt, Expr::value(now_ms))
            .filter(feed::Column::Source.eq(SOURCE))
            .filter(feed::Column::Position.eq(number(position)?))
            .exec(&transaction)
            .await
            .map_err(&act)?;
        if moved.rows_affected != 1 {
            return Err(ApplyError::Overtaken(position));
        }
        put_all(&transaction, told, now_ms).await.map_err(&act)?;
        delivery::insert(&transaction, notices, now_ms)
            .await
            .map_err(&act)?;
        transaction.commit().await.map_err(&act)?;
        Ok(())
    }

    /// How far something else was followed: zero when nothing was.
    #[tracing::instrument(name = "db.feed.mark", level = "trace", skip_all)]
    pub async fn load_mark(&self, source: &str) -> Result<i64, StoreError> {
        let row = feed::Entity::find_by_id(source)
            .one(&self.connection)
            .await
            .map_err(StoreError::at("load mark"))?;
        Ok(row.map_or(0, |row| row.position))
    }

    /// Moves such a mark; false when somebody else has moved it.
    #[tracing::instrument(name = "db.feed.move_mark", skip_all)]
    pub async fn move_mark(
        &self,
        source: &str,
        from: i64,
        to: i64,
        now_ms: i64,
    ) -> Result<bool, StoreError> {
        let act = StoreError::at("move mark");
        let moved = feed::Entity::update_many()
            .col_expr(feed::Column::Position, Expr::value(to))
            .col_expr(feed::Column::UpdatedAt, Expr::value(now_ms))
            .filter(feed::Column::Source.eq(source))
            .filter(feed::Column::Position.eq(from))
            .exec(&self.connection)
            .await
            .map_err(&act)?;
        if moved.rows_affected == 1 || from != 0 {
            return Ok(moved.rows_affected == 1);
        }
        let first = feed::ActiveModel {
            source: Set(source.to_owned()),
            position: Set(to),
            updated_at: Set(now_ms),
        };
        let inserted = feed::Entity::insert(first)
            .exec_without_returning(&self.connection)
            .await;
        super::Inserted::of(inserted)
            .map(|inserted| inserted == super::Inserted::Yes)
            .map_err(act)
    }

    /// Marks a certificate as revoked at once, so that who revoked it sees that, also when it was issued a moment ago and
    /// that event is still on the way; its event will say the same again.
    #[tracing::instrument(name = "db.inventory_certificate.revoke", skip_all)]
    pub async fn mark_revoked(
        &self,
        told: &InventoryCertificate,
        now_ms: i64,
    ) -> Result<(), StoreError> {
        let act = StoreError::at("mark certificate revoked");
        let is_there = revoke(&self.connection, told, now_ms).await;
        if is_there.map_err(&act)? {
            return Ok(());
        }
        match self.add_revoked(told, now_ms).await {
            // it came meanwhile
            Err(error) if db::is_duplicate(&error) => {
                let marked = revoke(&self.connection, told, now_ms).await;
                marked.map(drop).map_err(act)
            }
            added => added.map_err(act),
        }
    }

    async fn add_revoked(&self, told: &InventoryCertificate, now_ms: i64) -> Result<(), DbErr> {
        let transaction = db::begin(&self.connection).await?;
        add_all(&transaction, &[told], now_ms).await?;
        transaction.commit().await
    }
}

/// Brings the certificates to what was told of them last: changed when there, added when not.
async fn put_all<C: ConnectionTrait>(
    database: &C,
    told: &[Told],
    now_ms: i64,
) -> Result<(), DbErr> {
    let mut last: BTreeMap<(&str, &str), (u64, &InventoryCertificate)> = BTreeMap::new();
    for event in told {
        if let Some(certificate) = &event.certificate {
            let key = (certificate.issuer.as_str(), certificate.serial.as_str());
            last.insert(key, (event.sequence, certificate));
        }
    }
    let mut told: Vec<_> = last.into_values().collect();
    // of the same moment, as they were told
    told.sort_by_key(|(sequence, certificate)| (certificate.issued_at_ms, *sequence));
    let told: Vec<_> = told
        .into_iter()
        .map(|(_, certificate)| certificate)
        .collect();
    let there = match add_new(database, &told, now_ms).await? {
        Some(there) => there,
        None => add_missing(database, told, now_ms).await?,
    };
    for certificate in there {
        if certificate.revocation.is_some() {
            revoke(database, certificate, now_ms).await?;
        }
    }
    Ok(())
}

/// Adds those that are not there; gives back those that are. Nothing is done where the database cannot do so in one
/// statement.
async fn add_new<'a, C: ConnectionTrait>(
    database: &C,
    told: &[&'a InventoryCertificate],
    now_ms: i64,
) -> Result<Option<Vec<&'a InventoryCertificate>>, DbErr> {
    let mut rows: Vec<_> = told
        .iter()
        .map(|certificate| row_of(certificate, now_ms))
        .collect();
    let columns = [certificate::Column::Fingerprint, certificate::Column::Id];
    let Some(added) = db::insert_new_returning(database, &mut rows, &columns).await? else {
        return Ok(None);
    };
    let ids: BTreeMap<String, i64> = added
        .iter()
        .map(|row| Ok((row.try_get("", "fingerprint")?, row.try_get("", "id")?)))
        .collect::<Result<_, DbErr>>()?;
    let (new, there): (Vec<_>, Vec<_>) = told
        .iter()
        .copied()
        .partition(|certificate| ids.contains_key(&certificate.fingerprint));
    add_names(database, &new, &ids).await?;
    Ok(Some(there))
}

/// The same in several statements.
async fn add_missing<'a, C: ConnectionTrait>(
    database: &C,
    told: Vec<&'a InventoryCertificate>,
    now_ms: i64,
) -> Result<Vec<&'a InventoryCertificate>, DbErr> {
    let serials: BTreeSet<&str> = told.iter().map(|one| one.serial.as_str()).collect();
    let known: Vec<(String, String)> = certificate::Entity::find()
        .select_only()
        .columns([certificate::Column::Issuer, certificate::Column::Serial])
        .filter(certificate::Column::Serial.is_in(serials))
        .into_tuple()
        .all(database)
        .await?;
    let known: BTreeSet<(&str, &str)> = known
        .iter()
        .map(|(issuer, serial)| (issuer.as_str(), serial.as_str()))
        .collect();
    let (there, new): (Vec<_>, Vec<_>) = told
        .into_iter()
        .partition(|one| known.contains(&(one.issuer.as_str(), one.serial.as_str())));
    add_all(database, &new, now_ms).await?;
    Ok(there)
}

/// Adds certificates that are not there, with their names.
pub(super) async fn add_all<C: ConnectionTrait>(
    database: &C,
    new: &[&InventoryCertificate],
    now_ms: i64,
) -> Result<(), DbErr> {
    if new.is_empty() {
        return Ok(());
    }
    let rows = new.iter().map(|certificate| row_of(certificate, now_ms));
    certificate::Entity::insert_many(rows)
        .exec_without_returning(database)
        .await?;
    // Asked for, not counted on from the last id: not every database numbers the rows of one statement in a row.
    let ids: Vec<(String, i64)> = certificate::Entity::find()
        .select_only()
        .columns([certificate::Column::Fingerprint, certificate::Column::Id])
        .filter(
            certificate::Column::Fingerprint
                .is_in(new.iter().map(|certificate| &certificate.fingerprint)),
        )
        .into_tuple()
        .all(database)
        .await?;
    add_names(database, new, &ids.into_iter().collect()).await
}

async fn add_names<C: ConnectionTrait>(
    database: &C,
    new: &[&InventoryCertificate],
    ids: &BTreeMap<String, i64>,
) -> Result<(), DbErr> {
    let mut names = Vec::new();
    for certificate in new {
        if let Some(id) = ids.get(&certificate.fingerprint) {
            names.extend(name_rows(*id, certificate));
        }
    }
    for some in names.chunks(NAMES_PER_STATEMENT) {
        db::insert_all(database, some.to_vec()).await?;
    }
    Ok(())
}

/// Whether there was such a certificate.
async fn revoke<C: ConnectionTrait>(
    database: &C,
    told: &InventoryCertificate,
    now_ms: i64,
) -> Result<bool, DbErr> {
    let revocation = told.revocation.as_ref();
    let updated = certificate::Entity::update_many()
        .col_expr(
            certificate::Column::RevokedAt,
            Expr::value(revocation.map(|revocation| revocation.at_ms)),
        )
        .col_expr(
            certificate::Column::RevocationReason,
            Expr::value(revocation.map(|revocation| revocation.reason.clone())),
        )
        .col_expr(certificate::Column::UpdatedAt, Expr::value(now_ms))
        .filter(certificate::Column::Issuer.eq(&told.issuer))
        .filter(certificate::Column::Serial.eq(&told.serial))
        .exec(database)
        .await?;
    Ok(updated.rows_affected > 0)
}

fn number(sequence: u64) -> Result<i64, StoreError> {
    i64::try_from(sequence).map_err(|_| StoreError::inconsistent("feed", SOURCE, "position"))
}
