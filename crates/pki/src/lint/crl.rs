//! CRLs, before they are signed: RFC 5280 section 5, and what the CA/Browser Forum's Baseline Requirements say of lists in
//! section 7.2. Entries are looked at one by one as they stand, so that a list of a million is judged in one pass.

use std::collections::HashSet;

use const_oid::ObjectIdentifier;
use time::{Duration, OffsetDateTime};

use super::facts::{read_extension_list, read_points, read_time};
use super::finding::Findings;
use super::rules;
use crate::asn1::{Element, Malformed, Reader, integer_u64, oid, tag};
use crate::extension::{self, Extension};
use crate::key::SignatureAlgorithm;
use crate::serial::SerialNumber;

pub(super) mod ietf {
    //! What RFC 5280 demands.
    use super::rules;

    rules! { Rfc5280:
        STRUCTURE = Error "rfc5280-list-structure" ["RFC 5280 §5.1"]
            "the bytes must be the DER of a TBSCertList";
        VERSION = Error "rfc5280-list-version-2" ["RFC 5280 §5.1.2.1"]
            "a list with extensions must be of version 2";
        ALGORITHM = Error "rfc5280-list-signature-algorithm" ["RFC 5280 §5.1.2.2"]
            "the signature algorithm or its parameters are not supported";
        ISSUER = Error "rfc5280-list-issuer" ["RFC 5280 §5.1.2.3"]
            "the issuer must be a name that is not empty";
        TIME = Error "rfc5280-list-time" ["RFC 5280 §5.1.2.4, §5.1.2.6"]
            "times must be UTCTime through 2049 and GeneralizedTime from 2050 on, with seconds and Z, without fractions";
        NEXT_UPDATE = Error "rfc5280-list-next-update" ["RFC 5280 §5.1.2.5"]
            "nextUpdate must be there, and come after thisUpdate";
        EMPTY = Error "rfc5280-list-empty" ["RFC 5280 §5.1.2.6"]
            "revokedCertificates must be absent when there are none";
        KEY_IDENTIFIER = Error "rfc5280-list-aki" ["RFC 5280 §5.2.1"]
            "the authority key identifier must be there by the key's identifier, and must not be critical";
        NUMBER = Error "rfc5280-list-number" ["RFC 5280 §5.2.3"]
            "the CRL number must be there, not critical, and no longer than 20 octets";
        DELTA = Error "rfc5280-list-delta" ["RFC 5280 §5.2.4"]
            "the delta CRL indicator must be critical, and its base an earlier CRL";
        POINT = Error "rfc5280-list-distribution-point" ["RFC 5280 §5.2.5"]
            "the issuing distribution point must be critical, say something, and limit the list to one kind of certificates at the most";
        FRESHEST = Error "rfc5280-list-freshest" ["RFC 5280 §5.2.6"]
            "the freshest CRL must not be critical, and not stand in a delta CRL";
        REPEATED = Error "rfc5280-list-extension-repeated" ["RFC 5280 §5.2"]
            "an extension must not stand twice";
        CRITICAL = Error "rfc5280-list-extension-critical" ["RFC 5280 §5.2"]
            "a critical extension that nobody has to know makes the list unusable";
        SERIAL = Error "rfc5280-list-serial" ["RFC 5280 §5.1.2.6, §4.1.2.2"]
            "serial numbers must be positive INTEGERs of at most 20 octets";
        SERIAL_REPEATED = Error "rfc5280-list-serial-repeated" ["RFC 5280 §5.1.2.6"]
            "a certificate must not be listed twice";
        REASON = Error "rfc5280-list-reason" ["RFC 5280 §5.3.1"]
            "the reason code must be one that there is, and must not be critical";
        UNSPECIFIED = Warning "rfc5280-list-reason-unspecified" ["RFC 5280 §5.3.1"]
            "the reason unspecified should be left out";
        REMOVED = Error "rfc5280-list-remove-from-crl" ["RFC 5280 §5.3.1"]
            "removeFromCRL may stand in delta CRLs only";
        INVALIDITY = Error "rfc5280-list-invalidity-date" ["RFC 5280 §5.3.2"]
            "the invalidity date must be a GeneralizedTime, and must not be critical";
        ENTRY_ISSUER = Error "rfc5280-list-certificate-issuer" ["RFC 5280 §5.3.3"]
            "the certificate issuer must be critical, and may stand in indirect CRLs only";
        ENTRY_CRITICAL = Error "rfc5280-list-entry-critical" ["RFC 5280 §5.3"]
            "a critical extension of an entry that nobody has to know makes the list unusable";
    }
}

pub(super) mod forum {
    //! What the Baseline Requirements add.
    use super::rules;

