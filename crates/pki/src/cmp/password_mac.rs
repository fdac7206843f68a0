//! Protection by a shared secret: PasswordBasedMac (RFC 4211 section 4.4, RFC 9810 section 5.1.3.1) and PBMAC1 (RFC 8018
//! section 7.1, RFC 9481 section 6.1.2). What a stranger may make us compute is limited before anything is computed.

use std::num::NonZeroU32;

use aws_lc_rs::{constant_time, digest, hmac, pbkdf2};
use const_oid::ObjectIdentifier;
use zeroize::Zeroizing;

use crate::asn1::{Malformed, Reader, Writer, integer_u64, tag};

/// Most iterations of the key derivation.
pub const MAX_ITERATIONS: u32 = 100_000;
/// Longest salt.
const MAX_SALT: usize = 128;
const MAX_KEY_LENGTH: u64 = 128;

const fn oid(dotted: &str) -> ObjectIdentifier {
    ObjectIdentifier::new_unwrap(dotted)
}

const PASSWORD_BASED_MAC: ObjectIdentifier = oid("1.2.840.113533.7.66.13");
const PBMAC1: ObjectIdentifier = oid("1.2.840.113549.1.5.14");
const PBKDF2: ObjectIdentifier = oid("1.2.840.113549.1.5.12");

/// Why no MAC is computed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PasswordMacError {
    /// It is no AlgorithmIdentifier of a MAC with a password.
    #[error("read password-based MAC")]
    Malformed(#[from] Malformed),
    /// The algorithm, or one that it is made of, is not supported.
    #[error("read password-based MAC: algorithm {0} is not supported")]
    Algorithm(String),
    /// None, or so many iterations that computing them would be an attack.
    #[error("read password-based MAC: 1 to {MAX_ITERATIONS} iterations are allowed")]
    Iterations,
    /// The salt is too long.
    #[error("read password-based MAC: the salt has more than {MAX_SALT} octets")]
    Salt,
    /// The length of the derived key makes no sense.
    #[error("read password-based MAC: the key must have 1 to {MAX_KEY_LENGTH} octets")]
    KeyLength,
}

/// Hash functions, for all three uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Hash {
    Sha1,
    Sha224,
    Sha256,
    Sha384,
    Sha512,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Derivation {
    /// The hash, over and over.
    Hashes(Hash),
    /// PBKDF2 with that HMAC.
    Pbkdf2 { prf: Hash, key_length: usize },
}

/// A way to compute a MAC with a password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PasswordMac {
    salt: Vec<u8>,
    iterations: NonZeroU32,
    derivation: Derivation,
    mac: Hash,
    /// How the MAC was named: some are known by two names.
    mac_oid: ObjectIdentifier,
}

impl PasswordMac {
    /// PasswordBasedMac as RFC 9481 section 6.1.1 wants it: SHA-256 and HMAC with SHA-256.
    pub fn password_based(salt: &[u8], iterations: NonZeroU32) -> Self {
        Self {
            salt: salt.to_vec(),
            iterations,
            derivation: Derivation::Hashes(Hash::Sha256),
            mac: Hash::Sha256,
            mac_oid: Hash::Sha256.hmac_oid(),
        }
    }

    /// PBMAC1: PBKDF2 and HMAC, both with SHA-256.
    pub fn pbmac1(salt: &[u8], iterations: NonZeroU32) -> Self {
        Self {
            derivation: Derivation::Pbkdf2 {
                prf: Hash::Sha256,
                key_length: 32,
            },
            ..Self::password_based(salt, iterations)
        }
    }

    /// Whether an AlgorithmIdentifier, DER, is one of the two, whatever its parameters are.
    pub fn is_named_by(algorithm: &[u8]) -> bool {
        let named = Reader::new(algorithm)
            .sequence("AlgorithmIdentifier")
            .and_then(|mut fields| fields.oid("AlgorithmIdentifier"));
        named.is_ok_and(|oid| [PASSWORD_BASED_MAC, PBMAC1].contains(&oid))
    }

    /// Reads an AlgorithmIdentifier, DER.
    ///
    /// # Errors
    /// [`PasswordMacError`]; nothing was computed then.
    pub fn from_der(algorithm: &[u8]) -> Result<Self, PasswordMacError> {
        const WHAT: &str = "AlgorithmIdentifier";
        let mut outer = Reader::new(algorithm);
        let mut fields = outer.sequence(WHAT)?;
        outer.finish(WHAT)?;
        let oid = fields.oid(WHAT)?;
        let parameters = fields.sequence(WHAT)?;
        fields.finish(WHAT)?;
        match oid {
            PASSWORD_BASED_MAC => read_password_based(parameters),
            PBMAC1 => read_pbmac1(parameters),
            other => Err(PasswordMacError::Algorithm(other.to_string())),
        }
    }

    /// The same with another salt.
    #[must_use]
    pub fn with_salt(&self, salt: &[u8]) -> Self {
        Self {
            salt: salt.to_vec(),
            ..self.clone()
        }
    }

    /// The salt.
    pub fn salt(&self) -> &[u8] {
        &self.salt
    }

