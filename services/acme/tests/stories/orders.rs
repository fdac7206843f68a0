//! Promises: an order asks for each name's proof and for nothing else; names are checked one by one; an order lives as
//! long as it says; nobody sees another's.

use serde_json::json;

use crate::support::clm::settle;
use crate::support::{Client, Key, World, challenge};

#[tokio::test(flavor = "multi_thread")]
async fn an_order_has_an_authorization_for_each_name() {
    let world = World::new().await;
    let mut client = world.client().await;
    let order = client
        .order(&[
            "A.Example.Test",
            "*.example.test",
            "192.0.2.7",
            "a.example.test",
        ])
        .await;
    assert_eq!(order.body["status"], "pending");
    let names: Vec<_> = order.body["identifiers"]
        .as_array()
        .unwrap()
        .iter()
        .map(|name| name["value"].clone())
        .collect();
    assert_eq!(names, ["a.example.test", "*.example.test", "192.0.2.7"]);
    let mut found = Vec::new();
    for url in order.authorizations() {
        found.push(client.get(&url).await.ok());
    }
    let kinds = |index: usize| -> Vec<_> {
        found[index]["challenges"]
            .as_array()
            .unwrap()
            .iter()
            .map(|found| found["type"].clone())
            .collect()
    };
    assert_eq!(
        found[0]["identifier"],
        json!({"type": "dns", "value": "a.example.test"})
    );
    assert_eq!(kinds(0), ["http-01", "dns-01", "tls-alpn-01"]);
    assert_eq!(
        found[1]["identifier"],
        json!({"type": "dns", "value": "example.test"})
    );
    assert_eq!(
        (found[1]["wildcard"].clone(), kinds(1)),
        (json!(true), vec![json!("dns-01")])
    );
    assert_eq!(
        found[2]["identifier"],
        json!({"type": "ip", "value": "192.0.2.7"})
    );
    assert_eq!(kinds(2), ["http-01", "tls-alpn-01"]);
    assert!(found[0].get("wildcard").is_none());
    let token = challenge(&found[0], "http-01")["token"]
        .as_str()
        .unwrap()
        .to_owned();
    assert_eq!(token.len(), 43);
}

