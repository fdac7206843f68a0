//! Promises:
//! - a hold gives way to a final reason or is released, and CRLs follow; nothing else can be taken back;
//! - however many revoke the same certificate at once, it is revoked once;
//! - a compromised key gets no certificates any more, on no replica, and its other certificates are found;
//! - many are revoked by list or filter, with progress, and what was interrupted goes on;
//! - the holder of a private key may revoke, nobody else on their word.

use std::{sync::Arc, time::Duration};

use crate::common::{Replica, clock, request, with_pki};
use ers_pki::{
    crl::Crl,
    key::{KeyAlgorithm, PrivateKey, PublicKey, SignatureAlgorithm},
    revocation::Reason,
    serial::SerialNumber,
};
use ers_proto::cara::v1::{
    CertificateFilter, CertificateList, IssueRequest, IssuerAndSerial, Origin, ReadCrlRequest,
    ReleaseRequest, RevokeByProofRequest, RevokeManyProgress, RevokeManyRequest, RevokeRequest,
    crl_part::Part, revoke_many_request::Selection,
};
use ers_signer_client::fake::FakeSigner;
use ers_test_support::{databases::TestDatabase, on_every_database};
use tonic::Code;

on_every_database!(
    a_hold_is_released_or_becomes_final_and_nothing_else_is_taken_back,
    concurrent_revocations_of_one_certificate_make_one_event,
    a_compromised_key_is_blocked_on_every_replica_and_its_siblings_are_revoked,
    many_are_revoked_by_filter_and_by_list_and_interrupted_acts_go_on,
    the_holder_of_the_private_key_may_revoke,
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

fn release(serial: &str) -> ReleaseRequest {
    ReleaseRequest {
        issuer: "sub".into(),
        serial: serial.into(),
        requester: "test".into(),
    }
}

async fn issue(replica: &Replica, request: IssueRequest) -> (String, Vec<u8>) {
    let answer = replica.issuance("clm-api").issue(request).await.unwrap();
    let certificate = answer.into_inner().certificate.unwrap();
    (certificate.serial, certificate.der)
}

/// The newest CRL of a name.
pub async fn crl(replica: &Replica, name: &str) -> Crl {
    let request = ReadCrlRequest { name: name.into() };
    let mut parts = replica
        .status()
        .read_crl(request)
        .await
        .unwrap()
        .into_inner();
    let mut der = Vec::new();
    while let Some(part) = parts.message().await.unwrap() {
        if let Some(Part::Octets(octets)) = part.part {
            der.extend(octets);
        }
    }
    Crl::from_vec(der).unwrap()
}

/// The reason that the newest CRL tells of a certificate.
async fn told(replica: &Replica, serial: &str) -> Option<Reason> {
    let serial = SerialNumber::from_hex(serial).unwrap();
    crl(replica, "sub")
        .await
        .find(serial)
        .map(|entry| entry.reason)
}

async fn until_told(replica: &Replica, serial: &str, wanted: Option<Reason>) {
    let begun = std::time::Instant::now();
    while told(replica, serial).await != wanted {
        assert!(
            begun.elapsed().as_secs() < 30,
            "the CRL never says {wanted:?}"
        );
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Failure 32: hold, release, revoke twice, a worse reason: each has its specified result.
async fn a_hold_is_released_or_becomes_final_and_nothing_else_is_taken_back(
    database: TestDatabase,
) {
    let (replica, _) = with_pki(&database).await;
    let (serial, _) = issue(&replica, request("r-1", "dns:a.test")).await;
    let mut revoking = replica.revoking();
    let held = revoking
        .revoke(revoke(&serial, "certificateHold"))
        .await
        .unwrap();
    assert!(!held.into_inner().already_revoked);
    until_told(&replica, &serial, Some(Reason::CertificateHold)).await;

    let released = revoking
        .release(release(&serial))
        .await
        .unwrap()
        .into_inner();
    assert!(released.was_on_hold && released.certificate.unwrap().revocation.is_none());
    until_told(&replica, &serial, None).await;
    let again = revoking
        .release(release(&serial))
        .await
        .unwrap()
        .into_inner();
    assert!(
        !again.was_on_hold,
        "to release what is not revoked changes nothing"
    );

    revoking
        .revoke(revoke(&serial, "certificateHold"))
        .await
        .unwrap();
    let since = prost_types::Timestamp {
        seconds: 1_750_000_000,
        nanos: 0,
    };
    let final_one = RevokeRequest {
        invalidity_date: Some(since),
        ..revoke(&serial, "superseded")
    };
    let answer = revoking.revoke(final_one).await.unwrap().into_inner();
    let revocation = answer.certificate.unwrap().revocation.unwrap();
    assert_eq!(
        (answer.already_revoked, revocation.reason.as_str()),
        (false, "superseded")
    );
    assert_eq!(
        revocation.invalidity_date.map(|at| at.seconds),
        Some(since.seconds)
    );
    until_told(&replica, &serial, Some(Reason::Superseded)).await;
    let list = crl(&replica, "sub").await;
    let entry = list.find(SerialNumber::from_hex(&serial).unwrap()).unwrap();
    assert_eq!(
        entry
            .invalidity_date
            .map(time::OffsetDateTime::unix_timestamp),
        Some(since.seconds)
    );

    let held = revoking
        .revoke(revoke(&serial, "certificateHold"))
        .await
        .unwrap();
    assert!(held.into_inner().already_revoked, "what is final stays");
    let refused = revoking.release(release(&serial)).await.unwrap_err();
    assert_eq!(refused.code(), Code::FailedPrecondition);
    let unknown = revoking.release(release("abcdef")).await.unwrap_err();
    assert_eq!(unknown.code(), Code::NotFound);
    let future = RevokeRequest {
        invalidity_date: Some(prost_types::Timestamp {
            seconds: 4_000_000_000,
            nanos: 0,
        }),
        ..revoke(&serial, "keyCompromise")
    };
    let refused = revoking.revoke(future).await.unwrap_err();
    assert!(
        refused.message().starts_with("invalidity_date: "),
        "{refused}"
    );

    let (expired, _) = issue(&replica, request("r-2", "dns:b.test")).await;
    replica.clock.advance(time::Duration::days(500));
    let refused = revoking
        .revoke(revoke(&expired, "superseded"))
        .await
        .unwrap_err();
    assert_eq!(refused.code(), Code::FailedPrecondition, "{refused}");
}

/// Failure 32: concurrent revocations of one certificate on two replicas become one.
async fn concurrent_revocations_of_one_certificate_make_one_event(database: TestDatabase) {
    let signer = Arc::new(FakeSigner::new());
    let clock = clock();
    let first = Replica::start(&database.config, &signer, &clock)
        .await
        .with_pki()
        .await;
    let second = Replica::start(&database.config, &signer, &clock).await;
    let (serial, _) = issue(&first, request("r-1", "dns:a.test")).await;
    let asked = (0..20).map(|number| {
        let replica = if number % 2 == 0 { &first } else { &second };
        let mut revoking = replica.revoking();
        let request = revoke(&serial, "superseded");
        async move { revoking.revoke(request).await.unwrap().into_inner() }
    });
    let answers = futures::future::join_all(asked).await;
    let new = answers
        .iter()
        .filter(|answer| !answer.already_revoked)
        .count();
    assert_eq!(new, 1);
    let connection = crate::common::connect(&database).await;
    let count = |table: &str| format!("select count(*) as n from {table}");
    let revoked_events = count("event where kind = 2");
    assert_eq!(crate::common::number(&connection, &revoked_events).await, 1);
    assert_eq!(
        crate::common::number(&connection, &count("revocation")).await,
        1
    );
}

/// Failure 33: revocation for keyCompromise blocks the key for new issuance, and finds its siblings.
async fn a_compromised_key_is_blocked_on_every_replica_and_its_siblings_are_revoked(
    database: TestDatabase,
) {
    let signer = Arc::new(FakeSigner::new());
    let clock = clock();
    let first = Replica::start(&database.config, &signer, &clock)
        .await
        .with_pki()
        .await;
    let second = Replica::start(&database.config, &signer, &clock).await;
    let asked = request("r-1", "dns:a.test");
    let same_key = |id: &str| IssueRequest {
        request_id: id.into(),
        ..asked.clone()
    };
    let (serial, _) = issue(&first, asked.clone()).await;
    let (sibling, _) = issue(&first, same_key("r-2")).await;
    let (other, _) = issue(&first, request("r-3", "dns:a.test")).await;
    let compromised = RevokeRequest {
        siblings: true,
        ..revoke(&serial, "keyCompromise")
    };
    let answer = first
        .revoking()
        .revoke(compromised)
        .await
        .unwrap()
        .into_inner();
    let expected = IssuerAndSerial {
        issuer: "sub".into(),
        serial: sibling.clone(),
    };
    assert_eq!(answer.siblings, [expected]);
    until_told(&first, &sibling, Some(Reason::KeyCompromise)).await;
    until_told(&first, &other, None).await;

    let refused = first
        .issuance("clm-api")
        .issue(same_key("r-4"))
        .await
        .unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument);
    assert!(refused.message().starts_with("public_key: "), "{refused}");
    // The other replica learns of it by looking at the database; a repetition gets what was issued before.
    let begun = std::time::Instant::now();
    for number in 0.. {
        let id = format!("r-5-{number}");
        match second.issuance("clm-api").issue(same_key(&id)).await {
            Err(status) if status.code() == Code::InvalidArgument => break,
            _ => assert!(
                begun.elapsed().as_secs() < 30,
                "the key is never blocked there"
            ),
        }
    }
    let repeated = second.issuance("clm-api").issue(same_key("r-2")).await;
    assert!(repeated.is_ok(), "{repeated:?}");
}

async fn many(
    replica: &Replica,
    request: RevokeManyRequest,
) -> Result<Vec<RevokeManyProgress>, tonic::Status> {
    let mut told = replica.revoking().revoke_many(request).await?.into_inner();
    let mut all = Vec::new();
    while let Some(progress) = told.message().await? {
        all.push(progress);
    }
    Ok(all)
}

async fn many_are_revoked_by_filter_and_by_list_and_interrupted_acts_go_on(database: TestDatabase) {
    let (replica, _) = with_pki(&database).await;
    let key = PrivateKey::generate(KeyAlgorithm::P256).unwrap();
    let asked = (0..30).map(|number| {
        let origin = Origin {
            policy: if number % 3 == 0 { "web_1" } else { "webs1" }.into(),
            ..Origin::default()
        };
        let request = IssueRequest {
            public_key: key.public_key().spki_der().to_vec(),
            origin: Some(origin),
            ..request(&format!("r-{number}"), "dns:a.test")
        };
        issue(&replica, request)
    });
    let issued = futures::future::join_all(asked).await;
    let filter = |after: &str| CertificateFilter {
        issuer: "sub".into(),
        policy: "web_1".into(),
        after: after.into(),
        ..CertificateFilter::default()
    };
    let act = |selection, dry_run| RevokeManyRequest {
        selection: Some(selection),
        reason: "cessationOfOperation".into(),
        requester: "test".into(),
        dry_run,
        invalidity_date: None,
    };
    let counted = many(&replica, act(Selection::Filter(filter("")), true))
        .await
        .unwrap();
    let last = counted.last().unwrap();
    assert_eq!((last.examined, last.revoked, last.done), (10, 10, true));
    let done = many(&replica, act(Selection::Filter(filter("")), false))
        .await
        .unwrap();
    let last = done.last().unwrap();
    assert_eq!((last.examined, last.revoked, last.unchanged), (10, 10, 0));
    // Again, and from the middle: what is revoked stays so.
    let again = many(&replica, act(Selection::Filter(filter("")), false))
        .await
        .unwrap();
    assert_eq!(again.last().unwrap().unchanged, 10);
    let rest = many(&replica, act(Selection::Filter(filter(&last.after)), false))
        .await
        .unwrap();
    assert_eq!(rest.last().unwrap().examined, 0);

    let list = issued
        .iter()
        .map(|(serial, _)| serial.clone())
        .chain(["abcdef".to_owned()])
        .map(|serial| IssuerAndSerial {
            issuer: "sub".into(),
            serial,
        });
    let list = CertificateList {
        certificates: list.collect(),
    };
    let done = many(&replica, act(Selection::List(list), false))
        .await
        .unwrap();
    let last = done.last().unwrap();
    assert_eq!((last.revoked, last.unchanged, last.left_out), (20, 10, 1));
    for (serial, _) in &issued {
        until_told(&replica, serial, Some(Reason::CessationOfOperation)).await;
    }
    let unknown = CertificateFilter {
        issuer: "nobody".into(),
        ..CertificateFilter::default()
    };
    let refused = many(&replica, act(Selection::Filter(unknown), false))
        .await
        .unwrap_err();
    assert_eq!(refused.code(), Code::NotFound);
}

async fn the_holder_of_the_private_key_may_revoke(database: TestDatabase) {
    let (replica, _) = with_pki(&database).await;
    let key = PrivateKey::generate(KeyAlgorithm::P256).unwrap();
    let asked = IssueRequest {
        public_key: PublicKey::from_spki_der(key.public_key().spki_der())
            .unwrap()
            .spki_der()
            .to_vec(),
        ..request("r-1", "dns:a.test")
    };
    let (serial, der) = issue(&replica, asked).await;
    let proof = |signed_by: &PrivateKey, signed: &str, told: &str| {
        let fingerprint = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &der);
        let code = signed.parse::<Reason>().unwrap().code();
        let word = [
            b"ers.cara.v1.RevokeByProof\0",
            fingerprint.as_ref(),
            &[code],
        ]
        .concat();
        let algorithm = SignatureAlgorithm::Sha256WithEcdsa;
        RevokeByProofRequest {
            certificate: der.clone(),
            reason: told.into(),
            signature_algorithm: algorithm.to_string(),
            signature: signed_by
                .sign(algorithm, &word)
                .unwrap()
                .as_slice()
                .to_vec(),
        }
    };
    let stranger = PrivateKey::generate(KeyAlgorithm::P256).unwrap();
    for (wrong, field) in [
        (proof(&stranger, "superseded", "superseded"), "signature: "),
        (proof(&key, "superseded", "keyCompromise"), "signature: "),
        (
            proof(&key, "certificateHold", "certificateHold"),
            "reason: ",
        ),
    ] {
        let refused = replica.revoking().revoke_by_proof(wrong).await.unwrap_err();
        assert_eq!(refused.code(), Code::InvalidArgument);
        assert!(refused.message().starts_with(field), "{refused}");
    }
    let right = proof(&key, "keyCompromise", "keyCompromise");
    for already in [false, true] {
        let answer = replica
            .revoking()
            .revoke_by_proof(right.clone())
            .await
            .unwrap()
            .into_inner();
        assert_eq!(answer.already_revoked, already);
        let certificate = answer.certificate.unwrap();
        assert_eq!(certificate.serial, serial);
        let requester = certificate.revocation.unwrap().requester;
        assert!(requester.starts_with("certificate-key:"), "{requester}");
    }
}
