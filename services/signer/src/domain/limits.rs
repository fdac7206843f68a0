//! The bytes to be signed, held against the purpose and the limits of the key.

use ers_pki::inspect::{self, CertificateFacts, CrlFacts, OcspFacts, RequestFacts, ResponderId};
use ers_pki::key::SignatureAlgorithm;
use ers_signer_client::{Key, KeyLimits, Purpose};

use super::handshake::is_certificate_verify;
use super::jws::is_signing_input;
use super::signed_attributes::is_signed_attributes;

const KIB: usize = 1024;

/// Why bytes are not signed.
#[derive(Debug, thiserror::Error)]
pub enum Beyond {
    /// More octets than the purpose may have.
    #[error("check bytes for {purpose}: {octets} octets, at most {most} are allowed")]
    TooLong {
        /// The purpose.
        purpose: Purpose,
        /// How many there are.
        octets: usize,
        /// How many there may be.
        most: usize,
    },
    /// Something else than the purpose says.
    #[error("check bytes for {purpose}: they are something else")]
    Unlike {
        /// The purpose.
        purpose: Purpose,
        /// What the parser says, where there is one.
        #[source]
        source: Option<inspect::InspectError>,
    },
    /// The key cannot sign with this algorithm.
    #[error("check algorithm: {algorithm} does not suit a key of {key}")]
    Unsuited {
        /// The algorithm that was asked for.
        algorithm: SignatureAlgorithm,
        /// The kind of the key.
        key: ers_pki::key::KeyAlgorithm,
    },
    /// The bytes name another signature algorithm than was asked for.
    #[error(
        "check bytes for {purpose}: they name {named} as signature algorithm, {asked} was asked for"
    )]
    OtherAlgorithm {
        /// The purpose.
        purpose: Purpose,
        /// What the bytes name.
        named: SignatureAlgorithm,
        /// What was asked for.
        asked: SignatureAlgorithm,
    },
    /// Another issuer than the key stands for.
    #[error("check issuer: the key signs in another issuer's name")]
    OtherIssuer,
    /// A CA certificate from a key that may not sign any.
    #[error("check basic constraints: the key may not sign CA certificates")]
    CaCertificate,
    /// A longer path than the key may grant.
    #[error("check path length: at most {most} is allowed")]
    PathLength {
        /// The most that is allowed.
        most: u32,
    },
    /// A longer life than the key may grant.
    #[error("check validity: {seconds} s, at most {most} s are allowed")]
    Validity {
        /// How long it would be valid.
        seconds: i64,
        /// How long it may.
        most: u64,
    },
    /// A certification request for another key.
    #[error("check request: it is for another key")]
    OtherKey,
    /// A certification request in another name than the key stands for.
    #[error("check request: its subject is not the name that the key stands for")]
    OtherSubject,
    /// An OCSP answer in the name of another responder.
    #[error("check responder: the answer names another responder key")]
    OtherResponder,
}

impl Beyond {
    /// The field of the request that is at fault.
    pub fn field(&self) -> &'static str {
        match self {
            Self::Unsuited { .. } => "signature_algorithm",
            _ => "to_be_signed",
        }
    }
}

/// Most octets for a purpose.
fn most_octets(purpose: Purpose) -> usize {
    match purpose {
        Purpose::Crl => 64 * KIB * KIB,
        // general messages carry CRLs
        Purpose::Cmp => 4 * KIB * KIB,
        Purpose::Certificate
        | Purpose::Ocsp
        | Purpose::Cms
        | Purpose::Tls
        | Purpose::Token
        | Purpose::CertificateRequest
        | Purpose::Decryption => 64 * KIB,
    }
}

/// Whether a key may sign these bytes for this purpose with this algorithm.
///
/// # Errors
/// [`Beyond`], told to the caller.
pub fn check(
    key: &Key,
    purpose: Purpose,
    algorithm: SignatureAlgorithm,
    bytes: &[u8],
) -> Result<(), Beyond> {
    check_length(purpose, bytes.len())?;
    check_algorithm(key, algorithm)?;
    let unlike = |source| Beyond::Unlike {
        purpose,
        source: Some(source),
    };
    let same_algorithm = |named| match named == algorithm {
        true => Ok(()),
        false => Err(Beyond::OtherAlgorithm {
            purpose,
            named,
            asked: algorithm,
        }),
    };
    let shaped = |shaped: bool| {
        shaped.then_some(()).ok_or(Beyond::Unlike {
            purpose,
            source: None,
        })
    };
    match purpose {
        Purpose::Certificate => {
            let facts = inspect::certificate(bytes).map_err(unlike)?;
            same_algorithm(facts.signature_algorithm)?;
            check_issuer(&key.limits, &facts.issuer_der)?;
            check_certificate(key, &facts)
        }
        Purpose::Crl => check_crl(key, algorithm, inspect::crl(bytes)),
        Purpose::Ocsp => {
            let facts = inspect::ocsp(bytes).map_err(unlike)?;
            check_responder(key, &facts)
        }
        Purpose::Cms => shaped(is_signed_attributes(bytes)),
        // nothing is signed for it
        Purpose::Decryption => shaped(false),
        Purpose::Tls => shaped(is_certificate_verify(bytes)),
        Purpose::Token => shaped(is_signing_input(bytes, algorithm)),
        Purpose::CertificateRequest => {
            let facts = inspect::certification_request(bytes).map_err(unlike)?;
            check_request(key, &facts)
        }
        Purpose::Cmp => {
            let facts = inspect::protected_part(bytes).map_err(unlike)?;
            same_algorithm(facts.signature_algorithm)
        }
    }
}

