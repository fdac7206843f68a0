//! The Baseline Requirements for TLS, each rule broken once.

use super::*;

/// A domain validated certificate against which nothing can be said but that its SKI is not recommended: it has none.
fn server() -> Draft {
    let mut draft = Draft::leaf();
    draft.valid((0x17, "260101000000Z"), (0x17, "260630235959Z"));
    draft.subject = vec![0x30, 0];
    draft.drop(oid::SUBJECT_KEY_IDENTIFIER);
    draft.drop(oid::SUBJECT_ALTERNATIVE_NAME);
    draft.put(raw("2.5.29.17", true, "3007 8205 612e622e63"));
    draft.put(purposes(false, "3.1"));
    draft.put(raw("2.5.29.32", false, "300a 3008 0606 67810c010201"));
    draft.put(points("http://a.b.c/crl"));
    draft.put((
        oid::AUTHORITY_INFORMATION_ACCESS,
        false,
        der(|writer| {
            writer.sequence(|writer| {
                for method in [oid::AD_OCSP, oid::AD_CA_ISSUERS] {
                    writer.sequence(|writer| {
                        writer.oid(&method);
                        writer.tlv(0x86, b"http://a.b.c/x");
                    });
                }
            })
        }),
    ));
    draft
}

/// An organization validated certificate.
fn organization() -> Draft {
    let mut draft = server();
    draft.subject = name("O=Example AG,L=Bonn,C=DE");
    draft.extension(oid::SUBJECT_ALTERNATIVE_NAME).1 = false;
    draft.put(raw("2.5.29.32", false, "300a 3008 0606 67810c010202"));
    draft
}

fn individual() -> Draft {
    let mut draft = organization();
    draft.subject = name("GN=Anna,SN=Ahl,L=Bonn,C=DE");
    draft.put(raw("2.5.29.32", false, "300a 3008 0606 67810c010203"));
    draft
}

fn extended() -> Draft {
    let mut draft = organization();
    let text = "serialNumber=HRB 1,businessCategory=Private Organization,jurisdictionC=DE,O=Example AG,L=Bonn,C=DE";
    draft.subject = name(text);
    draft.put(raw("2.5.29.32", false, "3009 3007 0605 67810c0101"));
    draft
}

fn sub_ca() -> Draft {
    let mut draft = Draft::ca();
    draft.drop(oid::SUBJECT_ALTERNATIVE_NAME);
    draft.subject = name("CN=Sub CA,O=Example AG,C=DE");
    let usages = [
        KeyUsage::DigitalSignature,
        KeyUsage::KeyCertSign,
        KeyUsage::CrlSign,
    ];
    draft.put(usage(&usages));
    for oid in [
        oid::EXTENDED_KEY_USAGE,
        oid::CERTIFICATE_POLICIES,
        oid::CRL_DISTRIBUTION_POINTS,
        oid::AUTHORITY_INFORMATION_ACCESS,
    ] {
        let extension = server().extension(oid).clone();
        draft.put(extension);
    }
    draft
}

fn root() -> Draft {
    let mut draft = sub_ca();
    draft.issuer = draft.subject.clone();
    for oid in [oid::EXTENDED_KEY_USAGE, oid::CERTIFICATE_POLICIES] {
        draft.drop(oid);
    }
    draft.put(constraints(true, None));
    draft
}

fn ocsp_signer() -> Draft {
    let mut draft = server();
    draft.put(purposes(false, "3.9"));
    draft.put((oid::OCSP_NO_CHECK, false, vec![5, 0]));
    draft
}

#[test]
fn every_rule_is_broken_once() {
    let cases = [&KEYS[..], &NAMES, &SUBJECTS, &EXTENSIONS, &AUTHORITIES].concat();
    assert_every_rule_is_broken(LintSet::CabfTls, &cases);
}

const RSA: &str = "300d 06092a864886f70d010101 0500";

