//! Promises, whatever the clock does:
//! - a clock that went back further than five minutes issues nothing until it is set right, over a restart too;
//! - no certificate is valid a second longer than its profile says, whichever second it is asked for in;
//! - CRL numbers and thisUpdate never go back; times from 2050 on are written as GeneralizedTime.

use std::sync::Arc;

use ers_pki::certificate::Certificate;
use ers_proto::cara::v1::{LoadCrlRequest, RevokeRequest};
use ers_signer_client::fake::FakeSigner;
use ers_test_support::{
    databases::{Kind, TestDatabase, fresh},
    on_every_database,
};
use time::{Duration, macros::datetime};
use tonic::Code;

use crate::common::{Replica, clock, openssl, request, with_pki};

on_every_database!(a_clock_that_went_back_issues_nothing_until_it_is_set_right);

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
    assert!(again.into_inner().certificate.is_some());

    // a restart does not forget it
    replica.stop().await;
    let replica = Replica::start(&database.config, &signer, &clock).await;
    let refused = issue(&replica, "after-restart").await.unwrap_err();
    assert_eq!(refused.code(), Code::Unavailable, "{refused:?}");
    clock.advance(Duration::DAY + Duration::HOUR);
    issue(&replica, "set-right").await.unwrap();
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

/// Failure 23: the clock goes back between two CRLs, and over the year 2049.
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
