//! The rules of RFC 5280, each broken once.

use super::*;

const LEAF: fn() -> Draft = Draft::leaf;
const CA: fn() -> Draft = Draft::ca;

#[test]
fn every_rule_is_broken_once() {
    let cases = [
        &CERTIFICATE[..],
        &KEYS,
        &NAMES,
        &EXTENSIONS,
        &ALTERNATIVE_NAMES,
        &AUTHORITY,
        &USAGES,
        &POLICIES,
        &CONSTRAINTS,
        &LOCATIONS,
    ]
    .concat();
    assert_every_rule_is_broken(LintSet::Rfc5280, &cases);
}

const CERTIFICATE: [Case; 13] = [
    ("rfc5280-structure", LEAF, |draft| {
        draft.subject = vec![0x31, 0]
    }),
    ("rfc5280-version-3", LEAF, |draft| {
        draft.version = Vec::new()
    }),
    ("rfc5280-version-3", LEAF, |draft| {
        draft.version = vec![0xa0, 3, 2, 1, 1]
    }),
    ("rfc5280-serial-positive", LEAF, |draft| {
        draft.serial = vec![2, 1, 0x80]
    }),
    ("rfc5280-serial-length", LEAF, |draft| {
        draft.serial = der(|writer| writer.tlv(2, &[0x11; 21]))
    }),
    ("rfc5280-serial-entropy", LEAF, |draft| {
        draft.serial = vec![2, 1, 7]
    }),
    // sha1WithRSAEncryption
    ("rfc5280-signature-algorithm", LEAF, |draft| {
        draft.algorithm = hex::decode("300d06092a864886f70d0101050500").unwrap()
    }),
    // ecdsa-with-SHA256 with NULL
    ("rfc5280-signature-parameters", LEAF, |draft| {
        draft.algorithm = hex::decode("300c06082a8648ce3d0403020500").unwrap()
    }),
    ("rfc5280-time-syntax", LEAF, |draft| {
        draft.valid((0x17, "2601010000Z"), (0x17, "270101000000Z"))
    }),
    ("rfc5280-time-syntax", LEAF, |draft| {
        draft.valid((0x17, "260101000000Z"), (0x18, "20600101000000.5Z"))
    }),
    ("rfc5280-time-type", LEAF, |draft| {
        draft.valid((0x18, "20260101000000Z"), (0x17, "270101000000Z"))
    }),
    ("rfc5280-validity-order", LEAF, |draft| {
        draft.valid((0x17, "270101000000Z"), (0x17, "260101000000Z"))
    }),
    ("rfc5280-unique-identifiers", LEAF, |draft| {
        draft.unique = vec![0x81, 2, 0, 1]
    }),
];

const RSA: &str = "300d 06092a864886f70d010101 0500";

const KEYS: [Case; 9] = [
    ("rfc5280-rsa-key-parameters", LEAF, |draft| {
        draft.key("300b 06092a864886f70d010101", "3006 020105 020103")
    }),
    ("rfc5280-rsa-key", LEAF, |draft| {
        draft.key(RSA, "3003 020105")
    }),
    ("rfc5280-rsa-key", LEAF, |draft| {
        draft.key(RSA, "3006 020185 020103")
    }),
    ("rfc5280-rsa-even", LEAF, |draft| {
        draft.key(RSA, "3006 020104 020103")
    }),
    ("rfc5280-rsa-even", LEAF, |draft| {
        draft.key(RSA, "3006 020105 020101")
    }),
    // explicit parameters, cut short
    ("rfc5280-ec-named-curve", LEAF, |draft| {
        draft.key("300b 06072a8648ce3d0201 3000", "0401")
    }),
    ("rfc5280-ec-point", LEAF, |draft| {
        draft.key("3013 06072a8648ce3d0201 06082a8648ce3d030107", "00")
    }),
    ("rfc5280-edwards-parameters", LEAF, |draft| {
        draft.key("3007 06032b6570 0500", &"11".repeat(32))
    }),
    ("rfc5280-edwards-length", LEAF, |draft| {
        draft.key("3005 06032b6570", &"11".repeat(31))
    }),
];

