//! `ers.clm.v1.Notifications` over REST.

use ers_proto::clm::v1::{self as proto, notifications_server::Notifications};
use reqwest::Method;
use serde_json::{Value, json};
use tonic::{Request, Response, Status};

use super::{LARGE, Rest, segment, told};

#[tonic::async_trait]
impl Notifications for Rest {
    async fn list_subscriptions(
        &self,
        _: Request<proto::ListSubscriptionsRequest>,
    ) -> Result<Response<proto::ListSubscriptionsResponse>, Status> {
        let all = self.all("subscriptions", LARGE, "subscriptions").await?;
        let subscriptions = all.iter().map(told::subscription).collect();
        Ok(Response::new(proto::ListSubscriptionsResponse {
            subscriptions,
        }))
    }

    async fn show_subscription(
        &self,
        request: Request<proto::ShowSubscriptionRequest>,
    ) -> Result<Response<proto::Subscription>, Status> {
        let path = format!("subscriptions/{}", segment(&request.get_ref().name));
        let shown = self.get(&path, &[]).await?;
        Ok(Response::new(told::subscription(&shown)))
    }

    async fn subscribe(
        &self,
        request: Request<proto::SubscriptionRequest>,
    ) -> Result<Response<proto::Subscription>, Status> {
        let wish = wish(request.into_inner().subscription.unwrap_or_default());
        let made = self.call(Method::POST, "subscriptions", &wish).await?;
        Ok(Response::new(told::subscription(&made)))
    }

    async fn change_subscription(
        &self,
        request: Request<proto::SubscriptionRequest>,
    ) -> Result<Response<proto::Subscription>, Status> {
        let wanted = request.into_inner().subscription.unwrap_or_default();
        let path = format!("subscriptions/{}", segment(&wanted.name));
        let changed = self.call(Method::PUT, &path, &wish(wanted)).await?;
        Ok(Response::new(told::subscription(&changed)))
    }

    async fn unsubscribe(
        &self,
        request: Request<proto::UnsubscribeRequest>,
    ) -> Result<Response<proto::UnsubscribeResponse>, Status> {
        let path = format!("subscriptions/{}", segment(&request.get_ref().name));
        self.delete(&path).await?;
        Ok(Response::new(proto::UnsubscribeResponse {}))
    }

    async fn try_subscription(
        &self,
        request: Request<proto::TrySubscriptionRequest>,
    ) -> Result<Response<proto::TrySubscriptionResponse>, Status> {
        let path = format!("subscriptions/{}/test", segment(&request.get_ref().name));
        self.call(Method::POST, &path, &Value::Null).await?;
        Ok(Response::new(proto::TrySubscriptionResponse {}))
    }

    async fn list_deliveries(
        &self,
        request: Request<proto::ListDeliveriesRequest>,
    ) -> Result<Response<proto::ListDeliveriesResponse>, Status> {
        let wanted = request.into_inner();
        let size = wanted.page_size.to_string();
        let query = [
            ("state", wanted.state.as_str()),
            ("subscription", &wanted.subscription),
            ("page_size", &size),
            ("page_token", &wanted.page_token),
        ];
        let page = self.get("deliveries", &query).await?;
        Ok(Response::new(proto::ListDeliveriesResponse {
            deliveries: told::rows(&page, "deliveries", told::delivery),
            next_page_token: told::text(&page, "next_page_token"),
            total: told::number(&page, "total"),
        }))
    }

    async fn retry_delivery(
        &self,
        request: Request<proto::RetryDeliveryRequest>,
    ) -> Result<Response<proto::RetryDeliveryResponse>, Status> {
        let path = format!("deliveries/{}/retry", request.get_ref().id);
        self.call(Method::POST, &path, &Value::Null).await?;
        Ok(Response::new(proto::RetryDeliveryResponse {}))
    }
}

fn wish(wanted: proto::Subscription) -> Value {
    let version = (wanted.version != 0).then_some(wanted.version);
    json!({
        "name": wanted.name,
        "active": wanted.active,
        "version": version,
        "realm": wanted.realm,
        "policy": wanted.policy,
        "events": wanted.events,
        "days": wanted.days,
        "channel": wanted.channel,
        "recipient": wanted.recipient,
        "language": wanted.language,
    })
}
