//! Promises:
//! - a CA whose certificate a foreign CA signs gets a request that openssl reads, begins when the right certificate comes,
//!   and says exactly what is wrong with a wrong one;
//! - cross-certificates go out and come in, and openssl follows them;
//! - an off-line root signs what is carried to it, and only its own CRLs, ever newer, are published in its place.

use ers_pki::{
    certificate::Certificate,
    crl::{self, Crl},
    csr::Csr,
    issuance::{Issuer, Request, prepare},
    key::{KeyAlgorithm, PrivateKey, SignatureAlgorithm},
    profile::Profile,
    serial::SerialNumber,
};
use ers_proto::cara::v1::{
    AddExternalRequest, Authority, AuthorityState, CreateAuthorityRequest, CrossSignRequest,
    ImportCertificateRequest, ImportCrlRequest, ImportLongCrlRequest, LoadCrlRequest,
    RenewAuthorityRequest, RollOverRequest,
};
use ers_test_support::{
    databases::{Kind, TestDatabase, fresh},
    on_every_database,
};
use time::{Duration, OffsetDateTime, macros::datetime};
use tonic::{Code, Status};

use crate::{
    common::{DAY, Replica, openssl, request, root, seconds, with_pki},
    generations::{load, verify, write},
};

on_every_database!(
    a_ca_under_a_foreign_root_begins_when_its_certificate_comes,
    an_off_line_root_signs_what_is_carried_to_it_and_its_crls_are_carried_back
);

const NOW: OffsetDateTime = datetime!(2026-11-22 12:00 UTC);
const ALGORITHM: SignatureAlgorithm = SignatureAlgorithm::Sha256WithEcdsa;

/// A CA that is not ours.
struct Foreign {
    key: PrivateKey,
    issuer: Issuer,
    certificate: Certificate,
}

fn serial(number: u8) -> SerialNumber {
    SerialNumber::from_hex(&format!("4a6f1d0c3b5e7f8091a2b3c4d5e6f7{number:02x}")).unwrap()
}

impl Foreign {
    fn root(path_length: Option<u32>) -> Self {
        let key = PrivateKey::generate(KeyAlgorithm::P256).unwrap();
        let name = "CN=Foreign Root,O=Elsewhere".parse().unwrap();
        let own = Issuer::self_signed(name, key.public_key().clone(), ALGORITHM).unwrap();
        let asked = Request {
            subject: own.name().clone(),
            ..Request::new(key.public_key().clone())
        };
        let certificate = certify(&key, &own, &asked, "root-ca", path_length, 1);
        let issuer = Issuer::new(certificate.clone(), ALGORITHM).unwrap();
        Self {
            key,
            issuer,
            certificate,
        }
    }

    fn sign(&self, csr: &Csr, profile: &str, number: u8) -> Certificate {
        let asked = Request {
            subject: csr.subject().clone(),
            validity: Some(Duration::days(1000)),
            ..Request::new(csr.public_key().clone())
        };
        certify(&self.key, &self.issuer, &asked, profile, None, number)
    }

    fn crl(&self, number: u64, this_update: OffsetDateTime) -> Vec<u8> {
        self.long_crl(number, this_update, 0)
    }

    /// One that tells of some revocations only.
    fn crl_of_some(&self, number: u64, scope: crl::Scope) -> Vec<u8> {
        let (from, until) = (NOW, NOW + Duration::days(90));
        let builder = crl::CrlBuilder::new(&self.issuer, number, from, until, scope, 0).unwrap();
        let prepared = builder.finish().unwrap();
        let signature = self.key.sign(ALGORITHM, prepared.to_be_signed()).unwrap();
        prepared.assemble(&signature).unwrap().der().to_vec()
    }

    /// One with so many entries.
    fn long_crl(&self, number: u64, this_update: OffsetDateTime, entries: u64) -> Vec<u8> {
        let next_update = this_update + Duration::days(90);
        let entries = (0..entries).map(|entry| crl::RevokedEntry {
            serial: SerialNumber::from_hex(&format!("4a{entry:036x}")).unwrap(),
            at: this_update,
            reason: ers_pki::revocation::Reason::KeyCompromise,
            invalidity_date: None,
        });
        let prepared =
            crl::prepare(&self.issuer, number, this_update, next_update, entries).unwrap();
        let signature = self.key.sign(ALGORITHM, prepared.to_be_signed()).unwrap();
        prepared.assemble(&signature).unwrap().der().to_vec()
    }
}