const NAMES: [Case; 19] = [
    ("rfc5280-issuer-empty", LEAF, |draft| {
        draft.issuer = vec![0x30, 0]
    }),
    ("rfc5280-name-encoding", LEAF, |draft| {
        draft.subject = vec![0x30, 2, 0x31, 0]
    }),
    ("rfc5280-name-encoding", LEAF, |draft| {
        draft.issuer = vec![0x30, 2, 0x31, 0]
    }),
    // BMPString, TeletexString
    ("rfc5280-string-type", LEAF, |draft| {
        draft.attribute("2.5.4.3", 0x1e, b"\0h")
    }),
    ("rfc5280-string-type", LEAF, |draft| {
        draft.attribute("2.5.4.3", 0x14, b"h")
    }),
    ("rfc5280-string-type", LEAF, |draft| {
        draft.attribute("2.5.4.5", 0x0c, b"1")
    }),
    ("rfc5280-string-type", LEAF, |draft| {
        draft.attribute("0.9.2342.19200300.100.1.25", 0x0c, b"a")
    }),
    ("rfc5280-string-content", LEAF, |draft| {
        draft.attribute("2.5.4.3", 0x13, b"a@b")
    }),
    ("rfc5280-string-content", LEAF, |draft| {
        draft.attribute("2.5.4.3", 0x0c, b"\xff")
    }),
    ("rfc5280-attribute-empty", LEAF, |draft| {
        draft.attribute("2.5.4.3", 0x0c, b"")
    }),
    ("rfc5280-attribute-length", LEAF, |draft| {
        draft.attribute("2.5.4.3", 0x0c, &[b'a'; 65])
    }),
    ("rfc5280-country", LEAF, |draft| {
        draft.attribute("2.5.4.6", 0x13, b"de")
    }),
    ("rfc5280-country", LEAF, |draft| {
        draft.attribute("2.5.4.6", 0x0c, b"DE")
    }),
    ("rfc5280-control-character", LEAF, |draft| {
        draft.attribute("2.5.4.3", 0x0c, b"a\0b")
    }),
    ("rfc5280-attribute-space", LEAF, |draft| {
        draft.attribute("2.5.4.3", 0x0c, b"a ")
    }),
    ("rfc5280-rdn-duplicate-type", LEAF, |draft| {
        draft.subject =
            hex::decode("3016 3114 3008 0603550403 0c0161 3008 0603550403 0c0162".replace(' ', ""))
                .unwrap()
    }),
    ("rfc5280-rdn-multiple", LEAF, |draft| {
        draft.subject =
            hex::decode("3016 3114 3008 0603550403 0c0161 3008 060355040a 0c0162".replace(' ', ""))
                .unwrap()
    }),
    ("rfc5280-ca-subject-empty", CA, |draft| {
        draft.subject = vec![0x30, 0];
        draft.extension(oid::SUBJECT_ALTERNATIVE_NAME).1 = true;
    }),
    ("rfc5280-nameless", LEAF, |draft| {
        draft.subject = vec![0x30, 0];
        draft.drop(oid::SUBJECT_ALTERNATIVE_NAME);
    }),
];

