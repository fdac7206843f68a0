//! Promises:
//! - where a person decides, a request waits; nothing is asked of CARA before
//! - approved, it is issued under its own request id and found by it; declined, it stays refused
//! - a decision is made once; when CARA was out of reach it may be repeated and gives one certificate
//! - the same id for something else is refused while it waits

use ers_proto::clm::v1::{self as proto, RefusalReason};
use ers_test_support::{databases::TestDatabase, on_every_database};
use tonic::{Code, Status};

use super::clm::{World, issued, refused, waits, wish};

on_every_database!(
    a_request_waits_until_it_is_approved_and_then_has_its_certificate,
    a_declined_request_stays_declined,
    a_decision_is_made_once,
    of_two_who_decide_at_once_one_wins,
    an_approval_that_met_cara_out_of_reach_may_be_repeated,
    an_approved_request_is_carried_on_with_by_whoever_asks_for_it,
    what_cara_refuses_after_approval_has_failed,
    while_one_waits_its_id_is_taken,
    requests_are_paged_newest_first,
);

fn manual(id: &str, name: &str) -> proto::EnrollRequest {
    proto::EnrollRequest {
        policy: "manual".into(),
        ..wish(id, name)
    }
}

async fn decide(world: &World, id: &str, approve: bool) -> Result<proto::Request, Status> {
    let request = proto::DecideRequestRequest {
        id: id.into(),
        approve,
        actor: "berta".into(),
        comment: "as discussed".into(),
    };
    world
        .administration()
        .decide_request(request)
        .await
        .map(tonic::Response::into_inner)
}

async fn a_request_waits_until_it_is_approved_and_then_has_its_certificate(database: TestDatabase) {
    let world = World::over(database).await;
    world.apply_manual().await;
    let request = manual("w1", "dns:a.test");
    assert!(waits(&world.enroll(request.clone()).await));
    assert!(waits(&world.enroll(request.clone()).await), "asked again");
    assert_eq!(world.cara.calls(), 0);

    let decided = decide(&world, "w1", true).await.unwrap();
    assert_eq!(
        (decided.state.as_str(), decided.decided_by.as_str()),
        ("issued", "berta")
    );
    assert_eq!(decided.subject_alternative_names, ["dns:a.test"]);
    let made = issued(world.enroll(request).await);
    let found = proto::FindOutcomeRequest {
        request_id: "w1".into(),
    };
    let found = world
        .enrollment("acme")
        .find_outcome(found)
        .await
        .unwrap()
        .into_inner();
    assert_eq!(issued(found.outcome.unwrap()).serial, made.serial);
    assert_eq!(world.cara.certificates().len(), 1);
    world.stop().await;
}

async fn a_declined_request_stays_declined(database: TestDatabase) {
    let world = World::over(database).await;
    world.apply_manual().await;
    let request = manual("w2", "dns:a.test");
    assert!(waits(&world.enroll(request.clone()).await));
    assert_eq!(decide(&world, "w2", false).await.unwrap().state, "declined");
    let outcome = refused(world.enroll(request.clone()).await);
    assert_eq!(outcome.reason(), RefusalReason::Declined);
    assert_eq!(outcome.detail, "as discussed");
    // Even if the policy would let it through by now.
    world
        .apply(&super::clm::manual().replace("manual_approval: true", "manual_approval: false"))
        .await;
    assert_eq!(
        refused(world.enroll(request).await).reason(),
        RefusalReason::Declined
    );
    assert_eq!(world.cara.calls(), 0);
    world.stop().await;
}

async fn a_decision_is_made_once(database: TestDatabase) {
    let world = World::over(database).await;
    world.apply_manual().await;
    world.enroll(manual("w3", "dns:a.test")).await;
    decide(&world, "w3", true).await.unwrap();
    for approve in [true, false] {
        let error = decide(&world, "w3", approve).await.unwrap_err();
        assert_eq!(error.code(), Code::FailedPrecondition, "{error}");
    }
    assert_eq!(
        decide(&world, "never", true).await.unwrap_err().code(),
        Code::NotFound
    );
    world.stop().await;
}

