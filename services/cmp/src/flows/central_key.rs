//! Keys that are made here, RFC 9483 section 4.1.6: the signer makes one, it is signed as its maker's and encrypted for
//! who asks; where the policy keeps it, it goes to CLM too, sealed.

use std::num::NonZeroU32;

use ers_pki::KeyUsage;
use ers_pki::certificate::Certificate;
use ers_pki::cmp::{Failure as Bit, enveloped_key, is_key_type, key_package};
use ers_pki::cms::{self, CmsError, KeyHolder, KeyTransport, NewRecipient, NewSignature};
use ers_pki::crmf::CertReqMsg;
use ers_pki::key::KeyAlgorithm;
use ers_signer_client::{PasswordKeyCall, Purpose, SignCall, SignerError};
use zeroize::Zeroizing;

use super::answer::Received;
use super::own_certificate::{self, Role};
use super::protect::{SHARED_SECRET, random};
use crate::clients::clm::Policy;
use crate::domain::asker::Proof;
use crate::failure::{Failure, Refusal};
use crate::server::Server;

const SALT_OCTETS: usize = 16;
/// Of PBKDF2: what openssl makes of a password in some milliseconds.
const ITERATIONS: NonZeroU32 = NonZeroU32::new(20_000).unwrap();

/// A key that was made for who asks.
pub struct CentralKey {
    /// SubjectPublicKeyInfo, DER.
    pub public_key: Vec<u8>,
    /// `EncryptedKey`, DER.
    pub encrypted: Vec<u8>,
    /// PKCS#8, sealed for CLM; empty where the policy has it kept nowhere.
    pub sealed: Vec<u8>,
}

/// Who can open the key.
enum Reader {
    Holder(Certificate),
    Password {
        key: Zeroizing<Vec<u8>>,
        salt: [u8; SALT_OCTETS],
    },
}

/// Makes the key of a request that has none.
pub async fn make(
    server: &Server,
    received: &Received<'_>,
    request: &CertReqMsg,
) -> Result<CentralKey, Failure> {
    let policy = received.policy;
    if !policy.central_keys_allowed {
        let text = "the public key is missing: keys are not made here under this policy";
        return Err(Refusal::new(Bit::BadCertTemplate, text).into());
    }
    if request.proof().is_some() {
        let text = "of a key that is made here nobody can prove possession: leave popo out";
        return Err(Refusal::new(Bit::BadPop, text).into());
    }
    // 1. Who is to open it, before anything is made
    let algorithm = algorithm(policy, request.template().key_type())?;
    let reader = reader(server, &received.asker.proof).await?;
    // 2. The key
    let request_id = format!("cmp-key-{}", hex::encode(random::<16>()));
    let made = match server.signer.make_client_key(&request_id, algorithm).await {
        Err(SignerError::Invalid { detail }) => {
            return Err(Refusal::new(Bit::BadAlg, detail).into());
        }
        made => made?,
    };
    let sealed = match policy.kept_key_context.as_str() {
        "" => Vec::new(),
        context => server.signer.seal(context, &made.private_key).await?,
    };
    // 3. Signed, and encrypted
    let signed = sign(server, &request_id, &key_package(&made.private_key)).await?;
    let encrypted = encrypt(&signed, &reader)
        .map_err(|_| Failure::Inconsistent("encrypt a key for who asks for it"))?;
    tracing::info!(
        target: "audit",
        policy = policy.name,
        requester = received.asker.who.requester,
        request_id,
        algorithm = %algorithm,
        "key made for a client"
    );
    Ok(CentralKey {
        public_key: made.public_key,
        encrypted,
        sealed,
    })
}

