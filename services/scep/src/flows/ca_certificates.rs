//! GetCACert, GetCACaps and GetNextCACert, RFC 8894 sections 4.2, 3.5.1 and 4.7.

use ers_pki::cms::{NewSignature, certificates_only, content_type};
use ers_pki::key::SignatureAlgorithm;

use super::{answer, registration_authority};
use crate::domain::capabilities::capabilities;
use crate::failure::Failure;
use crate::server::Server;

/// The RA certificate to encrypt to, then the CA's and those above it, in one message.
pub async fn current(server: &Server, policy: &str) -> Result<Vec<u8>, Failure> {
    let policy = server.load_policy(policy).await?;
    let authorities = registration_authority::load(server, &policy).await?;
    let authority = authorities
        .current()
        .ok_or_else(|| Failure::NoAuthority(policy.issuer.clone()))?;
    let all = std::iter::once(authority.certificate.der())
        .chain(policy.ca_chain.iter().map(Vec::as_slice));
    Ok(certificates_only(all))
}

/// What the server can do under a policy.
pub async fn told(server: &Server, policy: &str) -> Result<String, Failure> {
    let policy = server.load_policy(policy).await?;
    Ok(capabilities(
        policy.legacy_algorithms,
        policy.renewal_allowed,
    ))
}

/// The CA certificates that come next, signed with what is trusted now.
pub async fn next(server: &Server, policy: &str) -> Result<Vec<u8>, Failure> {
    let policy = server.load_policy(policy).await?;
    if policy.next_ca_chain.is_empty() {
        return Err(Failure::Nothing("no other CA certificate is in sight"));
    }
    let authorities = registration_authority::load(server, &policy).await?;
    let authority = authorities
        .current()
        .ok_or_else(|| Failure::NoAuthority(policy.issuer.clone()))?;
    let content = certificates_only(policy.next_ca_chain.iter().map(Vec::as_slice));
    let request_id = format!("scep:{:032x}", rand::random::<u128>());
    let new = NewSignature {
        signer: &authority.certificate,
        algorithm: SignatureAlgorithm::Sha256WithRsa,
        content_type: content_type::DATA,
        content: Some(&content),
        attributes: Vec::new(),
        certificates: vec![authority.certificate.der()],
    };
    answer::sign(server, authority, &request_id, new).await
}
