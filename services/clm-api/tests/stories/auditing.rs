//! Promises:
//! - every act of an administrator stands in the trail, with who did it
//! - what cannot be written down is not done
//! - no secret stands in the trail

use ers_proto::clm::v1::{self as proto, revoke_certificate_request::By};
use ers_test_support::{databases::TestDatabase, on_every_database};
use tonic::Code;

use super::{
    clm::{World, issued, manual, wish},
    rest::log_in,
};

on_every_database!(every_act_stands_in_the_trail_with_who_did_it);

fn decision(id: &str) -> proto::DecideRequestRequest {
    proto::DecideRequestRequest {
        id: id.into(),
        approve: true,
        actor: "berta".into(),
        comment: "as discussed".into(),
    }
}

async fn every_act_stands_in_the_trail_with_who_did_it(database: TestDatabase) {
    let world = World::over(database).await;
    world.apply_manual().await;
    let request = proto::EnrollRequest {
        policy: "manual".into(),
        ..wish("w", "dns:a.test")
    };
    world.enroll(request.clone()).await;
    let mut administration = world.administration();
    administration.decide_request(decision("w")).await.unwrap();
    let made = issued(world.enroll(request).await);
    let revocation = proto::RevokeCertificateRequest {
        by: Some(By::Certificate(made.certificate)),
        reason: "superseded".into(),
        requester: "anna".into(),
    };
    world
        .enrollment("administrator")
        .revoke(revocation)
        .await
        .unwrap();
    let key = proto::CreateExternalAccountKeyRequest {
        policy: "acme-eab".into(),
        ..Default::default()
    };
    let key = administration
        .create_external_account_key(key)
        .await
        .unwrap()
        .into_inner();
    let password = proto::SetAdministratorPasswordRequest {
        username: "administrator".into(),
        password: "correct horse battery".into(),
    };
    administration
        .set_administrator_password(password)
        .await
        .unwrap();

    let trail = world.trail().await;
    let told: Vec<(&str, &str, &str)> = trail
        .iter()
        .map(|(actor, act, object)| (actor.as_str(), act.as_str(), object.as_str()))
        .collect();
    let serial = format!("sub {}", made.serial);
    assert_eq!(
        told,
        [
            ("clm-api", "administrator.create", "administrator"),
            ("anna", "policy.apply", "manual"),
            ("berta", "request.approve", "w"),
            ("anna", "certificate.revoke", serial.as_str()),
            (
                "administrator",
                "external_account_key.create",
                key.key_id.as_str()
            ),
            (
                "administrator",
                "administrator.set_password",
                "administrator"
            ),
        ]
    );
    let text = format!("{trail:?}");
    assert!(
        !text.contains(&key.mac_key) && !text.contains("horse"),
        "{text}"
    );
    world.stop().await;
}

#[actix_web::test]
async fn a_login_stands_in_the_trail() {
    let world = World::new().await;
    log_in(&world).await;
    let (actor, act, _) = world.trail().await.pop().unwrap();
    assert_eq!(
        (actor.as_str(), act.as_str()),
        ("administrator", "session.begin")
    );
    world.stop().await;
}

#[tokio::test]
async fn what_cannot_be_written_down_is_not_done() {
    let world = World::new().await;
    world.apply_manual().await;
    let waiting = proto::EnrollRequest {
        policy: "manual".into(),
        ..wish("w", "dns:a.test")
    };
    world.enroll(waiting.clone()).await;
    world.lose_trail().await;
    let mut administration = world.administration();
    let error = administration
        .decide_request(decision("w"))
        .await
        .unwrap_err();
    assert_eq!(
        (error.code(), error.message()),
        (Code::Internal, "internal error")
    );
    assert!(super::clm::waits(&world.enroll(waiting).await));
    let apply = proto::ApplyPolicyRequest {
        definition: manual().replace("longest: 90d", "longest: 91d"),
        actor: "anna".into(),
    };
    administration.apply_policy(apply).await.unwrap_err();
    let shown = proto::ShowPolicyRequest {
        name: "manual".into(),
    };
    assert_eq!(
        administration
            .show_policy(shown)
            .await
            .unwrap()
            .into_inner()
            .version,
        1
    );
    assert_eq!(world.cara.calls(), 0);
    world.stop().await;
}
