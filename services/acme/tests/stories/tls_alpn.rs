//! Promises: tls-alpn-01 (RFC 8737) proves a name or an address (RFC 8738 §6, by its reverse name) to whoever shows
//! exactly the certificate that is asked for, over the protocol that is asked for; nothing less does.

use rustls::version::{TLS12, TLS13};
use serde_json::Value;

use crate::support::alpn::{Alpn, Shown};
use crate::support::{Client, World, challenge};

async fn world(server: &Alpn) -> World {
    let port = server.address.port();
    World::with(move |config| {
        config.validation.tls_alpn_port = port;
        config.validation.attempts = 1;
    })
    .await
}

/// Answers the challenge of a new order: status, and type and detail of the error.
async fn validate(client: &mut Client, name: &str, show: impl FnOnce(Vec<u8>)) -> (Value, String) {
    let order = client.order(&[name]).await;
    let url = order.authorizations()[0].clone();
    let wanted = challenge(&client.get(&url).await.ok(), "tls-alpn-01");
    show(client.digest(wanted["token"].as_str().unwrap()));
    client
        .post(wanted["url"].as_str().unwrap(), "{}")
        .await
        .ok();
    let decided = client.decided(&url).await;
    let error = challenge(&decided, "tls-alpn-01")["error"].clone();
    let kind = error["type"].as_str().unwrap_or_default();
    let detail = error["detail"].as_str().unwrap_or_default();
    let kind = kind.rsplit(':').next().unwrap_or_default();
    (decided["status"].clone(), format!("{kind} {detail}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn the_certificate_that_is_asked_for_proves_a_name_and_an_address() {
    for versions in [&[&TLS13][..], &[&TLS12][..]] {
        let server = Alpn::start(b"acme-tls/1", versions).await;
        let world = world(&server).await;
        let mut client = world.client().await;
        world.dns.address_of("a.test", "127.0.0.1");
        for (name, server_name) in [
            ("a.test", "a.test"),
            ("127.0.0.1", "1.0.0.127.in-addr.arpa"),
        ] {
            let (status, error) = validate(&mut client, name, |digest| {
                let names = [name];
                server.show(
                    server_name,
                    &Shown {
                        names: &names,
                        digest,
                        critical: true,
                    },
                );
            })
            .await;
            assert_eq!(status, "valid", "{name} {error}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn any_other_certificate_proves_nothing() {
    let server = Alpn::start(b"acme-tls/1", &[&TLS13]).await;
    let world = world(&server).await;
    let mut client = world.client().await;
    world.dns.address_of("a.test", "127.0.0.1");
    let cases: [(&[&str], usize, bool, &str); 6] = [
        (&["a.test"], 0, true, "no acmeIdentifier"),
        (&["a.test"], 32, false, "not critical"),
        (&["a.test"], 31, true, "not the one"),
        (
            &["a.test", "b.test"],
            32,
            true,
            "not exactly the identifier",
        ),
        (&["b.test"], 32, true, "not exactly the identifier"),
        (&[], 32, true, "not exactly the identifier"),
    ];
    for (names, length, critical, why) in cases {
        let (status, error) = validate(&mut client, "a.test", |mut digest| {
            digest.truncate(length);
            server.show(
                "a.test",
                &Shown {
                    names,
                    digest,
                    critical,
                },
            );
        })
        .await;
        assert_eq!(status, "invalid", "{why}");
        assert!(error.starts_with("unauthorized"), "{error}");
        assert!(error.contains(why), "{error}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_speaks_something_else_proves_nothing() {
    for protocol in [&b"http/1.1"[..], b""] {
        let server = Alpn::start(protocol, &[&TLS13]).await;
        let world = world(&server).await;
        let mut client = world.client().await;
        world.dns.address_of("a.test", "127.0.0.1");
        let (status, error) = validate(&mut client, "a.test", |digest| {
            let names = ["a.test"];
            server.show(
                "a.test",
                &Shown {
                    names: &names,
                    digest,
                    critical: true,
                },
            );
        })
        .await;
        assert_eq!(status, "invalid");
        assert!(error.starts_with("tls "), "{error}");
    }
}
