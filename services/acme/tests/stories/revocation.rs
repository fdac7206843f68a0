//! Promises: a certificate is revoked by the account that got it, by one that has proven all its names, or by its own
//! key; by nobody else.

use openssl::x509::X509;
use serde_json::json;

use crate::support::client::b64;
use crate::support::{Answer, Client, Key, Mode, World, csr_of, p256};

fn leaf(chain: &str) -> Vec<u8> {
    X509::stack_from_pem(chain.as_bytes()).unwrap()[0]
        .to_der()
        .unwrap()
}

async fn revoke(client: &mut Client, certificate: &[u8], reason: Option<i64>) -> Answer {
    let mut payload = json!({ "certificate": b64(certificate) });
    if let Some(reason) = reason {
        payload["reason"] = json!(reason);
    }
    let url = client.url("revoke-cert");
    client.post(&url, &payload.to_string()).await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_account_that_got_it_revokes_once() {
    let world = World::new().await;
    let mut client = world.client().await;
    let certificate = leaf(&world.certificate(&mut client, &["a.test"]).await);
    assert_eq!(revoke(&mut client, &certificate, Some(4)).await.status, 200);
    let revocation = world.clm.revocation(&certificate).unwrap();
    assert_eq!(revocation.reason, "superseded");
    assert!(revocation.requester.starts_with("acme-account:"));
    assert_eq!(
        revoke(&mut client, &certificate, None).await.refusal(),
        (400, "alreadyRevoked".into())
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_certificates_own_key_revokes() {
    let world = World::new().await;
    let mut client = world.client().await;
    let order = world.ready_order(&mut client, &["a.test"]).await;
    let key = p256();
    let finalized = client
        .finalize(&order, &csr_of(&key, &["a.test"], None))
        .await
        .ok();
    let certificate = leaf(
        &client
            .get(finalized["certificate"].as_str().unwrap())
            .await
            .text,
    );
    let mut foreign = world.stranger();
    assert_eq!(
        revoke(&mut foreign, &certificate, None).await.refusal(),
        (403, "unauthorized".into())
    );
    let mut holder = Client::new(
        &world.base,
        "/acme",
        Key::from_pkcs8(&key.private_key_to_pkcs8().unwrap()),
    );
    assert_eq!(revoke(&mut holder, &certificate, Some(1)).await.status, 200);
    assert_eq!(
        world.clm.revocation(&certificate).unwrap().reason,
        "keyCompromise"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn another_account_revokes_only_after_proving_every_name() {
    let world = World::with(|config| config.authorization_lifetime_hours = 1).await;
    let mut owner = world.client().await;
    let certificate = leaf(&world.certificate(&mut owner, &["a.test", "b.test"]).await);
    let mut other = world.client().await;
    assert_eq!(
        revoke(&mut other, &certificate, None).await.refusal(),
        (403, "unauthorized".into())
    );
    world.ready_order(&mut other, &["a.test"]).await;
    assert_eq!(
        revoke(&mut other, &certificate, None).await.refusal(),
        (403, "unauthorized".into())
    );
    let order = world.ready_order(&mut other, &["b.test"]).await;
    // neither a deactivated nor an expired proof counts
    other
        .post(&order.authorizations()[0], r#"{"status": "deactivated"}"#)
        .await
        .ok();
    assert_eq!(
        revoke(&mut other, &certificate, None).await.refusal(),
        (403, "unauthorized".into())
    );
    world.ready_order(&mut other, &["b.test"]).await;
    world.clock.advance(time::Duration::HOUR);
    assert_eq!(
        revoke(&mut other, &certificate, None).await.refusal(),
        (403, "unauthorized".into())
    );
    world.ready_order(&mut other, &["a.test", "b.test"]).await;
    assert_eq!(revoke(&mut other, &certificate, None).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_revoked_is_told() {
    let world = World::new().await;
    let mut client = world.client().await;
    let certificate = leaf(&world.certificate(&mut client, &["a.test"]).await);
    for reason in [-1, 2, 6, 7, 10, 99] {
        assert_eq!(
            revoke(&mut client, &certificate, Some(reason))
                .await
                .refusal(),
            (400, "badRevocationReason".into()),
            "{reason}"
        );
    }
    assert_eq!(
        revoke(&mut client, b"no certificate", None).await.refusal(),
        (400, "malformed".into())
    );
    // one that CLM never heard of, by its own key
    let elsewhere = World::new().await;
    let mut stranger = elsewhere.client().await;
    let order = elsewhere.ready_order(&mut stranger, &["a.test"]).await;
    let key = p256();
    let finalized = stranger
        .finalize(&order, &csr_of(&key, &["a.test"], None))
        .await
        .ok();
    let foreign = leaf(
        &stranger
            .get(finalized["certificate"].as_str().unwrap())
            .await
            .text,
    );
    let mut holder = Client::new(
        &world.base,
        "/acme",
        Key::from_pkcs8(&key.private_key_to_pkcs8().unwrap()),
    );
    assert_eq!(
        revoke(&mut holder, &foreign, None).await.refusal(),
        (404, "malformed".into())
    );
    world.clm.mode(Mode::Down);
    assert_eq!(
        revoke(&mut client, &certificate, None).await.refusal(),
        (503, "serverInternal".into())
    );
}
