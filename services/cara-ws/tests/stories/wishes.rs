//! Promises:
//! - CAs with keys of rarer kinds issue, and openssl verifies what they issue;
//! - what is known of an end entity gets into the certificate where the profile wants it;
//! - wishes that cannot be read are refused by field.

use std::sync::Arc;

use crate::common::{Replica, clock, openssl, request, root, with_pki};
use ers_pki::{certificate::Certificate, inspect};
use ers_proto::cara::v1::{CreateAuthorityRequest, EndEntity, IssueRequest, RequestedExtension};
use ers_signer_client::fake::FakeSigner;
use ers_test_support::databases::{Kind, fresh};
use tonic::Code;

#[tokio::test(flavor = "multi_thread")]
async fn cas_with_rarer_keys_issue() {
    let database = fresh(Kind::Sqlite).await.unwrap();
    let signer = Arc::new(FakeSigner::new());
    let replica = Replica::start(&database.config, &signer, &clock()).await;
    for (name, key, signature) in [
        ("pss", "RSA-PSS-2048", "SHA512withRSAandMGF1"),
        ("rsa", "RSA-2048", "SHA256withRSAandMGF1"),
        ("brainpool", "brainpoolP384r1", ""),
        ("ed448", "Ed448", ""),
    ] {
        let made = replica
            .create(CreateAuthorityRequest {
                name: name.into(),
                subject: format!("CN=Root {name}"),
                key_algorithm: key.into(),
                signature_algorithm: signature.into(),
                ..root()
            })
            .await
            .unwrap();
        let wanted = IssueRequest {
            issuer: name.into(),
            ..request(name, "dns:a.example")
        };
        let issued = replica.issuance("clm-api").issue(wanted).await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        let pem = |file: &str, der: &[u8]| {
            let path = folder.path().join(file);
            let certificate = Certificate::from_der(der).unwrap();
            std::fs::write(&path, certificate.pem()).unwrap();
            path.display().to_string()
        };
        let ca = pem("ca.pem", &made.certificate);
        let leaf = pem("leaf.pem", &issued.into_inner().certificate.unwrap().der);
        let said = openssl(&["verify", "-attime", "1795435200", "-CAfile", &ca, &leaf]);
        assert!(said.trim_end().ends_with("OK"), "{said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_known_of_the_end_entity_gets_into_the_certificate() {
    let database = fresh(Kind::Sqlite).await.unwrap();
    let (replica, _) = with_pki(&database).await;
    let sid = "S-1-5-21-1-2-3-1104";
    let wanted = IssueRequest {
        profile: "smart-card-logon".into(),
        end_entity: Some(EndEntity {
            security_identifier: sid.into(),
            ..EndEntity::default()
        }),
        ..request("r-1", "upn:anna@corp.example")
    };
    let issued = replica.issuance("clm-api").issue(wanted).await.unwrap();
    let der = issued.into_inner().certificate.unwrap().der;
    let facts = inspect::foreign(&der).unwrap();
    let written = facts
        .extensions
        .iter()
        .find(|extension| extension.oid.to_string() == "1.3.6.1.4.1.311.25.2")
        .unwrap();
    assert!(written.value.ends_with(sid.as_bytes()) && !written.critical);
}

#[tokio::test(flavor = "multi_thread")]
async fn wishes_that_cannot_be_read_are_refused_by_field() {
    let database = fresh(Kind::Sqlite).await.unwrap();
    let (replica, _) = with_pki(&database).await;
    let base = || request("r-1", "dns:a.example");
    let extension = |oid: &str, value: &[u8]| {
        vec![RequestedExtension {
            oid: oid.into(),
            critical: false,
            value: value.to_vec(),
        }]
    };
    let end_entity = |names: &[&str], subject: &[u8]| {
        Some(EndEntity {
            subject: subject.to_vec(),
            names: names.iter().map(ToString::to_string).collect(),
            ..EndEntity::default()
        })
    };
    for (field, wanted) in [
        (
            "key_usage",
            IssueRequest {
                key_usage: vec!["signing".into()],
                ..base()
            },
        ),
        (
            "key_usage",
            IssueRequest {
                key_usage: vec!["cRLSign".into(); 33],
                ..base()
            },
        ),
        (
            "extended_key_usage",
            IssueRequest {
                extended_key_usage: vec!["x".into()],
                ..base()
            },
        ),
        (
            "extensions.oid",
            IssueRequest {
                extensions: extension("x", &[5, 0]),
                ..base()
            },
        ),
        (
            "extensions.value",
            IssueRequest {
                extensions: extension("1.2.3", &[]),
                ..base()
            },
        ),
        (
            "end_entity.names",
            IssueRequest {
                end_entity: end_entity(&["x"], &[]),
                ..base()
            },
        ),
        (
            "end_entity.subject",
            IssueRequest {
                end_entity: end_entity(&[], &[1]),
                ..base()
            },
        ),
    ] {
        let refused = replica.issuance("clm-api").issue(wanted).await.unwrap_err();
        assert_eq!(refused.code(), Code::InvalidArgument);
        assert!(
            refused.message().starts_with(field),
            "{refused}, not {field}"
        );
    }
}
