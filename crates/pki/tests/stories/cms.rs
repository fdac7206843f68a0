//! CMS in the hands of openssl.
//!
//! Promises: what we sign and encrypt openssl verifies and decrypts, and the other way round, also when it streams (BER
//! with indefinite lengths); messages of certificates or a CRL only are read by it; changed messages are refused.

use std::num::NonZeroU32;

use ers_pki::certificate::Certificate;
use ers_pki::cms::{
    Attribute, ContentCipher, EnvelopedData, KeyHolder, KeyTransport, NewRecipient, NewSignature,
    Recipient, SignedData, certificates_only, content_type, crl_only, prepare, seal,
};
use ers_pki::crl;
use ers_pki::key::{KeyAlgorithm, PrivateKey, SignatureAlgorithm};

use crate::support::{Authority, Folder, NOW, profile};

const CONTENT: &[u8] = b"what is sent\r\n";

/// A certificate with its key, in a folder where openssl finds both.
struct Person {
    folder: Folder,
    key: PrivateKey,
    certificate: Certificate,
}

impl Person {
    fn new(algorithm: KeyAlgorithm) -> Self {
        let authority = Authority::root(KeyAlgorithm::P256);
        let key = PrivateKey::generate(algorithm).unwrap();
        let request = ers_pki::issuance::Request {
            subject: "CN=person".parse().unwrap(),
            names: vec!["email:person@example.com".parse().unwrap()],
            ..ers_pki::issuance::Request::new(key.public_key().clone())
        };
        let certificate = authority.issue(&profile("s-mime"), &request);
        let folder = Folder::new();
        folder.write("ca.pem", authority.certificate().pem());
        folder.write("person.pem", certificate.pem());
        folder.write("person.key", key.to_pkcs8_pem().unwrap().as_bytes());
        folder.write("content", CONTENT);
        Self {
            folder,
            key,
            certificate,
        }
    }
}

#[test]
fn openssl_verifies_what_we_sign() {
    for kind in [
        KeyAlgorithm::Rsa2048,
        KeyAlgorithm::P256,
        KeyAlgorithm::P384,
    ] {
        let person = Person::new(kind);
        let mut algorithms = vec![SignatureAlgorithm::default_for(kind)];
        if kind.is_rsa() {
            algorithms.push(SignatureAlgorithm::Sha512WithRsa);
            algorithms.push(SignatureAlgorithm::Sha256WithRsaPss);
        }
        for algorithm in algorithms {
            let transaction = ers_pki::ObjectIdentifier::new_unwrap("2.16.840.1.113733.1.9.7");
            let prepared = prepare(NewSignature {
                signer: &person.certificate,
                algorithm,
                content_type: content_type::DATA,
                content: Some(CONTENT),
                attributes: vec![Attribute::printable_string(transaction, "7")],
                certificates: vec![person.certificate.der()],
            });
            let signature = person.key.sign(algorithm, prepared.to_be_signed()).unwrap();
            person
                .folder
                .write("signed.der", prepared.assemble(&signature).unwrap());
            let arguments = "cms -verify -binary -inform DER -in signed.der -CAfile ca.pem -purpose any \
                -attime 1795353600 -out out";
            let arguments: Vec<&str> = arguments.split_whitespace().collect();
            person.folder.openssl(&arguments);
            assert_eq!(person.folder.read_bytes("out"), CONTENT, "{algorithm}");
        }
    }
}

#[test]
fn we_verify_what_openssl_signs_also_when_it_streams() {
    for (kind, digest) in [
        (KeyAlgorithm::Rsa2048, "sha256"),
        (KeyAlgorithm::Rsa2048, "sha512"),
        (KeyAlgorithm::Rsa2048, "sha1"),
        (KeyAlgorithm::P256, "sha256"),
        (KeyAlgorithm::P384, "sha384"),
    ] {
        let person = Person::new(kind);
        for more in [
            "",
            "-stream",
            "-keyid",
            "-noattr",
            "-keyopt rsa_padding_mode:pss",
        ] {
            let pss = more.starts_with("-keyopt");
            if pss && (!kind.is_rsa() || digest == "sha1") {
                continue;
            }
            let salt = if pss {
                " -keyopt rsa_pss_saltlen:-1"
            } else {
                ""
            };
            let command = format!(
                "cms -sign -binary -nodetach -in content -outform DER -out signed.der -md {digest} \
                 -signer person.pem -inkey person.key {more}{salt}"
            );
            let arguments: Vec<&str> = command.split_whitespace().collect();
            person.folder.openssl(&arguments);
            let message = person.folder.read_bytes("signed.der");
            let read = SignedData::from_ber(&message).unwrap();
            assert_eq!(read.content(), Some(CONTENT));
            let [signer] = read.signers() else {
                panic!("{} signers", read.signers().len());
            };
            let found = read.find_certificate(signer).unwrap();
            let key = found.public_key().unwrap();
            assert_eq!(read.verify(signer, &key), Ok(()), "{kind} {digest} {more}");
        }
    }
}

