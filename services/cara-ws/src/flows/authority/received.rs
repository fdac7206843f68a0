//! Certificates that were carried in: checked link by link up to a root before anything hangs on them.

use ers_pki::{certificate::Certificate, key::PublicKey, name::Name};
use time::OffsetDateTime;

use super::AuthorityError;
use crate::{domain::AuthorityName, flows::Core};

/// Longest chain that is taken in.
const MAX_CHAIN: usize = 10;

/// A CA's certificate and those above it, its issuer first, a root last; all checked.
pub(super) struct Received {
    pub(super) certificate: Certificate,
    pub(super) above: Vec<Certificate>,
}

/// Reads and checks a CA certificate for that key and name, with the certificates above it in any order; what is missing
/// of them is looked for among the CAs that are known here.
pub(super) fn receive(
    core: &Core,
    name: &AuthorityName,
    public_key: &PublicKey,
    subject: &Name,
    certificate: &[u8],
    chain: &[Vec<u8>],
) -> Result<Received, AuthorityError> {
    let certificate = Certificate::from_der(certificate).map_err(AuthorityError::Certificate)?;
    let now = core.context.clock.now();
    if certificate.public_key() != public_key {
        return Err(AuthorityError::OtherKey(name.clone()));
    }
    if certificate.subject() != subject {
        return Err(AuthorityError::OtherSubject {
            wanted: subject.to_string(),
            found: certificate.subject().to_string(),
        });
    }
    check_ca(&certificate, now)?;
    if chain.len() > MAX_CHAIN {
        return Err(AuthorityError::ChainEnds(certificate.issuer().to_string()));
    }
    let mut pool = chain
        .iter()
        .map(|der| Certificate::from_der(der).map_err(AuthorityError::Certificate))
        .collect::<Result<Vec<_>, _>>()?;
    for ca in core.registry.generations() {
        pool.push(ca.authority.certificate.clone());
        pool.extend(ca.others.iter().map(|other| other.certificate.clone()));
    }
    let above = chain_of(&certificate, &pool, now)?;
    Ok(Received { certificate, above })
}

/// A certificate that may sign certificates and CRLs, now, by an algorithm that we trust.
pub(super) fn check_ca(
    certificate: &Certificate,
    now: OffsetDateTime,
) -> Result<(), AuthorityError> {
    let subject = || certificate.subject().to_string();
    if !certificate.may_sign_certificates() {
        return Err(AuthorityError::MayNotSign(subject(), "certificates"));
    }
    let may_sign_crls = certificate
        .key_usages()
        .is_none_or(|usages| usages.contains(ers_pki::KeyUsage::CrlSign));
    if !may_sign_crls {
        return Err(AuthorityError::MayNotSign(subject(), "CRLs"));
    }
    if certificate.signature_algorithm().is_none() {
        return Err(AuthorityError::SignatureAlgorithm(subject()));
    }
    if !certificate.is_valid_at(now) {
        return Err(AuthorityError::NotValid {
            subject: subject(),
            not_before: certificate.not_before(),
            not_after: certificate.not_after(),
        });
    }
    Ok(())
}

/// From a certificate's issuer up to a root that is in the pool. Each is checked, and so is each signature.
fn chain_of(
    certificate: &Certificate,
    pool: &[Certificate],
    now: OffsetDateTime,
) -> Result<Vec<Certificate>, AuthorityError> {
    let mut above: Vec<Certificate> = Vec::new();
    loop {
        let below = above.last().unwrap_or(certificate).clone();
        if below.verify_signed_by(&below).is_ok() {
            return Ok(above);
        }
        let missing = || AuthorityError::ChainEnds(below.issuer().to_string());
        if above.len() >= MAX_CHAIN {
            return Err(missing());
        }
        let candidates = pool
            .iter()
            .filter(|issuer| issuer.subject() == below.issuer() && !above.contains(issuer));
        // Of several with that name the one whose key has signed; if none has, the reason of the last.
        let mut found = Err(missing());
        for issuer in candidates {
            match below.verify_signed_by(issuer) {
                Ok(()) => {
                    found = Ok(issuer.clone());
                    break;
                }
                Err(source) => {
                    found = Err(AuthorityError::Chain {
                        subject: below.subject().to_string(),
                        source,
                    });
                }
            }
        }
        let issuer = found?;
        check_ca(&issuer, now)?;
        // RFC 5280 section 4.2.1.9: self-issued certificates do not count
        let between = std::iter::once(certificate)
            .chain(&above)
            .filter(|ca| !ca.is_self_issued())
            .count();
        if let Some(most) = issuer.path_length()
            && between > usize::try_from(most).unwrap_or(usize::MAX)
        {
            return Err(AuthorityError::PathLength {
                subject: issuer.subject().to_string(),
                most,
                found: between,
            });
        }
        above.push(issuer);
    }
}
