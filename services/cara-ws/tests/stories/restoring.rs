//! Promises, after the database was replaced by a backup of it:
//! - what was issued since is found in the signer's journal, or in an export of it;
//! - what was revoked since is not told as good, and comes back from the newest CRL;
//! - a serial number that nobody knows any more is never good;
//! - a CRL number is never given again.

use std::sync::Arc;

use cara_ws::config::{CrlConfig, Issuing};
use ers_pki::{certificate::Certificate, crl::Crl, revocation::Reason, serial::SerialNumber};
use ers_proto::cara::v1::{
    AdoptJournalRequest, ApplyCrlRequest, Authority, AuthorityState, BeginReconciliationRequest,
    CertificateState, ExportedEntry, FindStatusRequest, FindStatusResponse,
    FinishReconciliationRequest, IssueRequest, ListRestorationsRequest, LoadAuthorityRequest,
    LoadCertificateRequest, LoadCrlRequest, PublishCrlsRequest, ReleaseRequest, Restoration,
    RevokeRequest, SubscribeRequest, event::What, load_certificate_request::By,
};
use ers_runtime::clock::ManualClock;
use ers_signer_client::{Purpose, fake::FakeSigner};
use ers_test_support::{
    databases::{Kind, TestDatabase, copy, fresh},
    on_every_database,
};
use tonic::{Code, Status};

use crate::common::{Replica, clock, issuing, request};
use crate::revoking_in_depth::crl;

on_every_database!(
    what_was_issued_since_the_backup_is_found_in_the_journal,
    what_was_revoked_since_the_backup_is_never_told_as_good,
    what_is_left_only_in_a_crl_stays_revoked,
    a_list_of_some_revocations_never_ends_a_reconciliation,
    what_a_crl_says_for_good_is_so_for_good,
    a_consumer_that_knows_more_than_the_database_tells_of_the_backup,
);

/// A replica with CAs, and the backup taken of its database at that time.
struct Story {
    signer: Arc<FakeSigner>,
    clock: Arc<ManualClock>,
    replica: Replica,
    before: String,
    backup: TestDatabase,
    issuing: Issuing,
    /// Entries of the signer's journal at that time.
    signed: usize,
}

async fn story(database: &TestDatabase) -> Story {
    story_with(database, issuing()).await
}

async fn story_with(database: &TestDatabase, issuing: Issuing) -> Story {
    let (signer, clock) = (Arc::new(FakeSigner::new()), clock());
    let replica = Replica::start_issuing(&database.config, &signer, &clock, issuing.clone())
        .await
        .with_pki()
        .await;
    let before = issue(&replica, "r-before").await;
    clock.advance(time::Duration::hours(1));
    let backup = copy(database).await.unwrap();
    let signer_entries = signer.entries().len();
    Story {
        signer,
        clock,
        replica,
        before,
        backup,
        issuing,
        signed: signer_entries,
    }
}

impl Story {
    /// The database is lost, and CARA started over the backup.
    async fn restore(self, signer: &Arc<FakeSigner>) -> (Replica, TestDatabase) {
        self.replica.stop().await;
        self.clock.advance(time::Duration::hours(1));
        let restored =
            Replica::start_issuing(&self.backup.config, signer, &self.clock, self.issuing).await;
        (restored, self.backup)
    }
}

async fn issue(replica: &Replica, id: &str) -> String {
    let wanted: IssueRequest = request(id, "dns:a.test");
    let issued = replica.issuance("clm-api").issue(wanted).await.unwrap();
    issued.into_inner().certificate.unwrap().serial
}

async fn revoke(replica: &Replica, serial: &str) {
    revoke_for(replica, "sub", serial, "superseded").await;
}

async fn revoke_for(replica: &Replica, issuer: &str, serial: &str, reason: &str) {
    let revoke = RevokeRequest {
        issuer: issuer.into(),
        serial: serial.into(),
        reason: reason.into(),
        requester: "test".into(),
        ..RevokeRequest::default()
    };
    replica.revoking().revoke(revoke).await.unwrap();
}

async fn status(replica: &Replica, serial: &str) -> Result<FindStatusResponse, Status> {
    let find = FindStatusRequest {
        issuer: "sub".into(),
        serial: serial.into(),
    };
    Ok(replica.status().find(find).await?.into_inner())
}

async fn load_crl(replica: &Replica) -> Result<Crl, Status> {
    let load = LoadCrlRequest {
        issuer: "sub".into(),
        ..LoadCrlRequest::default()
    };
    let crl = replica.status().load_crl(load).await?.into_inner();
    Ok(Crl::from_der(&crl.der).unwrap())
}

