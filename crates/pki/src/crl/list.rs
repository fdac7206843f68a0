//! A CRL that exists.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use time::OffsetDateTime;

use super::{CrlError, RevokedEntry, Scope, TbsCertList, read_entry};
use crate::asn1::{Reader, bit_string_of_octets, oid, tag};
use crate::certificate::{Certificate, ChainError};
use crate::extension::{KeyUsage, key_identifier};
use crate::key::SignatureAlgorithm;
use crate::name::Name;
use crate::pem;
use crate::serial::SerialNumber;

/// Longest CRL that is looked at: more than a million entries.
pub const MAX_CRL_BYTES: usize = 64 * 1024 * 1024;
const WHAT: &str = "CertificateList";

/// A CRL, version 2; immutable, cheap to clone. Whether it is complete, [`Crl::scope`] says.
#[derive(Clone)]
pub struct Crl {
    inner: Arc<Inner>,
}

struct Inner {
    der: Vec<u8>,
    tbs: Range<usize>,
    entries: Range<usize>,
    count: usize,
    signature: Range<usize>,
    signature_algorithm: SignatureAlgorithm,
    issuer: Name,
    number: u64,
    scope: Scope,
    this_update: OffsetDateTime,
    next_update: OffsetDateTime,
    authority_key_identifier: Option<Box<[u8]>>,
}

impl Crl {
    /// Reads a DER CRL of at most 64 MiB, every entry of it. The signature is not verified.
    pub fn from_der(der: &[u8]) -> Result<Self, CrlError> {
        // before it is copied
        if der.len() > MAX_CRL_BYTES {
            return Err(CrlError::TooLong);
        }
        Self::from_vec(der.to_vec())
    }

    /// The same without a copy of the octets.
    pub fn from_vec(der: Vec<u8>) -> Result<Self, CrlError> {
        if der.len() > MAX_CRL_BYTES {
            return Err(CrlError::TooLong);
        }
        let mut outer = Reader::new(&der);
        let mut fields = outer.sequence(WHAT)?;
        outer.finish(WHAT)?;
        let header = der.len() - fields.remaining();
        let tbs = fields.tagged(tag::SEQUENCE, WHAT)?;
        let algorithm = fields.tagged(tag::SEQUENCE, WHAT)?;
        let signature = bit_string_of_octets(fields.content(tag::BIT_STRING, WHAT)?, WHAT)?;
        fields.finish(WHAT)?;
        let list = TbsCertList::parse(tbs.whole)?;
        let scope = Scope::read(&list)?;
        let signature_algorithm = SignatureAlgorithm::read(algorithm)?
            .filter(|_| list.algorithm.whole == algorithm.whole)
            .ok_or(CrlError::Algorithm)?;
        let mut entries = Reader::new(list.entries);
        let mut count = 0;
        while !entries.is_empty() {
            read_entry(&mut entries)?;
            count += 1;
        }
        let authority_key_identifier = match list.extension(oid::AUTHORITY_KEY_IDENTIFIER) {
            Some(found) => key_identifier::read_authority(found.value)?.map(Into::into),
            None => None,
        };
        let start = place_of(list.entries, &der);
        let inner = Inner {
            tbs: header..header + tbs.whole.len(),
            entries: start..start + list.entries.len(),
            count,
            signature: der.len() - signature.len()..der.len(),
            signature_algorithm,
            issuer: Name::from_der(list.issuer)?,
            number: list.number,
            scope,
            this_update: list.this_update,
            next_update: list.next_update,
            authority_key_identifier,
            der: Vec::new(),
        };
        Ok(Self {
            inner: Arc::new(Inner { der, ..inner }),
        })
    }

    /// The CRL, DER.
    pub fn der(&self) -> &[u8] {
        &self.inner.der
    }

    /// The CRL, PEM.
    pub fn pem(&self) -> String {
        pem::encode("X509 CRL", self.der())
    }

    /// Who issued it.
    pub fn issuer(&self) -> &Name {
        &self.inner.issuer
    }

    /// Its number.
    pub fn number(&self) -> u64 {
        self.inner.number
    }

    /// Which certificates it speaks of. Before a certificate is taken for not revoked this must be looked at.
    pub fn scope(&self) -> &Scope {
        &self.inner.scope
    }

    /// When it was made.
    pub fn this_update(&self) -> OffsetDateTime {
        self.inner.this_update
    }

    /// When the next one will be there at the latest.
    pub fn next_update(&self) -> OffsetDateTime {
        self.inner.next_update
    }

    /// How it is signed.
    pub fn signature_algorithm(&self) -> SignatureAlgorithm {
        self.inner.signature_algorithm
    }

    /// How many certificates it lists.
    pub fn len(&self) -> usize {
        self.inner.count
    }

    /// Whether it lists none.
    pub fn is_empty(&self) -> bool {
        self.inner.count == 0
    }

    /// What it lists, in its order; read anew each time.
    pub fn entries(&self) -> impl Iterator<Item = RevokedEntry> + '_ {
        let mut reader = Reader::new(
            self.inner
                .der
                .get(self.inner.entries.clone())
                .unwrap_or_default(),
        );
        std::iter::from_fn(move || {
            if reader.is_empty() {
                None
            } else {
                read_entry(&mut reader).ok()
            }
        })
    }

    /// The entry of that certificate; every entry before it is read.
    pub fn find(&self, serial: SerialNumber) -> Option<RevokedEntry> {
        self.entries().find(|entry| entry.serial == serial)
    }

    /// Whether that CA signed it: names and key identifiers fit, it may sign CRLs, the signature is right.
    pub fn verify_signed_by(&self, issuer: &Certificate) -> Result<(), ChainError> {
        let inner = &self.inner;
        let identifiers_differ = inner
            .authority_key_identifier
            .as_deref()
            .zip(issuer.subject_key_identifier())
            .is_some_and(|(wanted, found)| wanted != found);
        if inner.issuer != *issuer.subject() || identifiers_differ {
            return Err(ChainError::OtherIssuer(inner.issuer.to_string()));
        }
        if !issuer.is_ca()
            || issuer
                .key_usages()
                .is_some_and(|usages| !usages.contains(KeyUsage::CrlSign))
        {
            return Err(ChainError::NotCa);
        }
        let octets = |range: &Range<usize>| inner.der.get(range.clone()).unwrap_or_default();
        issuer
            .public_key()
            .verify(
                inner.signature_algorithm,
                octets(&inner.tbs),
                octets(&inner.signature),
            )
            .map_err(ChainError::Signature)
    }
}

/// Its DER.
impl AsRef<[u8]> for Crl {
    fn as_ref(&self) -> &[u8] {
        self.der()
    }
}

impl fmt::Debug for Crl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Crl({}, {})", self.inner.number, self.inner.issuer)
    }
}

/// Where in `all` the part begins; an empty part begins anywhere.
fn place_of(part: &[u8], all: &[u8]) -> usize {
    if part.is_empty() {
        0
    } else {
        part.as_ptr().addr() - all.as_ptr().addr()
    }
}
