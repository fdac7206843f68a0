//! The Baseline Requirements for S/MIME and for code signing, each rule broken once.

use super::*;

const RSA: &str = "300d 06092a864886f70d010101 0500";

fn mailbox() -> Draft {
    let mut draft = Draft::leaf();
    draft.subject = name("CN=a@b.c");
    draft.san(0x81, b"a@b.c");
    draft.put(purposes(false, "3.4"));
    draft.put(raw("2.5.29.32", false, "300b 3009 0607 67810c01050102"));
    draft.put(points("http://a.b.c/crl"));
    draft.put(raw(
        "1.3.6.1.5.5.7.1.1",
        false,
        "3018 3016 0608 2b06010505073002 860a 687474703a2f2f612e62",
    ));
    draft
}

/// One whom an organization sponsors.
fn sponsored() -> Draft {
    let mut draft = mailbox();
    draft.subject = name(
        "CN=Ada Byron,GN=Ada,SN=Byron,O=Example AG,organizationIdentifier=VATDE-123456789,C=DE",
    );
    draft.put(raw("2.5.29.32", false, "300b 3009 0607 67810c01050302"));
    draft
}

fn strict() -> Draft {
    let mut draft = mailbox();
    draft.put(raw("2.5.29.32", false, "300b 3009 0607 67810c01050103"));
    draft
}

const SMIME: [Case; 45] = [
    ("cabf-smime-san", mailbox, |draft| {
        draft.drop(oid::SUBJECT_ALTERNATIVE_NAME)
    }),
    ("cabf-smime-san", mailbox, |draft| draft.san(0x82, b"a.b.c")),
    ("cabf-smime-san-kind", mailbox, |draft| {
        draft.put(raw(
            "2.5.29.17",
            false,
            "300e 8105 6140622e63 8205 612e622e63",
        ))
    }),
    ("cabf-smime-san-kind", strict, |draft| {
        draft.put(raw(
            "2.5.29.17",
            false,
            "301b 8105 6140622e63 a012 060a 2b060104018237140203 a004 0c02 6140",
        ))
    }),
    ("cabf-smime-subject-mailbox", mailbox, |draft| {
        draft.subject = name("CN=x@b.c")
    }),
    ("cabf-smime-common-name", mailbox, |draft| {
        draft.subject = name("CN=Ada Byron")
    }),
    ("cabf-smime-metadata", mailbox, |draft| {
        draft.subject = name("serialNumber=-")
    }),
    ("cabf-smime-attribute-forbidden", sponsored, |draft| {
        draft.subject = name("GN=Ada,O=Example AG,organizationIdentifier=VATDE-1,UID=ada")
    }),
    ("cabf-smime-organization", sponsored, |draft| {
        draft.subject = name("GN=Ada,O=Example AG")
    }),
    ("cabf-smime-person", sponsored, |draft| {
        draft.subject = name("O=Example AG,organizationIdentifier=VATDE-1")
    }),
    ("cabf-smime-pseudonym", sponsored, |draft| {
        draft.subject = name("GN=Ada,pseudonym=A,O=Example AG,organizationIdentifier=VATDE-1")
    }),
    ("cabf-smime-place", sponsored, |draft| {
        draft.subject = name("GN=Ada,O=Example AG,organizationIdentifier=VATDE-1,L=Bonn")
    }),
    ("cabf-smime-place", sponsored, |draft| {
        draft.subject = name("GN=Ada,O=E,organizationIdentifier=VATDE-1,STREET=Markt 1,C=DE")
    }),
    ("cabf-smime-iso-country", sponsored, |draft| {
        draft.subject = name("GN=Ada,O=Example AG,organizationIdentifier=LEIXG-1,C=ZZ")
    }),
    ("cabf-smime-organization-identifier", sponsored, |draft| {
        draft.subject = name("GN=Ada,O=Example AG,organizationIdentifier=ABCDE-1")
    }),
    ("cabf-smime-organization-identifier", sponsored, |draft| {
        draft.subject = name("GN=Ada,O=Example AG,organizationIdentifier=GOVDE-1")
    }),
    (
        "cabf-smime-organization-identifier-country",
        sponsored,
        |draft| draft.subject = name("GN=Ada,O=Example AG,organizationIdentifier=VATDE-1,C=FR"),
    ),
    ("cabf-smime-mailbox-validated", mailbox, |draft| {
        draft.subject = name("O=Example AG")
    }),
    ("cabf-smime-eku", mailbox, |draft| {
        draft.drop(oid::EXTENDED_KEY_USAGE)
    }),
    ("cabf-smime-eku-forbidden", mailbox, |draft| {
        draft.put(purposes(false, "3.1"))
    }),
    ("cabf-smime-eku-forbidden", strict, |draft| {
        draft.put(purposes(false, "3.2"))
    }),
    ("cabf-smime-key-usage", mailbox, |draft| {
        draft.drop(oid::KEY_USAGE)
    }),
    ("cabf-smime-key-usage-critical", mailbox, |draft| {
        draft.extension(oid::KEY_USAGE).1 = false
    }),
    ("cabf-smime-key-usage-bits", mailbox, |draft| {
        draft.put(usage(&[KeyUsage::ContentCommitment]))
    }),
    ("cabf-smime-key-usage-bits", mailbox, |draft| {
        draft.put(usage(&[KeyUsage::KeyEncipherment]))
    }),
    ("cabf-smime-key-usage-bits", mailbox, |draft| {
        draft.put(usage(&[KeyUsage::CrlSign]))
    }),
    ("cabf-smime-key", mailbox, |draft| {
        draft.key(RSA, "3006 020105 020103")
    }),
    ("cabf-smime-rsa-exponent", mailbox, |draft| {
        draft.key(RSA, "3006 020105 020102")
    }),
    ("cabf-smime-signature-algorithm", mailbox, |draft| {
        draft.algorithm = hex::decode("300d06092a864886f70d0101050500").unwrap()
    }),
    ("cabf-smime-any-policy", mailbox, |draft| {
        draft.put(raw(
            "2.5.29.32",
            false,
            "3013 3009 0607 67810c01050102 3006 0604 551d2000",
        ))
    }),
    ("cabf-smime-legacy", mailbox, |draft| {
        draft.put(raw("2.5.29.32", false, "300b 3009 0607 67810c01050101"))
    }),
    ("cabf-smime-policies-critical", mailbox, |draft| {
        draft.extension(oid::CERTIFICATE_POLICIES).1 = true
    }),
    ("cabf-smime-notice-reference", mailbox, |draft| {
        draft.put(raw(
            "2.5.29.32",
            false,
            "3024 3022 0607 67810c01050102 3017 3015 0608 2b06010505070202 3009 3007 0c0141 3002 0500",
        ))
    }),
    ("cabf-smime-aki", mailbox, |draft| {
        draft.put(raw("2.5.29.35", false, "3007 8002 0101 8201 05"))
    }),
    ("cabf-smime-qc-statements-critical", mailbox, |draft| {
        draft.put(raw(
            "1.3.6.1.5.5.7.1.3",
            true,
            "300a 3008 0606 04008e460101",
        ))
    }),
    (
        "cabf-smime-subject-directory-attributes",
        mailbox,
        |draft| {
            draft.put(raw(
                "2.5.29.9",
                false,
                "3012 3010 0608 2b06010505070904 3104 1302 4445",
            ))
        },
    ),
    ("cabf-smime-lei", mailbox, |draft| {
        draft.put(raw("1.3.6.1.4.1.52266.1", false, "1302 4445"))
    }),
    ("cabf-smime-aia", mailbox, |draft| {
        draft.drop(oid::AUTHORITY_INFORMATION_ACCESS)
    }),
    ("cabf-smime-aia-places", mailbox, |draft| {
        draft.put(raw(
            "1.3.6.1.5.5.7.1.1",
            false,
            "3015 3013 0608 2b06010505073002 8607 6c6461703a2f2f",
        ))
    }),
    ("cabf-smime-crl-dp-places", mailbox, |draft| {
        draft.put(points("ldap://a.b.c/crl"))
    }),
    ("cabf-smime-crl-dp-critical", mailbox, |draft| {
        draft.extension(oid::CRL_DISTRIBUTION_POINTS).1 = true
    }),
    ("cabf-smime-policy-oid", mailbox, |draft| {
        draft.drop(oid::CERTIFICATE_POLICIES)
    }),
    ("cabf-smime-crl-dp", mailbox, |draft| {
        draft.drop(oid::CRL_DISTRIBUTION_POINTS)
    }),
    ("cabf-smime-crl-dp", mailbox, |draft| {
        draft.put(points("ldap://a.b.c/crl"))
    }),
    ("cabf-smime-validity", mailbox, |draft| {
        draft.valid((0x17, "260101000000Z"), (0x17, "280405000000Z"))
    }),
];

