//! Promises:
//! - a certificate is renewed in its time, with the same subject and names, by its holder, while it is active
//! - where a policy wants one active certificate at most, another one is a duplicate unless it renews; of two at once
//!   one wins
//! - clients are told to renew in the last third of a certificate's life, in the policy's times of maintenance, sooner
//!   when an administrator says so

use ers_pki::key::{KeyAlgorithm, PrivateKey};
use ers_proto::clm::v1::{
    self as proto, RefusalReason, enroll_response::Outcome, suggest_renewal_request::By,
};
use ers_runtime::clock::Clock as _;
use ers_test_support::{databases::TestDatabase, on_every_database};
use time::macros::datetime;

use super::{
    authenticating::{add, est_enroll, est_wish},
    cara::ISSUER,
    clm::{World, issued, refused},
};

on_every_database!(
    failure_39_a_renewal_keeps_identity_time_and_holder,
    one_active_certificate_at_most_where_the_policy_wants_that,
    clients_are_told_to_renew_now,
    clients_are_told_to_renew_in_maintenance_and_at_once_all_the_same,
);

fn key() -> PrivateKey {
    PrivateKey::generate(KeyAlgorithm::P256).unwrap()
}

fn policy(more: &str) -> String {
    format!(
        "name: est\nrealm: default\nissuer: {ISSUER}\nprofile: ieee-802-1ar-ldevid\nprotocols: [est]\n\
         validity: {{default: 90d, longest: 1y}}\nsubject: {{attributes: [CN], common_name: free}}\n\
         names: {{dns: ['*']}}\n{more}"
    )
}

/// Failure 39: a renewal for other names, by another holder, out of its time, with the old key, or of a certificate that
/// is revoked, is refused.
async fn failure_39_a_renewal_keeps_identity_time_and_holder(database: TestDatabase) {
    let world = World::over(database).await;
    add(&world, "printer").await;
    add(&world, "plotter").await;
    world
        .apply(&policy(
            "authentication: {renewal: {before: 30d, same_key: false}}\n",
        ))
        .await;
    let (old, new) = (key(), key());
    let first = proto::EnrollRequest {
        end_entity: "printer".into(),
        ..est_wish("first", &old, "printer")
    };
    let first = issued(est_enroll(&world, first).await);
    let renew = |id: &str, key: &PrivateKey, name: &str, end_entity: &str| proto::EnrollRequest {
        end_entity: end_entity.into(),
        renews: first.certificate.clone(),
        ..est_wish(id, key, name)
    };
    let early = refused(est_enroll(&world, renew("early", &new, "printer", "")).await);
    assert!(
        early.detail.contains("may be renewed from 2027-01-21 on"),
        "{}",
        early.detail
    );
    world.clock.advance(time::Duration::days(61));
    for (request, reason, part) in [
        (
            renew("name", &new, "other", ""),
            RefusalReason::BadName,
            "subject: ",
        ),
        (
            renew("key", &old, "printer", ""),
            RefusalReason::BadKey,
            "new key",
        ),
        (
            renew("entity", &new, "printer", "plotter"),
            RefusalReason::NotAllowed,
            "another end entity",
        ),
    ] {
        let refused = refused(est_enroll(&world, request).await);
        assert_eq!(refused.reason(), reason, "{}", refused.detail);
        assert!(refused.detail.contains(part), "{}", refused.detail);
    }
    let second = issued(est_enroll(&world, renew("good", &new, "printer", "")).await);
    let again = issued(est_enroll(&world, renew("good", &new, "printer", "")).await);
    assert_eq!(second.serial, again.serial);
    world.caught_up().await;
    let inventory = world.inventory().await.certificates;
    assert!(inventory.iter().all(|one| one.end_entity == "printer"));
    world.cara.revoke_for_others(&first.serial, "superseded");
    world.caught_up().await;
    let revoked = refused(est_enroll(&world, renew("late", &key(), "printer", "")).await);
    assert!(revoked.detail.contains("revoked"), "{}", revoked.detail);
    let same = issued(est_enroll(&world, renew("good", &new, "printer", "")).await);
    assert_eq!(second.serial, same.serial, "what was issued stays issued");
    world.stop().await;
}

async fn one_active_certificate_at_most_where_the_policy_wants_that(database: TestDatabase) {
    let world = World::over(database).await;
    world.apply(&policy("unique: true\n")).await;
    let wish = |id: &str| est_wish(id, &key(), "printer");
    let all = (0..8).map(|place| {
        let request = wish(&format!("at-once-{place}"));
        est_enroll(&world, request)
    });
    let outcomes = futures::future::join_all(all).await;
    let mut made: Vec<proto::Issued> = Vec::new();
    for outcome in outcomes {
        match outcome {
            Outcome::Issued(issued) => made.push(issued),
            other => assert_eq!(refused(other).reason(), RefusalReason::Duplicate),
        }
    }
    assert_eq!(made.len(), 1);
    let first = made.remove(0);
    let another = refused(est_enroll(&world, wish("another")).await);
    assert_eq!(
        another.reason(),
        RefusalReason::Duplicate,
        "{}",
        another.detail
    );
    issued(est_enroll(&world, est_wish("else", &key(), "plotter")).await);
    let renewal = proto::EnrollRequest {
        renews: first.certificate.clone(),
        ..wish("renewal")
    };
    let second = issued(est_enroll(&world, renewal).await);
    refused(est_enroll(&world, wish("still")).await);
    world.cara.revoke_for_others(&second.serial, "superseded");
    issued(est_enroll(&world, wish("after")).await);
    world.stop().await;
}