    rules! { CabfTls:
        ALGORITHM = Error "cabf-tls-list-signature-algorithm" ["BR §7.1.3.2"]
            "lists must be signed with RSA or ECDSA and SHA-256, SHA-384 or SHA-512";
        INTERVAL = Error "cabf-tls-list-interval" ["BR §4.9.7"]
            "nextUpdate must not come more than 10 days after thisUpdate, in a list of CA certificates 12 months";
        POINT = Error "cabf-tls-list-distribution-point" ["BR §7.2.2.1"]
            "the issuing distribution point must not say indirectCRL, onlySomeReasons or onlyContainsAttributeCerts, and its places must be URIs";
        REASON = Error "cabf-tls-list-reason" ["BR §7.2.2"]
            "reason codes must not be unspecified or certificateHold, nor those that the Forum has no use for";
    }
}

const CERTIFICATE_ISSUER: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.29");
/// In a longer list serial numbers are not looked for twice: it would take as much memory again.
const MOST_COMPARED: usize = 50_000;
const WHAT: &str = "TBSCertList";

/// A TBSCertList taken apart for judging, more leniently than `Crl` reads it.
struct List<'a> {
    version: Option<&'a [u8]>,
    algorithm: Element<'a>,
    issuer: &'a [u8],
    this_update: Element<'a>,
    next_update: Option<Element<'a>>,
    /// Content of revokedCertificates.
    entries: Option<&'a [u8]>,
    extensions: Vec<Extension<'a>>,
    scope: Scope,
}

/// What the issuing distribution point says; all false when there is none.
#[derive(Default)]
struct Scope {
    is_delta: bool,
    names: bool,
    all_names_are_uris: bool,
    user: bool,
    ca: bool,
    attribute: bool,
    some_reasons: bool,
    indirect: bool,
}

struct Entry<'a> {
    serial: &'a [u8],
    at: Element<'a>,
    extensions: Vec<Extension<'a>>,
}

/// Judges a TBSCertList by RFC 5280, and by the Baseline Requirements where that is wished.
pub(super) fn check(tbs: &[u8], by_forum: bool, findings: &mut Findings) {
    let list = match List::read(tbs) {
        Ok(list) => list,
        Err(malformed) => return findings.say(&ietf::STRUCTURE, || malformed.to_string()),
    };
    findings.check(&ietf::VERSION, list.version != Some(&[1]));
    let algorithm = SignatureAlgorithm::read(list.algorithm).ok().flatten();
    findings.check(&ietf::ALGORITHM, algorithm.is_none());
    let named = crate::name::parse(list.issuer).is_ok_and(|attributes| !attributes.is_empty());
    findings.check(&ietf::ISSUER, !named);
    let times = check_times(&list, findings);
    check_extensions(&list, findings);
    if by_forum {
        check_as_forum(&list, algorithm, times, findings);
    }
    check_entries(&list, by_forum, findings);
}

fn check_times(
    list: &List<'_>,
    findings: &mut Findings,
) -> Option<(OffsetDateTime, OffsetDateTime)> {
    let this_update = check_time("thisUpdate", list.this_update, findings);
    let Some(next_update) = list.next_update else {
        findings.add(&ietf::NEXT_UPDATE);
        return None;
    };
    let next_update = check_time("nextUpdate", next_update, findings);
    let (this_update, next_update) = (this_update?, next_update?);
    findings.check(&ietf::NEXT_UPDATE, next_update <= this_update);
    Some((this_update, next_update))
}

fn check_time(
    which: &str,
    element: Element<'_>,
    findings: &mut Findings,
) -> Option<OffsetDateTime> {
    let time = read_time(element);
    let early = |time: OffsetDateTime| element.tag == tag::GENERALIZED_TIME && time.year() < 2050;
    if time.is_none_or(early) {
        findings.say(&ietf::TIME, || format!("{which}: {}", ietf::TIME.text));
    }
    time
}

fn check_extensions(list: &List<'_>, findings: &mut Findings) {
    let mut seen = HashSet::new();
    for extension in &list.extensions {
        if !seen.insert(extension.oid) {
            findings.say(&ietf::REPEATED, || {
                format!("{} stands twice", extension.oid)
            });
        }
        let known = [oid::DELTA_CRL_INDICATOR, oid::ISSUING_DISTRIBUTION_POINT];
        let other = [
            oid::AUTHORITY_KEY_IDENTIFIER,
            oid::CRL_NUMBER,
            oid::FRESHEST_CRL,
        ];
        if extension.critical && !known.contains(&extension.oid) && !other.contains(&extension.oid)
        {
            findings.say(&ietf::CRITICAL, || format!("{} is critical", extension.oid));
        }
    }
    let key_identifier = list.extension(oid::AUTHORITY_KEY_IDENTIFIER);
    let sound = |extension: &Extension<'_>| {
        let first = Reader::new(extension.value).sequence(WHAT);
        !extension.critical && first.is_ok_and(|fields| fields.peek() == Some(tag::context(0)))
    };
    findings.check(&ietf::KEY_IDENTIFIER, !key_identifier.is_some_and(sound));
    let number = list.extension(oid::CRL_NUMBER);
    let value = number.and_then(|number| number_of(number.value));
    let sound = number.is_some_and(|number| !number.critical) && value.is_some();
    findings.check(&ietf::NUMBER, !sound);
    if let Some(delta) = list.extension(oid::DELTA_CRL_INDICATOR) {
        let base = number_of(delta.value);
        let earlier = match (base, value) {
            (Some(base), Some(value)) => (base.len(), base) < (value.len(), value),
            _ => false,
        };
        findings.check(&ietf::DELTA, !delta.critical || !earlier);
    }
    check_places(list, findings);
}

