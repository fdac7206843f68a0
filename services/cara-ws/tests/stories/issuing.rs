//! Promises:
//! - a request has one certificate, however often, by however many and at however many replicas it is asked for;
//! - an id cannot be used for something else;
//! - what was signed and not stored, because CARA was interrupted, is adopted and belongs to its request;
//! - nothing outlives its issuer, and only who may issue can issue;
//! - keys that others know are certified for nobody.

use std::{collections::HashSet, sync::Arc};

use crate::common::{DAY, Replica, clock, issuing, request, seconds, with_pki};
use aws_lc_rs::digest;
use cara_ws::config::Issuing;
use ers_proto::cara::v1::{CertificateState, ListCertificatesRequest};
use ers_signer_client::{Purpose, SignerError, fake::FakeSigner};
use ers_test_support::{
    databases::{Kind, TestDatabase, fresh},
    on_every_database,
};
use tonic::Code;

on_every_database!(
    a_request_asked_for_fifty_times_at_once_has_one_certificate,
    an_id_that_was_used_for_something_else_is_refused,
    what_was_signed_and_not_stored_is_adopted_at_the_next_start,
    two_replicas_asked_at_once_hand_out_the_same_certificate,
    what_a_replica_adopts_while_another_issues_it_is_one_certificate,
    everything_that_was_signed_is_known,
);

/// Failure 12: fifty who issue for the same request at once get one certificate, signed once.
async fn a_request_asked_for_fifty_times_at_once_has_one_certificate(database: TestDatabase) {
    let (replica, signer) = with_pki(&database).await;
    let before = signer.entries().len();
    let wanted = request("r-1", "dns:a.test");
    let asked = (0..50).map(|_| {
        let (mut issuance, wanted) = (replica.issuance("clm-api"), wanted.clone());
        tokio::spawn(async move {
            issuance
                .issue(wanted)
                .await
                .unwrap()
                .into_inner()
                .certificate
                .unwrap()
                .der
        })
    });
    let mut certificates = HashSet::new();
    for asked in asked.collect::<Vec<_>>() {
        certificates.insert(asked.await.unwrap());
    }
    assert_eq!(certificates.len(), 1);
    assert_eq!(
        signer.entries().len() - before,
        1,
        "one request, one signature"
    );
    let later = replica
        .issuance("clm-api")
        .issue(wanted)
        .await
        .unwrap()
        .into_inner();
    assert!(certificates.contains(&later.certificate.unwrap().der));
}

async fn an_id_that_was_used_for_something_else_is_refused(database: TestDatabase) {
    let (replica, _) = with_pki(&database).await;
    replica
        .issuance("clm-api")
        .issue(request("r-1", "dns:a.test"))
        .await
        .unwrap();
    let refused = replica
        .issuance("clm-api")
        .issue(request("r-1", "dns:b.test"))
        .await
        .unwrap_err();
    assert_eq!(refused.code(), Code::AlreadyExists);
    assert!(
        refused.message().starts_with("request_id: "),
        "{}",
        refused.message()
    );
}

async fn what_was_signed_and_not_stored_is_adopted_at_the_next_start(database: TestDatabase) {
    let signer = Arc::new(FakeSigner::new());
    let clock = clock();
    let replica = Replica::start(&database.config, &signer, &clock)
        .await
        .with_pki()
        .await;
    signer.lose_next_answer();
    let wanted = request("r-lost", "dns:lost.test");
    let failed = replica
        .issuance("clm-api")
        .issue(wanted.clone())
        .await
        .unwrap_err();
    assert_eq!(failed.code(), Code::Unavailable);
    drop(replica);

    let next = Replica::start(&database.config, &signer, &clock).await;
    let repeated = next
        .issuance("clm-api")
        .issue(wanted)
        .await
        .unwrap()
        .into_inner()
        .certificate
        .unwrap();
    assert!(repeated.adopted);
    let signed = signer
        .entries()
        .into_iter()
        .filter(|entry| entry.request_id == "r-lost");
    let bytes: HashSet<_> = signed.map(|entry| entry.to_be_signed).collect();
    assert_eq!(
        bytes.len(),
        1,
        "the same bytes were signed again, not others"
    );
}

