//! Making a key pair in the token, and its public half as SubjectPublicKeyInfo.

use der::asn1::{Any, BitString, ObjectIdentifier, OctetStringRef, UintRef};
use der::{Decode, Encode, Sequence};
use ers_pki::key::{KeyAlgorithm, PublicKey};
use pkcs11::mechanism::Mechanism;
use pkcs11::object::{Attribute, AttributeType, ObjectHandle};
use pkcs11::session::Session;
use spki::{AlgorithmIdentifierOwned, SubjectPublicKeyInfoOwned};

use super::connection::Connection;
use super::fault::Fault;

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

/// What is made, in the words of PKCS #11.
enum Kind {
    Rsa {
        bits: u64,
        pss: bool,
    },
    Curve(ObjectIdentifier),
    Edwards {
        curve: ObjectIdentifier,
        /// PrintableString, DER.
        name: &'static [u8],
    },
}

/// Makes a key pair that never leaves the token. The id is random and the same for both halves.
pub(super) fn generate(
    connection: &mut Connection,
    id: &[u8],
    label: &str,
    algorithm: KeyAlgorithm,
) -> Result<PublicKey, Fault> {
    let kind = Kind::of(algorithm)?;
    // of an attempt that was cut off
    connection.destroy(id)?;
    let session = &connection.session;
    let public = match &kind {
        Kind::Rsa { bits, .. } => {
            let parameters = [
                Attribute::ModulusBits((*bits).into()),
                Attribute::PublicExponent(vec![1, 0, 1]),
            ];
            make(
                session,
                &Mechanism::RsaPkcsKeyPairGen,
                id,
                label,
                &parameters,
            )?
        }
        Kind::Curve(curve) => {
            let parameters = [Attribute::EcParams(encoded(curve)?)];
            make(session, &Mechanism::EccKeyPairGen, id, label, &parameters)?
        }
        Kind::Edwards { curve, name } => make_edwards(session, id, label, curve, name)?,
    };
    let spki = kind.read(session, public)?;
    PublicKey::from_spki_der(&spki)
        .map_err(|error| Fault::Failed(format!("made a key that is refused: {error}")))
}

/// PKCS #11 3.0 §2.3.5 lets a library take the curve as OID or by name; SoftHSM 2.6 and some others know only the name.
fn make_edwards(
    session: &Session,
    id: &[u8],
    label: &str,
    curve: &ObjectIdentifier,
    name: &[u8],
) -> Result<ObjectHandle, Fault> {
    let with = |parameters: Vec<u8>| {
        let parameters = [Attribute::EcParams(parameters)];
        make(
            session,
            &Mechanism::EccEdwardsKeyPairGen,
            id,
            label,
            &parameters,
        )
    };
    with(encoded(curve)?).or_else(|_| with(name.to_vec()))
}

fn make(
    session: &Session,
    mechanism: &Mechanism<'_>,
    id: &[u8],
    label: &str,
    parameters: &[Attribute],
) -> Result<ObjectHandle, Fault> {
    let named = [
        Attribute::Token(true),
        Attribute::Id(id.to_vec()),
        Attribute::Label(label.as_bytes().to_vec()),
    ];
    let public = [
        &[Attribute::Private(false), Attribute::Verify(true)],
        parameters,
        &named,
    ]
    .concat();
    let private = [
        &[
            Attribute::Private(true),
            Attribute::Sensitive(true),
            Attribute::Extractable(false),
            Attribute::Sign(true),
            Attribute::Decrypt(false),
            Attribute::Unwrap(false),
        ],
        named.as_slice(),
    ]
    .concat();
    let (public, _) = session.generate_key_pair(mechanism, &public, &private)?;
    Ok(public)
}

