//! Attempts to be taken for somebody, counted for all replicas.

use sea_orm::{
    ActiveValue::Set, ColumnTrait as _, EntityTrait as _, QueryFilter as _, sea_query::Expr,
};

use super::{Inserted, Store, StoreError, entity::attempt};
use crate::domain::attempts::{AttemptId, Attempts, FORGOTTEN_AFTER_MS};

impl Store {
    /// The attempts so far; those of long ago are forgotten.
    #[tracing::instrument(name = "db.attempt.find", skip_all)]
    pub async fn find_attempts(
        &self,
        id: &AttemptId,
        now_ms: i64,
    ) -> Result<Option<Attempts>, StoreError> {
        let row = self
            .attempts
            .find([id.as_str()])
            .await
            .map_err(StoreError::at("find attempts"))?;
        Ok(row.map(|row| {
            if row.updated_at.saturating_add(FORGOTTEN_AFTER_MS) < now_ms {
                // The row is there with its count: the next attempt is compared with that.
                return Attempts {
                    failures: row.failures,
                    locked_until_ms: None,
                };
            }
            Attempts {
                failures: row.failures,
                locked_until_ms: row.locked_until,
            }
        }))
    }

    /// Counts one; false when another one was counted since these were read.
    #[tracing::instrument(name = "db.attempt.count", skip_all)]
    pub async fn count_one(
        &self,
        id: &AttemptId,
        read: Option<Attempts>,
        now_ms: i64,
    ) -> Result<bool, StoreError> {
        let act = StoreError::at("count attempt");
        let after = read.unwrap_or_default().after_one(now_ms);
        let Some(read) = read else {
            self.forget_old_attempts(now_ms).await?;
            let row = attempt::ActiveModel {
                id: Set(id.as_str().to_owned()),
                failures: Set(after.failures),
                locked_until: Set(after.locked_until_ms),
                updated_at: Set(now_ms),
            };
            let inserted = attempt::Entity::insert(row)
                .exec_without_returning(&self.connection)
                .await;
            return Ok(Inserted::of(inserted).map_err(act)? == Inserted::Yes);
        };
        let updated = attempt::Entity::update_many()
            .col_expr(attempt::Column::Failures, Expr::value(after.failures))
            .col_expr(
                attempt::Column::LockedUntil,
                Expr::value(after.locked_until_ms),
            )
            .col_expr(attempt::Column::UpdatedAt, Expr::value(now_ms))
            .filter(attempt::Column::Id.eq(id.as_str()))
            .filter(attempt::Column::Failures.eq(read.failures))
            .exec(&self.connection)
            .await
            .map_err(act)?;
        Ok(updated.rows_affected == 1)
    }

    /// Forgets the attempts: the right one came.
    #[tracing::instrument(name = "db.attempt.forget", skip_all)]
    pub async fn forget_attempts(&self, id: &AttemptId) -> Result<(), StoreError> {
        attempt::Entity::delete_by_id(id.as_str())
            .exec(&self.connection)
            .await
            .map_err(StoreError::at("forget attempts"))?;
        Ok(())
    }

    async fn forget_old_attempts(&self, now_ms: i64) -> Result<(), StoreError> {
        attempt::Entity::delete_many()
            .filter(attempt::Column::UpdatedAt.lt(now_ms.saturating_sub(FORGOTTEN_AFTER_MS)))
            .exec(&self.connection)
            .await
            .map_err(StoreError::at("forget old attempts"))?;
        Ok(())
    }
}
