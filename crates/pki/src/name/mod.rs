//! Distinguished names: `Name`, RFC 5280 section 4.1.2.4, and its text form, RFC 4514.

mod attribute;
mod text;
mod value;

use std::fmt;
use std::sync::{Arc, LazyLock};

use const_oid::ObjectIdentifier;

use crate::asn1::{Malformed, Reader, Writer, parse_all, tag};

pub use attribute::AttributeType;
pub use value::ValueError;

/// Longest name that is looked at.
const MAX_NAME_BYTES: usize = 8 * 1024;
/// Most relative distinguished names in a name.
const MAX_RDNS: usize = 64;

/// Why a name cannot be read or built.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// The octets are not the DER of a Name.
    #[error("read name")]
    Malformed(#[from] Malformed),
    /// The text is not RFC 4514.
    #[error("read name: {0}")]
    Syntax(&'static str),
    /// The text has an attribute type that is unknown.
    #[error("read name: attribute type \"{0}\" is unknown")]
    UnknownAttribute(String),
    /// A value breaks the rules of its attribute.
    #[error("read name: {attribute}")]
    Value {
        /// The attribute, by keyword or dotted OID.
        attribute: String,
        /// What is wrong with its value.
        #[source]
        source: ValueError,
    },
}

/// A distinguished name; immutable, cheap to clone, compared by its DER.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Name {
    der: Arc<[u8]>,
}

/// One attribute of a name.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Attribute<'a> {
    pub(crate) oid: ObjectIdentifier,
    pub(crate) tag: u8,
    pub(crate) content: &'a [u8],
    /// The first of its relative distinguished name.
    pub(crate) starts_rdn: bool,
    /// AttributeTypeAndValue, whole.
    pub(crate) whole: &'a [u8],
}

impl Name {
    /// The name without attributes.
    pub fn empty() -> Self {
        static EMPTY: LazyLock<Arc<[u8]>> =
            LazyLock::new(|| Arc::from([tag::SEQUENCE, 0].as_slice()));
        Self { der: EMPTY.clone() }
    }

    /// Reads a DER Name of whatever string types; whether it may stand in a certificate of ours is another question
    /// (`check`).
    pub fn from_der(der: &[u8]) -> Result<Self, NameError> {
        if der.len() > MAX_NAME_BYTES {
            return Err(Malformed::new("Name").into());
        }
        parse(der)?;
        Ok(Self { der: der.into() })
    }

    /// A name with one attribute, the common name.
    pub fn with_common_name(value: &str) -> Result<Self, NameError> {
        Self::from_attributes([(AttributeType::COMMON_NAME, value)])
    }

    /// A name with one attribute in each relative distinguished name, in the order of its DER: most general first.
    pub fn from_attributes<'a>(
        attributes: impl IntoIterator<Item = (ObjectIdentifier, &'a str)>,
    ) -> Result<Self, NameError> {
        let mut rdns = Vec::new();
        for (oid, value) in attributes {
            rdns.push(vec![value::encode(oid, value)?]);
        }
        Self::from_rdns(rdns)
    }

