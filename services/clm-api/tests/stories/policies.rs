//! Promises:
//! - each change of a policy is a new version; applying the same again changes nothing
//! - a policy that does not read, or does not fit CARA or its realm, is refused by the key at fault
//! - a change is in force at once here, and soon in every replica
//! - what a policy said before stays readable, version by version; policies are searched and paged
//! - only an administrator administers

use ers_proto::clm::v1 as proto;
use ers_test_support::{databases::TestDatabase, on_every_database};
use tonic::{Code, Status};

use super::{
    clm::{World, issued, manual, refused, wish},
    permissions::person,
    rest::{get, log_in},
};

on_every_database!(
    each_change_is_a_version_and_no_change_is_none,
    what_is_wrong_is_told_by_its_key,
    a_policy_stays_in_its_realm,
    a_change_is_soon_in_force_in_every_replica,
    two_who_change_a_policy_at_once_do_not_overwrite_each_other,
    policies_and_realms_are_listed,
    what_a_policy_said_before_stays_readable,
    policies_are_searched_and_turned_over_page_by_page,
    nobody_but_an_administrator_administers,
);

async fn apply(world: &World, definition: &str) -> Result<proto::ApplyPolicyResponse, Status> {
    let request = proto::ApplyPolicyRequest {
        definition: definition.into(),
        actor: "anna".into(),
    };
    world
        .administration()
        .apply_policy(request)
        .await
        .map(tonic::Response::into_inner)
}

async fn each_change_is_a_version_and_no_change_is_none(database: TestDatabase) {
    let world = World::over(database).await;
    let first = apply(&world, &manual()).await.unwrap();
    assert!(first.created && first.changed);
    let policy = first.policy.unwrap();
    assert_eq!((policy.version, policy.updated_by.as_str()), (1, "anna"));
    let same = apply(&world, manual().trim_end()).await.unwrap();
    assert!(!same.created && !same.changed);
    let changed = apply(&world, &manual().replace("longest: 90d", "longest: 100d"))
        .await
        .unwrap();
    assert!(changed.changed && !changed.created);
    assert_eq!(changed.policy.unwrap().version, 2);
    world.stop().await;
}

async fn what_is_wrong_is_told_by_its_key(database: TestDatabase) {
    let world = World::over(database).await;
    let good = manual();
    for (from, to, code, key) in [
        (
            "manual_approval: true",
            "manual_aproval: true",
            Code::InvalidArgument,
            "manual_aproval",
        ),
        (
            "default: 90d",
            "default: often",
            Code::InvalidArgument,
            "validity.default",
        ),
        (
            "issuer: sub",
            "issuer: nobody",
            Code::InvalidArgument,
            "issuer",
        ),
        (
            "profile: tls-server",
            "profile: nothing",
            Code::InvalidArgument,
            "profile",
        ),
        ("realm: default", "realm: nowhere", Code::NotFound, "realm"),
        (
            "protocols: [cli, rest]",
            "protocols: [http]",
            Code::InvalidArgument,
            "protocols",
        ),
    ] {
        let error = apply(&world, &good.replace(from, to)).await.unwrap_err();
        assert_eq!(error.code(), code, "{to}: {error}");
        assert!(error.message().contains(key), "{to}: {error}");
    }
    let shown = proto::ShowPolicyRequest {
        name: "manual".into(),
    };
    assert_eq!(
        world
            .administration()
            .show_policy(shown)
            .await
            .unwrap_err()
            .code(),
        Code::NotFound
    );
    world.stop().await;
}

async fn a_policy_stays_in_its_realm(database: TestDatabase) {
    let world = World::over(database).await;
    apply(&world, &manual()).await.unwrap();
    let error = apply(&world, &manual().replace("realm: default", "realm: system"))
        .await
        .unwrap_err();
    assert_eq!(error.code(), Code::InvalidArgument);
    assert!(error.message().starts_with("realm: "), "{error}");
    world.stop().await;
}

