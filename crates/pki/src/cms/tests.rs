//! What is written is read again, and what was changed is refused. Foreign decoders: `tests/stories/cms.rs`.

use std::num::NonZeroU32;

use super::*;
use crate::certificate::Certificate;
use crate::key::{KeyAlgorithm, PrivateKey};

const CONTENT: &[u8] = b"a content that has no round number of octets";

fn holder() -> KeyHolder {
    KeyHolder::KeyIdentifier(vec![1, 2, 3])
}

#[test]
fn every_cipher_opens_with_the_key_of_every_kind_of_recipient() {
    let rsa = PrivateKey::generate(KeyAlgorithm::Rsa2048).unwrap();
    let curves = [KeyAlgorithm::P256, KeyAlgorithm::P384, KeyAlgorithm::P521]
        .map(|curve| PrivateKey::generate(curve).unwrap());
    for cipher in ContentCipher::ALL {
        let mut recipients = vec![
            for_key(&rsa, KeyTransport::Pkcs1),
            for_key(&rsa, KeyTransport::OAEP_SHA256),
            NewRecipient::SharedKey {
                identifier: b"key 1",
                key: &[9; 32],
            },
            NewRecipient::Password {
                password: b"secret",
                iterations: NonZeroU32::new(1000).unwrap(),
            },
        ];
        recipients.extend(
            curves
                .iter()
                .map(|curve| for_key(curve, KeyTransport::Pkcs1)),
        );
        let sealed = seal(content_type::SIGNED_DATA, CONTENT, cipher, &recipients).unwrap();
        let read = EnvelopedData::from_ber(&sealed).unwrap();
        assert_eq!(read.cipher(), cipher);
        assert_eq!(read.content_type(), content_type::SIGNED_DATA);
        let mut curves = curves.iter();
        let mut opened = 0;
        for recipient in read.recipients() {
            let content_key = match recipient {
                Recipient::KeyTransport {
                    algorithm,
                    encrypted_key,
                    holder: found,
                } => {
                    assert_eq!(*found, holder());
                    KeyTransport::from_identifier_der(algorithm)
                        .unwrap()
                        .open(&rsa, encrypted_key, cipher.key_octets())
                        .unwrap()
                }
                Recipient::KeyAgreement(agreement) => {
                    assert_eq!(*agreement.holder(), holder());
                    agreement.open(curves.next().unwrap()).unwrap()
                }
                Recipient::SharedKey(shared) => {
                    assert_eq!(shared.identifier(), b"key 1");
                    assert_eq!(shared.open(&[8; 32]), Err(DecryptError));
                    assert_eq!(shared.open(&[9; 16]), Err(DecryptError));
                    shared.open(&[9; 32]).unwrap()
                }
                Recipient::Password(password) => {
                    assert_eq!(password.open(b"guessed"), Err(DecryptError));
                    password.open(b"secret").unwrap()
                }
                Recipient::Other => panic!("a recipient is not known"),
            };
            assert_eq!(**read.decrypt(&content_key).unwrap(), *CONTENT);
            opened += 1;
        }
        assert_eq!(opened, recipients.len());
    }
}

fn for_key(key: &PrivateKey, transport: KeyTransport) -> NewRecipient<'_> {
    NewRecipient::Key {
        holder: holder(),
        key: key.public_key(),
        transport,
    }
}

/// Failure 39: a wrong key, wrong padding and a changed tag are one and the same error.
#[test]
fn what_does_not_open_does_not_say_why() {
    for cipher in ContentCipher::ALL {
        let shared = [NewRecipient::SharedKey {
            identifier: b"1",
            key: &[9; 16],
        }];
        let sealed = seal(content_type::DATA, CONTENT, cipher, &shared).unwrap();
        let read = EnvelopedData::from_ber(&sealed).unwrap();
        let Recipient::SharedKey(recipient) = &read.recipients()[0] else {
            panic!("no shared key");
        };
        let key = recipient.open(&[9; 16]).unwrap();
        assert!(read.decrypt(&key).is_ok());
        let mut wrong = key.to_vec();
        wrong[0] ^= 0x10;
        assert_eq!(
            read.decrypt(&wrong)
                .map(|_| ())
                .err()
                .filter(|_| cipher.is_authenticated()),
            cipher.is_authenticated().then_some(DecryptError)
        );
        assert_eq!(read.decrypt(&key[1..]).unwrap_err(), DecryptError);
        // the last octet: of the padded content, or of the tag
        let mut changed = sealed.clone();
        *changed.last_mut().unwrap() ^= 1;
        let changed = EnvelopedData::from_ber(&changed).unwrap();
        if let Ok(content) = changed.decrypt(&key) {
            assert!(!cipher.is_authenticated());
            assert_ne!(**content, *CONTENT);
        }
    }
}