fn openssl_reads_crl(issuer: &Certificate, crl: &[u8]) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("ca.pem"), issuer.pem()).unwrap();
    std::fs::write(folder.path().join("list.crl"), crl).unwrap();
    let output = std::process::Command::new("openssl")
        .args(["crl", "-inform", "DER", "-in", "list.crl", "-noout"])
        .args(["-CAfile", "ca.pem", "-verify"])
        .current_dir(folder.path())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("verify OK"), "{said}");
}

fn certify(
    key: &PrivateKey,
    issuer: &Issuer,
    asked: &Request,
    profile: &str,
    path_length: Option<u32>,
    number: u8,
) -> Certificate {
    let mut profile = Profile::find_ready(profile).unwrap().clone();
    if let Some(constraints) = &mut profile.basic_constraints {
        constraints.path_length = path_length;
    }
    let prepared = prepare(&profile, issuer, asked, serial(number), NOW).unwrap();
    let signature = key.sign(ALGORITHM, prepared.to_be_signed()).unwrap();
    prepared.assemble(&signature).unwrap()
}

fn external(name: &str) -> CreateAuthorityRequest {
    CreateAuthorityRequest {
        name: name.into(),
        subject: format!("CN=Ours {name},O=Test"),
        external: true,
        path_length: Some(0),
        ..root()
    }
}

fn import(
    name: &str,
    certificate: &Certificate,
    chain: &[&Certificate],
) -> ImportCertificateRequest {
    ImportCertificateRequest {
        name: name.into(),
        certificate: certificate.der().to_vec(),
        chain: chain.iter().map(|above| above.der().to_vec()).collect(),
        prepare_only: false,
    }
}

async fn take(replica: &Replica, request: ImportCertificateRequest) -> Result<Authority, Status> {
    let answer = replica.authorities().import_certificate(request).await?;
    Ok(answer.into_inner())
}

