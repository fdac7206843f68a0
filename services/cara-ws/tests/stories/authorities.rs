//! Promises:
//! - a root and the CAs below it make a chain that openssl verifies;
//! - making a CA can be repeated after an interruption at any point, and makes nothing twice;
//! - what does not go together is refused by field.

use std::sync::Arc;

use crate::common::{Replica, clock, openssl, request, root, sub, with_pki};
use ers_proto::cara::v1::{CreateAuthorityRequest, LoadAuthorityRequest};
use ers_signer_client::{JournalEntry, SignerError, fake::FakeSigner};
use ers_test_support::{
    databases::{Kind, TestDatabase, fresh},
    on_every_database,
};
use tonic::Code;

on_every_database!(
    a_chain_of_cas_is_verified_by_openssl,
    making_a_ca_survives_an_interruption_at_every_step
);

async fn a_chain_of_cas_is_verified_by_openssl(database: TestDatabase) {
    let (replica, _) = with_pki(&database).await;
    let issued = replica
        .issuance("clm-api")
        .issue(request("r-1", "dns:a.test"))
        .await
        .unwrap()
        .into_inner();
    let sub = replica
        .authorities()
        .load(LoadAuthorityRequest { name: "sub".into() })
        .await
        .unwrap()
        .into_inner();
    assert_eq!(
        issued.chain,
        std::slice::from_ref(&sub.certificate),
        "the issuer, without the root"
    );
    let folder = tempfile::tempdir().unwrap();
    let pem = |name: &str, der: &[u8]| {
        let path = folder.path().join(name);
        std::fs::write(&path, ers_pki::pem::encode("CERTIFICATE", der)).unwrap();
        path.display().to_string()
    };
    let (leaf, middle) = (
        pem("leaf", &issued.certificate.unwrap().der),
        pem("sub", &sub.certificate),
    );
    let top = pem("root", sub.chain.last().unwrap());
    let said = openssl(&[
        "verify",
        "-x509_strict",
        "-attime",
        "1795435200",
        "-CAfile",
        &top,
        "-untrusted",
        &middle,
        &leaf,
    ]);
    assert!(said.trim_end().ends_with("OK"), "{said}");
}

async fn making_a_ca_survives_an_interruption_at_every_step(database: TestDatabase) {
    let signer = Arc::new(FakeSigner::new());
    let replica = Replica::start(&database.config, &signer, &clock()).await;
    replica.create(root()).await.unwrap();
    // The signer fails at one call after the other; each time the whole is asked for again.
    for lost in [false, true] {
        for _ in 0..3 {
            if lost {
                signer.lose_next_answer();
            } else {
                signer.fail_next(SignerError::Busy);
            }
            drop(replica.create(sub()).await);
        }
    }
    let made = replica.create(sub()).await.unwrap();
    let again = replica.create(sub()).await.unwrap();
    assert_eq!(made.certificate, again.certificate);
    assert_eq!(made.crl_number, again.crl_number);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_goes_away_while_a_ca_is_made_and_asks_again_gets_one_certificate() {
    let database = fresh(Kind::Sqlite).await.unwrap();
    let signer = Arc::new(FakeSigner::new());
    let replica = Arc::new(Replica::start(&database.config, &signer, &clock()).await);
    replica.create(root()).await.unwrap();
    let mut hang = signer.hang_next();
    let asking = tokio::spawn({
        let replica = Arc::clone(&replica);
        async move { replica.create(sub()).await }
    });
    hang.reached().await;
    asking.abort();
    assert!(asking.await.unwrap_err().is_cancelled());
    hang.let_go();
    let signatures = || {
        let signed = signer.entries();
        let of_it = |one: &&JournalEntry| one.request_id == "authority-sub";
        signed.iter().filter(of_it).count()
    };
    let begun = std::time::Instant::now();
    while signatures() == 0 {
        assert!(begun.elapsed().as_secs() < 10, "it stopped with who asked");
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    let made = replica.create(sub()).await.unwrap();
    assert_eq!(signatures(), 1);
    let again = replica.create(sub()).await.unwrap();
    assert_eq!(made.certificate, again.certificate);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_go_together_is_refused_by_field() {
    let database = fresh(Kind::Sqlite).await.unwrap();
    let (replica, _) = with_pki(&database).await;
    let other = || CreateAuthorityRequest {
        name: "other".into(),
        ..sub()
    };
    let cases = [
        (
            "subject",
            Code::AlreadyExists,
            CreateAuthorityRequest {
                subject: "CN=Another".into(),
                ..sub()
            },
        ),
        (
            "name",
            Code::InvalidArgument,
            CreateAuthorityRequest {
                name: "No/Name".into(),
                ..sub()
            },
        ),
        (
            "subject",
            Code::InvalidArgument,
            CreateAuthorityRequest {
                subject: "no name".into(),
                ..other()
            },
        ),
        (
            "key_algorithm",
            Code::InvalidArgument,
            CreateAuthorityRequest {
                key_algorithm: "DSA-1024".into(),
                ..other()
            },
        ),
        (
            "signature_algorithm",
            Code::InvalidArgument,
            CreateAuthorityRequest {
                signature_algorithm: "SHA256withRSA".into(),
                ..other()
            },
        ),
        (
            "issuer",
            Code::NotFound,
            CreateAuthorityRequest {
                issuer: "nobody".into(),
                ..other()
            },
        ),
        (
            "validity",
            Code::InvalidArgument,
            CreateAuthorityRequest {
                validity: None,
                ..other()
            },
        ),
        // sub's path length is 0: no CA below it
        (
            "issuer",
            Code::FailedPrecondition,
            CreateAuthorityRequest {
                issuer: "sub".into(),
                ..other()
            },
        ),
    ];
    for (field, code, wanted) in cases {
        let refused = replica.create(wanted).await.unwrap_err();
        assert_eq!(refused.code(), code, "{field}: {}", refused.message());
        assert!(
            refused.message().starts_with(&format!("{field}: ")),
            "{field}: {}",
            refused.message()
        );
    }
}
