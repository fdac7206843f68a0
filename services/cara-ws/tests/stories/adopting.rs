//! Promises, when an entry of the signer's journal cannot be adopted:
//! - it holds up no other entry and no request: CARA is ready, says so, and names it;
//! - its certificate is told neither as good nor as unknown (that its serial number is not given again: `randomness`);
//! - it is adopted by itself when what hinders it is gone.

use ers_pki::key::SignatureAlgorithm;
use ers_proto::cara::v1::{
    Certificate, CreateAuthorityRequest, FindStatusRequest, FindStatusResponse, IssueRequest,
    ListUnadoptedRequest, LoadCertificateRequest, Unadopted, load_certificate_request::By,
};
use ers_runtime::health::CheckState;
use ers_signer_client::{KeyId, Purpose, SignCall, Signer as _, SignerError, fake::FakeSigner};
use ers_test_support::{
    databases::{Kind, TestDatabase, copy, fresh},
    on_every_database,
};
use tonic::{Code, Status};

use crate::common::{Replica, clock, request, sub, with_pki};

on_every_database!(
    an_entry_that_cannot_be_read_holds_up_no_other,
    an_entry_of_a_key_in_quarantine_is_adopted_when_it_signs_again,
    an_entry_of_a_destroyed_key_holds_up_no_other,
    an_entry_of_a_token_that_is_away_is_adopted_when_it_is_back,
    an_entry_of_a_ca_that_does_not_exist_is_adopted_when_it_is_made_again,
);

/// A second CA below the root, on a token of its own.
pub fn other() -> CreateAuthorityRequest {
    CreateAuthorityRequest {
        name: "other".into(),
        subject: "CN=Test Other CA,O=Test".into(),
        token: "hsm".into(),
        ..sub()
    }
}

/// Has a certificate signed, and the answer lost: it stands in the journal only.
pub async fn lose(replica: &Replica, signer: &FakeSigner, issuer: &str, id: &str) -> String {
    signer.lose_next_answer();
    let wanted = IssueRequest {
        issuer: issuer.into(),
        ..request(id, "dns:a.test")
    };
    replica.issuance("clm-api").issue(wanted).await.unwrap_err();
    let entries = signer.entries();
    let entry = entries.iter().rfind(|entry| entry.request_id == id);
    let facts = ers_pki::inspect::certificate(&entry.unwrap().to_be_signed).unwrap();
    facts.serial.to_hex()
}

pub async fn key_of(replica: &Replica, name: &str) -> KeyId {
    KeyId::new(replica.authority(name).await.key_id)
}

async fn load(replica: &Replica, id: &str) -> Result<Certificate, Status> {
    let by = Some(By::RequestId(id.into()));
    let load = LoadCertificateRequest { by };
    Ok(replica.certificates().load(load).await?.into_inner())
}

async fn status(
    replica: &Replica,
    issuer: &str,
    serial: &str,
) -> Result<FindStatusResponse, Status> {
    let find = FindStatusRequest {
        issuer: issuer.into(),
        serial: serial.into(),
    };
    Ok(replica.status().find(find).await?.into_inner())
}

async fn unadopted(replica: &Replica) -> Vec<Unadopted> {
    let (mut entries, mut page_token) = (Vec::new(), String::new());
    loop {
        let list = ListUnadoptedRequest {
            page_size: 1,
            page_token,
        };
        let mut restoring = replica.restoring("administrator");
        let page = restoring.list_unadopted(list).await.unwrap().into_inner();
        entries.extend(page.entries);
        page_token = page.next_page_token;
        if page_token.is_empty() {
            return entries;
        }
    }
}

fn journal(replica: &Replica) -> CheckState {
    let states = replica.context.health.states();
    let found = states
        .into_iter()
        .find(|state| state.name == "cara.journal");
    found.unwrap()
}

/// The entry of `id` is all that is set aside; CARA is up with a warning, and maintenance changes nothing about it.
async fn assert_set_aside(replica: &Replica, signer: &FakeSigner, id: &str, reason: &str) {
    assert!(journal(replica).up);
    assert!(journal(replica).reason.is_some(), "with a warning");
    let aside = unadopted(replica).await;
    assert_eq!(aside.len(), 1, "{aside:?}");
    assert_eq!((aside[0].request_id.as_str(), aside[0].tries), (id, 1));
    assert!(aside[0].reason.contains(reason), "{}", aside[0].reason);
    replica.cara.maintain().await;
    let again = unadopted(replica).await;
    assert_eq!((again.len(), again[0].tries), (1, 2));
    assert_eq!(again[0].first_seen_at, aside[0].first_seen_at);
    let times = signer.entries();
    let times = times.iter().filter(|entry| entry.request_id == id).count();
    assert_eq!(times, 1, "it was not signed again");
}

async fn assert_adopted(replica: &Replica, issuer: &str, serial: &str, id: &str) {
    replica.cara.maintain().await;
    let found = load(replica, id).await.unwrap();
    assert_eq!((found.serial.as_str(), found.adopted), (serial, true));
    assert!(status(replica, issuer, serial).await.unwrap().issued);
    assert!(unadopted(replica).await.is_empty());
    assert_eq!(journal(replica).reason, None);
}

