//! Notices on their way. One that is due is claimed before it is sent, by moving its next attempt: of two replicas one
//! sends it, and if that one dies it is due again.

use std::str::FromStr;

use ers_runtime::error::chain;
use sea_orm::{
    ActiveValue::{NotSet, Set},
    ColumnTrait as _, ConnectionTrait, DbErr, EntityTrait as _, PaginatorTrait as _,
    QueryFilter as _, QueryOrder as _, QuerySelect as _, QueryTrait as _,
    sea_query::{Expr, OnConflict},
};

use super::{Store, StoreError, entity::delivery};
use crate::domain::{
    id::SubscriptionName,
    notice::{Content, EventType, Notice},
    page::{Page, PageRequest},
    subscription::Recipient,
};

const PENDING: &str = DeliveryState::Pending.as_str();
const LONGEST_ERROR: usize = 1000;
/// SQLite takes at most 32,766 values in a statement.
const ROWS_PER_STATEMENT: usize = 500;

/// A notice that is to go to a recipient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewDelivery {
    /// For whom.
    pub subscription: SubscriptionName,
    /// Where to; of a contact, its address.
    pub recipient: Recipient,
    /// What is told.
    pub notice: Notice,
}

/// How a delivery stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeliveryState {
    /// To be sent, or to be sent again.
    Pending,
    /// The other side has taken it.
    Delivered,
    /// Given up.
    Failed,
}

/// No such state.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("read state: must be one of pending, delivered, failed")]
pub struct UnknownDeliveryState;

/// A notice on its way, or there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// Its number: higher is newer.
    pub id: i64,
    /// For whom.
    pub subscription: String,
    /// What it is about.
    pub event: EventType,
    /// What is told.
    pub content: Content,
    /// Where to.
    pub recipient: Recipient,
    /// How it stands.
    pub state: DeliveryState,
    /// How often it was tried.
    pub attempts: u32,
    /// When it is tried next, while pending.
    pub next_attempt_at_ms: i64,
    /// Why the last attempt failed; empty: it did not.
    pub last_error: String,
    /// When it was found.
    pub created_at_ms: i64,
    /// When it arrived or was given up.
    pub finished_at_ms: Option<i64>,
}

/// Which deliveries are looked for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DeliveryFilter {
    /// In this state.
    pub state: Option<DeliveryState>,
    /// Of this subscription.
    pub subscription: Option<SubscriptionName>,
    /// Of one of these; absent: of whichever.
    pub within: Option<Vec<SubscriptionName>>,
}

/// What waits to be told, and what could not be.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DeliveryBacklog {
    /// On their way.
    pub pending: u64,
    /// Given up.
    pub failed: u64,
    /// When the oldest that is on its way was found.
    pub oldest_pending_at_ms: Option<i64>,
}

impl DeliveryState {
    /// Its name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Delivered => "delivered",
            Self::Failed => "failed",
        }
    }
}

impl FromStr for DeliveryState {
    type Err = UnknownDeliveryState;

    fn from_str(text: &str) -> Result<Self, UnknownDeliveryState> {
        [Self::Pending, Self::Delivered, Self::Failed]
            .into_iter()
            .find(|state| state.as_str() == text)
            .ok_or(UnknownDeliveryState)
    }
}

impl Store {
    /// Keeps deliveries until they are sent; those that are there already stay as they are.
    #[tracing::instrument(name = "db.delivery.insert", skip_all)]
    pub async fn add_deliveries(&self, new: &[NewDelivery], now_ms: i64) -> Result<(), StoreError> {
        insert(&self.connection, new, now_ms)
            .await
            .map_err(StoreError::at("keep notices"))
    }

    /// Deliveries that are due, the oldest first.
    #[tracing::instrument(name = "db.delivery.due", level = "trace", skip_all)]
    pub async fn list_due_deliveries(
        &self,
        now_ms: i64,
        most: u64,
    ) -> Result<Vec<Delivery>, StoreError> {
        let rows = delivery::Entity::find()
            .filter(delivery::Column::State.eq(PENDING))
            .filter(delivery::Column::NextAttemptAt.lte(now_ms))
            .order_by_asc(delivery::Column::Id)
            .limit(most)
            .all(&self.connection)
            .await
            .map_err(StoreError::at("look for notices to send"))?;
        // One that cannot be read must not hold up the others.
        Ok(rows
            .into_iter()
            .filter_map(|row| {
                read(row)
                    .inspect_err(|error| tracing::error!(error = chain(error), "notice not sent"))
                    .ok()
            })
            .collect())
    }

