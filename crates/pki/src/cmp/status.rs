//! `PKIStatusInfo`, RFC 9810 section 5.2.3.

use crate::asn1::{Malformed, Reader, Writer, integer_u64, tag};

const WHAT: &str = "PKIStatusInfo";
/// Most texts of a PKIFreeText, and most octets of one.
const MAX_TEXTS: usize = 16;
const MAX_TEXT_OCTETS: usize = 4096;

/// `PKIStatus`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Status {
    /// As asked.
    Accepted,
    /// Something like what was asked.
    GrantedWithModifications,
    /// No.
    Rejection,
    /// Not yet.
    Waiting,
    /// A revocation is near.
    RevocationWarning,
    /// A revocation has happened.
    RevocationNotification,
    /// The old certificate was updated before.
    KeyUpdateWarning,
}

/// A bit of `PKIFailureInfo`, by its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Failure {
    /// An algorithm that is not known or not supported.
    BadAlg = 0,
    /// MAC or signature are wrong or missing.
    BadMessageCheck = 1,
    /// A request that is not permitted or not supported.
    BadRequest = 2,
    /// messageTime is too far from our time.
    BadTime = 3,
    /// No such certificate.
    BadCertId = 4,
    /// Malformed.
    BadDataFormat = 5,
    /// We are not whom the message is for.
    WrongAuthority = 6,
    /// A field is not what it must be.
    IncorrectData = 7,
    /// A time stamp is missing.
    MissingTimeStamp = 8,
    /// Possession of the key is not proven.
    BadPop = 9,
    /// The certificate is revoked already.
    CertRevoked = 10,
    /// The certificate is confirmed already.
    CertConfirmed = 11,
    /// Protected in a way that is not accepted here.
    WrongIntegrity = 12,
    /// recipNonce is wrong or missing.
    BadRecipientNonce = 13,
    /// The time stamping service is away.
    TimeNotAvailable = 14,
    /// Policy not accepted (time stamping).
    UnacceptedPolicy = 15,
    /// Extension not accepted (time stamping).
    UnacceptedExtension = 16,
    /// Additional information is not understood or not available.
    AddInfoNotAvailable = 17,
    /// senderNonce is missing or too short.
    BadSenderNonce = 18,
    /// The template has something that is not allowed.
    BadCertTemplate = 19,
    /// The signer's certificate is not trusted.
    SignerNotTrusted = 20,
    /// The transactionID is in use.
    TransactionIdInUse = 21,
    /// pvno is not supported.
    UnsupportedVersion = 22,
    /// The sender may not do this.
    NotAuthorized = 23,
    /// Not now.
    SystemUnavail = 24,
    /// Our own fault.
    SystemFailure = 25,
    /// There is a certificate already.
    DuplicateCertReq = 26,
}

/// `PKIStatusInfo`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatusInfo {
    /// What became of it.
    pub status: Status,
    /// In words.
    pub text: Vec<String>,
    /// Why not, the bits that are set in the order of their numbers.
    pub failures: Vec<Failure>,
}

impl Status {
    const ALL: [Self; 7] = [
        Self::Accepted,
        Self::GrantedWithModifications,
        Self::Rejection,
        Self::Waiting,
        Self::RevocationWarning,
        Self::RevocationNotification,
        Self::KeyUpdateWarning,
    ];

    fn number(self) -> u64 {
        Self::ALL
            .iter()
            .position(|other| *other == self)
            .and_then(|place| u64::try_from(place).ok())
            .unwrap_or_default()
    }

    fn from_number(number: u64) -> Option<Self> {
        Self::ALL.get(usize::try_from(number).ok()?).copied()
    }
}

impl Failure {
    /// All, in the order of their bits.
    pub const ALL: [Self; 27] = [
        Self::BadAlg,
        Self::BadMessageCheck,
        Self::BadRequest,
        Self::BadTime,
        Self::BadCertId,
        Self::BadDataFormat,
        Self::WrongAuthority,
        Self::IncorrectData,
        Self::MissingTimeStamp,
        Self::BadPop,
        Self::CertRevoked,
        Self::CertConfirmed,
        Self::WrongIntegrity,
        Self::BadRecipientNonce,
        Self::TimeNotAvailable,
        Self::UnacceptedPolicy,
        Self::UnacceptedExtension,
        Self::AddInfoNotAvailable,
        Self::BadSenderNonce,
        Self::BadCertTemplate,
        Self::SignerNotTrusted,
        Self::TransactionIdInUse,
        Self::UnsupportedVersion,
        Self::NotAuthorized,
        Self::SystemUnavail,
        Self::SystemFailure,
        Self::DuplicateCertReq,
    ];