const EXTENSIONS: [Case; 22] = [
    ("rfc5280-extension-duplicate", LEAF, |draft| {
        draft.extensions.push(constraints(false, None))
    }),
    // pathLenConstraint -1
    ("rfc5280-extension-encoding", CA, |draft| {
        draft.put(raw("2.5.29.19", true, "3006 0101ff 0201ff"))
    }),
    ("rfc5280-extension-unknown-critical", LEAF, |draft| {
        draft.put(raw("1.2.3.4", true, "0500"))
    }),
    ("rfc5280-aki-critical", LEAF, |draft| {
        draft.extension(oid::AUTHORITY_KEY_IDENTIFIER).1 = true
    }),
    ("rfc5280-ski-critical", LEAF, |draft| {
        draft.extension(oid::SUBJECT_KEY_IDENTIFIER).1 = true
    }),
    ("rfc5280-key-usage-critical", LEAF, |draft| {
        draft.extension(oid::KEY_USAGE).1 = false
    }),
    ("rfc5280-policy-mappings-critical", CA, |draft| {
        draft.put(raw("2.5.29.33", false, "300a 3008 06022a03 06022a04"))
    }),
    ("rfc5280-ian-critical", LEAF, |draft| {
        draft.put(raw("2.5.29.18", true, "3005 8203 612e62"))
    }),
    ("rfc5280-sda-critical", LEAF, |draft| {
        draft.put(raw("2.5.29.9", true, "3006 3004 06022a03"))
    }),
    ("rfc5280-name-constraints-critical", CA, |draft| {
        draft.put(raw("2.5.29.30", false, "3009 a007 3005 8203 612e62"))
    }),
    ("rfc5280-policy-constraints-critical", CA, |draft| {
        draft.put(raw("2.5.29.36", false, "3003 800100"))
    }),
    ("rfc5280-crl-dp-critical", LEAF, |draft| {
        draft.put(points("http://a.example/crl"));
        draft.extension(oid::CRL_DISTRIBUTION_POINTS).1 = true;
    }),
    ("rfc5280-inhibit-any-policy-critical", CA, |draft| {
        draft.put(raw("2.5.29.54", false, "020100"))
    }),
    ("rfc5280-freshest-crl-critical", LEAF, |draft| {
        let (_, _, value) = points("http://a.example/crl");
        draft.put((rfc5280_extension("2.5.29.46"), true, value))
    }),
    ("rfc5280-aia-critical", LEAF, |draft| {
        draft.put(access(true, "http://a.example/ocsp"))
    }),
    ("rfc5280-sia-critical", CA, |draft| {
        draft.put(raw(
            "1.3.6.1.5.5.7.1.11",
            true,
            "3010 300e 06082b06010505073005 8602 613a",
        ))
    }),
    ("rfc5280-ocsp-no-check-critical", LEAF, |draft| {
        draft.put((oid::OCSP_NO_CHECK, true, vec![5, 0]))
    }),
    ("rfc5280-tls-feature-critical", LEAF, |draft| {
        draft.put(raw("1.3.6.1.5.5.7.1.24", true, "3003 020105"))
    }),
    ("rfc5280-no-rev-avail-critical", LEAF, |draft| {
        draft.put(raw("2.5.29.56", true, "0500"))
    }),
    ("rfc5280-smime-capabilities-critical", LEAF, |draft| {
        draft.put(raw("1.2.840.113549.1.9.15", true, "3000"))
    }),
    ("rfc5280-null-value", LEAF, |draft| {
        draft.put((oid::OCSP_NO_CHECK, false, vec![1]))
    }),
    ("rfc5280-no-rev-avail-with-location", LEAF, |draft| {
        draft.put(raw("2.5.29.56", false, "0500"));
        draft.put(points("http://a.example/crl"));
    }),
];

