//! `Notifications`: subscriptions and what became of them, from the command line.

use std::sync::Arc;

use ers_proto::clm::v1::{self as proto, notifications_server::Notifications as Service};
use ers_runtime::error::status;
use tonic::{Request, Response, Status};

use super::{
    entered::Entered,
    read::{optional, required, wrong},
    write,
};
use crate::{
    domain::{
        access::Reach,
        page::PageRequest,
        subscription::{Subscription, WishText},
    },
    flows::{Flows, Subscribed},
    store::{Delivery, DeliveryFilter, DeliveryState},
};

pub(super) struct Notifications {
    flows: Arc<Flows>,
}

impl Notifications {
    pub(super) fn new(flows: Arc<Flows>) -> Self {
        Self { flows }
    }

    /// Subscriptions are of no realm, or tell of one to anybody: they are for who sees all realms.
    async fn enter<T>(&self, request: &Request<T>, operation: &str) -> Result<Entered, Status> {
        let entered = Entered::by(&self.flows, request, operation).await?;
        entered.demand_everywhere()?;
        Ok(entered)
    }
}

#[tonic::async_trait]
impl Service for Notifications {
    async fn list_subscriptions(
        &self,
        request: Request<proto::ListSubscriptionsRequest>,
    ) -> Result<Response<proto::ListSubscriptionsResponse>, Status> {
        self.enter(&request, "ListSubscriptions").await?;
        let all = self
            .flows
            .list_subscriptions(&Reach::Everywhere)
            .await
            .map_err(status)?;
        let subscriptions = all.into_iter().map(subscription).collect();
        Ok(Response::new(proto::ListSubscriptionsResponse {
            subscriptions,
        }))
    }

    async fn show_subscription(
        &self,
        request: Request<proto::ShowSubscriptionRequest>,
    ) -> Result<Response<proto::Subscription>, Status> {
        self.enter(&request, "ShowSubscription").await?;
        let name = required("name", &request.get_ref().name)?;
        let found = self
            .flows
            .show_subscription(&name, &Reach::Everywhere)
            .await
            .map_err(status)?;
        Ok(Response::new(subscription(found)))
    }

    async fn subscribe(
        &self,
        request: Request<proto::SubscriptionRequest>,
    ) -> Result<Response<proto::Subscription>, Status> {
        let entered = self.enter(&request, "Subscribe").await?;
        let message = request.into_inner();
        let actor = entered.actor(&message.actor)?;
        let told = message.subscription.unwrap_or_default();
        let name = required("subscription.name", &told.name)?;
        let active = told.active;
        let wish = read_wish(told)?;
        let made = self
            .flows
            .subscribe(&name, wish, active, &actor)
            .await
            .map_err(status)?;
        Ok(Response::new(subscribed(made)))
    }

    async fn change_subscription(
        &self,
        request: Request<proto::SubscriptionRequest>,
    ) -> Result<Response<proto::Subscription>, Status> {
        let entered = self.enter(&request, "ChangeSubscription").await?;
        let message = request.into_inner();
        let actor = entered.actor(&message.actor)?;
        let told = message.subscription.unwrap_or_default();
        let name = required("subscription.name", &told.name)?;
        let (active, version) = (told.active, Some(told.version).filter(|is| *is != 0));
        let wish = read_wish(told)?;
        let done = self
            .flows
            .change_subscription(&name, wish, active, version, &actor)
            .await
            .map_err(status)?;
        Ok(Response::new(subscribed(done)))
    }

    async fn unsubscribe(
        &self,
        request: Request<proto::UnsubscribeRequest>,
    ) -> Result<Response<proto::UnsubscribeResponse>, Status> {
        let entered = self.enter(&request, "Unsubscribe").await?;
        let message = request.into_inner();
        let actor = entered.actor(&message.actor)?;
        let name = required("name", &message.name)?;
        self.flows
            .unsubscribe(&name, &actor)
            .await
            .map_err(status)?;
        Ok(Response::new(proto::UnsubscribeResponse {}))
    }

