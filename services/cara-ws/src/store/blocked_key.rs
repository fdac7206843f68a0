//! Table `blocked_key`: public keys that get no certificates any more.

use sea_orm::{
    ActiveValue::Set, ColumnTrait as _, ConnectionTrait, EntityTrait as _, PaginatorTrait as _,
    QueryFilter as _, QuerySelect as _, sea_query::OnConflict,
};

use super::{Store, StoreError, entity::blocked_key, failed};
use crate::domain::KeyHash;

impl Store {
    /// Blocks a key by itself. May be repeated.
    pub async fn block_key(&self, key: KeyHash, requester: &str) -> Result<(), StoreError> {
        let keys = [(key, String::new())];
        insert(&self.connection, &keys, self.clock.now_ms(), requester).await
    }

    /// Lets a key have certificates again. Returns whether it was blocked.
    pub async fn unblock_key(&self, key: KeyHash) -> Result<bool, StoreError> {
        let deleted = blocked_key::Entity::delete_by_id(key.to_string())
            .exec(&self.connection)
            .await
            .map_err(failed("unblock key"))?;
        Ok(deleted.rows_affected > 0)
    }

    /// How many keys are blocked.
    pub async fn count_blocked_keys(&self) -> Result<u64, StoreError> {
        blocked_key::Entity::find()
            .count(&self.connection)
            .await
            .map_err(failed("count blocked keys"))
    }

    /// Keys that were blocked at or after a time, epoch milliseconds.
    pub async fn load_blocked_keys(&self, since_ms: i64) -> Result<Vec<KeyHash>, StoreError> {
        let hashes: Vec<String> = blocked_key::Entity::find()
            .select_only()
            .column(blocked_key::Column::KeyHash)
            .filter(blocked_key::Column::BlockedAt.gte(since_ms))
            .into_tuple()
            .all(&self.connection)
            .await
            .map_err(failed("load blocked keys"))?;
        hashes
            .into_iter()
            .map(|hash| {
                KeyHash::from_hex(&hash).ok_or(StoreError::Inconsistent {
                    table: "blocked_key",
                    row: hash,
                    column: "key_hash",
                })
            })
            .collect()
    }
}

/// Blocks keys, each for the certificate named beside it; one that is blocked stays as it is.
pub(super) async fn insert<C: ConnectionTrait>(
    database: &C,
    keys: &[(KeyHash, String)],
    now_ms: i64,
    requester: &str,
) -> Result<(), StoreError> {
    let rows = keys
        .iter()
        .map(|(key, certificate)| blocked_key::ActiveModel {
            key_hash: Set(key.to_string()),
            blocked_at: Set(now_ms),
            requester: Set(requester.to_owned()),
            certificate: Set(certificate.clone()),
        });
    blocked_key::Entity::insert_many(rows)
        .on_conflict(
            OnConflict::column(blocked_key::Column::KeyHash)
                .do_nothing_on([blocked_key::Column::KeyHash])
                .to_owned(),
        )
        .exec_without_returning(database)
        .await
        .map_err(failed("block keys"))?;
    Ok(())
}
