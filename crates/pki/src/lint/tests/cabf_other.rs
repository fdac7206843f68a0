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
    draft
}

const SMIME: [Case; 14] = [
    ("cabf-smime-san", mailbox, |draft| {
        draft.drop(oid::SUBJECT_ALTERNATIVE_NAME)
    }),
    ("cabf-smime-san", mailbox, |draft| draft.san(0x82, b"a.b.c")),
    ("cabf-smime-subject-mailbox", mailbox, |draft| {
        draft.subject = name("CN=x@b.c")
    }),
    ("cabf-smime-mailbox-validated", mailbox, |draft| {
        draft.subject = name("O=Example AG")
    }),
    ("cabf-smime-eku", mailbox, |draft| {
        draft.drop(oid::EXTENDED_KEY_USAGE)
    }),
    ("cabf-smime-eku-forbidden", mailbox, |draft| {
        draft.put(purposes(false, "3.1"))
    }),
    ("cabf-smime-key-usage", mailbox, |draft| {
        draft.drop(oid::KEY_USAGE)
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
