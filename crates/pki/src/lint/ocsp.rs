//! OCSP responses, before they are signed: RFC 6960 section 4.2 and RFC 5019 section 2.2, and what the CA/Browser Forum's
//! Baseline Requirements say in sections 4.9.10 and 7.3.

use std::collections::HashSet;

use const_oid::ObjectIdentifier;
use time::{Duration, OffsetDateTime};

use super::facts::{read_extension_list, read_time};
use super::finding::Findings;
use super::rules;
use crate::asn1::{Element, Malformed, Reader, oid, tag};
use crate::extension::Extension;
use crate::serial::SerialNumber;

pub(super) mod ietf {
    //! What the RFCs demand.
    use super::rules;

    rules! { Rfc5280:
        STRUCTURE = Error "rfc5280-response-structure" ["RFC 6960 §4.2.1"]
            "the bytes must be the DER of a ResponseData";
        VERSION = Error "rfc5280-response-version-1" ["RFC 6960 §4.2.1"]
            "version 1 is the default, which is left out";
        RESPONDER = Error "rfc5280-response-responder" ["RFC 6960 §4.2.2.3"]
            "the responder must be named by a name that is not empty or by SHA-1 of its key";
        TIME = Error "rfc5280-response-time" ["RFC 6960 §4.2.2.1"]
            "times must be GeneralizedTime with seconds and Z, without fractions";
        THIS_UPDATE = Error "rfc5280-response-this-update" ["RFC 6960 §2.4"]
            "thisUpdate must not come after producedAt";
        NEXT_UPDATE = Error "rfc5280-response-next-update" ["RFC 6960 §4.2.2.1, RFC 5019 §2.2.4"]
            "nextUpdate must come after thisUpdate";
        NO_ANSWER = Error "rfc5280-response-no-answer" ["RFC 6960 §4.2.1"]
            "there must be an answer for each certificate that was asked for";
        SERIAL = Error "rfc5280-response-serial" ["RFC 6960 §4.1.1, RFC 5280 §4.1.2.2"]
            "serial numbers must be INTEGERs of at most 20 octets";
        STATUS = Error "rfc5280-response-status" ["RFC 6960 §4.2.1"]
            "the status must be good, revoked or unknown";
        REASON = Error "rfc5280-response-reason" ["RFC 6960 §4.2.1, RFC 5280 §5.3.1"]
            "the reason must be one that a certificate can be revoked for";
        UNSPECIFIED = Warning "rfc5280-response-reason-unspecified" ["RFC 5280 §5.3.1"]
            "the reason unspecified should be left out";
        REVOKED_LATER = Warning "rfc5280-response-revocation-time" ["RFC 6960 §4.2.2.2.1"]
            "a certificate must not be revoked after what is told of it was right";
        NONCE = Error "rfc5280-response-nonce" ["RFC 9654 §2.1"]
            "the nonce must be an OCTET STRING of 1 to 128 octets";
        REPEATED = Error "rfc5280-response-extension-repeated" ["RFC 6960 §4.4, RFC 5280 §4.2"]
            "an extension must not stand twice";
        CRITICAL = Error "rfc5280-response-extension-critical" ["RFC 6960 §4.4"]
            "extensions of responses should not be critical: clients need not know them";
    }
}

pub(super) mod forum {
    //! What the Baseline Requirements add.
    use super::rules;

    rules! { CabfTls:
        INTERVAL = Error "cabf-tls-response-interval" ["BR §4.9.10"]
            "what is told of a certificate must be good for 8 hours at the least and 10 days at the most";
        REASON = Error "cabf-tls-response-reason" ["BR §7.3"]
            "the reason must not be unspecified or certificateHold";
        EXTENSION = Error "cabf-tls-response-single-extension" ["BR §7.3.2"]
            "singleExtensions must not have the reason code";
    }
}

const WHAT: &str = "ResponseData";
/// RFC 9654 allows so many.
const LONGEST_NONCE: usize = 128;
const SHA1_OCTETS: usize = 20;

/// Judges a ResponseData by the RFCs, and by the Baseline Requirements where that is wished.
pub(super) fn check(data: &[u8], by_forum: bool, findings: &mut Findings) {
    if let Err(malformed) = read(data, by_forum, findings) {
        findings.say(&ietf::STRUCTURE, || malformed.to_string());
    }
}

fn read(data: &[u8], by_forum: bool, findings: &mut Findings) -> Result<(), Malformed> {
    let mut whole = Reader::new(data);
    let mut fields = whole.sequence(WHAT)?;
    whole.finish(WHAT)?;
    let version = fields.optional(tag::context_constructed(0), "Version")?;
    findings.check(&ietf::VERSION, version.is_some());
    let responder = fields.element("ResponderID")?;
    findings.check(&ietf::RESPONDER, !names_somebody(responder));
    let produced_at = check_time("producedAt", fields.element("producedAt")?, findings);
    let mut answers = fields.sequence("responses")?;
    findings.check(&ietf::NO_ANSWER, answers.is_empty());
    while !answers.is_empty() {
        check_answer(&mut answers, produced_at, by_forum, findings)?;
    }
    if let Some(explicit) = fields.optional(tag::context_constructed(1), "responseExtensions")? {
        let extensions = read_extension_list(explicit)?;
        check_extensions(&extensions, findings);
        let nonces = extensions
            .iter()
            .filter(|extension| extension.oid == oid::OCSP_NONCE);
        for nonce in nonces {
            let mut value = Reader::new(nonce.value);
            let octets = value.content(tag::OCTET_STRING, "Nonce");
            let sound = octets.is_ok_and(|octets| (1..=LONGEST_NONCE).contains(&octets.len()))
                && value.is_empty();
            findings.check(&ietf::NONCE, !sound);
        }
    }
    fields.finish(WHAT)
}

