//! Promises:
//! - a CA goes on under its name with a new key, and everything issued before stays verifiable: openssl follows the link
//!   certificates in both directions, and each generation has a CRL and an OCSP signer of its own;
//! - a renewal keeps the key, and what was issued before is good under the new certificate;
//! - whatever is repeated makes nothing twice.

use std::{path::Path, time::Duration};

use ers_pki::{certificate::Certificate, crl::Crl};
use ers_proto::cara::v1::{
    Authority, AuthorityGeneration, FindStatusRequest, IssueRequest, ListRespondersRequest,
    LoadAuthorityRequest, LoadCrlRequest, RenewAuthorityRequest, RevokeRequest, RollOverRequest,
    SwitchGenerationRequest,
};
use ers_test_support::{databases::TestDatabase, on_every_database};
use tonic::Code;

use crate::common::{DAY, Replica, openssl, request, seconds, with_pki};

on_every_database!(
    a_root_with_a_new_key_is_reached_from_the_old_one_and_reaches_back,
    each_generation_tells_the_status_of_what_it_has_issued,
    a_renewed_ca_keeps_its_key_and_is_renewed_once_for_each_request,
    a_prepared_generation_issues_when_its_time_has_come
);

/// 2026-11-22 13:00 UTC, an hour into the stories.
const AT: &str = "1795352400";

pub fn rollover(name: &str) -> RollOverRequest {
    RollOverRequest {
        name: name.into(),
        validity: Some(seconds(3650 * DAY)),
        ..RollOverRequest::default()
    }
}

pub async fn load(replica: &Replica, name: &str) -> Authority {
    let request = LoadAuthorityRequest { name: name.into() };
    replica
        .authorities()
        .load(request)
        .await
        .unwrap()
        .into_inner()
}

async fn issue(replica: &Replica, request: IssueRequest) -> Vec<u8> {
    let issued = replica.issuance("clm-api").issue(request).await.unwrap();
    issued.into_inner().certificate.unwrap().der
}

pub fn write(folder: &Path, name: &str, certificates: &[&[u8]]) -> String {
    let path = folder.join(name);
    let pem: String = certificates
        .iter()
        .map(|der| ers_pki::pem::encode("CERTIFICATE", der))
        .collect();
    std::fs::write(&path, pem).unwrap();
    path.display().to_string()
}

pub fn verify(root: &str, between: &str, leaf: &str) {
    let said = openssl(&[
        "verify",
        "-x509_strict",
        "-attime",
        AT,
        "-CAfile",
        root,
        "-untrusted",
        between,
        leaf,
    ]);
    assert!(said.trim_end().ends_with("OK"), "{said}");
}

fn generation(ca: &Authority, number: u32) -> &AuthorityGeneration {
    ca.generations.iter().find(|g| g.number == number).unwrap()
}

fn other<'a>(ca: &'a Authority, kind: &str) -> &'a [u8] {
    &ca.others
        .iter()
        .find(|other| other.kind == kind)
        .unwrap()
        .certificate
}