impl Kind {
    fn of(algorithm: KeyAlgorithm) -> Result<Self, Fault> {
        if let Some(bits) = algorithm.modulus_bits() {
            return Ok(Self::Rsa {
                bits: u64::try_from(bits).unwrap_or(u64::MAX),
                pss: algorithm.is_rsa_pss(),
            });
        }
        match algorithm {
            KeyAlgorithm::P256 => Ok(Self::Curve(P256)),
            KeyAlgorithm::P384 => Ok(Self::Curve(P384)),
            KeyAlgorithm::P521 => Ok(Self::Curve(P521)),
            KeyAlgorithm::BrainpoolP256r1 => Ok(Self::Curve(BRAINPOOL_P256_R1)),
            KeyAlgorithm::BrainpoolP384r1 => Ok(Self::Curve(BRAINPOOL_P384_R1)),
            KeyAlgorithm::BrainpoolP512r1 => Ok(Self::Curve(BRAINPOOL_P512_R1)),
            KeyAlgorithm::Ed25519 => Ok(Self::Edwards {
                curve: ED25519,
                name: b"\x13\x0cedwards25519",
            }),
            KeyAlgorithm::Ed448 => Ok(Self::Edwards {
                curve: ED448,
                name: b"\x13\x0aedwards448",
            }),
            // key agreement, which a signer has no use for
            _ => Err(Fault::Unsupported(algorithm.to_string())),
        }
    }

    /// The public half as SubjectPublicKeyInfo, DER.
    fn read(&self, session: &Session, public: ObjectHandle) -> Result<Vec<u8>, Fault> {
        let (oid, parameters, key) = match self {
            // the token knows one kind of RSA key; what it is for is said outside
            Self::Rsa { pss, .. } => {
                let (oid, parameters) = if *pss {
                    (RSASSA_PSS, None)
                } else {
                    (RSA_ENCRYPTION, Some(Any::null()))
                };
                (oid, parameters, rsa_public_key(session, public)?)
            }
            Self::Curve(curve) => {
                let curve = Any::from_der(&encoded(curve)?).map_err(unreadable)?;
                (EC_PUBLIC_KEY, Some(curve), point(session, public)?)
            }
            Self::Edwards { curve, .. } => (*curve, None, point(session, public)?),
        };
        encoded(&SubjectPublicKeyInfoOwned {
            algorithm: AlgorithmIdentifierOwned { oid, parameters },
            subject_public_key: BitString::from_bytes(&key).map_err(unreadable)?,
        })
    }
}

fn rsa_public_key(session: &Session, public: ObjectHandle) -> Result<Vec<u8>, Fault> {
    let (mut modulus, mut exponent) = (Vec::new(), Vec::new());
    for attribute in session.get_attributes(
        public,
        &[AttributeType::Modulus, AttributeType::PublicExponent],
    )? {
        match attribute {
            Attribute::Modulus(octets) => modulus = octets,
            Attribute::PublicExponent(octets) => exponent = octets,
            _ => {}
        }
    }
    encoded(&RsaPublicKey {
        modulus: UintRef::new(&modulus).map_err(unreadable)?,
        public_exponent: UintRef::new(&exponent).map_err(unreadable)?,
    })
}

/// CKA_EC_POINT is an OCTET STRING in DER; some libraries give the octets alone.
fn point(session: &Session, public: ObjectHandle) -> Result<Vec<u8>, Fault> {
    let attributes = session.get_attributes(public, &[AttributeType::EcPoint])?;
    let point = attributes
        .into_iter()
        .find_map(|attribute| match attribute {
            Attribute::EcPoint(octets) => Some(octets),
            _ => None,
        });
    let point = point.ok_or_else(|| Fault::Failed("the public key has no point".to_owned()))?;
    match <&OctetStringRef>::from_der(&point) {
        Ok(octets) => Ok(octets.as_bytes().to_vec()),
        Err(_) => Ok(point),
    }
}

fn encoded(value: &impl Encode) -> Result<Vec<u8>, Fault> {
    value.to_der().map_err(unreadable)
}

fn unreadable(error: der::Error) -> Fault {
    Fault::Failed(format!("encode public key: {error}"))
}
