//! Statements on qualified certificates: RFC 3739 section 3.2.6, EN 319 412-5 sections 4.2 and 4.3, and TS 119 495 for
//! payment services. Not critical.

use const_oid::ObjectIdentifier;
use serde::{Deserialize, Serialize};

use super::Writer;
use crate::asn1::{is_printable, oid, tag};
use crate::general_name::Uri;

const fn statement(dotted: &str) -> ObjectIdentifier {
    ObjectIdentifier::new_unwrap(dotted)
}

const COMPLIANCE: ObjectIdentifier = statement("0.4.0.1862.1.1");
const LIMIT_VALUE: ObjectIdentifier = statement("0.4.0.1862.1.2");
const RETENTION_PERIOD: ObjectIdentifier = statement("0.4.0.1862.1.3");
const SSCD: ObjectIdentifier = statement("0.4.0.1862.1.4");
const PDS: ObjectIdentifier = statement("0.4.0.1862.1.5");
const TYPE: ObjectIdentifier = statement("0.4.0.1862.1.6");
const LEGISLATION: ObjectIdentifier = statement("0.4.0.1862.1.7");
const PSD2: ObjectIdentifier = statement("0.4.0.19495.2");

/// What a certificate states of itself.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct QcStatements {
    /// It is a qualified certificate (QcCompliance).
    pub compliance: bool,
    /// The key is in a qualified signature creation device (QcSSCD).
    pub sscd: bool,
    /// What it is for (QcType).
    pub types: Vec<QcType>,
    /// Where the disclosure statements lie (QcPDS).
    pub disclosure_statements: Vec<DisclosureStatement>,
    /// Up to what value transactions may be worth (QcLimitValue).
    pub limit: Option<LimitValue>,
    /// For how many years after its end records are kept (QcRetentionPeriod).
    pub retention_years: Option<u32>,
    /// Countries under whose law it is qualified, when not the European Union's (QcCClegislation).
    pub legislation: Vec<String>,
    /// The payment service provider's roles (PSD2).
    pub psd2: Option<Psd2>,
}

/// What a qualified certificate is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum QcType {
    /// Electronic signatures, of people.
    Esign,
    /// Electronic seals, of organisations.
    Eseal,
    /// Web sites.
    Web,
}

/// Where a disclosure statement lies, in one language.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DisclosureStatement {
    /// The URL, https.
    pub url: String,
    /// Two small letters, ISO 639-1.
    pub language: String,
}

/// `amount` times ten to the power of `exponent`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LimitValue {
    /// Three capital letters, ISO 4217.
    pub currency: String,
    /// The number.
    pub amount: u32,
    /// How many zeros follow it.
    #[serde(default)]
    pub exponent: u32,
}

/// What a payment service provider may do, and who let it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Psd2 {
    /// At least one.
    pub roles: Vec<Psd2Role>,
    /// Name of the competent authority, such as BaFin.
    pub authority_name: String,
    /// Its identifier, such as DE-BAFIN.
    pub authority_id: String,
}

/// A role of a payment service provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Psd2Role {
    /// Account servicing.
    As,
    /// Payment initiation.
    Pi,
    /// Account information.
    Ai,
    /// Issuing of card-based payment instruments.
    Ic,
}

impl Psd2Role {
    fn oid_and_name(self) -> (ObjectIdentifier, &'static str) {
        match self {
            Self::As => (statement("0.4.0.19495.1.1"), "PSP_AS"),
            Self::Pi => (statement("0.4.0.19495.1.2"), "PSP_PI"),
            Self::Ai => (statement("0.4.0.19495.1.3"), "PSP_AI"),
            Self::Ic => (statement("0.4.0.19495.1.4"), "PSP_IC"),
        }
    }
}