    /// Its name in the standard.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::BadAlg => "badAlg",
            Self::BadMessageCheck => "badMessageCheck",
            Self::BadRequest => "badRequest",
            Self::BadTime => "badTime",
            Self::BadCertId => "badCertId",
            Self::BadDataFormat => "badDataFormat",
            Self::WrongAuthority => "wrongAuthority",
            Self::IncorrectData => "incorrectData",
            Self::MissingTimeStamp => "missingTimeStamp",
            Self::BadPop => "badPOP",
            Self::CertRevoked => "certRevoked",
            Self::CertConfirmed => "certConfirmed",
            Self::WrongIntegrity => "wrongIntegrity",
            Self::BadRecipientNonce => "badRecipientNonce",
            Self::TimeNotAvailable => "timeNotAvailable",
            Self::UnacceptedPolicy => "unacceptedPolicy",
            Self::UnacceptedExtension => "unacceptedExtension",
            Self::AddInfoNotAvailable => "addInfoNotAvailable",
            Self::BadSenderNonce => "badSenderNonce",
            Self::BadCertTemplate => "badCertTemplate",
            Self::SignerNotTrusted => "signerNotTrusted",
            Self::TransactionIdInUse => "transactionIdInUse",
            Self::UnsupportedVersion => "unsupportedVersion",
            Self::NotAuthorized => "notAuthorized",
            Self::SystemUnavail => "systemUnavail",
            Self::SystemFailure => "systemFailure",
            Self::DuplicateCertReq => "duplicateCertReq",
        }
    }
}

impl StatusInfo {
    /// Without words.
    pub fn of(status: Status) -> Self {
        Self {
            status,
            text: Vec::new(),
            failures: Vec::new(),
        }
    }

    /// A rejection.
    pub fn rejection(failure: Failure, text: impl Into<String>) -> Self {
        Self {
            status: Status::Rejection,
            text: vec![text.into()],
            failures: vec![failure],
        }
    }

    /// Whether it tells of success.
    pub fn is_granted(&self) -> bool {
        matches!(
            self.status,
            Status::Accepted | Status::GrantedWithModifications
        )
    }

    pub(super) fn read(mut fields: Reader<'_>) -> Result<Self, Malformed> {
        let status = integer_u64(fields.content(tag::INTEGER, WHAT)?, WHAT)?;
        let status = Status::from_number(status).ok_or(Malformed::new("PKIStatus"))?;
        let text = match fields.optional(tag::SEQUENCE, WHAT)? {
            None => Vec::new(),
            Some(content) => read_texts(Reader::new(content))?,
        };
        let failures = match fields.optional(tag::BIT_STRING, WHAT)? {
            None => Vec::new(),
            Some(content) => read_failures(content)?,
        };
        fields.finish(WHAT)?;
        Ok(Self {
            status,
            text,
            failures,
        })
    }

    pub(super) fn write(&self, writer: &mut Writer) {
        writer.sequence(|writer| {
            writer.integer(self.status.number());
            if !self.text.is_empty() {
                write_texts(writer, &self.text);
            }
            if !self.failures.is_empty() {
                write_failures(writer, &self.failures);
            }
        });
    }
}

/// `PKIFreeText`.
pub(super) fn read_texts(mut list: Reader<'_>) -> Result<Vec<String>, Malformed> {
    const WHAT: &str = "PKIFreeText";
    let mut texts = Vec::new();
    while !list.is_empty() {
        let content = list.content(tag::UTF8_STRING, WHAT)?;
        if texts.len() >= MAX_TEXTS || content.len() > MAX_TEXT_OCTETS {
            return Err(Malformed::new(WHAT));
        }
        let text = std::str::from_utf8(content).map_err(|_| Malformed::new(WHAT))?;
        texts.push(text.to_owned());
    }
    Ok(texts)
}

pub(super) fn write_texts(writer: &mut Writer, texts: &[String]) {
    writer.sequence(|writer| {
        for text in texts {
            writer.tlv(tag::UTF8_STRING, text.as_bytes());
        }
    });
}

fn read_failures(content: &[u8]) -> Result<Vec<Failure>, Malformed> {
    const WHAT: &str = "PKIFailureInfo";
    let (unused, octets) = content.split_first().ok_or(Malformed::new(WHAT))?;
    if *unused > 7 || octets.len() > 8 {
        return Err(Malformed::new(WHAT));
    }
    let is_set = |failure: &Failure| {
        let bit = usize::from(*failure as u8);
        octets
            .get(bit / 8)
            .is_some_and(|octet| octet & (0x80 >> (bit % 8)) != 0)
    };
    Ok(Failure::ALL.into_iter().filter(is_set).collect())
}

fn write_failures(writer: &mut Writer, failures: &[Failure]) {
    let mut octets = [0_u8; 4];
    let mut last = 0;
    for failure in failures {
        let bit = usize::from(*failure as u8);
        if let Some(octet) = octets.get_mut(bit / 8) {
            *octet |= 0x80 >> (bit % 8);
        }
        last = last.max(bit);
    }
    // a named bit list ends with its last bit that is set, X.690 section 11.2.2
    let used = last / 8 + 1;
    let unused = u8::try_from(used * 8 - 1 - last).unwrap_or(0);
    let content: Vec<u8> = std::iter::once(unused)
        .chain(octets.into_iter().take(used))
        .collect();
    writer.tlv(tag::BIT_STRING, &content);
}