    /// Claims a delivery for an attempt that will not take longer than until then; false: somebody else has.
    #[tracing::instrument(name = "db.delivery.claim", skip_all)]
    pub async fn claim_delivery(
        &self,
        delivery: &Delivery,
        until_ms: i64,
    ) -> Result<bool, StoreError> {
        let claimed = delivery::Entity::update_many()
            .col_expr(delivery::Column::NextAttemptAt, Expr::value(until_ms))
            .col_expr(
                delivery::Column::Attempts,
                Expr::value(i64::from(delivery.attempts) + 1),
            )
            .filter(delivery::Column::Id.eq(delivery.id))
            .filter(delivery::Column::State.eq(PENDING))
            .filter(delivery::Column::Attempts.eq(i64::from(delivery.attempts)))
            .exec(&self.connection)
            .await
            .map_err(StoreError::at("claim notice"))?;
        Ok(claimed.rows_affected == 1)
    }

    /// Writes down that deliveries have arrived.
    #[tracing::instrument(name = "db.delivery.delivered", skip_all)]
    pub async fn mark_delivered(&self, ids: &[i64], now_ms: i64) -> Result<(), StoreError> {
        delivery::Entity::update_many()
            .col_expr(
                delivery::Column::State,
                Expr::value(DeliveryState::Delivered.as_str()),
            )
            .col_expr(delivery::Column::FinishedAt, Expr::value(now_ms))
            .col_expr(delivery::Column::LastError, Expr::value(""))
            .filter(delivery::Column::Id.is_in(ids.iter().copied()))
            .exec(&self.connection)
            .await
            .map_err(StoreError::at("write down that notices arrived"))?;
        Ok(())
    }

    /// Writes down that an attempt failed: when it is tried again, or that it is given up.
    #[tracing::instrument(name = "db.delivery.failed", skip_all)]
    pub async fn mark_attempt_failed(
        &self,
        id: i64,
        again_at_ms: Option<i64>,
        error: &str,
        now_ms: i64,
    ) -> Result<(), StoreError> {
        let error: String = error.chars().take(LONGEST_ERROR).collect();
        let update = delivery::Entity::update_many()
            .col_expr(delivery::Column::LastError, Expr::value(error))
            .filter(delivery::Column::Id.eq(id))
            .filter(delivery::Column::State.eq(PENDING));
        let update = match again_at_ms {
            Some(at_ms) => update.col_expr(delivery::Column::NextAttemptAt, Expr::value(at_ms)),
            None => update
                .col_expr(
                    delivery::Column::State,
                    Expr::value(DeliveryState::Failed.as_str()),
                )
                .col_expr(delivery::Column::FinishedAt, Expr::value(now_ms)),
        };
        update
            .exec(&self.connection)
            .await
            .map_err(StoreError::at("write down that a notice did not arrive"))?;
        Ok(())
    }

    /// Has a delivery that was given up, or waits, tried at once; false when there is none such.
    #[tracing::instrument(name = "db.delivery.retry", skip_all)]
    pub async fn retry_delivery(&self, id: i64, now_ms: i64) -> Result<bool, StoreError> {
        let updated = delivery::Entity::update_many()
            .col_expr(delivery::Column::State, Expr::value(PENDING))
            .col_expr(delivery::Column::Attempts, Expr::value(0_i64))
            .col_expr(delivery::Column::NextAttemptAt, Expr::value(now_ms))
            .col_expr(delivery::Column::FinishedAt, Expr::value(None::<i64>))
            .filter(delivery::Column::Id.eq(id))
            .filter(delivery::Column::State.ne(DeliveryState::Delivered.as_str()))
            .exec(&self.connection)
            .await
            .map_err(StoreError::at("retry notice"))?;
        Ok(updated.rows_affected == 1)
    }

    /// A page of the log, newest first.
    #[tracing::instrument(name = "db.delivery.list", skip_all)]
    pub async fn list_deliveries(
        &self,
        filter: &DeliveryFilter,
        page: &PageRequest<i64>,
    ) -> Result<Page<Delivery>, StoreError> {
        let act = StoreError::at("list deliveries");
        let query = delivery::Entity::find()
            .apply_if(filter.state, |query, state| {
                query.filter(delivery::Column::State.eq(state.as_str()))
            })
            .apply_if(filter.subscription.as_ref(), |query, name| {
                query.filter(delivery::Column::Subscription.eq(name.as_str()))
            })
            .apply_if(filter.within.as_ref(), |query, names| {
                let names = names.iter().map(SubscriptionName::as_str);
                query.filter(delivery::Column::Subscription.is_in(names))
            });
        let total = query.clone().count(&self.connection).await.map_err(&act)?;
        let rows = query
            .apply_if(page.after, |query, after| {
                query.filter(delivery::Column::Id.lt(after))
            })
            .order_by_desc(delivery::Column::Id)
            .limit(u64::from(page.size) + 1)
            .all(&self.connection)
            .await
            .map_err(&act)?;
        let rows: Vec<Delivery> = rows.into_iter().map(read).collect::<Result<_, _>>()?;
        Ok(Page::cut(rows, page.size, total, |row| row.id.to_string()))
    }