const ALTERNATIVE_NAMES: [Case; 16] = [
    ("rfc5280-san-critical-empty-subject", LEAF, |draft| {
        draft.subject = vec![0x30, 0]
    }),
    ("rfc5280-san-critical", LEAF, |draft| {
        draft.extension(oid::SUBJECT_ALTERNATIVE_NAME).1 = true
    }),
    ("rfc5280-san-dns", LEAF, |draft| {
        draft.san(0x82, b"a..example")
    }),
    ("rfc5280-san-dns", LEAF, |draft| draft.san(0x82, b"")),
    ("rfc5280-san-dns", LEAF, |draft| {
        draft.san(0x82, b"192.0.2.1")
    }),
    ("rfc5280-san-dns-underscore", LEAF, |draft| {
        draft.san(0x82, b"_a.b.c.example")
    }),
    ("rfc5280-san-email", LEAF, |draft| {
        draft.san(0x81, b"a b@c.example")
    }),
    ("rfc5280-san-uri", LEAF, |draft| draft.san(0x86, b"a/b")),
    ("rfc5280-san-uri", LEAF, |draft| {
        draft.san(0x86, b"http://a b/")
    }),
    ("rfc5280-san-ip", LEAF, |draft| draft.san(0x87, &[1, 2, 3])),
    ("rfc5280-san-other-name", LEAF, |draft| {
        draft.san(0xa0, &[6, 2, 0x2a, 3])
    }),
    ("rfc5280-san-directory-name", LEAF, |draft| {
        draft.san(0xa4, &[0x30, 0])
    }),
    // all ASCII
    ("rfc5280-san-utf8-mailbox", LEAF, |draft| {
        let value = "06082b06010505070809 a00d 0c0b 6140622e6578616d706c65";
        draft.san(0xa0, &hex::decode(value.replace(' ', "")).unwrap())
    }),
    ("rfc5280-san-kind", LEAF, |draft| draft.san(0x89, b"a")),
    ("rfc5280-san-kind", LEAF, |draft| draft.san(0x88, &[0x80])),
    ("rfc5280-san-duplicate", LEAF, |draft| {
        draft.put(raw("2.5.29.17", false, "300a 8203612e62 8203612e62"))
    }),
];

const AUTHORITY: [Case; 13] = [
    ("rfc5280-basic-constraints-critical", CA, |draft| {
        draft.extension(oid::BASIC_CONSTRAINTS).1 = false
    }),
    ("rfc5280-ca-ski", CA, |draft| {
        draft.drop(oid::SUBJECT_KEY_IDENTIFIER)
    }),
    ("rfc5280-ski-empty", LEAF, |draft| {
        draft.extension(oid::SUBJECT_KEY_IDENTIFIER).2 = vec![4, 0]
    }),
    ("rfc5280-ca-key-cert-sign", CA, |draft| {
        draft.put(usage(&[KeyUsage::CrlSign]))
    }),
    ("rfc5280-ca-key-cert-sign", CA, |draft| {
        draft.drop(oid::KEY_USAGE)
    }),
    ("rfc5280-aki", LEAF, |draft| {
        draft.drop(oid::AUTHORITY_KEY_IDENTIFIER)
    }),
    ("rfc5280-aki", LEAF, |draft| {
        draft.extension(oid::AUTHORITY_KEY_IDENTIFIER).2 = vec![0x30, 0]
    }),
    ("rfc5280-aki-issuer-and-serial", LEAF, |draft| {
        draft.put(raw("2.5.29.35", false, "3007 800101 8202 0102"))
    }),
    ("rfc5280-aki-self-signed", CA, |draft| {
        draft.issuer = draft.subject.clone()
    }),
    ("rfc5280-key-cert-sign-without-ca", LEAF, |draft| {
        draft.put(usage(&[KeyUsage::KeyCertSign]))
    }),
    ("rfc5280-path-length-without-ca", LEAF, |draft| {
        draft.put(constraints(false, Some(0)))
    }),
    ("rfc5280-path-length-without-ca", CA, |draft| {
        draft.put(usage(&[KeyUsage::CrlSign]))
    }),
    ("rfc5280-ski", LEAF, |draft| {
        draft.drop(oid::SUBJECT_KEY_IDENTIFIER)
    }),
];

