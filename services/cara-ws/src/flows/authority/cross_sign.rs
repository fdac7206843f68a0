//! Signing a CA that is not ours: a cross-certificate, or a CA whose request was carried to this (perhaps off-line) one.

use std::{sync::Arc, time::Duration};

use ers_pki::{certificate::Certificate, csr::Csr, key::PublicKey, name::Name};

use super::{AuthorityError, certify::ca_profile, find};
use crate::{
    domain::{AuthorityName, Origin, Record, RequestDigest},
    flows::{
        Core, IssuingAuthority,
        issue::{self, IssueRequest, Under, Wishes},
    },
};

/// A foreign CA that one of ours is to sign.
#[derive(Debug, Clone)]
pub struct CrossSigning {
    /// Idempotency key.
    pub request_id: String,
    /// Our CA.
    pub issuer: AuthorityName,
    /// PKCS#10, or a self-signed certificate, DER: either proves that its key is possessed.
    pub request: Vec<u8>,
    /// Name of the profile; none: `sub-ca`.
    pub profile: Option<String>,
    /// How long the certificate is valid.
    pub validity: Duration,
    /// How many CAs may follow below it.
    pub path_length: Option<u32>,
    /// Who asked.
    pub requester: String,
}

/// Signs a foreign CA.
#[tracing::instrument(name = "cara.cross_sign", skip_all, fields(issuer_id = %signing.issuer))]
pub async fn cross_sign(
    core: &Arc<Core>,
    signing: CrossSigning,
) -> Result<(Record, Arc<IssuingAuthority>), AuthorityError> {
    let issuer = core
        .registry
        .find(&signing.issuer)
        .ok_or_else(|| AuthorityError::UnknownIssuer(signing.issuer.clone()))?;
    let (subject, public_key) = proven(&signing.request)?;
    if subject == *issuer.authority.certificate.subject() {
        return Err(AuthorityError::Itself(signing.issuer));
    }
    let name = signing.profile.as_deref().unwrap_or("sub-ca");
    let profile = ca_profile(core, name, signing.path_length)?;
    let what = format!(
        "{}/{name}/{}/{:?}",
        hex::encode(public_key.key_identifier()),
        signing.validity.as_secs(),
        signing.path_length
    );
    let request = IssueRequest {
        request_id: signing.request_id,
        digest: RequestDigest::of_text(&what),
        issuer: signing.issuer.clone(),
        profile: name.to_owned(),
        public_key,
        subject,
        names: Vec::new(),
        wishes: Wishes::default(),
        not_before: None,
        validity: Some(signing.validity),
        origin: Origin {
            requester: signing.requester.clone(),
            protocol: "system".into(),
            ..Origin::default()
        },
    };
    let under = Under {
        profile: &profile,
        version: core.profiles.version_of(name),
    };
    let issued = issue::issue_as_active(core, &issuer, under, &request)
        .await
        .map_err(AuthorityError::Issue)?;
    let record = issued.record;
    tracing::info!(
        target: "audit", act = "sign foreign CA", issuer_id = %signing.issuer, requester = signing.requester,
        subject = %record.certificate.subject(), serial = record.serial.to_hex(), "foreign CA signed"
    );
    find(core, &signing.issuer).map(|issuer| (record, issuer))
}

/// Subject and key of a request or self-signed certificate, whose signature is right.
fn proven(der: &[u8]) -> Result<(Name, PublicKey), AuthorityError> {
    let request = match Csr::from_der(der) {
        Ok(csr) => return Ok((csr.subject().clone(), csr.public_key().clone())),
        Err(error) => error,
    };
    let Ok(certificate) = Certificate::from_der(der) else {
        return Err(AuthorityError::Request(request));
    };
    certificate
        .verify_signed_by(&certificate)
        .map_err(|_| AuthorityError::NoProof)?;
    Ok((
        certificate.subject().clone(),
        certificate.public_key().clone(),
    ))
}
