//! Revoking on the word of whoever holds the certificate's private key: a signature over what is to be revoked and why. The
//! same word said again changes nothing, so nothing keeps it from being said again; certificateHold, which could be taken
//! back in between, is not for holders.

use aws_lc_rs::digest;
use ers_pki::{certificate::Certificate, key::SignatureAlgorithm, revocation::Reason};
use ers_runtime::error::{Fault, Kind};
use thiserror::Error;

use super::{
    Core,
    revoke::{Cause, RevokeError, Revoked, revoke},
};
use crate::store::StoreError;

const CONTEXT: &[u8] = b"ers.cara.v1.RevokeByProof\0";

/// What the holder says.
#[derive(Debug, Clone)]
pub struct Proof {
    /// The certificate, DER.
    pub certificate: Vec<u8>,
    /// Why.
    pub reason: Reason,
    /// How the word is signed.
    pub signature_algorithm: SignatureAlgorithm,
    /// The signature, in X.509 form.
    pub signature: Vec<u8>,
}

/// Why nothing was revoked.
#[derive(Debug, Error)]
pub enum ProofError {
    /// CARA never issued it.
    #[error("revoke by proof: no CA here has issued this certificate")]
    NotFound,
    /// Holders may not say so.
    #[error("revoke by proof: {0} is not for the holder of a certificate to say")]
    Reason(Reason),
    /// The signature is not by the certificate's key, or not over this.
    #[error(
        "revoke by proof: the signature is not by the key of the certificate over this certificate and reason"
    )]
    Signature,
    /// The database failed.
    #[error("look for certificate")]
    Store(#[source] StoreError),
    /// It cannot be revoked.
    #[error(transparent)]
    Revoke(RevokeError),
}

impl Fault for ProofError {
    fn kind(&self) -> Kind {
        match self {
            Self::NotFound => Kind::NotFound,
            Self::Reason(_) | Self::Signature => Kind::InvalidArgument,
            Self::Store(error) => error.kind(),
            Self::Revoke(error) => error.kind(),
        }
    }

    fn field(&self) -> Option<&str> {
        match self {
            Self::NotFound => Some("certificate"),
            Self::Reason(_) => Some("reason"),
            Self::Signature => Some("signature"),
            Self::Store(_) => None,
            Self::Revoke(error) => error.field(),
        }
    }
}

/// The octets that the holder signs.
#[must_use]
pub fn to_be_signed(certificate: &[u8], reason: Reason) -> Vec<u8> {
    let fingerprint = digest::digest(&digest::SHA256, certificate);
    [CONTEXT, fingerprint.as_ref(), &[reason.code()]].concat()
}

/// Revokes, when the word is the holder's.
pub async fn revoke_by_proof(core: &Core, proof: &Proof) -> Result<Revoked, ProofError> {
    match proof.reason {
        Reason::Unspecified
        | Reason::KeyCompromise
        | Reason::AffiliationChanged
        | Reason::Superseded
        | Reason::CessationOfOperation => {}
        other => return Err(ProofError::Reason(other)),
    }
    let fingerprint = digest::digest(&digest::SHA256, &proof.certificate);
    let record = core
        .store
        .find_by_fingerprint(fingerprint.as_ref())
        .await
        .map_err(ProofError::Store)?
        .ok_or(ProofError::NotFound)?;
    let certificate: &Certificate = &record.certificate;
    certificate
        .public_key()
        .verify(
            proof.signature_algorithm,
            &to_be_signed(certificate.der(), proof.reason),
            &proof.signature,
        )
        .map_err(|_| ProofError::Signature)?;
    let cause = Cause {
        reason: proof.reason,
        invalidity_at_ms: None,
        requester: format!("certificate-key:{}", hex::encode(fingerprint)),
    };
    revoke(core, &record.issuer, &record.serial, &cause)
        .await
        .map_err(ProofError::Revoke)
}
