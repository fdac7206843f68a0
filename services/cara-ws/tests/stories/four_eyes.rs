//! Promises:
//! - what is configured to take two is done by nobody alone: who asked cannot approve, by whichever door;
//! - a second administrator sees what was asked for, and approves or refuses it; it is done once, in the name of who asked, and written down;
//! - after its time, after a decision, and after who asked has lost the right, nothing comes of it;
//! - one alone can stop a CA, and what was there before asks nobody.

use std::sync::Arc;

use cara_ws::{
    config::{FourEyes, Issuing},
    domain::GuardedAct,
};
use ers_proto::cara::v1::{
    Act, AddAdministratorCertificateRequest, ApproveActRequest, AuthorityState,
    ChangeAuthorityStateRequest, CreateAuthorityRequest, DeleteAdministratorRequest, IssueRequest,
    ListActsRequest, ListAuthoritiesRequest, ListPendingActsRequest, LoadPendingActRequest,
    PendingAct, PutAdministratorRequest, PutProfileRequest, RefuseActRequest,
    administrators_client::AdministratorsClient, approvals_client::ApprovalsClient,
    authorities_client::AuthoritiesClient, profiles_client::ProfilesClient,
};
use ers_signer_client::fake::FakeSigner;
use ers_test_support::{databases::TestDatabase, on_every_database};
use serde_json::json;
use tonic::{Code, Status};

use crate::common::{Replica, clock, issuing, request, sub};

const ALICE: &str = "administrator:alice";
const BOB: &str = "administrator:bob";
const RA: &str = "administrator:rita";

on_every_database!(
    one_officer_alone_cannot_create_a_ca_change_a_profile_or_make_another_officer,
    what_was_refused_outlived_or_lost_its_asker_is_not_done,
);

/// A PKI with two officers, who need each other.
async fn house(database: &TestDatabase) -> Replica {
    let signer = Arc::new(FakeSigner::new());
    let issuing = Issuing {
        four_eyes: FourEyes {
            acts: [
                GuardedAct::CreateAuthority,
                GuardedAct::PutState,
                GuardedAct::PutProfile,
            ]
            .into(),
            days: 7,
        },
        ..issuing()
    };
    // Before there is an officer, the platform is set up by its own identity.
    let replica = Replica::start_issuing(&database.config, &signer, &clock(), issuing).await;
    let replica = replica.with_pki().await;
    put_officer(&replica, "administrator", "alice")
        .await
        .unwrap();
    show_by_certificate(&replica, "alice").await.unwrap();
    // From the first on, the platform's own identity is not enough.
    let waits = put_officer(&replica, "administrator", "bob").await;
    let waits = waiting(&waits.unwrap_err());
    approve(&replica, ALICE, &waits).await.unwrap();
    let waits = waiting(&show_by_certificate(&replica, "bob").await.unwrap_err());
    approve(&replica, ALICE, &waits).await.unwrap();
    replica
}

async fn show_by_certificate(replica: &Replica, name: &str) -> Result<(), Status> {
    let mut issuance = replica.issuance("administrator");
    let issued = issuance.issue(IssueRequest {
        profile: "tls-client".into(),
        ..request(name, &format!("email:{name}@pki.test"))
    });
    let certificate = issued.await.unwrap().into_inner().certificate.unwrap().der;
    let shown = AddAdministratorCertificateRequest {
        name: name.into(),
        certificate,
    };
    let mut administrators = AdministratorsClient::new(replica.way("administrator"));
    administrators.add_certificate(shown).await.map(drop)
}

async fn put_officer(replica: &Replica, who: &'static str, name: &str) -> Result<(), Status> {
    let request = PutAdministratorRequest {
        name: name.into(),
        roles: vec!["ca-administrator".into()],
        ..PutAdministratorRequest::default()
    };
    let mut administrators = AdministratorsClient::new(replica.way(who));
    administrators.put(request).await.map(drop)
}

fn second() -> CreateAuthorityRequest {
    CreateAuthorityRequest {
        name: "second".into(),
        subject: "CN=Second CA,O=Test".into(),
        ..sub()
    }
}

/// The id that the act waits under.
fn waiting(refusal: &Status) -> String {
    assert_eq!(refusal.code(), Code::FailedPrecondition, "{refusal:?}");
    let id = refusal.metadata().get("ers-pending-act");
    id.unwrap_or_else(|| panic!("{refusal:?}"))
        .to_str()
        .unwrap()
        .to_owned()
}

