//! `CertTemplate`, RFC 4211 section 5: what a requester wishes, or which certificate is meant.

use time::OffsetDateTime;

use crate::asn1::{Malformed, Reader, Writer, oid, tag, x509_time};
use crate::extension::{self, RequestedExtension};
use crate::general_name::{GeneralName, GeneralNameError, read_names, write_names};
use crate::name::Name;

const WHAT: &str = "CertTemplate";

/// A template. Version, signature algorithm and unique identifiers, which RFC 4211 forbids or leaves to the CA, are read
/// over.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CertTemplate {
    /// Content octets of the INTEGER, as received; only for certificates that exist.
    pub serial: Option<Vec<u8>>,
    /// The CA.
    pub issuer: Option<Name>,
    /// Wanted begin.
    pub not_before: Option<OffsetDateTime>,
    /// Wanted end.
    pub not_after: Option<OffsetDateTime>,
    /// Wanted subject; may have no attribute.
    pub subject: Option<Name>,
    /// SubjectPublicKeyInfo, DER; absent or with an empty BIT STRING where the CA is to make the key.
    pub public_key: Option<Vec<u8>>,
    /// Wanted extensions, none of them twice.
    pub extensions: Vec<RequestedExtension>,
}

impl CertTemplate {
    /// The subject alternative names asked for.
    ///
    /// # Errors
    /// When the extension is malformed or has a name of a kind that is not supported.
    pub fn names(&self) -> Result<Vec<GeneralName>, GeneralNameError> {
        let wanted =
            |extension: &&RequestedExtension| extension.oid == oid::SUBJECT_ALTERNATIVE_NAME;
        match self.extensions.iter().find(wanted) {
            None => Ok(Vec::new()),
            Some(extension) => read_names(&extension.value)?.into_iter().collect(),
        }
    }

    /// Asks for these subject alternative names.
    #[must_use]
    pub fn with_names(mut self, names: &[GeneralName]) -> Self {
        let mut writer = Writer::new();
        write_names(&mut writer, names);
        self.extensions.push(RequestedExtension {
            oid: oid::SUBJECT_ALTERNATIVE_NAME,
            critical: false,
            value: writer.finish(),
        });
        self
    }

    /// Whether the CA is asked to make the key: there is none, or only its algorithm (RFC 9483 section 4.1.6).
    pub fn wants_central_key(&self) -> bool {
        self.public_key.as_deref().is_none_or(has_no_key)
    }

    /// The AlgorithmIdentifier (DER) of the key; `None`: there is no key, nor its algorithm.
    pub fn key_type(&self) -> Option<&[u8]> {
        let mut outer = Reader::new(self.public_key.as_deref()?);
        let mut fields = outer.sequence(WHAT).ok()?;
        let algorithm = fields.tagged(tag::SEQUENCE, WHAT).ok()?;
        Some(algorithm.whole)
    }

    /// The template, DER.
    pub fn to_der(&self) -> Vec<u8> {
        let mut writer = Writer::new();
        write_template(&mut writer, self);
        writer.finish()
    }
}

/// A SubjectPublicKeyInfo whose BIT STRING is empty.
fn has_no_key(spki: &[u8]) -> bool {
    let mut outer = Reader::new(spki);
    let Ok(mut fields) = outer.sequence(WHAT) else {
        return false;
    };
    fields.sequence(WHAT).is_ok()
        && fields
            .content(tag::BIT_STRING, WHAT)
            .is_ok_and(|octets| octets == [0])
}

