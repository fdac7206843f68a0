//! Promises:
//! - what happens is told to who subscribed to it, signed, and once, also by two replicas
//! - an end is told by the nearest number of days, and not when another certificate has followed
//! - who does not take it is told again, and the log says why
//! - a wish that cannot be kept is refused by its field

use std::time::Duration as Wait;

use clm_api::config::NotificationConfig;
use ers_proto::clm::v1 as proto;
use ers_test_support::{
    databases::{Kind, TestDatabase, fresh},
    on_every_database,
};
use serde_json::Value;
use time::Duration;
use tokio::time::timeout;
use tonic::Code;

use super::{
    clm::{World, issued, wish},
    receiver::Receiver,
};

const PATIENCE: Wait = Wait::from_secs(60);

on_every_database!(
    what_happens_is_told_to_a_webhook_signed_and_once,
    an_end_is_told_by_the_nearest_days_and_not_when_another_has_followed,
    who_does_not_take_it_is_told_again,
);

async fn world(database: TestDatabase) -> (World, Receiver) {
    let receiver = Receiver::answering("").await;
    let notifications = NotificationConfig {
        authorities: receiver.authorities.clone(),
        look_seconds: 1,
        ..NotificationConfig::default()
    };
    (World::telling(database, notifications).await, receiver)
}

fn to_webhook(receiver: &Receiver, events: &[&str], days: &[u32]) -> proto::Subscription {
    proto::Subscription {
        name: "pager".to_owned(),
        events: events.iter().map(ToString::to_string).collect(),
        days: days.to_vec(),
        channel: "webhook".to_owned(),
        recipient: format!("https://localhost:{}/told", receiver.port),
        active: true,
        ..Default::default()
    }
}

async fn subscribe(world: &World, wish: proto::Subscription) -> proto::Subscription {
    let request = proto::SubscriptionRequest {
        subscription: Some(wish),
        actor: "anna".to_owned(),
    };
    let made = world.notifications().subscribe(request).await.unwrap();
    made.into_inner()
}

/// The next message: its headers and what it says.
async fn told(receiver: &mut Receiver) -> (String, Value) {
    let message = timeout(PATIENCE, receiver.asked.recv())
        .await
        .unwrap()
        .unwrap();
    let (head, body) = message.split_once("\r\n\r\n").unwrap();
    (head.to_owned(), serde_json::from_str(body).unwrap())
}

async fn deliveries(world: &World) -> Vec<proto::Delivery> {
    let request = proto::ListDeliveriesRequest::default();
    let listed = world.notifications().list_deliveries(request).await;
    listed.unwrap().into_inner().deliveries
}

async fn what_happens_is_told_to_a_webhook_signed_and_once(database: TestDatabase) {
    let (world, mut receiver) = world(database).await;
    world.apply_manual().await;
    let events = [
        "certificate.issued",
        "certificate.revoked",
        "request.waiting",
        "request.decided",
    ];
    let made = subscribe(&world, to_webhook(&receiver, &events, &[])).await;
    assert!(made.secret.starts_with("whsec_"), "{}", made.secret);
    let other = world.replica().await;

    let certificate = issued(world.enroll(wish("one", "dns:one.test")).await);
    let (head, message) = told(&mut receiver).await;
    assert!(head.starts_with("POST /told HTTP/1.1\r\n"), "{head}");
    for header in [
        "webhook-id: pager-",
        "webhook-timestamp: ",
        "webhook-signature: v1,",
    ] {
        assert!(head.contains(header), "{header} in {head}");
    }
    assert_eq!(message["type"], "certificate.issued");
    assert_eq!(message["data"]["certificate"]["serial"], certificate.serial);

    world
        .cara
        .revoke_for_others(&certificate.serial, "superseded");
    let (_, message) = told(&mut receiver).await;
    assert_eq!(message["type"], "certificate.revoked");
    assert_eq!(
        message["data"]["certificate"]["revocation_reason"],
        "superseded"
    );

    let mut waiting = wish("two", "dns:two.test");
    waiting.policy = "manual".to_owned();
    world.enroll(waiting).await;
    let (_, message) = told(&mut receiver).await;
    assert_eq!(message["type"], "request.waiting");
    assert_eq!(message["data"]["request"]["id"], "two");

    let decision = proto::DecideRequestRequest {
        id: "two".to_owned(),
        approve: false,
        actor: "berta".to_owned(),
        comment: "not this name".to_owned(),
    };
    let mut administration = world.administration();
    administration.decide_request(decision).await.unwrap();
    let (_, message) = told(&mut receiver).await;
    assert_eq!(message["type"], "request.decided");
    assert_eq!(message["data"]["request"]["approved"], false);
    assert_eq!(message["data"]["request"]["decided_by"], "berta");

    let log = deliveries(&world).await;
    assert_eq!(log.len(), 4, "{log:?}");
    other.stop().await;
    world.stop().await;
}

