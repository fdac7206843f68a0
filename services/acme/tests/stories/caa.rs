//! Promises: where the policy honours CAA (RFC 8659, RFC 8657), no certificate comes to be for a name whose records do
//! not name us, whatever keeps us from reading them forbids too, and records that were read long ago are read again.

use ers_proto::clm::v1::AcmeSettings;
use serde_json::Value;
use time::Duration;

use crate::support::clm::settle;
use crate::support::dns::Failing;
use crate::support::{Client, World, challenge, csr};

const CASE: &str = "urn:ietf:params:acme:error:caa";

async fn world(change: impl FnOnce(&mut acme::Config)) -> World {
    let world = World::with(|config| {
        config.validation.attempts = 1;
        change(config);
    })
    .await;
    let settings = AcmeSettings {
        honour_caa: true,
        caa_identities: vec!["ca.test".into()],
        ..AcmeSettings::default()
    };
    settle(&world.clm, "acme", settings);
    world
}

/// Proves a name by http-01, a wildcard by dns-01; what became of the authorization.
async fn prove(world: &World, client: &mut Client, name: &str) -> Value {
    let order = client.order(&[name]).await;
    let url = order.authorizations()[0].clone();
    let authorization = client.get(&url).await.ok();
    let base = name.trim_start_matches("*.");
    let wanted = if base == name {
        let wanted = challenge(&authorization, "http-01");
        world.answer_http(name, wanted["token"].as_str().unwrap(), client);
        wanted
    } else {
        let wanted = challenge(&authorization, "dns-01");
        let record = client.dns_record(wanted["token"].as_str().unwrap());
        world
            .dns
            .add_text(&format!("_acme-challenge.{base}"), &record);
        wanted
    };
    let answer = client.post(wanted["url"].as_str().unwrap(), "{}").await;
    answer.ok();
    client.decided(&url).await
}

fn error(authorization: &Value) -> (String, String) {
    let challenges = authorization["challenges"].as_array().unwrap();
    let error = challenges
        .iter()
        .find_map(|challenge| challenge.get("error"));
    let error = error.unwrap_or_else(|| panic!("no error in {authorization}"));
    let text = |member: &str| error[member].as_str().unwrap().to_owned();
    (text("type"), text("detail"))
}

/// Failure 35: the nearest name with records decides, aliases are followed, wildcards have records of their own.
#[tokio::test(flavor = "multi_thread")]
async fn the_nearest_records_decide() {
    let world = world(|_| {}).await;
    let mut client = world.client().await;
    let account = client.kid.clone().unwrap();
    let dns = &world.dns;
    dns.add_caa("other.test", 0, "issue", "other-ca.test");
    dns.add_caa("ours.other.test", 0, "issue", "ca.test");
    dns.add_caa("nobody.test", 0, "issue", ";");
    dns.add_caa("wild.test", 0, "issue", "ca.test");
    dns.add_caa("wild.test", 0, "issuewild", "other-ca.test");
    dns.add_caa("onlywild.test", 0, "issue", ";");
    dns.add_caa("onlywild.test", 0, "issuewild", "ca.test");
    dns.alias("alias.test", "target.test");
    dns.add_caa("target.test", 0, "issue", "other-ca.test");
    dns.add_caa("critical.test", 128, "unknown", "x");
    let mine = format!("ca.test; accounturi={account}; validationmethods=http-01");
    dns.add_caa("mine.test", 0, "issue", &mine);
    dns.add_caa(
        "theirs.test",
        0,
        "issue",
        &format!("ca.test; accounturi={account}x"),
    );
    dns.add_caa(
        "bydns.test",
        0,
        "issue",
        "ca.test; validationmethods=dns-01",
    );
    for allowed in [
        "free.test",
        "ours.other.test",
        "deep.below.ours.other.test",
        "wild.test",
        "*.onlywild.test",
        "mine.test",
        "*.bydns.test",
    ] {
        let decided = prove(&world, &mut client, allowed).await;
        assert_eq!(decided["status"], "valid", "{allowed} {decided}");
    }
    for forbidden in [
        "other.test",
        "deep.below.other.test",
        "nobody.test",
        "*.wild.test",
        "onlywild.test",
        "critical.test",
        "theirs.test",
        "bydns.test",
    ] {
        let decided = prove(&world, &mut client, forbidden).await;
        assert_eq!(decided["status"], "invalid", "{forbidden}");
        assert_eq!(error(&decided).0, CASE, "{forbidden}");
    }
    // the web server is behind the alias's target, which the DNS of the story does not say: dns-01 of a wildcard will do
    let decided = prove(&world, &mut client, "*.alias.test").await;
    assert_eq!(error(&decided).0, CASE, "an alias is followed");
}

