//! Promises:
//! - a source of randomness that has failed is found at start, and later before anything is signed with it;
//! - one that gives what it gave before does not give a serial number twice, nor one that only the journal knows.

use std::{
    collections::HashSet,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use cara_ws::domain::{BadRandomness, Randomness, SystemRandomness};
use ers_proto::cara::v1::IssueRequest;
use ers_runtime::clock::ManualClock;
use ers_signer_client::{Purpose, fake::FakeSigner};
use ers_test_support::{
    databases::{Kind, TestDatabase, fresh},
    on_every_database,
};
use parking_lot::Mutex;
use tonic::Code;

use crate::{
    adopting,
    common::{Replica, clock, request},
};

on_every_database!(
    a_serial_number_that_is_drawn_again_after_a_restart_is_not_signed_again,
    a_serial_number_that_stands_only_in_the_journal_is_not_signed_again,
    a_serial_number_that_two_replicas_drew_is_stored_once_and_another_drawn,
);

/// Gives random octets and remembers them; then gives them again.
#[derive(Default)]
struct Remembering {
    given: Mutex<Vec<Vec<u8>>>,
    again: Mutex<std::collections::VecDeque<Vec<u8>>>,
    stuck: AtomicBool,
}

impl Randomness for Remembering {
    fn fill(&self, octets: &mut [u8]) -> Result<(), BadRandomness> {
        if self.stuck.load(Ordering::Relaxed) {
            octets.fill(0);
            return Ok(());
        }
        let again = (octets.len() == 20)
            .then(|| self.again.lock().pop_front())
            .flatten();
        match again {
            Some(again) => octets.copy_from_slice(&again),
            None => SystemRandomness.fill(octets)?,
        }
        if octets.len() == 20 {
            self.given.lock().push(octets.to_vec());
        }
        Ok(())
    }
}

impl Remembering {
    /// One that gives what this one has given, and then goes on by itself.
    fn repeated(&self) -> Arc<Self> {
        Arc::new(Self {
            again: Mutex::new(self.given.lock().iter().cloned().collect()),
            ..Self::default()
        })
    }
}

/// Serial numbers in the signer's journal that one CA was asked to sign more than once, for different certificates.
fn signed_twice(signer: &FakeSigner) -> usize {
    let mut bytes = HashSet::new();
    let mut serials = HashSet::new();
    for entry in signer.entries() {
        if entry.purpose == Purpose::Certificate && bytes.insert(entry.to_be_signed.clone()) {
            let facts = ers_pki::inspect::certificate(&entry.to_be_signed).unwrap();
            serials.insert((entry.key_id.to_string(), facts.serial));
        }
    }
    bytes.len() - serials.len()
}

async fn issue(replica: &Replica, id: &str) -> String {
    let issued = replica
        .issuance("clm-api")
        .issue(request(id, "dns:a.test"))
        .await
        .unwrap();
    issued.into_inner().certificate.unwrap().serial
}

/// A replica with CAs, and what it draws.
async fn remembered(
    database: &TestDatabase,
    signer: &Arc<FakeSigner>,
    clock: &Arc<ManualClock>,
) -> (Arc<Remembering>, Replica) {
    let source = Arc::new(Remembering::default());
    let replica = Replica::start_with(&database.config, signer, clock, source.clone())
        .await
        .unwrap()
        .with_pki()
        .await;
    (source, replica)
}

/// Failures 1, 11: the certificate that has it is signed, and cannot be adopted.
async fn a_serial_number_that_stands_only_in_the_journal_is_not_signed_again(
    database: TestDatabase,
) {
    let (signer, clock) = (Arc::new(FakeSigner::new()), clock());
    let (source, first) = remembered(&database, &signer, &clock).await;
    first.create(adopting::other()).await.unwrap();
    let lost = adopting::lose(&first, &signer, "sub", "r-lost").await;
    signer.quarantine(&adopting::key_of(&first, "sub").await, Some("test"));
    first.stop().await;
    let repeated = source.repeated();
    let second = Replica::start_with(&database.config, &signer, &clock, repeated)
        .await
        .unwrap();
    let mut serials = HashSet::new();
    for number in 0..5 {
        let wanted = IssueRequest {
            issuer: "other".into(),
            ..request(&format!("r-{number}"), "dns:a.test")
        };
        let issued = second.issuance("clm-api").issue(wanted).await.unwrap();
        serials.insert(issued.into_inner().certificate.unwrap().serial);
    }
    assert!(!serials.contains(&lost));
}

/// Failure 11: the source gives the same octets again, as after a restored snapshot of the machine: no serial number is
/// signed a second time.
async fn a_serial_number_that_is_drawn_again_after_a_restart_is_not_signed_again(
    database: TestDatabase,
) {
    let (signer, clock) = (Arc::new(FakeSigner::new()), clock());
    let (source, first) = remembered(&database, &signer, &clock).await;
    let mut serials = HashSet::new();
    for number in 0..5 {
        serials.insert(issue(&first, &format!("r-{number}")).await);
    }
    first.stop().await;
    let repeated = source.repeated();
    let second = Replica::start_with(&database.config, &signer, &clock, repeated)
        .await
        .unwrap();
    for number in 5..10 {
        serials.insert(issue(&second, &format!("r-{number}")).await);
    }
    assert_eq!(serials.len(), 10);
    assert_eq!(signed_twice(&signer), 0);
}

/// Failure 11: what two replicas draw at the same moment the table refuses once; the certificate that was refused is not
/// handed out, its request gets another.
async fn a_serial_number_that_two_replicas_drew_is_stored_once_and_another_drawn(
    database: TestDatabase,
) {
    let (signer, clock) = (Arc::new(FakeSigner::new()), clock());
    let one = Replica::start(&database.config, &signer, &clock)
        .await
        .with_pki()
        .await;
    let source = Arc::new(Remembering::default());
    let two = Replica::start_with(&database.config, &signer, &clock, source.clone())
        .await
        .unwrap();
    let before = issue(&two, "r-two-0").await;
    let three = Replica::start_with(&database.config, &signer, &clock, source.repeated())
        .await
        .unwrap();
    // The first of the repeated draw is known by now; the next stands in the pools of both.
    let mut serials = HashSet::from([before]);
    serials.insert(issue(&three, "r-three-1").await);
    serials.insert(issue(&two, "r-two-1").await);
    serials.insert(issue(&one, "r-one-1").await);
    assert_eq!(serials.len(), 4);
}

/// Failure 10: CARA does not start with a source that has failed, and signs nothing when it fails later.
#[tokio::test(flavor = "multi_thread")]
async fn a_source_of_randomness_that_is_stuck_issues_nothing() {
    let database = fresh(Kind::Sqlite).await.unwrap();
    let (signer, clock) = (Arc::new(FakeSigner::new()), clock());
    let stuck = Arc::new(Remembering::default());
    stuck.stuck.store(true, Ordering::Relaxed);
    let refused = Replica::start_with(&database.config, &signer, &clock, stuck.clone()).await;
    assert!(matches!(
        refused.err(),
        Some(cara_ws::StartError::Randomness(BadRandomness::Stuck))
    ));

    stuck.stuck.store(false, Ordering::Relaxed);
    let replica = Replica::start_with(&database.config, &signer, &clock, stuck.clone())
        .await
        .unwrap()
        .with_pki()
        .await;
    stuck.stuck.store(true, Ordering::Relaxed);
    let mut refused = None;
    // Numbers that were drawn and tested before are still good.
    for number in 0..300 {
        let asked = replica
            .issuance("clm-api")
            .issue(request(&format!("r-{number}"), "dns:a.test"))
            .await;
        if let Err(status) = asked {
            refused = Some((status, signer.entries().len()));
            break;
        }
    }
    let (status, signed) = refused.unwrap();
    assert_eq!(status.code(), Code::Internal);
    replica
        .issuance("clm-api")
        .issue(request("r-after", "dns:a.test"))
        .await
        .unwrap_err();
    assert_eq!(signer.entries().len(), signed);
    assert_eq!(signed_twice(&signer), 0);
}
