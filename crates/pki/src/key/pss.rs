//! RSASSA-PSS-params, RFC 4055 section 3.1: the three sets that the CA/Browser Forum's Baseline Requirements, section
//! 7.1.3.2.1, name; hash and mask generation with the same function, a salt as long as the hash.

use crate::asn1::{Malformed, Reader, integer_u64, parse_all, tag};

pub(super) const SHA256: &[u8] = b"\x30\x34\xa0\x0f\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00\
    \xa1\x1c\x30\x1a\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x08\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00\
    \xa2\x03\x02\x01\x20";
pub(super) const SHA384: &[u8] = b"\x30\x34\xa0\x0f\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x02\x05\x00\
    \xa1\x1c\x30\x1a\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x08\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x02\x05\x00\
    \xa2\x03\x02\x01\x30";
pub(super) const SHA512: &[u8] = b"\x30\x34\xa0\x0f\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x03\x05\x00\
    \xa1\x1c\x30\x1a\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x08\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x03\x05\x00\
    \xa2\x03\x02\x01\x40";

/// Whether parameters say the same as `ours`, one of those above. RFC 4055 section 2.1: a hash function without NULL and
/// one with it are the same; some write the default trailer field.
pub(super) fn is_same(parameters: &[u8], ours: &[u8]) -> bool {
    parameters == ours
        || matches!((read(parameters), read(ours)), (Ok(found), Ok(wanted)) if found == wanted)
}

#[derive(PartialEq, Eq)]
struct Parameters<'a> {
    /// Content of the OBJECT IDENTIFIERs.
    hash: &'a [u8],
    mask: &'a [u8],
    mask_hash: &'a [u8],
    salt_length: u64,
    trailer: u64,
}

/// Reads parameters that leave nothing to the defaults, which are SHA-1's.
fn read(parameters: &[u8]) -> Result<Parameters<'_>, Malformed> {
    const WHAT: &str = "RSASSA-PSS-params";
    let explicit = |fields: &mut Reader<'_>, number| -> Result<u64, Malformed> {
        let mut field = Reader::new(fields.content(tag::context_constructed(number), WHAT)?);
        let value = integer_u64(field.content(tag::INTEGER, WHAT)?, WHAT)?;
        field.finish(WHAT)?;
        Ok(value)
    };
    parse_all(parameters, WHAT, |fields| {
        let hash = hash_function(Reader::new(
            fields.content(tag::context_constructed(0), WHAT)?,
        ))?;
        let mut field = Reader::new(fields.content(tag::context_constructed(1), WHAT)?);
        let mut generator = field.sequence(WHAT)?;
        field.finish(WHAT)?;
        let mask = generator.content(tag::OID, WHAT)?;
        let mask_hash = hash_function(generator)?;
        let salt_length = explicit(fields, 2)?;
        let trailer = if fields.is_empty() {
            1
        } else {
            explicit(fields, 3)?
        };
        Ok(Parameters {
            hash,
            mask,
            mask_hash,
            salt_length,
            trailer,
        })
    })
}

/// The AlgorithmIdentifier that is all that is left.
fn hash_function(mut rest: Reader<'_>) -> Result<&[u8], Malformed> {
    const WHAT: &str = "HashAlgorithm";
    let mut identifier = rest.sequence(WHAT)?;
    rest.finish(WHAT)?;
    let hash = identifier.content(tag::OID, WHAT)?;
    match identifier.optional(tag::NULL, WHAT)? {
        None | Some([]) => identifier.finish(WHAT)?,
        Some(_) => return Err(Malformed::new(WHAT)),
    }
    Ok(hash)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_without_null_and_with_the_default_trailer_are_the_same() {
        for ours in [SHA256, SHA384, SHA512] {
            let text = hex::encode(ours);
            let without_null = text
                .replacen("3034a00f300d", "3030a00d300b", 1)
                .replace("0500", "")
                .replace("a11c301a", "a11a3018")
                .replace("0108300d", "0108300b");
            let without_null = hex::decode(without_null).unwrap();
            assert!(is_same(&without_null, ours));
            let with_trailer = [text.replacen("3034", "3039", 1), "a303020101".to_owned()].concat();
            assert!(is_same(&hex::decode(with_trailer).unwrap(), ours));
        }
    }

    #[test]
    fn other_salts_and_hashes_differ() {
        assert!(!is_same(SHA256, SHA384));
        let mut longer_salt = SHA256.to_vec();
        *longer_salt.last_mut().unwrap() = 0x30;
        assert!(!is_same(&longer_salt, SHA256));
        let other_trailer = [
            hex::encode(SHA256).replacen("3034", "3039", 1),
            "a303020102".into(),
        ];
        assert!(!is_same(
            &hex::decode(other_trailer.concat()).unwrap(),
            SHA256
        ));
        // all defaults: SHA-1
        assert!(!is_same(&[0x30, 0], SHA256));
    }
}
