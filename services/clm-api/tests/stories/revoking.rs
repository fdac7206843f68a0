//! Promises:
//! - a certificate is revoked by its octets or its serial, also before the inventory has heard of it
//! - who revoked it sees that at once; a second revocation says that it was revoked before
//! - requesters may give the reasons that the policy allows, administrators any

use ers_proto::clm::v1::{self as proto, revoke_certificate_request::By};
use ers_test_support::{databases::TestDatabase, on_every_database};
use tonic::{Code, Status};

use super::{
    cara::ISSUER,
    clm::{World, issued, wish},
};

on_every_database!(
    a_certificate_is_revoked_by_its_octets_and_shown_so_at_once,
    a_certificate_that_the_inventory_has_not_heard_of_can_be_revoked,
    what_is_not_ours_is_not_found,
    requesters_give_the_reasons_of_the_policy_and_administrators_any,
    services_that_are_no_edge_revoke_nothing,
);

async fn revoke(world: &World, caller: &'static str, by: By, reason: &str) -> Result<bool, Status> {
    let request = proto::RevokeCertificateRequest {
        by: Some(by),
        reason: reason.into(),
        requester: "somebody".into(),
    };
    let response = world.enrollment(caller).revoke(request).await?;
    Ok(response.into_inner().already_revoked)
}

fn by_serial(serial: &str) -> By {
    By::IssuerAndSerial(proto::IssuerAndSerial {
        issuer: ISSUER.into(),
        serial: serial.into(),
    })
}

async fn a_certificate_is_revoked_by_its_octets_and_shown_so_at_once(database: TestDatabase) {
    let world = World::over(database).await;
    let made = issued(world.enroll(wish("r", "dns:a.test")).await);
    world.caught_up().await;
    let by = By::Certificate(made.certificate.clone());
    assert!(
        !revoke(&world, "acme", by.clone(), "keyCompromise")
            .await
            .unwrap()
    );
    let shown = world.inventory().await.certificates.remove(0);
    assert_eq!(
        (shown.state.as_str(), shown.revocation_reason.as_str()),
        ("revoked", "keyCompromise")
    );
    assert!(shown.revoked_at.is_some());
    assert!(
        revoke(&world, "acme", by, "keyCompromise").await.unwrap(),
        "revoked before"
    );
    world.caught_up().await;
    world.stop().await;
}

async fn a_certificate_that_the_inventory_has_not_heard_of_can_be_revoked(database: TestDatabase) {
    let world = World::over(database).await;
    world.cara.feed_down(true);
    let made = issued(world.enroll(wish("r", "dns:a.test")).await);
    assert!(
        !revoke(&world, "acme", by_serial(&made.serial), "")
            .await
            .unwrap()
    );
    let other = issued(world.enroll(wish("o", "dns:b.test")).await);
    assert!(
        !revoke(
            &world,
            "acme",
            By::Certificate(other.certificate),
            "superseded"
        )
        .await
        .unwrap()
    );
    let states = |shown: proto::ListCertificatesResponse| {
        let shown = shown.certificates.into_iter();
        shown.map(|one| one.state).collect::<Vec<_>>()
    };
    assert_eq!(states(world.inventory().await), ["revoked", "revoked"]);
    world.cara.feed_down(false);
    world.caught_up().await;
    assert_eq!(states(world.inventory().await), ["revoked", "revoked"]);
    world.stop().await;
}

async fn what_is_not_ours_is_not_found(database: TestDatabase) {
    let world = World::over(database).await;
    let root = By::Certificate(world.cara.root().der().to_vec());
    assert_eq!(
        revoke(&world, "acme", root, "").await.unwrap_err().code(),
        Code::NotFound
    );
    let error = revoke(&world, "acme", by_serial("abcdef0123456789"), "")
        .await
        .unwrap_err();
    assert_eq!(error.code(), Code::NotFound);
    let error = revoke(&world, "acme", By::Certificate(vec![1, 2]), "")
        .await
        .unwrap_err();
    assert!(error.message().starts_with("certificate: "), "{error}");
    world.stop().await;
}

async fn requesters_give_the_reasons_of_the_policy_and_administrators_any(database: TestDatabase) {
    let world = World::over(database).await;
    let made = issued(world.enroll(wish("r", "dns:a.test")).await);
    world.caught_up().await;
    for reason in [
        "cACompromise",
        "certificateHold",
        "because",
        "removeFromCRL",
    ] {
        let error = revoke(&world, "acme", by_serial(&made.serial), reason)
            .await
            .unwrap_err();
        assert_eq!(error.code(), Code::InvalidArgument, "{reason}");
        assert!(error.message().starts_with("reason: "), "{error}");
    }
    revoke(
        &world,
        "administrator",
        by_serial(&made.serial),
        "cACompromise",
    )
    .await
    .unwrap();
    world.stop().await;
}

async fn services_that_are_no_edge_revoke_nothing(database: TestDatabase) {
    let world = World::over(database).await;
    let error = revoke(&world, "rev-info", by_serial("00"), "")
        .await
        .unwrap_err();
    assert_eq!(error.code(), Code::PermissionDenied);
    world.stop().await;
}
