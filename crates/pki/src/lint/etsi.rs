//! ETSI EN 319 412: certificates of natural persons (part 2) and of legal persons (part 3), their semantics identifiers
//! (part 1) and the statements of qualified certificates (part 5). Of certificates for websites (part 4), which the CA/Browser
//! Forum's rules judge, only the statements are looked at; those of CAs are not asked.

use const_oid::ObjectIdentifier;

use super::facts::{Facts, read_list};
use super::finding::Findings;
use super::{Check, rules};
use crate::asn1::{Element, Malformed, Reader, oid, tag};
use crate::extension::{ExtendedKeyUsage, KeyUsage};

rules! { Etsi:
    STATEMENTS = Error "etsi-qc-statements" ["EN 319 412-5 §4.1, RFC 3739 §3.2.6"]
        "the statements must be ones that can be read, each once, and must not be critical";
    TYPE = Error "etsi-qc-type" ["EN 319 412-5 §4.2.3"]
        "a certificate that claims to be qualified must have exactly one type: esign, eseal or web";
    DISCLOSURE = Error "etsi-qc-pds" ["EN 319 412-5 §4.3.4"]
        "a certificate that claims to be qualified must name a PKI disclosure statement in English, and all by https";
    DEVICE = Error "etsi-qc-sscd" ["EN 319 412-5 §4.2.2"]
        "who has the key in a qualified device must claim to be qualified too";
    LIMIT = Error "etsi-qc-limit-value" ["EN 319 412-5 §4.3.2"]
        "the limit must have a currency by three letters or a number, and an amount that is not negative";
    RETENTION = Error "etsi-qc-retention" ["EN 319 412-5 §4.3.3"]
        "the period of retention must be a number of years that is not negative";
    LEGISLATION = Error "etsi-qc-legislation" ["EN 319 412-5 §4.2.4"]
        "legislation must be named by countries of two capital letters";
    NATURAL_SEMANTICS = Error "etsi-natural-semantics" ["EN 319 412-1 §5.1.3"]
        "the serial number of a natural person who claims its semantics must begin with PAS, IDC, PNO, TAX or TIN, or two letters and a colon, a country and a hyphen";
    LEGAL_SEMANTICS = Error "etsi-legal-semantics" ["EN 319 412-1 §5.1.4"]
        "the organization identifier of a legal person that claims its semantics must begin with VAT, NTR, PSD or LEI, or two letters and a colon, a country and a hyphen";
    NATURAL_SUBJECT = Error "etsi-natural-subject" ["EN 319 412-2 §4.2.4"]
        "a natural person must have country, common name, serial number, and given name and surname or one of them or a pseudonym";
    PSEUDONYM = Error "etsi-pseudonym" ["EN 319 412-2 §4.2.4"]
        "a pseudonym must not stand beside given name or surname";
    LEGAL_SUBJECT = Error "etsi-legal-subject" ["EN 319 412-3 §4.2.1"]
        "a legal person must have country, organization, organization identifier and common name";
    ISSUER = Error "etsi-issuer" ["EN 319 412-2 §4.2.3"]
        "the issuer must have country, common name, and organization";
    USAGE = Error "etsi-key-usage" ["EN 319 412-2 §4.3.2"]
        "key usage must be critical, and one of the settings A to F";
    COMMITMENT = Warning "etsi-key-usage-mixed" ["EN 319 412-2 §4.3.2"]
        "contentCommitment should stand alone: who signs what they are bound by should not authenticate with the same key";
    POLICY = Error "etsi-policies" ["EN 319 412-2 §4.3.3"]
        "there must be certificate policies";
    ACCESS = Error "etsi-aia" ["EN 319 412-2 §4.4.1"]
        "there must be an authority information access with the issuer's certificate by http or https";
    REVOCATION = Error "etsi-revocation" ["EN 319 412-2 §4.3.11, §4.4.1"]
        "there must be CRL distribution points or the location of an OCSP responder";
}

pub(super) const CHECKS: [Check; 1] = [check];

const fn dotted(text: &str) -> ObjectIdentifier {
    ObjectIdentifier::new_unwrap(text)
}

