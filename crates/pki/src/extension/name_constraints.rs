//! Name constraints of a CA, RFC 5280 section 4.2.1.10: which names may stand in certificates below it.

use std::net::IpAddr;

use super::{Malformed, Reader, ascii};
use crate::asn1::tag;
use crate::general_name::GeneralName;

/// A base name of a subtree.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Base {
    Dns(String),
    Email(String),
    Uri(String),
    /// Address and mask.
    Ip(Vec<u8>, Vec<u8>),
    /// Another kind, by its tag: nothing can be matched against it, so that it excludes nothing that we issue.
    Other(u8),
}

/// Permitted and excluded subtrees.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct NameConstraints {
    permitted: Vec<Base>,
    excluded: Vec<Base>,
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
}

impl Base {
    fn is_kind_of(&self, name: &GeneralName) -> bool {
        matches!(
            (self, name),
            (Self::Dns(_), GeneralName::Dns(_))
                | (Self::Email(_), GeneralName::Email(_))
                | (Self::Uri(_), GeneralName::Uri(_))
                | (Self::Ip(..), GeneralName::Ip(_))
                | (Self::Other(0xa0), GeneralName::Upn(_))
        )
    }

    fn contains(&self, name: &GeneralName) -> bool {
        match (self, name) {
            (Self::Dns(base), GeneralName::Dns(name)) => {
                within_domain(name.without_wildcard(), base, true)
            }
            (Self::Email(base), GeneralName::Email(address)) if base.contains('@') => {
                base.eq_ignore_ascii_case(address)
            }
            (Self::Email(base), GeneralName::Email(address)) => within_domain(
                address.rsplit_once('@').map_or("", |(_, domain)| domain),
                base,
                false,
            ),
            (Self::Uri(base), GeneralName::Uri(uri)) => within_domain(host_of(uri), base, false),
            (Self::Ip(base, mask), GeneralName::Ip(address)) => {
                within_network(*address, base, mask)
            }
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
            other => Base::Other(other),
        });
    }
    Ok(bases)
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
