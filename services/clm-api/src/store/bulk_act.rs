//! Acts on many certificates. Who works on one claims it for a while; what it has come to is written only by who has the
//! claim still.

use ers_runtime::{db, error::chain};
use sea_orm::{
    ActiveValue::{NotSet, Set},
    ColumnTrait as _, Condition, EntityTrait as _, ExprTrait as _, PaginatorTrait as _,
    QueryFilter as _, QueryOrder as _, QuerySelect as _, QueryTrait as _,
    sea_query::{Expr, OnConflict},
};

use super::{
    Store, StoreError,
    entity::{bulk_act, bulk_failure},
};
use crate::domain::{
    access::Reach,
    bulk::{BulkAct, BulkFailure, BulkMaker, BulkProgress, BulkState, MOST_FAILURES},
    page::{Page, PageRequest},
};

use bulk_act::Column;

const LONGEST_REASON: usize = 500;
/// More acts that cannot be read are somebody's business before any other goes on.
const MOST_LOOKED_AT: u64 = 100;

/// What a stretch of work came to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct BulkStep {
    /// Of this stretch.
    pub progress: BulkProgress,
    /// What could not be done.
    pub failures: Vec<BulkFailure>,
    /// Where it goes on; absent: it has come to its end.
    pub position: Option<String>,
    /// Until when the one who wrote this goes on with it; zero: anybody may.
    pub claimed_until_ms: i64,
}

impl Store {
    /// Keeps an act; absent when there is one by that key.
    #[tracing::instrument(name = "db.bulk_act.insert", skip_all)]
    pub async fn add_bulk_act(
        &self,
        act: &BulkAct,
        request_key: Option<&str>,
    ) -> Result<Option<i64>, StoreError> {
        let number = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
        let row = bulk_act::ActiveModel {
            id: NotSet,
            kind: Set(act.wish.act.as_str().to_owned()),
            wish: Set(serde_json::json!(act.wish).to_string()),
            reach: Set(act.maker.reach.to_json()),
            actor: Set(act.maker.actor.chars().take(255).collect()),
            address: Set(act.maker.address.clone()),
            requester: Set(act.maker.requester.to_string()),
            request_key: Set(request_key.map(str::to_owned)),
            state: Set(act.state.as_str().to_owned()),
            total: Set(number(act.total)),
            done: Set(0),
            unchanged: Set(0),
            failed: Set(0),
            position: Set(act.position.clone()),
            claimed_until: Set(0),
            created_at: Set(act.created_at_ms),
            updated_at: Set(act.created_at_ms),
            finished_at: Set(act.finished_at_ms),
        };
        match bulk_act::Entity::insert(row).exec(&self.connection).await {
            Ok(inserted) => Ok(Some(inserted.last_insert_id)),
            Err(error) if db::is_duplicate(&error) => Ok(None),
            Err(source) => Err(StoreError::at("keep bulk act")(source)),
        }
    }

    /// An act.
    #[tracing::instrument(name = "db.bulk_act.find", skip_all)]
    pub async fn find_bulk_act(&self, id: i64) -> Result<Option<BulkAct>, StoreError> {
        self.one_bulk_act(Column::Id.eq(id)).await
    }

    /// The act of a key.
    #[tracing::instrument(name = "db.bulk_act.find_by_key", skip_all)]
    pub async fn find_bulk_act_by_key(&self, key: &str) -> Result<Option<BulkAct>, StoreError> {
        self.one_bulk_act(Column::RequestKey.eq(key)).await
    }

    async fn one_bulk_act(&self, wanted: Expr) -> Result<Option<BulkAct>, StoreError> {
        bulk_act::Entity::find()
            .filter(wanted)
            .one(&self.connection)
            .await
            .map_err(StoreError::at("find bulk act"))?
            .map(read)
            .transpose()
    }

