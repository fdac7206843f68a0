//! `ers notify`: who is told of what.

use ers_proto::clm::v1::{
    Delivery, ListDeliveriesRequest, ListSubscriptionsRequest, RetryDeliveryRequest,
    ShowSubscriptionRequest, Subscription, SubscriptionRequest, TrySubscriptionRequest,
    UnsubscribeRequest,
};
use serde::Serialize;

use crate::{
    cli::{Global, Notify, Wish},
    clm::Clm,
    failure::{Outcome, answered},
    output::{self, Show},
};

const ACTOR: &str = "administrator";

#[derive(Serialize)]
struct View {
    name: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    realm: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    policy: String,
    events: Vec<String>,
    days: Vec<u32>,
    channel: String,
    recipient: String,
    language: String,
    active: bool,
    version: i64,
    #[serde(skip_serializing_if = "String::is_empty")]
    secret: String,
}

#[derive(Serialize)]
struct List(Vec<View>);

#[derive(Serialize)]
struct DeliveryView {
    id: i64,
    subscription: String,
    event: String,
    channel: String,
    recipient: String,
    state: String,
    attempts: u32,
    last_error: String,
    created_at: String,
}

#[derive(Serialize)]
struct Deliveries {
    deliveries: Vec<DeliveryView>,
    next_page: Option<String>,
    total: u64,
}

pub async fn run(global: &Global, command: Notify) -> Outcome<()> {
    let mut notifications = Clm::open(global)?.notifications();
    match command {
        Notify::Subscribe(wish) => {
            let made = notifications.subscribe(request(wish)).await;
            output::show(global.output, &view(made.map_err(answered)?.into_inner()))
        }
        Notify::Change(wish) => {
            let changed = notifications.change_subscription(request(wish)).await;
            output::show(
                global.output,
                &view(changed.map_err(answered)?.into_inner()),
            )
        }
        Notify::List(wanted) => {
            let listed = notifications
                .list_subscriptions(ListSubscriptionsRequest {})
                .await
                .map_err(answered)?
                .into_inner();
            let mut all: Vec<View> = listed.subscriptions.into_iter().map(view).collect();
            all.retain(|one| wanted.finds(&one.realm, &[&one.name, &one.recipient]));
            output::show(global.output, &List(all))
        }
        Notify::Show { name } => {
            let shown = notifications
                .show_subscription(ShowSubscriptionRequest { name })
                .await;
            output::show(global.output, &view(shown.map_err(answered)?.into_inner()))
        }
        Notify::Unsubscribe { name } => {
            let line = format!("subscription {name} removed");
            let actor = ACTOR.to_owned();
            let removed = notifications
                .unsubscribe(UnsubscribeRequest { name, actor })
                .await;
            removed.map_err(answered)?;
            output::line(&line)
        }
        Notify::Test { name } => {
            let line = format!("on its way: ers notify deliveries --subscription {name}");
            let actor = ACTOR.to_owned();
            let tried = notifications
                .try_subscription(TrySubscriptionRequest { name, actor })
                .await;
            tried.map_err(answered)?;
            output::line(&line)
        }
        Notify::Deliveries {
            state,
            subscription,
            limit,
            page,
        } => {
            let request = ListDeliveriesRequest {
                state,
                subscription,
                page_size: limit,
                page_token: page,
            };
            let listed = notifications.list_deliveries(request).await;
            let listed = listed.map_err(answered)?.into_inner();
            let page = Deliveries {
                deliveries: listed.deliveries.into_iter().map(delivery).collect(),
                next_page: Some(listed.next_page_token).filter(|token| !token.is_empty()),
                total: listed.total,
            };
            output::show(global.output, &page)
        }
        Notify::Retry { id } => {
            let actor = ACTOR.to_owned();
            let retried = notifications
                .retry_delivery(RetryDeliveryRequest { id, actor })
                .await;
            retried.map_err(answered)?;
            output::line(&format!("delivery {id} is sent again"))
        }
    }
}

fn request(wish: Wish) -> SubscriptionRequest {
    let (channel, recipient) = match (wish.mail, wish.webhook) {
        (Some(address), _) => ("mail", address),
        (None, Some(url)) => ("webhook", url),
        (None, None) => ("contact", String::new()),
    };
    SubscriptionRequest {
        subscription: Some(Subscription {
            name: wish.name,
            realm: wish.realm,
            policy: wish.policy,
            events: wish.events,
            days: wish.days,
            channel: channel.to_owned(),
            recipient,
            language: wish.language,
            active: !wish.paused,
            ..Subscription::default()
        }),
        actor: ACTOR.to_owned(),
    }
}

fn view(told: Subscription) -> View {
    View {
        name: told.name,
        realm: told.realm,
        policy: told.policy,
        events: told.events,
        days: told.days,
        channel: told.channel,
        recipient: told.recipient,
        language: told.language,
        active: told.active,
        version: told.version,
        secret: told.secret,
    }
}

fn delivery(told: Delivery) -> DeliveryView {
    DeliveryView {
        id: told.id,
        subscription: told.subscription,
        event: told.event,
        channel: told.channel,
        recipient: told.recipient,
        state: told.state,
        attempts: told.attempts,
        last_error: told.last_error,
        created_at: output::time(told.created_at.as_ref()),
    }
}

fn numbers(days: &[u32]) -> String {
    let days: Vec<String> = days.iter().map(ToString::to_string).collect();
    days.join(", ")
}

fn word(active: bool) -> String {
    if active { "active" } else { "paused" }.to_owned()
}

impl Show for View {
    fn text(&self) -> String {
        output::fields(&[
            ("name", self.name.clone()),
            ("state", word(self.active)),
            ("events", self.events.join(", ")),
            ("days", numbers(&self.days)),
            ("realm", self.realm.clone()),
            ("policy", self.policy.clone()),
            ("to", format!("{} {}", self.channel, self.recipient)),
            ("language", self.language.clone()),
            ("secret", self.secret.clone()),
        ])
    }
}

impl Show for List {
    fn text(&self) -> String {
        let rows = self.0.iter().map(|one| {
            [
                one.name.clone(),
                word(one.active),
                format!("{} {}", one.channel, one.recipient),
                one.events.join(" "),
                numbers(&one.days),
            ]
        });
        output::table(["name", "state", "to", "events", "days"], rows)
    }
}

impl Show for Deliveries {
    fn text(&self) -> String {
        let rows = self.deliveries.iter().map(|one| {
            [
                one.id.to_string(),
                one.created_at.clone(),
                one.subscription.clone(),
                one.event.clone(),
                format!("{} {}", one.channel, one.recipient),
                one.state.clone(),
                one.attempts.to_string(),
                one.last_error.clone(),
            ]
        });
        let header = [
            "id",
            "at",
            "subscription",
            "event",
            "to",
            "state",
            "attempts",
            "error",
        ];
        let mut text = output::table(header, rows);
        if let Some(page) = &self.next_page {
            text.push_str(&format!("\n{} in all; more: --page {page}", self.total));
        }
        text
    }
}
