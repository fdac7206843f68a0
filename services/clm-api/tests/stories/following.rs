//! Promises:
//! - the inventory says what CARA says, whoever asked CARA
//! - it catches up after a gap, and after a restart
//! - an event counts once: told twice, or heard by two replicas at once
//! - it is searched by realm, text, state and expiry, page by page

use ers_test_support::{databases::TestDatabase, on_every_database};
use std::collections::BTreeSet;

use ers_proto::clm::v1 as proto;
use time::Duration;
use tonic::Code;

use super::clm::{World, issued, wish};

on_every_database!(
    the_inventory_knows_what_was_asked_here_and_elsewhere,
    after_a_gap_it_catches_up_with_what_was_issued_and_revoked_meanwhile,
    events_about_no_certificate_hold_nothing_up,
    after_a_restart_it_goes_on_where_it_stopped,
    events_that_are_told_again_count_once,
    two_replicas_that_hear_the_same_write_it_once,
    readiness_tells_whether_cara_is_heard,
    it_is_searched_by_text_realm_state_and_expiry,
    pages_have_every_certificate_once_newest_first,
    wrong_filters_and_pages_are_named,
    one_is_shown_by_serial_fingerprint_or_the_beginning_of_either,
);

async fn the_inventory_knows_what_was_asked_here_and_elsewhere(database: TestDatabase) {
    let world = World::over(database).await;
    let made = issued(world.enroll(wish("mine", "dns:mine.test")).await);
    world.cara.issue_for_others("theirs", "dns:theirs.test");
    world.caught_up().await;
    let all = world.inventory().await;
    assert_eq!(all.total, 2);
    let mine = all
        .certificates
        .iter()
        .find(|one| one.serial == made.serial)
        .unwrap();
    assert_eq!(mine.subject_alternative_names, ["dns:mine.test"]);
    assert_eq!(
        (
            mine.realm.as_str(),
            mine.policy.as_str(),
            mine.protocol.as_str()
        ),
        ("default", "server", "cli")
    );
    assert_eq!(
        (mine.requester.as_str(), mine.key_algorithm.as_str()),
        ("administrator:anna", "P-256")
    );
    let theirs = all
        .certificates
        .iter()
        .find(|one| one.serial != made.serial)
        .unwrap();
    assert_eq!(theirs.realm, "system");
    world.stop().await;
}

async fn after_a_gap_it_catches_up_with_what_was_issued_and_revoked_meanwhile(
    database: TestDatabase,
) {
    let world = World::over(database).await;
    let before = world.cara.issue_for_others("before", "dns:before.test");
    world.caught_up().await;
    world.cara.feed_down(true);
    for number in 0..300 {
        world
            .cara
            .issue_for_others(&format!("gap-{number}"), &format!("dns:n{number}.test"));
    }
    world
        .cara
        .revoke_for_others(&before.serial, "keyCompromise");
    let inside = world.cara.issue_for_others("inside", "dns:inside.test");
    world.cara.revoke_for_others(&inside.serial, "superseded");
    assert_eq!(world.inventory().await.total, 1);
    world.cara.feed_down(false);
    world.caught_up().await;
    let all = world.inventory().await;
    assert_eq!(all.total, 302);
    let revoked = all
        .certificates
        .iter()
        .find(|one| one.serial == before.serial)
        .unwrap();
    assert_eq!(revoked.revocation_reason, "keyCompromise");
    world.stop().await;
}

async fn events_about_no_certificate_hold_nothing_up(database: TestDatabase) {
    let world = World::over(database).await;
    world.cara.publish_crl();
    world.cara.issue_for_others("first", "dns:first.test");
    world.caught_up().await;
    world.cara.publish_crl();
    // it is heard alone
    tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    world.cara.issue_for_others("second", "dns:second.test");
    world.caught_up().await;
    assert_eq!(world.inventory().await.total, 2);
    world.stop().await;
}