async fn a_ca_under_a_foreign_root_begins_when_its_certificate_comes(database: TestDatabase) {
    let (replica, _) = with_pki(&database).await;
    let foreign = Foreign::root(None);
    let ours = replica.create(external("ours")).await.unwrap();
    assert_eq!(ours.state(), AuthorityState::AwaitingCertificate);
    let again = replica.create(external("ours")).await.unwrap();
    assert_eq!(again.request, ours.request);

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("request");
    std::fs::write(
        &path,
        ers_pki::pem::encode("CERTIFICATE REQUEST", &ours.request),
    )
    .unwrap();
    let said = openssl(&[
        "req",
        "-in",
        &path.display().to_string(),
        "-noout",
        "-text",
        "-verify",
    ]);
    assert!(said.contains("CA:TRUE, pathlen:0"), "{said}");
    assert!(said.contains("Certificate Sign, CRL Sign"), "{said}");

    let csr = Csr::from_der(&ours.request).unwrap();
    let certificate = foreign.sign(&csr, "sub-ca", 2);
    let begun = take(
        &replica,
        import("ours", &certificate, &[&foreign.certificate]),
    )
    .await
    .unwrap();
    assert_eq!(begun.state(), AuthorityState::Active);
    assert_eq!(begun.chain, [foreign.certificate.der().to_vec()]);
    assert!(begun.crl_number > 0);
    let again = take(&replica, import("ours", &certificate, &[]))
        .await
        .unwrap();
    assert_eq!(again.certificate, begun.certificate);

    let asked = ers_proto::cara::v1::IssueRequest {
        issuer: "ours".into(),
        ..request("r-1", "dns:a.test")
    };
    let issued = replica
        .issuance("clm-api")
        .issue(asked)
        .await
        .unwrap()
        .into_inner();
    assert_eq!(
        issued.chain,
        std::slice::from_ref(&begun.certificate),
        "without the root"
    );
    let pem = |name: &str, der: &[u8]| write(folder.path(), name, &[der]);
    verify(
        &pem("root", foreign.certificate.der()),
        &pem("ours", &begun.certificate),
        &pem("leaf", &issued.certificate.unwrap().der),
    );

    // Its renewal and its new key go out as requests too.
    let renewal = RenewAuthorityRequest {
        request_id: "next".into(),
        name: "ours".into(),
        validity: Some(seconds(500 * DAY)),
        ..RenewAuthorityRequest::default()
    };
    let renewal = replica
        .authorities()
        .renew(renewal)
        .await
        .unwrap()
        .into_inner();
    assert_eq!(renewal.certificate, begun.certificate, "until it comes");
    let renewed = foreign.sign(&Csr::from_der(&renewal.request).unwrap(), "sub-ca", 3);
    let renewed = take(&replica, import("ours", &renewed, &[])).await.unwrap();
    assert_ne!(renewed.certificate, begun.certificate);
    assert!(renewed.request.is_empty());
    let rolled = RollOverRequest {
        name: "ours".into(),
        validity: Some(seconds(500 * DAY)),
        ..RollOverRequest::default()
    };
    let rolled = replica
        .authorities()
        .roll_over(rolled)
        .await
        .unwrap()
        .into_inner();
    assert_eq!(rolled.generation, 1, "until it comes");
    let second = foreign.sign(&Csr::from_der(&rolled.request).unwrap(), "sub-ca", 4);
    let second = take(&replica, import("ours", &second, &[])).await.unwrap();
    assert_eq!(second.generation, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_with_a_certificate_that_comes_is_told_exactly() {
    let database = fresh(Kind::Sqlite).await.unwrap();
    let (replica, _) = with_pki(&database).await;
    let ours = replica.create(external("ours")).await.unwrap();
    let csr = Csr::from_der(&ours.request).unwrap();
    let foreign = Foreign::root(None);
    let other_foreign = Foreign::root(None);
    let good = foreign.sign(&csr, "sub-ca", 2);
    let other_key = PrivateKey::generate(KeyAlgorithm::P256).unwrap();
    let of = |subject: &str, key: &PrivateKey| {
        let asked = Request {
            subject: subject.parse().unwrap(),
            validity: Some(Duration::days(1000)),
            ..Request::new(key.public_key().clone())
        };
        certify(&foreign.key, &foreign.issuer, &asked, "sub-ca", None, 7)
    };
    let with_own_key = |subject: &str, profile: &str| {
        let asked = Request {
            subject: subject.parse().unwrap(),
            names: vec!["dns:a.test".parse().unwrap()],
            validity: Some(Duration::days(10)),
            ..Request::new(csr.public_key().clone())
        };
        let asked = if profile == "sub-ca" {
            Request {
                names: Vec::new(),
                ..asked
            }
        } else {
            asked
        };
        certify(&foreign.key, &foreign.issuer, &asked, profile, None, 8)
    };
    let cases = [
        (
            "certificate: ",
            "another key",
            import(
                "ours",
                &of("CN=Ours ours,O=Test", &other_key),
                &[&foreign.certificate],
            ),
        ),
        (
            "certificate: ",
            "its subject is",
            import(
                "ours",
                &with_own_key("CN=Another", "sub-ca"),
                &[&foreign.certificate],
            ),
        ),
        ("chain: ", "is missing", import("ours", &good, &[])),
        (
            "chain: ",
            "certificate above it",
            import("ours", &good, &[&other_foreign.certificate]),
        ),
        (
            "certificate: ",
            "read certificate",
            ImportCertificateRequest {
                certificate: vec![1, 2, 3],
                ..import("ours", &good, &[])
            },
        ),
        (
            "name: ",
            "awaits none",
            import("sub", &good, &[&foreign.certificate]),
        ),
        (
            "name: ",
            "there is no CA",
            import("nobody", &good, &[&foreign.certificate]),
        ),
    ];
    for (field, told, wrong) in cases {
        let refused = take(&replica, wrong).await.unwrap_err();
        let message = refused.message();
        assert!(
            message.starts_with(field) && message.contains(told),
            "{told}: {message}"
        );
    }
    // Too late it is no use either.
    replica.clock.advance(Duration::days(1001));
    let late = take(&replica, import("ours", &good, &[&foreign.certificate]))
        .await
        .unwrap_err();
    assert!(
        late.message().contains("it is valid from"),
        "{}",
        late.message()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn cross_certificates_go_out_and_come_in() {
    let database = fresh(Kind::Sqlite).await.unwrap();
    let (replica, _) = with_pki(&database).await;
    let foreign = Foreign::root(None);
    let cross = |request: &[u8]| CrossSignRequest {
        request_id: "cross-1".into(),
        issuer: "root".into(),
        request: request.to_vec(),
        validity: Some(seconds(300 * DAY)),
        path_length: Some(1),
        ..CrossSignRequest::default()
    };
    let signed = replica
        .authorities()
        .cross_sign(cross(foreign.certificate.der()))
        .await
        .unwrap()
        .into_inner();
    let again = replica
        .authorities()
        .cross_sign(cross(foreign.certificate.der()))
        .await
        .unwrap()
        .into_inner();
    let der = signed.certificate.unwrap().der;
    assert_eq!(again.certificate.unwrap().der, der);
    let certificate = Certificate::from_der(&der).unwrap();
    assert_eq!(certificate.path_length(), Some(1));
    assert!(Crl::from_der(&signed.crl).is_ok());
    // What the foreign CA has issued is trusted by who trusts our root.
    let leaf_key = PrivateKey::generate(KeyAlgorithm::P256).unwrap();
    let asked = Request {
        names: vec!["dns:b.test".parse().unwrap()],
        ..Request::new(leaf_key.public_key().clone())
    };
    let leaf = certify(&foreign.key, &foreign.issuer, &asked, "tls-server", None, 9);
    let folder = tempfile::tempdir().unwrap();
    let pem = |name: &str, der: &[u8]| write(folder.path(), name, &[der]);
    verify(
        &pem("root", &signed.chain[0]),
        &pem("cross", &der),
        &pem("leaf", leaf.der()),
    );

    // And the other way: the foreign CA certifies our sub CA's key.
    let sub = load(&replica, "sub").await;
    let sub_certificate = Certificate::from_der(&sub.certificate).unwrap();
    let asked = Request {
        subject: sub_certificate.subject().clone(),
        validity: Some(Duration::days(100)),
        ..Request::new(sub_certificate.public_key().clone())
    };
    let crossed = certify(&foreign.key, &foreign.issuer, &asked, "sub-ca", Some(0), 10);
    let with_cross = replica
        .authorities()
        .import_cross_certificate(import("sub", &crossed, &[&foreign.certificate]))
        .await
        .unwrap()
        .into_inner();
    let kinds: Vec<_> = with_cross
        .others
        .iter()
        .map(|other| other.kind.as_str())
        .collect();
    assert!(
        kinds.contains(&"cross") && kinds.contains(&"above"),
        "{kinds:?}"
    );
    assert_eq!(
        with_cross.certificate, sub.certificate,
        "it goes on issuing with its own"
    );
    let issued = replica
        .issuance("clm-api")
        .issue(request("r-1", "dns:c.test"))
        .await
        .unwrap();
    verify(
        &pem("foreign", foreign.certificate.der()),
        &pem("crossed", crossed.der()),
        &pem("leaf-2", &issued.into_inner().certificate.unwrap().der),
    );

    let own = load(&replica, "root").await.certificate;
    for (field, request) in [
        ("request: ", own.as_slice()),
        ("request: ", leaf.der()),
        ("request: ", b"no"),
    ] {
        let asked = CrossSignRequest {
            request_id: "cross-2".into(),
            ..cross(request)
        };
        let refused = replica.authorities().cross_sign(asked).await.unwrap_err();
        assert!(
            refused.message().starts_with(field),
            "{}",
            refused.message()
        );
    }
}

/// Failure 25: another CA's CRL, an old one or an expired one never gets to a CA's distribution point.
async fn an_off_line_root_signs_what_is_carried_to_it_and_its_crls_are_carried_back(
    database: TestDatabase,
) {
    let (replica, _) = with_pki(&database).await;
    let off_line = Foreign::root(None);
    let add = |certificate: &Certificate| AddExternalRequest {
        name: "off-line".into(),
        certificate: certificate.der().to_vec(),
    };
    let added = replica
        .authorities()
        .add_external(add(&off_line.certificate))
        .await
        .unwrap();
    assert_eq!(added.into_inner().state(), AuthorityState::External);
    // It is known here: a certificate that it signs needs no chain beside it.
    let ours = replica.create(external("ours")).await.unwrap();
    let certificate = off_line.sign(&Csr::from_der(&ours.request).unwrap(), "sub-ca", 2);
    let ours = take(&replica, import("ours", &certificate, &[]))
        .await
        .unwrap();
    assert_eq!(ours.chain, [off_line.certificate.der().to_vec()]);

    let carry = async |crl: Vec<u8>| {
        let request = ImportCrlRequest {
            name: "off-line".into(),
            crl,
        };
        replica.authorities().import_crl(request).await
    };
    let third = off_line.crl(3, NOW);
    carry(third.clone()).await.unwrap();
    carry(third.clone()).await.unwrap();
    let other = Foreign::root(None);
    let of_ours = {
        let load = LoadCrlRequest {
            issuer: "ours".into(),
            ..LoadCrlRequest::default()
        };
        replica
            .status()
            .load_crl(load)
            .await
            .unwrap()
            .into_inner()
            .der
    };
    let delta = crl::Scope {
        base: Some(3),
        ..crl::Scope::default()
    };
    let partition = crl::Scope {
        distribution_points: vec!["http://off-line.test/1.crl".into()],
        ..crl::Scope::default()
    };
    for (code, told, wrong) in [
        (
            Code::InvalidArgument,
            "not one of CA off-line",
            other.crl(9, NOW),
        ),
        (Code::InvalidArgument, "not one of CA off-line", of_ours),
        (
            Code::FailedPrecondition,
            "not above 3",
            off_line.crl(2, NOW),
        ),
        (
            Code::FailedPrecondition,
            "not above 3",
            off_line.crl(3, NOW - Duration::hours(1)),
        ),
        (
            Code::InvalidArgument,
            "it is valid from",
            off_line.crl(4, NOW - Duration::days(91)),
        ),
        (
            Code::InvalidArgument,
            "it is valid from",
            off_line.crl(4, NOW + Duration::days(1)),
        ),
        (Code::InvalidArgument, "read CRL", vec![0x30, 0]),
        (
            Code::InvalidArgument,
            "some certificates only",
            off_line.crl_of_some(4, delta),
        ),
        (
            Code::InvalidArgument,
            "some certificates only",
            off_line.crl_of_some(4, partition),
        ),
    ] {
        let refused = carry(wrong).await.unwrap_err();
        assert_eq!(refused.code(), code, "{told}: {}", refused.message());
        assert!(
            refused.message().starts_with("crl: "),
            "{}",
            refused.message()
        );
        assert!(
            refused.message().contains(told),
            "{told}: {}",
            refused.message()
        );
    }
    // One that is too long for a message comes in pieces.
    let long = off_line.long_crl(4, NOW, 90_000);
    assert!(long.len() > 4 << 20);
    let pieces = |name: &str, crl: &[u8]| -> Vec<ImportLongCrlRequest> {
        let pieces = crl.chunks(1 << 20).enumerate();
        pieces
            .map(|(number, octets)| ImportLongCrlRequest {
                name: if number == 0 {
                    name.into()
                } else {
                    String::new()
                },
                octets: octets.to_vec(),
            })
            .collect()
    };
    let carry_long = async |pieces: Vec<ImportLongCrlRequest>| {
        let mut authorities = replica.authorities();
        authorities
            .import_long_crl(futures::stream::iter(pieces))
            .await
    };
    let mut renamed = pieces("off-line", &long);
    renamed[1].name = "root".into();
    let short = &long[..long.len() - 1];
    for (code, told, wrong) in [
        (Code::InvalidArgument, "name: ", vec![]),
        (Code::InvalidArgument, "name: ", pieces("", &long)),
        (Code::NotFound, "name: ", pieces("nobody", &long)),
        (Code::InvalidArgument, "name: must not change", renamed),
        (
            Code::InvalidArgument,
            "crl: read CRL",
            pieces("off-line", short),
        ),
        (
            Code::InvalidArgument,
            "crl: ",
            pieces("off-line", &other.long_crl(9, NOW, 90_000)),
        ),
        (
            Code::InvalidArgument,
            "octets: must be at most",
            pieces("off-line", &vec![0x30; (64 << 20) + 1]),
        ),
    ] {
        let refused = carry_long(wrong).await.unwrap_err();
        assert_eq!(refused.code(), code, "{told}: {}", refused.message());
        assert!(refused.message().starts_with(told), "{}", refused.message());
    }
    let published = replica
        .status()
        .load_crl(LoadCrlRequest {
            issuer: "off-line".into(),
            ..LoadCrlRequest::default()
        })
        .await
        .unwrap()
        .into_inner();
    assert_eq!(published.der, third);
    carry_long(pieces("off-line", &long)).await.unwrap();
    let served = crate::revoking_in_depth::crl(&replica, "off-line").await;
    assert_eq!((served.len(), served.der()), (90_000, &long[..]));
    openssl_reads_crl(&off_line.certificate, &long);
    carry(off_line.crl(5, NOW)).await.unwrap();
    // A CA whose key is here makes its own.
    let request = ImportCrlRequest {
        name: "root".into(),
        crl: third,
    };
    let refused = replica.authorities().import_crl(request).await.unwrap_err();
    assert!(
        refused.message().starts_with("name: "),
        "{}",
        refused.message()
    );
    // It signs nothing here, and nothing is done for it.
    let below = CreateAuthorityRequest {
        name: "below".into(),
        subject: "CN=Below".into(),
        issuer: "off-line".into(),
        external: false,
        ..external("below")
    };
    let refused = replica.create(below).await.unwrap_err();
    assert!(
        refused.message().contains("off-line is external"),
        "{}",
        refused.message()
    );
    replica.cara.maintain().await;
}