const USAGES: [Case; 10] = [
    ("rfc5280-encipher-only", LEAF, |draft| {
        draft.put(usage(&[KeyUsage::EncipherOnly]))
    }),
    ("rfc5280-encipher-and-decipher-only", LEAF, |draft| {
        let both = [KeyUsage::EncipherOnly, KeyUsage::DecipherOnly];
        draft.put(usage(&[&both[..], &[KeyUsage::KeyAgreement]].concat()))
    }),
    ("rfc5280-key-usage-suits-key", LEAF, |draft| {
        draft.put(usage(&[KeyUsage::KeyEncipherment]))
    }),
    ("rfc5280-key-usage-purpose", LEAF, |draft| {
        draft.put(purposes(false, "3.3"));
        draft.put(usage(&[KeyUsage::DigitalSignature, KeyUsage::CrlSign]));
    }),
    ("rfc5280-eku-duplicate", LEAF, |draft| {
        draft.put(raw(
            "2.5.29.37",
            false,
            "3014 06082b06010505070301 06082b06010505070301",
        ))
    }),
    ("rfc5280-eku-any-critical", LEAF, |draft| {
        draft.put(raw("2.5.29.37", true, "3006 0604551d2500"))
    }),
    ("rfc5280-time-stamping", LEAF, |draft| {
        draft.put(purposes(false, "3.8"))
    }),
    ("rfc5280-ocsp-signer", LEAF, |draft| {
        draft.put(purposes(false, "3.9"));
        draft.put(usage(&[KeyUsage::KeyAgreement]));
    }),
    ("rfc5280-ocsp-no-check-purpose", LEAF, |draft| {
        draft.put((oid::OCSP_NO_CHECK, false, vec![5, 0]))
    }),
    ("rfc5280-key-usage-purpose", LEAF, |draft| {
        draft.put(purposes(false, "3.2"));
        draft.put(usage(&[KeyUsage::ContentCommitment]));
    }),
];

/// CertificatePolicies with one policy, 1.2.3, and one qualifier.
fn policy(draft: &mut Draft, qualifier: &str, value: &str) {
    let value = hex::decode(value.replace(' ', "")).unwrap();
    let encoded = der(|writer| {
        writer.sequence(|writer| {
            writer.sequence(|writer| {
                writer.oid(&ObjectIdentifier::new_unwrap("1.2.3"));
                writer.sequence(|writer| {
                    writer.sequence(|writer| {
                        writer.oid(&ObjectIdentifier::new_unwrap(qualifier));
                        writer.raw(&value);
                    })
                });
            })
        })
    });
    draft.put((oid::CERTIFICATE_POLICIES, false, encoded));
}

const NOTICE: &str = "1.3.6.1.5.5.7.2.2";

const POLICIES: [Case; 16] = [
    ("rfc5280-policy-duplicate", LEAF, |draft| {
        draft.put(raw("2.5.29.32", false, "300c 3004 06022a03 3004 06022a03"))
    }),
    ("rfc5280-any-policy-qualifier", LEAF, |draft| {
        draft.put(raw(
            "2.5.29.32",
            false,
            "301230100604551d20003008300606022a030500",
        ))
    }),
    ("rfc5280-policy-qualifier", LEAF, |draft| {
        policy(draft, "1.3.6.1.5.5.7.2.1", "1604 6874 3a2f")
    }),
    ("rfc5280-cps-uri", LEAF, |draft| {
        policy(draft, "1.3.6.1.5.5.7.2.1", "0c04 6874 3a2f")
    }),
    ("rfc5280-cps-uri", LEAF, |draft| {
        policy(draft, "1.3.6.1.5.5.7.2.1", "1602 6874")
    }),
    // IA5String
    ("rfc5280-explicit-text-type", LEAF, |draft| {
        policy(draft, NOTICE, "3003 160161")
    }),
    ("rfc5280-explicit-text-utf8", LEAF, |draft| {
        policy(draft, NOTICE, "3003 1a0161")
    }),
    ("rfc5280-explicit-text-length", LEAF, |draft| {
        let long = format!("3081cc 0c81c9 {}", "61".repeat(201));
        policy(draft, NOTICE, &long)
    }),
    ("rfc5280-explicit-text-length", LEAF, |draft| {
        policy(draft, NOTICE, "3002 0c00")
    }),
    ("rfc5280-explicit-text-control", LEAF, |draft| {
        policy(draft, NOTICE, "3003 0c0107")
    }),
    ("rfc5280-notice-reference", LEAF, |draft| {
        policy(draft, NOTICE, "300a 3008 0c0161 3003 020101")
    }),
    ("rfc5280-mapping-any-policy", CA, |draft| {
        draft.put(raw("2.5.29.33", true, "300c 300a 0604551d2000 06022a04"))
    }),
    ("rfc5280-mapping-not-asserted", CA, |draft| {
        draft.put(raw("2.5.29.33", true, "300a 3008 06022a03 06022a04"))
    }),
    ("rfc5280-policy-constraints-empty", CA, |draft| {
        draft.put(raw("2.5.29.36", true, "3000"))
    }),
    ("rfc5280-policy-extension-without-ca", LEAF, |draft| {
        draft.put(raw("2.5.29.36", true, "3003 800100"))
    }),
    ("rfc5280-extension-encoding", CA, |draft| {
        draft.put(raw("2.5.29.54", true, "0201ff"))
    }),
];