/// Failure 35: records that cannot be read forbid.
#[tokio::test(flavor = "multi_thread")]
async fn records_that_cannot_be_read_forbid() {
    let world = world(|config| config.validation.attempt_timeout_ms = 900).await;
    let mut client = world.client().await;
    world.dns.fail_caa("broken.test", Failing::Servfail);
    world.dns.fail_caa("silent.test", Failing::Silent);
    world.dns.fail_caa("test", Failing::Servfail);
    for name in ["broken.test", "silent.test", "below.broken.test", "a.test"] {
        let decided = prove(&world, &mut client, name).await;
        assert_eq!(decided["status"], "invalid", "{name}");
        let (kind, detail) = error(&decided);
        assert!(
            kind.ends_with(":dns") || kind.ends_with(":connection"),
            "{name}: {kind} {detail}"
        );
    }
}

/// Failure 35: each name of an order is looked at again when that was more than eight hours ago, and not before.
#[tokio::test(flavor = "multi_thread")]
async fn old_records_are_read_again_for_each_name() {
    let world = world(|_| {}).await;
    let mut client = world.client().await;
    let names = ["a.test", "b.test", "c.test"];
    let order = world.ready_order(&mut client, &names).await;
    let once: Vec<usize> = names.map(|name| world.dns.asked_caa(name)).into();
    world.dns.add_caa("b.test", 0, "issue", "other-ca.test");
    world.dns.add_caa("c.test", 0, "issue", ";");
    world.clock.advance(Duration::hours(9));
    let request = csr(&names);
    let (status, kind, document) = client.finalize(&order, &request).await.problem();
    assert_eq!((status, kind.as_str()), (403, "caa"));
    let refused: Vec<_> = document["subproblems"]
        .as_array()
        .unwrap()
        .iter()
        .map(|found| found["identifier"]["value"].clone())
        .collect();
    assert_eq!(refused, ["b.test", "c.test"]);
    for (name, once) in names.iter().zip(&once) {
        assert!(world.dns.asked_caa(name) > *once, "{name}");
    }
    assert!(world.clm.asked().is_empty(), "CLM was not asked");

    world.dns.remove_caa("b.test");
    world.dns.remove_caa("c.test");
    assert_eq!(
        client.finalize(&order, &request).await.ok()["status"],
        "valid"
    );
}

/// Failure 35: what was read lately is not read again.
#[tokio::test(flavor = "multi_thread")]
async fn fresh_records_are_not_read_again() {
    let world = world(|_| {}).await;
    let mut client = world.client().await;
    let order = world.ready_order(&mut client, &["a.test"]).await;
    world.dns.add_caa("a.test", 0, "issue", ";");
    world.clock.advance(Duration::hours(7));
    let finalized = client.finalize(&order, &csr(&["a.test"])).await.ok();
    assert_eq!(finalized["status"], "valid");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_directory_tells_by_which_names_records_know_us() {
    let world = world(|_| {}).await;
    let client = world.stranger();
    let directory = client.plain(&client.url("directory")).await.ok();
    assert_eq!(directory["meta"]["caaIdentities"][0], "ca.test");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_policy_records_are_not_asked_for() {
    let world = World::new().await;
    let mut client = world.client().await;
    world.dns.add_caa("a.test", 0, "issue", ";");
    world.certificate(&mut client, &["a.test"]).await;
    assert_eq!(world.dns.asked_caa("a.test"), 0);
}
