//! `/serverkeygen` (RFC 7030 section 4.4): the signer makes the key, which goes to the client; where the policy keeps it, it
//! goes to CLM too, sealed. A client that names its certificate's key gets it encrypted for that.

use ers_enrollment::{Enrollment, Outcome};
use ers_pki::{
    certificate::Certificate,
    cms::{self, ContentCipher, KeyHolder, KeyTransport, NewRecipient},
    csr::DecryptKey,
};
use ers_proto::clm::v1::EdgePolicy;
use zeroize::Zeroizing;

use super::{Asked, Flows, enroll::refused};
use crate::failure::Failure;

/// A key and its certificate.
pub(crate) struct MadeKey {
    /// PKCS#8, DER; encrypted: a CMS message with that inside.
    pub(crate) key: Zeroizing<Vec<u8>>,
    /// Whether it is encrypted.
    pub(crate) encrypted: bool,
    /// DER.
    pub(crate) certificate: Vec<u8>,
}

impl Flows {
    /// Makes a key and has it certified with the subject and the names of the request.
    pub(crate) async fn server_key(&self, asked: &Asked<'_>) -> Result<MadeKey, Failure> {
        let (policy, known, csr) = (asked.policy, asked.known, asked.csr);
        if !policy.est.is_some_and(|est| est.server_keys_allowed) {
            return Err(Failure::NotImplemented(format!(
                "policy {} makes no keys for clients",
                policy.name
            )));
        }
        if policy.manual_approval {
            return Err(Failure::NotImplemented(
                "under this policy a person says yes, and a key that is made here cannot wait"
                    .to_owned(),
            ));
        }
        if known.renewal_only {
            return Err(Failure::Forbidden(
                "this certificate lets in for its own names alone, by /simplereenroll".to_owned(),
            ));
        }
        let recipient = match csr
            .decrypt_key()
            .map_err(|error| Failure::BadRequest(ers_runtime::error::chain(&error)))?
        {
            None => None,
            Some(DecryptKey::Symmetric(_)) => {
                return Err(Failure::BadRequest(
                    "read CSR: no symmetric key is known here to encrypt with; name the key of your certificate"
                        .to_owned(),
                ));
            }
            Some(DecryptKey::Asymmetric(identifier)) => Some(recipient(asked, &identifier)?),
        };
        let request_id = format!("est-key-{}", uuid::Uuid::new_v4());
        let algorithm = csr.public_key().algorithm();
        let made = self
            .signer
            .make_client_key(&request_id, algorithm)
            .await
            .map_err(|error| Failure::Internal(Box::new(error)))?;
        let sealed_key = self.seal_kept(policy, &made.private_key).await?;
        let request = Enrollment {
            request_id,
            sealed_key,
            policy: policy.name.clone(),
            requester: known.requester.clone(),
            end_entity: if known.authority {
                String::new()
            } else {
                known.end_entity.clone()
            },
            public_key: made.public_key.clone(),
            subject: if csr.subject().is_empty() {
                Vec::new()
            } else {
                csr.subject().to_der().to_vec()
            },
            names: csr.names().iter().map(ToString::to_string).collect(),
            authenticated_by: known.method.clone(),
            ..Default::default()
        };
        let certificate = match self.clm.enroll(request).await? {
            Outcome::Issued { certificate, .. } => certificate,
            Outcome::Refused { reason, detail } => return Err(refused(reason, detail)),
            Outcome::Waiting { .. } => {
                return Err(Failure::Forbidden(
                    "a person decides, and a key that is made here cannot wait".to_owned(),
                ));
            }
        };
        let (key, encrypted) = match recipient {
            None => (made.private_key, false),
            Some(certificate) => (encrypt(&made.private_key, &certificate)?, true),
        };
        Ok(MadeKey {
            key,
            encrypted,
            certificate,
        })
    }
}

impl Flows {
    /// The key as CLM keeps it; empty where the policy has it kept nowhere.
    async fn seal_kept(&self, policy: &EdgePolicy, key: &[u8]) -> Result<Vec<u8>, Failure> {
        match policy.kept_key_context.as_str() {
            "" => Ok(Vec::new()),
            context => {
                let sealed = self.signer.seal(context, key).await;
                sealed.map_err(|error| Failure::Internal(Box::new(error)))
            }
        }
    }
}

/// The certificate of the TLS session, if its key is the one that is named: by its key identifier (RFC 7030 section
/// 4.4.1.2).
fn recipient(asked: &Asked<'_>, identifier: &[u8]) -> Result<Certificate, Failure> {
    asked
        .known
        .certificate
        .as_ref()
        .filter(|certificate| certificate.subject_key_identifier() == Some(identifier))
        .cloned()
        .ok_or_else(|| {
            Failure::BadRequest(
                "read CSR: the key to encrypt with is not that of the certificate of this TLS session".to_owned(),
            )
        })
}

fn encrypt(key: &[u8], certificate: &Certificate) -> Result<Zeroizing<Vec<u8>>, Failure> {
    let recipient = NewRecipient::Key {
        holder: KeyHolder::of(certificate),
        key: certificate.public_key(),
        transport: KeyTransport::OAEP_SHA256,
    };
    cms::seal(
        cms::content_type::DATA,
        key,
        ContentCipher::Aes256Cbc,
        &[recipient],
    )
    .map(Zeroizing::new)
    .map_err(|error| Failure::Internal(Box::new(error)))
}
