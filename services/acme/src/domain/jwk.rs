//! Account keys as JSON Web Keys: RFC 7517, RFC 7518 §6, RFC 8037. Only public keys, only in their one canonical form,
//! so that a key has one thumbprint (RFC 7638).

use std::fmt;

use aws_lc_rs::{digest, rsa, signature};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use der::Encode as _;
use ers_pki::key::PublicKey;
use serde_json::{Map, Value};

/// JWS algorithms by which requests may be signed, RFC 7518 §3.1 and RFC 8037 §3.1. Never `none`, never a MAC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Algorithm {
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    Rs256,
    /// RSASSA-PKCS1-v1_5 with SHA-384.
    Rs384,
    /// RSASSA-PKCS1-v1_5 with SHA-512.
    Rs512,
    /// RSASSA-PSS with SHA-256.
    Ps256,
    /// RSASSA-PSS with SHA-384.
    Ps384,
    /// RSASSA-PSS with SHA-512.
    Ps512,
    /// ECDSA on P-256 with SHA-256.
    Es256,
    /// ECDSA on P-384 with SHA-384.
    Es384,
    /// ECDSA on P-521 with SHA-512.
    Es512,
    /// Ed25519.
    EdDsa,
}

impl Algorithm {
    /// All of them with their names.
    pub const ALL: [(&'static str, Self); 10] = [
        ("RS256", Self::Rs256),
        ("RS384", Self::Rs384),
        ("RS512", Self::Rs512),
        ("PS256", Self::Ps256),
        ("PS384", Self::Ps384),
        ("PS512", Self::Ps512),
        ("ES256", Self::Es256),
        ("ES384", Self::Es384),
        ("ES512", Self::Es512),
        ("EdDSA", Self::EdDsa),
    ];

    /// The algorithm of a name.
    pub fn find(name: &str) -> Option<Self> {
        Self::ALL
            .iter()
            .find(|(known, _)| *known == name)
            .map(|(_, algorithm)| *algorithm)
    }
}

/// The JWK cannot be an account key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum JwkError {
    /// Not what RFC 7517 and RFC 7518 ask of a public key.
    #[error("read key: {0}")]
    Malformed(&'static str),
    /// Kind or curve that we do not take.
    #[error("use key: only RSA, P-256, P-384, P-521 and Ed25519 keys are taken")]
    Unsupported,
    /// Too weak, or no point on its curve.
    #[error("use key: {0}")]
    Weak(String),
}

/// The signature does not fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum VerifyError {
    /// The key is not one for the algorithm.
    #[error("verify signature: the algorithm is not one for this kind of key")]
    WrongAlgorithm,
    /// The signature is wrong.
    #[error("verify signature: it is not one by this key over these bytes")]
    WrongSignature,
}

/// A public key from a JWK, strong enough and well formed.
#[derive(Clone, PartialEq, Eq)]
pub struct Jwk {
    material: Material,
    thumbprint: String,
    spki_der: Vec<u8>,
}

#[derive(Clone, PartialEq, Eq)]
enum Material {
    Rsa { n: Vec<u8>, e: Vec<u8> },
    Ec { curve: Curve, point: Vec<u8> },
    Ed25519 { x: Vec<u8> },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Curve {
    P256,
    P384,
    P521,
}

impl Curve {
    fn find(name: &str) -> Option<Self> {
        [Self::P256, Self::P384, Self::P521]
            .into_iter()
            .find(|curve| curve.name() == name)
    }

    fn name(self) -> &'static str {
        match self {
            Self::P256 => "P-256",
            Self::P384 => "P-384",
            Self::P521 => "P-521",
        }
    }

    fn coordinate_bytes(self) -> usize {
        match self {
            Self::P256 => 32,
            Self::P384 => 48,
            Self::P521 => 66,
        }
    }

    /// SubjectPublicKeyInfo up to the point: SEQUENCE { SEQUENCE { ecPublicKey, namedCurve }, BIT STRING ...
    fn spki_prefix(self) -> &'static [u8] {
        match self {
            Self::P256 => b"\x30\x59\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07\x03\x42\x00",
            Self::P384 => b"\x30\x76\x30\x10\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x05\x2b\x81\x04\x00\x22\x03\x62\x00",
            Self::P521 => b"\x30\x81\x9b\x30\x10\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x05\x2b\x81\x04\x00\x23\x03\x81\x86\x00",
        }
    }
}