#[test]
fn every_rule_on_mailboxes_is_broken_once() {
    assert_every_rule_is_broken(LintSet::CabfSmime, &SMIME);
}

fn publisher() -> Draft {
    let mut draft = Draft::leaf();
    draft.subject = name("CN=Example AG,O=Example AG,L=Bonn,C=DE");
    draft.put(purposes(false, "3.3"));
    draft.put(raw("2.5.29.32", false, "300a 3008 0606 67810c010401"));
    draft.put(points("http://a.b.c/crl"));
    draft
}

const CODE: [Case; 11] = [
    ("cabf-cs-key", publisher, |draft| {
        draft.key(RSA, "3006 020105 020103")
    }),
    ("cabf-cs-key", publisher, |draft| {
        draft.key("3005 06032b6570", &"11".repeat(32))
    }),
    ("cabf-cs-eku", publisher, |draft| {
        draft.drop(oid::EXTENDED_KEY_USAGE)
    }),
    ("cabf-cs-eku-forbidden", publisher, |draft| {
        draft.put(purposes(false, "3.1"))
    }),
    ("cabf-cs-key-usage", publisher, |draft| {
        draft.extension(oid::KEY_USAGE).1 = false
    }),
    ("cabf-cs-key-usage", publisher, |draft| {
        draft.put(usage(&[KeyUsage::KeyAgreement]))
    }),
    ("cabf-cs-policy-oid", publisher, |draft| {
        draft.drop(oid::CERTIFICATE_POLICIES)
    }),
    ("cabf-cs-crl-dp", publisher, |draft| {
        draft.drop(oid::CRL_DISTRIBUTION_POINTS)
    }),
    ("cabf-cs-subject", publisher, |draft| {
        draft.subject = name("CN=a,O=b,C=DE")
    }),
    ("cabf-cs-validity-39-months", publisher, |draft| {
        draft.valid((0x17, "250101000000Z"), (0x17, "280405000000Z"))
    }),
    ("cabf-cs-validity-460-days", publisher, |draft| {
        draft.valid((0x17, "260401000000Z"), (0x17, "270705000000Z"))
    }),
];

#[test]
fn every_rule_on_code_is_broken_once() {
    assert_every_rule_is_broken(LintSet::CabfCs, &CODE);
}
