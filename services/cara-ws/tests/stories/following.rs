//! Promises:
//! - replicas that issue at the same time give every event a number of its own and leave none out;
//! - who does not want to hear of certificates that were issued hears of all else, and how far it was told.

use std::{collections::BTreeSet, sync::Arc};

use ers_proto::cara::v1::{Event, RevokeRequest, SubscribeRequest, event::What};
use ers_signer_client::fake::FakeSigner;
use ers_test_support::{databases::TestDatabase, on_every_database};
use futures::future::join_all;

use crate::common::{Replica, clock, request, with_pki};

const ISSUED: usize = 60;

on_every_database!(
    replicas_that_issue_at_once_leave_no_number_out,
    who_does_not_want_certificates_hears_of_revocations_and_numbers,
);

async fn issue(replica: &Replica, id: String) -> String {
    let answer = replica
        .issuance("clm-api")
        .issue(request(&id, "dns:a.test"))
        .await
        .unwrap();
    answer.into_inner().certificate.unwrap().serial
}

/// All events up to now.
async fn told(replica: &Replica, request: SubscribeRequest) -> Vec<Event> {
    let mut events = replica
        .events()
        .subscribe(request)
        .await
        .unwrap()
        .into_inner();
    let mut told = Vec::new();
    while let Some(event) = events.message().await.unwrap() {
        if matches!(event.what, Some(What::UpToDate(_))) {
            break;
        }
        told.push(event);
    }
    told
}

async fn replicas_that_issue_at_once_leave_no_number_out(database: TestDatabase) {
    let signer = Arc::new(FakeSigner::new());
    let clock = clock();
    let one = Replica::start(&database.config, &signer, &clock)
        .await
        .with_pki()
        .await;
    let other = Replica::start(&database.config, &signer, &clock).await;
    let issued = (0..ISSUED).map(|number| {
        let replica = if number % 2 == 0 { &one } else { &other };
        issue(replica, format!("at-once-{number}"))
    });
    let serials: BTreeSet<String> = join_all(issued).await.into_iter().collect();
    assert_eq!(serials.len(), ISSUED);

    for replica in [&one, &other] {
        let request = SubscribeRequest {
            from_sequence: 1,
            ..SubscribeRequest::default()
        };
        let told = told(replica, request).await;
        let numbers: Vec<u64> = told.iter().map(|event| event.sequence).collect();
        let expected: Vec<u64> = (1..).take(told.len()).collect();
        assert_eq!(numbers, expected);
        let heard = told.into_iter().filter_map(|event| match event.what {
            Some(What::Issued(certificate)) => Some(certificate.serial),
            _ => None,
        });
        assert!(heard.collect::<BTreeSet<_>>().is_superset(&serials));
    }
}

async fn who_does_not_want_certificates_hears_of_revocations_and_numbers(database: TestDatabase) {
    let (replica, _) = with_pki(&database).await;
    for number in 0..5 {
        issue(&replica, format!("before-{number}")).await;
    }
    let serial = issue(&replica, "revoked".into()).await;
    let revoke = RevokeRequest {
        issuer: "sub".into(),
        serial: serial.clone(),
        reason: "superseded".into(),
        requester: "test".into(),
        ..RevokeRequest::default()
    };
    replica.revoking().revoke(revoke).await.unwrap();
    for number in 0..5 {
        issue(&replica, format!("behind-{number}")).await;
    }
    let everything = SubscribeRequest {
        from_sequence: 1,
        ..SubscribeRequest::default()
    };
    let all = told(&replica, everything).await;
    let without = SubscribeRequest {
        without_issued: true,
        ..everything
    };
    let some = told(&replica, without).await;

    // A CRL may come to be meanwhile: it is told of behind the others, or only to who asked later.
    let end = all.last().unwrap().sequence;
    assert!(some.last().unwrap().sequence >= end, "how far it was told");
    let some: Vec<Event> = some
        .into_iter()
        .filter(|event| event.sequence <= end)
        .collect();
    assert!(some.len() < all.len());
    let is_issued = |event: &&Event| matches!(event.what, Some(What::Issued(_)));
    assert_eq!(some.iter().filter(is_issued).count(), 0);
    let rest = |told: Vec<Event>| -> Vec<Event> {
        let is_rest = |event: &Event| !matches!(event.what, Some(What::Issued(_)) | None);
        told.into_iter().filter(is_rest).collect()
    };
    assert_eq!(rest(some), rest(all));
}
