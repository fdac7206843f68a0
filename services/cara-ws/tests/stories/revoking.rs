//! Promises:
//! - a revocation is an event, a status and an entry of the next CRL, which openssl reads and verifies;
//! - a revoked certificate stays as it is, unless the reason becomes keyCompromise;
//! - what was never issued is never told as issued;
//! - subscribers see every event, in order, of every replica.

use std::{sync::Arc, time::Duration};

use crate::common::{Replica, clock, openssl, request, with_pki};
use ers_proto::cara::v1::{
    FindStatusRequest, ListRespondersRequest, LoadAuthorityRequest, LoadCrlRequest, RevokeRequest,
    SubscribeRequest, event::What,
};
use ers_signer_client::fake::FakeSigner;
use ers_test_support::{
    databases::{Kind, TestDatabase, fresh},
    on_every_database,
};
use tonic::Code;

on_every_database!(
    a_revocation_is_told_by_status_crl_and_event,
    only_key_compromise_changes_the_reason_of_a_revocation,
    a_subscriber_at_one_replica_sees_what_the_other_did_in_order,
);

fn revoke(serial: &str, reason: &str) -> RevokeRequest {
    RevokeRequest {
        issuer: "sub".into(),
        serial: serial.into(),
        reason: reason.into(),
        requester: "test".into(),
        ..RevokeRequest::default()
    }
}

async fn issue(replica: &Replica, id: &str) -> String {
    let answer = replica
        .issuance("clm-api")
        .issue(request(id, "dns:a.test"))
        .await
        .unwrap();
    answer.into_inner().certificate.unwrap().serial
}