    /// A page of acts, newest first; of one person only.
    #[tracing::instrument(name = "db.bulk_act.list", skip_all)]
    pub async fn list_bulk_acts(
        &self,
        actor: Option<&str>,
        page: &PageRequest<i64>,
    ) -> Result<Page<BulkAct>, StoreError> {
        let act = StoreError::at("list bulk acts");
        let query = bulk_act::Entity::find()
            .apply_if(actor, |query, actor| query.filter(Column::Actor.eq(actor)));
        let total = query.clone().count(&self.connection).await.map_err(&act)?;
        let rows = query
            .apply_if(page.after, |query, after| {
                query.filter(Column::Id.lt(after))
            })
            .order_by_desc(Column::Id)
            .limit(u64::from(page.size) + 1)
            .all(&self.connection)
            .await
            .map_err(&act)?;
        let rows: Vec<BulkAct> = rows.into_iter().map(read).collect::<Result<_, _>>()?;
        Ok(Page::cut(rows, page.size, total, |act| act.id.to_string()))
    }

    /// What could not be done.
    #[tracing::instrument(name = "db.bulk_failure.list", skip_all)]
    pub async fn list_bulk_failures(&self, id: i64) -> Result<Vec<BulkFailure>, StoreError> {
        let rows = bulk_failure::Entity::find()
            .filter(bulk_failure::Column::BulkAct.eq(id))
            .order_by_asc(bulk_failure::Column::Certificate)
            .all(&self.connection)
            .await
            .map_err(StoreError::at("list failures of a bulk act"))?;
        Ok(rows
            .into_iter()
            .map(|row| BulkFailure {
                certificate: row.certificate,
                reason: row.reason,
            })
            .collect())
    }

    /// The oldest act that goes on and that nobody works on. One that cannot be read stands in nobody's way.
    #[tracing::instrument(name = "db.bulk_act.next", level = "trace", skip_all)]
    pub async fn find_idle_bulk_act(&self, now_ms: i64) -> Result<Option<BulkAct>, StoreError> {
        let rows = bulk_act::Entity::find()
            .filter(Column::State.eq(BulkState::Running.as_str()))
            .filter(Column::ClaimedUntil.lte(now_ms))
            .order_by_asc(Column::Id)
            .limit(MOST_LOOKED_AT)
            .all(&self.connection)
            .await
            .map_err(StoreError::at("look for bulk acts"))?;
        for row in rows {
            match read(row) {
                Ok(act) => return Ok(Some(act)),
                Err(error) => tracing::error!(error = chain(&error), "bulk act left out"),
            }
        }
        Ok(None)
    }

    /// Claims an act as it was read; false when somebody else has.
    #[tracing::instrument(name = "db.bulk_act.claim", skip_all)]
    pub async fn claim_bulk_act(&self, act: &BulkAct, until_ms: i64) -> Result<bool, StoreError> {
        let claimed = bulk_act::Entity::update_many()
            .col_expr(Column::ClaimedUntil, Expr::value(until_ms))
            .filter(still_held(act))
            .exec(&self.connection)
            .await
            .map_err(StoreError::at("claim bulk act"))?;
        Ok(claimed.rows_affected == 1)
    }

    /// Writes down what a stretch of work came to, all or nothing; false when the claim is another's by now.
    #[tracing::instrument(name = "db.bulk_act.step", skip_all)]
    pub async fn write_bulk_step(
        &self,
        act: &BulkAct,
        step: &BulkStep,
        now_ms: i64,
    ) -> Result<bool, StoreError> {
        db::retry("write bulk step", || self.try_write_step(act, step, now_ms)).await
    }

