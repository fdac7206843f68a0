//! Key agreement with elliptic curves, RFC 5753 section 3.1: an ephemeral key of ours, ECDH, the key derivation of
//! ANSI X9.63, AES key wrap.

use const_oid::ObjectIdentifier;
use openssl::derive::Deriver;
use openssl::ec::{EcKey, PointConversionForm};
use openssl::error::ErrorStack;
use openssl::pkey::{Id, PKey, PKeyRef, Private, Public};
use zeroize::Zeroizing;

use super::algorithm::split;
use super::{CmsError, DigestAlgorithm, KeyHolder, key_wrap, oid};
use crate::asn1::{Element, Malformed, Reader, Writer, bit_string_of_octets, parse_all, tag};
use crate::key::{PrivateKey, PublicKey};

const WHAT: &str = "KeyAgreeRecipientInfo";
/// Longest user keying material.
const LONGEST_UKM: usize = 256;

/// What one recipient of a key agreement needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Agreement {
    pub(super) holder: KeyHolder,
    digest: DigestAlgorithm,
    /// AlgorithmIdentifier of the key wrap, DER.
    wrap: Vec<u8>,
    wrap_octets: usize,
    ukm: Option<Vec<u8>>,
    /// The originator's public point.
    point: Vec<u8>,
    encrypted_key: Vec<u8>,
}

impl Agreement {
    /// Reads a `[1]` KeyAgreeRecipientInfo: one for each of its recipients.
    pub(super) fn read(content: &[u8]) -> Result<Vec<Self>, CmsError> {
        let mut fields = Reader::new(content);
        fields.content(tag::INTEGER, WHAT)?;
        let mut originator = Reader::new(fields.content(tag::context_constructed(0), WHAT)?);
        // an originator named by its certificate (static keys) is not supported
        let mut key = Reader::new(originator.content(tag::context_constructed(1), WHAT)?);
        key.tagged(tag::SEQUENCE, WHAT)?;
        let point = bit_string_of_octets(key.content(tag::BIT_STRING, WHAT)?, WHAT)?.to_vec();
        let ukm = match fields.optional(tag::context_constructed(1), WHAT)? {
            None => None,
            Some(explicit) => {
                let ukm = Reader::new(explicit).content(tag::OCTET_STRING, WHAT)?;
                if ukm.len() > LONGEST_UKM {
                    return Err(Malformed::new(WHAT).into());
                }
                Some(ukm.to_vec())
            }
        };
        let (digest, wrap) = read_scheme(&fields.tagged(tag::SEQUENCE, WHAT)?)?;
        let wrap_octets = key_wrap::key_octets(&wrap)?;
        let mut keys = fields.sequence(WHAT)?;
        fields.finish(WHAT)?;
        let mut found = Vec::new();
        while !keys.is_empty() {
            if found.len() >= super::MAX_RECIPIENTS {
                return Err(CmsError::TooMany("recipients"));
            }
            let mut one = keys.sequence(WHAT)?;
            found.push(Self {
                holder: read_holder(&one.element(WHAT)?)?,
                digest,
                wrap: wrap.whole.to_vec(),
                wrap_octets,
                ukm: ukm.clone(),
                point: point.clone(),
                encrypted_key: one.content(tag::OCTET_STRING, WHAT)?.to_vec(),
            });
        }
        Ok(found)
    }

    /// Opens the content key with a key in software; `None` when that does not succeed.
    pub(super) fn open(&self, key: &PrivateKey) -> Option<Zeroizing<Vec<u8>>> {
        let key = PKey::private_key_from_pkcs8(&key.to_pkcs8_der().ok()?).ok()?;
        let ec = key.ec_key().ok()?;
        let mut context = openssl::bn::BigNumContext::new().ok()?;
        let point = openssl::ec::EcPoint::from_bytes(ec.group(), &self.point, &mut context).ok()?;
        let peer = EcKey::from_public_key(ec.group(), &point).ok()?;
        peer.check_key().ok()?;
        let peer = PKey::from_ec_key(peer).ok()?;
        let secret = derive(&key, &peer).ok()?;
        let wrapping = x963(
            self.digest,
            &secret,
            &shared_info(&self.wrap, self.ukm.as_deref(), self.wrap_octets),
            self.wrap_octets,
        );
        key_wrap::unwrap(&wrapping, &self.encrypted_key)
    }
}

/// RecipientIdentifier of key agreement: IssuerAndSerialNumber, or `[0]` RecipientKeyIdentifier.
fn read_holder(element: &Element<'_>) -> Result<KeyHolder, Malformed> {
    if element.tag != tag::context_constructed(0) {
        return KeyHolder::read(element);
    }
    let identifier = Reader::new(element.content).content(tag::OCTET_STRING, WHAT)?;
    Ok(KeyHolder::KeyIdentifier(identifier.to_vec()))
}

/// Hash of the key derivation, and AlgorithmIdentifier of the key wrap.
fn read_scheme<'a>(identifier: &Element<'a>) -> Result<(DigestAlgorithm, Element<'a>), CmsError> {
    let (kind, parameters) = split(identifier)?;
    let digest = match kind {
        oid::DH_SHA256_KDF => DigestAlgorithm::Sha256,
        oid::DH_SHA384_KDF => DigestAlgorithm::Sha384,
        oid::DH_SHA512_KDF => DigestAlgorithm::Sha512,
        other => {
            return Err(CmsError::Algorithm {
                what: "key agreement",
                algorithm: other.to_string(),
            });
        }
    };
    let mut reader = Reader::new(parameters.unwrap_or_default());
    Ok((digest, reader.tagged(tag::SEQUENCE, WHAT)?))
}

