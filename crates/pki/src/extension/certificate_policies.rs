//! Certificate policies, RFC 5280 section 4.2.1.4, with the qualifiers that it knows: CPS pointer and user notice.

use std::str::FromStr;

use const_oid::ObjectIdentifier;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{Malformed, Writer};
use crate::asn1::{oid, tag};
use crate::general_name::Uri;

const CPS: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.2.1");
const USER_NOTICE: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.2.2");
/// Longest DisplayText.
const MAX_TEXT: usize = 200;

/// A policy, with what is told to people about it. In JSON either its dotted identifier, or an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertificatePolicy {
    /// The policy's object identifier.
    pub oid: ObjectIdentifier,
    /// Where its practice statement lies: URLs.
    pub cps: Vec<String>,
    /// What is to be shown to whoever relies on the certificate.
    pub notice: Option<UserNotice>,
}

/// A text for whoever relies on a certificate.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct UserNotice {
    /// The text; at most 200 characters.
    pub text: String,
    /// Whose notices the numbers are of.
    pub organization: String,
    /// Numbers of notices that the organisation has published.
    pub numbers: Vec<u64>,
}

impl CertificatePolicy {
    /// What is wrong with it.
    pub(crate) fn fault(&self) -> Option<&'static str> {
        if self.cps.iter().any(|url| Uri::new(url).is_err()) {
            return Some("cps must be a URL");
        }
        let notice = self.notice.as_ref()?;
        if notice.text.is_empty() && notice.organization.is_empty() {
            return Some("a notice must have a text or an organization");
        }
        if notice.organization.is_empty() != notice.numbers.is_empty() {
            return Some("organization and numbers of a notice belong together");
        }
        let display =
            |text: &String| text.chars().count() <= MAX_TEXT && !text.chars().any(char::is_control);
        if !display(&notice.text) || !display(&notice.organization) {
            return Some("a text must have at most 200 characters and no control characters");
        }
        None
    }

    fn write(&self, writer: &mut Writer) {
        writer.sequence(|writer| {
            writer.oid(&self.oid);
            if self.cps.is_empty() && self.notice.is_none() {
                return;
            }
            writer.sequence(|writer| {
                for url in &self.cps {
                    writer.sequence(|writer| {
                        writer.oid(&CPS);
                        writer.tlv(tag::IA5_STRING, url.as_bytes());
                    });
                }
                if let Some(notice) = &self.notice {
                    writer.sequence(|writer| {
                        writer.oid(&USER_NOTICE);
                        notice.write(writer);
                    });
                }
            });
        });
    }
}

impl UserNotice {
    fn write(&self, writer: &mut Writer) {
        writer.sequence(|writer| {
            if !self.organization.is_empty() {
                writer.sequence(|writer| {
                    writer.tlv(tag::UTF8_STRING, self.organization.as_bytes());
                    writer.sequence(|writer| {
                        self.numbers
                            .iter()
                            .for_each(|number| writer.integer(*number))
                    });
                });
            }
            if !self.text.is_empty() {
                writer.tlv(tag::UTF8_STRING, self.text.as_bytes());
            }
        });
    }
}

impl From<ObjectIdentifier> for CertificatePolicy {
    fn from(oid: ObjectIdentifier) -> Self {
        Self {
            oid,
            cps: Vec::new(),
            notice: None,
        }
    }
}

impl FromStr for CertificatePolicy {
    type Err = const_oid::Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        ObjectIdentifier::new(text).map(Self::from)
    }
}

/// What stands in JSON.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Wire {
    Plain(#[serde(with = "super::dotted")] ObjectIdentifier),
    Qualified(Qualified),
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Qualified {
    #[serde(with = "super::dotted")]
    oid: ObjectIdentifier,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    cps: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    notice: Option<UserNotice>,
}

impl Serialize for CertificatePolicy {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { oid, cps, notice } = self.clone();
        let wire = if cps.is_empty() && notice.is_none() {
            Wire::Plain(oid)
        } else {
            Wire::Qualified(Qualified { oid, cps, notice })
        };
        wire.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for CertificatePolicy {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(match Wire::deserialize(deserializer)? {
            Wire::Plain(oid) => oid.into(),
            Wire::Qualified(Qualified { oid, cps, notice }) => Self { oid, cps, notice },
        })
    }
}

/// The policies; qualifiers are read past.
pub(crate) fn read(value: &[u8]) -> Result<Vec<ObjectIdentifier>, Malformed> {
    const WHAT: &str = "CertificatePolicies";
    crate::asn1::parse_all(value, WHAT, |fields| {
        let mut policies = Vec::new();
        while policies.is_empty() || !fields.is_empty() {
            let mut information = fields.sequence(WHAT)?;
            policies.push(information.oid(WHAT)?);
            information.optional(tag::SEQUENCE, WHAT)?;
            information.finish(WHAT)?;
        }
        Ok(policies)
    })
}

pub(crate) fn write(writer: &mut Writer, policies: &[CertificatePolicy]) {
    super::write(writer, &oid::CERTIFICATE_POLICIES, false, |writer| {
        writer.sequence(|writer| policies.iter().for_each(|policy| policy.write(writer)));
    });
}