async fn an_end_is_told_by_the_nearest_days_and_not_when_another_has_followed(
    database: TestDatabase,
) {
    let (world, mut receiver) = world(database).await;
    let for_47_days = |id: &str, name: &str| proto::EnrollRequest {
        validity: Some(prost_types::Duration {
            seconds: 47 * 86_400,
            nanos: 0,
        }),
        ..wish(id, name)
    };
    issued(world.enroll(for_47_days("old", "dns:renewed.test")).await);
    let lonely = issued(world.enroll(for_47_days("lonely", "dns:lonely.test")).await);
    world.clock.advance(Duration::days(30));
    issued(world.enroll(for_47_days("new", "dns:renewed.test")).await);
    world.caught_up().await;
    // 17 days are left to the first two
    subscribe(
        &world,
        to_webhook(&receiver, &["certificate.expiring"], &[60, 20, 5]),
    )
    .await;
    let (_, message) = told(&mut receiver).await;
    assert_eq!(message["type"], "certificate.expiring");
    assert_eq!(message["data"]["certificate"]["serial"], lonely.serial);
    assert_eq!(message["data"]["days"], 20);
    world.clock.advance(Duration::days(13));
    let (_, message) = told(&mut receiver).await;
    assert_eq!(message["data"]["certificate"]["serial"], lonely.serial);
    assert_eq!(message["data"]["days"], 5);
    let log = deliveries(&world).await;
    assert_eq!(log.len(), 2, "{log:?}");
    world.stop().await;
}

async fn who_does_not_take_it_is_told_again(database: TestDatabase) {
    let (world, mut receiver) = world(database).await;
    receiver.answer_with(503);
    subscribe(&world, to_webhook(&receiver, &["certificate.issued"], &[])).await;
    issued(world.enroll(wish("one", "dns:one.test")).await);
    let (first, _) = told(&mut receiver).await;
    let failed = loop {
        let log = deliveries(&world).await;
        if let Some(tried) = log.into_iter().find(|one| !one.last_error.is_empty()) {
            break tried;
        }
        tokio::time::sleep(Wait::from_millis(50)).await;
    };
    assert_eq!(
        (failed.state.as_str(), failed.last_error.as_str()),
        ("pending", "it answered 503")
    );
    receiver.answer_with(204);
    world.clock.advance(Duration::minutes(1));
    let (second, _) = told(&mut receiver).await;
    let id = |head: &str| {
        let line = head.lines().find(|line| line.starts_with("webhook-id"));
        line.unwrap().to_owned()
    };
    assert_eq!(id(&first), id(&second));
    loop {
        let log = deliveries(&world).await;
        if log.iter().all(|one| one.state == "delivered") {
            break;
        }
        tokio::time::sleep(Wait::from_millis(50)).await;
    }
    let mut notifications = world.notifications();
    let again = proto::RetryDeliveryRequest {
        id: failed.id,
        actor: String::new(),
    };
    let refused = notifications.retry_delivery(again).await.unwrap_err();
    assert_eq!(refused.code(), Code::NotFound);
    world.stop().await;
}

#[tokio::test]
async fn the_signer_out_of_reach_is_told_once_and_so_is_its_return() {
    let (world, mut receiver) = world(fresh(Kind::Sqlite).await.unwrap()).await;
    let events = ["signer.unreachable", "signer.reachable"];
    subscribe(&world, to_webhook(&receiver, &events, &[])).await;
    world.signer.refuse_to_seal(true);
    let (_, message) = told(&mut receiver).await;
    assert_eq!(message["type"], "signer.unreachable");
    world.signer.refuse_to_seal(false);
    let (_, message) = told(&mut receiver).await;
    assert_eq!(message["type"], "signer.reachable");
    assert_eq!(deliveries(&world).await.len(), 2);
    world.stop().await;
}