async fn a_root_with_a_new_key_is_reached_from_the_old_one_and_reaches_back(
    database: TestDatabase,
) {
    let (replica, _) = with_pki(&database).await;
    let old_leaf = issue(&replica, request("r-old", "dns:old.test")).await;
    let rolled = replica
        .authorities()
        .roll_over(rollover("root"))
        .await
        .unwrap()
        .into_inner();
    assert_eq!(rolled.generation, 2);
    let again = RollOverRequest {
        prepare_only: true,
        ..rollover("root")
    };
    let again = replica
        .authorities()
        .roll_over(again)
        .await
        .unwrap()
        .into_inner();
    assert_eq!(again.generation, 2, "prepared, and told to wait");
    assert_eq!(again.generations.len(), 3);
    // A sub CA of the new key, beside the one of the old key.
    let sub = replica
        .authorities()
        .renew(RenewAuthorityRequest {
            request_id: "under-new-root".into(),
            name: "sub".into(),
            validity: Some(seconds(1000 * DAY)),
            ..RenewAuthorityRequest::default()
        })
        .await
        .unwrap()
        .into_inner();
    let new_leaf = issue(&replica, request("r-new", "dns:new.test")).await;

    let folder = tempfile::tempdir().unwrap();
    let pem = |name: &str, certificates: &[&[u8]]| write(folder.path(), name, certificates);
    let old_root = pem("old-root", &[&generation(&rolled, 1).certificate]);
    let new_root = pem("new-root", &[&generation(&rolled, 2).certificate]);
    let (old_leaf, new_leaf) = (pem("old", &[&old_leaf]), pem("new", &[&new_leaf]));
    let old_sub = other(&sub, "own");
    // both chains are on offer
    verify(&old_root, &pem("a", &[old_sub]), &old_leaf);
    verify(&new_root, &pem("b", &[&sub.certificate]), &new_leaf);
    // who trusts the old root follows NewWithOld, who trusts the new one OldWithNew
    let new_with_old = other(&rolled, "new-with-old");
    let old_with_new = other(&rolled, "old-with-new");
    verify(
        &old_root,
        &pem("c", &[&sub.certificate, new_with_old]),
        &new_leaf,
    );
    verify(&new_root, &pem("d", &[old_sub, old_with_new]), &old_leaf);
    assert_eq!(sub.chain, [generation(&rolled, 2).certificate.clone()]);
}

