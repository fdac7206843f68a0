//! Promises:
//! - a key is shown once, kept sealed for ACME's context, and known to ACME by its id
//! - the end entity that it names exists from then on
//! - only ACME loads it

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use ers_proto::clm::v1 as proto;
use ers_signer_client::Signer as _;
use ers_test_support::{databases::TestDatabase, on_every_database};
use tonic::Code;

use super::clm::{World, issued, wish};

on_every_database!(
    the_key_that_was_shown_is_the_one_that_was_sealed,
    keys_differ,
    its_end_entity_can_have_certificates_from_then_on,
    a_policy_that_is_not_for_acme_has_no_account_keys,
    unknown_keys_and_policies_are_not_found_and_others_may_not_look,
);

async fn create(world: &World, end_entity: &str) -> proto::CreatedExternalAccountKey {
    let request = proto::CreateExternalAccountKeyRequest {
        policy: "acme-eab".into(),
        end_entity: end_entity.into(),
        validity: Some(prost_types::Duration {
            seconds: 3600,
            nanos: 0,
        }),
    };
    world
        .administration()
        .create_external_account_key(request)
        .await
        .unwrap()
        .into_inner()
}

async fn the_key_that_was_shown_is_the_one_that_was_sealed(database: TestDatabase) {
    let world = World::over(database).await;
    let created = create(&world, "").await;
    let shown = URL_SAFE_NO_PAD.decode(&created.mac_key).unwrap();
    assert_eq!(shown.len(), 32);
    let request = proto::LoadExternalAccountKeyRequest {
        key_id: created.key_id.clone(),
    };
    let loaded = world
        .enrollment("acme")
        .load_external_account_key(request)
        .await
        .unwrap()
        .into_inner();
    assert_eq!(
        (loaded.key_id, loaded.policy.as_str()),
        (created.key_id, "acme-eab")
    );
    assert_eq!(loaded.expires_at.unwrap().seconds, 1_795_348_800 + 3600);
    assert_ne!(loaded.sealed_key, shown);
    let unsealed = world
        .signer
        .unseal("acme/external-account", &loaded.sealed_key)
        .await
        .unwrap();
    assert_eq!(*unsealed, shown);
    assert!(
        world
            .signer
            .unseal("another/context", &loaded.sealed_key)
            .await
            .is_err()
    );
    world.stop().await;
}

async fn a_policy_that_is_not_for_acme_has_no_account_keys(database: TestDatabase) {
    let world = World::over(database).await;
    let request = proto::CreateExternalAccountKeyRequest {
        policy: "server".into(),
        ..Default::default()
    };
    let error = world
        .administration()
        .create_external_account_key(request)
        .await
        .unwrap_err();
    assert_eq!(error.code(), Code::InvalidArgument);
    assert!(error.message().starts_with("policy: "), "{error}");
    world.stop().await;
}

async fn keys_differ(database: TestDatabase) {
    let world = World::over(database).await;
    let (one, other) = (create(&world, "").await, create(&world, "").await);
    assert_ne!(one.key_id, other.key_id);
    assert_ne!(one.mac_key, other.mac_key);
    world.stop().await;
}

async fn its_end_entity_can_have_certificates_from_then_on(database: TestDatabase) {
    let world = World::over(database).await;
    create(&world, "printer").await;
    let request = proto::EnrollRequest {
        end_entity: "printer".into(),
        ..wish("e", "dns:printer.test")
    };
    issued(world.enroll(request).await);
    world.caught_up().await;
    assert_eq!(
        world.inventory().await.certificates[0].end_entity,
        "printer"
    );
    world.stop().await;
}

async fn unknown_keys_and_policies_are_not_found_and_others_may_not_look(database: TestDatabase) {
    let world = World::over(database).await;
    for key_id in ["00", "no key", ""] {
        let request = proto::LoadExternalAccountKeyRequest {
            key_id: key_id.into(),
        };
        let error = world
            .enrollment("acme")
            .load_external_account_key(request.clone())
            .await
            .unwrap_err();
        assert_eq!(error.code(), Code::NotFound, "{key_id}");
        let error = world
            .enrollment("administrator")
            .load_external_account_key(request)
            .await
            .unwrap_err();
        assert_eq!(error.code(), Code::PermissionDenied);
    }
    let request = proto::CreateExternalAccountKeyRequest {
        policy: "nothing".into(),
        ..Default::default()
    };
    let error = world
        .administration()
        .create_external_account_key(request)
        .await
        .unwrap_err();
    assert_eq!(error.code(), Code::NotFound);
    for seconds in [0, -1, i64::MAX] {
        let request = proto::CreateExternalAccountKeyRequest {
            policy: "acme".into(),
            validity: Some(prost_types::Duration { seconds, nanos: 0 }),
            ..Default::default()
        };
        let error = world
            .administration()
            .create_external_account_key(request)
            .await
            .unwrap_err();
        assert_eq!(error.code(), Code::InvalidArgument, "{seconds}");
    }
    world.stop().await;
}
