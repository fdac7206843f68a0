//! Promises: where a policy wants external accounts, nobody gets in without; a binding is believed only when its MAC, its
//! form, its key and its policy are right; a key serves one account.

use serde_json::{Value, json};

use crate::support::client::mac_jws;
use crate::support::{Answer, Client, Key, World};

fn eab_client(world: &World) -> Client {
    Client::new(&world.base, "/acme/acme-eab", Key::es256())
}

async fn register(
    client: &mut Client,
    key_id: &str,
    secret: &[u8],
    bend: impl FnOnce(&mut Value),
) -> Answer {
    let mut header = json!({"alg": "HS256", "kid": key_id, "url": client.url("new-account")});
    bend(&mut header);
    let binding = mac_jws(secret, &header, &client.key.jwk().to_string());
    client
        .new_account(json!({"externalAccountBinding": binding}))
        .await
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_binding_nobody_gets_in_where_one_is_required() {
    let world = World::new().await;
    let mut client = eab_client(&world);
    let meta = client.plain(&client.url("directory")).await.ok()["meta"].clone();
    assert_eq!(meta["externalAccountRequired"], true);
    assert_eq!(
        client.new_account(json!({})).await.refusal(),
        (403, "externalAccountRequired".into())
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bound_account_gets_certificates_for_its_end_entity() {
    let world = World::new().await;
    let secret = world.clm.external_account("bound", "acme-eab", None).await;
    let mut client = eab_client(&world);
    assert_eq!(
        register(&mut client, "bound", &secret, |_| {}).await.status,
        201
    );
    world.certificate(&mut client, &["a.test"]).await;
    let asked = world.clm.asked();
    assert_eq!(
        (asked[0].policy.as_str(), asked[0].end_entity.as_str()),
        ("acme-eab", "end-entity-of-bound")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_binding_that_is_wrong_in_any_way_is_refused() {
    let world = World::new().await;
    let now = ers_runtime::clock::Clock::now(&*world.clock).unix_timestamp();
    let secret = world.clm.external_account("wrong", "acme-eab", None).await;
    let expired = world
        .clm
        .external_account("expired", "", Some(now - 1))
        .await;
    let elsewhere = world.clm.external_account("elsewhere", "acme", None).await;
    let mut client = eab_client(&world);
    for (key_id, secret) in [
        ("wrong", &b"wrong secret"[..]),
        ("no-such-key", &secret),
        ("expired", &expired),
        ("elsewhere", &elsewhere),
    ] {
        let answer = register(&mut client, key_id, secret, |_| {}).await;
        assert_eq!(answer.refusal(), (403, "unauthorized".into()), "{key_id}");
    }
    for (name, bent) in [
        ("url", json!("https://other.test/acme/new-account")),
        ("alg", json!("none")),
        ("alg", json!("ES256")),
        ("nonce", json!("AAAA")),
    ] {
        let answer = register(&mut client, "wrong", &secret, |header| header[name] = bent).await;
        assert_eq!(answer.refusal(), (400, "malformed".into()), "{name}");
    }
    let header = json!({"alg": "HS256", "kid": "wrong", "url": client.url("new-account")});
    let foreign = mac_jws(&secret, &header, &Key::es256().jwk().to_string());
    let answer = client
        .new_account(json!({"externalAccountBinding": foreign}))
        .await;
    assert_eq!(answer.refusal(), (400, "malformed".into()));
    assert_eq!(
        register(&mut client, "wrong", &secret, |_| {}).await.status,
        201
    );
}

/// Failure 38: an external account key for a second account.
#[tokio::test(flavor = "multi_thread")]
async fn a_key_serves_one_account_until_that_is_deactivated() {
    let world = World::new().await;
    let secret = world.clm.external_account("single", "", None).await;
    let mut first = eab_client(&world);
    assert_eq!(
        register(&mut first, "single", &secret, |_| {}).await.status,
        201
    );
    let mut second = eab_client(&world);
    assert_eq!(
        register(&mut second, "single", &secret, |_| {})
            .await
            .refusal(),
        (403, "unauthorized".into())
    );
    let kid = first.kid.clone().unwrap();
    first.post(&kid, r#"{"status": "deactivated"}"#).await.ok();
    assert_eq!(
        register(&mut second, "single", &secret, |_| {})
            .await
            .status,
        201
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_may_serve_many_accounts_when_configured_so() {
    let world = World::with(|config| config.external_accounts_reusable = true).await;
    let secret = world.clm.external_account("many", "", None).await;
    for _ in 0..2 {
        assert_eq!(
            register(&mut eab_client(&world), "many", &secret, |_| {})
                .await
                .status,
            201
        );
    }
}