const CONSTRAINTS: [Case; 9] = [
    ("rfc5280-name-constraints-without-ca", LEAF, |draft| {
        draft.put(raw("2.5.29.30", true, "3009 a007 3005 8203 612e62"))
    }),
    ("rfc5280-name-constraints-empty", CA, |draft| {
        draft.put(raw("2.5.29.30", true, "3000"))
    }),
    ("rfc5280-name-constraints-minimum", CA, |draft| {
        draft.put(raw("2.5.29.30", true, "300c a00a 3008 8203 612e62 800101"))
    }),
    ("rfc5280-name-constraints-ip", CA, |draft| {
        draft.put(raw("2.5.29.30", true, "300a a008 3006 8704 c0000200"))
    }),
    // a mask with a hole
    ("rfc5280-name-constraints-ip", CA, |draft| {
        draft.put(raw(
            "2.5.29.30",
            true,
            "300e a00c 300a 8708 c0000200ff00ff00",
        ))
    }),
    ("rfc5280-name-constraints-host", CA, |draft| {
        draft.put(raw("2.5.29.30", true, "3009 a007 3005 8203 61205f"))
    }),
    ("rfc5280-name-constraints-kind", CA, |draft| {
        draft.put(raw("2.5.29.30", true, "3008 a006 3004 8802 2a03"))
    }),
    ("rfc5280-extension-encoding", LEAF, |draft| {
        draft.put(raw("2.5.29.9", false, "3000"))
    }),
    ("rfc5280-extension-encoding", LEAF, |draft| {
        draft.put(raw("1.3.6.1.5.5.7.1.24", false, "0500"))
    }),
];

const LOCATIONS: [Case; 6] = [
    ("rfc5280-crl-dp-empty", LEAF, |draft| {
        draft.put(raw("2.5.29.31", false, "3002 3000"))
    }),
    ("rfc5280-crl-dp-uri", LEAF, |draft| {
        draft.put(points("ftp://a.example/crl"))
    }),
    ("rfc5280-crl-dp-uri-syntax", LEAF, |draft| {
        draft.put(points("crl/ca.crl"))
    }),
    ("rfc5280-aia-uri-syntax", LEAF, |draft| {
        draft.put(access(false, "ocsp"))
    }),
    ("rfc5280-aia-location", LEAF, |draft| {
        draft.put(access(false, "ftp://a.example/ocsp"))
    }),
    ("rfc5280-location-https", LEAF, |draft| {
        draft.put(points("https://a.example/crl"))
    }),
];

fn rfc5280_extension(dotted: &str) -> ObjectIdentifier {
    ObjectIdentifier::new_unwrap(dotted)
}