async fn create(
    replica: &Replica,
    who: &'static str,
    request: CreateAuthorityRequest,
) -> Result<(), Status> {
    AuthoritiesClient::new(replica.way(who))
        .create(request)
        .await
        .map(drop)
}

async fn approve(replica: &Replica, who: &'static str, id: &str) -> Result<PendingAct, Status> {
    let request = ApproveActRequest { id: id.into() };
    let answer = ApprovalsClient::new(replica.way(who))
        .approve(request)
        .await?;
    Ok(answer.into_inner())
}

async fn load(replica: &Replica, id: &str) -> PendingAct {
    let request = LoadPendingActRequest { id: id.into() };
    let mut approvals = ApprovalsClient::new(replica.way("administrator"));
    approvals.load(request).await.unwrap().into_inner()
}

async fn count_waiting(replica: &Replica) -> usize {
    let request = ListPendingActsRequest {
        waiting: true,
        ..ListPendingActsRequest::default()
    };
    let mut approvals = ApprovalsClient::new(replica.way("administrator"));
    approvals
        .list(request)
        .await
        .unwrap()
        .into_inner()
        .acts
        .len()
}

async fn acts(replica: &Replica, act: &str) -> Vec<Act> {
    let request = ListActsRequest {
        act: act.into(),
        ..ListActsRequest::default()
    };
    let mut administrators = AdministratorsClient::new(replica.way("administrator"));
    administrators
        .list_acts(request)
        .await
        .unwrap()
        .into_inner()
        .acts
}

fn state(name: &str, state: AuthorityState) -> ChangeAuthorityStateRequest {
    ChangeAuthorityStateRequest {
        name: name.into(),
        state: state.into(),
        ..ChangeAuthorityStateRequest::default()
    }
}

/// Failure 49: one officer alone cannot create a CA, change a profile, or give herself a second pair of eyes.
async fn one_officer_alone_cannot_create_a_ca_change_a_profile_or_make_another_officer(
    database: TestDatabase,
) {
    let replica = house(&database).await;
    let wrong = CreateAuthorityRequest {
        subject: "nonsense".into(),
        ..second()
    };
    let refused = create(&replica, ALICE, wrong).await.unwrap_err();
    assert_eq!(
        refused.code(),
        Code::InvalidArgument,
        "what is wrong is told at once"
    );

    let id = waiting(&create(&replica, ALICE, second()).await.unwrap_err());
    let again = waiting(&create(&replica, ALICE, second()).await.unwrap_err());
    assert_eq!(id, again, "the same again is the same act");
    assert_eq!(count_waiting(&replica).await, 1);
    let refused = approve(&replica, ALICE, &id).await.unwrap_err();
    assert_eq!(refused.code(), Code::PermissionDenied, "{refused:?}");
    for service in ["clm-api", "rev-info", "acme"] {
        let refused = approve(&replica, service, &id).await.unwrap_err();
        assert_eq!(refused.code(), Code::PermissionDenied, "{service}");
    }
    assert_eq!(
        replica
            .authorities()
            .list(ListAuthoritiesRequest {})
            .await
            .unwrap()
            .into_inner()
            .authorities
            .len(),
        2
    );
    let shown = load(&replica, &id).await;
    assert_eq!(
        (shown.state.as_str(), shown.requester.as_str()),
        ("waiting", ALICE)
    );
    let told = |name: &str| shown.details.iter().find(|told| told.name == name).unwrap();
    assert_eq!(told("subject").value, second().subject);
    assert_eq!(told("issuer").value, "root");
    assert_eq!(told("validity").value, "1825d");

    let done = approve(&replica, BOB, &id).await.unwrap();
    assert_eq!(
        (done.state.as_str(), done.outcome.as_str()),
        ("approved", "done"),
        "{done:?}"
    );
    assert_eq!(done.decided_by, BOB);
    assert_eq!(
        replica.authority("second").await.subject,
        "CN=Second CA,O=Test"
    );
    let written = acts(&replica, "create-authority").await;
    assert_eq!(
        (
            written[0].administrator.as_str(),
            written[0].outcome.as_str()
        ),
        (ALICE, "done")
    );
    assert!(written[0].detail.contains(BOB) && written[0].detail.contains(&id));
    let twice = approve(&replica, BOB, &id).await.unwrap_err();
    assert_eq!(twice.code(), Code::FailedPrecondition);
    create(&replica, ALICE, second())
        .await
        .expect("what is there is only told");

    // Profiles: what is wrong waits for nobody; what passes waits.
    let put = async |definition: serde_json::Value| {
        let request = PutProfileRequest {
            definition: definition.to_string(),
            ..PutProfileRequest::default()
        };
        ProfilesClient::new(replica.way(ALICE)).put(request).await
    };
    let mut printer = json!({
        "name": "printer", "key_usage": ["digitalSignature"], "key_algorithms": [],
        "validity": { "default": "30d", "longest": "90d" }, "names": { "allowed": ["dns"], "required": true },
    });
    assert_eq!(
        put(printer.clone()).await.unwrap_err().code(),
        Code::InvalidArgument
    );
    printer["key_algorithms"] = json!(["P-256"]);
    let id = waiting(&put(printer).await.unwrap_err());
    assert_eq!(approve(&replica, BOB, &id).await.unwrap().outcome, "done");

    // Nor can she make the second one herself, or be the last one left.
    waiting(&put_officer(&replica, ALICE, "alice-2").await.unwrap_err());
    let request = DeleteAdministratorRequest { name: "bob".into() };
    let removing = AdministratorsClient::new(replica.way(ALICE))
        .delete(request)
        .await;
    waiting(&removing.unwrap_err());

    // One alone can stop a CA; to go on takes two.
    let mut authorities = AuthoritiesClient::new(replica.way(ALICE));
    let suspend = state("sub", AuthorityState::Suspended);
    authorities.change_state(suspend).await.unwrap();
    let resume = authorities
        .change_state(state("sub", AuthorityState::Active))
        .await;
    waiting(&resume.unwrap_err());
    assert_eq!(
        replica.authority("sub").await.state(),
        AuthorityState::Suspended
    );
}

