//! The attribute types we know: keyword, string type and longest value (X.520 upper bounds, RFC 5280 appendix A.1).

use const_oid::ObjectIdentifier;

/// How the value of an attribute is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// DirectoryString: UTF8String, as RFC 5280 section 4.1.2.4 has it.
    Directory,
    /// PrintableString and nothing else.
    Printable,
    /// IA5String and nothing else.
    Ia5,
}

/// An attribute type of names.
#[derive(Debug)]
pub struct AttributeType {
    pub(super) oid: ObjectIdentifier,
    pub(super) keyword: &'static str,
    pub(super) form: Form,
    pub(super) longest: usize,
}

const fn known(dotted: &str, keyword: &'static str, form: Form, longest: usize) -> AttributeType {
    AttributeType {
        oid: ObjectIdentifier::new_unwrap(dotted),
        keyword,
        form,
        longest,
    }
}

/// Longest value of attributes that have no bound of their own, or are unknown to us.
const LONGEST_OTHER: usize = 1024;

static KNOWN: [AttributeType; 25] = [
    known("2.5.4.3", "CN", Form::Directory, 64),
    known("2.5.4.4", "SN", Form::Directory, 64),
    known("2.5.4.5", "serialNumber", Form::Printable, 64),
    known("2.5.4.6", "C", Form::Printable, 2),
    known("2.5.4.7", "L", Form::Directory, 128),
    known("2.5.4.8", "ST", Form::Directory, 128),
    known("2.5.4.9", "STREET", Form::Directory, 128),
    known("2.5.4.10", "O", Form::Directory, 64),
    known("2.5.4.11", "OU", Form::Directory, 64),
    known("2.5.4.12", "title", Form::Directory, 64),
    known("2.5.4.13", "description", Form::Directory, 1024),
    known("2.5.4.15", "businessCategory", Form::Directory, 128),
    known("2.5.4.17", "postalCode", Form::Directory, 40),
    known("2.5.4.42", "GN", Form::Directory, 64),
    known("2.5.4.43", "initials", Form::Directory, 64),
    known("2.5.4.44", "generationQualifier", Form::Directory, 64),
    known("2.5.4.46", "dnQualifier", Form::Printable, 64),
    known("2.5.4.65", "pseudonym", Form::Directory, 128),
    known("2.5.4.97", "organizationIdentifier", Form::Directory, 64),
    known("0.9.2342.19200300.100.1.1", "UID", Form::Directory, 256),
    known("0.9.2342.19200300.100.1.25", "DC", Form::Ia5, 63),
    known("1.2.840.113549.1.9.1", "emailAddress", Form::Ia5, 255),
    known(
        "1.3.6.1.4.1.311.60.2.1.1",
        "jurisdictionL",
        Form::Directory,
        128,
    ),
    known(
        "1.3.6.1.4.1.311.60.2.1.2",
        "jurisdictionST",
        Form::Directory,
        128,
    ),
    known(
        "1.3.6.1.4.1.311.60.2.1.3",
        "jurisdictionC",
        Form::Printable,
        2,
    ),
];

/// Other words that people write.
const ALIASES: [(&str, &str); 7] = [
    ("E", "emailAddress"),
    ("email", "emailAddress"),
    ("S", "ST"),
    ("surname", "SN"),
    ("givenName", "GN"),
    ("commonName", "CN"),
    ("userId", "UID"),
];

impl AttributeType {
    /// commonName.
    pub const COMMON_NAME: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.3");
    /// organizationName.
    pub const ORGANIZATION: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.10");
    /// countryName.
    pub const COUNTRY: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.6");

    /// The attribute type that a keyword (of either case) or a dotted OID names.
    pub fn find(text: &str) -> Option<ObjectIdentifier> {
        let keyword = ALIASES
            .iter()
            .find(|(alias, _)| alias.eq_ignore_ascii_case(text))
            .map_or(text, |(_, word)| word);
        if let Some(known) = KNOWN
            .iter()
            .find(|known| known.keyword.eq_ignore_ascii_case(keyword))
        {
            return Some(known.oid);
        }
        let dotted = text
            .strip_prefix("OID.")
            .or_else(|| text.strip_prefix("oid."))
            .unwrap_or(text);
        dotted
            .contains('.')
            .then(|| ObjectIdentifier::new(dotted).ok())
            .flatten()
    }

    /// The keyword of an attribute type that we know, else its dotted OID.
    pub fn keyword_or_dotted(oid: ObjectIdentifier) -> String {
        Self::known(oid).map_or_else(|| oid.to_string(), |known| known.keyword.to_owned())
    }

    pub(super) fn known(oid: ObjectIdentifier) -> Option<&'static Self> {
        KNOWN.iter().find(|known| known.oid == oid)
    }

    /// String type and longest value of any attribute.
    pub(super) fn rules(oid: ObjectIdentifier) -> (Form, usize) {
        Self::known(oid).map_or((Form::Directory, LONGEST_OTHER), |known| {
            (known.form, known.longest)
        })
    }
}
