//! Promises: where the policy allows it, a proven authorization serves later orders of its account for exactly its name,
//! and names can be proven before anything is ordered; anything less than a proof that still holds serves nobody.

use ers_proto::clm::v1::AcmeSettings;
use serde_json::json;
use time::Duration;

use crate::support::clm::settle;
use crate::support::{Client, Key, World, csr};

async fn world() -> World {
    let world = World::new().await;
    let within = prost_types::Duration {
        seconds: 10 * 24 * 3600,
        nanos: 0,
    };
    let settings = AcmeSettings {
        reuse_within: Some(within),
        ..AcmeSettings::default()
    };
    settle(&world.clm, "acme", settings);
    world
}

async fn status(client: &mut Client, names: &[&str]) -> String {
    let order = client.order(names).await;
    order.body["status"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proven_name_need_not_be_proven_again() {
    let world = world().await;
    let mut client = world.client().await;
    let first = world.ready_order(&mut client, &["a.test", "b.test"]).await;
    let again = client.order(&["b.test", "a.test"]).await;
    assert_eq!(again.body["status"], "ready");
    let mut proven = first.authorizations();
    proven.reverse();
    assert_eq!(again.authorizations(), proven);
    let finalized = client
        .finalize(&again, &csr(&["a.test", "b.test"]))
        .await
        .ok();
    assert_eq!(finalized["status"], "valid");
    let more = client.order(&["a.test", "c.test"]).await;
    assert_eq!(more.body["status"], "pending");
    assert_eq!(more.authorizations()[0], first.authorizations()[0]);
    world.prove(&mut client, &more).await;
    let finalized = client
        .finalize(&more, &csr(&["a.test", "c.test"]))
        .await
        .ok();
    assert_eq!(finalized["status"], "valid");
}

/// Failure 36: an authorization that expired or is too old serves no other order.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_proven_too_long_ago_is_proven_anew() {
    let world = world().await;
    let mut client = world.client().await;
    world.ready_order(&mut client, &["a.test"]).await;
    world.clock.advance(Duration::days(9));
    assert_eq!(status(&mut client, &["a.test"]).await, "ready");
    world.clock.advance(Duration::days(2));
    assert_eq!(status(&mut client, &["a.test"]).await, "pending");
}

/// Failure 36: an authorization that was deactivated serves no other order.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_given_up_is_proven_anew() {
    let world = world().await;
    let mut client = world.client().await;
    let order = world.ready_order(&mut client, &["a.test"]).await;
    let waiting = client.order(&["a.test"]).await;
    assert_eq!(waiting.body["status"], "ready");
    let url = &order.authorizations()[0];
    client.post(url, r#"{"status": "deactivated"}"#).await.ok();
    assert_eq!(status(&mut client, &["a.test"]).await, "pending");
    // an order that it already served is lost with it
    let refused = client.finalize(&waiting, &csr(&["a.test"])).await.refusal();
    assert_eq!(refused, (403, "orderNotReady".into()));
}

/// Failure 36: a proof for an earlier key of the account serves no other order.
#[tokio::test(flavor = "multi_thread")]
async fn a_new_account_key_proves_anew() {
    let world = world().await;
    let mut client = world.client().await;
    world.ready_order(&mut client, &["a.test"]).await;
    let new = Key::es256();
    let url = client.url("key-change");
    let change = json!({"account": client.kid, "oldKey": client.key.jwk()}).to_string();
    let header = json!({"alg": "ES256", "jwk": new.jwk(), "url": url});
    let inner = new.jws(&header, &change).to_string();
    client.post(&url, &inner).await.ok();
    let mut changed = client.also(new);
    assert_eq!(status(&mut changed, &["a.test"]).await, "pending");
}

/// Failure 36: a name is not its wildcard, and another account's proof is nobody's.
#[tokio::test(flavor = "multi_thread")]
async fn a_proof_serves_exactly_its_name_and_its_account() {
    let world = world().await;
    let mut client = world.client().await;
    world.ready_order(&mut client, &["a.test"]).await;
    assert_eq!(status(&mut client, &["*.a.test"]).await, "pending");
    assert_eq!(status(&mut client, &["b.a.test"]).await, "pending");
    assert_eq!(
        status(&mut world.client().await, &["a.test"]).await,
        "pending"
    );
    let order = client.order(&["*.a.test", "a.test"]).await;
    let urls = order.authorizations();
    assert_eq!(client.get(&urls[0]).await.ok()["status"], "pending");
    assert_eq!(client.get(&urls[1]).await.ok()["status"], "valid");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_can_be_proven_before_it_is_ordered() {
    let world = world().await;
    let mut client = world.client().await;
    let directory = client.plain(&client.url("directory")).await.ok();
    let url = directory["newAuthz"].as_str().unwrap().to_owned();
    let wanted = json!({"identifier": {"type": "dns", "value": "A.test"}}).to_string();
    let made = client.post(&url, &wanted).await;
    assert_eq!(
        (made.status, &made.ok()["status"]),
        (201, &json!("pending"))
    );
    let authorization = made.header("location").unwrap().to_owned();
    assert_eq!(
        status(&mut client, &["a.test"]).await,
        "pending",
        "not proven yet"
    );
    world.prove_one(&mut client, &authorization).await;
    let order = client.order(&["a.test"]).await;
    assert_eq!(order.body["status"], "ready");
    assert_eq!(order.authorizations(), [authorization]);
    let finalized = client.finalize(&order, &csr(&["a.test"])).await.ok();
    assert_eq!(finalized["status"], "valid");
    for (value, kind) in [
        ("*.a.test", "rejectedIdentifier"),
        ("a..test", "rejectedIdentifier"),
    ] {
        let wanted = json!({"identifier": {"type": "dns", "value": value}}).to_string();
        assert_eq!(
            client.post(&url, &wanted).await.refusal(),
            (400, kind.into()),
            "{value}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_policy_every_order_proves_anew() {
    let world = World::new().await;
    let mut client = world.client().await;
    world.ready_order(&mut client, &["a.test"]).await;
    assert_eq!(status(&mut client, &["a.test"]).await, "pending");
    let directory = client.plain(&client.url("directory")).await.ok();
    assert!(directory.get("newAuthz").is_none());
    let url = client.url("new-authz");
    let wanted = json!({"identifier": {"type": "dns", "value": "a.test"}}).to_string();
    assert_eq!(
        client.post(&url, &wanted).await.refusal(),
        (404, "malformed".into())
    );
}
