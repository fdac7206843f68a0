//! The one way in which a certificate comes to be: `prepare` applies a profile and writes the bytes to be signed, already
//! linted; the signer signs them; `Prepared::assemble` verifies the signature and gives the certificate.

mod crl_places;
mod error;
mod fault;
mod issuer;
mod names;
mod prepared;
mod rehearse;
mod subject;
mod tbs;
mod validity;
mod wishes;

use time::{Duration, OffsetDateTime};

use crate::extension::{ExtendedKeyUsage, KeyUsages, RequestedExtension};
use crate::general_name::GeneralName;
use crate::key::PublicKey;
use crate::lint::judge_tbs;
use crate::name::Name;
use crate::profile::Profile;
use crate::serial::SerialNumber;

pub use error::{AssembleError, PrepareError, ReadoptError};
pub use fault::RequestFault;
pub use issuer::{Issuer, IssuerError};
pub(crate) use prepared::signed;
pub use prepared::{Prepared, readopt};
pub use rehearse::{Example, Rehearsal, RehearseError, rehearse};

/// What someone wants certified; who may have it has been decided before.
#[derive(Debug, Clone)]
pub struct Request {
    /// The key, possession proven.
    pub public_key: PublicKey,
    /// The subject; may be empty.
    pub subject: Name,
    /// Subject alternative names; repetitions are left out.
    pub names: Vec<GeneralName>,
    /// First second of validity; absent: now, set back by the profile.
    pub not_before: Option<OffsetDateTime>,
    /// How long it is valid, both ends counted; absent: the profile's default.
    pub validity: Option<Duration>,
    /// The partition of the issuer's CRL that will list it if it is revoked; absent: the CRL is not partitioned.
    pub crl_partition: Option<u32>,
    /// Key usages that are wished; absent: those of the profile.
    pub key_usage: Option<KeyUsages>,
    /// Extended key usages that are wished; empty: those of the profile.
    pub extended_key_usage: Vec<ExtendedKeyUsage>,
    /// Extensions that are wished; the profile says which of them count.
    pub extensions: Vec<RequestedExtension>,
    /// What the RA knows of the end entity, beside what the request says.
    pub end_entity: EndEntity,
}

/// What the RA knows of an end entity; a profile may take values from it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndEntity {
    /// Attributes for the subject.
    pub subject: Name,
    /// Names.
    pub names: Vec<GeneralName>,
    /// Its Microsoft security identifier, `S-1-5-…`.
    pub security_identifier: Option<String>,
}

impl Default for EndEntity {
    fn default() -> Self {
        Self {
            subject: Name::empty(),
            names: Vec::new(),
            security_identifier: None,
        }
    }
}

impl Request {
    /// For that key, and nothing else: no subject, no names, validity as the profile has it.
    pub fn new(public_key: PublicKey) -> Self {
        Self {
            public_key,
            subject: Name::empty(),
            names: Vec::new(),
            not_before: None,
            validity: None,
            crl_partition: None,
            key_usage: None,
            extended_key_usage: Vec::new(),
            extensions: Vec::new(),
            end_entity: EndEntity::default(),
        }
    }
}

/// Applies the profile to the request and writes what is to be signed. What comes out has been linted.
///
/// Steps: 1. the issuer is able to issue, 2. the key is allowed, 3. subject and names, 4. validity, 5. path length,
/// 6. the bytes, 7. the linter.
pub fn prepare(
    profile: &Profile,
    issuer: &Issuer,
    request: &Request,
    serial: SerialNumber,
    now: OffsetDateTime,
) -> Result<Prepared, PrepareError> {
    let (to_be_signed, validity) = write(profile, issuer, request, serial, now)?;
    let verdict = judge_tbs(&to_be_signed, &profile.lint);
    if !verdict.blocking.is_empty() {
        return Err(PrepareError::Lint {
            findings: verdict.blocking,
        });
    }
    Ok(Prepared::new(
        to_be_signed,
        issuer,
        request.public_key.clone(),
        serial,
        validity,
        verdict.reported,
    ))
}

/// Steps 1 to 6: bytes that nobody has linted.
fn write(
    profile: &Profile,
    issuer: &Issuer,
    request: &Request,
    serial: SerialNumber,
    now: OffsetDateTime,
) -> Result<(Vec<u8>, validity::Validity), PrepareError> {
    issuer.check_able(now)?;
    check_key(profile, issuer, request)?;
    let subject = subject::decide(profile, request)?;
    names::check_constraints(issuer, &subject)?;
    let names = names::alternative_names(profile, issuer, request, &subject)?;
    let validity = validity::decide(profile, issuer, request, now)?;
    let constraints = issuer.constraints_below(profile)?;
    let of_itself = issuer.is_self_signed() || issuer.is_for_links();
    if of_itself && (subject != *issuer.name() || !profile.is_ca()) {
        return Err(PrepareError::NotSelf);
    }
    let distribution_points = if profile.crl_distribution_points {
        issuer.distribution_points(request.crl_partition)?
    } else {
        Vec::new()
    };
    let to_be_signed = tbs::write(&tbs::Contents {
        profile,
        issuer,
        public_key: &request.public_key,
        subject: &subject,
        names: &names,
        validity,
        constraints,
        distribution_points: &distribution_points,
        key_usages: wishes::key_usages(profile, request)?,
        extended_key_usages: &wishes::extended_key_usages(profile, request)?,
        requested: &wishes::extensions(profile, request)?,
        security_identifier: wishes::security_identifier(profile, request)?,
        serial,
    })?;
    Ok((to_be_signed, validity))
}

fn check_key(profile: &Profile, issuer: &Issuer, request: &Request) -> Result<(), PrepareError> {
    let algorithm = request.public_key.algorithm();
    if !profile.key_algorithms.contains(&algorithm) {
        return Err(PrepareError::KeyAlgorithm {
            algorithm,
            profile: profile.name.clone(),
        });
    }
    if issuer.refuses_key(&request.public_key) {
        return Err(PrepareError::WeakKey);
    }
    let usages = &profile.key_usage;
    if !usages.is_empty() && !usages.iter().any(|usage| usage.suits(algorithm)) {
        return Err(PrepareError::KeyUsage {
            algorithm,
            profile: profile.name.clone(),
        });
    }
    if (request.public_key == *issuer.public_key()) != issuer.is_self_signed() {
        return Err(if issuer.is_self_signed() {
            PrepareError::NotSelf
        } else {
            PrepareError::IssuerKey
        });
    }
    Ok(())
}

#[cfg(test)]
mod tests;
