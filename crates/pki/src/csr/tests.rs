use super::*;
use crate::asn1::Writer;
use crate::key::{KeyAlgorithm, PrivateKey};

/// A request whose attributes are `attributes`, signed by a fresh key.
fn request(attributes: impl FnOnce(&mut Writer)) -> Vec<u8> {
    signed(|writer, key| {
        writer.integer(0);
        writer.raw("CN=a".parse::<Name>().unwrap().to_der());
        writer.raw(key);
        writer.nest(tag::context_constructed(0), attributes);
    })
}

fn signed(info: impl FnOnce(&mut Writer, &[u8])) -> Vec<u8> {
    let key = PrivateKey::generate(KeyAlgorithm::Ed25519).unwrap();
    let mut writer = Writer::new();
    writer.sequence(|writer| info(writer, key.public_key().spki_der()));
    let info = writer.finish();
    let signature = key.sign(SignatureAlgorithm::Ed25519, &info).unwrap();
    let mut writer = Writer::new();
    writer.sequence(|writer| {
        writer.raw(&info);
        SignatureAlgorithm::Ed25519.write(writer);
        writer.bit_string(&signature);
    });
    writer.finish()
}

fn attribute(
    writer: &mut Writer,
    kind: &const_oid::ObjectIdentifier,
    value: impl FnOnce(&mut Writer),
) {
    writer.sequence(|writer| {
        writer.oid(kind);
        writer.nest(tag::SET, value);
    });
}

fn with_names(value: &[u8]) -> Vec<u8> {
    request(|writer| {
        attribute(writer, &oid::EXTENSION_REQUEST, |writer| {
            writer.sequence(|writer| {
                extension::write(writer, &oid::SUBJECT_ALTERNATIVE_NAME, false, |writer| {
                    writer.raw(value)
                });
            });
        });
    })
}

#[test]
fn names_and_password_are_read() {
    let csr = Csr::from_der(&with_names(b"\x30\x05\x82\x03A.B")).unwrap();
    assert_eq!(csr.names(), ["dns:a.b".parse().unwrap()]);
    let der = request(|writer| {
        attribute(writer, &oid::CHALLENGE_PASSWORD, |writer| {
            writer.tlv(tag::UTF8_STRING, b"secret")
        })
    });
    let csr = Csr::from_der(&der).unwrap();
    assert_eq!(csr.challenge_password(), Some("secret"));
    assert!(!format!("{csr:?}").contains("secret"));
    assert_eq!(
        Csr::from_pem(&pem::encode("NEW CERTIFICATE REQUEST", &der))
            .unwrap()
            .der(),
        der
    );
}

fn names_under(writer: &mut Writer, kind: &const_oid::ObjectIdentifier, value: &[u8]) {
    attribute(writer, kind, |writer| {
        writer.sequence(|writer| {
            extension::write(writer, &oid::SUBJECT_ALTERNATIVE_NAME, false, |writer| {
                writer.raw(value)
            });
        });
    });
}

#[test]
fn extensions_are_read_as_microsoft_writes_them_and_the_standard_counts_where_both_are() {
    let (a, b) = (b"\x30\x05\x82\x03a.a", b"\x30\x05\x82\x03b.b");
    let der = request(|writer| names_under(writer, &oid::MS_CERT_EXTENSIONS, a));
    let csr = Csr::from_der(&der).unwrap();
    assert_eq!(csr.names(), ["dns:a.a".parse().unwrap()]);
    for microsoft_first in [true, false] {
        let der = request(|writer| {
            if microsoft_first {
                names_under(writer, &oid::MS_CERT_EXTENSIONS, a);
            }
            names_under(writer, &oid::EXTENSION_REQUEST, b);
            if !microsoft_first {
                names_under(writer, &oid::MS_CERT_EXTENSIONS, a);
            }
        });
        let csr = Csr::from_der(&der).unwrap();
        assert_eq!(csr.names(), ["dns:b.b".parse().unwrap()]);
    }
}

#[test]
fn no_attributes_and_an_empty_extension_list_are_read() {
    assert!(Csr::from_der(&request(|_| {})).unwrap().names().is_empty());
    let empty = request(|writer| {
        attribute(writer, &oid::EXTENSION_REQUEST, |writer| {
            writer.sequence(|_| {})
        })
    });
    assert!(Csr::from_der(&empty).unwrap().names().is_empty());
}

#[test]
fn possession_of_the_key_must_be_proven() {
    let mut der = request(|_| {});
    *der.last_mut().unwrap() ^= 1;
    assert!(matches!(Csr::from_der(&der), Err(CsrError::Signature(_))));
}

#[test]
fn names_that_are_not_ours_refuse_the_request() {
    // directoryName, U-label in a dNSName, NUL
    for value in [
        &b"\x30\x04\xa4\x02\x30\x00"[..],
        b"\x30\x04\x82\x02\xc3\xbc",
        b"\x30\x05\x82\x03a\0b",
    ] {
        assert!(
            matches!(Csr::from_der(&with_names(value)), Err(CsrError::Name(_))),
            "{value:?}"
        );
    }
    let mut writer = Writer::new();
    writer.sequence(|writer| {
        (0..101).for_each(|number| writer.tlv(0x82, format!("n{number}.example").as_bytes()))
    });
    assert_eq!(
        Csr::from_der(&with_names(&writer.finish())).unwrap_err(),
        CsrError::TooManyNames
    );
}

