//! Kinds of key in the words of PKCS #11, and their public halves as SubjectPublicKeyInfo.

use der::asn1::{Any, BitString, ObjectIdentifier, OctetStringRef, UintRef};
use der::{Decode, Encode, Sequence};
use ers_pki::key::KeyAlgorithm;
use pkcs11::object::{Attribute, AttributeType, ObjectClass, ObjectHandle};
use pkcs11::session::Session;
use spki::{AlgorithmIdentifierOwned, SubjectPublicKeyInfoOwned};

use super::connection::Connection;
use super::fault::Fault;
use crate::config::EcPoint;

const RSA_ENCRYPTION: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
const EC_PUBLIC_KEY: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
const P256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");
const P384: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.34");
const P521: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.35");
const BRAINPOOL_P256_R1: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.36.3.3.2.8.1.1.7");
const BRAINPOOL_P384_R1: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.36.3.3.2.8.1.1.11");
const BRAINPOOL_P512_R1: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.36.3.3.2.8.1.1.13");
const RSASSA_PSS: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.10");
const ED25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.112");
const ED448: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.113");

/// RSAPublicKey ::= SEQUENCE { modulus INTEGER, publicExponent INTEGER }, RFC 8017 §A.1.1
#[derive(Sequence)]
struct RsaPublicKey<'a> {
    modulus: UintRef<'a>,
    public_exponent: UintRef<'a>,
}

/// A kind of key, in the words of PKCS #11.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Rsa {
        bits: u64,
        /// For RSASSA-PSS only.
        pss: bool,
    },
    Curve {
        oid: ObjectIdentifier,
        /// Octets of a point, uncompressed.
        point_length: usize,
    },
    Edwards {
        oid: ObjectIdentifier,
        /// The curve's name as PrintableString, DER.
        name: &'static [u8],
        /// Octets of a public key.
        length: usize,
    },
}

impl Kind {
    pub(super) fn of(algorithm: KeyAlgorithm) -> Result<Self, Fault> {
        let curve = |oid, field_length: usize| {
            Ok(Self::Curve {
                oid,
                point_length: 1 + 2 * field_length,
            })
        };
        if let Some(bits) = algorithm.modulus_bits() {
            return Ok(Self::Rsa {
                bits: u64::try_from(bits).unwrap_or(u64::MAX),
                pss: algorithm.is_rsa_pss(),
            });
        }
        match algorithm {
            KeyAlgorithm::P256 => curve(P256, 32),
            KeyAlgorithm::P384 => curve(P384, 48),
            KeyAlgorithm::P521 => curve(P521, 66),
            KeyAlgorithm::BrainpoolP256r1 => curve(BRAINPOOL_P256_R1, 32),
            KeyAlgorithm::BrainpoolP384r1 => curve(BRAINPOOL_P384_R1, 48),
            KeyAlgorithm::BrainpoolP512r1 => curve(BRAINPOOL_P512_R1, 64),
            KeyAlgorithm::Ed25519 => Ok(Self::Edwards {
                oid: ED25519,
                name: b"\x13\x0cedwards25519",
                length: 32,
            }),
            KeyAlgorithm::Ed448 => Ok(Self::Edwards {
                oid: ED448,
                name: b"\x13\x0aedwards448",
                length: 57,
            }),
            // key agreement, which a signer has no use for
            _ => Err(Fault::Unsupported(algorithm.to_string())),
        }
    }

    /// The public half of an object that has it, as SubjectPublicKeyInfo, DER.
    pub(super) fn read(
        self,
        session: &Session,
        object: ObjectHandle,
        encoding: EcPoint,
    ) -> Result<Vec<u8>, Fault> {
        let (oid, parameters, key) = match self {
            // the token knows one kind of RSA key; what it is for is said outside
            Self::Rsa { pss, .. } => {
                let (oid, parameters) = if pss {
                    (RSASSA_PSS, None)
                } else {
                    (RSA_ENCRYPTION, Some(Any::null()))
                };
                (oid, parameters, rsa_public_key(session, object)?)
            }
            Self::Curve { oid, point_length } => {
                let curve = Any::from_der(&encoded(&oid)?).map_err(unreadable)?;
                let point = point(session, object, encoding, point_length)?;
                (EC_PUBLIC_KEY, Some(curve), point)
            }
            Self::Edwards { oid, length, .. } => {
                (oid, None, point(session, object, encoding, length)?)
            }
        };
        encoded(&SubjectPublicKeyInfoOwned {
            algorithm: AlgorithmIdentifierOwned { oid, parameters },
            subject_public_key: BitString::from_bytes(&key).map_err(unreadable)?,
        })
    }
}