/// Whether there may be so many octets.
///
/// # Errors
/// [`Beyond::TooLong`]
pub fn check_length(purpose: Purpose, octets: usize) -> Result<(), Beyond> {
    let most = most_octets(purpose);
    if octets > most {
        return Err(Beyond::TooLong {
            purpose,
            octets,
            most,
        });
    }
    Ok(())
}

/// Whether the key can sign so.
///
/// # Errors
/// [`Beyond::Unsuited`]
pub fn check_algorithm(key: &Key, algorithm: SignatureAlgorithm) -> Result<(), Beyond> {
    if !algorithm.suits(key.algorithm) {
        return Err(Beyond::Unsuited {
            algorithm,
            key: key.algorithm,
        });
    }
    Ok(())
}

/// Whether a key may sign a CRL that was looked at.
///
/// # Errors
/// [`Beyond`], told to the caller.
pub fn check_crl(
    key: &Key,
    algorithm: SignatureAlgorithm,
    facts: Result<CrlFacts, inspect::InspectError>,
) -> Result<(), Beyond> {
    let facts = facts.map_err(|source| Beyond::Unlike {
        purpose: Purpose::Crl,
        source: Some(source),
    })?;
    if facts.signature_algorithm != algorithm {
        return Err(Beyond::OtherAlgorithm {
            purpose: Purpose::Crl,
            named: facts.signature_algorithm,
            asked: algorithm,
        });
    }
    check_issuer(&key.limits, &facts.issuer_der)
}

/// A request is for the key itself, in the name that it signs in.
fn check_request(key: &Key, facts: &RequestFacts) -> Result<(), Beyond> {
    if facts.public_key_der != key.public_key.spki_der() {
        return Err(Beyond::OtherKey);
    }
    match &key.limits.issuer_name {
        Some(name) if name != facts.subject.to_der() => Err(Beyond::OtherSubject),
        _ => Ok(()),
    }
}

fn check_issuer(limits: &KeyLimits, issuer: &[u8]) -> Result<(), Beyond> {
    match &limits.issuer_name {
        Some(name) if name != issuer => Err(Beyond::OtherIssuer),
        _ => Ok(()),
    }
}

fn check_certificate(key: &Key, facts: &CertificateFacts) -> Result<(), Beyond> {
    let limits = &key.limits;
    if facts.is_ca && !limits.may_sign_ca_certificates {
        return Err(Beyond::CaCertificate);
    }
    // A root's own certificate grants nothing to anybody: path length and validity speak of what the key issues.
    let own_key = facts.public_key_der == key.public_key.spki_der();
    if own_key && facts.subject.to_der() == facts.issuer_der {
        return Ok(());
    }
    if let Some(most) = limits.max_path_length
        && facts.is_ca
        && facts.path_length.is_none_or(|length| length > most)
    {
        return Err(Beyond::PathLength { most });
    }
    if let Some(most) = limits.longest_validity {
        let seconds = facts.validity().whole_seconds();
        if u64::try_from(seconds).is_ok_and(|seconds| seconds > most.as_secs()) {
            return Err(Beyond::Validity {
                seconds,
                most: most.as_secs(),
            });
        }
    }
    Ok(())
}

/// A responder that names itself by key must name this one; by name, that of the key's limits where it has one.
fn check_responder(key: &Key, facts: &OcspFacts) -> Result<(), Beyond> {
    match &facts.responder_id {
        ResponderId::Key(identifier) if *identifier != key.public_key.key_identifier() => {
            Err(Beyond::OtherResponder)
        }
        ResponderId::Key(_) => Ok(()),
        ResponderId::Name(name) => check_issuer(&key.limits, name),
    }
}
