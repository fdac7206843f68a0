//! Promises, whatever the clock does:
//! - a clock that went back further than five minutes issues nothing until it is set right, over a restart too, whatever is
//!   revoked in between;
//! - a clock that was ahead and was set right stops neither CRLs nor other replicas, and issuing only until its operator says
//!   that the time is right;
//! - no certificate is valid a second longer than its profile says, whichever second it is asked for in;
//! - CRL numbers and thisUpdate never go back; times from 2050 on are written as GeneralizedTime.

use std::sync::Arc;

use cara_ws::config::Issuing;
use ers_pki::certificate::Certificate;
use ers_proto::cara::v1::{LoadCrlRequest, RevokeRequest};
use ers_signer_client::fake::FakeSigner;
use ers_test_support::{
    databases::{Kind, TestDatabase, fresh},
    on_every_database,
};
use time::{Duration, macros::datetime};
use tonic::Code;

use crate::common::{Replica, clock, issuing, openssl, request, with_pki};

on_every_database!(
    a_clock_that_went_back_issues_nothing_until_it_is_set_right,
    a_clock_that_was_ahead_stops_no_crl_when_it_is_set_right,
);

/// Failure 23: the clock steps back by an hour and by a day, and forward again.
async fn a_clock_that_went_back_issues_nothing_until_it_is_set_right(database: TestDatabase) {
    let clock = clock();
    let signer = Arc::new(FakeSigner::new());
    let replica = Replica::start(&database.config, &signer, &clock)
        .await
        .with_pki()
        .await;
    let issue = async |replica: &Replica, id: &str| {
        replica
            .issuance("clm-api")
            .issue(request(id, "dns:a.test"))
            .await
    };
    let asked = request("before", "dns:a.test");
    replica
        .issuance("clm-api")
        .issue(asked.clone())
        .await
        .unwrap();
    clock.advance(-Duration::minutes(4));
    issue(&replica, "a-little-back").await.unwrap();

    let signed = signer.entries().len();
    for (step, id) in [(-Duration::HOUR, "an-hour"), (-Duration::DAY, "a-day")] {
        clock.advance(step);
        let refused = issue(&replica, id).await.unwrap_err();
        assert_eq!(refused.code(), Code::Unavailable, "{refused:?}");
        assert!(refused.message().contains("clock"), "{refused:?}");
    }
    assert_eq!(signer.entries().len(), signed, "nothing was signed");
    // what is there is still told
    let again = replica.issuance("clm-api").issue(asked).await.unwrap();
    let serial = again.into_inner().certificate.unwrap().serial;

    // a restart does not forget it, although the last thing that happened is of the wrong time
    let revoke = RevokeRequest {
        issuer: "sub".into(),
        serial,
        requester: "test".into(),
        ..RevokeRequest::default()
    };
    replica.revoking().revoke(revoke).await.unwrap();
    replica.stop().await;
    let replica = Replica::start(&database.config, &signer, &clock).await;
    let refused = issue(&replica, "after-restart").await.unwrap_err();
    assert_eq!(refused.code(), Code::Unavailable, "{refused:?}");
    clock.advance(Duration::DAY + Duration::HOUR);
    issue(&replica, "set-right").await.unwrap();
}