/// The kind of key that is asked for, or the policy's best.
fn algorithm(policy: &Policy, wanted: Option<&[u8]>) -> Result<KeyAlgorithm, Refusal> {
    let mut allowed = policy.key_algorithms.iter().copied();
    let found = match wanted {
        None => allowed.next().or(Some(KeyAlgorithm::P256)),
        Some(wanted) if policy.key_algorithms.is_empty() => {
            let usual = [KeyAlgorithm::P256, KeyAlgorithm::Rsa3072];
            usual.into_iter().find(|key| is_key_type(*key, wanted))
        }
        Some(wanted) => allowed.find(|key| is_key_type(*key, wanted)),
    };
    found.ok_or_else(|| {
        let text = "no key of the kind in the template is made under this policy";
        Refusal::new(Bit::BadAlg, text)
    })
}

async fn reader(server: &Server, proof: &Proof) -> Result<Reader, Failure> {
    match proof {
        Proof::Signature(certificate) => {
            let is_rsa = certificate.public_key().algorithm().is_rsa();
            let (wanted, text) = match is_rsa {
                true => (KeyUsage::KeyEncipherment, "keyEncipherment"),
                false => (KeyUsage::KeyAgreement, "keyAgreement"),
            };
            let may = certificate
                .key_usages()
                .is_none_or(|usages| usages.contains(wanted));
            if !may || !can_decrypt(certificate.public_key().algorithm()) {
                let text = format!(
                    "no key can be encrypted for the certificate that protects the message: its key must be RSA or on an \
                     elliptic curve, with key usage {text}"
                );
                return Err(Refusal::new(Bit::BadRequest, text).into());
            }
            Ok(Reader::Holder(certificate.clone()))
        }
        Proof::Mac(proof) => {
            let salt = random::<SALT_OCTETS>();
            let call = PasswordKeyCall {
                context: SHARED_SECRET,
                sealed_secret: &proof.sealed,
                salt: &salt,
                iterations: ITERATIONS,
            };
            let key = server.signer.derive_password_key(call).await?;
            Ok(Reader::Password { key, salt })
        }
    }
}

fn can_decrypt(algorithm: KeyAlgorithm) -> bool {
    match algorithm {
        KeyAlgorithm::Ed25519 | KeyAlgorithm::Ed448 => false,
        algorithm => !algorithm.is_rsa_pss(),
    }
}

/// The package as SignedData by our key for that.
async fn sign(server: &Server, request_id: &str, package: &[u8]) -> Result<Vec<u8>, Failure> {
    const UNSIGNED: Failure = Failure::Inconsistent("sign a key that was made");
    let own = own_certificate::ensure(server, Role::Keys).await?;
    let certificates = own.certificates();
    let prepared = cms::prepare(NewSignature {
        signer: &own.certificate,
        algorithm: own.signature_algorithm(),
        content_type: cms::content_type::ASYMMETRIC_KEY_PACKAGE,
        content: Some(package),
        attributes: Vec::new(),
        certificates: certificates.iter().map(Vec::as_slice).collect(),
    })
    .by_key_identifier(&own.certificate);
    let call = SignCall {
        request_id,
        key_id: &own.key.id,
        purpose: Purpose::Cms,
        signature_algorithm: prepared.signature_algorithm(),
        to_be_signed: prepared.to_be_signed(),
        context: Vec::new(),
        public_key: Some(&own.key.public_key),
    };
    let signed = server.signer.sign(call).await?;
    prepared.assemble(&signed.signature).map_err(|_| UNSIGNED)
}

fn encrypt(signed: &[u8], reader: &Reader) -> Result<Vec<u8>, CmsError> {
    let recipient = match reader {
        Reader::Holder(certificate) => NewRecipient::Key {
            holder: match certificate.subject_key_identifier() {
                Some(identifier) => KeyHolder::KeyIdentifier(identifier.to_vec()),
                None => KeyHolder::of(certificate),
            },
            key: certificate.public_key(),
            transport: KeyTransport::OAEP_SHA256,
        },
        Reader::Password { key, salt } => NewRecipient::DerivedKey {
            key,
            salt,
            iterations: ITERATIONS,
        },
    };
    enveloped_key(signed, &recipient)
}
