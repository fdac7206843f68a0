//! What a message is answered: CertRep, RFC 8894 sections 3.2.1.3, 3.2.1.4 and 3.3.2.

use ers_pki::cms::Attribute;

use super::message::Envelope;
use super::oid;

/// messageType of CertRep.
const CERT_REP: &str = "3";

/// Why a message is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FailInfo {
    /// An algorithm is not supported, or not allowed here.
    BadAlg,
    /// The integrity check failed.
    BadMessageCheck,
    /// The transaction is not permitted.
    BadRequest,
    /// No certificate could be found by what was given.
    BadCertId,
}

impl FailInfo {
    /// Its number in the message.
    pub fn number(self) -> &'static str {
        match self {
            Self::BadAlg => "0",
            Self::BadMessageCheck => "1",
            Self::BadRequest => "2",
            Self::BadCertId => "4",
        }
    }

    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::BadAlg => "badAlg",
            Self::BadMessageCheck => "badMessageCheck",
            Self::BadRequest => "badRequest",
            Self::BadCertId => "badCertId",
        }
    }
}

/// What a message is answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// A message of certificates or a CRL only, DER, to be encrypted for who asked.
    Success(Vec<u8>),
    /// A person has to decide.
    Pending,
    /// No.
    Failure(Refusal),
}

/// Why not.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}: {text}", info.as_str())]
pub struct Refusal {
    /// failInfo.
    pub info: FailInfo,
    /// failInfoText.
    pub text: String,
}

impl Refusal {
    /// With a text for the one who reads the client's log.
    pub fn new(info: FailInfo, text: impl Into<String>) -> Self {
        Self {
            info,
            text: text.into(),
        }
    }

    /// Whatever could not be verified or opened: one answer for all, so that nothing can be learnt from it.
    pub fn unreadable() -> Self {
        Self::new(FailInfo::BadMessageCheck, "the message could not be opened")
    }
}

impl Answer {
    /// Refused.
    pub fn refused(info: FailInfo, text: impl Into<String>) -> Self {
        Self::Failure(Refusal::new(info, text))
    }

    /// pkiStatus.
    pub fn status(&self) -> &'static str {
        match self {
            Self::Success(_) => "0",
            Self::Failure(_) => "2",
            Self::Pending => "3",
        }
    }

    /// A word for logs and metrics.
    pub fn outcome(&self) -> &'static str {
        match self {
            Self::Success(_) => "success",
            Self::Pending => "pending",
            Self::Failure(refusal) => refusal.info.as_str(),
        }
    }

    /// The attributes of the answer to a message.
    pub fn attributes(&self, envelope: &Envelope, sender_nonce: &[u8]) -> Vec<Attribute> {
        let mut attributes = vec![
            Attribute::printable_string(oid::TRANSACTION_ID, envelope.transaction_id.as_str()),
            Attribute::printable_string(oid::MESSAGE_TYPE, CERT_REP),
            Attribute::printable_string(oid::PKI_STATUS, self.status()),
            Attribute::octet_string(oid::SENDER_NONCE, sender_nonce),
        ];
        if let Some(nonce) = &envelope.sender_nonce {
            attributes.push(Attribute::octet_string(oid::RECIPIENT_NONCE, nonce));
        }
        if let Self::Failure(Refusal { info, text }) = self {
            attributes.push(Attribute::printable_string(oid::FAIL_INFO, info.number()));
            attributes.push(Attribute::utf8_string(oid::FAIL_INFO_TEXT, text));
        }
        attributes
    }
}