/// The public half of the pair under an id; none where the token does not tell. RSA tells it with the private half too.
pub(super) fn find(
    connection: &Connection,
    id: &[u8],
    private: Option<ObjectHandle>,
    algorithm: KeyAlgorithm,
) -> Result<Option<Vec<u8>>, Fault> {
    let kind = Kind::of(algorithm)?;
    let session = &connection.session;
    let template = [
        Attribute::Class(ObjectClass::PUBLIC_KEY),
        Attribute::Id(id.to_vec()),
    ];
    let public = session.find_objects(&template)?.first().copied();
    let private = private.filter(|_| matches!(kind, Kind::Rsa { .. }));
    let Some(object) = public.or(private) else {
        return Ok(None);
    };
    match kind.read(session, object, connection.access.config.ec_point) {
        Ok(spki) => Ok(Some(spki)),
        Err(fault) if fault.is_end_of_session() => Err(fault),
        // an object of another kind: surely not the key that is looked for
        Err(_) if public.is_some() => Err(Fault::KeyMismatch),
        Err(_) => Ok(None),
    }
}

fn rsa_public_key(session: &Session, object: ObjectHandle) -> Result<Vec<u8>, Fault> {
    let (mut modulus, mut exponent) = (Vec::new(), Vec::new());
    for attribute in session.get_attributes(
        object,
        &[AttributeType::Modulus, AttributeType::PublicExponent],
    )? {
        match attribute {
            Attribute::Modulus(octets) => modulus = octets,
            Attribute::PublicExponent(octets) => exponent = octets,
            _ => {}
        }
    }
    if modulus.is_empty() || exponent.is_empty() {
        return Err(Fault::Failed("the key has no modulus".to_owned()));
    }
    encoded(&RsaPublicKey {
        modulus: UintRef::new(&modulus).map_err(unreadable)?,
        public_exponent: UintRef::new(&exponent).map_err(unreadable)?,
    })
}

fn point(
    session: &Session,
    object: ObjectHandle,
    encoding: EcPoint,
    length: usize,
) -> Result<Vec<u8>, Fault> {
    let attributes = session.get_attributes(object, &[AttributeType::EcPoint])?;
    let octets = attributes
        .into_iter()
        .find_map(|attribute| match attribute {
            Attribute::EcPoint(octets) => Some(octets),
            _ => None,
        });
    octets
        .and_then(|octets| decode_point(octets, encoding, length))
        .ok_or_else(|| Fault::Failed("the public key has no point that can be read".to_owned()))
}

/// CKA_EC_POINT is an OCTET STRING in DER; some libraries give the octets alone. An uncompressed point begins with 4, as
/// an OCTET STRING does: its length tells which it is.
fn decode_point(octets: Vec<u8>, encoding: EcPoint, length: usize) -> Option<Vec<u8>> {
    let raw = octets.len() == length;
    let inner = || {
        let inner = <&OctetStringRef>::from_der(&octets).ok()?.as_bytes();
        (inner.len() == length).then(|| inner.to_vec())
    };
    match encoding {
        EcPoint::OctetString => inner(),
        EcPoint::Raw => raw.then_some(octets),
        EcPoint::Either if raw => Some(octets),
        EcPoint::Either => inner(),
    }
}

pub(super) fn encoded(value: &impl Encode) -> Result<Vec<u8>, Fault> {
    value.to_der().map_err(unreadable)
}

fn unreadable(error: der::Error) -> Fault {
    Fault::Failed(format!("encode public key: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_point_is_read_in_the_encoding_that_has_its_length() {
        // 04 3f ...: a raw point that is also an OCTET STRING of 63 octets
        let mut raw = vec![0x3f; 65];
        raw[0] = 4;
        let wrapped = [&[4, 65], raw.as_slice()].concat();
        for (octets, encoding, found) in [
            (&raw, EcPoint::Either, true),
            (&wrapped, EcPoint::Either, true),
            (&raw, EcPoint::Raw, true),
            (&wrapped, EcPoint::Raw, false),
            (&raw, EcPoint::OctetString, false),
            (&wrapped, EcPoint::OctetString, true),
        ] {
            let read = decode_point(octets.clone(), encoding, 65);
            assert_eq!(read, found.then(|| raw.clone()), "{encoding:?}");
        }
        assert_eq!(decode_point(vec![4, 1, 7], EcPoint::Either, 65), None);
    }
}