impl QcStatements {
    /// What is wrong with it.
    pub(crate) fn fault(&self) -> Option<&'static str> {
        let letters = |text: &str, length: usize, fits: fn(&u8) -> bool| {
            text.len() == length && text.bytes().all(|letter| fits(&letter))
        };
        if *self == Self::default() {
            return Some("there must be at least one statement");
        }
        for statement in &self.disclosure_statements {
            if !statement.url.starts_with("https://") || Uri::new(&statement.url).is_err() {
                return Some("the URL of a disclosure statement must begin with https://");
            }
            if !letters(&statement.language, 2, u8::is_ascii_lowercase) {
                return Some("a language must have two small letters");
            }
        }
        if let Some(limit) = &self.limit
            && !letters(&limit.currency, 3, u8::is_ascii_uppercase)
        {
            return Some("a currency must have three capital letters");
        }
        if !self
            .legislation
            .iter()
            .all(|country| letters(country, 2, u8::is_ascii_uppercase))
        {
            return Some("a country must have two capital letters");
        }
        let psd2 = self.psd2.as_ref()?;
        let named = |text: &str| (1..=256).contains(&text.chars().count());
        if psd2.roles.is_empty() || !named(&psd2.authority_name) || !named(&psd2.authority_id) {
            return Some("psd2 must have a role and the name and identifier of an authority");
        }
        (!psd2.authority_id.bytes().all(is_printable))
            .then_some("authority_id must be country, hyphen and name")
    }

    pub(crate) fn write(&self, writer: &mut Writer) {
        super::write(writer, &oid::QC_STATEMENTS, false, |writer| {
            writer.sequence(|writer| self.write_statements(writer));
        });
    }

    fn write_statements(&self, writer: &mut Writer) {
        if self.compliance {
            write_one(writer, &COMPLIANCE, |_| {});
        }
        if let Some(limit) = &self.limit {
            write_one(writer, &LIMIT_VALUE, |writer| {
                writer.sequence(|writer| {
                    writer.tlv(tag::PRINTABLE_STRING, limit.currency.as_bytes());
                    writer.integer(limit.amount.into());
                    writer.integer(limit.exponent.into());
                });
            });
        }
        if let Some(years) = self.retention_years {
            write_one(writer, &RETENTION_PERIOD, |writer| {
                writer.integer(years.into())
            });
        }
        if self.sscd {
            write_one(writer, &SSCD, |_| {});
        }
        if !self.disclosure_statements.is_empty() {
            write_one(writer, &PDS, |writer| {
                writer.sequence(|writer| {
                    for statement in &self.disclosure_statements {
                        writer.sequence(|writer| {
                            writer.tlv(tag::IA5_STRING, statement.url.as_bytes());
                            writer.tlv(tag::PRINTABLE_STRING, statement.language.as_bytes());
                        });
                    }
                });
            });
        }
        if !self.types.is_empty() {
            write_one(writer, &TYPE, |writer| {
                writer.sequence(|writer| {
                    for kind in &self.types {
                        writer.oid(&match kind {
                            QcType::Esign => statement("0.4.0.1862.1.6.1"),
                            QcType::Eseal => statement("0.4.0.1862.1.6.2"),
                            QcType::Web => statement("0.4.0.1862.1.6.3"),
                        });
                    }
                });
            });
        }
        if !self.legislation.is_empty() {
            write_one(writer, &LEGISLATION, |writer| {
                writer.sequence(|writer| {
                    self.legislation
                        .iter()
                        .for_each(|country| writer.tlv(tag::PRINTABLE_STRING, country.as_bytes()));
                });
            });
        }
        if let Some(psd2) = &self.psd2 {
            write_one(writer, &PSD2, |writer| psd2.write(writer));
        }
    }
}

impl Psd2 {
    fn write(&self, writer: &mut Writer) {
        writer.sequence(|writer| {
            writer.sequence(|writer| {
                for role in &self.roles {
                    let (oid, name) = role.oid_and_name();
                    writer.sequence(|writer| {
                        writer.oid(&oid);
                        writer.tlv(tag::UTF8_STRING, name.as_bytes());
                    });
                }
            });
            writer.tlv(tag::UTF8_STRING, self.authority_name.as_bytes());
            writer.tlv(tag::UTF8_STRING, self.authority_id.as_bytes());
        });
    }
}

/// QCStatement ::= SEQUENCE { statementId, statementInfo OPTIONAL }
fn write_one(writer: &mut Writer, statement: &ObjectIdentifier, info: impl FnOnce(&mut Writer)) {
    writer.sequence(|writer| {
        writer.oid(statement);
        info(writer);
    });
}
