//! `PKIBody`, RFC 9810 section 5.1.2.

use super::MAX_NESTED;
use super::challenge::{Challenge, read_challenges, read_numbers, write_challenges, write_numbers};
use super::confirm::{
    CertStatus, PollAnswer, read_confirm, read_poll_answers, read_poll_request, write_confirm,
    write_poll_answers, write_poll_request,
};
use super::general::{InfoTypeAndValue, read_infos, write_infos};
use super::response::CertRepMessage;
use super::revocation::{RevDetails, RevRepContent, read_revocations, write_revocations};
use super::status::{StatusInfo, read_texts, write_texts};
use crate::asn1::{Element, Malformed, Reader, Writer, tag};
use crate::crmf::{CertReqMsg, read_messages, write_messages};

/// Which body a message has: the number of its tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum BodyKind {
    /// ir
    Ir = 0,
    /// ip
    Ip = 1,
    /// cr
    Cr = 2,
    /// cp
    Cp = 3,
    /// p10cr
    P10cr = 4,
    /// popdecc
    Popdecc = 5,
    /// popdecr
    Popdecr = 6,
    /// kur
    Kur = 7,
    /// kup
    Kup = 8,
    /// rr
    Rr = 11,
    /// rp
    Rp = 12,
    /// pkiconf
    PkiConf = 19,
    /// nested
    Nested = 20,
    /// genm
    Genm = 21,
    /// genp
    Genp = 22,
    /// error
    Error = 23,
    /// certConf
    CertConf = 24,
    /// pollReq
    PollReq = 25,
    /// pollRep
    PollRep = 26,
}

/// A body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Body {
    /// ir, cr or kur: which, and what is asked for.
    Request(BodyKind, Vec<CertReqMsg>),
    /// ip, cp or kup: which, and what became of it.
    Response(BodyKind, CertRepMessage),
    /// p10cr: a CertificationRequest, DER.
    Pkcs10(Vec<u8>),
    /// popdecc: a challenge for each key that is proven so.
    Challenges(Vec<Challenge>),
    /// popdecr: the numbers in them, big-endian.
    ChallengeResponses(Vec<Vec<u8>>),
    /// rr
    Revocation(Vec<RevDetails>),
    /// rp
    RevocationResponse(RevRepContent),
    /// pkiconf
    Confirmation,
    /// nested: messages, DER.
    Nested(Vec<Vec<u8>>),
    /// genm
    General(Vec<InfoTypeAndValue>),
    /// genp
    GeneralResponse(Vec<InfoTypeAndValue>),
    /// error
    Error {
        /// What is wrong.
        status: StatusInfo,
        /// More words.
        details: Vec<String>,
    },
    /// certConf
    CertConfirm(Vec<CertStatus>),
    /// pollReq: certReqIds.
    PollRequest(Vec<i64>),
    /// pollRep
    PollResponse(Vec<PollAnswer>),
    /// A body that RFC 9810 defines and we do not serve, by its number.
    Unsupported(u8),
}

impl BodyKind {
    const ALL: [Self; 19] = [
        Self::Ir,
        Self::Ip,
        Self::Cr,
        Self::Cp,
        Self::P10cr,
        Self::Popdecc,
        Self::Popdecr,
        Self::Kur,
        Self::Kup,
        Self::Rr,
        Self::Rp,
        Self::PkiConf,
        Self::Nested,
        Self::Genm,
        Self::Genp,
        Self::Error,
        Self::CertConf,
        Self::PollReq,
        Self::PollRep,
    ];

    /// Its name in the standard.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ir => "ir",
            Self::Ip => "ip",
            Self::Cr => "cr",
            Self::Cp => "cp",
            Self::P10cr => "p10cr",
            Self::Popdecc => "popdecc",
            Self::Popdecr => "popdecr",
            Self::Kur => "kur",
            Self::Kup => "kup",
            Self::Rr => "rr",
            Self::Rp => "rp",
            Self::PkiConf => "pkiconf",
            Self::Nested => "nested",
            Self::Genm => "genm",
            Self::Genp => "genp",
            Self::Error => "error",
            Self::CertConf => "certConf",
            Self::PollReq => "pollReq",
            Self::PollRep => "pollRep",
        }
    }

    /// The kind of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }

    /// The body that answers a request for a certificate.
    pub fn response(self) -> Self {
        match self {
            Self::Ir => Self::Ip,
            Self::Kur => Self::Kup,
            _ => Self::Cp,
        }
    }

    /// Whether a server sends it.
    pub fn is_response(self) -> bool {
        matches!(
            self,
            Self::Ip
                | Self::Cp
                | Self::Kup
                | Self::Popdecc
                | Self::Rp
                | Self::PkiConf
                | Self::Nested
                | Self::Genp
                | Self::Error
                | Self::PollRep
        )
    }

    fn from_number(number: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| *kind as u8 == number)
    }
}

impl Body {
    /// Which one; none for what we do not serve.
    pub fn kind(&self) -> Option<BodyKind> {
        Some(match self {
            Self::Request(kind, _) | Self::Response(kind, _) => *kind,
            Self::Pkcs10(_) => BodyKind::P10cr,
            Self::Challenges(_) => BodyKind::Popdecc,
            Self::ChallengeResponses(_) => BodyKind::Popdecr,
            Self::Revocation(_) => BodyKind::Rr,
            Self::RevocationResponse(_) => BodyKind::Rp,
            Self::Confirmation => BodyKind::PkiConf,
            Self::Nested(_) => BodyKind::Nested,
            Self::General(_) => BodyKind::Genm,
            Self::GeneralResponse(_) => BodyKind::Genp,
            Self::Error { .. } => BodyKind::Error,
            Self::CertConfirm(_) => BodyKind::CertConf,
            Self::PollRequest(_) => BodyKind::PollReq,
            Self::PollResponse(_) => BodyKind::PollRep,
            Self::Unsupported(_) => return None,
        })
    }