    /// How many iterations of hashing it costs.
    pub fn iterations(&self) -> u32 {
        self.iterations.get()
    }

    /// The AlgorithmIdentifier, DER.
    pub fn to_der(&self) -> Vec<u8> {
        let mut writer = Writer::new();
        let iterations = u64::from(self.iterations.get());
        writer.sequence(|writer| match self.derivation {
            Derivation::Hashes(hash) => {
                writer.oid(&PASSWORD_BASED_MAC);
                writer.sequence(|writer| {
                    writer.tlv(tag::OCTET_STRING, &self.salt);
                    writer.sequence(|writer| writer.oid(&hash.oid()));
                    writer.integer(iterations);
                    writer.sequence(|writer| writer.oid(&self.mac_oid));
                });
            }
            Derivation::Pbkdf2 { prf, key_length } => {
                writer.oid(&PBMAC1);
                writer.sequence(|writer| {
                    writer.sequence(|writer| {
                        writer.oid(&PBKDF2);
                        writer.sequence(|writer| {
                            writer.tlv(tag::OCTET_STRING, &self.salt);
                            writer.integer(iterations);
                            writer.integer(key_length as u64);
                            write_hmac(writer, prf.hmac_oid());
                        });
                    });
                    write_hmac(writer, self.mac_oid);
                });
            }
        });
        writer.finish()
    }

    /// The MAC over data with a password.
    pub fn compute(&self, password: &[u8], data: &[u8]) -> Vec<u8> {
        self.compute_with_key(&self.derive_key(password), data)
    }

    /// The key that MACs with a password and this salt are made with: the part that iterations make dear.
    pub fn derive_key(&self, password: &[u8]) -> Zeroizing<Vec<u8>> {
        Zeroizing::new(self.derive(password))
    }

    /// The MAC over data with a key of [`PasswordMac::derive_key`].
    pub fn compute_with_key(&self, key: &[u8], data: &[u8]) -> Vec<u8> {
        let key = hmac::Key::new(self.mac.hmac(), key);
        hmac::sign(&key, data).as_ref().to_vec()
    }

    /// Whether a MAC is right; compared in constant time.
    pub fn verify(&self, password: &[u8], data: &[u8], mac: &[u8]) -> bool {
        constant_time::verify_slices_are_equal(&self.compute(password, data), mac).is_ok()
    }

    fn derive(&self, password: &[u8]) -> Vec<u8> {
        match self.derivation {
            Derivation::Hashes(hash) => {
                let algorithm = hash.digest();
                let salted = Zeroizing::new([password, &self.salt].concat());
                let mut key = Zeroizing::new(digest::digest(algorithm, &salted).as_ref().to_vec());
                for _ in 1..self.iterations.get() {
                    let next = digest::digest(algorithm, &key);
                    key.copy_from_slice(next.as_ref());
                }
                key.to_vec()
            }
            Derivation::Pbkdf2 { prf, key_length } => {
                let mut key = vec![0; key_length];
                pbkdf2::derive(
                    prf.pbkdf2(),
                    self.iterations,
                    &self.salt,
                    password,
                    &mut key,
                );
                key
            }
        }
    }
}

fn write_hmac(writer: &mut Writer, oid: ObjectIdentifier) {
    writer.sequence(|writer| {
        writer.oid(&oid);
        writer.tlv(tag::NULL, &[]);
    });
}

/// `PBMParameter`.
fn read_password_based(mut fields: Reader<'_>) -> Result<PasswordMac, PasswordMacError> {
    const WHAT: &str = "PBMParameter";
    let salt = read_salt(fields.content(tag::OCTET_STRING, WHAT)?)?;
    let hash = algorithm_oid(&mut fields)?;
    let hash = Hash::find(|known| known.oid() == hash).ok_or(unknown(hash))?;
    let iterations = read_iterations(&mut fields)?;
    let mac_oid = algorithm_oid(&mut fields)?;
    fields.finish(WHAT)?;
    Ok(PasswordMac {
        salt,
        iterations,
        derivation: Derivation::Hashes(hash),
        mac: Hash::of_hmac(mac_oid)?,
        mac_oid,
    })
}

/// `PBMAC1-params`.
fn read_pbmac1(mut fields: Reader<'_>) -> Result<PasswordMac, PasswordMacError> {
    const WHAT: &str = "PBMAC1-params";
    let mut derivation = fields.sequence(WHAT)?;
    let oid = derivation.oid(WHAT)?;
    if oid != PBKDF2 {
        return Err(unknown(oid));
    }
    let mut parameters = derivation.sequence(WHAT)?;
    derivation.finish(WHAT)?;
    let mac_oid = algorithm_oid(&mut fields)?;
    fields.finish(WHAT)?;
    let mac = Hash::of_hmac(mac_oid)?;

    const PARAMETERS: &str = "PBKDF2-params";
    let salt = read_salt(parameters.content(tag::OCTET_STRING, PARAMETERS)?)?;
    let iterations = read_iterations(&mut parameters)?;
    let key_length = match parameters.optional(tag::INTEGER, PARAMETERS)? {
        None => mac.octets(),
        Some(content) => integer_u64(content, PARAMETERS)
            .ok()
            .filter(|length| (1..=MAX_KEY_LENGTH).contains(length))
            .and_then(|length| usize::try_from(length).ok())
            .ok_or(PasswordMacError::KeyLength)?,
    };
    let prf = if parameters.is_empty() {
        Hash::Sha1
    } else {
        Hash::of_hmac(algorithm_oid(&mut parameters)?)?
    };
    parameters.finish(PARAMETERS)?;
    if prf == Hash::Sha224 {
        return Err(unknown(prf.hmac_oid()));
    }
    Ok(PasswordMac {
        salt,
        iterations,
        derivation: Derivation::Pbkdf2 { prf, key_length },
        mac,
        mac_oid,
    })
}