async fn two_replicas_asked_at_once_hand_out_the_same_certificate(database: TestDatabase) {
    let signer = Arc::new(FakeSigner::new());
    let clock = clock();
    let one = Replica::start(&database.config, &signer, &clock)
        .await
        .with_pki()
        .await;
    let other = Replica::start(&database.config, &signer, &clock).await;
    for number in 0..20 {
        let wanted = request(&format!("r-{number}"), "dns:a.test");
        let (mut first, mut second) = (one.issuance("clm-api"), other.issuance("clm-api"));
        let (first, second) = tokio::join!(first.issue(wanted.clone()), second.issue(wanted));
        let der = |answer: Result<tonic::Response<ers_proto::cara::v1::IssueResponse>, _>| {
            answer.unwrap().into_inner().certificate.unwrap().der
        };
        assert_eq!(der(first), der(second));
    }
    assert_known(&one, &signer).await;
}

async fn what_a_replica_adopts_while_another_issues_it_is_one_certificate(database: TestDatabase) {
    let signer = Arc::new(FakeSigner::new());
    let clock = clock();
    let one = Replica::start(&database.config, &signer, &clock)
        .await
        .with_pki()
        .await;
    for number in 0..10 {
        let wanted = request(&format!("r-{number}"), "dns:a.test");
        let mut issuance = one.issuance("clm-api");
        // at its start a replica takes everything in the journal for settled
        let (issued, starting) = tokio::join!(
            issuance.issue(wanted.clone()),
            Replica::start(&database.config, &signer, &clock)
        );
        let again = starting.issuance("clm-api").issue(wanted).await;
        let der = |answer: Result<tonic::Response<ers_proto::cara::v1::IssueResponse>, _>| {
            answer.unwrap().into_inner().certificate.unwrap().der
        };
        assert_eq!(der(issued), der(again));
    }
    assert_known(&one, &signer).await;
}

async fn everything_that_was_signed_is_known(database: TestDatabase) {
    let (replica, signer) = with_pki(&database).await;
    for number in 0..30 {
        if number % 3 == 0 {
            signer.fail_next(SignerError::Busy);
        } else if number % 5 == 0 {
            signer.lose_next_answer();
        }
        let outcome = replica
            .issuance("clm-api")
            .issue(request(&format!("r-{number}"), "dns:a.test"))
            .await;
        if number % 3 == 0 {
            assert_eq!(outcome.unwrap_err().code(), Code::ResourceExhausted);
        }
    }
    // Entries are adopted by themselves when they are older than any request can be under way.
    replica.clock.advance(time::Duration::minutes(2));
    replica.cara.maintain().await;
    assert_known(&replica, &signer).await;
}

