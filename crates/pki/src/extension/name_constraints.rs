//! Name constraints of a CA, RFC 5280 section 4.2.1.10: which names may stand in certificates below it. As text a base is
//! a kind and a value: `dns:example.com` `dns:.example.com` `email:example.com` `email:a@example.com` `uri:.example.com`
//! `ip:192.0.2.0/24` `dir:O=Example AG,C=DE` `rid:1.2.3` `other:1.2.3;utf8:x`; `dns:` alone is every DNS name.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use super::{Malformed, Reader, Writer, ascii};
use crate::asn1::{oid, tag};
use crate::general_name::{DnsName, GeneralName, read_one, write_one};
use crate::name::{AttributeType, Name};

/// Subtrees of names as text.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct NameConstraintsRule {
    /// Names of kinds that stand here must lie in one of these subtrees.
    pub permitted: Vec<String>,
    /// Names must not lie in these.
    pub excluded: Vec<String>,
}

/// A base name of a subtree.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Base {
    Dns(String),
    Email(String),
    Uri(String),
    /// Address and mask.
    Ip(Vec<u8>, Vec<u8>),
    /// Matches what begins with it.
    Directory(Name),
    /// Matches the same name only: registeredID, otherName.
    Exact(GeneralName),
    /// Another kind, by its tag: nothing can be matched against it, so that it excludes nothing that we issue.
    Other(u8),
}

/// Permitted and excluded subtrees.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct NameConstraints {
    permitted: Vec<Base>,
    excluded: Vec<Base>,
}

impl NameConstraintsRule {
    /// The constraints, or what is wrong with them.
    pub(crate) fn parse(&self) -> Result<NameConstraints, &'static str> {
        let read = |texts: &[String]| -> Result<Vec<Base>, &'static str> {
            texts.iter().map(|text| Base::from_text(text)).collect()
        };
        if self.permitted.is_empty() && self.excluded.is_empty() {
            return Err("there must be a subtree");
        }
        Ok(NameConstraints {
            permitted: read(&self.permitted)?,
            excluded: read(&self.excluded)?,
        })
    }
}

impl NameConstraints {
    pub(crate) fn read(value: &[u8]) -> Result<Self, Malformed> {
        const WHAT: &str = "NameConstraints";
        crate::asn1::parse_all(value, WHAT, |fields| {
            let mut constraints = Self::default();
            if let Some(subtrees) = fields.optional(tag::context_constructed(0), WHAT)? {
                constraints.permitted = read_subtrees(subtrees)?;
            }
            if let Some(subtrees) = fields.optional(tag::context_constructed(1), WHAT)? {
                constraints.excluded = read_subtrees(subtrees)?;
            }
            Ok(constraints)
        })
    }

    /// Writes the extension; it is critical.
    pub(crate) fn write(&self, writer: &mut Writer) {
        super::write(writer, &oid::NAME_CONSTRAINTS, true, |writer| {
            writer.sequence(|writer| {
                for (number, bases) in [(0, &self.permitted), (1, &self.excluded)] {
                    if !bases.is_empty() {
                        writer.nest(tag::context_constructed(number), |writer| {
                            bases
                                .iter()
                                .for_each(|base| writer.sequence(|writer| base.write(writer)));
                        });
                    }
                }
            });
        });
    }

    /// Whether a certificate with that name may be issued.
    pub(crate) fn allow(&self, name: &GeneralName) -> bool {
        let mut same_kind = self
            .permitted
            .iter()
            .filter(|base| base.is_kind_of(name))
            .peekable();
        let permitted = same_kind.peek().is_none() || same_kind.any(|base| base.contains(name));
        permitted
            && !self
                .excluded
                .iter()
                .any(|base| base.contains(name) || base.may_meet(name))
    }

    /// Whether a certificate with that subject may be issued: directory names hold for it, and those of e-mail addresses
    /// for the addresses in it.
    pub(crate) fn allow_subject(&self, subject: &Name) -> bool {
        if subject.is_empty() {
            return true;
        }
        let address = AttributeType::find("emailAddress");
        self.allow(&GeneralName::Directory(subject.clone()))
            && subject
                .attributes()
                .filter(|(oid, _)| Some(*oid) == address)
                .all(|(_, value)| {
                    // an address that is none cannot be said to lie in a subtree
                    match GeneralName::email(&value) {
                        Ok(name) => self.allow(&name),
                        Err(_) => !self.mentions_email(),
                    }
                })
    }

    fn mentions_email(&self) -> bool {
        let all = self.permitted.iter().chain(&self.excluded);
        all.into_iter().any(|base| matches!(base, Base::Email(_)))
    }
}