/// [1] Name or [2] KeyHash.
fn names_somebody(responder: Element<'_>) -> bool {
    const BY_NAME: u8 = tag::context_constructed(1);
    const BY_KEY: u8 = tag::context_constructed(2);
    match responder.tag {
        BY_NAME => {
            crate::name::parse(responder.content).is_ok_and(|attributes| !attributes.is_empty())
        }
        BY_KEY => {
            let hash = Reader::new(responder.content).content(tag::OCTET_STRING, "KeyHash");
            hash.is_ok_and(|hash| hash.len() == SHA1_OCTETS)
        }
        _ => false,
    }
}

fn check_answer(
    answers: &mut Reader<'_>,
    produced_at: Option<OffsetDateTime>,
    by_forum: bool,
    findings: &mut Findings,
) -> Result<(), Malformed> {
    const WHAT: &str = "SingleResponse";
    let mut answer = answers.sequence(WHAT)?;
    let mut certificate = answer.sequence("CertID")?;
    certificate.tagged(tag::SEQUENCE, "hashAlgorithm")?;
    certificate.content(tag::OCTET_STRING, "issuerNameHash")?;
    certificate.content(tag::OCTET_STRING, "issuerKeyHash")?;
    // whatever was asked for is answered: only what no certificate can have is looked at
    let serial = certificate.content(tag::INTEGER, "serialNumber")?;
    certificate.finish("CertID")?;
    let status = answer.element("certStatus")?;
    let this_update = check_time("thisUpdate", answer.element("thisUpdate")?, findings);
    let next_update = match answer.optional(tag::context_constructed(0), "nextUpdate")? {
        Some(explicit) => {
            let element = Reader::new(explicit).element("nextUpdate")?;
            check_time("nextUpdate", element, findings)
        }
        None => None,
    };
    let extensions = match answer.optional(tag::context_constructed(1), "singleExtensions")? {
        Some(explicit) => read_extension_list(explicit)?,
        None => Vec::new(),
    };
    answer.finish(WHAT)?;
    let is_told = !matches!(status.tag, UNKNOWN);
    findings.check(
        &ietf::SERIAL,
        is_told && SerialNumber::from_der_bytes(serial).is_err(),
    );
    check_extensions(&extensions, findings);
    check_status(status, this_update, by_forum, findings)?;
    if let (Some(this_update), Some(produced_at)) = (this_update, produced_at) {
        findings.check(&ietf::THIS_UPDATE, this_update > produced_at);
    }
    if let (Some(this_update), Some(next_update)) = (this_update, next_update) {
        findings.check(&ietf::NEXT_UPDATE, next_update <= this_update);
        let good_for = next_update - this_update;
        let within = (Duration::hours(8)..=Duration::days(10)).contains(&good_for);
        findings.check(&forum::INTERVAL, by_forum && !within);
    } else {
        findings.check(&forum::INTERVAL, by_forum);
    }
    let has_reason = extensions
        .iter()
        .any(|extension| extension.oid == oid::REASON_CODE);
    findings.check(&forum::EXTENSION, by_forum && has_reason);
    Ok(())
}

const GOOD: u8 = tag::context(0);
const REVOKED: u8 = tag::context_constructed(1);
const UNKNOWN: u8 = tag::context(2);

fn check_status(
    status: Element<'_>,
    this_update: Option<OffsetDateTime>,
    by_forum: bool,
    findings: &mut Findings,
) -> Result<(), Malformed> {
    match status.tag {
        GOOD | UNKNOWN => findings.check(&ietf::STATUS, !status.content.is_empty()),
        REVOKED => {
            let mut revoked = Reader::new(status.content);
            let at = check_time(
                "revocationTime",
                revoked.element("revocationTime")?,
                findings,
            );
            let reason = revoked.optional(tag::context_constructed(0), "revocationReason")?;
            revoked.finish("RevokedInfo")?;
            let code = match reason {
                None => None,
                Some([tag::ENUMERATED, 1, code @ (0..=6 | 9 | 10)]) => Some(*code),
                Some(_) => {
                    findings.add(&ietf::REASON);
                    None
                }
            };
            findings.check(&ietf::UNSPECIFIED, code == Some(0));
            findings.check(&forum::REASON, by_forum && matches!(code, Some(0 | 6)));
            if let (Some(at), Some(this_update)) = (at, this_update) {
                findings.check(&ietf::REVOKED_LATER, at > this_update);
            }
        }
        _ => findings.add(&ietf::STATUS),
    }
    Ok(())
}

fn check_time(
    which: &str,
    element: Element<'_>,
    findings: &mut Findings,
) -> Option<OffsetDateTime> {
    let time = (element.tag == tag::GENERALIZED_TIME)
        .then(|| read_time(element))
        .flatten();
    if time.is_none() {
        findings.say(&ietf::TIME, || format!("{which}: {}", ietf::TIME.text));
    }
    time
}

fn check_extensions(extensions: &[Extension<'_>], findings: &mut Findings) {
    let mut seen = HashSet::<ObjectIdentifier>::new();
    for extension in extensions {
        if !seen.insert(extension.oid) {
            findings.say(&ietf::REPEATED, || {
                format!("{} stands twice", extension.oid)
            });
        }
        findings.check(&ietf::CRITICAL, extension.critical);
    }
}