const COMPLIANCE: ObjectIdentifier = dotted("0.4.0.1862.1.1");
const LIMIT_VALUE: ObjectIdentifier = dotted("0.4.0.1862.1.2");
const RETENTION_PERIOD: ObjectIdentifier = dotted("0.4.0.1862.1.3");
const SSCD: ObjectIdentifier = dotted("0.4.0.1862.1.4");
const PDS: ObjectIdentifier = dotted("0.4.0.1862.1.5");
const QC_TYPE: ObjectIdentifier = dotted("0.4.0.1862.1.6");
const LEGISLATION_OF: ObjectIdentifier = dotted("0.4.0.1862.1.7");
const SEAL: ObjectIdentifier = dotted("0.4.0.1862.1.6.2");
const SIGN: ObjectIdentifier = dotted("0.4.0.1862.1.6.1");
const WEB: ObjectIdentifier = dotted("0.4.0.1862.1.6.3");
/// id-qcs-pkixQCSyntax-v2, RFC 3739.
const SYNTAX: ObjectIdentifier = dotted("1.3.6.1.5.5.7.11.2");
const OF_NATURAL: ObjectIdentifier = dotted("0.4.0.194121.1.1");
const OF_LEGAL: ObjectIdentifier = dotted("0.4.0.194121.1.2");

const COMMON_NAME: ObjectIdentifier = dotted("2.5.4.3");
const SURNAME: ObjectIdentifier = dotted("2.5.4.4");
const SERIAL_NUMBER: ObjectIdentifier = dotted("2.5.4.5");
const COUNTRY: ObjectIdentifier = dotted("2.5.4.6");
const ORGANIZATION: ObjectIdentifier = dotted("2.5.4.10");
const GIVEN_NAME: ObjectIdentifier = dotted("2.5.4.42");
const PSEUDONYM_OF: ObjectIdentifier = dotted("2.5.4.65");
const ORGANIZATION_IDENTIFIER: ObjectIdentifier = dotted("2.5.4.97");

/// What the statements say.
#[derive(Default)]
struct Statements<'a> {
    found: Vec<(ObjectIdentifier, Option<Element<'a>>)>,
    types: Vec<ObjectIdentifier>,
    semantics: Option<ObjectIdentifier>,
}

fn check(facts: &Facts<'_>, findings: &mut Findings) {
    if facts.is_ca() || facts.has_purpose(ExtendedKeyUsage::OCSP_SIGNING.oid()) {
        return;
    }
    let statements = read_statements(facts, findings);
    check_statements(&statements, findings);
    check_semantics(facts, &statements, findings);
    if !statements.types.contains(&WEB) {
        check_names(facts, &statements, findings);
        check_usage(facts, &statements, findings);
        check_places(facts, findings);
    }
}

fn read_statements<'a>(facts: &Facts<'a>, findings: &mut Findings) -> Statements<'a> {
    let mut statements = Statements::default();
    let Some(extension) = facts.extension(oid::QC_STATEMENTS) else {
        return statements;
    };
    const WHAT: &str = "QCStatements";
    let read = read_list(extension.value, WHAT, |fields| {
        let mut statement = fields.sequence(WHAT)?;
        let id = statement.oid(WHAT)?;
        let info = match statement.is_empty() {
            true => None,
            false => Some(statement.element(WHAT)?),
        };
        statement.finish(WHAT)?;
        Ok((id, info))
    });
    let sound = read.and_then(|found| {
        statements.found = found;
        statements.read_inside()
    });
    let mut ids: Vec<_> = statements.found.iter().map(|(id, _)| *id).collect();
    let all = ids.len();
    ids.sort_unstable();
    ids.dedup();
    findings.check(
        &STATEMENTS,
        sound.is_err() || extension.critical || ids.len() != all,
    );
    statements
}

impl<'a> Statements<'a> {
    fn has(&self, id: ObjectIdentifier) -> bool {
        self.found.iter().any(|(known, _)| *known == id)
    }

    fn info(&self, id: ObjectIdentifier) -> Option<Element<'a>> {
        let found = self.found.iter().find(|(known, _)| *known == id)?;
        found.1
    }

    fn read_inside(&mut self) -> Result<(), Malformed> {
        if let Some(info) = self.info(QC_TYPE) {
            self.types = read_list(info.whole, "QcType", |fields| fields.oid("QcType"))?;
        }
        if let Some(info) = self.info(SYNTAX) {
            let mut fields = Reader::new(info.content);
            if fields.peek() == Some(tag::OID) {
                self.semantics = Some(fields.oid("SemanticsInformation")?);
            }
        }
        Ok(())
    }
}

