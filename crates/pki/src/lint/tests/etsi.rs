//! ETSI EN 319 412, each rule broken once.

use super::*;

/// QcCompliance, QcType (`6` and one more arc), QcPDS in English.
fn qualified(kind: &str) -> Extension {
    let compliance = "3008 0606 04008e460101";
    let kind = format!("3013 0606 04008e460106 3009 0607 04008e460106{kind}");
    // https://a.example/p, en
    let place = "301d 0606 04008e460105 3013 3011 160b 68747470733a2f2f612e62 1302 656e";
    let all = format!("{compliance} {kind} {place}").replace(' ', "");
    raw(
        "1.3.6.1.5.5.7.1.3",
        false,
        &format!("30{:02x}{all}", all.len() / 2),
    )
}

/// With these statements only, in hexadecimal.
fn statements(all: &str) -> Extension {
    let all = all.replace(' ', "");
    raw(
        "1.3.6.1.5.5.7.1.3",
        false,
        &format!("30{:02x}{all}", all.len() / 2),
    )
}

fn signatory() -> Draft {
    let mut draft = Draft::leaf();
    draft.issuer = name("CN=CA,O=Example,C=DE");
    draft.subject = name("CN=Anna Muster,SN=Muster,givenName=Anna,serialNumber=PNODE-123,C=DE");
    draft.put(usage(&[KeyUsage::ContentCommitment]));
    draft.put(raw("2.5.29.32", false, "3009 3007 0605 2a03040506"));
    draft.put(raw(
        "1.3.6.1.5.5.7.1.1",
        false,
        "3015 3013 06082b06010505073002 8607 687474703a2f2f",
    ));
    draft.put(points("http://a.b.c/crl"));
    draft.put(qualified("01"));
    draft
}

fn seal() -> Draft {
    let mut draft = signatory();
    draft.subject = name("CN=Example AG,O=Example AG,organizationIdentifier=NTRDE-HRB1,C=DE");
    draft.put(qualified("02"));
    draft
}

const CASES: [Case; 27] = [
    ("etsi-qc-statements", signatory, |draft| {
        draft.extension(oid::QC_STATEMENTS).1 = true
    }),
    ("etsi-qc-statements", signatory, |draft| {
        draft.put(raw("1.3.6.1.5.5.7.1.3", false, "3000"))
    }),
    ("etsi-qc-statements", signatory, |draft| {
        draft.put(statements("3008 0606 04008e460101 3008 0606 04008e460101"))
    }),
    ("etsi-qc-type", signatory, |draft| {
        draft.put(statements("3008 0606 04008e460101"))
    }),
    ("etsi-qc-pds", signatory, |draft| {
        draft.put(statements("3008 0606 04008e460101"))
    }),
    ("etsi-qc-pds", signatory, |draft| {
        // http, and German
        draft.put(statements(
            "301c 0606 04008e460105 3012 3010 160a 687474703a2f2f612e62 1302 6465",
        ))
    }),
    ("etsi-qc-sscd", signatory, |draft| {
        draft.put(statements("3008 0606 04008e460104"))
    }),
    ("etsi-qc-limit-value", signatory, |draft| {
        draft.put(statements(
            "3015 0606 04008e460102 300b 1303 657572 020101 020100",
        ))
    }),
    ("etsi-qc-limit-value", signatory, |draft| {
        draft.put(statements(
            "3015 0606 04008e460102 300b 1303 455552 0201ff 020100",
        ))
    }),
    ("etsi-qc-retention", signatory, |draft| {
        draft.put(statements("300b 0606 04008e460103 0201ff"))
    }),
    ("etsi-qc-legislation", signatory, |draft| {
        draft.put(statements("300e 0606 04008e460107 3004 1302 6465"))
    }),
    ("etsi-natural-semantics", signatory, |draft| {
        draft.subject = name("CN=Anna Muster,SN=Muster,serialNumber=123,C=DE");
        draft.put(statements(
            "3015 0608 2b06010505070b02 3009 0607 04008bec490101",
        ))
    }),
    ("etsi-legal-semantics", seal, |draft| {
        draft.subject = name("CN=Example AG,O=Example AG,organizationIdentifier=HRB1,C=DE");
        draft.put(statements(
            "3015 0608 2b06010505070b02 3009 0607 04008bec490102",
        ))
    }),
    ("etsi-natural-subject", signatory, |draft| {
        draft.subject = name("CN=Anna Muster,serialNumber=PNODE-123,C=DE")
    }),
    ("etsi-natural-subject", signatory, |draft| {
        draft.subject = name("CN=Anna Muster,SN=Muster,C=DE")
    }),
    ("etsi-pseudonym", signatory, |draft| {
        draft.subject = name("CN=Muse,pseudonym=Muse,SN=Muster,serialNumber=PNODE-123,C=DE")
    }),
    ("etsi-legal-subject", seal, |draft| {
        draft.subject = name("CN=Example AG,O=Example AG,C=DE")
    }),
    ("etsi-issuer", signatory, |draft| {
        draft.issuer = name("CN=CA")
    }),
    ("etsi-key-usage", signatory, |draft| {
        draft.extension(oid::KEY_USAGE).1 = false
    }),
    ("etsi-key-usage", signatory, |draft| {
        draft.put(usage(&[KeyUsage::DigitalSignature]))
    }),
    ("etsi-key-usage", seal, |draft| {
        draft.put(usage(&[
            KeyUsage::DigitalSignature,
            KeyUsage::DataEncipherment,
        ]))
    }),
    ("etsi-key-usage-mixed", signatory, |draft| {
        draft.put(usage(&[
            KeyUsage::DigitalSignature,
            KeyUsage::ContentCommitment,
        ]))
    }),
    ("etsi-policies", signatory, |draft| {
        draft.drop(oid::CERTIFICATE_POLICIES)
    }),
    ("etsi-aia", signatory, |draft| {
        draft.drop(oid::AUTHORITY_INFORMATION_ACCESS)
    }),
    ("etsi-aia", signatory, |draft| {
        draft.put(access(false, "http://a.b.c"))
    }),
    ("etsi-revocation", signatory, |draft| {
        draft.drop(oid::CRL_DISTRIBUTION_POINTS)
    }),
    ("etsi-qc-type", seal, |draft| draft.put(qualified("04"))),
];

#[test]
fn every_rule_on_persons_is_broken_once() {
    assert_every_rule_is_broken(LintSet::Etsi, &CASES);
}

#[test]
fn a_website_is_left_to_the_forum_and_a_seal_is_a_legal_persons() {
    let mut draft = Draft::leaf();
    draft.put(qualified("03"));
    assert_eq!(lint_sets(&draft.write(), &[LintSet::Etsi]), []);
    assert_eq!(lint_sets(&seal().write(), &[LintSet::Etsi]), []);
    let mut draft = seal();
    draft.put(qualified("01"));
    let findings = lint_sets(&draft.write(), &[LintSet::Etsi]);
    assert_eq!(findings[0].rule.id, "etsi-natural-subject");
}
