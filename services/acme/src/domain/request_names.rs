//! What a CSR asks for, held against the order: RFC 8555 §7.4.

use std::collections::BTreeSet;

use ers_pki::csr::Csr;

use super::identifier::Identifier;
use super::jwk::Jwk;
use super::problem::{Problem, ProblemKind};

/// Reads the CSR of a finalize request: the order's names and no others, and not the account's key.
pub fn check(
    csr_der: &[u8],
    identifiers: &[Identifier],
    account_key: &Jwk,
) -> Result<Csr, Problem> {
    let bad = |why: String| Problem::new(ProblemKind::BadCsr, why);
    let csr = Csr::from_der(csr_der).map_err(|error| bad(ers_runtime::error::chain(&error)))?;
    if csr.public_key().spki_der() == account_key.spki_der() {
        return Err(bad(
            "the certificate key must not be the account key".to_owned()
        ));
    }
    let wanted: BTreeSet<Identifier> = identifiers.iter().cloned().collect();
    let mut asked = BTreeSet::new();
    for name in csr.names() {
        let Some(identifier) = Identifier::from_general_name(name) else {
            return Err(bad(format!(
                "the request asks for {name}, which was not ordered"
            )));
        };
        asked.insert(identifier);
    }
    // the common name is an old way to ask for one more name
    if let Some(common_name) = csr.subject().common_name() {
        let identifier = common_name
            .parse()
            .map(Identifier::Ip)
            .or_else(|_| Identifier::dns(&common_name));
        asked.insert(identifier.map_err(|error| bad(format!("common name: {error}")))?);
    }
    if let Some(extra) = asked.difference(&wanted).next() {
        return Err(bad(format!(
            "the request asks for {extra}, which was not ordered"
        )));
    }
    if let Some(missing) = wanted.difference(&asked).next() {
        return Err(bad(format!(
            "the request does not ask for {missing}, which was ordered"
        )));
    }
    Ok(csr)
}