fn check_statements(statements: &Statements<'_>, findings: &mut Findings) {
    let qualified = statements.has(COMPLIANCE);
    let known = [SIGN, SEAL, WEB];
    let one = matches!(statements.types.as_slice(), [one] if known.contains(one));
    findings.check(&TYPE, qualified && !one);
    findings.check(&DEVICE, statements.has(SSCD) && !qualified);
    let places = statements.info(PDS).map(|info| read_places(info.whole));
    let disclosed = match &places {
        Some(Ok(places)) => {
            let https = |(url, _): &(&[u8], &[u8])| url.starts_with(b"https://");
            let english = |(_, language): &(&[u8], &[u8])| language.eq_ignore_ascii_case(b"en");
            places.iter().all(https) && places.iter().any(english)
        }
        Some(Err(_)) => false,
        None => !qualified,
    };
    findings.check(&DISCLOSURE, !disclosed);
    if let Some(info) = statements.info(LIMIT_VALUE) {
        findings.check(&LIMIT, !is_limit(info).unwrap_or(false));
    }
    if let Some(info) = statements.info(RETENTION_PERIOD) {
        findings.check(&RETENTION, !is_count(info));
    }
    if let Some(info) = statements.info(LEGISLATION_OF) {
        const WHAT: &str = "QcCClegislation";
        let countries = read_list(info.whole, WHAT, |fields| {
            fields.content(tag::PRINTABLE_STRING, WHAT)
        });
        let is_country = |text: &&[u8]| text.len() == 2 && text.iter().all(u8::is_ascii_uppercase);
        let sound = countries.is_ok_and(|countries| countries.iter().all(is_country));
        findings.check(&LEGISLATION, !sound);
    }
}

/// URL and language.
type Place<'a> = (&'a [u8], &'a [u8]);

fn read_places(info: &[u8]) -> Result<Vec<Place<'_>>, Malformed> {
    const WHAT: &str = "QcEuPDS";
    read_list(info, WHAT, |fields| {
        let mut place = fields.sequence(WHAT)?;
        let url = place.content(tag::IA5_STRING, WHAT)?;
        let language = place.content(tag::PRINTABLE_STRING, WHAT)?;
        place.finish(WHAT)?;
        Ok((url, language))
    })
}

fn is_limit(info: Element<'_>) -> Result<bool, Malformed> {
    const WHAT: &str = "QcEuLimitValue";
    let mut fields = Reader::new(info.whole).sequence(WHAT)?;
    let currency = fields.element(WHAT)?;
    let named = match currency.tag {
        tag::PRINTABLE_STRING => {
            currency.content.len() == 3 && currency.content.iter().all(u8::is_ascii_uppercase)
        }
        tag::INTEGER => is_count(currency),
        _ => false,
    };
    let amount = is_count(fields.element(WHAT)?);
    fields.tagged(tag::INTEGER, WHAT)?;
    fields.finish(WHAT)?;
    Ok(named && amount)
}

/// An INTEGER that is not negative.
fn is_count(info: Element<'_>) -> bool {
    info.tag == tag::INTEGER && info.content.first().is_some_and(|first| *first < 0x80)
}

fn check_semantics(facts: &Facts<'_>, statements: &Statements<'_>, findings: &mut Findings) {
    let value = |oid| {
        let mut attributes = facts.subject_attributes().iter();
        attributes.find(|attribute| attribute.oid == oid)
    };
    let fits = |oid, kinds: &[&[u8]]| {
        value(oid).is_none_or(|attribute| is_identifier(attribute.content, kinds))
    };
    let natural: [&[u8]; 5] = [b"PAS", b"IDC", b"PNO", b"TAX", b"TIN"];
    let legal: [&[u8]; 4] = [b"VAT", b"NTR", b"PSD", b"LEI"];
    let claims = |of| statements.semantics == Some(of);
    findings.check(
        &NATURAL_SEMANTICS,
        claims(OF_NATURAL) && !fits(SERIAL_NUMBER, &natural),
    );
    findings.check(
        &LEGAL_SEMANTICS,
        claims(OF_LEGAL) && !fits(ORGANIZATION_IDENTIFIER, &legal),
    );
}

/// `PNODE-123`, `NO:SE-123`.
fn is_identifier(value: &[u8], kinds: &[&[u8]]) -> bool {
    let Some((kind, rest)) = value.split_at_checked(3) else {
        return false;
    };
    let national = matches!(kind, [a, b, b':'] if a.is_ascii_uppercase() && b.is_ascii_uppercase());
    let known = national || kinds.contains(&kind);
    let country =
        matches!(rest, [a, b, b'-', _, ..] if a.is_ascii_uppercase() && b.is_ascii_uppercase());
    known && country
}

