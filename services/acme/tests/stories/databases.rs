//! Promises: on every database an order comes to its certificate, is replaced by another, reuses what was proven, and is
//! listed; key changes, deactivations and fifty finalizes at once end as they do on the others.

use ers_pki::certificate::Certificate;
use ers_proto::clm::v1::AcmeSettings;
use ers_test_support::{databases::TestDatabase, on_every_database};
use futures::future::join_all;
use serde_json::json;

use crate::support::client::b64;
use crate::support::clm::settle;
use crate::support::{Key, World, csr};

on_every_database!(
    an_order_and_its_successor,
    fifty_at_once_get_one_certificate,
    an_account_and_its_end
);

async fn world(database: &TestDatabase) -> World {
    let world = World::on(Some(database), |_| {}).await;
    let within = prost_types::Duration {
        seconds: 86_400,
        nanos: 0,
    };
    let settings = AcmeSettings {
        reuse_within: Some(within),
        ..AcmeSettings::default()
    };
    settle(&world.clm, "acme", settings);
    world
}

async fn an_order_and_its_successor(database: TestDatabase) {
    let world = world(&database).await;
    let mut client = world.client().await;
    let names = ["a.test", "b.test"];
    let pem = world.certificate(&mut client, &names).await;
    let certificate = Certificate::from_pem(&pem).unwrap();
    let key = b64(certificate.authority_key_identifier().unwrap());
    let id = format!("{key}.{}", b64(certificate.serial().as_bytes()));
    let made = client
        .new_order_with("b.test", json!({ "replaces": id }))
        .await;
    assert_eq!((made.status, &made.ok()["status"]), (201, &json!("ready")));
    let order = crate::support::Order {
        url: made.header("location").unwrap().to_owned(),
        body: made.ok(),
    };
    let done = client.finalize(&order, &csr(&["b.test"])).await.ok();
    assert_eq!(done["status"], "valid", "{done}");
    let chain = client.get(done["certificate"].as_str().unwrap()).await;
    assert!(Certificate::from_pem(&chain.text).is_ok());
    let again = client
        .new_order_with("b.test", json!({ "replaces": id }))
        .await;
    assert_eq!(again.refusal(), (409, "alreadyReplaced".into()));
    let kid = client.kid.clone().unwrap();
    let orders = client.get(&format!("{kid}/orders")).await.ok();
    assert_eq!(orders["orders"].as_array().unwrap().len(), 2, "{orders}");
}

/// Failure 12: on every database.
async fn fifty_at_once_get_one_certificate(database: TestDatabase) {
    let world = world(&database).await;
    let mut client = world.client().await;
    let order = world.ready_order(&mut client, &["a.test"]).await;
    let request = csr(&["a.test"]);
    let all = (0..50).map(|_| {
        let mut client = client.also(client.key.copy());
        let (order, request) = (order.clone(), request.clone());
        async move { client.finalize(&order, &request).await.status }
    });
    let statuses = join_all(all).await;
    assert!(statuses.iter().all(|status| *status == 200), "{statuses:?}");
    assert_eq!(world.clm.issued(), 1);
}

async fn an_account_and_its_end(database: TestDatabase) {
    let world = world(&database).await;
    let mut client = world.client().await;
    let kid = client.kid.clone().unwrap();
    let changed = r#"{"contact": ["mailto:b@example.test"]}"#;
    let contact = client.post(&kid, changed).await.ok()["contact"].clone();
    assert_eq!(contact, json!(["mailto:b@example.test"]));
    let new = Key::es256();
    let url = client.url("key-change");
    let change = json!({"account": kid, "oldKey": client.key.jwk()}).to_string();
    let header = json!({"alg": "ES256", "jwk": new.jwk(), "url": url});
    let inner = new.jws(&header, &change).to_string();
    client.post(&url, &inner).await.ok();
    let refused = client.get(&kid).await.refusal();
    assert_eq!(refused, (400, "malformed".into()), "the old key is nobody");
    let mut client = client.also(new);
    client.get(&kid).await.ok();
    let ended = client.post(&kid, r#"{"status": "deactivated"}"#).await;
    assert_eq!(ended.ok()["status"], "deactivated");
    assert_eq!(
        client.get(&kid).await.refusal(),
        (401, "unauthorized".into())
    );
}
