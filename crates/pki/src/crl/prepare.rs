//! A CRL's bytes to be signed, and how they become a CRL. Entries are written as they come, into the one buffer that
//! becomes the CRL: what stands before them is written last, into a gap that was left for it.

use time::OffsetDateTime;

use super::{Crl, CrlError, MAX_CRL_BYTES, RevokedEntry, Scope};
use crate::asn1::{Writer, oid, tag, whole_seconds};
use crate::certificate::Certificate;
use crate::extension::{self, KeyUsage};
use crate::issuance::Issuer;
use crate::key::{PublicKey, SignatureAlgorithm};
use crate::lint::{Finding, LintPolicy, judge_crl};
use crate::revocation::Reason;

/// Tag and length octets of anything that is shorter than 4 GiB.
const HEADER: usize = 6;
/// What an entry with a reason takes when its serial number is as long as it may be.
const ENTRY: usize = 54;
/// Room for the extensions and the signature.
const TAIL: usize = 4096;

/// Bytes of a CRL to be signed.
#[derive(Debug)]
pub struct PreparedCrl {
    buffer: Buffer,
    number: u64,
    signature_algorithm: SignatureAlgorithm,
    issuer_key: PublicKey,
    findings: Vec<Finding>,
}

/// Octets behind a gap.
#[derive(Debug)]
struct Buffer {
    octets: Vec<u8>,
    /// Where the gap ends.
    start: usize,
}

/// Writes a CRL entry by entry.
#[derive(Debug)]
pub struct CrlBuilder {
    issuer: Issuer,
    scope: Scope,
    number: u64,
    /// From version to nextUpdate, DER.
    head: Vec<u8>,
    writer: Writer,
    entries: u64,
    lint: LintPolicy,
}

/// Writes a complete CRL of the issuer. A serial number must come once only; the order does not matter.
pub fn prepare(
    issuer: &Issuer,
    number: u64,
    this_update: OffsetDateTime,
    next_update: OffsetDateTime,
    entries: impl IntoIterator<Item = RevokedEntry>,
) -> Result<PreparedCrl, CrlError> {
    let entries = entries.into_iter();
    let mut builder = CrlBuilder::new(
        issuer,
        number,
        this_update,
        next_update,
        Scope::default(),
        entries.size_hint().0,
    )?;
    for entry in entries {
        builder.push(&entry)?;
    }
    builder.finish()
}

impl CrlBuilder {
    /// Begins a CRL of an issuer. When no more entries than expected come, memory is taken once.
    pub fn new(
        issuer: &Issuer,
        number: u64,
        this_update: OffsetDateTime,
        next_update: OffsetDateTime,
        scope: Scope,
        expected_entries: usize,
    ) -> Result<Self, CrlError> {
        if whole_seconds(next_update) <= whole_seconds(this_update) {
            return Err(CrlError::NextUpdate { number });
        }
        let usages = issuer.certificate().and_then(Certificate::key_usages);
        if usages.is_some_and(|usages| !usages.contains(KeyUsage::CrlSign)) {
            return Err(CrlError::IssuerMayNot { number });
        }
        if scope.base.is_some_and(|base| base >= number) {
            return Err(CrlError::Base { number });
        }
        let mut head = Writer::new();
        head.integer(1);
        head.raw(issuer.algorithm_identifier());
        head.raw(issuer.name().to_der());
        head.x509_time(this_update);
        head.x509_time(next_update);
        let head = head.finish();
        let gap = gap(&head);
        let expected = expected_entries.saturating_mul(ENTRY).min(MAX_CRL_BYTES);
        let mut octets = Vec::with_capacity(gap + expected + TAIL);
        octets.resize(gap, 0);
        Ok(Self {
            issuer: issuer.clone(),
            scope: scope.in_whole_seconds(),
            number,
            head,
            writer: Writer::after(octets),
            entries: 0,
            lint: LintPolicy::default(),
        })
    }

    /// Has the linter judge by that policy; by RFC 5280 it always does.
    #[must_use]
    pub fn judged_by(self, lint: LintPolicy) -> Self {
        Self { lint, ..self }
    }

    /// Writes the next entry. A serial number must come once only; the order does not matter.
    pub fn push(&mut self, entry: &RevokedEntry) -> Result<(), CrlError> {
        if entry.reason == Reason::RemoveFromCrl && self.scope.base.is_none() {
            return Err(CrlError::RemoveFromCrl {
                number: self.number,
                serial: entry.serial,
            });
        }
        if self.writer.len() + 2 * ENTRY + TAIL > MAX_CRL_BYTES {
            return Err(CrlError::Full {
                number: self.number,
            });
        }
        write_entry(&mut self.writer, entry);
        self.entries += 1;
        Ok(())
    }