async fn a_revocation_is_told_by_status_crl_and_event(database: TestDatabase) {
    let (replica, _) = with_pki(&database).await;
    let serial = issue(&replica, "r-1").await;
    let find = |serial: &str| FindStatusRequest {
        issuer: "sub".into(),
        serial: serial.into(),
    };
    let status = replica
        .status()
        .find(find(&serial))
        .await
        .unwrap()
        .into_inner();
    assert!(status.issued && status.revocation.is_none());
    let never = replica
        .status()
        .find(find("1234567890"))
        .await
        .unwrap()
        .into_inner();
    assert!(!never.issued);

    replica.clock.advance(time::Duration::seconds(5));
    let answer = replica
        .revoking()
        .revoke(revoke(&serial, "superseded"))
        .await
        .unwrap()
        .into_inner();
    assert!(!answer.already_revoked);
    let status = replica
        .status()
        .find(find(&serial))
        .await
        .unwrap()
        .into_inner();
    assert_eq!(status.revocation.unwrap().reason, "superseded");

    // The CRL of the creation is there; the next comes by itself.
    let crl = loop {
        let request = LoadCrlRequest {
            issuer: "sub".into(),
            generation: 1,
        };
        let crl = replica
            .status()
            .load_crl(request)
            .await
            .unwrap()
            .into_inner();
        if !ers_pki::crl::Crl::from_der(&crl.der).unwrap().is_empty() {
            break crl;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    };
    let sub = replica
        .authorities()
        .load(LoadAuthorityRequest { name: "sub".into() })
        .await
        .unwrap()
        .into_inner();
    assert_eq!((sub.revoked, sub.crl_number), (1, crl.number));
    let folder = tempfile::tempdir().unwrap();
    let (crl_file, ca_file) = (folder.path().join("crl.der"), folder.path().join("ca.der"));
    std::fs::write(&crl_file, &crl.der).unwrap();
    std::fs::write(&ca_file, &sub.certificate).unwrap();
    let ca_pem = folder.path().join("ca.pem");
    let path = |path: &std::path::Path| path.display().to_string();
    openssl(&[
        "x509",
        "-inform",
        "DER",
        "-in",
        &path(&ca_file),
        "-out",
        &path(&ca_pem),
    ]);
    let said = openssl(&[
        "crl",
        "-inform",
        "DER",
        "-in",
        &path(&crl_file),
        "-noout",
        "-text",
        "-CAfile",
        &path(&ca_pem),
    ]);
    assert!(
        said.contains("verify OK") && said.contains("Superseded"),
        "{said}"
    );
    assert!(said.to_lowercase().contains(&serial), "{said}");
}

async fn only_key_compromise_changes_the_reason_of_a_revocation(database: TestDatabase) {
    let (replica, _) = with_pki(&database).await;
    let serial = issue(&replica, "r-1").await;
    let first = replica
        .revoking()
        .revoke(revoke(&serial, "superseded"))
        .await
        .unwrap()
        .into_inner();
    let at = first.certificate.unwrap().revocation.unwrap().at;
    replica.clock.advance(time::Duration::hours(1));
    for (reason, already, stays) in [
        ("cessationOfOperation", true, "superseded"),
        ("keyCompromise", false, "keyCompromise"),
        ("superseded", true, "keyCompromise"),
        ("keyCompromise", true, "keyCompromise"),
    ] {
        let answer = replica
            .revoking()
            .revoke(revoke(&serial, reason))
            .await
            .unwrap()
            .into_inner();
        let revocation = answer.certificate.unwrap().revocation.unwrap();
        assert_eq!(
            (answer.already_revoked, revocation.reason.as_str()),
            (already, stays),
            "{reason}"
        );
        assert_eq!(revocation.at, at, "the time of the first revocation stays");
    }
    let unknown = replica
        .revoking()
        .revoke(revoke("abcdef", ""))
        .await
        .unwrap_err();
    assert_eq!(unknown.code(), Code::NotFound);
    let nonsense = replica
        .revoking()
        .revoke(revoke(&serial, "because"))
        .await
        .unwrap_err();
    assert_eq!(nonsense.code(), Code::InvalidArgument);
    assert!(
        nonsense.message().starts_with("reason: "),
        "{}",
        nonsense.message()
    );
}

async fn a_subscriber_at_one_replica_sees_what_the_other_did_in_order(database: TestDatabase) {
    let signer = Arc::new(FakeSigner::new());
    let clock = clock();
    let writer = Replica::start(&database.config, &signer, &clock)
        .await
        .with_pki()
        .await;
    let reader = Replica::start(&database.config, &signer, &clock).await;
    let request = SubscribeRequest {
        from_sequence: 1,
        ..SubscribeRequest::default()
    };
    let mut events = reader
        .events()
        .subscribe(request)
        .await
        .unwrap()
        .into_inner();

    let ids: Vec<_> = (0..40).map(|number| format!("r-{number}")).collect();
    let issued = ids.iter().map(|id| issue(&writer, id));
    let serials = futures::future::join_all(issued).await;
    writer
        .revoking()
        .revoke(revoke(&serials[0], ""))
        .await
        .unwrap();

    let mut last = 0;
    let mut seen = Vec::new();
    loop {
        let event = tokio::time::timeout(Duration::from_secs(20), events.message())
            .await
            .unwrap()
            .unwrap()
            .unwrap();
        match event.what.unwrap() {
            What::UpToDate(_) => continue,
            What::Issued(certificate) if certificate.profile == "tls-server" => {
                seen.push(certificate.serial)
            }
            What::Revoked(certificate) => {
                assert_eq!(certificate.serial, serials[0]);
                assert_eq!(event.sequence, last + 1);
                break;
            }
            _ => {}
        }
        assert_eq!(event.sequence, last + 1, "no number is left out");
        last = event.sequence;
    }
    let (mut seen, mut expected) = (seen, serials);
    seen.sort();
    expected.sort();
    assert_eq!(seen, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_ocsp_signer_is_renewed_with_a_new_key_when_a_third_of_its_life_is_left() {
    let database = fresh(Kind::Sqlite).await.unwrap();
    let (replica, _) = with_pki(&database).await;
    let responder = async || {
        let all = replica
            .status()
            .list_responders(ListRespondersRequest {})
            .await
            .unwrap()
            .into_inner()
            .responders;
        all.into_iter()
            .find(|responder| responder.issuer == "sub")
            .unwrap()
    };
    let first = responder().await;
    replica.clock.advance(time::Duration::days(19));
    replica.cara.maintain().await;
    assert_eq!(responder().await.key_id, first.key_id);
    replica.clock.advance(time::Duration::days(2));
    replica.cara.maintain().await;
    let second = responder().await;
    assert_ne!(second.key_id, first.key_id);
    assert_ne!(second.certificate, first.certificate);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crl_is_renewed_before_it_ends_and_its_number_only_grows() {
    let database = fresh(Kind::Sqlite).await.unwrap();
    let (replica, _) = with_pki(&database).await;
    let crl = async || {
        let request = LoadCrlRequest {
            issuer: "sub".into(),
            generation: 1,
        };
        replica
            .status()
            .load_crl(request)
            .await
            .unwrap()
            .into_inner()
    };
    let mut before = crl().await;
    for hours in [1, 24, 24, -48, 24] {
        replica.clock.advance(time::Duration::hours(hours));
        replica.cara.maintain().await;
        let now = crl().await;
        let grown = now.number > before.number;
        assert_eq!(
            grown,
            hours == 24 && now.this_update != before.this_update,
            "after {hours} h"
        );
        assert!(
            now.this_update.unwrap().seconds >= before.this_update.unwrap().seconds,
            "thisUpdate never goes back"
        );
        before = now;
    }
    assert!(before.number >= 3);
}