async fn of_two_who_decide_at_once_one_wins(database: TestDatabase) {
    let world = World::over(database).await;
    world.apply_manual().await;
    for round in 0..10 {
        let id = format!("race-{round}");
        world.enroll(manual(&id, "dns:a.test")).await;
        let (yes, no) = tokio::join!(decide(&world, &id, true), decide(&world, &id, false));
        assert_eq!(
            u8::from(yes.is_ok()) + u8::from(no.is_ok()),
            1,
            "{yes:?} {no:?}"
        );
        let issued = world
            .cara
            .certificates()
            .iter()
            .any(|made| made.request_id == id);
        assert_eq!(issued, yes.is_ok());
    }
    world.stop().await;
}

async fn an_approval_that_met_cara_out_of_reach_may_be_repeated(database: TestDatabase) {
    let world = World::over(database).await;
    world.apply_manual().await;
    let request = manual("w4", "dns:a.test");
    world.enroll(request.clone()).await;
    world.cara.lose_answers();
    assert_eq!(
        decide(&world, "w4", true).await.unwrap_err().code(),
        Code::Unavailable
    );
    world.cara.recover();
    assert_eq!(
        decide(&world, "w4", false).await.unwrap_err().code(),
        Code::FailedPrecondition
    );
    assert_eq!(decide(&world, "w4", true).await.unwrap().state, "issued");
    issued(world.enroll(request).await);
    assert_eq!(world.cara.certificates().len(), 1);
    world.stop().await;
}

async fn an_approved_request_is_carried_on_with_by_whoever_asks_for_it(database: TestDatabase) {
    let world = World::over(database).await;
    world.apply_manual().await;
    let request = manual("w5", "dns:a.test");
    world.enroll(request.clone()).await;
    world.cara.fail(Code::Unavailable, "down");
    decide(&world, "w5", true).await.unwrap_err();
    world.cara.recover();
    issued(world.enroll(request).await);
    let listed = proto::ListRequestsRequest {
        state: "issued".into(),
        ..Default::default()
    };
    let listed = world
        .administration()
        .list_requests(listed)
        .await
        .unwrap()
        .into_inner();
    assert_eq!(listed.total, 1);
    world.stop().await;
}

async fn what_cara_refuses_after_approval_has_failed(database: TestDatabase) {
    let world = World::over(database).await;
    world.apply_manual().await;
    let request = manual("w6", "dns:a.test");
    world.enroll(request.clone()).await;
    world.cara.fail(
        Code::InvalidArgument,
        "validity: longer than the profile allows",
    );
    let decided = decide(&world, "w6", true).await.unwrap();
    assert_eq!(decided.state, "failed");
    assert!(
        decided.detail.contains("longer than the profile"),
        "{}",
        decided.detail
    );
    assert_eq!(
        refused(world.enroll(request).await).reason(),
        RefusalReason::BadValidity
    );
    world.stop().await;
}

async fn while_one_waits_its_id_is_taken(database: TestDatabase) {
    let world = World::over(database).await;
    world.apply_manual().await;
    world.enroll(manual("w7", "dns:a.test")).await;
    let error = world
        .enrollment("administrator")
        .enroll(manual("w7", "dns:b.test"))
        .await
        .unwrap_err();
    assert_eq!(error.code(), Code::InvalidArgument);
    world.stop().await;
}

async fn requests_are_paged_newest_first(database: TestDatabase) {
    let world = World::over(database).await;
    world.apply_manual().await;
    for number in 0..5 {
        world
            .enroll(manual(&format!("p{number}"), "dns:a.test"))
            .await;
        world.clock.advance(time::Duration::SECOND);
    }
    let mut seen = Vec::new();
    let mut page_token = String::new();
    loop {
        let request = proto::ListRequestsRequest {
            state: "pending-approval".into(),
            page_size: 2,
            page_token,
            ..Default::default()
        };
        let page = world
            .administration()
            .list_requests(request)
            .await
            .unwrap()
            .into_inner();
        assert_eq!(page.total, 5);
        seen.extend(page.requests.into_iter().map(|request| request.id));
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    assert_eq!(seen, ["p4", "p3", "p2", "p1", "p0"]);
    world.stop().await;
}
