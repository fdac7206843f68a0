//! The forms in which a certificate's names stand in the index: equal names have equal text, and names that belong
//! together (all below a domain) begin alike.

use aws_lc_rs::digest;
use ers_pki::{certificate::Certificate, general_name::GeneralName, name::Name};

use super::Origin;

/// Longer values are cut here, and a digest of the whole follows.
const LONGEST: usize = 150;

/// What a name of the index is; the number stands in the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(i16)]
pub enum NameKind {
    /// One attribute of the subject, `<oid>=<value>`.
    Attribute = 1,
    /// The whole subject: a digest of its text.
    Subject = 2,
    /// A DNS name, its labels in reverse order.
    Dns = 3,
    /// An e-mail address or user principal name, its domain first.
    Mailbox = 4,
    /// An IP address.
    Ip = 5,
    /// A URI.
    Uri = 6,
    /// A name of another kind, as its text is.
    Other = 7,
    /// The subject key identifier, hex.
    KeyIdentifier = 8,
    /// SHA-256 of the public key, the first 20 octets, hex.
    PublicKey = 9,
    /// The end entity in CLM.
    EndEntity = 10,
}

impl NameKind {
    /// The number in the table.
    #[must_use]
    pub fn code(self) -> i16 {
        self as i16
    }
}

/// A name as it stands in the index.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct IndexedName {
    /// What it is.
    pub kind: NameKind,
    /// Lower-case text, at most 200 characters.
    pub value: String,
}

impl IndexedName {
    fn new(kind: NameKind, text: &str) -> Self {
        let mut value = text.to_lowercase();
        if value.len() > LONGEST {
            let whole = digest_hex(value.as_bytes());
            value.truncate(value.floor_char_boundary(LONGEST));
            value.push('#');
            value.push_str(&whole);
        }
        Self { kind, value }
    }

    /// A subject as a whole: case does not count.
    #[must_use]
    pub fn subject(name: &Name) -> Self {
        let text = name.to_string().to_lowercase();
        Self::new(NameKind::Subject, &digest_hex(text.as_bytes()))
    }

    /// The attributes of a subject.
    pub fn attributes(name: &Name) -> impl Iterator<Item = Self> {
        name.attributes()
            .map(|(oid, value)| Self::new(NameKind::Attribute, &format!("{oid}={value}")))
    }

    /// A subject alternative name.
    #[must_use]
    pub fn general(name: &GeneralName) -> Self {
        let value = name.value();
        match name.kind().as_str() {
            "dns" => Self::new(NameKind::Dns, &reversed(&value)),
            "email" | "upn" => Self::new(NameKind::Mailbox, &domain_first(&value)),
            "ip" => Self::new(NameKind::Ip, &value),
            "uri" => Self::new(NameKind::Uri, &value),
            _ => Self::new(NameKind::Other, &name.to_string()),
        }
    }

    /// A subject key identifier.
    #[must_use]
    pub fn key_identifier(octets: &[u8]) -> Self {
        Self::new(NameKind::KeyIdentifier, &hex::encode(octets))
    }

    /// A public key, by SHA-256 of its SubjectPublicKeyInfo; 20 octets are enough to find it by.
    #[must_use]
    pub fn public_key(sha256: &[u8]) -> Self {
        let short = sha256.get(..20).unwrap_or(sha256);
        Self::new(NameKind::PublicKey, &hex::encode(short))
    }

    /// An end entity of CLM.
    #[must_use]
    pub fn end_entity(name: &str) -> Self {
        Self::new(NameKind::EndEntity, name)
    }