const KEYS: [Case; 18] = [
    // Ed25519
    ("cabf-tls-key-algorithm", server, |draft| {
        draft.key("3005 06032b6570", &"11".repeat(32))
    }),
    // secp256k1
    ("cabf-tls-key-algorithm", server, |draft| {
        draft.key("3010 06072a8648ce3d0201 06052b8104000a", "0401")
    }),
    ("cabf-tls-rsa-modulus", server, |draft| {
        draft.key(RSA, "3006 020105 020103")
    }),
    ("cabf-tls-rsa-exponent", server, |draft| {
        draft.key(RSA, "3006 020105 020103")
    }),
    ("cabf-tls-signature-algorithm", server, |draft| {
        draft.algorithm = hex::decode("300506032b6570").unwrap()
    }),
    ("cabf-tls-key-usage-critical", server, |draft| {
        draft.extension(oid::KEY_USAGE).1 = false
    }),
    ("cabf-tls-key-usage-ec", server, |draft| {
        draft.put(usage(&[KeyUsage::KeyAgreement]))
    }),
    ("cabf-tls-key-usage-rsa", server, |draft| {
        draft.key(RSA, "3006 020105 020103");
        draft.put(usage(&[KeyUsage::KeyAgreement]));
    }),
    ("cabf-tls-key-usage-not-recommended", server, |draft| {
        draft.put(usage(&[KeyUsage::DigitalSignature, KeyUsage::KeyAgreement]))
    }),
    ("cabf-tls-server-auth", server, |draft| {
        draft.drop(oid::EXTENDED_KEY_USAGE)
    }),
    ("cabf-tls-server-auth", server, |draft| {
        draft.put(purposes(false, "3.2"))
    }),
    ("cabf-tls-eku-forbidden", server, |draft| {
        draft.put(raw(
            "2.5.29.37",
            false,
            "3014 06082b06010505070301 06082b06010505070304",
        ))
    }),
    ("cabf-tls-eku-other", server, |draft| {
        draft.put(raw(
            "2.5.29.37",
            false,
            "300e 06082b06010505070301 06022a03",
        ))
    }),
    ("cabf-tls-eku-critical", server, |draft| {
        draft.put(purposes(true, "3.1"))
    }),
    ("cabf-tls-validity-398-days", server, |draft| {
        draft.valid((0x17, "250101000000Z"), (0x17, "260203000000Z"))
    }),
    ("cabf-tls-validity-200-days", server, |draft| {
        draft.valid((0x17, "260401000000Z"), (0x17, "261018000000Z"))
    }),
    ("cabf-tls-validity-100-days", server, |draft| {
        draft.valid((0x17, "270401000000Z"), (0x17, "270710000000Z"))
    }),
    ("cabf-tls-validity-47-days", server, |draft| {
        draft.valid((0x17, "290401000000Z"), (0x17, "290518000000Z"))
    }),
];

const NAMES: [Case; 14] = [
    ("cabf-tls-san", organization, |draft| {
        draft.drop(oid::SUBJECT_ALTERNATIVE_NAME)
    }),
    ("cabf-tls-san-kind", server, |draft| {
        draft.san(0x81, b"a@b.c")
    }),
    ("cabf-tls-internal-name", server, |draft| {
        draft.san(0x82, b"www.corp")
    }),
    ("cabf-tls-internal-name", server, |draft| {
        draft.san(0x82, b"mailhost")
    }),
    ("cabf-tls-reserved-ip", server, |draft| {
        draft.san(0x87, &[10, 0, 0, 1])
    }),
    ("cabf-tls-reserved-ip", server, |draft| {
        draft.san(0x87, &[0; 16])
    }),
    ("cabf-tls-underscore", server, |draft| {
        draft.san(0x82, b"a_b.c.d")
    }),
    ("cabf-tls-reserved-label", server, |draft| {
        draft.san(0x82, b"ab--c.d.e")
    }),
    ("cabf-tls-wildcard", server, |draft| {
        draft.san(0x82, b"*.com")
    }),
    ("cabf-tls-wildcard", server, |draft| {
        draft.san(0x82, b"a.*.b.c")
    }),
    ("cabf-tls-common-name", server, |draft| {
        draft.subject = name("CN=a.b.c")
    }),
    ("cabf-tls-common-name-from-san", server, |draft| {
        draft.subject = name("CN=A.b.c")
    }),
    ("cabf-tls-common-name-from-san", server, |draft| {
        draft.subject = name("CN=Anna")
    }),
    ("cabf-tls-ev-wildcard", extended, |draft| {
        draft.san(0x82, b"*.a.b.c")
    }),
];