fn check_places(list: &List<'_>, findings: &mut Findings) {
    if let Some(point) = list.extension(oid::ISSUING_DISTRIBUTION_POINT) {
        let scope = &list.scope;
        let kinds = [scope.user, scope.ca, scope.attribute];
        let limited = kinds.iter().filter(|kind| **kind).count();
        let says = scope.names || limited > 0 || scope.some_reasons || scope.indirect;
        findings.check(&ietf::POINT, !point.critical || limited > 1 || !says);
    }
    if let Some(freshest) = list.extension(oid::FRESHEST_CRL) {
        let sound = read_points(freshest.value).is_ok();
        findings.check(
            &ietf::FRESHEST,
            freshest.critical || list.scope.is_delta || !sound,
        );
    }
}

fn check_as_forum(
    list: &List<'_>,
    algorithm: Option<SignatureAlgorithm>,
    times: Option<(OffsetDateTime, OffsetDateTime)>,
    findings: &mut Findings,
) {
    let known = algorithm.is_some_and(|algorithm| {
        let name = algorithm.as_str();
        name.starts_with("SHA") && !name.starts_with("SHA1") && !name.starts_with("SHA3-")
    });
    findings.check(&forum::ALGORITHM, !known);
    if let Some((this_update, next_update)) = times {
        let most = match list.scope.ca {
            true => Duration::days(366),
            false => Duration::days(10),
        };
        findings.check(&forum::INTERVAL, next_update - this_update > most);
    }
    let scope = &list.scope;
    let wrong = scope.indirect || scope.some_reasons || scope.attribute;
    findings.check(
        &forum::POINT,
        wrong || scope.names && !scope.all_names_are_uris,
    );
}

fn check_entries(list: &List<'_>, by_forum: bool, findings: &mut Findings) {
    let Some(entries) = list.entries else { return };
    findings.check(&ietf::EMPTY, entries.is_empty());
    let mut entries = Reader::new(entries);
    let mut seen = HashSet::new();
    while !entries.is_empty() {
        let entry = match Entry::read(&mut entries) {
            Ok(entry) => entry,
            Err(malformed) => return findings.say(&ietf::STRUCTURE, || malformed.to_string()),
        };
        if SerialNumber::from_der_bytes(entry.serial).is_err() {
            findings.say(&ietf::SERIAL, || {
                format!("{}: {}", hex::encode(entry.serial), ietf::SERIAL.text)
            });
        }
        if seen.len() < MOST_COMPARED && !seen.insert(entry.serial) {
            findings.say(&ietf::SERIAL_REPEATED, || {
                format!("{} is listed twice", hex::encode(entry.serial))
            });
        }
        check_time("revocationDate", entry.at, findings);
        for extension in &entry.extensions {
            check_entry_extension(extension, &list.scope, by_forum, findings);
        }
    }
}

fn check_entry_extension(
    extension: &Extension<'_>,
    scope: &Scope,
    by_forum: bool,
    findings: &mut Findings,
) {
    match extension.oid {
        oid::REASON_CODE => {
            let code = match extension.value {
                [tag::ENUMERATED, 1, code @ (0..=6 | 8..=10)] => Some(*code),
                _ => None,
            };
            findings.check(&ietf::REASON, extension.critical || code.is_none());
            findings.check(&ietf::UNSPECIFIED, code == Some(0));
            findings.check(&ietf::REMOVED, code == Some(8) && !scope.is_delta);
            // keyCompromise, cACompromise, affiliationChanged, superseded, cessationOfOperation, privilegeWithdrawn; and in a
            // delta CRL the word that there is no reason any more
            let of_forum = match code {
                Some(1 | 3..=5 | 9) => true,
                Some(2) => !scope.user,
                Some(8) => scope.is_delta,
                _ => code.is_none(),
            };
            findings.check(&forum::REASON, by_forum && !of_forum);
        }
        oid::INVALIDITY_DATE => {
            let mut date = Reader::new(extension.value);
            let sound = date
                .element(WHAT)
                .is_ok_and(|date| date.tag == tag::GENERALIZED_TIME && read_time(date).is_some());
            findings.check(&ietf::INVALIDITY, extension.critical || !sound);
        }
        CERTIFICATE_ISSUER => {
            findings.check(&ietf::ENTRY_ISSUER, !extension.critical || !scope.indirect);
        }
        _ if extension.critical => {
            findings.say(&ietf::ENTRY_CRITICAL, || {
                format!("{} is critical", extension.oid)
            });
        }
        _ => {}
    }
}

