//! Table `lease`: what must happen once is done by whoever holds the lease. It only spares work: what it guards stays
//! right when two believe they hold it (a CRL number, a request id, an OCSP generation is taken once).

use std::time::Duration;

use ers_runtime::db;
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait as _, Condition, EntityTrait as _, QueryFilter as _,
    sea_query::{Expr, OnConflict},
};

use super::{Store, StoreError, entity::lease, failed};

impl Store {
    /// Takes or keeps a lease. Returns whether it is ours now.
    pub async fn take_lease(
        &self,
        name: &str,
        holder: &str,
        duration: Duration,
    ) -> Result<bool, StoreError> {
        const ACT: &str = "take lease";
        db::retry(ACT, async || {
            let transaction = db::begin(&self.connection).await.map_err(failed(ACT))?;
            let now = self.clock.now_ms();
            let until = now.saturating_add(i64::try_from(duration.as_millis()).unwrap_or(i64::MAX));
            lease::Entity::insert(lease::ActiveModel {
                name: Set(name.to_owned()),
                holder: Set(holder.to_owned()),
                expires_at: Set(0),
            })
            .on_conflict(
                OnConflict::column(lease::Column::Name)
                    .do_nothing_on([lease::Column::Name])
                    .to_owned(),
            )
            .exec_without_returning(&transaction)
            .await
            .map_err(failed(ACT))?;
            let free = Condition::any()
                .add(lease::Column::Holder.eq(holder))
                .add(lease::Column::ExpiresAt.lte(now));
            let taken = lease::Entity::update_many()
                .col_expr(lease::Column::Holder, Expr::value(holder))
                .col_expr(lease::Column::ExpiresAt, Expr::value(until))
                .filter(lease::Column::Name.eq(name))
                .filter(free)
                .exec(&transaction)
                .await
                .map_err(failed(ACT))?
                .rows_affected
                > 0;
            transaction.commit().await.map_err(failed(ACT))?;
            Ok(taken)
        })
        .await
    }
}