async fn clients_are_told_to_renew_now(database: TestDatabase) {
    let world = World::over(database).await;
    let made = issued(est_enroll(&world, est_wish("one", &key(), "printer")).await);
    world.caught_up().await;
    let suggest = async || {
        let request = proto::SuggestRenewalRequest {
            by: Some(By::Certificate(made.certificate.clone())),
        };
        let mut acme = world.enrollment("acme");
        acme.suggest_renewal(request).await.unwrap().into_inner()
    };
    let certificate = ers_pki::certificate::Certificate::from_der(&made.certificate).unwrap();
    let (begin, end) = (
        certificate.not_before().unix_timestamp(),
        certificate.not_after().unix_timestamp(),
    );
    let usual = suggest().await;
    let start = usual.start.unwrap().seconds;
    assert!(!usual.pulled_forward && start > begin + (end - begin) * 6 / 10 && start < end);
    let by_id = proto::SuggestRenewalRequest {
        by: Some(By::KeyIdentifierAndSerial(proto::KeyIdentifierAndSerial {
            authority_key_identifier: certificate.authority_key_identifier().unwrap().to_vec(),
            serial: made.serial.clone(),
        })),
    };
    let by_id = world.enrollment("acme").suggest_renewal(by_id).await;
    assert_eq!(by_id.unwrap().into_inner(), usual);

    let now = proto::RenewNowRequest {
        search: "printer".into(),
        explanation_url: "https://pki.example.com/incident".into(),
        ..Default::default()
    };
    for _ in 0..2 {
        let told = world.administration().renew_now(now.clone()).await;
        assert_eq!(told.unwrap().into_inner().certificates, 1);
    }
    let pulled = suggest().await;
    assert!(pulled.pulled_forward && pulled.start.unwrap().seconds < start);
    assert_eq!(pulled.explanation_url, "https://pki.example.com/incident");
    let nothing = world
        .administration()
        .renew_now(proto::RenewNowRequest::default())
        .await;
    assert_eq!(nothing.unwrap_err().code(), tonic::Code::InvalidArgument);
    world.stop().await;
}

fn move_to(world: &World, moment: time::OffsetDateTime) {
    world.clock.advance(moment - world.clock.now());
}

async fn clients_are_told_to_renew_in_maintenance_and_at_once_all_the_same(database: TestDatabase) {
    let world = World::over(database).await;
    let saturdays = "maintenance: {time_zone: '+01:00', windows: ['Sat 02:00-06:00']}\n";
    world.apply(&policy(saturdays)).await;
    let made = issued(est_enroll(&world, est_wish("one", &key(), "printer")).await);
    world.caught_up().await;
    let suggest = async || {
        let request = proto::SuggestRenewalRequest {
            by: Some(By::Certificate(made.certificate.clone())),
        };
        let mut acme = world.enrollment("acme");
        let told = acme.suggest_renewal(request).await.unwrap().into_inner();
        let at = |time: Option<prost_types::Timestamp>| {
            time::OffsetDateTime::from_unix_timestamp(time.unwrap().seconds).unwrap()
        };
        (at(told.start), at(told.end), told.pulled_forward)
    };
    // The last third of 90 days begins on Thursday, 2027-01-21.
    let (start, end, pulled) = suggest().await;
    assert_eq!(
        (start, end, pulled),
        (
            datetime!(2027-01-23 01:00 UTC),
            datetime!(2027-01-23 05:00 UTC),
            false
        )
    );
    // Who has missed it is told of the next one.
    move_to(&world, datetime!(2027-01-24 12:00 UTC));
    assert_eq!(suggest().await.0, datetime!(2027-01-30 01:00 UTC));
    // Once the policy has no times that the certificate lives to see, it is renewed as usual.
    move_to(&world, datetime!(2027-02-20 06:00 UTC));
    assert!(suggest().await.1 < datetime!(2027-02-01 00:00 UTC));

    move_to(&world, datetime!(2027-01-24 12:00 UTC));
    let now = proto::RenewNowRequest {
        search: "printer".into(),
        ..Default::default()
    };
    world.administration().renew_now(now).await.unwrap();
    let (start, _, pulled) = suggest().await;
    assert!(
        pulled && start == datetime!(2027-01-24 12:00 UTC),
        "{start}"
    );
    world.stop().await;
}