impl Jwk {
    /// Reads and checks a JWK.
    pub fn from_json(value: &Value) -> Result<Self, JwkError> {
        let members = value
            .as_object()
            .ok_or(JwkError::Malformed("it is not a JSON object"))?;
        if members.contains_key("d") || members.contains_key("k") {
            return Err(JwkError::Malformed(
                "it holds a secret; send the public key only",
            ));
        }
        let material = match text(members, "kty")? {
            "RSA" => Material::Rsa {
                n: unsigned(members, "n")?,
                e: unsigned(members, "e")?,
            },
            "EC" => ec(members)?,
            "OKP" if text(members, "crv")? == "Ed25519" => Material::Ed25519 {
                x: exactly(members, "x", 32)?,
            },
            _ => return Err(JwkError::Unsupported),
        };
        let spki_der = material.spki_der()?;
        PublicKey::from_spki_der(&spki_der).map_err(|error| JwkError::Weak(error.to_string()))?;
        let digest = digest::digest(&digest::SHA256, material.canonical_json().as_bytes());
        let thumbprint = URL_SAFE_NO_PAD.encode(digest.as_ref());
        Ok(Self {
            material,
            thumbprint,
            spki_der,
        })
    }

    /// Reads what `canonical_json` wrote.
    pub fn from_row(json: &str) -> Result<Self, JwkError> {
        let value =
            serde_json::from_str(json).map_err(|_| JwkError::Malformed("it is not JSON"))?;
        Self::from_json(&value)
    }

    /// The required members in lexicographic order without white space: what RFC 7638 §3 hashes.
    pub fn canonical_json(&self) -> String {
        self.material.canonical_json()
    }

    /// The thumbprint of RFC 7638 with SHA-256, base64url.
    pub fn thumbprint(&self) -> &str {
        &self.thumbprint
    }

    /// SubjectPublicKeyInfo, DER.
    pub fn spki_der(&self) -> &[u8] {
        &self.spki_der
    }

    /// Verifies a JWS signature (ECDSA: r and s of fixed length). The key decides which algorithms may be.
    pub fn verify(
        &self,
        algorithm: Algorithm,
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), VerifyError> {
        let verified = match &self.material {
            Material::Rsa { n, e } => {
                let parameters = match algorithm {
                    Algorithm::Rs256 => &signature::RSA_PKCS1_2048_8192_SHA256,
                    Algorithm::Rs384 => &signature::RSA_PKCS1_2048_8192_SHA384,
                    Algorithm::Rs512 => &signature::RSA_PKCS1_2048_8192_SHA512,
                    Algorithm::Ps256 => &signature::RSA_PSS_2048_8192_SHA256,
                    Algorithm::Ps384 => &signature::RSA_PSS_2048_8192_SHA384,
                    Algorithm::Ps512 => &signature::RSA_PSS_2048_8192_SHA512,
                    _ => return Err(VerifyError::WrongAlgorithm),
                };
                rsa::PublicKeyComponents { n, e }.verify(parameters, message, signature)
            }
            Material::Ec { curve, point } => {
                let parameters = match (curve, algorithm) {
                    (Curve::P256, Algorithm::Es256) => &signature::ECDSA_P256_SHA256_FIXED,
                    (Curve::P384, Algorithm::Es384) => &signature::ECDSA_P384_SHA384_FIXED,
                    (Curve::P521, Algorithm::Es512) => &signature::ECDSA_P521_SHA512_FIXED,
                    _ => return Err(VerifyError::WrongAlgorithm),
                };
                signature::UnparsedPublicKey::new(parameters, point).verify(message, signature)
            }
            Material::Ed25519 { x } => {
                if algorithm != Algorithm::EdDsa {
                    return Err(VerifyError::WrongAlgorithm);
                }
                signature::UnparsedPublicKey::new(&signature::ED25519, x).verify(message, signature)
            }
        };
        verified.map_err(|_| VerifyError::WrongSignature)
    }
}

