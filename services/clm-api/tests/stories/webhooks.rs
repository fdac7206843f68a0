//! Promises:
//! - a challenge that is not ours is judged by the webhook that the policy names, which sees the request and our token
//! - it says whose request it is; a name that the realm does not know, or a no, lets in nobody
//! - when it is out of reach, or its certificate is not of the configured CA, the edge is told to try again

use clm_api::config::WebhookConfig;
use ers_proto::clm::v1::{
    self as proto, authenticate_request::Credential, authenticate_response::Outcome as Let,
};
use tonic::{Code, Status};

use super::{
    authenticating::{add, denied, let_in},
    cara::ISSUER,
    clm::World,
    openssl,
    receiver::Receiver,
};

/// Its settings, when it manages devices.
fn config(manager: &Receiver, authorities: &std::path::Path) -> WebhookConfig {
    let yaml = format!(
        "{{url: 'https://localhost:{}/scep', token: 'a token', authorities: '{}', timeout_seconds: 5}}",
        manager.port,
        authorities.display()
    );
    ers_runtime::config::parse(&yaml, std::path::Path::new("webhook")).unwrap()
}

async fn world(webhook: WebhookConfig) -> World {
    let world = World::with_webhook("mdm", webhook).await;
    world
        .apply(&format!(
            "name: managed\nrealm: default\nissuer: {ISSUER}\nprofile: ieee-802-1ar-ldevid\nprotocols: [scep]\n\
             validity: {{default: 90d, longest: 1y}}\nscep: {{webhook: mdm}}\n"
        ))
        .await;
    world
}

async fn ask(world: &World) -> Result<Let, Status> {
    let request = proto::AuthenticateRequest {
        protocol: "scep".into(),
        policy: "managed".into(),
        csr: openssl::csr("/CN=tablet", &["DNS:tablet.test"]),
        transaction_id: "t-9".into(),
        credential: Some(Credential::Challenge("from the manager".into())),
        ..Default::default()
    };
    let response = world.enrollment("scep").authenticate(request).await?;
    Ok(response.into_inner().outcome.unwrap())
}

#[tokio::test]
async fn a_webhook_lets_in_and_says_who_it_is() {
    let mut manager = Receiver::answering(r#"{"allowed": true, "endEntity": "tablet"}"#).await;
    let world = world(config(&manager, &manager.authorities)).await;
    denied(ask(&world).await.unwrap());
    add(&world, "tablet").await;
    let known = let_in(ask(&world).await.unwrap());
    assert_eq!(
        (known.end_entity.as_str(), known.method.as_str()),
        ("tablet", "challenge")
    );
    let asked = manager.asked.recv().await.unwrap();
    assert!(asked.starts_with("POST /scep HTTP/1.1\r\n"), "{asked}");
    for part in [
        "Bearer a token",
        "\"challenge\":\"from the manager\"",
        "\"transactionId\":\"t-9\"",
        "\"subject\":\"CN=tablet\"",
        "dns:tablet.test",
    ] {
        assert!(asked.contains(part), "{part} in {asked}");
    }
    world.stop().await;
}

#[tokio::test]
async fn a_webhook_that_says_no_lets_in_nobody() {
    let manager = Receiver::answering(r#"{"allowed": false}"#).await;
    let world = world(config(&manager, &manager.authorities)).await;
    denied(ask(&world).await.unwrap());
    world.stop().await;
}

#[tokio::test]
async fn a_webhook_that_cannot_be_believed_or_reached_is_asked_again_later() {
    let manager = Receiver::answering(r#"{"allowed": true}"#).await;
    let stranger = Receiver::answering("").await;
    let world = world(config(&manager, &stranger.authorities)).await;
    assert_eq!(ask(&world).await.unwrap_err().code(), Code::Unavailable);
    world.stop().await;
}