pub(crate) fn read_template(content: &[u8]) -> Result<CertTemplate, Malformed> {
    const PRIMITIVE: [u8; 3] = [tag::context(0), tag::context(7), tag::context(8)];
    let mut fields = Reader::new(content);
    let mut template = CertTemplate::default();
    let mut last = None;
    while let Some(next) = fields.peek() {
        let number = next & 0x1f;
        if last.is_some_and(|last| last >= number) {
            return Err(Malformed::new(WHAT));
        }
        last = Some(number);
        let element = fields.element(WHAT)?;
        let mut inner = Reader::new(element.content);
        match element.tag {
            // version, issuerUID, subjectUID
            tag if PRIMITIVE.contains(&tag) => {}
            0x81 => {
                if element.content.is_empty() || element.content.len() > 48 {
                    return Err(Malformed::new("serialNumber"));
                }
                template.serial = Some(element.content.to_vec());
            }
            // signingAlg
            0xa2 => {}
            0xa3 => template.issuer = Some(read_name(&mut inner)?),
            0xa4 => (template.not_before, template.not_after) = read_validity(inner)?,
            0xa5 => template.subject = Some(read_name(&mut inner)?),
            0xa6 => template.public_key = Some(as_sequence(element.content)),
            0xa9 => template.extensions = read_extensions(element.content)?,
            _ => return Err(Malformed::new(WHAT)),
        }
    }
    Ok(template)
}

fn read_name(inner: &mut Reader<'_>) -> Result<Name, Malformed> {
    let name = inner.tagged(tag::SEQUENCE, "Name")?.whole;
    if !inner.is_empty() {
        return Err(Malformed::new("Name"));
    }
    Name::from_der(name).map_err(|_| Malformed::new("Name"))
}

type Validity = (Option<OffsetDateTime>, Option<OffsetDateTime>);

fn read_validity(mut fields: Reader<'_>) -> Result<Validity, Malformed> {
    const WHAT: &str = "OptionalValidity";
    let mut time = |number| -> Result<Option<OffsetDateTime>, Malformed> {
        let Some(explicit) = fields.optional(tag::context_constructed(number), WHAT)? else {
            return Ok(None);
        };
        let mut inner = Reader::new(explicit);
        let at = x509_time(&mut inner, WHAT)?;
        inner.finish(WHAT)?;
        Ok(Some(at))
    };
    let found = (time(0)?, time(1)?);
    fields.finish(WHAT)?;
    Ok(found)
}

fn read_extensions(content: &[u8]) -> Result<Vec<RequestedExtension>, Malformed> {
    if content.is_empty() {
        return Ok(Vec::new());
    }
    let whole = as_sequence(content);
    let found = extension::read_all(&whole)?;
    let owned = found.iter().map(|extension| RequestedExtension {
        oid: extension.oid,
        critical: extension.critical,
        value: extension.value.to_vec(),
    });
    Ok(owned.collect())
}

/// The tag that an implicit one stands for.
fn as_sequence(content: &[u8]) -> Vec<u8> {
    let mut writer = Writer::new();
    writer.tlv(tag::SEQUENCE, content);
    writer.finish()
}

pub(crate) fn write_template(writer: &mut Writer, template: &CertTemplate) {
    writer.sequence(|writer| {
        if let Some(serial) = &template.serial {
            writer.tlv(tag::context(1), serial);
        }
        if let Some(issuer) = &template.issuer {
            writer.tlv(tag::context_constructed(3), issuer.to_der());
        }
        if template.not_before.is_some() || template.not_after.is_some() {
            writer.nest(tag::context_constructed(4), |writer| {
                for (number, at) in [(0, template.not_before), (1, template.not_after)] {
                    if let Some(at) = at {
                        writer.nest(tag::context_constructed(number), |writer| {
                            writer.x509_time(at);
                        });
                    }
                }
            });
        }
        if let Some(subject) = &template.subject {
            writer.tlv(tag::context_constructed(5), subject.to_der());
        }
        if let Some(key) = &template.public_key {
            let content = Reader::new(key).sequence(WHAT).map(|inner| inner.rest());
            writer.tlv(tag::context_constructed(6), content.unwrap_or_default());
        }
        if !template.extensions.is_empty() {
            writer.nest(tag::context_constructed(9), |writer| {
                for wanted in &template.extensions {
                    extension::write(writer, &wanted.oid, wanted.critical, |writer| {
                        writer.raw(&wanted.value);
                    });
                }
            });
        }
    });
}