    /// An error.
    pub fn error(status: StatusInfo) -> Self {
        Self::Error {
            status,
            details: Vec::new(),
        }
    }

    pub(crate) fn from_element(element: Element<'_>) -> Result<Self, Malformed> {
        const WHAT: &str = "PKIBody";
        let number = element
            .tag
            .checked_sub(0xa0)
            .filter(|number| *number <= 26)
            .ok_or(Malformed::new(WHAT))?;
        let Some(kind) = BodyKind::from_number(number) else {
            return Ok(Self::Unsupported(number));
        };
        let mut outer = Reader::new(element.content);
        let content = outer.element(WHAT)?;
        outer.finish(WHAT)?;
        if kind == BodyKind::PkiConf {
            return match content.whole {
                [tag::NULL, 0] => Ok(Self::Confirmation),
                _ => Err(Malformed::new("PKIConfirmContent")),
            };
        }
        if content.tag != tag::SEQUENCE {
            return Err(Malformed::new(WHAT));
        }
        let fields = Reader::new(content.content);
        Ok(match kind {
            BodyKind::Ir | BodyKind::Cr | BodyKind::Kur => {
                Self::Request(kind, read_messages(fields)?)
            }
            BodyKind::Ip | BodyKind::Cp | BodyKind::Kup => {
                Self::Response(kind, CertRepMessage::read(fields)?)
            }
            BodyKind::P10cr => Self::Pkcs10(content.whole.to_vec()),
            BodyKind::Popdecc => Self::Challenges(read_challenges(fields)?),
            BodyKind::Popdecr => Self::ChallengeResponses(read_numbers(fields)?),
            BodyKind::Rr => Self::Revocation(read_revocations(fields)?),
            BodyKind::Rp => Self::RevocationResponse(RevRepContent::read(fields)?),
            BodyKind::Nested => Self::Nested(read_nested(fields)?),
            BodyKind::Genm => Self::General(read_infos(fields)?),
            BodyKind::Genp => Self::GeneralResponse(read_infos(fields)?),
            BodyKind::Error => read_error(fields)?,
            BodyKind::CertConf => Self::CertConfirm(read_confirm(fields)?),
            BodyKind::PollReq => Self::PollRequest(read_poll_request(fields)?),
            BodyKind::PollRep => Self::PollResponse(read_poll_answers(fields)?),
            BodyKind::PkiConf => Self::Confirmation,
        })
    }

    /// The body, DER.
    pub fn to_der(&self) -> Vec<u8> {
        let number = match self {
            Self::Unsupported(number) => *number,
            _ => self.kind().map_or(23, |kind| kind as u8),
        };
        let mut writer = Writer::new();
        writer.nest(tag::context_constructed(number), |writer| match self {
            Self::Request(_, messages) => write_messages(writer, messages),
            Self::Response(_, content) => content.write(writer),
            Self::Pkcs10(der) => writer.raw(der),
            Self::Challenges(challenges) => write_challenges(writer, challenges),
            Self::ChallengeResponses(numbers) => write_numbers(writer, numbers),
            Self::Revocation(details) => write_revocations(writer, details),
            Self::RevocationResponse(content) => content.write(writer),
            Self::Confirmation => writer.tlv(tag::NULL, &[]),
            Self::Nested(messages) => writer.sequence(|writer| {
                messages.iter().for_each(|message| writer.raw(message));
            }),
            Self::General(infos) | Self::GeneralResponse(infos) => write_infos(writer, infos),
            Self::Error { status, details } => writer.sequence(|writer| {
                status.write(writer);
                if !details.is_empty() {
                    write_texts(writer, details);
                }
            }),
            Self::CertConfirm(statuses) => write_confirm(writer, statuses),
            Self::PollRequest(ids) => write_poll_request(writer, ids),
            Self::PollResponse(answers) => write_poll_answers(writer, answers),
            Self::Unsupported(_) => writer.sequence(|_| {}),
        });
        writer.finish()
    }
}

fn read_nested(mut list: Reader<'_>) -> Result<Vec<Vec<u8>>, Malformed> {
    const WHAT: &str = "NestedMessageContent";
    let mut messages = Vec::new();
    while messages.is_empty() || !list.is_empty() {
        if messages.len() >= MAX_NESTED {
            return Err(Malformed::new(WHAT));
        }
        messages.push(list.tagged(tag::SEQUENCE, WHAT)?.whole.to_vec());
    }
    Ok(messages)
}

fn read_error(mut fields: Reader<'_>) -> Result<Body, Malformed> {
    const WHAT: &str = "ErrorMsgContent";
    let status = StatusInfo::read(fields.sequence(WHAT)?)?;
    // errorCode: each implementation's own
    fields.optional(tag::INTEGER, WHAT)?;
    let details = match fields.optional(tag::SEQUENCE, WHAT)? {
        None => Vec::new(),
        Some(content) => read_texts(Reader::new(content))?,
    };
    fields.finish(WHAT)?;
    Ok(Body::Error { status, details })
}
