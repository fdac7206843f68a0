//! Table `lease`: what must happen once is done by whoever holds the lease. A lease that changes hands gets a higher token;
//! who wrote what it guards under an older one is refused (fencing), however long it slept in between.

use std::time::Duration;

use ers_runtime::db;
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait as _, Condition, DatabaseTransaction, EntityTrait as _, ExprTrait as _,
    QueryFilter as _,
    sea_query::{Expr, OnConflict},
};

use super::{Store, StoreError, entity::lease, failed};

/// Clocks of replicas may differ by so much.
const CLOCKS_DIFFER: Duration = Duration::from_secs(300);

/// A lease that is held, as long as nobody else took it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fence {
    name: String,
    holder: String,
    token: i64,
}

impl Store {
    /// Takes or keeps a lease. Returns whether it is ours now.
    pub async fn take_lease(
        &self,
        name: &str,
        holder: &str,
        duration: Duration,
    ) -> Result<bool, StoreError> {
        Ok(self.take_fence(name, holder, duration).await?.is_some())
    }

    /// Takes or keeps a lease; none when another has it.
    pub async fn take_fence(
        &self,
        name: &str,
        holder: &str,
        duration: Duration,
    ) -> Result<Option<Fence>, StoreError> {
        const ACT: &str = "take lease";
        db::retry(ACT, async || {
            let transaction = db::begin(&self.connection).await.map_err(failed(ACT))?;
            lease::Entity::insert(lease::ActiveModel {
                name: Set(name.to_owned()),
                holder: Set(holder.to_owned()),
                expires_at: Set(0),
                token: Set(0),
            })
            .on_conflict(
                OnConflict::column(lease::Column::Name)
                    .do_nothing_on([lease::Column::Name])
                    .to_owned(),
            )
            .exec_without_returning(&transaction)
            .await
            .map_err(failed(ACT))?;
            let now = self.clock.now_ms();
            // One that would last longer than any was taken with a clock that was ahead and has been set right since.
            let unbelieved = until(now, duration.saturating_add(CLOCKS_DIFFER));
            let free = Condition::any()
                .add(lease::Column::Holder.eq(holder))
                .add(lease::Column::ExpiresAt.lte(now))
                .add(lease::Column::ExpiresAt.gt(unbelieved));
            let taken = lease::Entity::update_many()
                .col_expr(
                    lease::Column::Token,
                    Expr::col(lease::Column::Token).add(1_i64),
                )
                .col_expr(lease::Column::Holder, Expr::value(holder))
                .col_expr(lease::Column::ExpiresAt, Expr::value(until(now, duration)))
                .filter(lease::Column::Name.eq(name))
                .filter(free)
                .exec(&transaction)
                .await
                .map_err(failed(ACT))?
                .rows_affected
                > 0;
            let row = lease::Entity::find_by_id(name)
                .one(&transaction)
                .await
                .map_err(failed(ACT))?;
            transaction.commit().await.map_err(failed(ACT))?;
            Ok(row.filter(|_| taken).map(|row| Fence {
                name: name.to_owned(),
                holder: holder.to_owned(),
                token: row.token,
            }))
        })
        .await
    }

    /// Keeps a lease for longer. Returns false when another took it.
    pub async fn renew(&self, fence: &Fence, duration: Duration) -> Result<bool, StoreError> {
        let expires_at = until(self.clock.now_ms(), duration);
        self.set_expiry(fence, expires_at).await
    }

    /// Gives a lease back before its time.
    pub async fn release(&self, fence: &Fence) -> Result<(), StoreError> {
        self.set_expiry(fence, 0).await.map(drop)
    }

    async fn set_expiry(&self, fence: &Fence, expires_at: i64) -> Result<bool, StoreError> {
        const ACT: &str = "renew lease";
        db::retry(ACT, async || {
            let updated = lease::Entity::update_many()
                .col_expr(lease::Column::ExpiresAt, Expr::value(expires_at))
                .filter(held(fence))
                .exec(&self.connection)
                .await
                .map_err(failed(ACT))?;
            Ok(updated.rows_affected > 0)
        })
        .await
    }
}

/// Whether the lease is still held; if so, nobody can take it until the transaction ends.
pub(super) async fn is_held(
    transaction: &DatabaseTransaction,
    fence: &Fence,
) -> Result<bool, StoreError> {
    // Written, not only read: so the row is locked on every database. MariaDB counts only rows that became other ones.
    let updated = lease::Entity::update_many()
        .col_expr(
            lease::Column::ExpiresAt,
            Expr::col(lease::Column::ExpiresAt).add(1_i64),
        )
        .filter(held(fence))
        .exec(transaction)
        .await
        .map_err(failed("check lease"))?;
    Ok(updated.rows_affected > 0)
}

fn held(fence: &Fence) -> Condition {
    Condition::all()
        .add(lease::Column::Name.eq(fence.name.as_str()))
        .add(lease::Column::Holder.eq(fence.holder.as_str()))
        .add(lease::Column::Token.eq(fence.token))
}

fn until(now_ms: i64, duration: Duration) -> i64 {
    now_ms.saturating_add(i64::try_from(duration.as_millis()).unwrap_or(i64::MAX))
}