/// Octets of a CRL number that is one.
fn number_of(value: &[u8]) -> Option<&[u8]> {
    let mut reader = Reader::new(value);
    let content = reader.content(tag::INTEGER, WHAT).ok()?;
    let positive = content.first().is_some_and(|first| *first < 0x80);
    let is_short = content.len() <= 8 && integer_u64(content, WHAT).is_ok();
    let is_long = content.len() > 8 && content.len() <= 20;
    (positive && reader.is_empty() && (is_short || is_long)).then_some(content)
}

impl<'a> List<'a> {
    fn read(tbs: &'a [u8]) -> Result<Self, Malformed> {
        let mut whole = Reader::new(tbs);
        let mut fields = whole.sequence(WHAT)?;
        whole.finish(WHAT)?;
        let version = match fields.peek() {
            Some(tag::INTEGER) => Some(fields.content(tag::INTEGER, "Version")?),
            _ => None,
        };
        let algorithm = fields.tagged(tag::SEQUENCE, "AlgorithmIdentifier")?;
        let issuer = fields.tagged(tag::SEQUENCE, "Name")?.whole;
        let this_update = fields.element("thisUpdate")?;
        let next_update = match fields.peek() {
            Some(tag::UTC_TIME | tag::GENERALIZED_TIME) => Some(fields.element("nextUpdate")?),
            _ => None,
        };
        let entries = fields.optional(tag::SEQUENCE, "revokedCertificates")?;
        let extensions = match fields.optional(tag::context_constructed(0), "crlExtensions")? {
            Some(explicit) => read_extension_list(explicit)?,
            None => Vec::new(),
        };
        fields.finish(WHAT)?;
        let mut list = Self {
            version,
            algorithm,
            issuer,
            this_update,
            next_update,
            entries,
            extensions,
            scope: Scope::default(),
        };
        if let Some(point) = list.extension(oid::ISSUING_DISTRIBUTION_POINT) {
            list.scope = Scope::read(point.value)?;
        }
        list.scope.is_delta = list.extension(oid::DELTA_CRL_INDICATOR).is_some();
        Ok(list)
    }

    fn extension(&self, oid: ObjectIdentifier) -> Option<&Extension<'a>> {
        extension::find(&self.extensions, oid)
    }
}

impl Scope {
    fn read(value: &[u8]) -> Result<Self, Malformed> {
        const WHAT: &str = "IssuingDistributionPoint";
        let mut whole = Reader::new(value);
        let mut fields = whole.sequence(WHAT)?;
        whole.finish(WHAT)?;
        let mut scope = Self::default();
        if let Some(name) = fields.optional(tag::context_constructed(0), WHAT)? {
            scope.names = true;
            let full = Reader::new(name).optional(tag::context_constructed(0), WHAT)?;
            let mut names = Reader::new(full.unwrap_or_default());
            scope.all_names_are_uris = !names.is_empty();
            while !names.is_empty() {
                scope.all_names_are_uris &= names.element(WHAT)?.tag == tag::context(6);
            }
        }
        let mut flag = |number| -> Result<bool, Malformed> {
            let content = fields.optional(tag::context(number), WHAT)?;
            Ok(content.is_some_and(|content| content != [0]))
        };
        scope.user = flag(1)?;
        scope.ca = flag(2)?;
        scope.some_reasons = flag(3)?;
        scope.indirect = flag(4)?;
        scope.attribute = flag(5)?;
        fields.finish(WHAT)?;
        Ok(scope)
    }
}

impl<'a> Entry<'a> {
    fn read(entries: &mut Reader<'a>) -> Result<Self, Malformed> {
        const WHAT: &str = "revokedCertificates";
        let mut fields = entries.sequence(WHAT)?;
        let serial = fields.content(tag::INTEGER, WHAT)?;
        let at = fields.element(WHAT)?;
        let extensions = match fields.is_empty() {
            true => Vec::new(),
            false => read_extension_list(fields.tagged(tag::SEQUENCE, WHAT)?.whole)?,
        };
        fields.finish(WHAT)?;
        Ok(Self {
            serial,
            at,
            extensions,
        })
    }
}