async fn a_change_is_soon_in_force_in_every_replica(database: TestDatabase) {
    let world = World::over(database).await;
    let other = world.replica().await;
    issued(other.enroll(wish("before", "dns:a.test")).await);
    let shown = proto::ShowPolicyRequest {
        name: "server".into(),
    };
    let server = world
        .administration()
        .show_policy(shown)
        .await
        .unwrap()
        .into_inner()
        .definition;
    apply(&world, &server.replace("dns: ['*']", "dns: ['only.test']"))
        .await
        .unwrap();
    refused(world.enroll(wish("here", "dns:a.test")).await);
    for attempt in 0..100 {
        let outcome = other
            .enroll(wish(&format!("there-{attempt}"), "dns:a.test"))
            .await;
        if matches!(outcome, proto::enroll_response::Outcome::Refused(_)) {
            break;
        }
        assert!(
            attempt < 99,
            "the other replica still works under the old policy"
        );
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    other.context.shutdown.stop();
    world.stop().await;
}

async fn two_who_change_a_policy_at_once_do_not_overwrite_each_other(database: TestDatabase) {
    let world = World::over(database).await;
    apply(&world, &manual()).await.unwrap();
    let (one, two) = (
        manual().replace("longest: 90d", "longest: 91d"),
        manual().replace("longest: 90d", "longest: 92d"),
    );
    let (one, two) = tokio::join!(apply(&world, &one), apply(&world, &two));
    let versions: Vec<u32> = [one, two]
        .into_iter()
        .flatten()
        .map(|applied| applied.policy.unwrap().version)
        .collect();
    assert!(
        matches!(versions.as_slice(), [2] | [2, 3] | [3, 2]),
        "{versions:?}"
    );
    world.stop().await;
}

async fn policies_and_realms_are_listed(database: TestDatabase) {
    let world = World::over(database).await;
    let list = async |realm: &str| {
        let request = proto::ListPoliciesRequest {
            realm: realm.into(),
        };
        let listed = world
            .administration()
            .list_policies(request)
            .await
            .unwrap()
            .into_inner();
        listed
            .policies
            .into_iter()
            .map(|policy| policy.name)
            .collect::<Vec<_>>()
    };
    assert_eq!(
        list("").await,
        [
            "acme",
            "acme-eab",
            "client",
            "cmp",
            "cmp-signer",
            "est",
            "platform-tls",
            "scep",
            "scep-ra",
            "server"
        ]
    );
    assert_eq!(
        list("system").await,
        ["cmp-signer", "platform-tls", "scep-ra"]
    );
    let realms = world
        .administration()
        .list_realms(proto::ListRealmsRequest {})
        .await
        .unwrap();
    let realms: Vec<String> = realms
        .into_inner()
        .realms
        .into_iter()
        .map(|realm| realm.name)
        .collect();
    assert_eq!(realms, ["default", "system"]);
    world.stop().await;
}

async fn what_a_policy_said_before_stays_readable(database: TestDatabase) {
    let world = World::over(database).await;
    let longest = |days: u32| manual().replace("longest: 90d", &format!("longest: {days}d"));
    for days in [90, 91, 92] {
        apply(&world, &longest(days)).await.unwrap();
    }
    let admin = log_in(&world).await;
    let first = get(&world, &admin, "policies/manual/versions?page_size=2")
        .await
        .json();
    assert_eq!(first["total"], 3);
    let told = |list: &serde_json::Value| -> Vec<(u64, String)> {
        let versions = list["versions"].as_array().unwrap().iter();
        versions
            .map(|one| {
                assert_eq!(one["created_by"], "anna");
                assert!(one["created_at"].as_str().unwrap().ends_with('Z'));
                (
                    one["version"].as_u64().unwrap(),
                    one["definition"].as_str().unwrap().to_owned(),
                )
            })
            .collect()
    };
    assert_eq!(told(&first), [(3, longest(92)), (2, longest(91))]);
    let next = first["next_page_token"].as_str().unwrap();
    let path = format!("policies/manual/versions?page_size=2&page_token={next}");
    let last = get(&world, &admin, &path).await.json();
    assert_eq!(told(&last), [(1, longest(90))]);
    assert!(last.get("next_page_token").is_none());

    // Only of policies that there are, to those who see them
    get(&world, &admin, "policies/nothing/versions")
        .await
        .assert_problem(404);
    get(&world, &admin, "policies/manual/versions?page_token=x")
        .await
        .assert_problem(400);
    let elsewhere = person(&world, &admin, "otto", &[("auditor", "system")]).await;
    get(&world, &elsewhere, "policies/manual/versions")
        .await
        .assert_problem(404);
    world.stop().await;
}

async fn policies_are_searched_and_turned_over_page_by_page(database: TestDatabase) {
    let world = World::over(database).await;
    let admin = log_in(&world).await;
    let names = async |query: &str| {
        let list = get(&world, &admin, &format!("policies?{query}"))
            .await
            .json();
        let policies = list["policies"].as_array().unwrap().iter();
        let names: Vec<String> = policies
            .map(|one| one["name"].as_str().unwrap().to_owned())
            .collect();
        (names, list["next_page_token"].as_str().map(str::to_owned))
    };
    let (all, none) = names("realm=system").await;
    assert_eq!((all.len(), none), (3, None));
    let (first, next) = names("realm=system&page_size=2").await;
    let next = next.unwrap();
    let (rest, end) = names(&format!("realm=system&page_size=2&page_token={next}")).await;
    assert_eq!((end, [first, rest].concat()), (None, all));
    assert_eq!(names("search=SCEP-R").await.0, ["scep-ra"], "by name");
    assert_eq!(
        names("search=TLS-Client").await.0,
        ["client"],
        "by profile, whatever its case"
    );
    assert!(names("search=nothing-like-this").await.0.is_empty());
    world.stop().await;
}

async fn nobody_but_an_administrator_administers(database: TestDatabase) {
    use super::clm::As;
    use ers_proto::clm::v1::administration_client::AdministrationClient;
    let world = World::over(database).await;
    for caller in ["acme", "operator", "cara-ws", "clm-api"] {
        let mut stranger = AdministrationClient::with_interceptor(world.clm.routes(), As(caller));
        let error = stranger
            .list_realms(proto::ListRealmsRequest {})
            .await
            .unwrap_err();
        assert_eq!(error.code(), Code::PermissionDenied, "{caller}");
        let request = proto::ApplyPolicyRequest {
            definition: manual(),
            actor: "anna".into(),
        };
        assert_eq!(
            stranger.apply_policy(request).await.unwrap_err().code(),
            Code::PermissionDenied
        );
        let request = proto::SetAdministratorPasswordRequest {
            username: "administrator".into(),
            password: "a long password here".into(),
        };
        let error = stranger
            .set_administrator_password(request)
            .await
            .unwrap_err();
        assert_eq!(error.code(), Code::PermissionDenied);
    }
    world.stop().await;
}
