//! Promises:
//! - a one-time challenge lets in one request of its policy, common name and names, and the same request again
//! - used, expired, foreign and guessed challenges are told alike
//! - an end entity's name and password are its challenge where a policy says so, until it is suspended, and nobody else's
//! - the challenge that is the same for everybody is off until a policy says whose it is; devices that come together with
//!   it are all let in

use ers_proto::clm::v1::{
    self as proto, authenticate_request::Credential, authenticate_response::Outcome as Let,
};
use ers_test_support::{databases::TestDatabase, on_every_database};
use tonic::Code;

use super::{
    authenticating::{add, denied, let_in},
    cara::ISSUER,
    clm::World,
    openssl,
};

on_every_database!(
    a_challenge_is_good_for_one_request,
    failure_39_guessing_challenges_is_locked_out,
    failure_39_an_end_entitys_own_challenge_is_its_password_where_a_policy_says_so,
);

async fn create(world: &World, request: proto::CreateChallengeRequest) -> String {
    let request = proto::CreateChallengeRequest {
        policy: "scep".into(),
        ..request
    };
    let mut administration = world.administration();
    let created = administration.create_challenge(request).await.unwrap();
    created.into_inner().challenge
}

async fn ask(world: &World, policy: &str, challenge: &str, csr: &[u8]) -> Let {
    let request = proto::AuthenticateRequest {
        protocol: "scep".into(),
        policy: policy.into(),
        csr: csr.to_vec(),
        transaction_id: "t-1".into(),
        credential: Some(Credential::Challenge(challenge.into())),
        ..Default::default()
    };
    let mut enrollment = world.enrollment("scep");
    let response = enrollment.authenticate(request).await.unwrap();
    response.into_inner().outcome.unwrap()
}

async fn a_challenge_is_good_for_one_request(database: TestDatabase) {
    let world = World::over(database).await;
    add(&world, "router").await;
    let bound = proto::CreateChallengeRequest {
        end_entity: "router".into(),
        common_name: "router".into(),
        subject_alternative_names: vec!["dns:router.test".into()],
        ..Default::default()
    };
    let challenge = create(&world, bound).await;
    let other_name = openssl::csr("/CN=other", &["DNS:router.test"]);
    let wrong = denied(ask(&world, "scep", &challenge, &other_name).await);
    let csr = openssl::csr("/CN=router", &["DNS:router.test"]);
    let known = let_in(ask(&world, "scep", &challenge, &csr).await);
    assert_eq!(
        (known.end_entity.as_str(), known.method.as_str()),
        ("router", "challenge")
    );
    let_in(ask(&world, "scep", &challenge, &csr).await);
    let another = openssl::csr("/CN=router", &["DNS:router.test"]);
    let used = denied(ask(&world, "scep", &challenge, &another).await);
    let guessed = denied(ask(&world, "scep", "guessed", &csr).await);
    assert_eq!((&used, &guessed), (&wrong, &wrong));

    let soon = proto::CreateChallengeRequest {
        validity: Some(prost_types::Duration {
            seconds: 60,
            nanos: 0,
        }),
        ..Default::default()
    };
    let challenge = create(&world, soon).await;
    world.clock.advance(time::Duration::seconds(60));
    assert_eq!(denied(ask(&world, "scep", &challenge, &csr).await), wrong);
    world.stop().await;
}

/// Failure 39: who guesses challenges is locked out.
async fn failure_39_guessing_challenges_is_locked_out(database: TestDatabase) {
    let world = World::over(database).await;
    let challenge = create(&world, proto::CreateChallengeRequest::default()).await;
    let csr = openssl::csr("/CN=router", &[]);
    for place in 0..5 {
        let guess = format!("guess {place}");
        assert_eq!(
            denied(ask(&world, "scep", &guess, &csr).await).retry_after,
            None
        );
    }
    let locked = denied(ask(&world, "scep", &challenge, &csr).await);
    assert_eq!(locked.retry_after.unwrap().seconds, 30);
    world.clock.advance(time::Duration::seconds(31));
    let_in(ask(&world, "scep", &challenge, &csr).await);
    world.stop().await;
}

/// Failure 39: another's name, a wrong password, and guesses, which lock the name.
async fn failure_39_an_end_entitys_own_challenge_is_its_password_where_a_policy_says_so(
    database: TestDatabase,
) {
    let world = World::over(database).await;
    add(&world, "router").await;
    let csr = openssl::csr("/CN=router", &[]);
    let right = "router:correct horse battery";
    denied(ask(&world, "scep", right, &csr).await);
    world
        .apply(&format!(
            "name: own\nrealm: default\nissuer: {ISSUER}\nprofile: ieee-802-1ar-ldevid\nprotocols: [scep]\n\
             validity: {{default: 90d, longest: 1y}}\nscep: {{password: true}}\n"
        ))
        .await;
    for _ in 0..2 {
        let known = let_in(ask(&world, "own", right, &csr).await);
        assert_eq!(
            (known.end_entity.as_str(), known.method.as_str()),
            ("router", "password")
        );
    }
    for wrong in [
        "correct horse battery",
        "nobody:correct horse battery",
        ":correct horse battery",
        "router:",
        "router:wrong",
    ] {
        assert_eq!(
            denied(ask(&world, "own", wrong, &csr).await).retry_after,
            None
        );
    }
    // five guesses from there
    let locked = denied(ask(&world, "own", right, &csr).await);
    assert_eq!(locked.retry_after.unwrap().seconds, 30);
    world.clock.advance(time::Duration::seconds(31));
    let_in(ask(&world, "own", right, &csr).await);
    world.stop().await;
}

#[tokio::test]
async fn a_challenge_for_everybody_is_an_end_entitys_password_and_off_by_default() {
    let world = World::new().await;
    add(&world, "old-devices").await;
    let csr = openssl::csr("/CN=router", &[]);
    let password = "correct horse battery";
    denied(ask(&world, "scep", password, &csr).await);
    world
        .apply(&format!(
            "name: old\nrealm: default\nissuer: {ISSUER}\nprofile: ieee-802-1ar-ldevid\nprotocols: [scep]\n\
             validity: {{default: 90d, longest: 1y}}\nscep: {{static_challenge_of: old-devices}}\n"
        ))
        .await;
    for _ in 0..2 {
        let known = let_in(ask(&world, "old", password, &csr).await);
        assert_eq!(known.end_entity, "old-devices");
    }
    // a fleet that comes together, after wrong ones
    for _ in 0..4 {
        denied(ask(&world, "old", "another password", &csr).await);
    }
    let together = (0..24).map(|_| ask(&world, "old", password, &csr));
    for outcome in futures::future::join_all(together).await {
        let_in(outcome);
    }
    world.stop().await;
}

#[tokio::test]
async fn challenges_are_for_scep_and_end_soon() {
    let world = World::new().await;
    let with = |policy: &str, end_entity: &str, seconds| proto::CreateChallengeRequest {
        policy: policy.into(),
        end_entity: end_entity.into(),
        validity: Some(prost_types::Duration { seconds, nanos: 0 }),
        ..Default::default()
    };
    for (request, code) in [
        (with("nothing", "", 60), Code::NotFound),
        (with("scep", "nobody", 60), Code::NotFound),
        (with("acme", "", 60), Code::InvalidArgument),
        (with("scep", "", 0), Code::InvalidArgument),
        (with("scep", "", 31 * 86_400), Code::InvalidArgument),
    ] {
        let error = world
            .administration()
            .create_challenge(request)
            .await
            .unwrap_err();
        assert_eq!(error.code(), code, "{error}");
    }
    world.stop().await;
}
