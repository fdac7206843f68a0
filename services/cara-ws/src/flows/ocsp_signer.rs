//! The certificates that answer OCSP for a CA: made with the CA, renewed with a new key when a third of their life is left.

use std::{sync::Arc, time::Duration};

use ers_pki::{key::KeyAlgorithm, name::Name};
use ers_signer_client::{KeyLimits, NewKey, Purpose, SignerError};
use thiserror::Error;

use super::{
    Core, IssuingAuthority, RegistryError,
    issue::{self, Signatory, Under},
};
use crate::{
    domain::{OcspSigner, Origin, RequestDigest},
    store::StoreError,
};

const PROFILE: &str = "ocsp-signer";

/// Why there is no new OCSP signer.
#[derive(Debug, Error)]
pub enum OcspSignerError {
    /// The configured key algorithm is none.
    #[error("read ocsp.key_algorithm {0:?}")]
    Algorithm(String),
    /// The CA's name does not leave room for the responder's.
    #[error("name OCSP signer")]
    Name(#[source] ers_pki::name::NameError),
    /// The signer made no key.
    #[error("make key of OCSP signer")]
    Key(#[source] SignerError),
    /// The certificate was not issued.
    #[error("issue certificate of OCSP signer")]
    Issue(#[source] issue::IssueError),
    /// The profile for OCSP signers is missing.
    #[error("make OCSP signer: there is no profile {PROFILE}")]
    NoProfile,
    /// The database failed.
    #[error("store OCSP signer")]
    Store(#[source] StoreError),
    /// The CAs cannot be read anew.
    #[error("put OCSP signer in place")]
    Registry(#[source] RegistryError),
}

/// Whether a CA needs a new OCSP signer now.
pub fn is_due(core: &Core, ca: &IssuingAuthority) -> bool {
    let Some(signer) = &ca.ocsp_signer else {
        return true;
    };
    let certificate = &signer.certificate;
    let left = certificate.not_after() - core.context.clock.now();
    // A CA about to end cannot give its signer more time: renewing at each look would not help.
    let renewable = certificate.not_after() < ca.authority.certificate.not_after();
    renewable && left * 3 < certificate.not_after() - certificate.not_before()
}

/// Makes the next OCSP signer of a CA. May be repeated after an interruption: nothing is made twice.
pub async fn renew(core: &Arc<Core>, ca: &IssuingAuthority) -> Result<(), OcspSignerError> {
    let name = &ca.authority.name;
    let renewal = ca.ocsp_signer.as_ref().map_or(0, |signer| signer.renewal) + 1;
    let request_id = format!("ocsp-signer-{}-{renewal}", ca.file_name());
    let algorithm: KeyAlgorithm = ca
        .ocsp
        .key_algorithm
        .parse()
        .map_err(|_| OcspSignerError::Algorithm(ca.ocsp.key_algorithm.clone()))?;
    let key = core
        .signer
        .create_key(NewKey {
            request_id: request_id.clone(),
            label: request_id.clone(),
            algorithm,
            purposes: vec![Purpose::Ocsp],
            token: None,
            limits: KeyLimits::default(),
        })
        .await
        .map_err(OcspSignerError::Key)?;
    let wanted = Duration::from_secs(u64::from(ca.ocsp.certificate_days) * 86_400);
    let left = ca.authority.certificate.not_after() - core.context.clock.now();
    let request = issue::IssueRequest {
        digest: RequestDigest::from_hex(hex::encode(key.public_key.key_identifier())),
        issuer: name.clone(),
        profile: PROFILE.into(),
        public_key: key.public_key,
        subject: subject(ca)?,
        names: Vec::new(),
        not_before: None,
        validity: Some(wanted.min(left.try_into().unwrap_or(wanted))),
        wishes: issue::Wishes::default(),
        origin: Origin {
            requester: "cara-ws".into(),
            protocol: "system".into(),
            ..Origin::default()
        },
        request_id,
    };
    // Not by `issue`: a CA that issues nothing else any more still answers for what it has issued, and so does each
    // of its generations.
    let known = core
        .profiles
        .find(PROFILE)
        .ok_or(OcspSignerError::NoProfile)?;
    let issued = issue::issue_as(core, &Signatory::of(ca), Under::of(&known), &request)
        .await
        .map_err(OcspSignerError::Issue)?;
    let signer = OcspSigner {
        authority: name.clone(),
        generation: ca.authority.generation,
        renewal,
        key_id: key.id,
        certificate: issued.record.certificate,
    };
    core.store
        .put_ocsp_signer(&signer)
        .await
        .map_err(OcspSignerError::Store)?;
    core.registry
        .refresh(&core.store, &core.issuing)
        .await
        .map_err(OcspSignerError::Registry)?;
    tracing::info!(target: "audit", act = "renew OCSP signer", issuer_id = %name, generation = ca.authority.generation, renewal, "OCSP signer in place");
    Ok(())
}

fn subject(ca: &IssuingAuthority) -> Result<Name, OcspSignerError> {
    format!("CN=OCSP {}", ca.authority.name)
        .parse()
        .map_err(OcspSignerError::Name)
}