    async fn try_subscription(
        &self,
        request: Request<proto::TrySubscriptionRequest>,
    ) -> Result<Response<proto::TrySubscriptionResponse>, Status> {
        let entered = self.enter(&request, "TrySubscription").await?;
        let message = request.into_inner();
        let actor = entered.actor(&message.actor)?;
        let name = required("name", &message.name)?;
        self.flows
            .try_subscription(&name, &actor)
            .await
            .map_err(status)?;
        Ok(Response::new(proto::TrySubscriptionResponse {}))
    }

    async fn list_deliveries(
        &self,
        request: Request<proto::ListDeliveriesRequest>,
    ) -> Result<Response<proto::ListDeliveriesResponse>, Status> {
        self.enter(&request, "ListDeliveries").await?;
        let message = request.into_inner();
        let page = PageRequest::read(message.page_size, &message.page_token)
            .map_err(|error| wrong(error.field(), error))?;
        let filter = DeliveryFilter {
            state: optional("state", &message.state)?,
            subscription: optional("subscription", &message.subscription)?,
            within: None,
        };
        let found = self
            .flows
            .list_deliveries(filter, &Reach::Everywhere, &page)
            .await
            .map_err(status)?;
        Ok(Response::new(proto::ListDeliveriesResponse {
            deliveries: found.rows.into_iter().map(delivery).collect(),
            next_page_token: found.next.unwrap_or_default(),
            total: found.total,
        }))
    }

    async fn retry_delivery(
        &self,
        request: Request<proto::RetryDeliveryRequest>,
    ) -> Result<Response<proto::RetryDeliveryResponse>, Status> {
        let entered = self.enter(&request, "RetryDelivery").await?;
        let message = request.into_inner();
        let actor = entered.actor(&message.actor)?;
        self.flows
            .retry_delivery(message.id, &Reach::Everywhere, &actor)
            .await
            .map_err(status)?;
        Ok(Response::new(proto::RetryDeliveryResponse {}))
    }
}

fn read_wish(told: proto::Subscription) -> Result<crate::domain::subscription::Wish, Status> {
    WishText {
        realm: told.realm,
        policy: told.policy,
        events: told.events,
        days: told.days,
        channel: told.channel,
        recipient: told.recipient,
        language: told.language,
    }
    .read()
    .map_err(|error| wrong(&format!("subscription.{}", error.field), error.problem))
}

fn subscription(told: Subscription) -> proto::Subscription {
    let wish = told.wish.text();
    proto::Subscription {
        name: told.name.to_string(),
        realm: wish.realm,
        policy: wish.policy,
        events: wish.events,
        days: wish.days,
        channel: wish.channel,
        recipient: wish.recipient,
        language: wish.language,
        active: told.active,
        version: told.version,
        created_at: Some(write::timestamp_ms(told.created_at_ms)),
        created_by: told.created_by,
        updated_at: Some(write::timestamp_ms(told.updated_at_ms)),
        updated_by: told.updated_by,
        secret: String::new(),
    }
}

fn subscribed(made: Subscribed) -> proto::Subscription {
    proto::Subscription {
        secret: made
            .secret
            .map(|secret| secret.to_string())
            .unwrap_or_default(),
        ..subscription(made.subscription)
    }
}

fn delivery(told: Delivery) -> proto::Delivery {
    let (channel, recipient) = told.recipient.as_parts();
    let next = (told.state == DeliveryState::Pending).then_some(told.next_attempt_at_ms);
    proto::Delivery {
        id: told.id,
        subscription: told.subscription,
        event: told.event.as_str().to_owned(),
        channel: channel.to_owned(),
        recipient,
        state: told.state.as_str().to_owned(),
        attempts: told.attempts,
        last_error: told.last_error,
        created_at: Some(write::timestamp_ms(told.created_at_ms)),
        next_attempt_at: next.map(write::timestamp_ms),
        finished_at: told.finished_at_ms.map(write::timestamp_ms),
        content: serde_json::json!(told.content).to_string(),
    }
}