/// The first CRL that lists all of these.
async fn crl_with(replica: &Replica, serials: &[&String]) -> Crl {
    let serials: Vec<_> = serials
        .iter()
        .map(|serial| SerialNumber::from_hex(serial).unwrap())
        .collect();
    for _ in 0..500 {
        if let Ok(crl) = load_crl(replica).await
            && serials.iter().all(|serial| crl.find(*serial).is_some())
        {
            return crl;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    panic!("no CRL lists {serials:?}");
}

async fn restorations(replica: &Replica) -> Vec<Restoration> {
    let list = ListRestorationsRequest {};
    let answer = replica.restoring("administrator").list(list).await.unwrap();
    answer.into_inner().restorations
}

async fn apply(replica: &Replica, crl: &Crl) -> ers_proto::cara::v1::ApplyCrlResponse {
    let pieces: Vec<_> = crl
        .der()
        .chunks(100)
        .map(|octets| ApplyCrlRequest {
            octets: octets.to_vec(),
        })
        .collect();
    let mut restoring = replica.restoring("administrator");
    let applied = restoring.apply_crl(tokio_stream::iter(pieces)).await;
    applied.unwrap().into_inner()
}

/// Failures 1, 43: certificates issued since the backup are adopted from the journal, under their requests, although
/// CARA's place in the journal went back with the backup.
async fn what_was_issued_since_the_backup_is_found_in_the_journal(database: TestDatabase) {
    let story = story(&database).await;
    let mut since = Vec::new();
    for number in 0..5 {
        since.push(issue(&story.replica, &format!("r-since-{number}")).await);
    }
    let signer = Arc::clone(&story.signer);
    let (restored, _backup) = story.restore(&signer).await;
    for (number, serial) in since.iter().enumerate() {
        let by = Some(By::RequestId(format!("r-since-{number}")));
        let found = restored
            .certificates()
            .load(LoadCertificateRequest { by })
            .await
            .unwrap()
            .into_inner();
        assert_eq!((&found.serial, found.adopted), (serial, true));
        assert!(status(&restored, serial).await.unwrap().issued);
    }
    assert!(
        restorations(&restored).await.is_empty(),
        "nothing was revoked since"
    );
}

/// Failure 43: a certificate revoked since the backup is not told as good, no CRL takes the revocation back, and the newest
/// CRL brings it back; the next CRL has a higher number than any before.
async fn what_was_revoked_since_the_backup_is_never_told_as_good(database: TestDatabase) {
    let story = story(&database).await;
    let since = issue(&story.replica, "r-since").await;
    let kept = issue(&story.replica, "r-kept").await;
    let before = story.before.clone();
    revoke(&story.replica, &before).await;
    revoke(&story.replica, &since).await;
    let newest = crl_with(&story.replica, &[&before, &since]).await;
    let signer = Arc::clone(&story.signer);
    let (restored, _backup) = story.restore(&signer).await;

    for serial in [&before, &since, &kept] {
        let refused = status(&restored, serial).await.unwrap_err();
        assert_eq!(refused.code(), Code::Unavailable, "{serial}");
    }
    assert_eq!(
        load_crl(&restored).await.unwrap_err().code(),
        Code::Unavailable
    );
    restored.cara.maintain().await;
    assert_eq!(
        load_crl(&restored).await.unwrap_err().code(),
        Code::Unavailable
    );
    let found = restorations(&restored).await;
    let of_sub: Vec<_> = found.iter().filter(|r| r.issuer == "sub").collect();
    assert_eq!(of_sub.len(), 1);
    assert_eq!(of_sub[0].crl_number, newest.number());

    let sure = |sure| FinishReconciliationRequest {
        issuer: "sub".into(),
        sure,
    };
    let refused = restored
        .restoring("administrator")
        .finish(sure(false))
        .await;
    assert_eq!(refused.unwrap_err().code(), Code::FailedPrecondition);
    let applied = apply(&restored, &newest).await;
    assert_eq!(
        (applied.revoked, applied.lost, applied.finished),
        (2, 0, true)
    );
    for serial in [&before, &since] {
        let told = status(&restored, serial).await.unwrap().revocation.unwrap();
        assert_eq!(told.reason, "superseded");
    }
    assert!(status(&restored, &kept).await.unwrap().revocation.is_none());
    let next = crl_with(&restored, &[&before, &since]).await;
    assert!(next.number() > newest.number());
    assert!(
        restorations(&restored)
            .await
            .iter()
            .all(|r| r.issuer != "sub")
    );
}

/// A list as it is when it tells of a certificate in a way.
async fn list_with(replica: &Replica, name: &str, serial: &str, reason: Reason) -> Crl {
    let serial = SerialNumber::from_hex(serial).unwrap();
    for _ in 0..500 {
        let list = crl(replica, name).await;
        if list
            .find(serial)
            .is_some_and(|entry| entry.reason == reason)
        {
            return list;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    panic!("CRL {name} does not list {serial:?}");
}

async fn missing(replica: &Replica, issuer: &str) -> Vec<String> {
    let found = restorations(replica).await;
    let of_ca = found.into_iter().find(|found| found.issuer == issuer);
    let missing = of_ca.map(|found| found.missing).unwrap_or_default();
    missing.into_iter().map(|crl| crl.name).collect()
}

/// Failure 43 with delta CRLs and a partition: each tells of some revocations, which are taken over; that nothing else is
/// revoked only the complete ones with their newest deltas say.
async fn a_list_of_some_revocations_never_ends_a_reconciliation(database: TestDatabase) {
    let in_parts = CrlConfig {
        partitions: 1,
        delta_minutes: 60,
        ..CrlConfig::default()
    };
    let issuing = Issuing {
        crl: in_parts,
        ..issuing()
    };
    let story = story_with(&database, issuing).await;
    let replica = &story.replica;
    let (first, second) = (story.before.clone(), issue(replica, "r-second").await);
    let kept = issue(replica, "r-kept").await;
    revoke(replica, &first).await;
    let all = PublishCrlsRequest {
        issuer: "sub".into(),
        requester: "test".into(),
        ..PublishCrlsRequest::default()
    };
    replica.administrator().publish_crls(all).await.unwrap();
    let complete = list_with(replica, "sub", &first, Reason::Superseded).await;
    let partition = list_with(replica, "sub.p1", &first, Reason::Superseded).await;
    revoke(replica, &second).await;
    let delta = list_with(replica, "sub.delta", &second, Reason::Superseded).await;
    let of_partition = list_with(replica, "sub.p1.delta", &second, Reason::Superseded).await;
    let signer = Arc::clone(&story.signer);
    let (restored, _backup) = story.restore(&signer).await;
    assert_eq!(missing(&restored, "sub").await, ["sub", "sub.p1"]);

    // As new as all that is wanted; yet what was revoked before their base they do not say.
    for list in [&delta, &of_partition] {
        let applied = apply(&restored, list).await;
        assert_eq!((applied.complete, applied.finished), (false, false));
        let refused = status(&restored, &kept).await.unwrap_err();
        assert_eq!(refused.code(), Code::Unavailable);
    }
    assert_eq!(missing(&restored, "sub").await, ["sub", "sub.p1"]);

    let applied = apply(&restored, &complete).await;
    let said = (applied.complete, applied.finished);
    assert_eq!(said, (true, false), "a newer delta CRL is known");
    let applied = apply(&restored, &delta).await;
    assert!(!applied.finished);
    assert_eq!(missing(&restored, "sub").await, ["sub.p1"]);
    let sure = FinishReconciliationRequest {
        issuer: "sub".into(),
        sure: false,
    };
    let mut restoring = restored.restoring("administrator");
    let refused = restoring.finish(sure).await.unwrap_err();
    assert_eq!(refused.code(), Code::FailedPrecondition);
    assert!(refused.message().contains("CRL sub.p1"), "{refused}");

    assert!(!apply(&restored, &partition).await.finished);
    assert!(apply(&restored, &of_partition).await.finished);
    for serial in [&first, &second] {
        let told = status(&restored, serial).await.unwrap().revocation.unwrap();
        assert_eq!(told.reason, "superseded");
    }
    assert!(status(&restored, &kept).await.unwrap().revocation.is_none());
}

/// Failure 43: what was on hold when the backup was taken and revoked for good since cannot be released; a key that was
/// compromised since stays blocked, and a CA that was revoked since stays revoked.
async fn what_a_crl_says_for_good_is_so_for_good(database: TestDatabase) {
    let (signer, clock) = (Arc::new(FakeSigner::new()), clock());
    let replica = Replica::start(&database.config, &signer, &clock)
        .await
        .with_pki()
        .await;
    let held = issue(&replica, "r-held").await;
    let of_stolen: IssueRequest = request("r-stolen", "dns:a.test");
    let stolen = replica.issuance("clm-api").issue(of_stolen.clone()).await;
    let stolen = stolen.unwrap().into_inner().certificate.unwrap().serial;
    revoke_for(&replica, "sub", &held, "certificateHold").await;
    clock.advance(time::Duration::hours(1));
    let backup = copy(&database).await.unwrap();
    revoke_for(&replica, "sub", &held, "cessationOfOperation").await;
    revoke_for(&replica, "sub", &stolen, "keyCompromise").await;
    let of_sub = {
        list_with(&replica, "sub", &stolen, Reason::KeyCompromise).await;
        list_with(&replica, "sub", &held, Reason::CessationOfOperation).await
    };
    let sub = load_authority(&replica, "sub").await;
    let sub = Certificate::from_der(&sub.certificate).unwrap();
    let serial = sub.serial().to_hex();
    revoke_for(&replica, "root", &serial, "cACompromise").await;
    let of_root = list_with(&replica, "root", &serial, Reason::CaCompromise).await;
    replica.stop().await;
    clock.advance(time::Duration::hours(1));

    let restored = Replica::start(&backup.config, &signer, &clock).await;
    assert_eq!(
        load_authority(&restored, "sub").await.state(),
        AuthorityState::Active
    );
    let applied = apply(&restored, &of_sub).await;
    assert_eq!((applied.revoked, applied.finished), (2, true));
    let release = ReleaseRequest {
        issuer: "sub".into(),
        serial: held.clone(),
        requester: "test".into(),
    };
    let refused = restored.revoking().release(release).await.unwrap_err();
    assert_eq!(refused.code(), Code::FailedPrecondition, "{refused}");
    let told = status(&restored, &held).await.unwrap().revocation.unwrap();
    assert_eq!(told.reason, "cessationOfOperation");
    let wanted = IssueRequest {
        request_id: "r-again".into(),
        ..of_stolen
    };
    let refused = restored.issuance("clm-api").issue(wanted).await;
    assert_eq!(refused.unwrap_err().code(), Code::InvalidArgument);

    assert!(apply(&restored, &of_root).await.finished);
    assert_eq!(
        load_authority(&restored, "sub").await.state(),
        AuthorityState::Revoked
    );
}

async fn load_authority(replica: &Replica, name: &str) -> Authority {
    let load = LoadAuthorityRequest { name: name.into() };
    let mut authorities = replica.authorities();
    authorities.load(load).await.unwrap().into_inner()
}

/// Failure 43, with the signer's journal lost as well: what no table knows is unknown, what a CRL lists stays revoked and
/// stays on CRLs; an export of the journal brings the certificates back, and they are revoked.
async fn what_is_left_only_in_a_crl_stays_revoked(database: TestDatabase) {
    let story = story(&database).await;
    let lost = issue(&story.replica, "r-lost").await;
    let unknown = issue(&story.replica, "r-unknown").await;
    revoke(&story.replica, &lost).await;
    let newest = crl_with(&story.replica, &[&lost]).await;
    let export: Vec<_> = story.signer.entries();
    let signer = Arc::new(story.signer.backup(story.signed));
    let (restored, _backup) = story.restore(&signer).await;

    for serial in [&lost, &unknown] {
        assert!(!status(&restored, serial).await.unwrap().issued, "{serial}");
    }
    // Nothing in the database or the journal can tell: the administrator does.
    let begin = BeginReconciliationRequest {
        issuer: String::new(),
        reason: "restored yesterday's backup".into(),
    };
    let begun = restored.restoring("administrator").begin(begin).await;
    assert_eq!(begun.unwrap().into_inner().restorations.len(), 2);
    let applied = apply(&restored, &newest).await;
    assert_eq!(
        (applied.revoked, applied.lost, applied.finished),
        (0, 1, true)
    );
    let told = status(&restored, &lost).await.unwrap();
    assert_eq!(told.revocation.unwrap().reason, "superseded");
    assert!(!status(&restored, &unknown).await.unwrap().issued);
    let next = crl_with(&restored, &[&lost]).await;
    assert!(next.number() > newest.number());

    let entries = export.into_iter().map(|entry| ExportedEntry {
        chain: entry.chain,
        sequence: entry.sequence,
        request_id: entry.request_id,
        key_id: entry.key_id.to_string(),
        purpose: match entry.purpose {
            Purpose::Certificate => "certificate".into(),
            _ => "crl".into(),
        },
        signature_algorithm: entry.signature_algorithm.to_string(),
        to_be_signed: entry.to_be_signed,
        context: entry.context,
        at: None,
    });
    let page = AdoptJournalRequest {
        entries: entries.collect(),
    };
    let adopted = restored
        .restoring("administrator")
        .adopt_journal(tokio_stream::iter([page]))
        .await
        .unwrap()
        .into_inner();
    assert_eq!(adopted.adopted, 2);
    assert!(status(&restored, &unknown).await.unwrap().issued);
    let by = Some(By::RequestId("r-lost".into()));
    let found = restored
        .certificates()
        .load(LoadCertificateRequest { by })
        .await
        .unwrap()
        .into_inner();
    assert_eq!(found.state(), CertificateState::Revoked);
    let again = crl_with(&restored, &[&lost]).await;
    assert_eq!(again.entries().count(), 1, "it does not stand twice");
}

/// Failure 43: a service that has heard of later events than there are gives the backup away; events get numbers that it
/// has not heard of.
async fn a_consumer_that_knows_more_than_the_database_tells_of_the_backup(database: TestDatabase) {
    let story = story(&database).await;
    let lost = issue(&story.replica, "r-lost").await;
    let mut events = story
        .replica
        .events()
        .subscribe(SubscribeRequest {
            from_sequence: 1,
            ..SubscribeRequest::default()
        })
        .await
        .unwrap()
        .into_inner();
    let known = loop {
        let event = events.message().await.unwrap().unwrap();
        if matches!(event.what, Some(What::UpToDate(_))) {
            break event.sequence;
        }
    };
    let before = story.before.clone();
    let signer = Arc::new(story.signer.backup(story.signed));
    let (restored, _backup) = story.restore(&signer).await;
    assert!(status(&restored, &before).await.unwrap().issued);
    let mut events = restored
        .events()
        .subscribe(SubscribeRequest {
            from_sequence: known + 1,
            ..SubscribeRequest::default()
        })
        .await
        .unwrap()
        .into_inner();
    assert_eq!(restorations(&restored).await.len(), 2);
    assert_eq!(
        status(&restored, &before).await.unwrap_err().code(),
        Code::Unavailable
    );
    assert!(!status(&restored, &lost).await.unwrap().issued);
    let next = issue(&restored, "r-next").await;
    loop {
        let event = events.message().await.unwrap().unwrap();
        if let Some(What::Issued(issued)) = event.what {
            assert_eq!(issued.serial, next);
            assert!(event.sequence > known);
            break;
        }
    }
}

/// Failure 43: where nothing tells which CRL is the newest, one whose time is over does not end a reconciliation by itself.
#[tokio::test(flavor = "multi_thread")]
async fn an_outdated_crl_ends_no_reconciliation_of_which_no_number_is_known() {
    let database = fresh(Kind::Sqlite).await.unwrap();
    let replica = story(&database).await.replica;
    let outdated = load_crl(&replica).await.unwrap();
    replica.clock.advance(time::Duration::days(8));
    let mut restoring = replica.restoring("administrator");
    let begin = BeginReconciliationRequest {
        issuer: "sub".into(),
        reason: "restored a backup".into(),
    };
    restoring.begin(begin).await.unwrap();
    let applied = apply(&replica, &outdated).await;
    assert_eq!((applied.complete, applied.finished), (true, false));
    let finish = FinishReconciliationRequest {
        issuer: "sub".into(),
        sure: false,
    };
    let left = restoring.finish(finish).await.unwrap().into_inner();
    assert!(left.restorations.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crl_of_another_ca_and_what_is_none_are_refused() {
    let database = fresh(Kind::Sqlite).await.unwrap();
    let story = story(&database).await;
    let other = fresh(Kind::Sqlite).await.unwrap();
    let (foreign, _) = crate::common::with_pki(&other).await;
    let foreign = load_crl(&foreign).await.unwrap().der().to_vec();
    for (octets, said) in [(foreign, "signed by none"), (vec![0x30, 0], "read CRL")] {
        let refused = story
            .replica
            .restoring("administrator")
            .apply_crl(tokio_stream::iter([ApplyCrlRequest { octets }]))
            .await
            .unwrap_err();
        assert_eq!(refused.code(), Code::InvalidArgument);
        assert!(refused.message().contains(said), "{}", refused.message());
    }
    let refused = story
        .replica
        .restoring("clm-api")
        .list(ListRestorationsRequest {})
        .await;
    assert_eq!(refused.unwrap_err().code(), Code::PermissionDenied);
}
