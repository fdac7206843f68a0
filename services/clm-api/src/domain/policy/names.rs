//! Which subject alternative names a policy allows. A kind that is not mentioned is not allowed.

use ers_pki::{general_name::GeneralName, profile::Pattern};
use serde::Deserialize;

use super::{
    network::Network,
    pattern::{DnsPattern, MailboxPattern, UriPattern},
};

/// Which names, by kind.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NameRules {
    /// Most names in one certificate.
    #[serde(default = "usual_most")]
    pub most: usize,
    /// DNS names.
    #[serde(default)]
    pub dns: Vec<DnsPattern>,
    /// Whether DNS names may begin with `*.`
    #[serde(default)]
    pub wildcards: bool,
    /// Addresses.
    #[serde(default)]
    pub ip: Vec<Network>,
    /// Mail addresses.
    #[serde(default)]
    pub email: Vec<MailboxPattern>,
    /// URIs.
    #[serde(default)]
    pub uri: Vec<UriPattern>,
    /// User principal names.
    #[serde(default)]
    pub upn: Vec<MailboxPattern>,
    /// Mail addresses with letters beyond ASCII before the `@` (RFC 9598).
    #[serde(default)]
    pub smtputf8: Vec<MailboxPattern>,
    /// Directory names, as RFC 4514 writes them: regular expressions for the whole of it.
    #[serde(default)]
    pub dir: Vec<Pattern>,
    /// Registered ids, dotted: regular expressions likewise.
    #[serde(default)]
    pub rid: Vec<Pattern>,
    /// Other names, as `1.2.3;utf8:text`: regular expressions likewise.
    #[serde(default)]
    pub other: Vec<Pattern>,
    /// Whether the edge must have proven control of every name, as ACME does.
    #[serde(default)]
    pub must_be_proven: bool,
    /// Whether at least one name is needed.
    #[serde(default)]
    pub required: bool,
}

/// Why a name is not allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unnamed {
    /// The policy says nothing of this kind of name.
    Kind,
    /// It allows no wildcards.
    Wildcard,
    /// It allows others.
    Other,
}

impl Default for NameRules {
    fn default() -> Self {
        Self {
            most: usual_most(),
            dns: vec![],
            wildcards: false,
            ip: vec![],
            email: vec![],
            uri: vec![],
            upn: vec![],
            smtputf8: vec![],
            dir: vec![],
            rid: vec![],
            other: vec![],
            must_be_proven: false,
            required: false,
        }
    }
}

fn usual_most() -> usize {
    100
}

impl NameRules {
    /// The kinds of names that may be there and that clients are told of, as in `dns:example.com`.
    pub fn kinds(&self) -> Vec<&'static str> {
        [
            ("dns", self.dns.is_empty()),
            ("ip", self.ip.is_empty()),
            ("email", self.email.is_empty()),
            ("uri", self.uri.is_empty()),
            ("upn", self.upn.is_empty()),
        ]
        .into_iter()
        .filter(|(_, none)| !none)
        .map(|(kind, _)| kind)
        .collect()
    }

    /// Whether one name may stand in a certificate.
    pub fn check(&self, name: &GeneralName) -> Result<(), Unnamed> {
        let (mentioned, allowed) = match name {
            GeneralName::Dns(dns) => {
                let dns: &str = dns.as_ref();
                if dns.starts_with("*.") && !self.wildcards && !self.dns.is_empty() {
                    return Err(Unnamed::Wildcard);
                }
                (
                    !self.dns.is_empty(),
                    self.dns.iter().any(|pattern| pattern.matches(dns)),
                )
            }
            GeneralName::Ip(address) => (
                !self.ip.is_empty(),
                self.ip.iter().any(|network| network.contains(*address)),
            ),
            GeneralName::Email(mailbox) => {
                let mailbox: &str = mailbox.as_ref();
                (
                    !self.email.is_empty(),
                    self.email.iter().any(|pattern| pattern.matches(mailbox)),
                )
            }
            GeneralName::Uri(uri) => {
                let uri: &str = uri.as_ref();
                (
                    !self.uri.is_empty(),
                    self.uri.iter().any(|pattern| pattern.matches(uri)),
                )
            }
            GeneralName::Upn(upn) => {
                let upn: &str = upn.as_ref();
                (
                    !self.upn.is_empty(),
                    self.upn.iter().any(|pattern| pattern.matches(upn)),
                )
            }
            GeneralName::SmtpUtf8(_) => {
                let mailbox = name.value();
                (
                    !self.smtputf8.is_empty(),
                    self.smtputf8
                        .iter()
                        .any(|pattern| pattern.matches(&mailbox)),
                )
            }
            GeneralName::Directory(_) => among(&self.dir, name),
            GeneralName::Rid(_) => among(&self.rid, name),
            GeneralName::Other(_) => among(&self.other, name),
        };
        match (mentioned, allowed) {
            (true, true) => Ok(()),
            (true, false) => Err(Unnamed::Other),
            (false, _) => Err(Unnamed::Kind),
        }
    }
}

