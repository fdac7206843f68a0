//! Subject alternative names and the common name: sections 4.2.2, 7.1.2.7.2, 7.1.2.7.12 and 7.1.4.3.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::asn1::{Element, oid};
use crate::lint::facts::Facts;
use crate::lint::finding::Findings;
use crate::lint::rfc5280::syntax;
use crate::lint::rules;
use crate::name::{Attribute, AttributeType};

rules! { CabfTls:
    MISSING = Error "cabf-tls-san" ["BR §7.1.2.7.12"]
        "there must be a subject alternative name";
    KIND = Error "cabf-tls-san-kind" ["BR §7.1.2.7.12"]
        "subject alternative names must be dNSName or iPAddress";
    INTERNAL = Error "cabf-tls-internal-name" ["BR §4.2.2, §7.1.2.7.12"]
        "names must be in the public DNS";
    RESERVED_IP = Error "cabf-tls-reserved-ip" ["BR §4.2.2, §7.1.2.7.12"]
        "IP addresses must not be reserved";
    UNDERSCORE = Error "cabf-tls-underscore" ["BR §7.1.2.7.12"]
        "names must not have underscores";
    RESERVED_LABEL = Error "cabf-tls-reserved-label" ["BR §7.1.2.7.12"]
        "labels with hyphens in places three and four must be A-labels";
    WILDCARD = Error "cabf-tls-wildcard" ["BR §1.6.1, §3.2.2.6"]
        "a wildcard must be the whole leftmost label, before at least two others";
    COMMON_NAME = Warning "cabf-tls-common-name" ["BR §7.1.4.3"]
        "a common name is not recommended";
    COMMON_NAME_FROM_SAN = Error "cabf-tls-common-name-from-san" ["BR §7.1.4.3"]
        "the common name must be one of the subject alternative names, letter by letter";
}

/// Names that the DNS will never have, or not beyond one network: RFC 6761, RFC 6762, RFC 8375, RFC 2606, ICANN's
/// `internal`.
const NOT_PUBLIC: [&str; 14] = [
    "local",
    "localhost",
    "localdomain",
    "internal",
    "intranet",
    "private",
    "corp",
    "home",
    "lan",
    "test",
    "example",
    "invalid",
    "alt",
    "home.arpa",
];

pub(in crate::lint) fn check(facts: &Facts<'_>, findings: &mut Findings) {
    if !super::is_subscriber(facts) {
        return;
    }
    findings.check(
        &MISSING,
        facts.extension(oid::SUBJECT_ALTERNATIVE_NAME).is_none(),
    );
    for name in facts.alternative_names() {
        match name.tag {
            0x82 => {
                if let Ok(text) = syntax::ia5(name) {
                    dns_name(text, findings);
                }
            }
            0x87 => ip_address(name.content, findings),
            _ => findings.add(&KIND),
        }
    }
    for attribute in facts.subject_attributes() {
        if attribute.oid == AttributeType::COMMON_NAME {
            findings.add(&COMMON_NAME);
            let found = facts
                .alternative_names()
                .iter()
                .any(|name| is_same(attribute, name));
            findings.check(&COMMON_NAME_FROM_SAN, !found);
        }
    }
}

fn dns_name(name: &str, findings: &mut Findings) {
    let said = |rule, findings: &mut Findings, fault: &str| {
        findings.say(rule, || format!("\"{}\": {fault}", name.escape_default()));
    };
    let lower = name.to_ascii_lowercase();
    let bare = lower.strip_prefix("*.").unwrap_or(&lower);
    if bare.contains('*') || lower.starts_with("*.") && !bare.contains('.') {
        said(&WILDCARD, findings, WILDCARD.text);
    }
    let private = NOT_PUBLIC.iter().any(|suffix| {
        bare == *suffix
            || bare
                .strip_suffix(suffix)
                .is_some_and(|front| front.ends_with('.'))
    });
    if private || !bare.contains('.') {
        said(&INTERNAL, findings, "it is not in the public DNS");
    }
    if lower.contains('_') {
        said(&UNDERSCORE, findings, "it has an underscore");
    }
    let reserved =
        |label: &str| label.as_bytes().get(2..4) == Some(b"--") && !label.starts_with("xn--");
    if bare.split('.').any(reserved) {
        said(&RESERVED_LABEL, findings, RESERVED_LABEL.text);
    }
}