    /// All that a certificate is found by, each once.
    #[must_use]
    pub fn of(certificate: &Certificate, origin: &Origin) -> Vec<Self> {
        let subject = certificate.subject();
        let mut names: Vec<_> = Self::attributes(subject).collect();
        if !subject.is_empty() {
            names.push(Self::subject(subject));
        }
        names.extend(certificate.names().iter().map(Self::general));
        names.extend(
            certificate
                .subject_key_identifier()
                .map(Self::key_identifier),
        );
        let key = digest::digest(&digest::SHA256, certificate.public_key().spki_der());
        names.push(Self::public_key(key.as_ref()));
        if !origin.end_entity.is_empty() {
            names.push(Self::end_entity(&origin.end_entity));
        }
        names.sort_unstable();
        names.dedup();
        names
    }
}

/// A name that is looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WantedName {
    /// The name, or its beginning.
    pub name: IndexedName,
    /// Whether longer ones are wanted too.
    pub is_prefix: bool,
}

/// A text that names nothing that can be looked for.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct NotSearchable(String);

impl WantedName {
    /// This name and no other.
    #[must_use]
    pub fn exactly(name: IndexedName) -> Self {
        Self {
            name,
            is_prefix: false,
        }
    }

    fn beginning(kind: NameKind, text: &str) -> Result<Self, NotSearchable> {
        if text.len() > LONGEST {
            return Err(NotSearchable(format!(
                "a beginning of names must be at most {LONGEST} octets"
            )));
        }
        Ok(Self {
            name: IndexedName {
                kind,
                value: text.to_lowercase(),
            },
            is_prefix: true,
        })
    }

    /// `CN=www.example.com`, or `CN=www*` for all that begin so.
    ///
    /// # Errors
    /// When it is no attribute.
    pub fn attribute(text: &str) -> Result<Self, NotSearchable> {
        let (text, is_prefix) = match text.strip_suffix('*') {
            Some(beginning) => (beginning, true),
            None => (text, false),
        };
        let name: Name = text.parse().map_err(|error: ers_pki::name::NameError| {
            NotSearchable(ers_runtime::error::chain(&error))
        })?;
        let mut attributes = name.attributes();
        let (Some((oid, value)), None) = (attributes.next(), attributes.next()) else {
            return Err(NotSearchable("must be one attribute, e.g. CN=www*".into()));
        };
        let text = format!("{oid}={value}");
        if is_prefix {
            return Self::beginning(NameKind::Attribute, &text);
        }
        Ok(Self::exactly(IndexedName::new(NameKind::Attribute, &text)))
    }

    /// `dns:www.example.com`, `dns:.example.com` for all below, `email:@example.com` for all of a domain,
    /// `uri:https://example.com/*` for all that begin so; `ip:`, `upn:` and the other kinds exactly.
    ///
    /// # Errors
    /// When it is no name.
    pub fn general(text: &str) -> Result<Self, NotSearchable> {
        if let Some(domain) = text.strip_prefix("dns:.") {
            let below = GeneralName::dns(domain).map_err(not_searchable)?;
            let reversed = format!("{}.", reversed(&below.value()));
            return Self::beginning(NameKind::Dns, &reversed);
        }
        if let Some(domain) = text
            .strip_prefix("email:@")
            .or_else(|| text.strip_prefix("upn:@"))
        {
            return Self::beginning(NameKind::Mailbox, &format!("{}@", reversed(domain)));
        }
        if let Some(beginning) = text
            .strip_prefix("uri:")
            .and_then(|uri| uri.strip_suffix('*'))
        {
            return Self::beginning(NameKind::Uri, beginning);
        }
        let name: GeneralName = text.parse().map_err(not_searchable)?;
        Ok(Self::exactly(IndexedName::general(&name)))
    }

    /// Whether one of these names is it.
    #[must_use]
    pub fn is_in(&self, names: &[IndexedName]) -> bool {
        names.iter().any(|name| {
            name.kind == self.name.kind
                && if self.is_prefix {
                    name.value.starts_with(&self.name.value)
                } else {
                    name.value == self.name.value
                }
        })
    }
}

fn not_searchable(error: ers_pki::general_name::GeneralNameError) -> NotSearchable {
    NotSearchable(ers_runtime::error::chain(&error))
}

