//! Promises: an account is made once per key and directory; every kind of key that is taken works; what an account may
//! change it can, and nothing else; a deactivated account can do nothing; a key change keeps the account.

use aws_lc_rs::signature;
use serde_json::json;

use crate::support::{Client, Key, World};

#[tokio::test(flavor = "multi_thread")]
async fn an_account_is_made_once_and_found_again() {
    let world = World::new().await;
    let mut client = world.stranger();
    let made = client
        .new_account(json!({"contact": ["mailto:a@b.test"], "termsOfServiceAgreed": true}))
        .await;
    assert_eq!(made.status, 201);
    assert_eq!(made.ok()["status"], "valid");
    assert_eq!(made.ok()["contact"][0], "mailto:a@b.test");
    assert!(
        made.header("link")
            .unwrap()
            .contains("/acme/directory>;rel=\"index\"")
    );
    let kid = client.kid.take();
    let found = client
        .new_account(json!({"onlyReturnExisting": true}))
        .await;
    assert_eq!(found.status, 200);
    assert_eq!(client.kid, kid);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_kind_of_key_that_is_taken_works() {
    let world = World::new().await;
    for key in [
        Key::es256(),
        Key::es384(),
        Key::es512(),
        Key::rs256(),
        Key::rsa("RS384", &signature::RSA_PKCS1_SHA384),
        Key::rsa("RS512", &signature::RSA_PKCS1_SHA512),
        Key::rsa("PS256", &signature::RSA_PSS_SHA256),
        Key::rsa("PS384", &signature::RSA_PSS_SHA384),
        Key::rsa("PS512", &signature::RSA_PSS_SHA512),
        Key::ed25519(),
    ] {
        let mut client = Client::new(&world.base, "/acme", key);
        client.register().await;
        let kid = client.kid.clone().unwrap();
        assert_eq!(
            client.get(&kid).await.ok()["status"],
            "valid",
            "{}",
            client.key.algorithm()
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_key_has_no_account_and_none_is_made_when_only_asked_for() {
    let world = World::new().await;
    let mut client = world.stranger();
    let answer = client
        .new_account(json!({"onlyReturnExisting": true}))
        .await;
    assert_eq!(answer.refusal(), (400, "accountDoesNotExist".into()));
    let kid = format!("{}/acme/acct/AAAAAAAAAAAAAAAAAAAAAA", world.base);
    client.kid = Some(kid.clone());
    assert_eq!(
        client.get(&kid).await.refusal(),
        (400, "accountDoesNotExist".into())
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn contacts_are_checked_and_changed() {
    let world = World::new().await;
    let mut client = world.stranger();
    let odd = client.new_account(json!({"contact": ["tel:123"]})).await;
    assert_eq!(odd.refusal(), (400, "unsupportedContact".into()));
    let bad = client
        .new_account(json!({"contact": ["mailto:a@b?cc=c@d"]}))
        .await;
    assert_eq!(bad.refusal(), (400, "invalidContact".into()));
    client.register().await;
    let kid = client.kid.clone().unwrap();
    let changed = client
        .post(&kid, r#"{"contact": ["mailto:new@b.test"]}"#)
        .await
        .ok();
    assert_eq!(changed["contact"], json!(["mailto:new@b.test"]));
    assert_eq!(
        client.get(&kid).await.ok()["contact"],
        json!(["mailto:new@b.test"])
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn terms_must_be_agreed_to() {
    let world = World::with(|config| {
        config.terms_of_service = Some("https://ca.test/terms".parse().unwrap())
    })
    .await;
    let mut client = world.stranger();
    assert_eq!(
        client.plain(&client.url("directory")).await.ok()["meta"]["termsOfService"],
        "https://ca.test/terms"
    );
    let answer = client.new_account(json!({})).await;
    assert_eq!(answer.refusal(), (403, "userActionRequired".into()));
    let links: Vec<_> = answer
        .headers
        .get_all("link")
        .iter()
        .map(|link| link.to_str().unwrap())
        .collect();
    assert!(
        links.contains(&"<https://ca.test/terms>;rel=\"terms-of-service\""),
        "{links:?}"
    );
    client.register().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deactivated_account_can_do_nothing() {
    let world = World::new().await;
    let mut client = world.client().await;
    let order = client.order(&["a.test"]).await;
    let kid = client.kid.clone().unwrap();
    assert_eq!(
        client
            .post(&kid, r#"{"status": "revoked"}"#)
            .await
            .refusal(),
        (400, "malformed".into())
    );
    assert_eq!(
        client.post(&kid, r#"{"status": "deactivated"}"#).await.ok()["status"],
        "deactivated"
    );
    assert_eq!(
        client.get(&kid).await.refusal(),
        (401, "unauthorized".into())
    );
    assert_eq!(
        client.get(&order.url).await.refusal(),
        (401, "unauthorized".into())
    );
    assert_eq!(
        client.new_order(&["b.test"]).await.refusal(),
        (401, "unauthorized".into())
    );
    client.kid = None;
    assert_eq!(
        client.new_account(json!({})).await.refusal(),
        (401, "unauthorized".into())
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_cannot_be_touched_by_another() {
    let world = World::new().await;
    let victim = world.client().await.kid.unwrap();
    let mut other = world.client().await;
    assert_eq!(
        other.get(&victim).await.refusal(),
        (403, "unauthorized".into())
    );
    assert_eq!(
        other.get(&format!("{victim}/orders")).await.refusal(),
        (403, "unauthorized".into())
    );
    // a foreign kid does not verify
    other.kid = Some(victim.clone());
    assert_eq!(
        other.get(&victim).await.refusal(),
        (400, "malformed".into())
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_belongs_to_its_directory() {
    let world = World::new().await;
    let client = world.client().await;
    let kid = client.kid.clone().unwrap();
    let mut elsewhere = Client::new(&world.base, "/acme/plain", client.key);
    elsewhere.kid = Some(kid);
    assert_eq!(
        elsewhere.new_order(&["a.test"]).await.refusal(),
        (400, "accountDoesNotExist".into())
    );
    elsewhere.kid = None;
    elsewhere.register().await;
    assert!(
        elsewhere
            .kid
            .clone()
            .unwrap()
            .starts_with(&format!("{}/acme/plain/acct/", world.base))
    );
    assert_eq!(elsewhere.order(&["a.test"]).await.body["status"], "pending");
}

async fn change_key(
    client: &mut Client,
    old: &Key,
    new: &Key,
    bend: impl FnOnce(&mut serde_json::Value),
) -> crate::support::Answer {
    let url = client.url("key-change");
    let payload = json!({"account": client.kid, "oldKey": old.jwk()});
    let mut header = json!({"alg": new.algorithm(), "jwk": new.jwk(), "url": url});
    bend(&mut header);
    let inner = new.jws(&header, &payload.to_string());
    client.post(&url, &inner.to_string()).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_key_keeps_the_account_and_the_old_key_is_nobody() {
    let world = World::new().await;
    let mut client = world.client().await;
    let order = client.order(&["a.test"]).await;
    let new = Key::es256();
    let old = client.key.copy();
    assert_eq!(
        change_key(&mut client, &old, &new, |_| {}).await.status,
        200
    );
    assert_eq!(
        client.get(&order.url).await.refusal(),
        (400, "malformed".into())
    );
    let mut renewed = client.also(new);
    assert_eq!(renewed.get(&order.url).await.ok()["status"], "pending");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_change_is_refused_unless_both_keys_say_the_same() {
    let world = World::new().await;
    let mut client = world.client().await;
    let old = client.key.copy();
    let wrong_old = change_key(&mut client, &Key::es256(), &Key::es256(), |_| {}).await;
    assert_eq!(wrong_old.refusal(), (400, "malformed".into()));
    let new = Key::es256();
    let wrong_url = change_key(&mut client, &old, &new, |header| {
        header["url"] = json!("https://other.test/")
    })
    .await;
    assert_eq!(wrong_url.refusal(), (400, "malformed".into()));
    let with_nonce = change_key(&mut client, &old, &new, |header| {
        header["nonce"] = json!("AAAA")
    })
    .await;
    assert_eq!(with_nonce.refusal(), (400, "malformed".into()));
    let other_key = Key::es256().jwk();
    let foreign = change_key(&mut client, &old, &new, |header| header["jwk"] = other_key).await;
    assert_eq!(foreign.refusal(), (400, "malformed".into()));
    let same = change_key(&mut client, &old, &old, |_| {}).await;
    assert_eq!(same.status, 400);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_has_an_account_cannot_be_taken() {
    let world = World::new().await;
    let taken = world.client().await;
    let mut client = world.client().await;
    let old = client.key.copy();
    let answer = change_key(&mut client, &old, &taken.key, |_| {}).await;
    assert_eq!(answer.refusal(), (409, "malformed".into()));
    assert_eq!(answer.header("location"), taken.kid.as_deref());
}