fn ip_address(octets: &[u8], findings: &mut Findings) {
    if let Some(address) = address_of(octets)
        && is_reserved(address)
    {
        findings.say(&RESERVED_IP, || format!("{address} is reserved"));
    }
}

fn address_of(octets: &[u8]) -> Option<IpAddr> {
    let four = || <[u8; 4]>::try_from(octets).map(IpAddr::from);
    let sixteen = || <[u8; 16]>::try_from(octets).map(IpAddr::from);
    four().or_else(|_| sixteen()).ok()
}

/// IANA's registries of special-purpose addresses, those that are not globally reachable.
pub(in crate::lint) fn is_reserved(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_reserved_v4(address),
        IpAddr::V6(address) => is_reserved_v6(address),
    }
}

fn is_reserved_v4(address: Ipv4Addr) -> bool {
    const NETWORKS: [([u8; 4], u32); 16] = [
        ([0, 0, 0, 0], 8),
        ([10, 0, 0, 0], 8),
        ([100, 64, 0, 0], 10),
        ([127, 0, 0, 0], 8),
        ([169, 254, 0, 0], 16),
        ([172, 16, 0, 0], 12),
        ([192, 0, 0, 0], 24),
        ([192, 0, 2, 0], 24),
        ([192, 88, 99, 0], 24),
        ([192, 168, 0, 0], 16),
        ([198, 18, 0, 0], 15),
        ([198, 51, 100, 0], 24),
        ([203, 0, 113, 0], 24),
        ([224, 0, 0, 0], 4),
        ([240, 0, 0, 0], 4),
        ([255, 255, 255, 255], 32),
    ];
    let number = address.to_bits();
    NETWORKS.iter().any(|(network, bits)| {
        let network = u32::from_be_bytes(*network);
        (number ^ network).checked_shr(32 - bits).unwrap_or(0) == 0
    })
}

fn is_reserved_v6(address: Ipv6Addr) -> bool {
    if let Some(four) = address.to_ipv4_mapped() {
        return is_reserved_v4(four) || address.segments()[5] == 0xffff;
    }
    let [first, second, ..] = address.segments();
    // global unicast is 2000::/3; within it documentation, benchmarking, ORCHID and Teredo are set apart
    first & 0xe000 != 0x2000
        || first == 0x2001 && (second < 0x0200 || second == 0x0db8)
        || first == 0x3fff && second < 0x1000
        || first == 0x2002
}

/// Section 7.1.4.3: a DNS name character for character; an IP address in its text form, RFC 5952 for IPv6.
fn is_same(common_name: &Attribute<'_>, name: &Element<'_>) -> bool {
    match name.tag {
        0x82 => name.content == common_name.content,
        0x87 => address_of(name.content)
            .is_some_and(|address| address.to_string().as_bytes() == common_name.content),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reserved_addresses_are_known() {
        for reserved in [
            "10.1.2.3",
            "172.31.0.1",
            "192.168.0.1",
            "127.0.0.1",
            "224.0.0.1",
            "255.255.255.255",
            "100.64.0.1",
            "::1",
            "fe80::1",
            "fc00::1",
            "2001:db8::1",
            "::ffff:10.0.0.1",
            "3fff::1",
        ] {
            assert!(is_reserved(reserved.parse().unwrap()), "{reserved}");
        }
        for public in ["8.8.8.8", "172.32.0.1", "2a00:1450::1", "2001:4860::1"] {
            assert!(!is_reserved(public.parse().unwrap()), "{public}");
        }
    }
}