/// Failure 16: a token that is lost is told of, as the signer is that does not answer.
#[tokio::test]
async fn a_token_out_of_reach_is_told_once_and_so_is_its_return() {
    let (world, mut receiver) = world(fresh(Kind::Sqlite).await.unwrap()).await;
    let events = ["signer.unreachable", "signer.reachable"];
    subscribe(&world, to_webhook(&receiver, &events, &[])).await;
    world.signer.break_token(Some("CKR_TOKEN_NOT_PRESENT"));
    let (_, message) = told(&mut receiver).await;
    assert_eq!(message["type"], "signer.unreachable");
    assert_eq!(message["data"]["token"], "software");
    assert_eq!(message["data"]["detail"], "CKR_TOKEN_NOT_PRESENT");
    world.signer.break_token(None);
    let (_, message) = told(&mut receiver).await;
    assert_eq!(message["type"], "signer.reachable");
    assert_eq!(deliveries(&world).await.len(), 2);
    world.stop().await;
}

#[tokio::test]
async fn a_wish_that_cannot_be_kept_is_refused_by_its_field() {
    let (world, receiver) = world(fresh(Kind::Sqlite).await.unwrap()).await;
    let good = to_webhook(&receiver, &["certificate.issued"], &[]);
    let wrong = [
        (
            proto::Subscription {
                name: "No Name".into(),
                ..good.clone()
            },
            "subscription.name: ",
        ),
        (
            proto::Subscription {
                events: vec!["tea.ready".into()],
                ..good.clone()
            },
            "subscription.events: ",
        ),
        (
            proto::Subscription {
                recipient: "http://localhost/".into(),
                ..good.clone()
            },
            "subscription.recipient: must begin with https://",
        ),
        (
            proto::Subscription {
                channel: "mail".into(),
                recipient: "anna@example.org".into(),
                ..good.clone()
            },
            "subscribe: channel: the configuration has no mail server",
        ),
        (
            proto::Subscription {
                realm: "nowhere".into(),
                ..good.clone()
            },
            "realm: there is no realm nowhere",
        ),
        (
            proto::Subscription {
                language: "fr".into(),
                ..good.clone()
            },
            "subscription.language: ",
        ),
    ];
    for (wish, problem) in wrong {
        let request = proto::SubscriptionRequest {
            subscription: Some(wish),
            actor: String::new(),
        };
        let refused = world.notifications().subscribe(request).await.unwrap_err();
        assert_eq!(refused.code(), Code::InvalidArgument, "{problem}");
        assert!(refused.message().contains(problem), "{}", refused.message());
    }
    subscribe(&world, good.clone()).await;
    let again = proto::SubscriptionRequest {
        subscription: Some(good),
        actor: String::new(),
    };
    let taken = world.notifications().subscribe(again).await.unwrap_err();
    assert_eq!(taken.code(), Code::AlreadyExists);
    world.stop().await;
}

#[tokio::test]
async fn a_changed_webhook_gets_another_secret_and_an_older_version_is_refused() {
    let (world, receiver) = world(fresh(Kind::Sqlite).await.unwrap()).await;
    let made = subscribe(&world, to_webhook(&receiver, &["certificate.issued"], &[])).await;
    let change = |wish: proto::Subscription| proto::SubscriptionRequest {
        subscription: Some(wish),
        actor: "anna".to_owned(),
    };
    let paused = proto::Subscription {
        active: false,
        version: made.version,
        ..made.clone()
    };
    let mut notifications = world.notifications();
    let changed = notifications
        .change_subscription(change(paused.clone()))
        .await
        .unwrap()
        .into_inner();
    assert_eq!((changed.active, changed.secret.as_str()), (false, ""));
    let late = notifications
        .change_subscription(change(paused))
        .await
        .unwrap_err();
    assert_eq!(late.code(), Code::FailedPrecondition);
    let elsewhere = proto::Subscription {
        recipient: "https://elsewhere.example/".to_owned(),
        version: 0,
        ..changed
    };
    let moved = notifications
        .change_subscription(change(elsewhere))
        .await
        .unwrap()
        .into_inner();
    assert!(moved.secret.starts_with("whsec_") && moved.secret != made.secret);
    let gone = proto::UnsubscribeRequest {
        name: "pager".to_owned(),
        actor: String::new(),
    };
    notifications.unsubscribe(gone.clone()).await.unwrap();
    let missing = notifications.unsubscribe(gone).await.unwrap_err();
    assert_eq!(missing.code(), Code::NotFound);
    world.stop().await;
}