    async fn try_write_step(
        &self,
        held: &BulkAct,
        step: &BulkStep,
        now_ms: i64,
    ) -> Result<bool, StoreError> {
        let act = StoreError::at("write down how far a bulk act has come");
        let transaction = db::begin(&self.connection).await.map_err(&act)?;
        let more = |column: Column, count: u64| {
            (
                column,
                Expr::col(column).add(i64::try_from(count).unwrap_or(0)),
            )
        };
        let mut update = bulk_act::Entity::update_many()
            .col_expr(Column::UpdatedAt, Expr::value(now_ms))
            .col_expr(Column::ClaimedUntil, Expr::value(step.claimed_until_ms));
        for (column, value) in [
            more(Column::Done, step.progress.done),
            more(Column::Unchanged, step.progress.unchanged),
            more(Column::Failed, step.progress.failed),
        ] {
            update = update.col_expr(column, value);
        }
        update = match &step.position {
            Some(position) => update.col_expr(Column::Position, Expr::value(position.as_str())),
            None => update
                .col_expr(Column::State, Expr::value(BulkState::Done.as_str()))
                .col_expr(Column::FinishedAt, Expr::value(now_ms)),
        };
        let written = update
            .filter(still_held(held))
            .exec(&transaction)
            .await
            .map_err(&act)?;
        if written.rows_affected != 1 {
            return Ok(false);
        }
        let kept = i64::try_from(held.progress.failed).unwrap_or(MOST_FAILURES);
        let room = usize::try_from(MOST_FAILURES - kept).unwrap_or(0);
        let rows: Vec<_> = step
            .failures
            .iter()
            .take(room)
            .map(|failure| bulk_failure::ActiveModel {
                bulk_act: Set(held.id),
                certificate: Set(failure.certificate.chars().take(128).collect()),
                reason: Set(failure.reason.chars().take(LONGEST_REASON).collect()),
            })
            .collect();
        if !rows.is_empty() {
            bulk_failure::Entity::insert_many(rows)
                .on_conflict(
                    OnConflict::columns([
                        bulk_failure::Column::BulkAct,
                        bulk_failure::Column::Certificate,
                    ])
                    .do_nothing_on([bulk_failure::Column::BulkAct])
                    .to_owned(),
                )
                .exec_without_returning(&transaction)
                .await
                .map_err(&act)?;
        }
        transaction.commit().await.map_err(&act)?;
        Ok(true)
    }

    /// Ends an act that goes on; false when it does not.
    #[tracing::instrument(name = "db.bulk_act.cancel", skip_all)]
    pub async fn cancel_bulk_act(&self, id: i64, now_ms: i64) -> Result<bool, StoreError> {
        let cancelled = bulk_act::Entity::update_many()
            .col_expr(Column::State, Expr::value(BulkState::Cancelled.as_str()))
            .col_expr(Column::FinishedAt, Expr::value(now_ms))
            .filter(Column::Id.eq(id))
            .filter(Column::State.eq(BulkState::Running.as_str()))
            .exec(&self.connection)
            .await
            .map_err(StoreError::at("cancel bulk act"))?;
        Ok(cancelled.rows_affected == 1)
    }
}

fn still_held(act: &BulkAct) -> Condition {
    Condition::all()
        .add(Column::Id.eq(act.id))
        .add(Column::State.eq(BulkState::Running.as_str()))
        .add(Column::ClaimedUntil.eq(act.claimed_until_ms))
}

fn read(row: bulk_act::Model) -> Result<BulkAct, StoreError> {
    let broken = |column| StoreError::inconsistent("bulk_act", row.id.to_string(), column);
    let count = |number: i64, column| u64::try_from(number).map_err(|_| broken(column));
    Ok(BulkAct {
        id: row.id,
        wish: serde_json::from_str(&row.wish).map_err(|_| broken("wish"))?,
        maker: BulkMaker {
            actor: row.actor.clone(),
            address: row.address.clone(),
            requester: row.requester.parse().map_err(|_| broken("requester"))?,
            reach: Reach::from_json(&row.reach).ok_or_else(|| broken("reach"))?,
        },
        state: row.state.parse().map_err(|()| broken("state"))?,
        total: count(row.total, "total")?,
        progress: BulkProgress {
            done: count(row.done, "done")?,
            unchanged: count(row.unchanged, "unchanged")?,
            failed: count(row.failed, "failed")?,
        },
        position: row.position.clone(),
        claimed_until_ms: row.claimed_until,
        created_at_ms: row.created_at,
        finished_at_ms: row.finished_at,
    })
}
