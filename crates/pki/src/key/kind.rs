//! What kind of key an AlgorithmIdentifier names: RFC 3279 section 2.3.1 (RSA, parameters NULL), RFC 4055 section 3.1
//! (RSASSA-PSS, parameters absent or restricting), RFC 5480 section 2.1.1 (named curve), RFC 8410 section 3 (absent).

use const_oid::ObjectIdentifier;

use super::public::KeyError;
use super::{KeyAlgorithm, SignatureAlgorithm};
use crate::asn1::{Malformed, Reader, oid, tag};

const WHAT: &str = "AlgorithmIdentifier";

/// Kind of a key; with RSA the size is in the key itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Rsa {
        /// For RSASSA-PSS only.
        pss: bool,
        /// And there with this algorithm only.
        only: Option<SignatureAlgorithm>,
    },
    /// A point on a curve.
    Curve(KeyAlgorithm),
    /// A string of octets, RFC 8410.
    Octets(KeyAlgorithm),
}

impl Kind {
    pub(super) fn only(self) -> Option<SignatureAlgorithm> {
        match self {
            Self::Rsa { only, .. } => only,
            Self::Curve(_) | Self::Octets(_) => None,
        }
    }
}

const CURVES: [(ObjectIdentifier, KeyAlgorithm); 6] = [
    (oid::P_256, KeyAlgorithm::P256),
    (oid::P_384, KeyAlgorithm::P384),
    (oid::P_521, KeyAlgorithm::P521),
    (oid::BRAINPOOL_P256_R1, KeyAlgorithm::BrainpoolP256r1),
    (oid::BRAINPOOL_P384_R1, KeyAlgorithm::BrainpoolP384r1),
    (oid::BRAINPOOL_P512_R1, KeyAlgorithm::BrainpoolP512r1),
];

const OCTETS: [(ObjectIdentifier, KeyAlgorithm); 4] = [
    (oid::ED25519, KeyAlgorithm::Ed25519),
    (oid::ED448, KeyAlgorithm::Ed448),
    (oid::X25519, KeyAlgorithm::X25519),
    (oid::X448, KeyAlgorithm::X448),
];

/// Reads the content of an AlgorithmIdentifier.
pub(super) fn read(identifier: &[u8]) -> Result<Kind, KeyError> {
    let mut fields = Reader::new(identifier);
    let algorithm = fields.oid(WHAT)?;
    let kind = match algorithm {
        oid::RSA_ENCRYPTION => match fields.content(tag::NULL, WHAT)? {
            [] => Kind::Rsa {
                pss: false,
                only: None,
            },
            _ => return Err(Malformed::new(WHAT).into()),
        },
        oid::RSASSA_PSS => Kind::Rsa {
            pss: true,
            only: read_restriction(&mut fields)?,
        },
        oid::EC_PUBLIC_KEY => {
            let curve = fields.oid(WHAT)?;
            Kind::Curve(find(&CURVES, curve).ok_or_else(|| KeyError::Algorithm(curve.to_string()))?)
        }
        other => Kind::Octets(
            find(&OCTETS, other).ok_or_else(|| KeyError::Algorithm(other.to_string()))?,
        ),
    };
    fields.finish(WHAT)?;
    Ok(kind)
}

fn find(known: &[(ObjectIdentifier, KeyAlgorithm)], oid: ObjectIdentifier) -> Option<KeyAlgorithm> {
    known
        .iter()
        .find(|(identifier, _)| *identifier == oid)
        .map(|(_, algorithm)| *algorithm)
}

/// Parameters of a key for RSASSA-PSS: none, or those of the one algorithm that it may be used with.
fn read_restriction(fields: &mut Reader<'_>) -> Result<Option<SignatureAlgorithm>, KeyError> {
    if fields.is_empty() {
        return Ok(None);
    }
    let parameters = fields.element(WHAT)?.whole;
    SignatureAlgorithm::with_pss_parameters(parameters)
        .map(Some)
        .ok_or_else(|| KeyError::Algorithm("RSASSA-PSS with these parameters".to_owned()))
}

/// Whether signatures of others with that algorithm are looked at under such a key: a curve takes any hash.
pub(super) fn may_verify(key: KeyAlgorithm, algorithm: SignatureAlgorithm) -> bool {
    algorithm.suits(key)
        || (key.is_ecdsa()
            && matches!(
                algorithm,
                SignatureAlgorithm::Sha256WithEcdsa
                    | SignatureAlgorithm::Sha384WithEcdsa
                    | SignatureAlgorithm::Sha512WithEcdsa
            ))
}