impl fmt::Debug for Jwk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Jwk").field(&self.thumbprint).finish()
    }
}

impl Material {
    fn canonical_json(&self) -> String {
        let encode = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        match self {
            Self::Rsa { n, e } => {
                format!(r#"{{"e":"{}","kty":"RSA","n":"{}"}}"#, encode(e), encode(n))
            }
            Self::Ec { curve, point } => {
                let (x, y) = point
                    .get(1..)
                    .unwrap_or_default()
                    .split_at(curve.coordinate_bytes());
                format!(
                    r#"{{"crv":"{}","kty":"EC","x":"{}","y":"{}"}}"#,
                    curve.name(),
                    encode(x),
                    encode(y)
                )
            }
            Self::Ed25519 { x } => {
                format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{}"}}"#, encode(x))
            }
        }
    }

    fn spki_der(&self) -> Result<Vec<u8>, JwkError> {
        match self {
            Self::Rsa { n, e } => rsa_spki_der(n, e)
                .map_err(|_| JwkError::Malformed("modulus or exponent is too long")),
            Self::Ec { curve, point } => Ok([curve.spki_prefix(), point].concat()),
            Self::Ed25519 { x } => Ok([
                b"\x30\x2a\x30\x05\x06\x03\x2b\x65\x70\x03\x21\x00",
                x.as_slice(),
            ]
            .concat()),
        }
    }
}

/// RFC 3279 §2.3.1: RSAPublicKey ::= SEQUENCE { modulus INTEGER, publicExponent INTEGER }.
#[derive(der::Sequence)]
struct RsaPublicKey<'a> {
    modulus: der::asn1::UintRef<'a>,
    public_exponent: der::asn1::UintRef<'a>,
}

fn rsa_spki_der(n: &[u8], e: &[u8]) -> der::Result<Vec<u8>> {
    let key = RsaPublicKey {
        modulus: der::asn1::UintRef::new(n)?,
        public_exponent: der::asn1::UintRef::new(e)?,
    };
    spki::SubjectPublicKeyInfo {
        algorithm: spki::AlgorithmIdentifier {
            oid: der::asn1::ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1"),
            parameters: Some(der::asn1::Null),
        },
        subject_public_key: der::asn1::BitString::from_bytes(&key.to_der()?)?,
    }
    .to_der()
}

fn ec(members: &Map<String, Value>) -> Result<Material, JwkError> {
    let curve = Curve::find(text(members, "crv")?).ok_or(JwkError::Unsupported)?;
    let mut point = vec![0x04];
    point.extend(exactly(members, "x", curve.coordinate_bytes())?);
    point.extend(exactly(members, "y", curve.coordinate_bytes())?);
    Ok(Material::Ec { curve, point })
}

fn text<'a>(members: &'a Map<String, Value>, name: &'static str) -> Result<&'a str, JwkError> {
    members
        .get(name)
        .and_then(Value::as_str)
        .ok_or(JwkError::Malformed("a member is missing or not a string"))
}

fn bytes(members: &Map<String, Value>, name: &'static str) -> Result<Vec<u8>, JwkError> {
    URL_SAFE_NO_PAD
        .decode(text(members, name)?)
        .map_err(|_| JwkError::Malformed("a member is not base64url without padding"))
}

fn exactly(
    members: &Map<String, Value>,
    name: &'static str,
    length: usize,
) -> Result<Vec<u8>, JwkError> {
    let bytes = bytes(members, name)?;
    if bytes.len() == length {
        Ok(bytes)
    } else {
        Err(JwkError::Malformed("a coordinate has the wrong length"))
    }
}

/// RFC 7518 §2: Base64urlUInt has no leading zero octets.
fn unsigned(members: &Map<String, Value>, name: &'static str) -> Result<Vec<u8>, JwkError> {
    let bytes = bytes(members, name)?;
    if bytes.first().is_none_or(|first| *first == 0) {
        return Err(JwkError::Malformed(
            "a number is empty or has leading zeros",
        ));
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests;