fn digest_hex(octets: &[u8]) -> String {
    let whole = digest::digest(&digest::SHA256, octets);
    hex::encode(whole.as_ref().get(..20).unwrap_or_default())
}

fn reversed(domain: &str) -> String {
    let labels: Vec<_> = domain.trim_end_matches('.').rsplit('.').collect();
    labels.join(".")
}

fn domain_first(address: &str) -> String {
    match address.rsplit_once('@') {
        Some((local, domain)) => format!("{}@{local}", reversed(domain)),
        None => address.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_found(name: &str, wanted: &str) -> bool {
        let name = IndexedName::general(&name.parse().unwrap());
        WantedName::general(wanted).unwrap().is_in(&[name])
    }

    #[test]
    fn a_name_is_found_by_itself_whatever_its_case() {
        for name in [
            "dns:www.example.com",
            "dns:*.example.com",
            "ip:192.0.2.1",
            "ip:2001:db8::1",
            "email:Jo@example.com",
            "uri:https://example.com/a",
            "upn:jo@example.com",
        ] {
            assert!(is_found(name, name), "{name}");
        }
        assert!(is_found("dns:www.example.com", "dns:WWW.Example.com"));
    }

    #[test]
    fn all_below_a_domain_are_found_and_none_that_only_end_alike() {
        assert!(is_found("dns:a.b.example.com", "dns:.example.com"));
        assert!(is_found("dns:*.example.com", "dns:.example.com"));
        assert!(!is_found("dns:example.com", "dns:.example.com"));
        assert!(!is_found("dns:badexample.com", "dns:.example.com"));
        assert!(is_found("email:jo@example.com", "email:@example.com"));
        assert!(!is_found("email:jo@sub.example.com", "email:@example.com"));
        assert!(is_found(
            "uri:https://example.com/a/b",
            "uri:https://example.com/*"
        ));
    }

    #[test]
    fn an_attribute_is_found_by_its_beginning_and_a_subject_only_whole() {
        let subject: Name = "CN=www.example.com,O=Example AG,C=DE".parse().unwrap();
        let names: Vec<_> = IndexedName::attributes(&subject).collect();
        for (wanted, found) in [
            ("CN=www.example.com", true),
            ("cn=WWW.EXAMPLE.COM", true),
            ("CN=www*", true),
            ("O=example*", true),
            ("CN=www", false),
            ("OU=www*", false),
        ] {
            assert_eq!(
                WantedName::attribute(wanted).unwrap().is_in(&names),
                found,
                "{wanted}"
            );
        }
        let same: Name = "CN=WWW.example.com,O=Example AG,C=DE".parse().unwrap();
        let other: Name = "CN=www.example.com,O=Example AG".parse().unwrap();
        assert_eq!(IndexedName::subject(&subject), IndexedName::subject(&same));
        assert_ne!(IndexedName::subject(&subject), IndexedName::subject(&other));
    }

    #[test]
    fn what_names_nothing_is_refused() {
        for wrong in ["", "CN", "CN=a,O=b", "nothing=a"] {
            assert!(WantedName::attribute(wrong).is_err(), "{wrong}");
        }
        for wrong in ["", "example.com", "dns:.", "dns:a..b", "ip:300.1.1.1"] {
            assert!(WantedName::general(wrong).is_err(), "{wrong}");
        }
        let long = format!("uri:https://example.com/{}*", "a".repeat(200));
        assert!(WantedName::general(&long).is_err());
    }

    #[test]
    fn a_long_value_keeps_its_beginning_and_is_still_itself() {
        let uri = |end: &str| {
            let text = format!("uri:https://example.com/{}{end}", "a".repeat(200));
            IndexedName::general(&text.parse().unwrap())
        };
        assert_ne!(uri("x"), uri("y"));
        assert!(uri("x").value.chars().count() <= 200);
        let wanted = WantedName::general("uri:https://example.com/aaa*").unwrap();
        assert!(wanted.is_in(&[uri("x")]));
    }
}