/// Failure 41: ten megabytes, a thousand levels, a thousand attributes, ten thousand extensions.
#[test]
fn bombs_are_refused() {
    assert_eq!(
        Csr::from_der(&vec![0x30; 10 << 20]).unwrap_err(),
        CsrError::TooLong
    );
    assert_eq!(
        Csr::from_pem(&"x".repeat(1 << 20)).unwrap_err(),
        CsrError::TooLong
    );
    let deep = (0..1000).fold(Vec::new(), |inner, _| {
        let mut writer = Writer::new();
        writer.tlv(tag::SEQUENCE, &inner);
        writer.finish()
    });
    assert!(matches!(Csr::from_der(&deep), Err(CsrError::Malformed(_))));
    let attributes = request(|writer| {
        for number in 0..1000 {
            let kind = const_oid::ObjectIdentifier::new(&format!("1.2.3.{number}")).unwrap();
            attribute(writer, &kind, |writer| writer.tlv(tag::NULL, &[]));
        }
    });
    assert!(matches!(
        Csr::from_der(&attributes),
        Err(CsrError::Malformed(_))
    ));
    let extensions = |count: u32| {
        request(|writer| {
            attribute(writer, &oid::EXTENSION_REQUEST, |writer| {
                writer.sequence(|writer| {
                    for number in 0..count {
                        let kind =
                            const_oid::ObjectIdentifier::new(&format!("1.2.3.{number}")).unwrap();
                        extension::write(writer, &kind, false, |writer| writer.tlv(tag::NULL, &[]));
                    }
                });
            });
        })
    };
    for count in [1_000, 10_000] {
        let refused = Csr::from_der(&extensions(count)).unwrap_err();
        assert!(
            matches!(refused, CsrError::Malformed(_) | CsrError::TooLong),
            "{count}: {refused:?}"
        );
    }
}

#[test]
fn other_faults_are_told() {
    assert!(matches!(Csr::from_pem("nothing"), Err(CsrError::Pem(_))));
    let version_2 = signed(|writer, key| {
        writer.integer(1);
        writer.raw(&[0x30, 0]);
        writer.raw(key);
    });
    assert!(matches!(
        Csr::from_der(&version_2),
        Err(CsrError::Malformed(_))
    ));
    let nameless = signed(|writer, key| {
        writer.integer(0);
        writer.raw(&[0x30, 2, 0x31, 0]);
        writer.raw(key);
    });
    assert!(matches!(
        Csr::from_der(&nameless),
        Err(CsrError::Subject(_))
    ));
    let weak = signed(|writer, _| {
        writer.integer(0);
        writer.raw(&[0x30, 0]);
        writer.raw(
            &openssl::rsa::Rsa::generate(1024)
                .unwrap()
                .public_key_to_der()
                .unwrap(),
        );
    });
    assert!(matches!(Csr::from_der(&weak), Err(CsrError::Key(_))));
    let twice = request(|writer| {
        (0..2).for_each(|_| {
            attribute(writer, &oid::CHALLENGE_PASSWORD, |writer| {
                writer.tlv(tag::UTF8_STRING, b"x")
            })
        });
    });
    assert!(matches!(Csr::from_der(&twice), Err(CsrError::Malformed(_))));
}

#[test]
fn signatures_with_sha1_are_refused() {
    let key = openssl::pkey::PKey::from_rsa(openssl::rsa::Rsa::generate(2048).unwrap()).unwrap();
    let mut builder = openssl::x509::X509ReqBuilder::new().unwrap();
    builder.set_pubkey(&key).unwrap();
    builder
        .sign(&key, openssl::hash::MessageDigest::sha1())
        .unwrap();
    assert_eq!(
        Csr::from_der(&builder.build().to_der().unwrap()).unwrap_err(),
        CsrError::UnknownAlgorithm
    );
}

#[test]
fn usages_and_other_extensions_are_read() {
    let der = request(|writer| {
        attribute(writer, &oid::EXTENSION_REQUEST, |writer| {
            writer.sequence(|writer| {
                [extension::KeyUsage::KeyAgreement]
                    .into_iter()
                    .collect::<KeyUsages>()
                    .write(writer);
                extension::write_extended_key_usage(writer, &[ExtendedKeyUsage::CLIENT_AUTH]);
                let own = const_oid::ObjectIdentifier::new_unwrap("1.2.3");
                extension::write(writer, &own, true, |writer| writer.tlv(tag::NULL, &[]));
            });
        });
    });
    let csr = Csr::from_der(&der).unwrap();
    assert!(csr.names().is_empty());
    assert!(
        csr.key_usage()
            .unwrap()
            .contains(extension::KeyUsage::KeyAgreement)
    );
    assert_eq!(csr.extended_key_usage(), [ExtendedKeyUsage::CLIENT_AUTH]);
    assert_eq!(csr.extensions().len(), 3);
    let own = &csr.extensions()[2];
    assert_eq!((own.critical, own.value.as_slice()), (true, &[5, 0][..]));
    // what cannot be read is no wish
    let der = request(|writer| {
        attribute(writer, &oid::EXTENSION_REQUEST, |writer| {
            writer.sequence(|writer| {
                extension::write(writer, &oid::KEY_USAGE, true, |writer| {
                    writer.tlv(tag::NULL, &[])
                });
            });
        });
    });
    let csr = Csr::from_der(&der).unwrap();
    assert_eq!((csr.key_usage(), csr.extended_key_usage()), (None, vec![]));
}
