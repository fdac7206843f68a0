use std::process::Command;

use openssl::pkey::PKey;
use proptest::prelude::*;

use super::*;
use crate::crmf::{
    AuthInfo, CertReqMsg, CertTemplate, Control, OldCertId, ProofOfPossession, SigningKeyInput,
};
use crate::general_name::GeneralName;
use crate::key::{KeyAlgorithm, PrivateKey, PublicKey, SignatureAlgorithm};
use crate::name::Name;
use crate::revocation::Reason;

fn openssl(folder: &std::path::Path, arguments: &[&str]) {
    let output = Command::new("openssl")
        .args(arguments)
        .current_dir(folder)
        .output()
        .unwrap();
    // the client exits with an error when the mock server's answer is not to its liking: what it wrote counts
    assert!(
        output.status.success() || arguments[0] == "cmp",
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

/// Messages that `openssl cmp` makes, talking with its own mock server.
fn exchange(command: &str, more: &[&str]) -> (Vec<Message>, Vec<Message>) {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    openssl(
        folder,
        &[
            "req",
            "-x509",
            "-newkey",
            "rsa:2048",
            "-nodes",
            "-keyout",
            "key.pem",
            "-out",
            "cert.pem",
            "-subj",
            "/CN=device",
            "-addext",
            "keyUsage=digitalSignature",
            "-days",
            "30000",
        ],
    );
    openssl(
        folder,
        &[
            "req",
            "-new",
            "-key",
            "key.pem",
            "-subj",
            "/CN=device",
            "-out",
            "csr.pem",
        ],
    );
    let mut arguments = vec![
        "cmp",
        "-cmd",
        command,
        "-use_mock_srv",
        "-srv_ref",
        "ref",
        "-srv_secret",
        "pass:secret",
        "-rsp_cert",
        "cert.pem",
        "-ref",
        "ref",
        "-secret",
        "pass:secret",
        "-reqout",
        "req1 req2 req3",
        "-rspout",
        "rsp1 rsp2 rsp3",
        "-config",
        "",
        "-recipient",
        "/CN=ca",
        "-certout",
        "out.pem",
    ];
    arguments.extend(more);
    openssl(folder, &arguments);
    let read = |kind: &str| {
        let files = (1..=3).map(|number| folder.join(format!("{kind}{number}")));
        let messages: Vec<_> = files
            .filter_map(|file| std::fs::read(file).ok())
            .map(|der| Message::from_der(&der).unwrap())
            .collect();
        assert!(!messages.is_empty(), "{command}: no {kind}");
        messages
    };
    (read("req"), read("rsp"))
}

fn verify_mac(message: &Message) {
    let mac =
        PasswordMac::from_der(message.header().protection_algorithm.as_ref().unwrap()).unwrap();
    let part = message.protected_part();
    assert!(mac.verify(b"secret", &part, message.protection().unwrap()));
    assert!(!mac.verify(b"sacred", &part, message.protection().unwrap()));
    assert_eq!(PasswordMac::from_der(&mac.to_der()).unwrap(), mac);
}

#[test]
fn an_exchange_of_openssl_is_read_verified_and_written_again() {
    let enrol = [
        "-newkey",
        "key.pem",
        "-subject",
        "/CN=device",
        "-sans",
        "device.test",
        "-days",
        "30",
    ];
    for (command, more, kind) in [
        ("ir", &enrol[..], BodyKind::Ir),
        ("cr", &enrol[..], BodyKind::Cr),
        (
            "kur",
            &["-oldcert", "cert.pem", "-newkey", "key.pem"][..],
            BodyKind::Kur,
        ),
        ("p10cr", &["-csr", "csr.pem"][..], BodyKind::P10cr),
        (
            "rr",
            &["-oldcert", "cert.pem", "-revreason", "4"][..],
            BodyKind::Rr,
        ),
        ("genm", &[][..], BodyKind::Genm),
    ] {
        let (requests, responses) = exchange(command, more);
        assert_eq!(requests[0].body().kind(), Some(kind), "{command}");
        assert_eq!(
            requests[0].header().sender_kid.as_deref(),
            Some(b"ref".as_slice())
        );
        for message in requests.iter().chain(&responses) {
            verify_mac(message);
            assert_eq!(
                assemble(
                    &message.header().to_der(),
                    &message.body().to_der(),
                    message.protection(),
                    message.extra_certificates()
                ),
                message.der(),
                "{command}: {:?}",
                message.body()
            );
        }
    }
}

#[test]
fn possession_is_proven_by_what_openssl_signs() {
    let (requests, _) = exchange(
        "ir",
        &[
            "-newkey",
            "key.pem",
            "-subject",
            "/CN=device",
            "-sans",
            "device.test",
        ],
    );
    let Body::Request(BodyKind::Ir, messages) = requests[0].body() else {
        panic!("{:?}", requests[0].body());
    };
    let template = messages[0].template();
    assert_eq!(template.subject.as_ref().unwrap().to_string(), "CN=device");
    assert_eq!(
        template.names().unwrap(),
        [GeneralName::dns("device.test").unwrap()]
    );
    let key = PublicKey::from_spki_der(template.public_key.as_ref().unwrap()).unwrap();
    messages[0].verify_signature(&key).unwrap();
    let other = PrivateKey::generate(KeyAlgorithm::P256).unwrap();
    assert!(messages[0].verify_signature(other.public_key()).is_err());
}

#[test]
fn a_confirmation_of_openssl_is_of_its_certificate() {
    let enrol = ["-newkey", "key.pem", "-subject", "/CN=device"];
    let (requests, responses) = exchange("cr", &enrol);
    let Body::Response(BodyKind::Cp, content) = responses[0].body() else {
        panic!("{:?}", responses[0].body());
    };
    let issued = content.responses[0].issued.as_ref().unwrap();
    let certificate = crate::certificate::Certificate::from_der(&issued.certificate).unwrap();
    let Body::CertConfirm(statuses) = requests[1].body() else {
        panic!("{:?}", requests[1].body());
    };
    assert!(statuses[0].is_of(&certificate) && !statuses[0].is_rejection());
    let wrong = CertStatus {
        cert_hash: vec![7; 32],
        ..statuses[0].clone()
    };
    assert!(!wrong.is_of(&certificate));
    assert!(matches!(responses[1].body(), Body::Confirmation));
}

#[test]
fn openssl_reads_every_body_that_we_write() {
    let folder = tempfile::tempdir().unwrap();
    let key = PrivateKey::generate(KeyAlgorithm::P256).unwrap();
    for body in bodies(&key) {
        let message = Unprotected::new(&header(), &body).protect(&[7; 32], &[]);
        std::fs::write(folder.path().join("message.der"), &message).unwrap();
        openssl(
            folder.path(),
            &[
                "asn1parse",
                "-inform",
                "DER",
                "-in",
                "message.der",
                "-noout",
            ],
        );
        assert_eq!(Message::from_der(&message).unwrap().body(), &body);
    }
}

fn header() -> Header {
    Header {
        message_time: Some(time::macros::datetime!(2026-11-22 12:00 UTC)),
        protection_algorithm: Some(
            PasswordMac::pbmac1(&[1; 16], 1000.try_into().unwrap()).to_der(),
        ),
        sender_kid: Some(b"device".to_vec()),
        transaction_id: Some(vec![1; 16]),
        sender_nonce: Some(vec![2; 16]),
        recipient_nonce: Some(vec![3; 16]),
        free_text: vec!["für Menschen".to_owned()],
        general_info: vec![InfoTypeAndValue::implicit_confirm()],
        ..Header::new(
            3,
            Party::Directory("CN=device".parse().unwrap()),
            Party::unnamed(),
        )
    }
}

fn template(key: &PrivateKey) -> CertTemplate {
    CertTemplate {
        subject: Some("CN=device,O=Example".parse().unwrap()),
        public_key: Some(key.public_key().spki_der().to_vec()),
        not_before: Some(time::macros::datetime!(2026-11-22 12:00 UTC)),
        not_after: Some(time::macros::datetime!(2051-11-22 12:00 UTC)),
        ..CertTemplate::default()
    }
    .with_names(&[GeneralName::dns("device.test").unwrap()])
}

/// One body of each kind.
#[expect(clippy::too_many_lines, reason = "a list")]
fn bodies(key: &PrivateKey) -> Vec<Body> {
    let old = OldCertId {
        issuer: Some("CN=ca".parse().unwrap()),
        serial: vec![5],
    };
    let request = CertReqMsg::new(0, template(key), vec![Control::OldCertId(old.clone())]);
    let certificate = vec![0x30, 3, 2, 1, 5];
    let response = |issued| CertRepMessage {
        ca_pubs: vec![certificate.clone()],
        responses: vec![CertResponse {
            cert_req_id: -1,
            status: StatusInfo::of(Status::Accepted),
            issued,
        }],
    };
    let rejection = StatusInfo::rejection(Failure::DuplicateCertReq, "there is one");
    let revocation = RevDetails {
        template: CertTemplate {
            serial: Some(vec![5]),
            issuer: Some(Name::with_common_name("ca").unwrap()),
            ..CertTemplate::default()
        },
        reason: Reason::Superseded,
    };
    vec![
        Body::Request(
            BodyKind::Ir,
            vec![request.clone().with_proof(ProofOfPossession::RaVerified)],
        ),
        Body::Request(
            BodyKind::Kur,
            vec![request.with_proof(ProofOfPossession::EncryptedCertificate)],
        ),
        Body::Response(
            BodyKind::Ip,
            response(Some(Issued::certificate(certificate.clone()))),
        ),
        Body::Response(
            BodyKind::Cp,
            response(Some(Issued {
                certificate: vec![0xa0, 3, 2, 1, 5],
                is_encrypted: true,
                private_key: Some(vec![0xa0, 3, 2, 1, 6]),
            })),
        ),
        Body::Response(BodyKind::Kup, response(None)),
        Body::Pkcs10(certificate.clone()),
        Body::Revocation(vec![revocation]),
        Body::RevocationResponse(RevRepContent {
            statuses: vec![rejection.clone(), StatusInfo::of(Status::Accepted)],
            certificates: vec![old.clone(), old],
        }),
        Body::Confirmation,
        Body::Nested(vec![certificate.clone(), certificate.clone()]),
        Body::General(vec![InfoTypeAndValue::empty(info::CA_CERTS)]),
        Body::GeneralResponse(vec![
            InfoTypeAndValue::new(
                info::CA_CERTS,
                write_certificates(std::slice::from_ref(&certificate)),
            ),
            InfoTypeAndValue::new(
                info::CERT_REQ_TEMPLATE,
                template_info(&template(key), &[KeyAlgorithm::Rsa2048, KeyAlgorithm::P256]),
            ),
            InfoTypeAndValue::new(
                info::ROOT_CA_KEY_UPDATE,
                root_ca_key_update(&certificate, Some(&certificate), None),
            ),
            InfoTypeAndValue::new(info::SIGN_KEY_PAIR_TYPES, key_types(&KeyAlgorithm::ALL)),
            InfoTypeAndValue::unsupported(&[info::CURRENT_CRL]),
        ]),
        Body::Error {
            status: rejection,
            details: vec!["more".to_owned()],
        },
        Body::CertConfirm(vec![CertStatus {
            cert_hash: vec![7; 32],
            cert_req_id: 0,
            status: Some(StatusInfo::of(Status::Rejection)),
            hash_algorithm: Some(b"\x30\x0b\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01".to_vec()),
        }]),
        Body::PollRequest(vec![0, 1]),
        Body::PollResponse(vec![PollAnswer {
            cert_req_id: 0,
            check_after_seconds: 30,
            reason: vec!["wait".to_owned()],
        }]),
    ]
}

#[test]
fn a_signature_over_poposk_input_proves_possession_of_its_key_only() {
    let key = PrivateKey::generate(KeyAlgorithm::P256).unwrap();
    let algorithm = SignatureAlgorithm::Sha256WithEcdsa;
    let sender = Party::Directory("CN=device".parse().unwrap()).to_der();
    let input = SigningKeyInput::new(AuthInfo::Sender(sender), key.public_key().spki_der());
    let signature = key.sign(algorithm, input.der()).unwrap();
    let nameless = CertTemplate {
        subject: None,
        ..template(&key)
    };
    let proof = |input| ProofOfPossession::Signature {
        input,
        algorithm: algorithm.to_der(),
        signature: signature.clone(),
    };
    let message = CertReqMsg::new(0, nameless.clone(), Vec::new()).with_proof(proof(Some(input)));
    message.verify_signature(key.public_key()).unwrap();
    let der = Body::Request(BodyKind::Ir, vec![message]).to_der();
    let other = PrivateKey::generate(KeyAlgorithm::P256).unwrap();
    let message = Message::from_der(&assemble(&header().to_der(), &der, None, &[])).unwrap();
    let Body::Request(_, read) = message.body() else {
        panic!()
    };
    read[0].verify_signature(key.public_key()).unwrap();
    assert_eq!(
        read[0].verify_signature(other.public_key()),
        Err(crate::crmf::PossessionError::OtherKey)
    );
    let without = CertReqMsg::new(0, nameless, Vec::new()).with_proof(proof(None));
    assert_eq!(
        without.verify_signature(key.public_key()),
        Err(crate::crmf::PossessionError::InputMissing)
    );
}

/// Failure 39: wrong MAC iteration counts are refused before anything is computed.
#[test]
fn a_mac_of_very_many_iterations_is_refused_unread() {
    let many = |count: u32| PasswordMac::pbmac1(&[1; 16], count.try_into().unwrap()).to_der();
    assert!(PasswordMac::from_der(&many(MAX_ITERATIONS)).is_ok());
    for count in [MAX_ITERATIONS + 1, 1_000_000_000, u32::MAX] {
        assert_eq!(
            PasswordMac::from_der(&many(count)),
            Err(PasswordMacError::Iterations)
        );
    }
    let salted = PasswordMac::password_based(&[1; 129], 1.try_into().unwrap()).to_der();
    assert_eq!(PasswordMac::from_der(&salted), Err(PasswordMacError::Salt));
}

#[test]
fn an_encrypted_value_opens_with_the_right_key_only() {
    let rsa = PrivateKey::generate(KeyAlgorithm::Rsa2048).unwrap();
    let value = encrypted_value(b"certificate", rsa.public_key()).unwrap();
    let mut fields = crate::asn1::Reader::new(&value)
        .sequence("EncryptedValue")
        .unwrap();
    let mut symmetric = crate::asn1::Reader::new(fields.content(0xa1, "symmAlg").unwrap());
    symmetric.oid("symmAlg").unwrap();
    let iv = symmetric.content(4, "symmAlg").unwrap();
    let key = &fields.content(0x82, "encSymmKey").unwrap()[1..];
    fields.content(0xa3, "keyAlg").unwrap();
    let encrypted = &fields.content(3, "encValue").unwrap()[1..];
    let private = PKey::private_key_from_der(&rsa.to_pkcs8_der().unwrap()).unwrap();
    let mut decrypter = openssl::encrypt::Decrypter::new(&private).unwrap();
    decrypter
        .set_rsa_padding(openssl::rsa::Padding::PKCS1)
        .unwrap();
    let mut content_key = vec![0; 256];
    let length = decrypter.decrypt(key, &mut content_key).unwrap();
    let cipher = openssl::symm::Cipher::aes_256_cbc();
    let opened =
        openssl::symm::decrypt(cipher, &content_key[..length], Some(iv), encrypted).unwrap();
    assert_eq!(opened, b"certificate");
    let curve = PrivateKey::generate(KeyAlgorithm::P256).unwrap();
    assert_eq!(
        encrypted_value(b"x", curve.public_key()),
        Err(EncryptError::Key(KeyAlgorithm::P256))
    );
}

#[test]
fn an_enveloped_certificate_opens_with_the_right_key_only() {
    use crate::cms::{EnvelopedData, Recipient};
    for algorithm in [KeyAlgorithm::P256, KeyAlgorithm::P384] {
        let [key, other] = [0, 1].map(|_| PrivateKey::generate(algorithm).unwrap());
        let mut value = enveloped_data(b"certificate", key.public_key()).unwrap();
        assert_eq!(value[0], 0xa0);
        value[0] = 0x30;
        let data = EnvelopedData::from_content_der(&value, false).unwrap();
        let Recipient::KeyAgreement(recipient) = &data.recipients()[0] else {
            panic!("{data:?}");
        };
        let content_key = recipient.open(&key).unwrap();
        assert_eq!(
            data.decrypt(&content_key).unwrap().as_slice(),
            b"certificate"
        );
        assert!(recipient.open(&other).is_err());
    }
    let unsupported = PrivateKey::generate(KeyAlgorithm::X25519).unwrap();
    assert!(enveloped_data(b"certificate", unsupported.public_key()).is_err());
}

#[test]
fn failures_are_named_bits() {
    let status = StatusInfo {
        status: Status::Rejection,
        text: Vec::new(),
        failures: vec![Failure::BadAlg, Failure::BadPop, Failure::DuplicateCertReq],
    };
    let der = Body::error(status).to_der();
    assert!(hex::encode(der).ends_with("0305058040 0020".replace(' ', "").as_str()));
}

proptest! {
    #[test]
    fn what_is_written_is_read_again(
        id in any::<i64>(),
        octets in proptest::collection::vec(any::<u8>(), 1..32),
        text in "\\PC{0,40}",
        status in 0_usize..7,
        bits in proptest::collection::btree_set(0_usize..27, 0..27),
        seconds in any::<u32>(),
    ) {
        let statuses = [Status::Accepted, Status::GrantedWithModifications, Status::Rejection, Status::Waiting,
            Status::RevocationWarning, Status::RevocationNotification, Status::KeyUpdateWarning];
        let info = StatusInfo {
            status: statuses[status],
            text: vec![text.clone()],
            failures: bits.into_iter().map(|bit| Failure::ALL[bit]).collect(),
        };
        let bodies = [
            Body::error(info.clone()),
            Body::PollResponse(vec![PollAnswer { cert_req_id: id, check_after_seconds: u64::from(seconds), reason: vec![text] }]),
            Body::CertConfirm(vec![CertStatus { cert_hash: octets.clone(), cert_req_id: id, status: Some(info), hash_algorithm: None }]),
        ];
        for body in bodies {
            let header = Header { transaction_id: Some(octets.clone()), sender_nonce: Some(octets.clone()), ..header() };
            let der = Unprotected::new(&header, &body).protect(&octets, &[]);
            let read = Message::from_der(&der).unwrap();
            prop_assert_eq!(read.header(), &header);
            prop_assert_eq!(read.body(), &body);
            prop_assert_eq!(read.protected_part(), protected_part(&header.to_der(), &body.to_der()));
            prop_assert_eq!(peek_header(&der), Some(header));
        }
    }

    #[test]
    fn cut_and_changed_messages_never_panic(cut in 0_usize..400, place in 0_usize..400, octet in any::<u8>()) {
        let key = PrivateKey::from_pkcs8_der(KEY.get_or_init(|| {
            PrivateKey::generate(KeyAlgorithm::P256).unwrap().to_pkcs8_der().unwrap().to_vec()
        })).unwrap();
        for body in bodies(&key) {
            let mut der = Unprotected::new(&header(), &body).protect(&[7; 32], &[]);
            if let Some(found) = der.get_mut(place) {
                *found = octet;
            }
            let _ = Message::from_der(&der);
            der.truncate(cut);
            let _ = Message::from_der(&der);
            let _ = peek_header(&der);
        }
    }
}

static KEY: std::sync::OnceLock<Vec<u8>> = std::sync::OnceLock::new();