/// Failure 40: stars within stars, final dots, e-mail addresses and names as other kinds, more than a hundred.
#[tokio::test(flavor = "multi_thread")]
async fn names_that_cannot_be_are_refused() {
    let world = World::new().await;
    let mut client = world.client().await;
    for name in [
        "a..test",
        "*.*.test",
        "host.test.",
        "-a.test",
        "a_b c.test",
        "b.*.test",
        "",
    ] {
        assert_eq!(
            client.new_order(&[name]).await.refusal(),
            (400, "rejectedIdentifier".into()),
            "{name:?}"
        );
    }
    let email = json!({"identifiers": [{"type": "email", "value": "a@b.test"}]}).to_string();
    let url = client.url("new-order");
    assert_eq!(
        client.post(&url, &email).await.refusal(),
        (400, "unsupportedIdentifier".into())
    );
    let address = json!({"identifiers": [{"type": "ip", "value": "a.test"}]}).to_string();
    assert_eq!(
        client.post(&url, &address).await.refusal(),
        (400, "malformed".into())
    );
    let many: Vec<String> = (0..101).map(|number| format!("h{number}.test")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    assert_eq!(
        client.new_order(&many).await.refusal(),
        (400, "malformed".into())
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn each_refused_name_of_several_is_told() {
    let world = World::new().await;
    let mut client = Client::new(&world.base, "/acme/plain", Key::es256());
    client.register().await;
    let (_, kind, document) = client
        .new_order(&["a.test", "*.a.test", "*.b.test"])
        .await
        .problem();
    assert_eq!(kind, "rejectedIdentifier");
    let refused: Vec<_> = document["subproblems"]
        .as_array()
        .unwrap()
        .iter()
        .map(|found| found["identifier"]["value"].clone())
        .collect();
    assert_eq!(refused, ["*.a.test", "*.b.test"]);
    let (_, kind, document) = client
        .new_order(&["a.test", "*.a.test", "b..test"])
        .await
        .problem();
    assert_eq!(kind, "rejectedIdentifier");
    assert_eq!(document["subproblems"][1]["identifier"]["value"], "b..test");
    let url = client.url("new-order");
    let mixed = json!({"identifiers": [
        {"type": "email", "value": "a@b.test"},
        {"type": "dns", "value": "*.a.test"},
    ]});
    let (_, kind, document) = client.post(&url, &mixed.to_string()).await.problem();
    assert_eq!(kind, "compound");
    let kinds: Vec<_> = document["subproblems"]
        .as_array()
        .unwrap()
        .iter()
        .map(|found| found["type"].as_str().unwrap().rsplit(':').next().unwrap())
        .collect();
    assert_eq!(kinds, ["unsupportedIdentifier", "rejectedIdentifier"]);
    let alone = client.new_order(&["*.a.test"]).await.problem().2;
    assert!(alone.get("subproblems").is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn wanted_times_must_be_times() {
    let world = World::new().await;
    let mut client = world.client().await;
    let url = client.url("new-order");
    let names = json!([{"type": "dns", "value": "a.test"}]);
    for (begin, end) in [
        ("yesterday", "2030-01-01T00:00:00Z"),
        ("2030-01-02T00:00:00Z", "2030-01-01T00:00:00Z"),
    ] {
        let payload = json!({"identifiers": names, "notBefore": begin, "notAfter": end});
        assert_eq!(
            client.post(&url, &payload.to_string()).await.refusal(),
            (400, "malformed".into())
        );
    }
    let payload = json!({"identifiers": names, "notAfter": "2030-01-01T00:00:00Z"});
    assert_eq!(
        client.post(&url, &payload.to_string()).await.ok()["notAfter"],
        "2030-01-01T00:00:00Z"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_expired_order_is_invalid() {
    let world = World::with(|config| config.order_lifetime_hours = 1).await;
    let mut client = world.client().await;
    let order = client.order(&["a.test"]).await;
    world.clock.advance(time::Duration::HOUR);
    let body = client.get(&order.url).await.ok();
    assert_eq!(
        (
            body["status"].as_str(),
            body["error"]["type"].as_str().is_some()
        ),
        (Some("invalid"), true)
    );
    let authorization = client.get(&order.authorizations()[0]).await.ok();
    assert_eq!(authorization["status"], "expired");
    let url = challenge(&authorization, "http-01")["url"]
        .as_str()
        .unwrap()
        .to_owned();
    assert_eq!(
        client.post(&url, "{}").await.refusal(),
        (400, "malformed".into())
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deactivated_authorization_ends_its_order() {
    let world = World::new().await;
    let mut client = world.client().await;
    let order = world.ready_order(&mut client, &["a.test"]).await;
    let authorization = &order.authorizations()[0];
    assert_eq!(
        client
            .post(authorization, r#"{"status": "valid"}"#)
            .await
            .refusal(),
        (400, "malformed".into())
    );
    assert_eq!(
        client
            .post(authorization, r#"{"status": "deactivated"}"#)
            .await
            .ok()["status"],
        "deactivated"
    );
    let refused = client
        .finalize(&order, &crate::support::csr(&["a.test"]))
        .await;
    assert_eq!(refused.refusal(), (403, "orderNotReady".into()));
    assert_eq!(client.get(&order.url).await.ok()["status"], "invalid");
    assert_eq!(world.clm.asked().len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_sees_what_belongs_to_another() {
    let world = World::new().await;
    let mut owner = world.client().await;
    let order = world.ready_order(&mut owner, &["a.test"]).await;
    let authorization = owner.get(&order.authorizations()[0]).await.ok();
    let challenge = challenge(&authorization, "http-01")["url"]
        .as_str()
        .unwrap()
        .to_owned();
    let mut other = world.client().await;
    for url in [
        &order.url,
        &order.authorizations()[0],
        &challenge,
        &order.url.replace("/order/", "/cert/"),
    ] {
        assert_eq!(
            other.get(url).await.refusal(),
            (403, "unauthorized".into()),
            "{url}"
        );
    }
    let refused = other
        .finalize(&order, &crate::support::csr(&["a.test"]))
        .await;
    assert_eq!(refused.refusal(), (403, "unauthorized".into()));
    for kind in ["order", "authz", "chall", "cert"] {
        let url = other.url(&format!("{kind}/AAAAAAAAAAAAAAAAAAAAAA"));
        assert_eq!(
            other.get(&url).await.refusal(),
            (404, "malformed".into()),
            "{kind}"
        );
    }
    assert_eq!(
        owner.post(&order.url, "{}").await.refusal(),
        (400, "malformed".into())
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn orders_are_listed_in_pages() {
    let world = World::new().await;
    let mut client = world.client().await;
    let mut made = Vec::new();
    for number in 0..103 {
        made.push(client.order(&[&format!("h{number}.test")]).await.url);
        world.clock.advance(time::Duration::MILLISECOND);
    }
    let first = format!("{}/orders", client.kid.clone().unwrap());
    let answer = client.get(&first).await;
    let listed = answer.ok()["orders"].as_array().unwrap().clone();
    assert_eq!(listed.len(), 100);
    let next = answer
        .headers
        .get_all("link")
        .iter()
        .map(|link| link.to_str().unwrap())
        .find(|link| link.contains("next"));
    let next = next
        .unwrap()
        .trim_start_matches('<')
        .split('>')
        .next()
        .unwrap()
        .to_owned();
    let answer = client.get(&next).await;
    let all: Vec<_> = listed
        .into_iter()
        .chain(answer.ok()["orders"].as_array().unwrap().clone())
        .collect();
    assert_eq!(all, made);
    assert!(
        !answer
            .headers
            .get_all("link")
            .iter()
            .any(|link| link.to_str().unwrap().contains("next"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn too_many_orders_are_told_when_to_come_again() {
    let world = World::with(|config| config.limits.new_orders_per_account = 2).await;
    let mut client = world.client().await;
    client.order(&["a.test"]).await;
    client.order(&["b.test"]).await;
    let answer = client.new_order(&["c.test"]).await;
    assert_eq!(answer.refusal(), (429, "rateLimited".into()));
    assert!(answer.header("retry-after").is_some());
    world.client().await.order(&["c.test"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn too_many_failures_of_a_name_stop_orders_for_it() {
    let world = World::with(|config| config.limits.failed_validations_per_name = 1).await;
    let mut client = world.client().await;
    let order = client.order(&["a.test"]).await;
    let authorization = client.get(&order.authorizations()[0]).await.ok();
    client
        .post(
            challenge(&authorization, "http-01")["url"]
                .as_str()
                .unwrap(),
            "{}",
        )
        .await
        .ok();
    assert_eq!(
        client.decided(&order.authorizations()[0]).await["status"],
        "invalid"
    );
    assert_eq!(
        client.new_order(&["a.test"]).await.refusal(),
        (429, "rateLimited".into())
    );
    client.order(&["b.test"]).await;
    world.client().await.order(&["a.test"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn too_many_orders_from_an_address_or_for_the_same_names_wait() {
    let world = World::with(|config| {
        config.limits.new_orders_per_address = 4;
        config.limits.new_orders_per_names = 2;
    })
    .await;
    let mut client = world.client().await;
    client.order(&["a.test", "b.test"]).await;
    let mut other = world.client().await;
    other.order(&["B.test", "a.test"]).await;
    let same = client.new_order(&["b.test", "a.test"]).await;
    assert_eq!(same.refusal(), (429, "rateLimited".into()));
    assert!(same.header("retry-after").is_some());
    client.order(&["a.test"]).await;
    let address = other.new_order(&["c.test"]).await;
    assert_eq!(address.refusal(), (429, "rateLimited".into()));
    assert!(address.header("retry-after").is_some());
}

/// Failure 40: names of other alphabets have one spelling, and what only looks like one is refused.
#[tokio::test(flavor = "multi_thread")]
async fn international_names_are_kept_as_the_dns_has_them() {
    let world = World::new().await;
    let mut client = world.client().await;
    let order = client
        .order(&["xn--bcher-kva.test", "B\u{fc}cher.test"])
        .await;
    let names = order.body["identifiers"].as_array().unwrap();
    assert_eq!(names.len(), 1, "{names:?}");
    assert_eq!(names[0]["value"], "xn--bcher-kva.test");
    for name in [
        "xn--.test",
        "xn--zzzzzzzzzzzz99999.test",
        "a\u{202e}b.test",
        "nul\u{0}.test",
        "a.test\u{3002}",
        "xn--bcher-kva\u{fc}.test",
    ] {
        let refused = client.new_order(&[name]).await.refusal();
        assert_eq!(refused, (400, "rejectedIdentifier".into()), "{name:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_policy_may_offer_some_challenges_only() {
    let world = World::new().await;
    let settings = ers_proto::clm::v1::AcmeSettings {
        challenges: vec!["dns-01".into()],
        ..Default::default()
    };
    settle(&world.clm, "acme", settings);
    let mut client = world.client().await;
    let order = client.order(&["a.test"]).await;
    let authorization = client.get(&order.authorizations()[0]).await.ok();
    let challenges = authorization["challenges"].as_array().unwrap();
    assert_eq!(challenges.len(), 1);
    assert_eq!(challenges[0]["type"], "dns-01");
    let refused = client.new_order(&["192.0.2.1"]).await.refusal();
    assert_eq!(refused, (400, "rejectedIdentifier".into()));
}
