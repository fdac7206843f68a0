//! Who asks, and how that was proven.

use ers_pki::certificate::Certificate;
use ers_pki::cmp::PasswordMac;
use zeroize::Zeroizing;

use crate::clients::clm::Authenticated;

/// Whose protection was right.
#[derive(Clone)]
pub struct Asker {
    /// As CLM has it.
    pub who: Authenticated,
    /// How the message was protected.
    pub proof: Proof,
}

/// How a message was protected.
#[derive(Clone)]
pub enum Proof {
    /// By a shared secret.
    Mac(Box<MacProof>),
    /// By the key of a certificate.
    Signature(Certificate),
}

/// What answers are protected with.
#[derive(Clone)]
pub struct MacProof {
    /// The secret, sealed by the signer.
    pub sealed: Vec<u8>,
    /// How the message was protected.
    pub mac: PasswordMac,
    /// senderKID.
    pub reference: Vec<u8>,
    /// How answers are protected without asking the signer; `None`: it gave no key for that.
    pub answers: Option<AnswerKey>,
}

/// What answers to one message are protected with.
#[derive(Clone)]
pub struct AnswerKey {
    /// As the message, with another salt.
    pub mac: PasswordMac,
    /// Its key; wiped when it is let go of.
    pub key: Zeroizing<Vec<u8>>,
}

impl Asker {
    /// The same for all messages of a transaction, and never that of somebody else.
    pub fn sender(&self) -> String {
        match &self.proof {
            Proof::Mac(_) => format!("mac:{}", self.who.end_entity),
            Proof::Signature(certificate) => {
                format!("certificate:{}", hex::encode(certificate.fingerprint()))
            }
        }
    }

    /// The certificate that signed, where one did.
    pub fn certificate(&self) -> Option<&Certificate> {
        match &self.proof {
            Proof::Signature(certificate) => Some(certificate),
            Proof::Mac(_) => None,
        }
    }
}