    /// Whose delivery it is, if there is one of that number.
    #[tracing::instrument(name = "db.delivery.find_subscription", skip_all)]
    pub async fn find_subscription_of(&self, id: i64) -> Result<Option<String>, StoreError> {
        let row = delivery::Entity::find_by_id(id).one(&self.connection).await;
        let row = row.map_err(StoreError::at("find notice"))?;
        Ok(row.map(|row| row.subscription))
    }

    /// How much waits to be told.
    #[tracing::instrument(name = "db.delivery.count", skip_all)]
    pub async fn delivery_backlog(&self) -> Result<DeliveryBacklog, StoreError> {
        let act = StoreError::at("count notices");
        let in_state = |state: DeliveryState| {
            delivery::Entity::find().filter(delivery::Column::State.eq(state.as_str()))
        };
        let pending = in_state(DeliveryState::Pending);
        let oldest = pending
            .clone()
            .order_by_asc(delivery::Column::Id)
            .one(&self.connection)
            .await
            .map_err(&act)?;
        let failed = in_state(DeliveryState::Failed);
        Ok(DeliveryBacklog {
            pending: pending.count(&self.connection).await.map_err(&act)?,
            failed: failed.count(&self.connection).await.map_err(&act)?,
            oldest_pending_at_ms: oldest.map(|row| row.created_at),
        })
    }

    /// Forgets what was finished before a time.
    #[tracing::instrument(name = "db.delivery.sweep", skip_all)]
    pub async fn sweep_deliveries(&self, before_ms: i64) -> Result<u64, StoreError> {
        let swept = delivery::Entity::delete_many()
            .filter(delivery::Column::FinishedAt.lt(before_ms))
            .exec(&self.connection)
            .await
            .map_err(StoreError::at("forget old notices"))?;
        Ok(swept.rows_affected)
    }
}

/// Keeps deliveries, also within a transaction.
pub(super) async fn insert<C: ConnectionTrait>(
    database: &C,
    new: &[NewDelivery],
    now_ms: i64,
) -> Result<(), DbErr> {
    for some in new.chunks(ROWS_PER_STATEMENT) {
        delivery::Entity::insert_many(some.iter().map(|one| row_of(one, now_ms)))
            .on_conflict(
                OnConflict::columns([delivery::Column::Subscription, delivery::Column::Notice])
                    .do_nothing_on([delivery::Column::Id])
                    .to_owned(),
            )
            .exec_without_returning(database)
            .await?;
    }
    Ok(())
}

/// Forgets what is on its way for a subscription.
pub(super) async fn drop_pending<C: ConnectionTrait>(
    database: &C,
    subscription: &str,
) -> Result<(), DbErr> {
    delivery::Entity::delete_many()
        .filter(delivery::Column::Subscription.eq(subscription))
        .filter(delivery::Column::State.eq(PENDING))
        .exec(database)
        .await?;
    Ok(())
}

fn row_of(new: &NewDelivery, now_ms: i64) -> delivery::ActiveModel {
    let (channel, recipient) = new.recipient.as_parts();
    delivery::ActiveModel {
        id: NotSet,
        subscription: Set(new.subscription.to_string()),
        notice: Set(new.notice.key.clone()),
        event: Set(new.notice.event.as_str().to_owned()),
        content: Set(serde_json::json!(new.notice.content).to_string()),
        channel: Set(channel.to_owned()),
        recipient: Set(recipient),
        state: Set(PENDING.to_owned()),
        attempts: Set(0),
        next_attempt_at: Set(now_ms),
        last_error: Set(String::new()),
        created_at: Set(now_ms),
        finished_at: Set(None),
    }
}

fn read(row: delivery::Model) -> Result<Delivery, StoreError> {
    let broken = |column| StoreError::inconsistent("delivery", row.id.to_string(), column);
    Ok(Delivery {
        event: EventType::of_row(&row.event).ok_or_else(|| broken("event"))?,
        content: serde_json::from_str(&row.content).map_err(|_| broken("content"))?,
        recipient: Recipient::of_parts(&row.channel, &row.recipient)
            .map_err(|_| broken("recipient"))?,
        state: row.state.parse().map_err(|_| broken("state"))?,
        attempts: u32::try_from(row.attempts).map_err(|_| broken("attempts"))?,
        id: row.id,
        subscription: row.subscription,
        next_attempt_at_ms: row.next_attempt_at,
        last_error: row.last_error,
        created_at_ms: row.created_at,
        finished_at_ms: row.finished_at,
    })
}