async fn after_a_restart_it_goes_on_where_it_stopped(database: TestDatabase) {
    let world = World::over(database).await;
    world.cara.issue_for_others("one", "dns:one.test");
    world.caught_up().await;
    world.context.shutdown.stop();
    world.cara.issue_for_others("two", "dns:two.test");
    let again = world.replica().await;
    again.caught_up().await;
    assert_eq!(again.inventory().await.total, 2);
    again.stop().await;
}

async fn events_that_are_told_again_count_once(database: TestDatabase) {
    let world = World::over(database).await;
    for number in 0..20 {
        world
            .cara
            .issue_for_others(&format!("r{number}"), &format!("dns:n{number}.test"));
    }
    let revoked = world.cara.certificates()[3].serial.clone();
    world.cara.revoke_for_others(&revoked, "superseded");
    world.caught_up().await;
    world.cara.tell_all_again();
    world.cara.feed_down(true);
    world.cara.feed_down(false);
    world.cara.issue_for_others("last", "dns:last.test");
    world.caught_up().await;
    assert_eq!(world.inventory().await.total, 21);
    world.stop().await;
}

async fn two_replicas_that_hear_the_same_write_it_once(database: TestDatabase) {
    let world = World::over(database).await;
    let other = world.replica().await;
    for number in 0..200 {
        world
            .cara
            .issue_for_others(&format!("r{number}"), &format!("dns:n{number}.test"));
        if number % 20 == 0 {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
    }
    world.caught_up().await;
    other.caught_up().await;
    let serials: BTreeSet<String> = world
        .inventory()
        .await
        .certificates
        .into_iter()
        .map(|one| one.serial)
        .collect();
    assert_eq!((serials.len(), world.inventory().await.total), (200, 200));
    other.context.shutdown.stop();
    world.stop().await;
}

async fn readiness_tells_whether_cara_is_heard(database: TestDatabase) {
    let world = World::over(database).await;
    world.cara.issue_for_others("one", "dns:one.test");
    world.caught_up().await;
    let state = || {
        world
            .context
            .health
            .states()
            .into_iter()
            .find(|one| one.name == "clm.inventory")
            .unwrap()
    };
    assert!(state().up, "{:?}", state());
    world.cara.feed_down(true);
    for _ in 0..200 {
        if !state().up {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    assert!(!state().up);
    world.stop().await;
}

async fn serials(world: &World, request: proto::ListCertificatesRequest) -> Vec<String> {
    let found = world.search(request).await;
    let names = found
        .certificates
        .into_iter()
        .flat_map(|one| one.subject_alternative_names);
    names.collect()
}

async fn it_is_searched_by_text_realm_state_and_expiry(database: TestDatabase) {
    let world = World::over(database).await;
    issued(world.enroll(wish("a", "dns:www.alpha.test")).await);
    let validity = Some(prost_types::Duration {
        seconds: 86_400,
        nanos: 0,
    });
    issued(
        world
            .enroll(proto::EnrollRequest {
                validity,
                ..wish("b", "dns:short.beta.test")
            })
            .await,
    );
    let gone = world
        .cara
        .issue_for_others("c", "dns:gone_100%.test".replace("_100%", "").as_str());
    world.cara.revoke_for_others(&gone.serial, "superseded");
    world.caught_up().await;
    let by = |search: &str| proto::ListCertificatesRequest {
        search: search.into(),
        ..Default::default()
    };
    assert_eq!(serials(&world, by("ALPHA")).await, ["dns:www.alpha.test"]);
    assert_eq!(
        serials(&world, by(&gone.serial[..16])).await,
        ["dns:gone.test"]
    );
    assert!(
        serials(&world, by("a%h")).await.is_empty(),
        "a sign that LIKE knows means itself"
    );
    assert!(serials(&world, by("a_p")).await.is_empty());
    let of = |realm: &str, state: &str| proto::ListCertificatesRequest {
        realm: realm.into(),
        state: state.into(),
        ..Default::default()
    };
    assert_eq!(serials(&world, of("default", "")).await.len(), 2);
    assert_eq!(serials(&world, of("", "revoked")).await, ["dns:gone.test"]);
    let soon = proto::ListCertificatesRequest {
        expires_within: Some(prost_types::Duration {
            seconds: 2 * 86_400,
            nanos: 0,
        }),
        ..Default::default()
    };
    assert_eq!(serials(&world, soon.clone()).await, ["dns:short.beta.test"]);
    world.clock.advance(Duration::days(2));
    assert_eq!(
        serials(&world, of("", "expired")).await,
        ["dns:short.beta.test"]
    );
    assert_eq!(
        serials(&world, of("", "valid")).await,
        ["dns:www.alpha.test"]
    );
    assert!(
        serials(&world, soon).await.is_empty(),
        "what has expired does not expire soon"
    );
    world.stop().await;
}

async fn pages_have_every_certificate_once_newest_first(database: TestDatabase) {
    let world = World::over(database).await;
    for number in 0..7 {
        world
            .cara
            .issue_for_others(&format!("r{number}"), &format!("dns:n{number}.test"));
        world.caught_up().await;
    }
    let mut seen = Vec::new();
    let mut page_token = String::new();
    loop {
        let request = proto::ListCertificatesRequest {
            page_size: 3,
            page_token,
            ..Default::default()
        };
        let page = world.search(request).await;
        assert_eq!(page.total, 7);
        seen.extend(
            page.certificates
                .into_iter()
                .flat_map(|one| one.subject_alternative_names),
        );
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    let wanted: Vec<String> = (0..7)
        .rev()
        .map(|number| format!("dns:n{number}.test"))
        .collect();
    assert_eq!(seen, wanted);
    world.stop().await;
}

async fn wrong_filters_and_pages_are_named(database: TestDatabase) {
    let world = World::over(database).await;
    for (request, field) in [
        (
            proto::ListCertificatesRequest {
                page_size: 1001,
                ..Default::default()
            },
            "page_size",
        ),
        (
            proto::ListCertificatesRequest {
                page_token: "x".into(),
                ..Default::default()
            },
            "page_token",
        ),
        (
            proto::ListCertificatesRequest {
                state: "good".into(),
                ..Default::default()
            },
            "state",
        ),
        (
            proto::ListCertificatesRequest {
                realm: "A B".into(),
                ..Default::default()
            },
            "realm",
        ),
        (
            proto::ListCertificatesRequest {
                search: "\0".into(),
                ..Default::default()
            },
            "search",
        ),
    ] {
        let error = world
            .administration()
            .list_certificates(request)
            .await
            .unwrap_err();
        assert_eq!(error.code(), Code::InvalidArgument);
        assert!(
            error.message().starts_with(&format!("{field}: ")),
            "{error}"
        );
    }
    world.stop().await;
}

async fn one_is_shown_by_serial_fingerprint_or_the_beginning_of_either(database: TestDatabase) {
    let world = World::over(database).await;
    let made = issued(world.enroll(wish("one", "dns:one.test")).await);
    world.caught_up().await;
    let fingerprint = world.inventory().await.certificates[0].fingerprint.clone();
    let show = async |id: &str| {
        let request = proto::ShowCertificateRequest { id: id.into() };
        world
            .administration()
            .show_certificate(request)
            .await
            .map(tonic::Response::into_inner)
    };
    let upper = made.serial.to_uppercase();
    for id in [
        made.serial.as_str(),
        &made.serial[..8],
        &fingerprint,
        &fingerprint[..12],
        &upper,
    ] {
        let shown = show(id).await.unwrap();
        assert_eq!(shown.der, made.certificate);
        assert_eq!(shown.chain, [world.cara.root().der().to_vec()]);
    }
    assert_eq!(show("00").await.unwrap_err().code(), Code::InvalidArgument);
    assert_eq!(
        show("ffffffffffffffff").await.unwrap_err().code(),
        Code::NotFound
    );
    world.stop().await;
}