    /// How many entries were written.
    pub fn entries(&self) -> u64 {
        self.entries
    }

    /// Completes the bytes to be signed, which are linted.
    pub fn finish(mut self) -> Result<PreparedCrl, CrlError> {
        let gap = gap(&self.head);
        let entries = self.writer.len() - gap;
        let (issuer, scope, number) = (&self.issuer, &self.scope, self.number);
        self.writer.nest(tag::context_constructed(0), |writer| {
            writer.sequence(|writer| {
                // the key that signs this CRL, not the one that signed the issuer's certificate
                writer.raw(issuer.authority_key_identifier());
                extension::write(writer, &oid::CRL_NUMBER, false, |writer| {
                    writer.integer(number)
                });
                scope.write(writer);
            });
        });
        let mut buffer = Buffer {
            octets: self.writer.finish(),
            start: gap,
        };
        // section 5.1.2.6: absent when there are none
        if entries > 0 {
            buffer.put_header(entries);
        }
        buffer.put(&self.head);
        buffer.put_header(buffer.len());
        let verdict = judge_crl(buffer.used(), &self.lint);
        if !verdict.blocking.is_empty() {
            let findings = verdict.blocking;
            return Err(CrlError::Lint { number, findings });
        }
        Ok(PreparedCrl {
            buffer,
            number,
            findings: verdict.reported,
            signature_algorithm: issuer.signature_algorithm(),
            issuer_key: issuer.public_key().clone(),
        })
    }
}

/// What stands before the first entry at the most: the headers of CertificateList, TBSCertList and revokedCertificates,
/// and the fields between.
fn gap(head: &[u8]) -> usize {
    head.len() + 3 * HEADER
}

fn write_entry(writer: &mut Writer, entry: &RevokedEntry) {
    writer.sequence(|writer| {
        writer.tlv(tag::INTEGER, entry.serial.as_bytes());
        writer.x509_time(entry.at);
        // section 5.3.1: the code is left out rather than say unspecified
        if entry.reason == Reason::Unspecified && entry.invalidity_date.is_none() {
            return;
        }
        writer.sequence(|writer| {
            if entry.reason != Reason::Unspecified {
                extension::write(writer, &oid::REASON_CODE, false, |writer| {
                    writer.tlv(tag::ENUMERATED, &[entry.reason.code()]);
                });
            }
            if let Some(date) = entry.invalidity_date {
                extension::write(writer, &oid::INVALIDITY_DATE, false, |writer| {
                    writer.generalized_time(date);
                });
            }
        });
    });
}

impl Buffer {
    fn len(&self) -> usize {
        self.octets.len() - self.start
    }

    fn used(&self) -> &[u8] {
        self.octets.get(self.start..).unwrap_or_default()
    }

    /// Writes before what is there; the gap is made to be long enough.
    fn put(&mut self, octets: &[u8]) {
        let start = self.start.saturating_sub(octets.len());
        if let Some(place) = self.octets.get_mut(start..self.start) {
            place.copy_from_slice(octets);
        }
        self.start = start;
    }

    /// Tag and length of a SEQUENCE with that many octets.
    fn put_header(&mut self, length: usize) {
        let mut header = Writer::new();
        header.header(tag::SEQUENCE, length);
        self.put(&header.finish());
    }
}

impl PreparedCrl {
    /// The TBSCertList, DER: what the signer is to sign, whole.
    pub fn to_be_signed(&self) -> &[u8] {
        self.buffer.used()
    }

    /// What the linter has against it that does not stop it, the worst first.
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// The CRL number.
    pub fn number(&self) -> u64 {
        self.number
    }

    /// How it is to be signed.
    pub fn signature_algorithm(&self) -> SignatureAlgorithm {
        self.signature_algorithm
    }

    /// Puts the signature (in X.509 form) to the bytes: it is verified with the issuer's public key, and the whole is
    /// read again. The bytes stay in the buffer that they were written into.
    pub fn assemble(self, signature: &[u8]) -> Result<Crl, CrlError> {
        let mut buffer = self.buffer;
        self.issuer_key
            .verify(self.signature_algorithm, buffer.used(), signature)
            .map_err(|source| CrlError::Signature {
                number: self.number,
                source,
            })?;
        let mut writer = Writer::after(buffer.octets);
        self.signature_algorithm.write(&mut writer);
        writer.bit_string(signature);
        buffer.octets = writer.finish();
        buffer.put_header(buffer.len());
        let mut octets = buffer.octets;
        octets.drain(..buffer.start);
        Crl::from_vec(octets)
    }
}