async fn each_generation_tells_the_status_of_what_it_has_issued(database: TestDatabase) {
    let (replica, _) = with_pki(&database).await;
    let before =
        Certificate::from_der(&issue(&replica, request("r-1", "dns:a.test")).await).unwrap();
    let rolled = RollOverRequest {
        validity: Some(seconds(1000 * DAY)),
        ..rollover("sub")
    };
    let sub = replica
        .authorities()
        .roll_over(rolled)
        .await
        .unwrap()
        .into_inner();
    assert_eq!(sub.generation, 2);
    assert!(
        sub.others.is_empty(),
        "the root has signed both keys: no links"
    );
    let after =
        Certificate::from_der(&issue(&replica, request("r-2", "dns:b.test")).await).unwrap();
    let keys: Vec<_> = sub
        .generations
        .iter()
        .map(|g| Certificate::from_der(&g.certificate).unwrap())
        .collect();
    before.verify_signed_by(&keys[0]).unwrap();
    after.verify_signed_by(&keys[1]).unwrap();
    assert_eq!(
        after.crl_urls(),
        ["http://revocation.test/rev-info/crl/sub.g2.crl"]
    );
    assert_eq!(
        after.ca_issuer_urls(),
        ["http://revocation.test/rev-info/ca/sub.g2.cer"]
    );

    let responders = replica
        .status()
        .list_responders(ListRespondersRequest {})
        .await
        .unwrap()
        .into_inner();
    for (responder, key) in responders
        .responders
        .iter()
        .filter(|r| r.issuer == "sub")
        .zip(&keys)
    {
        let signer = Certificate::from_der(&responder.certificate).unwrap();
        signer.verify_signed_by(key).unwrap();
    }
    // Both are revoked; each stands in the CRL of its own key, and in no other.
    for (number, certificate) in [(1, &before), (2, &after)] {
        let serial = certificate.serial().to_hex();
        let revoke = RevokeRequest {
            issuer: "sub".into(),
            serial: serial.clone(),
            reason: "superseded".into(),
            requester: "test".into(),
            ..RevokeRequest::default()
        };
        replica.revoking().revoke(revoke).await.unwrap();
        let find = FindStatusRequest {
            issuer: "sub".into(),
            serial,
        };
        let status = replica.status().find(find).await.unwrap().into_inner();
        assert_eq!(status.generation, number);
    }
    for (number, listed, not_listed) in [(1, &before, &after), (2, &after, &before)] {
        let crl = loop {
            let load = LoadCrlRequest {
                issuer: "sub".into(),
                generation: number,
            };
            let crl = replica.status().load_crl(load).await.unwrap().into_inner();
            let crl = Crl::from_der(&crl.der).unwrap();
            if !crl.is_empty() {
                break crl;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        };
        crl.verify_signed_by(&keys[number as usize - 1]).unwrap();
        assert!(crl.find(listed.serial()).is_some());
        assert!(crl.find(not_listed.serial()).is_none());
    }
}

async fn a_renewed_ca_keeps_its_key_and_is_renewed_once_for_each_request(database: TestDatabase) {
    let (replica, _) = with_pki(&database).await;
    let leaf = issue(&replica, request("r-1", "dns:a.test")).await;
    let before = load(&replica, "sub").await;
    let renewal = |id: &str, days| RenewAuthorityRequest {
        request_id: id.into(),
        name: "sub".into(),
        validity: Some(seconds(days * DAY)),
        ..RenewAuthorityRequest::default()
    };
    let renew = async |request| {
        replica
            .authorities()
            .renew(request)
            .await
            .unwrap()
            .into_inner()
    };
    let first = renew(renewal("one", 1900)).await;
    assert_eq!(
        renew(renewal("one", 1900)).await.certificate,
        first.certificate
    );
    let second = renew(renewal("two", 2000)).await;
    assert_ne!(first.certificate, second.certificate);
    // A repetition that comes late puts nothing back.
    assert_eq!(
        renew(renewal("one", 1900)).await.certificate,
        second.certificate
    );
    let [old, new] = [&before, &second].map(|ca| Certificate::from_der(&ca.certificate).unwrap());
    assert_eq!(old.public_key(), new.public_key());
    assert_eq!(second.generation, 1);
    assert_eq!(second.others.len(), 2);
    let folder = tempfile::tempdir().unwrap();
    let root = write(folder.path(), "root", &[second.chain.last().unwrap()]);
    let between = write(folder.path(), "sub", &[&second.certificate]);
    verify(&root, &between, &write(folder.path(), "leaf", &[&leaf]));
    let refused = replica
        .authorities()
        .renew(renewal("x", 9000))
        .await
        .unwrap_err();
    assert_eq!(
        refused.code(),
        Code::FailedPrecondition,
        "{}",
        refused.message()
    );
    assert!(
        refused.message().starts_with("validity: "),
        "{}",
        refused.message()
    );
}

async fn a_prepared_generation_issues_when_its_time_has_come(database: TestDatabase) {
    let (replica, _) = with_pki(&database).await;
    let switch_at = prost_types::Timestamp {
        seconds: 1_795_348_800 + DAY,
        nanos: 0,
    };
    let prepared = RollOverRequest {
        validity: Some(seconds(1000 * DAY)),
        switch_at: Some(switch_at),
        ..rollover("sub")
    };
    let sub = replica
        .authorities()
        .roll_over(prepared.clone())
        .await
        .unwrap()
        .into_inner();
    assert_eq!((sub.generation, sub.generations.len()), (1, 2));
    assert_eq!(generation(&sub, 2).state, "prepared");
    assert!(
        generation(&sub, 2).crl_number > 0,
        "its CRL is there before its certificates"
    );
    replica.cara.maintain().await;
    assert_eq!(load(&replica, "sub").await.generation, 1);
    replica.clock.advance(time::Duration::seconds(86_401));
    replica.cara.maintain().await;
    let sub = load(&replica, "sub").await;
    assert_eq!(sub.generation, 2);
    assert_eq!(generation(&sub, 1).state, "superseded");
    // Told to by hand, it comes at once; and back there is no way.
    let switch = |generation| SwitchGenerationRequest {
        name: "sub".into(),
        generation,
    };
    replica.authorities().switch(switch(2)).await.unwrap();
    let refused = replica.authorities().switch(switch(1)).await.unwrap_err();
    assert!(
        refused.message().starts_with("generation: "),
        "{}",
        refused.message()
    );
}