const SUBJECTS: [Case; 21] = [
    ("cabf-tls-dv-subject", server, |draft| {
        draft.subject = name("O=Example AG")
    }),
    ("cabf-tls-organization", organization, |draft| {
        draft.subject = name("L=Bonn,C=DE")
    }),
    ("cabf-tls-country", organization, |draft| {
        draft.subject = name("O=Example AG,L=Bonn")
    }),
    ("cabf-tls-place", organization, |draft| {
        draft.subject = name("O=Example AG,C=DE")
    }),
    ("cabf-tls-person", individual, |draft| {
        draft.subject = name("GN=Anna,L=Bonn,C=DE")
    }),
    ("cabf-tls-person-policy", organization, |draft| {
        draft.subject = name("GN=Anna,O=Example AG,L=Bonn,C=DE")
    }),
    ("cabf-tls-organizational-unit", organization, |draft| {
        draft.subject = name("OU=IT,O=Example AG,L=Bonn,C=DE")
    }),
    ("cabf-tls-iso-country", organization, |draft| {
        draft.subject = name("O=Example AG,L=Bonn,C=DD")
    }),
    ("cabf-tls-metadata", organization, |draft| {
        draft.subject = name("O=Example AG,L=-,C=DE")
    }),
    ("cabf-tls-rdn-single", organization, |draft| {
        draft.subject = name("O=Example AG+L=Bonn,C=DE")
    }),
    ("cabf-tls-rdn-single", organization, |draft| {
        draft.subject = name("O=Example AG,L=Bonn,L=Beuel,C=DE")
    }),
    ("cabf-tls-rdn-order", organization, |draft| {
        draft.subject = name("C=DE,L=Bonn,O=Example AG")
    }),
    ("cabf-tls-ev-business-category", extended, |draft| {
        draft.subject =
            name("serialNumber=HRB 1,businessCategory=Hobby,jurisdictionC=DE,O=a,L=b,C=DE")
    }),
    ("cabf-tls-ev-jurisdiction", extended, |draft| {
        draft.subject = name("serialNumber=HRB 1,businessCategory=Business Entity,O=a,L=b,C=DE")
    }),
    ("cabf-tls-ev-serial-number", extended, |draft| {
        draft.subject = name("businessCategory=Business Entity,jurisdictionC=DE,O=a,L=b,C=DE")
    }),
    ("cabf-tls-policies", server, |draft| {
        draft.drop(oid::CERTIFICATE_POLICIES)
    }),
    ("cabf-tls-policy-oid", server, |draft| {
        draft.put(raw("2.5.29.32", false, "3006 3004 06022a03"))
    }),
    ("cabf-tls-policy-first", server, |draft| {
        draft.put(raw(
            "2.5.29.32",
            false,
            "3010 3004 06022a03 3008 0606 67810c010201",
        ))
    }),
    ("cabf-tls-any-policy", server, |draft| {
        draft.put(raw(
            "2.5.29.32",
            false,
            "3012 3008 0606 67810c010201 3006 0604551d2000",
        ))
    }),
    ("cabf-tls-policy-qualifier", server, |draft| {
        draft.put(raw(
            "2.5.29.32",
            false,
            "301a3018060667810c010201300e300c06082b060105050702023000",
        ))
    }),
    ("cabf-tls-policies-critical", server, |draft| {
        draft.extension(oid::CERTIFICATE_POLICIES).1 = true
    }),
];

