//! `PKIHeader`, RFC 9810 section 5.1.1.

use time::OffsetDateTime;

use super::general::{InfoTypeAndValue, info, read_infos, write_infos};
use super::status::{read_texts, write_texts};
use crate::asn1::{Element, Malformed, Reader, Writer, generalized_time, integer_u64, tag};
use crate::name::Name;

const WHAT: &str = "PKIHeader";
/// Longest nonce, transactionID and key identifier.
const MAX_OCTETS: usize = 128;

/// Sender or recipient: a GeneralName.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Party {
    /// A directory name; the one without attributes stands for somebody unnamed.
    Directory(Name),
    /// A name of another kind, DER.
    Other(Vec<u8>),
}

/// A header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// pvno; 1 to 3 are defined.
    pub version: u64,
    /// From whom.
    pub sender: Party,
    /// For whom.
    pub recipient: Party,
    /// When it was made.
    pub message_time: Option<OffsetDateTime>,
    /// AlgorithmIdentifier of the protection, DER.
    pub protection_algorithm: Option<Vec<u8>>,
    /// Which key or secret of the sender protects it.
    pub sender_kid: Option<Vec<u8>>,
    /// Which key of the recipient is meant.
    pub recipient_kid: Option<Vec<u8>>,
    /// The transaction.
    pub transaction_id: Option<Vec<u8>>,
    /// Fresh from the sender.
    pub sender_nonce: Option<Vec<u8>>,
    /// The nonce of the message that is answered.
    pub recipient_nonce: Option<Vec<u8>>,
    /// Words for people.
    pub free_text: Vec<String>,
    /// What else is told.
    pub general_info: Vec<InfoTypeAndValue>,
}

impl Party {
    /// Somebody without a name.
    pub fn unnamed() -> Self {
        Self::Directory(Name::empty())
    }

    /// The directory name, if it has any attribute.
    pub fn name(&self) -> Option<&Name> {
        match self {
            Self::Directory(name) if !name.is_empty() => Some(name),
            _ => None,
        }
    }

    /// The GeneralName, DER.
    pub fn to_der(&self) -> Vec<u8> {
        let mut writer = Writer::new();
        self.write(&mut writer);
        writer.finish()
    }

    fn read(fields: &mut Reader<'_>) -> Result<Self, Malformed> {
        const WHAT: &str = "GeneralName";
        let element = fields.element(WHAT)?;
        match element.tag {
            0xa4 => {
                let name = Name::from_der(element.content).map_err(|_| Malformed::new(WHAT))?;
                Ok(Self::Directory(name))
            }
            0x81 | 0x82 | 0x86 | 0x87 | 0x88 | 0xa0 | 0xa3 | 0xa5 => {
                Ok(Self::Other(element.whole.to_vec()))
            }
            _ => Err(Malformed::new(WHAT)),
        }
    }

    fn write(&self, writer: &mut Writer) {
        match self {
            Self::Directory(name) => writer.tlv(tag::context_constructed(4), name.to_der()),
            Self::Other(der) => writer.raw(der),
        }
    }
}

impl Header {
    /// Between two parties; everything else absent.
    pub fn new(version: u64, sender: Party, recipient: Party) -> Self {
        Self {
            version,
            sender,
            recipient,
            message_time: None,
            protection_algorithm: None,
            sender_kid: None,
            recipient_kid: None,
            transaction_id: None,
            sender_nonce: None,
            recipient_nonce: None,
            free_text: Vec::new(),
            general_info: Vec::new(),
        }
    }

    /// Whether implicit confirmation is asked for or granted, section 5.1.1.1.
    pub fn has_implicit_confirm(&self) -> bool {
        self.find_info(&info::IMPLICIT_CONFIRM).is_some()
    }

    /// What is told of a type.
    pub fn find_info(&self, oid: &const_oid::ObjectIdentifier) -> Option<&InfoTypeAndValue> {
        self.general_info.iter().find(|found| found.oid == *oid)
    }

    /// The names of certificate profiles asked for, section 5.1.1.4; one for each request.
    pub fn cert_profiles(&self) -> Vec<String> {
        let read = |found: &InfoTypeAndValue| -> Result<Vec<String>, Malformed> {
            let mut outer = Reader::new(found.value.as_deref().unwrap_or_default());
            read_texts(outer.sequence("certProfile")?)
        };
        self.find_info(&info::CERT_PROFILE)
            .and_then(|found| read(found).ok())
            .unwrap_or_default()
    }