/// Writes a `[1]` KeyAgreeRecipientInfo for one key on an elliptic curve.
pub(super) fn write(
    writer: &mut Writer,
    holder: &KeyHolder,
    key: &PublicKey,
    content_key: &[u8],
) -> Result<(), CmsError> {
    let failed = |_| CmsError::Library("agree on a key");
    let peer = PKey::public_key_from_der(key.spki_der()).map_err(failed)?;
    if peer.id() != Id::EC {
        return Err(CmsError::Recipient("the key is for signatures only"));
    }
    let (secret, point) = ephemeral(&peer).map_err(failed)?;
    let (wrap_octets, wrap_kind) = (32, oid::AES256_WRAP);
    let (scheme, digest) = match key.key_octets().len() {
        0..=65 => (oid::DH_SHA256_KDF, DigestAlgorithm::Sha256),
        66..=97 => (oid::DH_SHA384_KDF, DigestAlgorithm::Sha384),
        _ => (oid::DH_SHA512_KDF, DigestAlgorithm::Sha512),
    };
    let mut wrap = Writer::new();
    key_wrap::write(&mut wrap, &wrap_kind);
    let wrap = wrap.finish();
    let wrapping = x963(
        digest,
        &secret,
        &shared_info(&wrap, None, wrap_octets),
        wrap_octets,
    );
    let encrypted_key = key_wrap::wrap(&wrapping, content_key)?;
    let identifier = key_identifier(key)?;
    writer.nest(tag::context_constructed(1), |writer| {
        writer.integer(3);
        writer.nest(tag::context_constructed(0), |writer| {
            writer.nest(tag::context_constructed(1), |writer| {
                writer.raw(&identifier);
                writer.bit_string(&point);
            });
        });
        write_scheme(writer, &scheme, &wrap);
        writer.sequence(|writer| {
            writer.sequence(|writer| {
                write_holder(writer, holder);
                writer.tlv(tag::OCTET_STRING, &encrypted_key);
            });
        });
    });
    Ok(())
}

fn write_scheme(writer: &mut Writer, scheme: &ObjectIdentifier, wrap: &[u8]) {
    writer.sequence(|writer| {
        writer.oid(scheme);
        writer.raw(wrap);
    });
}

fn write_holder(writer: &mut Writer, holder: &KeyHolder) {
    match holder {
        KeyHolder::IssuerAndSerial { .. } => holder.write(writer),
        KeyHolder::KeyIdentifier(identifier) => {
            writer.nest(tag::context_constructed(0), |writer| {
                writer.tlv(tag::OCTET_STRING, identifier);
            });
        }
    }
}

/// AlgorithmIdentifier of a key, DER.
fn key_identifier(key: &PublicKey) -> Result<Vec<u8>, CmsError> {
    parse_all(key.spki_der(), WHAT, |fields| {
        let identifier = fields.tagged(tag::SEQUENCE, WHAT)?.whole.to_vec();
        fields.tagged(tag::BIT_STRING, WHAT)?;
        Ok(identifier)
    })
}

/// A key of ours for one message: the shared secret, and its point.
fn ephemeral(peer: &PKey<Public>) -> Result<(Zeroizing<Vec<u8>>, Vec<u8>), ErrorStack> {
    let group = peer.ec_key()?;
    let own = EcKey::generate(group.group())?;
    let mut context = openssl::bn::BigNumContext::new()?;
    let point = own.public_key().to_bytes(
        group.group(),
        PointConversionForm::UNCOMPRESSED,
        &mut context,
    )?;
    let own = PKey::from_ec_key(own)?;
    Ok((derive(&own, peer)?, point))
}

fn derive(
    own: &PKeyRef<Private>,
    peer: &PKeyRef<Public>,
) -> Result<Zeroizing<Vec<u8>>, ErrorStack> {
    let mut deriver = Deriver::new(own)?;
    deriver.set_peer(peer)?;
    deriver.derive_to_vec().map(Zeroizing::new)
}

/// ECC-CMS-SharedInfo, RFC 5753 section 7.2.
fn shared_info(wrap: &[u8], ukm: Option<&[u8]>, wrap_octets: usize) -> Vec<u8> {
    let bits = u32::try_from(wrap_octets * 8).unwrap_or(u32::MAX);
    let mut writer = Writer::new();
    writer.sequence(|writer| {
        writer.raw(wrap);
        if let Some(ukm) = ukm {
            writer.nest(tag::context_constructed(0), |writer| {
                writer.tlv(tag::OCTET_STRING, ukm);
            });
        }
        writer.nest(tag::context_constructed(2), |writer| {
            writer.tlv(tag::OCTET_STRING, &bits.to_be_bytes());
        });
    });
    writer.finish()
}

/// The key derivation function of ANSI X9.63, SEC 1 section 3.6.1.
fn x963(digest: DigestAlgorithm, secret: &[u8], info: &[u8], octets: usize) -> Zeroizing<Vec<u8>> {
    let mut key = Zeroizing::new(Vec::with_capacity(octets + 64));
    for counter in 1_u32..=4 {
        let input = Zeroizing::new([secret, &counter.to_be_bytes(), info].concat());
        key.extend_from_slice(&digest.digest(&input));
        if key.len() >= octets {
            break;
        }
    }
    key.truncate(octets);
    key
}
