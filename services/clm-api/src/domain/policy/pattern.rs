//! Patterns of names, matched whole label by whole label: `example.com` never lets `notexample.com` through.

use std::str::FromStr;

use serde::{Deserialize, Deserializer, de};

/// Which DNS names: `*` any; `example.com` that one; `.example.com` all below it, at any depth (the form of RFC 5280
/// section 4.2.1.10 for hosts).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DnsPattern {
    /// Every name.
    Any,
    /// One name.
    Exactly(String),
    /// Every name under this one.
    Below(String),
}

/// Which mailboxes (and user principal names): `*` any; `alice@example.com` that one; otherwise a [`DnsPattern`] for
/// the part behind the `@`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MailboxPattern {
    /// One mailbox. The part before the `@` is compared as it is, the other without regard to case.
    Exactly(String, String),
    /// Every mailbox at such a host.
    At(DnsPattern),
}

/// Which URIs: `*` any; one that ends with `/` stands for all that begin with it; otherwise that one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UriPattern {
    /// Every URI.
    Any,
    /// One URI.
    Exactly(String),
    /// Every URI that begins so.
    Under(String),
}

/// Not a pattern.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("read pattern: must be {0}")]
pub struct InvalidPattern(&'static str);

impl DnsPattern {
    /// Whether the name is among them. A wildcard name counts as a name below its base.
    pub fn matches(&self, name: &str) -> bool {
        let name = name.to_ascii_lowercase();
        match self {
            Self::Any => true,
            Self::Exactly(one) => *one == name,
            Self::Below(base) => name
                .strip_suffix(base.as_str())
                .and_then(|rest| rest.strip_suffix('.'))
                .is_some_and(|labels| !labels.is_empty()),
        }
    }
}

impl MailboxPattern {
    /// Whether the mailbox is among them.
    pub fn matches(&self, mailbox: &str) -> bool {
        let Some((local, host)) = mailbox.rsplit_once('@') else {
            return false;
        };
        match self {
            Self::Exactly(one, at) => one == local && at.eq_ignore_ascii_case(host),
            Self::At(pattern) => pattern.matches(host),
        }
    }
}

impl UriPattern {
    /// Whether the URI is among them. `..` is not looked through: a URI that has such a segment only matches exactly.
    pub fn matches(&self, uri: &str) -> bool {
        match self {
            Self::Any => true,
            Self::Exactly(one) => one == uri,
            Self::Under(beginning) => {
                uri.starts_with(beginning.as_str())
                    && !uri.split('/').any(|segment| segment == "..")
            }
        }
    }
}

impl FromStr for DnsPattern {
    type Err = InvalidPattern;

    fn from_str(text: &str) -> Result<Self, InvalidPattern> {
        let wrong =
            InvalidPattern("*, a name like example.com, or .example.com for all names below it");
        if text == "*" {
            return Ok(Self::Any);
        }
        let (below, name) = match text.strip_prefix('.') {
            Some(name) => (true, name),
            None => (false, text),
        };
        // As every other name is: lower case, A-labels.
        let Ok(ers_pki::general_name::GeneralName::Dns(name)) =
            format!("dns:{name}").parse::<ers_pki::general_name::GeneralName>()
        else {
            return Err(wrong);
        };
        let name = name.to_string();
        if name.contains('*') {
            return Err(wrong);
        }
        Ok(if below {
            Self::Below(name)
        } else {
            Self::Exactly(name)
        })
    }
}

impl FromStr for MailboxPattern {
    type Err = InvalidPattern;

    fn from_str(text: &str) -> Result<Self, InvalidPattern> {
        match text.rsplit_once('@') {
            Some((local, host)) if !local.is_empty() && !host.is_empty() => {
                Ok(Self::Exactly(local.to_owned(), host.to_owned()))
            }
            Some(_) => Err(InvalidPattern(
                "*, a mailbox, or a host like example.com or .example.com",
            )),
            None => text.parse().map(Self::At),
        }
    }
}

impl FromStr for UriPattern {
    type Err = InvalidPattern;

    fn from_str(text: &str) -> Result<Self, InvalidPattern> {
        if text == "*" {
            return Ok(Self::Any);
        }
        let after_scheme = text
            .split_once(':')
            .map(|(_, rest)| rest)
            .unwrap_or_default();
        let rest = after_scheme.strip_prefix("//").unwrap_or(after_scheme);
        // "spiffe://" would let every authority through without saying so.
        if rest.is_empty() || rest.starts_with('/') {
            return Err(InvalidPattern(
                "*, a URI, or the beginning of one up to a / behind its authority",
            ));
        }
        Ok(if text.ends_with('/') {
            Self::Under(text.to_owned())
        } else {
            Self::Exactly(text.to_owned())
        })
    }
}

macro_rules! from_text {
    ($($pattern:ty),*) => {$(
        impl<'de> Deserialize<'de> for $pattern {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
            }
        }
    )*};
}