#[test]
fn openssl_decrypts_what_we_encrypt() {
    for kind in [
        KeyAlgorithm::Rsa2048,
        KeyAlgorithm::P256,
        KeyAlgorithm::P521,
    ] {
        let person = Person::new(kind);
        for transport in [KeyTransport::Pkcs1, KeyTransport::OAEP_SHA256] {
            for cipher in ContentCipher::ALL {
                let recipients = [
                    NewRecipient::Key {
                        holder: KeyHolder::of(&person.certificate),
                        key: person.certificate.public_key(),
                        transport,
                    },
                    NewRecipient::SharedKey {
                        identifier: &[0xaa, 0xbb],
                        key: &[0x11; 16],
                    },
                ];
                let sealed = seal(content_type::DATA, CONTENT, cipher, &recipients).unwrap();
                person.folder.write("sealed.der", sealed);
                for keys in [
                    "-recip person.pem -inkey person.key",
                    "-secretkey 11111111111111111111111111111111 -secretkeyid aabb",
                ] {
                    let command =
                        format!("cms -decrypt -binary -inform DER -in sealed.der -out out {keys}");
                    let arguments: Vec<&str> = command.split_whitespace().collect();
                    person.folder.openssl(&arguments);
                    assert_eq!(
                        person.folder.read_bytes("out"),
                        CONTENT,
                        "{kind} {cipher:?}"
                    );
                }
            }
        }
    }
}

#[test]
fn we_decrypt_what_openssl_encrypts_also_when_it_streams() {
    for (kind, option) in [
        (KeyAlgorithm::Rsa2048, ""),
        (KeyAlgorithm::Rsa2048, "-keyopt rsa_padding_mode:oaep"),
        (
            KeyAlgorithm::Rsa2048,
            "-keyopt rsa_padding_mode:oaep -keyopt rsa_oaep_md:sha256 -keyopt rsa_mgf1_md:sha256",
        ),
        (KeyAlgorithm::P256, "-keyopt ecdh_kdf_md:sha256"),
        (KeyAlgorithm::P384, "-keyopt ecdh_kdf_md:sha384"),
    ] {
        let person = Person::new(kind);
        for cipher in ["-aes128", "-aes256", "-des3", "-aes-256-gcm"] {
            // with elliptic curves openssl wraps its key with triple DES too, which is not supported
            if cipher == "-des3" && !kind.is_rsa() {
                continue;
            }
            for streaming in ["", "-stream"] {
                let command = format!(
                    "cms -encrypt -binary -in content -outform DER -out sealed.der {cipher} {streaming} \
                     -recip person.pem {option}"
                );
                let arguments: Vec<&str> = command.split_whitespace().collect();
                person.folder.openssl(&arguments);
                let read = EnvelopedData::from_ber(&person.folder.read_bytes("sealed.der"));
                let read = read.unwrap();
                let key = match &read.recipients()[0] {
                    Recipient::KeyTransport {
                        algorithm,
                        encrypted_key,
                        holder,
                    } => {
                        assert_eq!(*holder, KeyHolder::of(&person.certificate));
                        KeyTransport::from_identifier_der(algorithm)
                            .unwrap()
                            .open(&person.key, encrypted_key, read.cipher().key_octets())
                            .unwrap()
                    }
                    Recipient::KeyAgreement(agreement) => agreement.open(&person.key).unwrap(),
                    other => panic!("{other:?}"),
                };
                assert_eq!(**read.decrypt(&key).unwrap(), *CONTENT, "{kind} {cipher}");
            }
        }
    }
}

#[test]
fn openssl_reads_messages_of_certificates_or_a_crl_only() {
    let authority = Authority::root(KeyAlgorithm::P256);
    let (leaf, _) =
        authority.issue_with_key(&profile("ocsp-signer"), "CN=leaf", KeyAlgorithm::P256);
    let folder = Folder::new();
    folder.write(
        "certs.p7b",
        certificates_only([leaf.der(), authority.certificate().der()]),
    );
    let printed = folder.openssl(&[
        "pkcs7",
        "-inform",
        "DER",
        "-in",
        "certs.p7b",
        "-print_certs",
    ]);
    let leaf_at = printed.find("CN = leaf").unwrap();
    assert!(
        leaf_at < printed.rfind("CN = Test Root CA").unwrap(),
        "{printed}"
    );
    let prepared = crl::prepare(
        authority.issuer(),
        7,
        NOW,
        NOW + time::Duration::days(7),
        [],
    )
    .unwrap();
    let signature = authority.sign(prepared.signature_algorithm(), prepared.to_be_signed());
    let list = prepared.assemble(&signature).unwrap();
    folder.write("crl.p7b", crl_only(list.der()));
    let printed = folder.openssl(&["pkcs7", "-inform", "DER", "-in", "crl.p7b", "-print_certs"]);
    assert!(printed.contains("X509 CRL"), "{printed}");
}

#[test]
fn passwords_with_endless_iterations_are_passed_over() {
    let by_password = |iterations| {
        let password = NewRecipient::Password {
            password: b"secret",
            iterations: NonZeroU32::new(iterations).unwrap(),
        };
        let cipher = ContentCipher::Aes256Cbc;
        let sealed = seal(content_type::DATA, CONTENT, cipher, &[password]).unwrap();
        EnvelopedData::from_ber(&sealed).unwrap().recipients()[0].clone()
    };
    assert!(matches!(by_password(100_000), Recipient::Password(_)));
    assert!(matches!(by_password(100_001), Recipient::Other));
}