/// Failure 23: the clock steps a day ahead, and back to what it should be.
async fn a_clock_that_was_ahead_stops_no_crl_when_it_is_set_right(database: TestDatabase) {
    ahead_and_set_right(database, Duration::DAY).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_was_an_hour_ahead_stops_no_crl_either() {
    ahead_and_set_right(fresh(Kind::Sqlite).await.unwrap(), Duration::HOUR).await;
}

async fn ahead_and_set_right(database: TestDatabase, step: Duration) {
    let clock = clock();
    let signer = Arc::new(FakeSigner::new());
    let ahead = Replica::start(&database.config, &signer, &clock)
        .await
        .with_pki()
        .await;
    clock.advance(step);
    let mut issuance = ahead.issuance("clm-api");
    let issued = issuance.issue(request("ahead", "dns:a.test")).await;
    let serial = issued.unwrap().into_inner().certificate.unwrap().serial;
    // The signature of its CRL never comes: it hangs with leases in its hands that end in a future that is none.
    ahead.cara.maintain().await;
    let mut hang = signer.hang_next();
    let revoke = RevokeRequest {
        issuer: "sub".into(),
        serial: serial.clone(),
        requester: "test".into(),
        ..RevokeRequest::default()
    };
    ahead.revoking().revoke(revoke).await.unwrap();
    hang.reached().await;
    clock.advance(-step);

    let another = Replica::start(&database.config, &signer, &clock).await;
    another.cara.maintain().await;
    let request_crl = LoadCrlRequest {
        issuer: "sub".into(),
        ..LoadCrlRequest::default()
    };
    let list = another.status().load_crl(request_crl).await.unwrap();
    let list = ers_pki::crl::Crl::from_der(&list.into_inner().der).unwrap();
    let serial = ers_pki::serial::SerialNumber::from_hex(&serial).unwrap();
    assert!(list.find(serial).is_some(), "{step}: no CRL with it");
    hang.let_go();

    // Nothing is issued before what was issued, unless who runs it says that the time is right now.
    let asked = || request("right", "dns:a.test");
    let refused = another.issuance("clm-api").issue(asked()).await;
    assert_eq!(refused.unwrap_err().code(), Code::Unavailable);
    another.stop().await;
    let issuing = Issuing {
        clock_tolerance_minutes: 25 * 60,
        ..issuing()
    };
    let another = Replica::start_issuing(&database.config, &signer, &clock, issuing).await;
    another.issuance("clm-api").issue(asked()).await.unwrap();
}

/// Failure 23: half a second before and after a full second, and before the leap second that POSIX time does not know.
#[tokio::test(flavor = "multi_thread")]
async fn no_certificate_is_valid_a_second_longer_than_its_profile_says() {
    let database = fresh(Kind::Sqlite).await.unwrap();
    let (replica, _) = with_pki(&database).await;
    for (number, step) in [
        Duration::milliseconds(500),
        Duration::milliseconds(499),
        Duration::milliseconds(1),
        datetime!(2026-12-31 23:59:59.999 UTC) - datetime!(2026-11-22 12:00:01 UTC),
        Duration::milliseconds(1),
    ]
    .into_iter()
    .enumerate()
    {
        replica.clock.advance(step);
        let mut asked = request(&format!("edge-{number}"), "dns:a.test");
        asked.validity = Some(crate::common::seconds(398 * crate::common::DAY));
        let issued = replica
            .issuance("clm-api")
            .issue(asked)
            .await
            .unwrap()
            .into_inner();
        let certificate = Certificate::from_der(&issued.certificate.unwrap().der).unwrap();
        // both ends count, RFC 5280 section 4.1.2.5
        let valid = certificate.not_after() - certificate.not_before() + Duration::SECOND;
        assert!(valid <= Duration::days(398), "{valid} in {step}");
        let now = ers_runtime::clock::Clock::now(&*replica.clock);
        assert!(certificate.not_before() <= now, "begins in the future");
    }
}

/// Failure 23: the clock goes back between two CRLs.
#[tokio::test(flavor = "multi_thread")]
async fn crl_numbers_and_times_never_go_back() {
    let database = fresh(Kind::Sqlite).await.unwrap();
    let (replica, _) = with_pki(&database).await;
    let serial = replica
        .issuance("clm-api")
        .issue(request("r", "dns:a.test"))
        .await
        .unwrap()
        .into_inner()
        .certificate
        .unwrap()
        .serial;
    let crl = async || {
        let request = LoadCrlRequest {
            issuer: "sub".into(),
            ..LoadCrlRequest::default()
        };
        replica
            .status()
            .load_crl(request)
            .await
            .unwrap()
            .into_inner()
    };
    let first = crl().await;
    replica.clock.advance(-Duration::minutes(3));
    replica
        .revoking()
        .revoke(RevokeRequest {
            issuer: "sub".into(),
            serial,
            requester: "test".into(),
            ..RevokeRequest::default()
        })
        .await
        .unwrap();
    let mut second = crl().await;
    while second.number == first.number {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        second = crl().await;
    }
    let seconds = |time: &Option<prost_types::Timestamp>| time.as_ref().unwrap().seconds;
    assert!(seconds(&second.this_update) >= seconds(&first.this_update));
    assert!(seconds(&second.next_update) >= seconds(&first.next_update));
}

/// Failure 23: validities that end in 2038, 2049 and 2050 are read by openssl as they are meant.
#[tokio::test(flavor = "multi_thread")]
async fn times_past_2038_and_2050_are_written_as_rfc_5280_says() {
    let database = fresh(Kind::Sqlite).await.unwrap();
    let signer = Arc::new(FakeSigner::new());
    let replica = Replica::start(&database.config, &signer, &clock()).await;
    for (name, days, year) in [
        ("y2038", 4200, "2038"),
        ("y2049", 8400, "2049"),
        ("y2050", 8800, "2050"),
    ] {
        let made = replica
            .create(ers_proto::cara::v1::CreateAuthorityRequest {
                name: name.into(),
                subject: format!("CN={name}"),
                validity: Some(crate::common::seconds(days * crate::common::DAY)),
                ..crate::common::root()
            })
            .await
            .unwrap();
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("ca.der");
        std::fs::write(&file, &made.certificate).unwrap();
        let file = file.to_str().unwrap();
        let end = openssl(&["x509", "-inform", "DER", "-in", file, "-noout", "-enddate"]);
        assert!(end.contains(&format!(" {year} GMT")), "{end}");
        let parsed = openssl(&["asn1parse", "-inform", "DER", "-in", file]);
        let generalized = parsed
            .lines()
            .filter(|line| line.contains("GENERALIZEDTIME"))
            .count();
        assert_eq!(generalized, usize::from(year == "2050"), "{parsed}");
    }
}