impl Base {
    fn from_text(text: &str) -> Result<Self, &'static str> {
        let (kind, value) = text
            .split_once(':')
            .ok_or("a subtree must begin with its kind, such as dns:")?;
        match kind {
            "dns" => domain(value).map(Self::Dns),
            "uri" => domain(value).map(Self::Uri),
            "email" if value.contains('@') => GeneralName::email(value)
                .map(|address| Self::Email(address.value()))
                .map_err(|_| "an e-mail address is not valid"),
            "email" => domain(value).map(Self::Email),
            "ip" => network(value),
            "dir" => match value.parse::<Name>() {
                Ok(name) if !name.is_empty() => Ok(Self::Directory(name)),
                _ => Err("a directory name is not valid"),
            },
            "rid" | "other" | "upn" | "smtputf8" => text
                .parse()
                .map(Self::Exact)
                .map_err(|_| "a name is not valid"),
            _ => Err("a subtree must begin with dns:, email:, uri:, ip:, dir:, rid: or other:"),
        }
    }

    fn write(&self, writer: &mut Writer) {
        match self {
            Self::Email(base) => writer.tlv(tag::context(1), base.as_bytes()),
            Self::Dns(base) => writer.tlv(tag::context(2), base.as_bytes()),
            Self::Uri(base) => writer.tlv(tag::context(6), base.as_bytes()),
            Self::Ip(address, mask) => {
                writer.tlv(tag::context(7), &[address.as_slice(), mask].concat())
            }
            Self::Directory(name) => writer.tlv(tag::context_constructed(4), name.to_der()),
            Self::Exact(name) => write_one(writer, name),
            // only ever read
            Self::Other(_) => {}
        }
    }

    fn is_kind_of(&self, name: &GeneralName) -> bool {
        match (self, name) {
            (Self::Dns(_), GeneralName::Dns(_))
            | (Self::Email(_), GeneralName::Email(_) | GeneralName::SmtpUtf8(_))
            | (Self::Uri(_), GeneralName::Uri(_))
            | (Self::Ip(..), GeneralName::Ip(_))
            | (Self::Directory(_), GeneralName::Directory(_)) => true,
            (Self::Exact(base), name) => match (base, name) {
                (GeneralName::Other(base), GeneralName::Other(name)) => {
                    base.type_id() == name.type_id()
                }
                _ => base.kind() == name.kind(),
            },
            (Self::Other(0xa0), name) => matches!(
                name,
                GeneralName::Upn(_) | GeneralName::SmtpUtf8(_) | GeneralName::Other(_)
            ),
            (Self::Other(0x88), GeneralName::Rid(_)) => true,
            _ => false,
        }
    }

    fn contains(&self, name: &GeneralName) -> bool {
        match (self, name) {
            (Self::Dns(base), GeneralName::Dns(name)) => {
                within_domain(name.without_wildcard(), base, true)
            }
            (Self::Email(base), GeneralName::Email(address)) => within_mailbox(address, base),
            // RFC 9598 section 6: constraints on rfc822Name hold for these as well
            (Self::Email(base), GeneralName::SmtpUtf8(address)) => within_mailbox(address, base),
            (Self::Uri(base), GeneralName::Uri(uri)) => within_domain(host_of(uri), base, false),
            (Self::Ip(base, mask), GeneralName::Ip(address)) => {
                within_network(*address, base, mask)
            }
            (Self::Directory(base), GeneralName::Directory(name)) => within_directory(name, base),
            (Self::Exact(base), name) => base == name,
            _ => false,
        }
    }

    /// A wildcard stands for names one label longer: one of them may be the excluded base itself.
    fn may_meet(&self, name: &GeneralName) -> bool {
        match (self, name) {
            (Self::Dns(base), GeneralName::Dns(name)) if name.is_wildcard() => base
                .to_ascii_lowercase()
                .split_once('.')
                .is_some_and(|(_, parent)| parent == name.without_wildcard()),
            _ => false,
        }
    }
}

/// A domain, perhaps with a dot in front; empty is every domain.
fn domain(text: &str) -> Result<String, &'static str> {
    let (dot, name) = match text.strip_prefix('.') {
        Some(name) => (".", name),
        None => ("", text),
    };
    if text.is_empty() {
        return Ok(String::new());
    }
    match DnsName::with_underscores(name) {
        Ok(name) if !name.is_wildcard() => Ok(format!("{dot}{name}")),
        _ => Err("a domain is not valid"),
    }
}