async fn what_was_refused_outlived_or_lost_its_asker_is_not_done(database: TestDatabase) {
    let replica = house(&database).await;
    let mut approvals = ApprovalsClient::new(replica.way(BOB));
    let id = waiting(&create(&replica, ALICE, second()).await.unwrap_err());
    let refusal = |reason: &str| RefuseActRequest {
        id: id.clone(),
        reason: reason.into(),
    };
    let long = approvals.refuse(refusal(&"x".repeat(1001))).await;
    assert_eq!(long.unwrap_err().code(), Code::InvalidArgument);
    let refused = approvals
        .refuse(refusal("not this year"))
        .await
        .unwrap()
        .into_inner();
    assert_eq!(
        (refused.state.as_str(), refused.detail.as_str()),
        ("refused", "not this year")
    );
    assert_eq!(
        approve(&replica, BOB, &id).await.unwrap_err().code(),
        Code::FailedPrecondition
    );

    // Asked again it is another act, whose time ends.
    let outlived = waiting(&create(&replica, ALICE, second()).await.unwrap_err());
    assert_ne!(outlived, id);
    replica.clock.advance(time::Duration::days(7));
    assert_eq!(load(&replica, &outlived).await.state, "expired");
    assert_eq!(count_waiting(&replica).await, 0);
    let late = approve(&replica, BOB, &outlived).await.unwrap_err();
    assert!(late.message().contains("expired"), "{late:?}");

    // Who asked loses the role before it is approved.
    let id = waiting(&create(&replica, ALICE, second()).await.unwrap_err());
    let mut administrators = AdministratorsClient::new(replica.way(BOB));
    let demotion = PutAdministratorRequest {
        name: "alice".into(),
        roles: vec!["auditor".into()],
        ..PutAdministratorRequest::default()
    };
    let demoting = waiting(&administrators.put(demotion).await.unwrap_err());
    assert_eq!(
        approve(&replica, "administrator", &demoting)
            .await
            .unwrap()
            .outcome,
        "done"
    );
    let lost = approve(&replica, BOB, &id).await.unwrap_err();
    assert!(
        lost.message().contains("may not do that any more"),
        "{lost:?}"
    );
    // Somebody who is nobody any more can still be refused.
    let taken_back = RefuseActRequest {
        id: id.clone(),
        reason: String::new(),
    };
    approvals.refuse(taken_back).await.unwrap();

    // What is approved and then cannot be done says why.
    let unable = CreateAuthorityRequest {
        issuer: "nobody".into(),
        ..second()
    };
    let id = waiting(&create(&replica, BOB, unable).await.unwrap_err());
    let ended = approve(&replica, "administrator", &id).await.unwrap();
    assert_eq!(ended.outcome, "refused");
    assert!(ended.detail.contains("nobody"), "{}", ended.detail);
    let unknown = approve(&replica, RA, "00").await.unwrap_err();
    assert_eq!(unknown.code(), Code::NotFound);
}
