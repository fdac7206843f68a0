//! Promises:
//! - a connection lost in the middle of a commit costs nobody a certificate and gives nobody two: whether the group of
//!   certificates was stored is found out, and who asks again under the same id is given what is stored;
//! - a group is stored as a whole or not at all, events included;
//! - what one loses in the middle of a look-up or of a commit is told to nobody else as theirs.

use std::collections::{BTreeMap, BTreeSet};

use ers_proto::cara::v1::{IssueRequest, SubscribeRequest, event::What};
use ers_signer_client::fake::FakeSigner;
use ers_test_support::{
    cut::Cut,
    databases::{Kind, fresh},
};
use std::sync::Arc;
use tokio_stream::StreamExt as _;
use tonic::Code;

use crate::common::{Replica, clock, request};

const CALLERS: usize = 8;
const EACH: usize = 12;
const MOST_TRIES: usize = 50;

/// Failure 4: the outcome of a commit is unknown, of many in a row, in both ways.
#[tokio::test(flavor = "multi_thread")]
async fn commits_cut_in_the_middle_lose_and_double_nothing_on_postgresql() {
    cut(Kind::Postgres).await;
}

/// Failure 4: the same on MariaDB.
#[tokio::test(flavor = "multi_thread")]
async fn commits_cut_in_the_middle_lose_and_double_nothing_on_mariadb() {
    cut(Kind::MariaDb).await;
}

async fn cut(kind: Kind) {
    let database = fresh(kind).await.unwrap();
    let way = Cut::before(&database.config).await.unwrap();
    let signer = Arc::new(FakeSigner::new());
    let replica = Replica::start(way.config(), &signer, &clock())
        .await
        .with_pki()
        .await;
    way.every(3);
    let callers = (0..CALLERS).map(|caller| {
        let mut issuance = replica.issuance("clm-api");
        tokio::spawn(async move {
            let mut issued = Vec::new();
            for number in 0..EACH {
                let wanted = request(&format!("cut-{caller}-{number}"), "dns:a.test");
                issued.push((wanted.clone(), insist(&mut issuance, wanted).await));
            }
            issued
        })
    });
    let mut issued = Vec::new();
    for caller in callers.collect::<Vec<_>>() {
        issued.extend(caller.await.unwrap());
    }
    assert!(way.cuts() >= 4, "the way was cut {} times", way.cuts());
    way.every(0);

    // who asks again is given what was handed out
    let mut issuance = replica.issuance("clm-api");
    for (wanted, serial) in &issued {
        assert_eq!(&insist(&mut issuance, wanted.clone()).await, serial);
    }
    // every certificate has its event, each number once, and no request has two certificates that count
    let told = events(&replica).await;
    for (wanted, serial) in &issued {
        let serials = told.get(&wanted.request_id);
        assert_eq!(serials, Some(&BTreeSet::from([serial.clone()])));
    }
}

/// Asks until there is an answer, as the edges do.
async fn insist(
    issuance: &mut ers_proto::cara::v1::issuance_client::IssuanceClient<crate::common::Way>,
    wanted: IssueRequest,
) -> String {
    for _ in 0..MOST_TRIES {
        match issuance.issue(wanted.clone()).await {
            Ok(answer) => return answer.into_inner().certificate.unwrap().serial,
            Err(status) => assert_eq!(status.code(), Code::Unavailable, "{status}"),
        }
    }
    panic!("{} never became a certificate", wanted.request_id)
}

/// The serial numbers that were told of as issued, by request; up to now.
async fn events(replica: &Replica) -> BTreeMap<String, BTreeSet<String>> {
    let mut told = replica
        .events()
        .subscribe(SubscribeRequest {
            from_sequence: 1,
            ..SubscribeRequest::default()
        })
        .await
        .unwrap()
        .into_inner();
    let mut serials: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut last = 0;
    while let Some(event) = told.next().await {
        let event = event.unwrap();
        match event.what {
            Some(What::UpToDate(_)) | None => break,
            Some(What::Issued(certificate)) => {
                serials
                    .entry(certificate.request_id)
                    .or_default()
                    .insert(certificate.serial);
            }
            Some(_) => {}
        }
        assert!(event.sequence > last, "in order, each once");
        last = event.sequence;
    }
    serials
}