fn read_salt(content: &[u8]) -> Result<Vec<u8>, PasswordMacError> {
    if content.len() > MAX_SALT {
        Err(PasswordMacError::Salt)
    } else {
        Ok(content.to_vec())
    }
}

fn read_iterations(fields: &mut Reader<'_>) -> Result<NonZeroU32, PasswordMacError> {
    let content = fields.content(tag::INTEGER, "iterationCount")?;
    integer_u64(content, "iterationCount")
        .ok()
        .and_then(|count| u32::try_from(count).ok())
        .filter(|count| *count <= MAX_ITERATIONS)
        .and_then(NonZeroU32::new)
        .ok_or(PasswordMacError::Iterations)
}

/// Of an AlgorithmIdentifier whose parameters are absent or NULL.
fn algorithm_oid(fields: &mut Reader<'_>) -> Result<ObjectIdentifier, PasswordMacError> {
    const WHAT: &str = "AlgorithmIdentifier";
    let mut identifier = fields.sequence(WHAT)?;
    let oid = identifier.oid(WHAT)?;
    identifier.optional(tag::NULL, WHAT)?;
    identifier.finish(WHAT)?;
    Ok(oid)
}

fn unknown(oid: ObjectIdentifier) -> PasswordMacError {
    PasswordMacError::Algorithm(oid.to_string())
}

impl Hash {
    const ALL: [Self; 5] = [
        Self::Sha1,
        Self::Sha224,
        Self::Sha256,
        Self::Sha384,
        Self::Sha512,
    ];

    fn find(wanted: impl Fn(Self) -> bool) -> Option<Self> {
        Self::ALL.into_iter().find(|hash| wanted(*hash))
    }

    fn of_hmac(oid: ObjectIdentifier) -> Result<Self, PasswordMacError> {
        // RFC 4210 has a name of its own for HMAC with SHA-1
        if oid == ObjectIdentifier::new_unwrap("1.3.6.1.5.5.8.1.2") {
            return Ok(Self::Sha1);
        }
        Self::find(|known| known.hmac_oid() == oid).ok_or(unknown(oid))
    }

    fn oid(self) -> ObjectIdentifier {
        oid(match self {
            Self::Sha1 => "1.3.14.3.2.26",
            Self::Sha224 => "2.16.840.1.101.3.4.2.4",
            Self::Sha256 => "2.16.840.1.101.3.4.2.1",
            Self::Sha384 => "2.16.840.1.101.3.4.2.2",
            Self::Sha512 => "2.16.840.1.101.3.4.2.3",
        })
    }

    fn hmac_oid(self) -> ObjectIdentifier {
        oid(match self {
            Self::Sha1 => "1.2.840.113549.2.7",
            Self::Sha224 => "1.2.840.113549.2.8",
            Self::Sha256 => "1.2.840.113549.2.9",
            Self::Sha384 => "1.2.840.113549.2.10",
            Self::Sha512 => "1.2.840.113549.2.11",
        })
    }

    fn octets(self) -> usize {
        self.digest().output_len()
    }

    fn digest(self) -> &'static digest::Algorithm {
        match self {
            Self::Sha1 => &digest::SHA1_FOR_LEGACY_USE_ONLY,
            Self::Sha224 => &digest::SHA224,
            Self::Sha256 => &digest::SHA256,
            Self::Sha384 => &digest::SHA384,
            Self::Sha512 => &digest::SHA512,
        }
    }

    fn hmac(self) -> hmac::Algorithm {
        match self {
            Self::Sha1 => hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY,
            Self::Sha224 => hmac::HMAC_SHA224,
            Self::Sha256 => hmac::HMAC_SHA256,
            Self::Sha384 => hmac::HMAC_SHA384,
            Self::Sha512 => hmac::HMAC_SHA512,
        }
    }

    fn pbkdf2(self) -> pbkdf2::Algorithm {
        match self {
            Self::Sha1 => pbkdf2::PBKDF2_HMAC_SHA1,
            // aws-lc-rs offers no SHA-224 here; it is refused when it is read
            Self::Sha224 | Self::Sha256 => pbkdf2::PBKDF2_HMAC_SHA256,
            Self::Sha384 => pbkdf2::PBKDF2_HMAC_SHA384,
            Self::Sha512 => pbkdf2::PBKDF2_HMAC_SHA512,
        }
    }
}