    /// The shape of a name, as a template for requests tells it (RFC 9483 section 4.3.3): an attribute that each request
    /// brings itself has an empty value; one whose value cannot stand in a name is left out.
    pub fn template<'a>(attributes: impl IntoIterator<Item = (ObjectIdentifier, &'a str)>) -> Self {
        let empty = |oid: &ObjectIdentifier| {
            let mut writer = Writer::new();
            writer.sequence(|writer| {
                writer.oid(oid);
                writer.tlv(tag::UTF8_STRING, &[]);
            });
            writer.finish()
        };
        let rdns = attributes
            .into_iter()
            .filter_map(|(oid, value)| match value {
                "" => Some(vec![empty(&oid)]),
                value => value::encode(oid, value).ok().map(|pair| vec![pair]),
            });
        Self {
            der: write_rdns(rdns.collect()).into(),
        }
    }

    /// The DER.
    pub fn to_der(&self) -> &[u8] {
        &self.der
    }

    /// Whether it has no attribute.
    pub fn is_empty(&self) -> bool {
        self.der.len() <= 2
    }

    /// The most specific common name.
    pub fn common_name(&self) -> Option<String> {
        self.attributes()
            .filter(|(oid, _)| *oid == AttributeType::COMMON_NAME)
            .last()
            .map(|(_, value)| value)
    }

    /// Its attributes in the order of its DER: type, and value as text (`#` and hexadecimal DER if it has none).
    pub fn attributes(&self) -> impl Iterator<Item = (ObjectIdentifier, String)> {
        self.raw_attributes()
            .into_iter()
            .map(|attribute| (attribute.oid, value::text(&attribute)))
    }

    /// Whether it may stand in a certificate that we make: string types, lengths and characters as RFC 5280 has them.
    pub fn check(&self) -> Result<(), NameError> {
        self.raw_attributes().iter().try_for_each(|attribute| {
            value::check(attribute).map_err(|source| NameError::Value {
                attribute: AttributeType::keyword_or_dotted(attribute.oid),
                source,
            })
        })
    }

    /// The name with only those attributes that `keep` wants.
    pub fn retain(&self, keep: impl Fn(ObjectIdentifier) -> bool) -> Self {
        let attributes = self.raw_attributes();
        if attributes.iter().all(|attribute| keep(attribute.oid)) {
            return self.clone();
        }
        let mut rdns: Vec<Vec<Vec<u8>>> = Vec::new();
        for attribute in attributes {
            if attribute.starts_rdn {
                rdns.push(Vec::new());
            }
            if keep(attribute.oid)
                && let Some(rdn) = rdns.last_mut()
            {
                rdn.push(attribute.whole.to_vec());
            }
        }
        Self {
            der: write_rdns(rdns).into(),
        }
    }

    /// From relative distinguished names, each a list of AttributeTypeAndValue in DER.
    fn from_rdns(rdns: Vec<Vec<Vec<u8>>>) -> Result<Self, NameError> {
        let name = Self::from_der(&write_rdns(rdns))?;
        name.check()?;
        Ok(name)
    }

    pub(crate) fn raw_attributes(&self) -> Vec<Attribute<'_>> {
        // it was parsed when it was made
        parse(&self.der).unwrap_or_default()
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Name({self})")
    }
}

fn write_rdns(rdns: Vec<Vec<Vec<u8>>>) -> Vec<u8> {
    let mut writer = Writer::new();
    writer.sequence(|writer| {
        for mut rdn in rdns.into_iter().filter(|rdn| !rdn.is_empty()) {
            // X.690 section 11.6: the members of a SET OF in the order of their encodings
            rdn.sort();
            writer.nest(tag::SET, |writer| {
                rdn.iter().for_each(|attribute| writer.raw(attribute))
            });
        }
    });
    writer.finish()
}

pub(crate) fn parse(der: &[u8]) -> Result<Vec<Attribute<'_>>, Malformed> {
    const WHAT: &str = "Name";
    parse_all(der, WHAT, |rdns| {
        let mut attributes = Vec::new();
        let mut count = 0;
        while !rdns.is_empty() {
            count += 1;
            if count > MAX_RDNS {
                return Err(Malformed::new(WHAT));
            }
            let mut rdn = Reader::new(rdns.content(tag::SET, WHAT)?);
            let mut before: Option<&[u8]> = None;
            while before.is_none() || !rdn.is_empty() {
                let pair = rdn.tagged(tag::SEQUENCE, WHAT)?;
                if before.is_some_and(|before| before >= pair.whole) {
                    return Err(Malformed::new(WHAT));
                }
                let mut fields = Reader::new(pair.content);
                let oid = fields.oid(WHAT)?;
                let value = fields.element(WHAT)?;
                fields.finish(WHAT)?;
                let starts_rdn = before.is_none();
                attributes.push(Attribute {
                    oid,
                    tag: value.tag,
                    content: value.content,
                    starts_rdn,
                    whole: pair.whole,
                });
                before = Some(pair.whole);
            }
        }
        Ok(attributes)
    })
}

#[cfg(test)]
mod tests;
