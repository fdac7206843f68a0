//! Promises: only what proves a name makes it valid; validation goes nowhere it may not; it tries again, and goes on
//! after a restart.

use acme::config::{PerspectiveConfig, ValidationConfig};
use serde_json::Value;

use crate::support::clm::settle;
use crate::support::{Client, World, challenge};

/// Answers a challenge of a new order and tells what became of its authorization.
async fn validate(
    world: &World,
    client: &mut Client,
    name: &str,
    kind: &str,
    prepare: impl FnOnce(&World, &Client, &str),
) -> Value {
    let order = client.order(&[name]).await;
    let url = order.authorizations()[0].clone();
    let authorization = client.get(&url).await.ok();
    let wanted = challenge(&authorization, kind);
    prepare(world, client, wanted["token"].as_str().unwrap());
    let answered = client.post(wanted["url"].as_str().unwrap(), "{}").await;
    assert!(
        answered
            .headers
            .get_all("link")
            .iter()
            .any(|link| link.to_str().unwrap().contains("rel=\"up\""))
    );
    let decided = client.decided(&url).await;
    let order = client.get(&order.url).await.ok();
    assert_eq!(
        order["status"],
        if decided["status"] == "valid" {
            "ready"
        } else {
            "invalid"
        }
    );
    decided
}

fn path(token: &str) -> String {
    format!("/.well-known/acme-challenge/{token}")
}