#[test]
fn degenerate_messages_keep_order_and_carry_no_signer() {
    let names = ["first", "second"];
    let made = names.map(|name| {
        let key = PrivateKey::generate(KeyAlgorithm::P256).unwrap();
        self_signed(&key, name)
    });
    let message = certificates_only([&made[1], &made[0], &made[1]].map(Certificate::der));
    let read = SignedData::from_ber(&message).unwrap();
    let found: Vec<&[u8]> = read
        .certificates()
        .iter()
        .map(EmbeddedCertificate::der)
        .collect();
    assert_eq!(found, [made[1].der(), made[0].der()]);
    assert!(read.signers().is_empty() && read.content().is_none() && read.crls().is_empty());
    let crl = [0x30, 3, 2, 1, 7];
    let read = SignedData::from_ber(&crl_only(&crl)).unwrap();
    assert_eq!(read.crls(), [crl.to_vec()]);
}

fn self_signed(key: &PrivateKey, name: &str) -> crate::certificate::Certificate {
    use crate::issuance::{Issuer, Request, prepare};
    let algorithm = crate::key::SignatureAlgorithm::default_for(key.algorithm());
    let request = Request {
        subject: format!("CN={name}").parse().unwrap(),
        ..Request::new(key.public_key().clone())
    };
    let issuer = Issuer::self_signed(
        request.subject.clone(),
        request.public_key.clone(),
        algorithm,
    )
    .unwrap();
    let profile = crate::profile::Profile::find_ready("root-ca").unwrap();
    let mut random = [0x5a; 20];
    random[0] = 1;
    let serial = crate::serial::SerialNumber::from_random(random).unwrap();
    let now = time::macros::datetime!(2026-11-22 12:00 UTC);
    let prepared = prepare(profile, &issuer, &request, serial, now).unwrap();
    let signature = key.sign(algorithm, prepared.to_be_signed()).unwrap();
    prepared.assemble(&signature).unwrap()
}

#[test]
fn a_signature_covers_content_type_and_attributes() {
    for kind in [
        KeyAlgorithm::Rsa2048,
        KeyAlgorithm::P384,
        KeyAlgorithm::Ed25519,
    ] {
        let key = PrivateKey::generate(kind).unwrap();
        let certificate = self_signed(&key, "signer");
        let algorithm = crate::key::SignatureAlgorithm::default_for(kind);
        let note = const_oid::ObjectIdentifier::new_unwrap("2.16.840.1.113733.1.9.7");
        let prepared = prepare(NewSignature {
            signer: &certificate,
            algorithm,
            content_type: content_type::DATA,
            content: Some(CONTENT),
            attributes: vec![Attribute::printable_string(note, "transaction 1")],
            certificates: vec![certificate.der()],
        });
        let signature = key.sign(algorithm, prepared.to_be_signed()).unwrap();
        assert_eq!(
            prepared.clone().assemble(&[0; 64]),
            Err(CmsError::Signature)
        );
        let message = prepared.assemble(&signature).unwrap();
        let read = SignedData::from_ber(&message).unwrap();
        let [signer] = read.signers() else {
            panic!("one signer");
        };
        let found = read.find_certificate(signer).unwrap();
        assert_eq!(found.der(), certificate.der());
        let public = found.public_key().unwrap();
        assert_eq!(read.verify(signer, &public), Ok(()));
        assert_eq!(
            signer.attribute(note).and_then(Attribute::as_text),
            Some("transaction 1")
        );
        let other = signer.verify(content_type::SIGNED_DATA, CONTENT, &public);
        assert_eq!(other, Err(CmsError::ContentType));
        let other = signer.verify(content_type::DATA, b"another", &public);
        assert_eq!(other, Err(CmsError::Digest));
        let stranger = PrivateKey::generate(kind).unwrap();
        let other = signer.verify(content_type::DATA, CONTENT, stranger.public_key());
        assert_eq!(other, Err(CmsError::Signature));
        // every octet of the attributes counts
        let place = message
            .windows(13)
            .position(|window| window == b"transaction 1")
            .unwrap();
        let mut changed = message.clone();
        changed[place] ^= 1;
        let changed = SignedData::from_ber(&changed).unwrap();
        let refused = changed.verify(&changed.signers()[0], &public);
        assert_eq!(refused, Err(CmsError::Signature));
    }
}

#[test]
fn limits_hold() {
    let long = vec![0; MAX_CMS_BYTES + 1];
    assert_eq!(SignedData::from_ber(&long).unwrap_err(), CmsError::TooLong);
    let certificate = self_signed(&PrivateKey::generate(KeyAlgorithm::P256).unwrap(), "many");
    let many: Vec<Vec<u8>> = (0..=MAX_CERTIFICATES)
        .map(|number| {
            let mut der = certificate.der().to_vec();
            // another serial number each
            let number = u8::try_from(number).unwrap();
            let place = der
                .windows(4)
                .position(|octets| octets == [0x5a; 4])
                .unwrap();
            der[place] = number;
            der
        })
        .collect();
    let message = certificates_only(many.iter().map(Vec::as_slice));
    assert_eq!(
        SignedData::from_ber(&message).unwrap_err(),
        CmsError::TooMany("certificates")
    );
    let shared = NewRecipient::SharedKey {
        identifier: b"1",
        key: &[1; 16],
    };
    let recipients = vec![shared; MAX_RECIPIENTS + 1];
    assert!(
        seal(
            content_type::DATA,
            CONTENT,
            ContentCipher::Aes128Cbc,
            &recipients
        )
        .is_err()
    );
    assert!(seal(content_type::DATA, CONTENT, ContentCipher::Aes128Cbc, &[]).is_err());
}