/// `192.0.2.0/24`
fn network(text: &str) -> Result<Base, &'static str> {
    const FAULT: &str = "a network must be an address, a slash and the length of its prefix";
    let (address, length) = text.split_once('/').ok_or(FAULT)?;
    let octets = match address.parse::<IpAddr>().map_err(|_| FAULT)? {
        IpAddr::V4(address) => address.octets().to_vec(),
        IpAddr::V6(address) => address.octets().to_vec(),
    };
    let length: usize = length.parse().map_err(|_| FAULT)?;
    if length > octets.len() * 8 {
        return Err(FAULT);
    }
    let mask: Vec<u8> = (0..octets.len())
        .map(|place| match length.saturating_sub(place * 8) {
            0 => 0,
            bits @ 1..=7 => !(0xff_u8 >> bits),
            _ => 0xff,
        })
        .collect();
    if octets
        .iter()
        .zip(&mask)
        .any(|(octet, mask)| octet & !mask != 0)
    {
        return Err("the address of a network has bits beyond its prefix");
    }
    Ok(Base::Ip(octets, mask))
}

fn read_subtrees(content: &[u8]) -> Result<Vec<Base>, Malformed> {
    const WHAT: &str = "GeneralSubtrees";
    let mut subtrees = Reader::new(content);
    let mut bases = Vec::new();
    while bases.is_empty() || !subtrees.is_empty() {
        // minimum is always 0 and maximum absent, so neither is encoded
        let mut subtree = subtrees.sequence(WHAT)?;
        let base = subtree.element(WHAT)?;
        subtree.finish(WHAT)?;
        bases.push(match base.tag {
            0x81 => Base::Email(ascii(base.content, WHAT)?),
            0x82 => Base::Dns(ascii(base.content, WHAT)?),
            0x86 => Base::Uri(ascii(base.content, WHAT)?),
            0x87 if matches!(base.content.len(), 8 | 32) => {
                let (address, mask) = base.content.split_at(base.content.len() / 2);
                Base::Ip(address.to_vec(), mask.to_vec())
            }
            0x87 => return Err(Malformed::new(WHAT)),
            0xa4 => {
                Base::Directory(Name::from_der(base.content).map_err(|_| Malformed::new(WHAT))?)
            }
            other => read_one(base).map_or(Base::Other(other), Base::Exact),
        });
    }
    Ok(bases)
}

fn within_mailbox(address: &str, base: &str) -> bool {
    if base.contains('@') {
        return base.eq_ignore_ascii_case(address);
    }
    let domain = address.rsplit_once('@').map_or("", |(_, domain)| domain);
    within_domain(domain, base, false)
}

/// Whether the name begins, most general first, with all that the base has. Values are compared without regard to
/// case and to how many spaces there are, RFC 5280 section 7.1.
fn within_directory(name: &Name, base: &Name) -> bool {
    let comparable = |name: &Name| -> Vec<Vec<(const_oid::ObjectIdentifier, String)>> {
        let mut rdns: Vec<Vec<_>> = Vec::new();
        let attributes = name.raw_attributes();
        for (attribute, (oid, value)) in attributes.iter().zip(name.attributes()) {
            if attribute.starts_rdn {
                rdns.push(Vec::new());
            }
            if let Some(rdn) = rdns.last_mut() {
                let words: Vec<&str> = value.split_whitespace().collect();
                rdn.push((oid, words.join(" ").to_lowercase()));
            }
        }
        rdns.iter_mut().for_each(|rdn| rdn.sort());
        rdns
    };
    comparable(name).starts_with(&comparable(base))
}

/// `.example.com` means what is below; `example.com` the host itself and, for DNS names, what is below.
fn within_domain(domain: &str, base: &str, with_below: bool) -> bool {
    let domain = domain.to_ascii_lowercase();
    let base = base.to_ascii_lowercase();
    if base.is_empty() {
        return true;
    }
    if let Some(parent) = base.strip_prefix('.') {
        return domain
            .strip_suffix(parent)
            .is_some_and(|front| front.ends_with('.'));
    }
    domain == base
        || (with_below
            && domain
                .strip_suffix(&base)
                .is_some_and(|front| front.ends_with('.')))
}

fn host_of(uri: &str) -> &str {
    let authority = uri.split_once("://").map_or("", |(_, rest)| {
        rest.split(['/', '?', '#']).next().unwrap_or_default()
    });
    let host = authority
        .rsplit_once('@')
        .map_or(authority, |(_, host)| host);
    host.split_once(':').map_or(host, |(host, _)| host)
}

