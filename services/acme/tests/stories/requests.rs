//! Promises: a request counts once, at its URL, by its key, with an algorithm of that key; whatever else is sent gets a
//! problem document and nothing happens; every answer brings a nonce.

use serde_json::json;

use crate::support::client::{b64, mac_jws};
use crate::support::{Client, Key, World};

#[tokio::test(flavor = "multi_thread")]
async fn the_directory_names_all_resources_and_nonces_are_fresh() {
    let world = World::new().await;
    let client = world.stranger();
    let answer = client.plain(&client.url("directory")).await;
    for name in [
        "newNonce",
        "newAccount",
        "newOrder",
        "revokeCert",
        "keyChange",
        "renewalInfo",
    ] {
        assert!(
            answer.ok()[name]
                .as_str()
                .unwrap()
                .starts_with(&format!("{}/acme/", world.base))
        );
    }
    let answer = client.plain(&client.url("new-nonce")).await;
    assert_eq!(
        (answer.status, answer.header("cache-control")),
        (204, Some("no-store"))
    );
    assert!(answer.header("link").unwrap().contains("rel=\"index\""));
    assert_ne!(client.fresh_nonce().await, client.fresh_nonce().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn urls_come_from_the_configuration_and_not_from_the_host_header() {
    let world = World::new().await;
    let url = format!("{}/acme/directory", world.base);
    let http = reqwest::Client::new();
    let answer = http
        .get(&url)
        .header("host", "evil.test")
        .send()
        .await
        .unwrap()
        .text()
        .await
        .unwrap();
    assert!(
        answer.contains(&world.base) && !answer.contains("evil.test"),
        "{answer}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_directory_of_no_policy_does_not_exist() {
    let world = World::new().await;
    for name in ["nothing", "no-acme", "a%2Fb", "a.b", "Acme", "a_b"] {
        let client = Client::new(&world.base, &format!("/acme/{name}"), Key::es256());
        assert_eq!(
            client.plain(&client.url("directory")).await.refusal(),
            (404, "malformed".into()),
            "{name}"
        );
    }
    let client = world.stranger();
    for path in ["nowhere", "order/x/y/z", "acct"] {
        assert_eq!(
            client.plain(&client.url(path)).await.refusal().0,
            404,
            "{path}"
        );
    }
    assert_eq!(
        client.plain(&client.url("new-order")).await.refusal(),
        (405, "malformed".into())
    );
    assert_eq!(
        client.plain(&client.url("order/x")).await.refusal(),
        (405, "malformed".into())
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payload_that_is_an_array_is_malformed_and_makes_nothing() {
    let world = World::new().await;
    let mut client = world.stranger();
    let url = client.url("new-account");
    for payload in ["[]", " [true]"] {
        let answer = client.post(&url, payload).await;
        assert_eq!(answer.refusal(), (400, "malformed".into()), "{payload}");
    }
    let answer = client.post(&url, r#"{"onlyReturnExisting":true}"#).await;
    assert_eq!(answer.refusal(), (400, "accountDoesNotExist".into()));
}

/// Failure 38: a nonce that was used.
#[tokio::test(flavor = "multi_thread")]
async fn a_nonce_counts_once_and_a_refusal_brings_a_fresh_one() {
    let world = World::new().await;
    let mut client = world.client().await;
    let kid = client.kid.clone().unwrap();
    let header = client.header(&kid).await;
    let body = client.key.jws(&header, "").to_string();
    assert_eq!(client.send(&kid, body.clone()).await.status, 200);
    let replayed = client.send(&kid, body).await;
    assert_eq!(replayed.refusal(), (400, "badNonce".into()));
    // the client goes on with the nonce of the refusal
    assert_eq!(client.get(&kid).await.status, 200);
    let made_up = client
        .post_bent(&kid, "", |header| {
            header["nonce"] = json!("AAAAAAAAAAAAAAAAAAAAAA")
        })
        .await;
    assert_eq!(made_up.refusal(), (400, "badNonce".into()));
    let without = client
        .post_bent(&kid, "", |header| {
            drop(header.as_object_mut().unwrap().remove("nonce"))
        })
        .await;
    assert_eq!(without.refusal(), (400, "badNonce".into()));
}

/// Failure 38: a request for another URL.
#[tokio::test(flavor = "multi_thread")]
async fn a_request_for_another_url_is_refused() {
    let world = World::new().await;
    let mut client = world.client().await;
    let (kid, url) = (client.kid.clone().unwrap(), client.url("new-order"));
    let order = json!({"identifiers": [{"type": "dns", "value": "a.test"}]}).to_string();
    let answer = client
        .post_bent(&url, &order, |header| header["url"] = json!(kid))
        .await;
    assert_eq!(answer.refusal(), (403, "unauthorized".into()));
    let answer = client
        .post_bent(&url, &order, |header| {
            header["url"] = json!(format!("{url}?x"))
        })
        .await;
    assert_eq!(answer.refusal(), (403, "unauthorized".into()));
}

/// Failure 38: `none`, MACs, and the algorithm of another key.
#[tokio::test(flavor = "multi_thread")]
async fn neither_none_nor_macs_nor_foreign_algorithms_sign_requests() {
    let world = World::new().await;
    let mut client = world.client().await;
    let kid = client.kid.clone().unwrap();
    for algorithm in [
        "none", "HS256", "ES384", "RS256", "EdDSA", "es256", "ES256K",
    ] {
        let answer = client
            .post_bent(&kid, "", |header| header["alg"] = json!(algorithm))
            .await;
        let (status, kind, document) = answer.problem();
        assert_eq!(
            (status, kind.as_str()),
            (400, "badSignatureAlgorithm"),
            "{algorithm}"
        );
        assert!(
            document["algorithms"]
                .as_array()
                .unwrap()
                .contains(&json!("ES256"))
        );
    }
    // a MAC keyed with the public key, the classic confusion
    let mut header = client.header(&kid).await;
    header["alg"] = json!("HS256");
    let body = mac_jws(client.key.jwk().to_string().as_bytes(), &header, "");
    assert_eq!(
        client.send(&kid, body.to_string()).await.refusal(),
        (400, "badSignatureAlgorithm".into())
    );
}

/// Failure 38: kid and jwk together.
#[tokio::test(flavor = "multi_thread")]
async fn a_request_names_its_account_or_carries_its_key_never_both() {
    let world = World::new().await;
    let mut client = world.client().await;
    let kid = client.kid.clone().unwrap();
    let jwk = client.key.jwk();
    let both = client
        .post_bent(&kid, "", |header| header["jwk"] = jwk.clone())
        .await;
    assert_eq!(both.refusal(), (400, "malformed".into()));
    let neither = client
        .post_bent(&kid, "", |header| {
            drop(header.as_object_mut().unwrap().remove("kid"))
        })
        .await;
    assert_eq!(neither.refusal(), (400, "malformed".into()));
    let by_key = client
        .post_bent(&kid, "", |header| {
            header.as_object_mut().unwrap().remove("kid");
            header["jwk"] = jwk;
        })
        .await;
    assert_eq!(by_key.refusal(), (400, "malformed".into()));
    let url = client.url("new-account");
    assert_eq!(
        client.post(&url, "{}").await.refusal(),
        (400, "malformed".into())
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_signature_is_refused() {
    let world = World::new().await;
    let mut client = world.client().await;
    let kid = client.kid.clone().unwrap();
    let header = client.header(&kid).await;
    let mut body = client.key.jws(&header, "");
    body["payload"] = json!(b64(r#"{"status":"deactivated"}"#));
    assert_eq!(
        client.send(&kid, body.to_string()).await.refusal(),
        (400, "malformed".into())
    );
    let header = client.header(&kid).await;
    let forged = Key::es256().jws(&header, "");
    assert_eq!(
        client.send(&kid, forged.to_string()).await.refusal(),
        (400, "malformed".into())
    );
    assert_eq!(client.get(&kid).await.ok()["status"], "valid");
}

#[tokio::test(flavor = "multi_thread")]
async fn weak_and_unknown_keys_are_refused() {
    let world = World::new().await;
    let mut client = world.stranger();
    let url = client.url("new-account");
    let short = b64([0xc3_u8; 128]);
    for jwk in [
        json!({"kty": "RSA", "e": "AQAB", "n": short}),
        json!({"kty": "RSA", "e": "Aw", "n": b64([0xc3_u8; 256])}),
        json!({"kty": "EC", "crv": "P-256", "x": b64([1_u8; 32]), "y": b64([1_u8; 32])}),
        json!({"kty": "EC", "crv": "secp256k1", "x": b64([1_u8; 32]), "y": b64([1_u8; 32])}),
        json!({"kty": "oct"}),
    ] {
        let answer = client
            .post_bent(&url, "{}", |header| header["jwk"] = jwk.clone())
            .await;
        assert_eq!(answer.refusal(), (400, "badPublicKey".into()), "{jwk}");
    }
}

/// Failure 41: no JSON, too much of it, and nested without end.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_request_gets_a_problem() {
    let world = World::new().await;
    let mut client = world.client().await;
    let url = client.url("new-order");
    for body in [
        "",
        "{",
        "[]",
        "null",
        r#"{"protected":"e30","payload":"","signature":""}"#,
        "a.b.c",
    ] {
        assert_eq!(
            client.send(&url, body.to_owned()).await.refusal(),
            (400, "malformed".into()),
            "{body:?}"
        );
    }
    let long = format!("{{\"payload\":\"{}\"}}", "A".repeat(200_000));
    assert_eq!(
        client.send(&url, long).await.refusal(),
        (413, "malformed".into())
    );
    let deep = "[".repeat(20_000);
    assert_eq!(
        client.send(&url, deep.clone()).await.refusal(),
        (400, "malformed".into())
    );
    for payload in [
        "",
        "{",
        "[]",
        "{}",
        &deep,
        r#"{"identifiers": 1}"#,
        r#"{"identifiers": []}"#,
    ] {
        assert_eq!(
            client.post(&url, payload).await.refusal(),
            (400, "malformed".into()),
            "{payload:?}"
        );
    }
    let plain = reqwest::Client::new()
        .post(&url)
        .header("content-type", "application/json")
        .body("{}");
    let answer = plain.send().await.unwrap();
    assert_eq!(answer.status(), 415);
    assert_eq!(answer.headers()["content-type"], "application/problem+json");
}

#[tokio::test(flavor = "multi_thread")]
async fn too_many_accounts_from_one_address_are_told_when_to_come_again() {
    let world = World::with(|config| config.limits.new_accounts_per_address = 2).await;
    world.client().await;
    world.client().await;
    let mut third = world.stranger();
    let answer = third.new_account(json!({})).await;
    assert_eq!(answer.refusal(), (429, "rateLimited".into()));
    assert!(
        answer
            .header("retry-after")
            .unwrap()
            .parse::<u64>()
            .unwrap()
            <= 3601
    );
    world.clock.advance(time::Duration::HOUR);
    third.register().await;
}