async fn an_entry_that_cannot_be_read_holds_up_no_other(database: TestDatabase) {
    let (replica, signer) = with_pki(&database).await;
    signer.write_entry(&SignCall {
        request_id: "r-unreadable",
        key_id: &key_of(&replica, "sub").await,
        purpose: Purpose::Certificate,
        signature_algorithm: SignatureAlgorithm::Sha256WithEcdsa,
        to_be_signed: b"no TBSCertificate",
        context: Vec::new(),
        public_key: None,
    });
    let later = lose(&replica, &signer, "sub", "r-later").await;
    replica.stop().await;

    let next = Replica::start(&database.config, &signer, &clock()).await;
    assert_eq!(load(&next, "r-later").await.unwrap().serial, later);
    assert_set_aside(&next, &signer, "r-unreadable", "").await;
    let aside = unadopted(&next).await;
    assert_eq!(
        (aside[0].issuer.as_str(), aside[0].serial.as_str()),
        ("", "")
    );
}

/// Failure 15: the entry of a bad signature was written before; nothing is signed with the key until it is released.
async fn an_entry_of_a_key_in_quarantine_is_adopted_when_it_signs_again(database: TestDatabase) {
    let (replica, signer) = with_pki(&database).await;
    replica.create(other()).await.unwrap();
    let hindered = lose(&replica, &signer, "sub", "r-hindered").await;
    let later = lose(&replica, &signer, "other", "r-later").await;
    let key = key_of(&replica, "sub").await;
    signer.quarantine(&key, Some("bad signature"));
    replica.stop().await;

    let next = Replica::start(&database.config, &signer, &clock()).await;
    assert_eq!(load(&next, "r-later").await.unwrap().serial, later);
    assert_set_aside(&next, &signer, "r-hindered", "quarantine").await;
    let refused = status(&next, "sub", &hindered).await.unwrap_err();
    assert_eq!(refused.code(), Code::Unavailable);
    // Other CAs go on, over a restart too.
    next.stop().await;
    let next = Replica::start(&database.config, &signer, &clock()).await;
    assert!(journal(&next).up);
    let wanted = IssueRequest {
        issuer: "other".into(),
        ..request("r-more", "dns:a.test")
    };
    next.issuance("clm-api").issue(wanted).await.unwrap();

    signer.quarantine(&key, None);
    assert_adopted(&next, "sub", &hindered, "r-hindered").await;
}

async fn an_entry_of_a_destroyed_key_holds_up_no_other(database: TestDatabase) {
    let (replica, signer) = with_pki(&database).await;
    replica.create(other()).await.unwrap();
    let hindered = lose(&replica, &signer, "sub", "r-hindered").await;
    let later = lose(&replica, &signer, "other", "r-later").await;
    let key = key_of(&replica, "sub").await;
    signer.destroy_key(&key).await.unwrap();
    // a replica that was running all the time
    replica.cara.maintain().await;

    assert_eq!(load(&replica, "r-later").await.unwrap().serial, later);
    assert_set_aside(&replica, &signer, "r-hindered", "load key").await;
    let refused = status(&replica, "sub", &hindered).await.unwrap_err();
    assert_eq!(refused.code(), Code::Unavailable);
}

/// Failure 17: one of two tokens is away.
async fn an_entry_of_a_token_that_is_away_is_adopted_when_it_is_back(database: TestDatabase) {
    let (replica, signer) = with_pki(&database).await;
    replica.create(other()).await.unwrap();
    let hindered = lose(&replica, &signer, "other", "r-hindered").await;
    let later = lose(&replica, &signer, "sub", "r-later").await;
    signer.take_away("hsm", true);
    replica.stop().await;

    let next = Replica::start(&database.config, &signer, &clock()).await;
    assert_eq!(load(&next, "r-later").await.unwrap().serial, later);
    assert_set_aside(&next, &signer, "r-hindered", "token hsm").await;
    signer.take_away("hsm", false);
    assert_adopted(&next, "other", &hindered, "r-hindered").await;
}

/// Failure 43: the database is older than the CA.
async fn an_entry_of_a_ca_that_does_not_exist_is_adopted_when_it_is_made_again(
    database: TestDatabase,
) {
    let (replica, signer) = with_pki(&database).await;
    let backup = copy(&database).await.unwrap();
    replica.create(other()).await.unwrap();
    let hindered = lose(&replica, &signer, "other", "r-hindered").await;
    let later = lose(&replica, &signer, "sub", "r-later").await;
    replica.stop().await;

    let restored = Replica::start(&backup.config, &signer, &clock()).await;
    assert_eq!(load(&restored, "r-later").await.unwrap().serial, later);
    assert!(journal(&restored).up);
    let aside = unadopted(&restored).await;
    let found = aside.iter().find(|entry| entry.request_id == "r-hindered");
    assert!(
        found.unwrap().reason.contains("does not exist"),
        "{aside:?}"
    );
    assert_eq!(found.unwrap().serial, hindered);

    restored.create(other()).await.unwrap();
    assert_adopted(&restored, "other", &hindered, "r-hindered").await;
}

/// Nothing is set aside because the signer as a whole does not sign: then CARA is not ready, and tries again.
#[tokio::test(flavor = "multi_thread")]
async fn while_the_signer_is_away_nothing_is_set_aside() {
    let database = fresh(Kind::Sqlite).await.unwrap();
    let (replica, signer) = with_pki(&database).await;
    lose(&replica, &signer, "sub", "r-hindered").await;
    replica.stop().await;

    signer.fail_next(SignerError::Unavailable(None));
    let next = Replica::start(&database.config, &signer, &clock()).await;
    assert!(!journal(&next).up);
    assert!(unadopted(&next).await.is_empty());
    while !journal(&next).up {
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    assert_eq!(journal(&next).reason, None);
    assert!(load(&next, "r-hindered").await.unwrap().adopted);
}