    /// The header, DER.
    pub fn to_der(&self) -> Vec<u8> {
        let mut writer = Writer::new();
        writer.sequence(|writer| self.write_fields(writer));
        writer.finish()
    }

    fn write_fields(&self, writer: &mut Writer) {
        writer.integer(self.version);
        self.sender.write(writer);
        self.recipient.write(writer);
        if let Some(at) = self.message_time {
            writer.nest(tag::context_constructed(0), |writer| {
                writer.generalized_time(at)
            });
        }
        if let Some(algorithm) = &self.protection_algorithm {
            writer.tlv(tag::context_constructed(1), algorithm);
        }
        let octets = [
            &self.sender_kid,
            &self.recipient_kid,
            &self.transaction_id,
            &self.sender_nonce,
            &self.recipient_nonce,
        ];
        for (number, field) in (2_u8..).zip(octets) {
            if let Some(octets) = field {
                writer.nest(tag::context_constructed(number), |writer| {
                    writer.tlv(tag::OCTET_STRING, octets);
                });
            }
        }
        if !self.free_text.is_empty() {
            writer.nest(tag::context_constructed(7), |writer| {
                write_texts(writer, &self.free_text);
            });
        }
        if !self.general_info.is_empty() {
            writer.nest(tag::context_constructed(8), |writer| {
                write_infos(writer, &self.general_info);
            });
        }
    }

    pub(crate) fn from_element(element: Element<'_>) -> Result<Self, Malformed> {
        Self::read(Reader::new(element.content))
    }

    pub(super) fn read(mut fields: Reader<'_>) -> Result<Self, Malformed> {
        let version = integer_u64(fields.content(tag::INTEGER, "pvno")?, "pvno")?;
        let sender = Party::read(&mut fields)?;
        let recipient = Party::read(&mut fields)?;
        let message_time = match fields.optional(tag::context_constructed(0), "messageTime")? {
            None => None,
            Some(explicit) => {
                let mut inner = Reader::new(explicit);
                let at = generalized_time(&mut inner, "messageTime")?;
                inner.finish("messageTime")?;
                Some(at)
            }
        };
        let protection_algorithm = fields
            .optional(tag::context_constructed(1), "protectionAlg")?
            .map(|explicit| {
                let mut inner = Reader::new(explicit);
                let algorithm = inner.tagged(tag::SEQUENCE, "protectionAlg")?.whole.to_vec();
                inner.finish("protectionAlg")?;
                Ok::<_, Malformed>(algorithm)
            })
            .transpose()?;
        let mut octets = |number, what| read_octets(&mut fields, number, what);
        let header = Self {
            version,
            sender,
            recipient,
            message_time,
            protection_algorithm,
            sender_kid: octets(2, "senderKID")?,
            recipient_kid: octets(3, "recipKID")?,
            transaction_id: octets(4, "transactionID")?,
            sender_nonce: octets(5, "senderNonce")?,
            recipient_nonce: octets(6, "recipNonce")?,
            free_text: match fields.optional(tag::context_constructed(7), "freeText")? {
                None => Vec::new(),
                Some(explicit) => read_texts(only_sequence(explicit, "freeText")?)?,
            },
            general_info: match fields.optional(tag::context_constructed(8), "generalInfo")? {
                None => Vec::new(),
                Some(explicit) => read_infos(only_sequence(explicit, "generalInfo")?)?,
            },
        };
        fields.finish(WHAT)?;
        Ok(header)
    }
}

fn only_sequence<'a>(explicit: &'a [u8], what: &'static str) -> Result<Reader<'a>, Malformed> {
    let mut inner = Reader::new(explicit);
    let list = inner.sequence(what)?;
    inner.finish(what)?;
    Ok(list)
}

fn read_octets(
    fields: &mut Reader<'_>,
    number: u8,
    what: &'static str,
) -> Result<Option<Vec<u8>>, Malformed> {
    let Some(explicit) = fields.optional(tag::context_constructed(number), what)? else {
        return Ok(None);
    };
    let mut inner = Reader::new(explicit);
    let octets = inner.content(tag::OCTET_STRING, what)?;
    inner.finish(what)?;
    if octets.len() > MAX_OCTETS {
        return Err(Malformed::new(what));
    }
    Ok(Some(octets.to_vec()))
}