fn within_network(address: IpAddr, base: &[u8], mask: &[u8]) -> bool {
    let octets = match address {
        IpAddr::V4(address) => address.octets().to_vec(),
        IpAddr::V6(address) => address.octets().to_vec(),
    };
    octets.len() == base.len()
        && octets
            .iter()
            .zip(base)
            .zip(mask)
            .all(|((octet, base), mask)| octet & mask == base & mask)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> GeneralName {
        text.parse().unwrap()
    }

    #[test]
    fn permitted_and_excluded_subtrees_decide() {
        let constraints = NameConstraints {
            permitted: vec![
                Base::Dns("example.com".into()),
                Base::Ip(vec![192, 0, 2, 0], vec![255, 255, 255, 0]),
                Base::Email(".corp.example".into()),
            ],
            excluded: vec![Base::Dns("secret.example.com".into())],
        };
        for allowed in [
            "dns:example.com",
            "dns:a.example.com",
            "ip:192.0.2.9",
            "email:a@b.corp.example",
            "uri:https://other.example/",
        ] {
            assert!(constraints.allow(&name(allowed)), "{allowed}");
        }
        for refused in [
            "dns:notexample.com",
            "dns:example.org",
            "dns:x.secret.example.com",
            "dns:*.secret.example.com",
            "dns:*.example.com",
            "ip:192.0.3.9",
            "email:a@corp.example",
        ] {
            assert!(!constraints.allow(&name(refused)), "{refused}");
        }
    }

    #[test]
    fn text_becomes_constraints_that_come_back() {
        let rule = NameConstraintsRule {
            permitted: [
                "dns:example.com",
                "email:.corp.example",
                "email:a@b.example",
                "uri:.example.com",
                "ip:192.0.2.0/25",
                "ip:2001:db8::/32",
                "dir:O=Example AG,C=DE",
                "other:1.2.3;utf8:x",
            ]
            .map(str::to_owned)
            .to_vec(),
            excluded: vec!["dns:secret.example.com".into(), "rid:1.2.3".into()],
        };
        let constraints = rule.parse().unwrap();
        let mut writer = Writer::new();
        constraints.write(&mut writer);
        let der = writer.finish();
        let mut list = Writer::new();
        list.sequence(|writer| writer.raw(&der));
        let der = list.finish();
        let extensions = super::super::read_all(&der).unwrap();
        assert!(extensions[0].critical);
        assert_eq!(
            NameConstraints::read(extensions[0].value).unwrap(),
            constraints
        );
        for allowed in [
            "ip:192.0.2.127",
            "ip:2001:db8:1::1",
            "email:a@b.example",
            "smtputf8:ü@x.corp.example",
            "dir:CN=x,O=EXAMPLE  ag,C=DE",
            "other:1.2.3;utf8:x",
            "other:1.2.4;utf8:y",
            "rid:1.2.4",
            "upn:a@b",
        ] {
            assert!(constraints.allow(&name(allowed)), "{allowed}");
        }
        for refused in [
            "ip:192.0.2.128",
            "smtputf8:ü@corp.example",
            "dir:CN=x,O=Other,C=DE",
            "dir:C=DE",
            "other:1.2.3;utf8:y",
            "rid:1.2.3",
        ] {
            assert!(!constraints.allow(&name(refused)), "{refused}");
        }
        let subject = |text: &str| constraints.allow_subject(&text.parse().unwrap());
        assert!(subject("CN=x,O=Example AG,C=DE") && subject(""));
        assert!(!subject("CN=x,O=Other,C=DE"));
        assert!(!subject("emailAddress=a@other.example,O=Example AG,C=DE"));
    }

    #[test]
    fn text_that_is_no_subtree_is_refused() {
        for text in [
            "example.com",
            "dns:*.example.com",
            "dns:a b",
            "email:a@",
            "ip:192.0.2.1",
            "ip:192.0.2.1/24",
            "ip:192.0.2.0/33",
            "ip:x/1",
            "dir:",
            "dir:x",
            "foo:x",
        ] {
            let rule = NameConstraintsRule {
                permitted: vec![text.to_owned()],
                excluded: vec![],
            };
            assert!(rule.parse().is_err(), "{text}");
        }
        assert!(NameConstraintsRule::default().parse().is_err());
    }

    #[test]
    fn extension_is_read() {
        let value = [
            0x30, 0x12, 0xa0, 0x10, 0x30, 0x0e, 0x82, 0x0c, b'.', b'e', b'x', b'a', b'm', b'p',
            b'l', b'e', b'.', b'c', b'o', b'm',
        ];
        let constraints = NameConstraints::read(&value).unwrap();
        assert!(constraints.allow(&name("dns:a.example.com")));
        assert!(!constraints.allow(&name("dns:example.com")));
    }
}