const EXTENSIONS: [Case; 14] = [
    ("cabf-tls-basic-constraints-critical", server, |draft| {
        draft.extension(oid::BASIC_CONSTRAINTS).1 = false
    }),
    ("cabf-tls-aia", server, |draft| {
        draft.drop(oid::AUTHORITY_INFORMATION_ACCESS)
    }),
    ("cabf-tls-aia-method", server, |draft| {
        draft.put(raw(
            "1.3.6.1.5.5.7.1.1",
            false,
            "3013 3011 06082b06010505073005 8605 687474703a",
        ))
    }),
    ("cabf-tls-aia-http", server, |draft| {
        draft.put(access(false, "https://a.b.c/ocsp"))
    }),
    ("cabf-tls-aia-ca-issuers", server, |draft| {
        draft.put(access(false, "http://a.b.c/ocsp"))
    }),
    ("cabf-tls-crl-dp", server, |draft| {
        draft.drop(oid::CRL_DISTRIBUTION_POINTS);
        draft.drop(oid::AUTHORITY_INFORMATION_ACCESS);
    }),
    ("cabf-tls-crl-dp-form", server, |draft| {
        draft.put(points("ldap://a.b.c/crl"))
    }),
    ("cabf-tls-crl-dp-critical", server, |draft| {
        draft.extension(oid::CRL_DISTRIBUTION_POINTS).1 = true
    }),
    ("cabf-tls-aki", server, |draft| {
        draft.put(raw(
            "2.5.29.35",
            false,
            "300d 800101 a105 8203 612e62 820101",
        ))
    }),
    ("cabf-tls-ski", server, |draft| {
        let extension = Draft::leaf().extension(oid::SUBJECT_KEY_IDENTIFIER).clone();
        draft.put(extension)
    }),
    ("cabf-tls-extension-other", server, |draft| {
        draft.put(raw("1.2.3.4", false, "0500"))
    }),
    ("cabf-tls-ocsp-no-check", ocsp_signer, |draft| {
        draft.drop(oid::OCSP_NO_CHECK)
    }),
    ("cabf-tls-crl-dp-form", server, |draft| {
        draft.put(raw("2.5.29.31", false, "3005 3003 a201 00"))
    }),
    ("cabf-tls-crl-dp", server, |draft| {
        draft.drop(oid::CRL_DISTRIBUTION_POINTS);
        draft.drop(oid::AUTHORITY_INFORMATION_ACCESS);
        // eight days
        draft.valid((0x17, "260401000000Z"), (0x17, "260409000000Z"));
    }),
];

const AUTHORITIES: [Case; 14] = [
    ("cabf-tls-ca-country", sub_ca, |draft| {
        draft.subject = name("CN=Sub CA,O=Example AG")
    }),
    ("cabf-tls-ca-organization", sub_ca, |draft| {
        draft.subject = name("CN=Sub CA,C=DE")
    }),
    ("cabf-tls-ca-common-name", sub_ca, |draft| {
        draft.subject = name("O=Example AG,C=DE")
    }),
    ("cabf-tls-ca-key-usage", sub_ca, |draft| {
        draft.put(usage(&[KeyUsage::KeyCertSign]))
    }),
    ("cabf-tls-ca-digital-signature", sub_ca, |draft| {
        draft.put(usage(&[KeyUsage::KeyCertSign, KeyUsage::CrlSign]))
    }),
    ("cabf-tls-root-eku", root, |draft| {
        draft.put(purposes(false, "3.1"))
    }),
    ("cabf-tls-root-path-length", root, |draft| {
        draft.put(constraints(true, Some(1)))
    }),
    ("cabf-tls-root-policies", root, |draft| {
        draft.put(raw("2.5.29.32", false, "3006 3004 06022a03"))
    }),
    ("cabf-tls-sub-ca-eku", sub_ca, |draft| {
        draft.drop(oid::EXTENDED_KEY_USAGE)
    }),
    ("cabf-tls-sub-ca-eku-any", sub_ca, |draft| {
        draft.put(raw("2.5.29.37", false, "3006 0604551d2500"))
    }),
    ("cabf-tls-sub-ca-policies", sub_ca, |draft| {
        draft.drop(oid::CERTIFICATE_POLICIES)
    }),
    ("cabf-tls-sub-ca-crl-dp", sub_ca, |draft| {
        draft.drop(oid::CRL_DISTRIBUTION_POINTS)
    }),
    ("cabf-tls-sub-ca-aia", sub_ca, |draft| {
        draft.drop(oid::AUTHORITY_INFORMATION_ACCESS)
    }),
    ("cabf-tls-sub-ca-aia", sub_ca, |draft| {
        draft.put(access(false, "http://a.b.c/ocsp"))
    }),
];

#[test]
fn a_rule_holds_from_its_day_on() {
    let mut old = organization();
    old.subject = name("OU=IT,O=Example AG,L=Bonn,C=DE");
    old.valid((0x17, "220101000000Z"), (0x17, "220630235959Z"));
    assert_eq!(lint_sets(&old.write(), &[LintSet::CabfTls]), []);
}

#[test]
fn the_last_second_of_the_longest_validity_is_allowed() {
    let mut draft = server();
    draft.valid((0x17, "260401000000Z"), (0x17, "261017235959Z"));
    assert_eq!(lint_sets(&draft.write(), &[LintSet::CabfTls]), []);
}
