//! Promises: whoever asks is told when to renew a certificate (RFC 9773), also that it is now; an order says which
//! certificate it replaces, once; renewing when told to is not limited.

use ers_pki::certificate::Certificate;
use ers_runtime::clock::Clock as _;
use serde_json::json;
use time::Duration;

use crate::support::client::b64;
use crate::support::clm::settle;
use crate::support::{Client, Key, World, csr};

fn id(pem: &str) -> (String, String) {
    let certificate = Certificate::from_pem(pem).unwrap();
    let key = b64(certificate.authority_key_identifier().unwrap());
    let serial = certificate.serial();
    (format!("{key}.{}", b64(serial.as_bytes())), serial.to_hex())
}

async fn renewal_info(world: &World, id: &str) -> crate::support::Answer {
    let client = world.stranger();
    let directory = client.plain(&client.url("directory")).await.ok();
    let url = directory["renewalInfo"].as_str().unwrap().to_owned();
    client.plain(&format!("{url}/{id}")).await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_window_is_told_without_an_account() {
    let world = World::new().await;
    let mut client = world.client().await;
    let (id, serial) = id(&world.certificate(&mut client, &["a.test"]).await);
    world
        .clm
        .window(&serial, 1_800_000_000, 1_800_086_400, false);
    let answer = renewal_info(&world, &id).await;
    assert_eq!(
        answer.ok(),
        json!({
            "suggestedWindow": {"start": "2027-01-15T08:00:00Z", "end": "2027-01-16T08:00:00Z"},
            "explanationURL": "https://ca.test/why",
        })
    );
    let soon: u64 = answer.header("retry-after").unwrap().parse().unwrap();
    assert!((60..=86_400).contains(&soon), "{soon}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_window_that_was_pulled_forward_lies_in_the_past_and_is_asked_for_sooner() {
    let world = World::new().await;
    let mut client = world.client().await;
    let (id, serial) = id(&world.certificate(&mut client, &["a.test"]).await);
    let now = world.clock.now().unix_timestamp();
    world.clm.window(&serial, now - 7200, now - 3600, true);
    let answer = renewal_info(&world, &id).await;
    let soon: u64 = answer.header("retry-after").unwrap().parse().unwrap();
    assert_eq!(soon, 3600);
}

#[tokio::test(flavor = "multi_thread")]
async fn unknown_certificates_and_ids_that_are_none_are_told_apart_from_faults() {
    let world = World::new().await;
    let unknown = renewal_info(&world, "aYhba4dGQEHhs3uEe6CuLN4ByNQ.AIdlQyE").await;
    assert_eq!(unknown.refusal(), (404, "malformed".into()));
    for id in [
        "x",
        "x.y",
        "aYhba4dGQEHhs3uEe6CuLN4ByNQ.AIdlQyE=",
        "%00.%00",
    ] {
        let answer = renewal_info(&world, id).await;
        assert_eq!(answer.refusal(), (400, "malformed".into()), "{id}");
    }
    world.clm.mode(crate::support::Mode::Down);
    let away = renewal_info(&world, "aYhba4dGQEHhs3uEe6CuLN4ByNQ.AIdlQyI").await;
    assert_eq!(away.status, 503);
    assert!(away.header("retry-after").is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_replaces_a_certificate_once() {
    let world = World::new().await;
    let mut client = world.client().await;
    let pem = world.certificate(&mut client, &["a.test", "b.test"]).await;
    let (id, _) = id(&pem);
    let replaces = json!({ "replaces": id });
    let made = client.new_order_with("a.test", replaces.clone()).await;
    assert_eq!((made.status, &made.ok()["replaces"]), (201, &json!(id)));
    let url = made.header("location").unwrap().to_owned();
    let second = client.new_order_with("a.test", replaces.clone()).await;
    assert_eq!(second.refusal(), (409, "alreadyReplaced".into()));

    // when the first one comes to nothing, another may follow
    let authorization = made.ok()["authorizations"][0].as_str().unwrap().to_owned();
    let given_up = r#"{"status": "deactivated"}"#;
    client.post(&authorization, given_up).await.ok();
    assert_eq!(client.get(&url).await.ok()["status"], "invalid");
    let third = client.new_order_with("a.test", replaces.clone()).await;
    assert_eq!(third.status, 201, "{}", third.text);
    let order = crate::support::Order {
        url: third.header("location").unwrap().to_owned(),
        body: third.ok(),
    };
    world.prove(&mut client, &order).await;
    let done = client.finalize(&order, &csr(&["a.test"])).await.ok();
    assert_eq!(
        (&done["status"], &done["replaces"]),
        (&json!("valid"), &json!(id))
    );
    let renews = world.clm.asked().pop().unwrap().renews;
    assert!(
        renews.is_empty(),
        "other names: CLM would call it no renewal"
    );

    world.clock.advance(Duration::days(60));
    let late = client.new_order_with("a.test", replaces).await;
    assert_eq!(late.refusal(), (409, "alreadyReplaced".into()));
}

#[tokio::test(flavor = "multi_thread")]
async fn clm_is_told_what_is_renewed_in_its_time_while_it_is_good() {
    let world = World::new().await;
    let mut client = world.client().await;
    let now = world.clock.now().unix_timestamp();
    let cases = [
        (now - 1, false, true),
        (now + 3600, false, false),
        (now - 1, true, false),
    ];
    for (start, revoked, told) in cases {
        let pem = world.certificate(&mut client, &["a.test"]).await;
        let certificate = Certificate::from_pem(&pem).unwrap();
        let (id, serial) = id(&pem);
        world.clm.window(&serial, start, start + 7200, revoked);
        if revoked {
            let url = client.url("revoke-cert");
            let body = json!({"certificate": b64(certificate.der())}).to_string();
            assert_eq!(client.post(&url, &body).await.status, 200);
        }
        let made = client
            .new_order_with("a.test", json!({ "replaces": id }))
            .await;
        let order = crate::support::Order {
            url: made.header("location").unwrap().to_owned(),
            body: made.ok(),
        };
        world.prove(&mut client, &order).await;
        let done = client.finalize(&order, &csr(&["a.test"])).await.ok();
        assert_eq!(done["status"], "valid");
        let renews = world.clm.asked().pop().unwrap().renews;
        let expected = if told { certificate.der() } else { &[] };
        assert_eq!(renews, expected, "{start} {revoked}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn only_ones_own_certificate_of_the_same_name_can_be_replaced() {
    let world = World::new().await;
    let mut client = world.client().await;
    let (id, _) = id(&world.certificate(&mut client, &["a.test"]).await);
    let replaces = json!({ "replaces": id });
    let other = client.new_order_with("b.test", replaces.clone()).await;
    assert_eq!(other.refusal(), (400, "malformed".into()));
    let mut stranger = world.client().await;
    let theirs = stranger.new_order_with("a.test", replaces).await;
    assert_eq!(theirs.refusal(), (403, "unauthorized".into()));
    let unknown = json!({"replaces": "aYhba4dGQEHhs3uEe6CuLN4ByNQ.AIdlQyE"});
    let unknown = client.new_order_with("a.test", unknown).await;
    assert_eq!(unknown.refusal(), (404, "malformed".into()));
    let noise = client
        .new_order_with("a.test", json!({"replaces": "x"}))
        .await;
    assert_eq!(noise.refusal(), (400, "malformed".into()));
}

/// Failure 45: limits do not stand in the way of those who renew because they were told to.
#[tokio::test(flavor = "multi_thread")]
async fn who_renews_when_told_to_is_not_limited() {
    let world = World::with(|config| config.limits.new_orders_per_account = 2).await;
    let mut client = world.client().await;
    let (first, serial) = id(&world.certificate(&mut client, &["a.test"]).await);
    let (second, _) = id(&world.certificate(&mut client, &["b.test"]).await);
    let limited = (429, "rateLimited".to_owned());
    assert_eq!(client.new_order(&["c.test"]).await.refusal(), limited);
    let replaces = |id: &str| json!({ "replaces": id });
    let early = client.new_order_with("b.test", replaces(&second)).await;
    assert_eq!(early.refusal(), limited, "nobody asked for it");
    let now = world.clock.now().unix_timestamp();
    world.clm.window(&serial, now - 2, now - 1, true);
    let due = client.new_order_with("a.test", replaces(&first)).await;
    assert_eq!(due.status, 201, "{}", due.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_may_be_for_another_profile_and_says_so() {
    let world = World::new().await;
    let settings = ers_proto::clm::v1::AcmeSettings {
        profiles: vec!["short".into(), "gone".into(), "acme-eab".into()],
        ..Default::default()
    };
    settle(&world.clm, "acme", settings);
    let mut client = world.client().await;
    let directory = client.plain(&client.url("directory")).await.ok();
    let profiles = &directory["meta"]["profiles"];
    let told = json!({"short": "the policy short", "acme-eab": "the policy acme-eab"});
    assert_eq!(*profiles, told);
    let made = client
        .new_order_with("a.test", json!({"profile": "short"}))
        .await;
    assert_eq!((made.status, &made.ok()["profile"]), (201, &json!("short")));
    let order = crate::support::Order {
        url: made.header("location").unwrap().to_owned(),
        body: made.ok(),
    };
    world.prove(&mut client, &order).await;
    let done = client.finalize(&order, &csr(&["a.test"])).await.ok();
    assert_eq!(
        (&done["status"], &done["profile"]),
        (&json!("valid"), &json!("short"))
    );
    assert_eq!(world.clm.asked().last().unwrap().policy, "short");
    let wanted = json!({"profile": "acme-eab"});
    let unbound = client.new_order_with("a.test", wanted).await;
    assert_eq!(unbound.refusal(), (403, "externalAccountRequired".into()));
    for profile in ["gone", "plain", ""] {
        let wanted = json!({ "profile": profile });
        let answer = client.new_order_with("a.test", wanted).await;
        assert_eq!(
            answer.refusal(),
            (400, "invalidProfile".into()),
            "{profile}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn other_chains_of_a_ca_that_had_other_keys_are_offered() {
    let world = World::new().await;
    let link = crate::support::clm::link_to_older_root(&world.clm);
    let mut client = world.client().await;
    let order = world.ready_order(&mut client, &["a.test"]).await;
    let done = client.finalize(&order, &csr(&["a.test"])).await.ok();
    let url = done["certificate"].as_str().unwrap().to_owned();
    let usual = client.get(&url).await;
    let links = |answer: &crate::support::Answer| -> Vec<String> {
        let all = answer.headers.get_all("link").iter();
        all.filter_map(|link| {
            let link = link.to_str().unwrap();
            let url = link.strip_suffix(">;rel=\"alternate\"")?;
            Some(url.trim_start_matches('<').to_owned())
        })
        .collect()
    };
    let alternates = links(&usual);
    assert_eq!(alternates.len(), 1, "{:?}", usual.headers);
    let other = client.get(&alternates[0]).await;
    let chain = Certificate::all_from_pem(&other.text).unwrap();
    let leaf = Certificate::from_pem(&usual.text).unwrap();
    assert_eq!(chain[0].der(), leaf.der());
    assert_eq!(chain.last().unwrap().der(), link);
    assert_eq!(links(&other), std::slice::from_ref(&url));
    let nothing = client.get(&format!("{url}/0123456789abcdef")).await;
    assert_eq!(nothing.refusal(), (404, "malformed".into()));
    let mut stranger = Client::new(&world.base, "/acme", Key::es256());
    stranger.register().await;
    let theirs = stranger.get(&alternates[0]).await;
    assert_eq!(theirs.refusal(), (403, "unauthorized".into()));
}