/// Every certificate that the signer's journal holds is stored, and no request has two that are valid.
async fn assert_known(replica: &Replica, signer: &FakeSigner) {
    let request = ListCertificatesRequest {
        page_size: 1000,
        ..ListCertificatesRequest::default()
    };
    let stored = replica
        .certificates()
        .list(request)
        .await
        .unwrap()
        .into_inner()
        .certificates;
    let serials: HashSet<_> = stored.iter().map(|c| c.serial.clone()).collect();
    assert_eq!(serials.len(), stored.len(), "a serial number stands twice");
    for entry in signer
        .entries()
        .iter()
        .filter(|entry| entry.purpose == Purpose::Certificate)
    {
        let facts = ers_pki::inspect::certificate(&entry.to_be_signed).unwrap();
        assert!(
            serials.contains(&facts.serial.to_hex()),
            "{} is unknown",
            entry.request_id
        );
    }
    let valid = stored
        .iter()
        .filter(|c| c.state() == CertificateState::Valid);
    let requests: Vec<_> = valid.map(|c| c.request_id.clone()).collect();
    assert_eq!(
        requests.iter().collect::<HashSet<_>>().len(),
        requests.len(),
        "a request has two certificates"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_that_would_outlive_its_issuer_is_refused_with_the_field() {
    let database = fresh(Kind::Sqlite).await.unwrap();
    let (replica, _) = with_pki(&database).await;
    replica.clock.advance(time::Duration::days(1800));
    let mut wanted = request("r-1", "dns:a.test");
    wanted.validity = Some(seconds(60 * DAY));
    let refused = replica.issuance("clm-api").issue(wanted).await.unwrap_err();
    assert_eq!(refused.code(), Code::FailedPrecondition);
    assert!(
        refused.message().contains("after its issuer"),
        "{}",
        refused.message()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_with_a_request_is_told_by_field_and_nothing_is_signed() {
    let database = fresh(Kind::Sqlite).await.unwrap();
    let (replica, signer) = with_pki(&database).await;
    let before = signer.entries().len();
    let good = request("r-1", "dns:a.test");
    let cases = [
        (
            "request_id",
            ers_proto::cara::v1::IssueRequest {
                request_id: "with space".into(),
                ..good.clone()
            },
        ),
        (
            "issuer",
            ers_proto::cara::v1::IssueRequest {
                issuer: "nobody".into(),
                ..good.clone()
            },
        ),
        (
            "profile",
            ers_proto::cara::v1::IssueRequest {
                profile: "nothing".into(),
                ..good.clone()
            },
        ),
        (
            "public_key",
            ers_proto::cara::v1::IssueRequest {
                public_key: vec![0x30, 0x03, 1],
                ..good.clone()
            },
        ),
        (
            "subject",
            ers_proto::cara::v1::IssueRequest {
                subject: vec![0x30, 0x80],
                ..good.clone()
            },
        ),
        (
            "subject_alternative_names",
            ers_proto::cara::v1::IssueRequest {
                subject_alternative_names: vec!["dns:a..b".into()],
                ..good.clone()
            },
        ),
        (
            "validity",
            ers_proto::cara::v1::IssueRequest {
                validity: Some(seconds(-1)),
                ..good.clone()
            },
        ),
    ];
    for (field, wanted) in cases {
        let refused = replica.issuance("clm-api").issue(wanted).await.unwrap_err();
        assert!(
            refused.message().starts_with(&format!("{field}: ")),
            "{field}: {}",
            refused.message()
        );
        assert_ne!(refused.code(), Code::Internal, "{field}");
    }
    assert_eq!(signer.entries().len(), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edge_cannot_issue_past_clm() {
    let database = fresh(Kind::Sqlite).await.unwrap();
    let (replica, _) = with_pki(&database).await;
    for edge in ["acme", "est", "rev-info", "signer", ""] {
        let refused = replica
            .issuance(edge)
            .issue(request("r-1", "dns:a.test"))
            .await
            .unwrap_err();
        assert_eq!(refused.code(), Code::PermissionDenied, "{edge}");
    }
}

/// Failure 34: keys of Debian's broken generator, and published ones, stand on lists that the operator gives.
#[tokio::test(flavor = "multi_thread")]
async fn keys_on_the_operators_lists_are_certified_for_nobody() {
    let folder = tempfile::tempdir().unwrap();
    let list = |name: &str, text: &str| {
        let file = folder.path().join(name);
        std::fs::write(&file, text).unwrap();
        file
    };
    let listed = request("r-listed", "dns:a.test");
    let hash = digest::digest(&digest::SHA256, &listed.public_key);
    let hash = hex::encode(hash.as_ref());
    let lists = vec![
        list("debian", "# nothing of ours\n0123456789abcdef0123\n"),
        list("published", &hash[..32]),
    ];
    let database = fresh(Kind::Sqlite).await.unwrap();
    let (signer, clock) = (Arc::new(FakeSigner::new()), clock());
    let with = |weak_keys| Issuing {
        weak_keys,
        ..issuing()
    };
    let replica = Replica::start_issuing(&database.config, &signer, &clock, with(lists))
        .await
        .with_pki()
        .await;
    let refused = replica.issuance("clm-api").issue(listed).await.unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument);
    assert!(refused.message().starts_with("public_key: "), "{refused}");
    let other = request("r-other", "dns:a.test");
    replica.issuance("clm-api").issue(other).await.unwrap();

    for (name, text, told) in [
        ("odd", "0123456789abcdef0123\nno key\n", "line 2"),
        ("absent", "", "absent"),
    ] {
        let file = list(name, text);
        if text.is_empty() {
            std::fs::remove_file(&file).unwrap();
        }
        let issuing = with(vec![file]);
        let started = cara_ws::start(
            replica.context.clone(),
            &database.config,
            issuing,
            Arc::<FakeSigner>::clone(&signer),
        );
        let Err(error) = started.await else {
            panic!("{name}: it starts");
        };
        let error = ers_runtime::error::chain(&error);
        assert!(
            error.contains("weak_keys") && error.contains(told),
            "{error}"
        );
    }
}
