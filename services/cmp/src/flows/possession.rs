//! Whether who asks has the key, RFC 9810 section 5.2.8.

use ers_pki::cmp::Failure as Bit;
use ers_pki::crmf::{AuthInfo, CertReqMsg, ProofOfPossession};
use ers_pki::key::{KeyAlgorithm, PublicKey};
use ers_runtime::error::chain;
use ers_signer_client::{PasswordMacCall, SignerError};

use super::answer::Received;
use super::protect::SHARED_SECRET;
use crate::domain::asker::Proof;
use crate::failure::{Failure, Refusal};
use crate::server::Server;

/// How possession is proven.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Possession {
    /// It is.
    Proven,
    /// It will be, by the confirmation of a certificate that only the key can read.
    ByEncryptedCertificate,
}

/// Judges the proof of a request for a key.
pub async fn check(
    server: &Server,
    received: &Received<'_>,
    request: &CertReqMsg,
    key: &PublicKey,
) -> Result<Possession, Failure> {
    match request.proof() {
        None => Err(bad("there is no proof of possession").into()),
        Some(ProofOfPossession::RaVerified) => {
            let is_believed =
                received.asker.who.is_registration_authority && received.policy.ra_verified_allowed;
            if is_believed {
                Ok(Possession::Proven)
            } else {
                let text = "raVerified counts from registration authorities only, where the policy allows it";
                Err(bad(text).into())
            }
        }
        Some(ProofOfPossession::Signature { .. }) => {
            request
                .verify_signature(key)
                .map_err(|error| bad(chain(&error)))?;
            check_input(server, received, request, key).await?;
            Ok(Possession::Proven)
        }
        Some(ProofOfPossession::EncryptedCertificate) if can_decrypt(key.algorithm()) => {
            Ok(Possession::ByEncryptedCertificate)
        }
        Some(ProofOfPossession::EncryptedCertificate) => Err(bad(
            "nothing can be encrypted for a key of this kind: prove it by a signature",
        )
        .into()),
        // without the response there is nobody who asks
        Some(ProofOfPossession::ChallengeResponse) if received.is_challenge_met => {
            Ok(Possession::Proven)
        }
        Some(ProofOfPossession::ChallengeResponse) => {
            Err(bad("the challenge was not answered").into())
        }
        Some(ProofOfPossession::Other) => {
            let text = "this way of proving possession is not offered; a signature, an encrypted certificate, and challenge and response are";
            Err(bad(text).into())
        }
    }
}

fn bad(text: impl Into<String>) -> Refusal {
    Refusal::new(Bit::BadPop, text)
}

/// Whether something can be encrypted for a key.
pub fn can_decrypt(algorithm: KeyAlgorithm) -> bool {
    match algorithm {
        KeyAlgorithm::Ed25519 | KeyAlgorithm::Ed448 => false,
        algorithm => !algorithm.is_rsa_pss(),
    }
}

/// poposkInput tells who asks: that must be who asks.
async fn check_input(
    server: &Server,
    received: &Received<'_>,
    request: &CertReqMsg,
    key: &PublicKey,
) -> Result<(), Failure> {
    let Some(input) = request.signing_input() else {
        return Ok(());
    };
    match (input.auth_info(), &received.asker.proof) {
        (AuthInfo::Sender(sender), _) => {
            if *sender == received.message.header().sender.to_der() {
                Ok(())
            } else {
                Err(bad("poposkInput names another sender").into())
            }
        }
        (AuthInfo::PublicKeyMac { algorithm, mac }, Proof::Mac(proof)) => {
            let call = PasswordMacCall {
                context: SHARED_SECRET,
                sealed_secret: &proof.sealed,
                algorithm,
                data: key.spki_der(),
            };
            match server.signer.verify_password_mac(call, mac).await {
                Ok(true) => Ok(()),
                Ok(false) | Err(SignerError::Invalid { .. }) => {
                    Err(bad("publicKeyMAC is wrong").into())
                }
                Err(error) => Err(error.into()),
            }
        }
        (AuthInfo::PublicKeyMac { .. }, Proof::Signature(_)) => {
            Err(bad("publicKeyMAC needs a message that is protected by a MAC").into())
        }
    }
}