/// Whether there are patterns, and one holds for the name.
fn among(patterns: &[Pattern], name: &GeneralName) -> (bool, bool) {
    let value = name.value();
    let allowed = patterns.iter().any(|pattern| pattern.matches(&value));
    (!patterns.is_empty(), allowed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(yaml: &str) -> NameRules {
        serde_norway::from_str(yaml).unwrap()
    }

    fn check(yaml: &str, name: &str) -> Result<(), Unnamed> {
        rules(yaml).check(&name.parse().unwrap())
    }

    #[test]
    fn each_kind_has_its_own_rules() {
        let yaml = "{dns: [.example.com], ip: [192.0.2.0/24], email: [example.com], uri: ['urn:x:1'], upn: ['*']}";
        for allowed in [
            "dns:www.example.com",
            "ip:192.0.2.1",
            "email:a@example.com",
            "uri:urn:x:1",
            "upn:a@corp.test",
        ] {
            assert_eq!(check(yaml, allowed), Ok(()), "{allowed}");
        }
        for other in [
            "dns:example.org",
            "ip:192.0.3.1",
            "email:a@example.org",
            "uri:urn:x:2",
        ] {
            assert_eq!(check(yaml, other), Err(Unnamed::Other), "{other}");
        }
    }

    #[test]
    fn a_kind_that_is_not_mentioned_is_not_allowed() {
        assert_eq!(check("{dns: ['*']}", "ip:192.0.2.1"), Err(Unnamed::Kind));
        assert_eq!(
            check("{ip: ['0.0.0.0/0']}", "dns:a.test"),
            Err(Unnamed::Kind)
        );
        for name in [
            "dns:a.test",
            "ip:192.0.2.1",
            "email:a@b.test",
            "uri:urn:x:1",
            "upn:a@b.test",
        ] {
            assert_eq!(check("{}", name), Err(Unnamed::Kind), "{name}");
        }
    }

    #[test]
    fn names_of_the_rarer_kinds_have_rules_too() {
        let yaml = r"{smtputf8: [example.com], dir: ['CN=[a-z]+,O=Example'], rid: ['1\.3\.6\.1\.4\.1\.99999\..*'], other: ['1\.2\.3;utf8:badge-[0-9]+']}";
        for allowed in [
            "smtputf8:josé@example.com",
            "dir:CN=printer,O=Example",
            "rid:1.3.6.1.4.1.99999.7",
            "other:1.2.3;utf8:badge-12",
        ] {
            assert_eq!(check(yaml, allowed), Ok(()), "{allowed}");
            assert_eq!(check("{}", allowed), Err(Unnamed::Kind), "{allowed}");
        }
        for other in [
            "smtputf8:josé@example.org",
            "dir:CN=printer,O=Example,C=DE",
            "rid:1.3.6.1.4.1.9999",
            "other:1.2.3;utf8:badge-12x",
            "other:1.2.4;utf8:badge-12",
        ] {
            assert_eq!(check(yaml, other), Err(Unnamed::Other), "{other}");
        }
        assert!(serde_norway::from_str::<NameRules>("{dir: ['(']}").is_err());
    }

    #[test]
    fn wildcards_need_a_word_of_their_own() {
        assert_eq!(
            check("{dns: ['*']}", "dns:*.a.test"),
            Err(Unnamed::Wildcard)
        );
        assert_eq!(
            check("{dns: ['*'], wildcards: true}", "dns:*.a.test"),
            Ok(())
        );
    }
}