/// A seal is a legal person's; without a type the subject tells.
fn is_legal(facts: &Facts<'_>, statements: &Statements<'_>) -> bool {
    if statements.types.contains(&SEAL) || statements.types.contains(&SIGN) {
        return statements.types.contains(&SEAL);
    }
    has(facts, ORGANIZATION_IDENTIFIER) && !is_person(facts)
}

fn has(facts: &Facts<'_>, oid: ObjectIdentifier) -> bool {
    facts
        .subject_attributes()
        .iter()
        .any(|attribute| attribute.oid == oid)
}

fn is_person(facts: &Facts<'_>) -> bool {
    [GIVEN_NAME, SURNAME, PSEUDONYM_OF]
        .into_iter()
        .any(|oid| has(facts, oid))
}

fn check_names(facts: &Facts<'_>, statements: &Statements<'_>, findings: &mut Findings) {
    let all = |oids: &[ObjectIdentifier]| oids.iter().all(|oid| has(facts, *oid));
    if is_legal(facts, statements) {
        let needed = [COUNTRY, ORGANIZATION, ORGANIZATION_IDENTIFIER, COMMON_NAME];
        findings.check(&LEGAL_SUBJECT, !all(&needed));
    } else {
        let needed = [COUNTRY, COMMON_NAME, SERIAL_NUMBER];
        findings.check(&NATURAL_SUBJECT, !all(&needed) || !is_person(facts));
        let named = has(facts, GIVEN_NAME) || has(facts, SURNAME);
        findings.check(&PSEUDONYM, named && has(facts, PSEUDONYM_OF));
    }
    let issuer = crate::name::parse(facts.issuer).unwrap_or_default();
    let needed = [COUNTRY, COMMON_NAME, ORGANIZATION];
    let sound = needed
        .iter()
        .all(|oid| issuer.iter().any(|attribute| attribute.oid == *oid));
    findings.check(&ISSUER, !sound);
}

fn check_usage(facts: &Facts<'_>, statements: &Statements<'_>, findings: &mut Findings) {
    let critical = facts
        .extension(oid::KEY_USAGE)
        .is_some_and(|extension| extension.critical);
    let signs = facts.has_usage(KeyUsage::DigitalSignature);
    let commits = facts.has_usage(KeyUsage::ContentCommitment);
    let enciphers = facts.has_usage(KeyUsage::KeyEncipherment);
    let agrees = facts.has_usage(KeyUsage::KeyAgreement);
    let other = [
        KeyUsage::DataEncipherment,
        KeyUsage::KeyCertSign,
        KeyUsage::CrlSign,
        KeyUsage::EncipherOnly,
        KeyUsage::DecipherOnly,
    ];
    let strange = other.into_iter().any(|usage| facts.has_usage(usage));
    let encrypts = enciphers || agrees;
    // A: commits; B: both; C: signs; D: signs and encrypts; E: encrypts; F: all
    let setting = match (commits, signs, encrypts) {
        (true, false, false) | (_, true, _) | (false, false, true) => !(enciphers && agrees),
        (true, false, true) | (false, false, false) => false,
    };
    // who signs for a person or seals for an organization must be bound by it, part 2 §4.3.2
    let qualified = statements.types.contains(&SIGN);
    findings.check(
        &USAGE,
        !critical || strange || !setting || qualified && !commits,
    );
    findings.check(&COMMITMENT, commits && (signs || encrypts));
}

fn check_places(facts: &Facts<'_>, findings: &mut Findings) {
    let policies = facts.policies.as_ref();
    findings.check(&POLICY, policies.is_none_or(Vec::is_empty));
    let access = facts.access.as_deref().unwrap_or_default();
    let by_web = |location: &Element<'_>| {
        let url = location.content;
        location.tag == tag::context(6)
            && (url.starts_with(b"http://") || url.starts_with(b"https://"))
    };
    let issuer = access
        .iter()
        .any(|(method, location)| *method == oid::AD_CA_ISSUERS && by_web(location));
    findings.check(&ACCESS, !issuer);
    let responder = access
        .iter()
        .any(|(method, location)| *method == oid::AD_OCSP && by_web(location));
    let points = facts
        .points
        .as_ref()
        .is_some_and(|points| !points.is_empty());
    let short_term = facts.extension(NO_REVOCATION).is_some() || facts.extension(ASSURED).is_some();
    findings.check(&REVOCATION, !responder && !points && !short_term);
}

/// noRevAvail, RFC 9608.
const NO_REVOCATION: ObjectIdentifier = dotted("2.5.29.56");
/// id-etsi-ext-valassured-ST-certs, EN 319 412-1 §5.2.
const ASSURED: ObjectIdentifier = dotted("0.4.0.194121.2.1");
