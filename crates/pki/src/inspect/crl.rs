//! A TBSCertList, looked at. Entries are read one after the other and not kept.

use time::OffsetDateTime;

use super::InspectError;
use crate::asn1::{Reader, oid};
use crate::crl::{TbsCertList, read_entry};
use crate::extension::key_identifier;
use crate::key::SignatureAlgorithm;
use crate::name::Name;

/// What a TBSCertList says.
#[derive(Debug, Clone)]
pub struct CrlFacts {
    /// The issuer's Name, DER.
    pub issuer_der: Vec<u8>,
    /// The CRL number.
    pub number: u64,
    /// When it was made.
    pub this_update: OffsetDateTime,
    /// When the next one will be there at the latest.
    pub next_update: OffsetDateTime,
    /// How many certificates it lists.
    pub entries: u64,
    /// Whether it is complete: neither a delta CRL nor one of a part of the certificates.
    pub is_complete: bool,
    /// The identifier of the key that is to sign it.
    pub authority_key_identifier: Option<Vec<u8>>,
    /// How it is to be signed.
    pub signature_algorithm: SignatureAlgorithm,
}

/// Reads a TBSCertList, DER, every entry of it.
pub fn crl(to_be_signed: &[u8]) -> Result<CrlFacts, InspectError> {
    let list = TbsCertList::parse(to_be_signed)?;
    let mut reader = Reader::new(list.entries);
    let mut entries = 0;
    while !reader.is_empty() {
        read_entry(&mut reader)?;
        entries += 1;
    }
    facts(&list, entries)
}

/// What a list says that has so many entries.
pub(super) fn facts(list: &TbsCertList<'_>, entries: u64) -> Result<CrlFacts, InspectError> {
    if list.next_update <= list.this_update {
        return Err(InspectError::Rule(
            "nextUpdate does not come after thisUpdate",
        ));
    }
    let identifier = match list.extension(oid::AUTHORITY_KEY_IDENTIFIER) {
        Some(found) => key_identifier::read_authority(found.value)?,
        None => None,
    };
    let is_complete = [oid::DELTA_CRL_INDICATOR, oid::ISSUING_DISTRIBUTION_POINT]
        .into_iter()
        .all(|partial| list.extension(partial).is_none());
    Ok(CrlFacts {
        issuer_der: Name::from_der(list.issuer)?.to_der().to_vec(),
        number: list.number,
        this_update: list.this_update,
        next_update: list.next_update,
        entries,
        is_complete,
        authority_key_identifier: identifier.map(<[u8]>::to_vec),
        signature_algorithm: SignatureAlgorithm::read(list.algorithm)?
            .ok_or(InspectError::UnknownAlgorithm)?,
    })
}
