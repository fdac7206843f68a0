//! Who wants to hear of what. Changes count in the revision of the policies: replicas keep both in one copy in memory.

use ers_runtime::db;
use sea_orm::{
    ActiveValue::Set, ColumnTrait as _, ConnectionTrait, DbErr, EntityTrait as _, ModelTrait as _,
    QueryFilter as _, QueryOrder as _,
};

use super::{
    Inserted, Store, StoreError,
    entity::{feed, subscription},
    policy::count_change,
};
use crate::domain::{
    id::SubscriptionName,
    notice::EventType,
    subscription::{Recipient, Subscription, Wish},
};

impl Store {
    /// All subscriptions by name.
    #[tracing::instrument(name = "db.subscription.list", skip_all)]
    pub async fn list_subscriptions(&self) -> Result<Vec<Subscription>, StoreError> {
        subscription::Entity::find()
            .order_by_asc(subscription::Column::Name)
            .all(&self.connection)
            .await
            .map_err(StoreError::at("list subscriptions"))?
            .into_iter()
            .map(read)
            .collect()
    }

    /// A subscription, if there is one of that name.
    #[tracing::instrument(name = "db.subscription.find", skip_all)]
    pub async fn find_subscription(
        &self,
        name: &SubscriptionName,
    ) -> Result<Option<Subscription>, StoreError> {
        subscription::Entity::find_by_id(name.as_str())
            .one(&self.connection)
            .await
            .map_err(StoreError::at("find subscription"))?
            .map(read)
            .transpose()
    }

    /// Makes a subscription, unless one of that name is there.
    #[tracing::instrument(name = "db.subscription.insert", skip_all)]
    pub async fn insert_subscription(&self, new: &Subscription) -> Result<Inserted, StoreError> {
        let act = StoreError::at("make subscription");
        let inserted = subscription::Entity::insert(row_of(new))
            .exec_without_returning(&self.connection)
            .await;
        let inserted = Inserted::of(inserted).map_err(&act)?;
        self.count_policy_change().await?;
        Ok(inserted)
    }

    /// Puts a subscription in the place of its version before; false when that is not there any more.
    #[tracing::instrument(name = "db.subscription.change", skip_all)]
    pub async fn change_subscription(&self, new: &Subscription) -> Result<bool, StoreError> {
        let act = StoreError::at("change subscription");
        let transaction = db::begin(&self.connection).await.map_err(&act)?;
        let updated = subscription::Entity::update_many()
            .set(row_of(new))
            .filter(subscription::Column::Name.eq(new.name.as_str()))
            .filter(subscription::Column::Version.eq(new.version - 1))
            .exec(&transaction)
            .await
            .map_err(&act)?;
        forget_marks(&transaction, &new.name).await.map_err(&act)?;
        count_change(&transaction).await.map_err(&act)?;
        transaction.commit().await.map_err(&act)?;
        Ok(updated.rows_affected == 1)
    }

    /// Removes a subscription with what is still on its way; false when there is none.
    #[tracing::instrument(name = "db.subscription.remove", skip_all)]
    pub async fn remove_subscription(&self, name: &SubscriptionName) -> Result<bool, StoreError> {
        let act = StoreError::at("remove subscription");
        let transaction = db::begin(&self.connection).await.map_err(&act)?;
        let Some(row) = subscription::Entity::find_by_id(name.as_str())
            .one(&transaction)
            .await
            .map_err(&act)?
        else {
            return Ok(false);
        };
        super::delivery::drop_pending(&transaction, name.as_str())
            .await
            .map_err(&act)?;
        row.delete(&transaction).await.map_err(&act)?;
        forget_marks(&transaction, name).await.map_err(&act)?;
        count_change(&transaction).await.map_err(&act)?;
        transaction.commit().await.map_err(&act)?;
        Ok(true)
    }
}

/// How far ends were looked at for a subscription and a number of days.
pub fn ends_mark(name: &SubscriptionName, days: u32) -> String {
    format!("ends:{name}:{days}")
}

/// What it wants may be something else now: it is looked for anew. What was told is not told again.
async fn forget_marks<C: ConnectionTrait>(
    database: &C,
    name: &SubscriptionName,
) -> Result<(), DbErr> {
    feed::Entity::delete_many()
        .filter(feed::Column::Source.starts_with(format!("ends:{name}:")))
        .exec(database)
        .await?;
    Ok(())
}

fn row_of(subscription: &Subscription) -> subscription::ActiveModel {
    let wish = &subscription.wish;
    let events: Vec<&str> = wish.events.iter().map(|event| event.as_str()).collect();
    let (channel, recipient) = wish.recipient.as_parts();
    subscription::ActiveModel {
        name: Set(subscription.name.to_string()),
        realm: Set(wish.realm.as_ref().map(ToString::to_string)),
        policy: Set(wish.policy.as_ref().map(ToString::to_string)),
        events: Set(serde_json::json!(events).to_string()),
        days: Set(serde_json::json!(wish.days).to_string()),
        channel: Set(channel.to_owned()),
        recipient: Set(recipient),
        language: Set(wish.language.to_string()),
        active: Set(subscription.active),
        sealed_secret: Set(subscription.sealed_secret.clone()),
        version: Set(subscription.version),
        created_at: Set(subscription.created_at_ms),
        created_by: Set(subscription.created_by.chars().take(255).collect()),
        updated_at: Set(subscription.updated_at_ms),
        updated_by: Set(subscription.updated_by.chars().take(255).collect()),
    }
}

fn read(row: subscription::Model) -> Result<Subscription, StoreError> {
    let broken = |column| StoreError::inconsistent("subscription", &row.name, column);
    let events = super::read_names(&row.events)
        .and_then(|names| {
            names
                .iter()
                .map(|name| name.parse::<EventType>().ok())
                .collect()
        })
        .ok_or_else(|| broken("events"))?;
    let wish = Wish {
        realm: row
            .realm
            .as_deref()
            .map(str::parse)
            .transpose()
            .map_err(|_| broken("realm"))?,
        policy: row
            .policy
            .as_deref()
            .map(str::parse)
            .transpose()
            .map_err(|_| broken("policy"))?,
        events,
        days: serde_json::from_str(&row.days).map_err(|_| broken("days"))?,
        recipient: Recipient::of_parts(&row.channel, &row.recipient)
            .map_err(|_| broken("recipient"))?,
        language: row.language.parse().map_err(|_| broken("language"))?,
    };
    Ok(Subscription {
        name: row.name.parse().map_err(|_| broken("name"))?,
        wish,
        active: row.active,
        version: row.version,
        created_at_ms: row.created_at,
        created_by: row.created_by,
        updated_at_ms: row.updated_at,
        updated_by: row.updated_by,
        sealed_secret: row.sealed_secret,
    })
}
