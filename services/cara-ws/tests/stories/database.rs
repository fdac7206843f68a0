//! Promises when the database is slow or away:
//! - nothing is signed that cannot be stored, and all is well again when it is back, with nobody's help;
//! - searches that hang hold up neither issuing nor revocation, status and CRLs.

use std::time::Duration;

use ers_proto::cara::v1::{
    FindStatusRequest, LoadCrlRequest, RevokeRequest, SearchCertificatesRequest,
};
use ers_test_support::databases::{Kind, TestDatabase, fresh};
use sea_orm::{ConnectionTrait as _, Database, DatabaseConnection, TransactionTrait as _};
use tonic::Code;

use crate::common::{request, with_pki};

async fn connect(database: &TestDatabase, other: Option<&str>) -> (DatabaseConnection, String) {
    use secrecy::ExposeSecret as _;
    let url = database.config.url.resolve().unwrap();
    let (server, name) = url.expose_secret().rsplit_once('/').unwrap();
    let url = format!("{server}/{}", other.unwrap_or(name));
    (Database::connect(url).await.unwrap(), name.to_owned())
}

/// Failure 3: the database is away while certificates are asked for.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_signed_while_the_database_is_away() {
    /// As many as a test's database has at most.
    const CONNECTIONS: usize = 8;
    let database = fresh(Kind::Postgres).await.unwrap();
    let (replica, signer) = with_pki(&database).await;
    let (server, name) = connect(&database, Some("postgres")).await;
    let signed = signer.entries().len();
    let away = [
        format!("ALTER DATABASE {name} ALLOW_CONNECTIONS false"),
        format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"),
    ];
    for statement in &away {
        server.execute_unprepared(statement).await.unwrap();
    }
    for number in 0..5 {
        let refused = replica
            .issuance("clm-api")
            .issue(request(&format!("away-{number}"), "dns:a.test"))
            .await
            .unwrap_err();
        assert_eq!(refused.code(), Code::Unavailable, "{refused:?}");
    }
    assert_eq!(signer.entries().len(), signed);

    server
        .execute_unprepared(&format!("ALTER DATABASE {name} ALLOW_CONNECTIONS true"))
        .await
        .unwrap();
    // connections that died are found out one by one, by whoever uses them first
    for _ in 0..CONNECTIONS {
        let mut issuance = replica.issuance("clm-api");
        match issuance.issue(request("back", "dns:a.test")).await {
            Ok(_) => break,
            Err(refused) => assert_eq!(refused.code(), Code::Unavailable, "{refused:?}"),
        }
    }
    assert_eq!(signer.entries().len(), signed + 1);
}

/// Failure 47: a table that searches need is locked by somebody else, as long as a slow query would take.
#[tokio::test(flavor = "multi_thread")]
async fn hanging_searches_hold_up_neither_issuing_nor_revocation() {
    let database = fresh(Kind::Postgres).await.unwrap();
    let (replica, _) = with_pki(&database).await;
    let issued = replica
        .issuance("clm-api")
        .issue(request("first", "dns:a.test"))
        .await
        .unwrap()
        .into_inner();
    let serial = issued.certificate.unwrap().serial;
    let (other, _) = connect(&database, None).await;
    let lock = other.begin().await.unwrap();
    lock.execute_unprepared("LOCK TABLE certificate_name IN ACCESS EXCLUSIVE MODE")
        .await
        .unwrap();
    let searches: Vec<_> = (0..20)
        .map(|_| {
            let mut certificates = replica.certificates();
            tokio::spawn(async move {
                certificates
                    .search(SearchCertificatesRequest {
                        names: vec!["dns:a.test".into()],
                        ..SearchCertificatesRequest::default()
                    })
                    .await
            })
        })
        .collect();

    let crl = async || {
        let request = LoadCrlRequest {
            issuer: "sub".into(),
            ..LoadCrlRequest::default()
        };
        let mut status = replica.status();
        status.load_crl(request).await.unwrap().into_inner().number
    };
    let before = crl().await;
    replica
        .issuance("clm-api")
        .issue(request("second", "dns:a.test"))
        .await
        .unwrap();
    replica
        .revoking()
        .revoke(RevokeRequest {
            issuer: "sub".into(),
            serial: serial.clone(),
            requester: "test".into(),
            ..RevokeRequest::default()
        })
        .await
        .unwrap();
    let status = replica
        .status()
        .find(FindStatusRequest {
            issuer: "sub".into(),
            serial,
        })
        .await
        .unwrap()
        .into_inner();
    assert!(status.revocation.is_some());
    while crl().await == before {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }

    while !searches.iter().any(tokio::task::JoinHandle::is_finished) {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    // those that had no place were told so, the others find what they looked for
    lock.rollback().await.unwrap();
    let (mut found, mut refused) = (0, 0);
    for search in searches {
        match search.await.unwrap() {
            Ok(answer) => {
                assert!(!answer.into_inner().certificates.is_empty());
                found += 1;
            }
            Err(status) => {
                assert_eq!(status.code(), Code::ResourceExhausted, "{status:?}");
                refused += 1;
            }
        }
    }
    assert!(
        found >= 1 && refused >= 1,
        "{found} found, {refused} refused"
    );
}