/// The type of the error of a challenge, without its prefix, and its detail.
fn error(authorization: &Value, kind: &str) -> (String, String) {
    let error = &challenge(authorization, kind)["error"];
    let name = error["type"]
        .as_str()
        .unwrap()
        .rsplit(':')
        .next()
        .unwrap()
        .to_owned();
    (name, error["detail"].as_str().unwrap().to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn http_01_proves_a_name() {
    let world = World::new().await;
    let mut client = world.client().await;
    let decided = validate(
        &world,
        &mut client,
        "a.test",
        "http-01",
        |world, client, token| {
            world.answer_http("a.test", token, client);
            // white space at the end does no harm
            world.web.put(
                &path(token),
                &format!("{}\r\n", client.key_authorization(token)),
            );
        },
    )
    .await;
    assert_eq!(decided["status"], "valid");
    assert!(challenge(&decided, "http-01")["validated"].is_string());
    let host = format!("host: a.test:{}", world.web.address.port());
    assert!(world.web.seen()[0].to_lowercase().contains(&host));
}

#[tokio::test(flavor = "multi_thread")]
async fn http_01_proves_an_address() {
    let world = World::new().await;
    let mut client = world.client().await;
    let decided = validate(
        &world,
        &mut client,
        "127.0.0.1",
        "http-01",
        |world, client, token| {
            world
                .web
                .put(&path(token), &client.key_authorization(token));
        },
    )
    .await;
    assert_eq!(decided["status"], "valid");
}

#[tokio::test(flavor = "multi_thread")]
async fn dns_01_proves_a_name_a_wildcard_and_an_alias() {
    let world = World::new().await;
    let mut client = world.client().await;
    for (name, record) in [
        ("a.test", "_acme-challenge.a.test"),
        ("*.b.test", "_acme-challenge.b.test"),
    ] {
        let decided = validate(
            &world,
            &mut client,
            name,
            "dns-01",
            |world, client, token| {
                world.dns.add_text(record, "another text");
                world.dns.add_text(record, &client.dns_record(token));
            },
        )
        .await;
        assert_eq!(decided["status"], "valid", "{name} {decided}");
    }
    let decided = validate(
        &world,
        &mut client,
        "c.test",
        "dns-01",
        |world, client, token| {
            world
                .dns
                .alias("_acme-challenge.c.test", "challenges.elsewhere.test");
            world
                .dns
                .add_text("challenges.elsewhere.test", &client.dns_record(token));
        },
    )
    .await;
    assert_eq!(decided["status"], "valid", "{decided}");
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_answers_prove_nothing() {
    let world = World::new().await;
    let mut client = world.client().await;
    let nothing = validate(&world, &mut client, "a.test", "http-01", |world, _, _| {
        world.dns.address_of("a.test", "127.0.0.1")
    })
    .await;
    assert_eq!(error(&nothing, "http-01").0, "unauthorized");
    let other_key = validate(
        &world,
        &mut client,
        "a.test",
        "http-01",
        |world, _, token| {
            world.web.put(&path(token), &format!("{token}.AAAA"));
        },
    )
    .await;
    assert_eq!(
        (
            other_key["status"].as_str(),
            error(&other_key, "http-01").0.as_str()
        ),
        (Some("invalid"), "unauthorized")
    );
    let text = validate(
        &world,
        &mut client,
        "a.test",
        "dns-01",
        |world, _, token| {
            world.dns.add_text("_acme-challenge.a.test", token);
        },
    )
    .await;
    assert_eq!(error(&text, "dns-01").0, "unauthorized");
    let endless = validate(
        &world,
        &mut client,
        "a.test",
        "http-01",
        |world, _, token| {
            world.web.raw(
                &path(token),
                format!("HTTP/1.1 200 OK\r\n\r\n{}", "A".repeat(1_000_000)),
            );
        },
    )
    .await;
    assert_eq!(error(&endless, "http-01").0, "unauthorized");
    let noise = validate(
        &world,
        &mut client,
        "a.test",
        "http-01",
        |world, _, token| {
            world.web.raw(&path(token), "no HTTP at all\r\n\r\n".into());
        },
    )
    .await;
    assert_eq!(error(&noise, "http-01").0, "connection");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_without_an_address_is_told_as_dns() {
    let world = World::new().await;
    let mut client = world.client().await;
    let decided = validate(&world, &mut client, "nowhere.test", "http-01", |_, _, _| {}).await;
    assert_eq!(error(&decided, "http-01").0, "dns");
}

/// Failure 37: denied addresses, in every notation.
#[tokio::test(flavor = "multi_thread")]
async fn a_denied_address_is_never_connected_to() {
    let world = World::with(|config| {
        config.validation.denied_networks = vec!["127.0.0.0/8".parse().unwrap()]
    })
    .await;
    let mut client = world.client().await;
    for name in ["a.test", "127.0.0.1"] {
        let decided = validate(
            &world,
            &mut client,
            name,
            "http-01",
            |world, client, token| {
                world.answer_http("a.test", token, client);
            },
        )
        .await;
        let (kind, detail) = error(&decided, "http-01");
        assert_eq!(kind, "connection");
        assert!(
            detail.contains("no address that may be connected to"),
            "{detail}"
        );
    }
    assert_eq!(world.web.seen().len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redirect_is_followed_to_where_it_may_lead() {
    let world = World::new().await;
    let mut client = world.client().await;
    let decided = validate(
        &world,
        &mut client,
        "a.test",
        "http-01",
        |world, client, token| {
            world.answer_http("other.test", "elsewhere", client);
            world.dns.address_of("a.test", "127.0.0.1");
            world
                .web
                .put("/target?x=1", &client.key_authorization(token));
            world.web.redirect(&path(token), "/target?x=1");
        },
    )
    .await;
    assert_eq!(decided["status"], "valid");
}

/// Failure 37: redirects into denied networks, to other ports and schemes.
#[tokio::test(flavor = "multi_thread")]
async fn a_redirect_cannot_lead_astray() {
    let world = World::new().await;
    let mut client = world.client().await;
    world.dns.address_of("inside.test", "10.1.2.3");
    for target in [
        "http://10.1.2.3/",
        "http://[::ffff:10.1.2.3]/",
        "http://inside.test/",
        "https://inside.test/",
        "http://a.test:22/",
        "ftp://a.test/",
        "file:///etc/passwd",
        "http://user@a.test/",
        "http://",
    ] {
        let decided = validate(
            &world,
            &mut client,
            "a.test",
            "http-01",
            |world, _, token| {
                world.dns.address_of("a.test", "127.0.0.1");
                world.web.redirect(&path(token), target);
            },
        )
        .await;
        assert_eq!(
            (
                decided["status"].as_str(),
                error(&decided, "http-01").0.as_str()
            ),
            (Some("invalid"), "connection"),
            "{target}"
        );
    }
}

/// Failure 37: more than ten redirects.
#[tokio::test(flavor = "multi_thread")]
async fn a_redirect_loop_ends() {
    let world = World::new().await;
    let mut client = world.client().await;
    let decided = validate(
        &world,
        &mut client,
        "a.test",
        "http-01",
        |world, _, token| {
            world.dns.address_of("a.test", "127.0.0.1");
            world.web.redirect(&path(token), &path(token));
        },
    )
    .await;
    assert!(
        error(&decided, "http-01")
            .1
            .contains("more than 10 redirects")
    );
    assert_eq!(world.web.seen().len(), 11);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_late_answer_is_found_by_a_later_attempt() {
    let world = World::with(|config| {
        config.validation.attempts = 10;
        config.validation.first_retry_ms = 20;
    })
    .await;
    let mut client = world.client().await;
    let order = client.order(&["a.test"]).await;
    let url = order.authorizations()[0].clone();
    let wanted = challenge(&client.get(&url).await.ok(), "http-01");
    world.dns.address_of("a.test", "127.0.0.1");
    client
        .post(wanted["url"].as_str().unwrap(), "{}")
        .await
        .ok();
    while world.web.seen().is_empty() {
        tokio::task::yield_now().await;
    }
    assert_eq!(
        client.get(wanted["url"].as_str().unwrap()).await.ok()["status"],
        "processing"
    );
    world.answer_http("a.test", wanted["token"].as_str().unwrap(), &client);
    assert_eq!(client.decided(&url).await["status"], "valid");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_validation_goes_on_after_a_restart() {
    let mut world = World::with(|config| {
        config.validation.attempts = 2;
        config.validation.first_retry_ms = 3_600_000;
    })
    .await;
    let mut client = world.client().await;
    let order = client.order(&["a.test"]).await;
    let url = order.authorizations()[0].clone();
    let wanted = challenge(&client.get(&url).await.ok(), "http-01");
    world.dns.address_of("a.test", "127.0.0.1");
    client
        .post(wanted["url"].as_str().unwrap(), "{}")
        .await
        .ok();
    while world.web.seen().is_empty() {
        tokio::task::yield_now().await;
    }
    world.answer_http("a.test", wanted["token"].as_str().unwrap(), &client);
    world.restart().await;
    let mut again = client.also(client.key.copy());
    assert_eq!(again.decided(&url).await["status"], "valid");
}

/// Failure 37: with the defaults nobody leads validations to this machine or to where clouds keep their credentials.
#[tokio::test(flavor = "multi_thread")]
async fn the_defaults_keep_away_from_this_machine_and_the_link() {
    let world = World::with(|config| {
        config.validation.denied_networks = ValidationConfig::default().denied_networks;
        config.validation.attempts = 1;
    })
    .await;
    let mut client = world.client().await;
    for address in [
        "127.0.0.1",
        "169.254.169.254",
        "::ffff:127.0.0.1",
        "64:ff9b::a9fe:a9fe",
        "::1",
    ] {
        let decided = validate(&world, &mut client, "a.test", "http-01", |world, _, _| {
            world.dns.forget("a.test");
            world.dns.address_of("a.test", address);
        })
        .await;
        let (kind, detail) = error(&decided, "http-01");
        assert_eq!(kind, "connection", "{address}: {detail}");
        assert!(
            detail.contains("no address that may be connected to"),
            "{address}: {detail}"
        );
    }
    assert!(world.web.seen().is_empty());
}

/// Failure 37: a name that says something else when it is asked again does not lead to a denied address: what was checked
/// is what is connected to.
#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_changes_between_question_and_connection_gains_nothing() {
    let world = World::with(|config| config.validation.attempts = 1).await;
    let mut client = world.client().await;
    let decided = validate(
        &world,
        &mut client,
        "a.test",
        "http-01",
        |world, _, token| {
            world
                .dns
                .addresses_in_turn("a.test", &["127.0.0.1", "10.1.2.3"]);
            world.web.redirect(&path(token), "http://a.test/again");
        },
    )
    .await;
    let (kind, detail) = error(&decided, "http-01");
    assert_eq!(kind, "connection");
    assert!(
        detail.contains("no address that may be connected to"),
        "{detail}"
    );
    assert_eq!(world.web.seen().len(), 1);
}

/// Failure 37: a body without an end.
#[tokio::test(flavor = "multi_thread")]
async fn an_endless_answer_is_not_read_to_its_end() {
    let world = World::with(|config| config.validation.attempts = 1).await;
    let mut client = world.client().await;
    let decided = validate(
        &world,
        &mut client,
        "a.test",
        "http-01",
        |world, _, token| {
            world.dns.address_of("a.test", "127.0.0.1");
            let endless = format!(
                "HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n{}",
                "x".repeat(100_000)
            );
            world.web.raw(&path(token), endless);
        },
    )
    .await;
    let (kind, detail) = error(&decided, "http-01");
    assert_eq!(kind, "unauthorized");
    assert!(detail.contains("more than 1024 octets"), "{detail}");
}

/// Failure 37: a policy says itself where validations may go.
#[tokio::test(flavor = "multi_thread")]
async fn a_policy_keeps_validations_in_its_networks() {
    for (allowed, denied, expected) in [
        (vec![], vec![], "valid"),
        (vec!["127.0.0.0/8"], vec![], "valid"),
        (vec!["192.0.2.0/24"], vec![], "invalid"),
        (vec![], vec!["127.0.0.1/32"], "invalid"),
        (vec!["127.0.0.0/8"], vec!["127.0.0.0/16"], "invalid"),
    ] {
        let world = World::with(|config| config.validation.attempts = 1).await;
        let texts = |networks: Vec<&str>| networks.into_iter().map(str::to_owned).collect();
        let settings = ers_proto::clm::v1::AcmeSettings {
            allowed_networks: texts(allowed.clone()),
            denied_networks: texts(denied.clone()),
            ..Default::default()
        };
        settle(&world.clm, "acme", settings);
        let mut client = world.client().await;
        let decided = validate(
            &world,
            &mut client,
            "a.test",
            "http-01",
            |world, client, token| {
                world.answer_http("a.test", token, client);
            },
        )
        .await;
        assert_eq!(decided["status"], expected, "{allowed:?} {denied:?}");
    }
}

/// Failure 37: a name is proven when it looks the same from everywhere, and not when one place sees something else.
#[tokio::test(flavor = "multi_thread")]
async fn all_perspectives_must_see_the_same() {
    let elsewhere = crate::support::dns::Dns::start().await;
    let resolver = elsewhere.address;
    let world = World::with(|config| {
        config.validation.attempts = 1;
        config.validation.perspectives = vec![PerspectiveConfig {
            name: "branch".into(),
            resolvers: vec![resolver],
            source: Some("127.0.0.1".parse().unwrap()),
        }];
    })
    .await;
    let mut client = world.client().await;
    let hijacked = validate(
        &world,
        &mut client,
        "a.test",
        "http-01",
        |world, client, token| {
            world.answer_http("a.test", token, client);
        },
    )
    .await;
    let (kind, detail) = error(&hijacked, "http-01");
    assert_eq!(kind, "dns");
    assert!(detail.starts_with("seen from branch: "), "{detail}");
    elsewhere.address_of("b.test", "127.0.0.1");
    let decided = validate(
        &world,
        &mut client,
        "b.test",
        "http-01",
        |world, client, token| {
            world.answer_http("b.test", token, client);
        },
    )
    .await;
    assert_eq!(decided["status"], "valid");
    assert_eq!(
        world.web.seen().len(),
        3,
        "once for the first, twice for the second"
    );
}