from_text!(DnsPattern, MailboxPattern, UriPattern);

#[cfg(test)]
mod tests {
    use super::*;

    fn dns(pattern: &str, name: &str) -> bool {
        pattern.parse::<DnsPattern>().unwrap().matches(name)
    }

    fn mailbox(pattern: &str, name: &str) -> bool {
        pattern.parse::<MailboxPattern>().unwrap().matches(name)
    }

    fn uri(pattern: &str, name: &str) -> bool {
        pattern.parse::<UriPattern>().unwrap().matches(name)
    }

    #[test]
    fn a_name_pattern_stands_for_that_name_only() {
        assert!(dns("example.com", "example.com"));
        assert!(dns("Example.COM", "example.com"));
        assert!(!dns("example.com", "www.example.com"));
        assert!(!dns("example.com", "notexample.com"));
        assert!(!dns("example.com", "example.com.evil.test"));
    }

    #[test]
    fn a_dot_pattern_stands_for_all_below_but_not_the_name_itself() {
        assert!(dns(".example.com", "www.example.com"));
        assert!(dns(".example.com", "a.b.example.com"));
        assert!(dns(".example.com", "*.example.com"));
        assert!(!dns(".example.com", "example.com"));
        assert!(!dns(".example.com", "notexample.com"));
        assert!(!dns(".example.com", ".example.com"));
    }

    #[test]
    fn a_wildcard_name_is_not_covered_by_its_base_alone() {
        assert!(!dns("example.com", "*.example.com"));
    }

    #[test]
    fn an_umlaut_pattern_covers_the_encoded_name() {
        assert!(dns("bücher.example", "xn--bcher-kva.example"));
    }

    #[test]
    fn patterns_that_say_less_than_they_seem_are_refused() {
        for wrong in [
            "",
            ".",
            "*.example.com",
            "*.*",
            "exa mple.com",
            "example..com",
        ] {
            assert!(wrong.parse::<DnsPattern>().is_err(), "{wrong}");
        }
        for wrong in ["", "spiffe://", "https:", "https:///path", "no-scheme"] {
            assert!(wrong.parse::<UriPattern>().is_err(), "{wrong}");
        }
        assert!("@example.com".parse::<MailboxPattern>().is_err());
    }

    #[test]
    fn mailboxes_match_by_host_or_whole() {
        assert!(mailbox("example.com", "alice@example.com"));
        assert!(mailbox(".example.com", "alice@mail.example.com"));
        assert!(!mailbox("example.com", "alice@example.com.evil.test"));
        assert!(mailbox("alice@example.com", "alice@EXAMPLE.com"));
        assert!(!mailbox("alice@example.com", "bob@example.com"));
        assert!(mailbox("*", "x@y.test"));
        assert!(!mailbox("*", "no-host"));
    }

    #[test]
    fn uris_match_under_a_beginning_that_ends_with_a_slash() {
        assert!(uri("spiffe://prod.test/", "spiffe://prod.test/billing"));
        assert!(!uri(
            "spiffe://prod.test/",
            "spiffe://prod.test.evil/billing"
        ));
        assert!(!uri("spiffe://prod.test/", "spiffe://prod.test/../dev"));
        assert!(uri("urn:example:1", "urn:example:1"));
        assert!(!uri("urn:example:1", "urn:example:12"));
    }
}
