//! The syntax of names that stand in GeneralNames: RFC 5280 section 4.2.1.6 and what it refers to. Beside the types of
//! `general_name`, which make names, this judges octets that may have come to be in any way.

use crate::asn1::Element;

/// A fault of a name: a MUST that is broken, or a SHOULD.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::lint) enum Fault {
    Must(&'static str),
    Should(&'static str),
}

const fn must(fault: &'static str) -> Result<(), Fault> {
    Err(Fault::Must(fault))
}

/// The octets of an IA5String as text.
pub(in crate::lint) fn ia5<'a>(element: &Element<'a>) -> Result<&'a str, Fault> {
    std::str::from_utf8(element.content)
        .ok()
        .filter(|text| text.is_ascii())
        .ok_or(Fault::Must("it is no IA5String"))
}

/// A dNSName: "preferred name syntax", RFC 1034 section 3.5, as RFC 1123 section 2.1 amends it; `*` as a whole label on
/// the left is left to those who give it a meaning.
pub(in crate::lint) fn dns_name(name: &str) -> Result<(), Fault> {
    if name.is_empty() || name == " " {
        return must("it is empty");
    }
    if name.contains('\0') {
        return must("it has a NUL");
    }
    if name.contains(' ') {
        return must("it has a space");
    }
    if name.len() > 253 {
        return must("it is longer than 253 octets");
    }
    if name.starts_with('.') {
        return must("it begins with a dot");
    }
    let mut last = "";
    let mut should = Ok(());
    for part in name.strip_prefix("*.").unwrap_or(name).split('.') {
        last = part;
        match label(part) {
            // RFC 1034 has no underscore, and hosts have it: whether it is allowed is for the profile to say
            fault @ Err(Fault::Should(_)) => should = fault,
            Err(Fault::Must(fault)) => return must(fault),
            Ok(()) => {}
        }
    }
    if last.bytes().all(|sign| sign.is_ascii_digit()) {
        return must("it is an IP address, or ends like one");
    }
    should
}

fn label(label: &str) -> Result<(), Fault> {
    if label.is_empty() {
        return must("it has an empty label");
    }
    if label.len() > 63 {
        return must("it has a label longer than 63 octets");
    }
    if label.starts_with('-') || label.ends_with('-') {
        return must("a label begins or ends with a hyphen");
    }
    if label.contains('*') {
        return must("* may only be the whole leftmost label");
    }
    let odd = |sign: &u8| !sign.is_ascii_alphanumeric() && *sign != b'-';
    match label.bytes().find(odd) {
        None => a_label(label),
        Some(b'_') if label.bytes().all(|sign| sign == b'_' || !odd(&sign)) => {
            Err(Fault::Should("a label has an underscore"))
        }
        Some(_) => must("its labels may only have letters, digits and hyphens"),
    }
}

/// RFC 9549 section 2: A-labels must be valid, RFC 5891 section 5.4.
fn a_label(label: &str) -> Result<(), Fault> {
    let is_a_label = label
        .get(..4)
        .is_some_and(|front| front.eq_ignore_ascii_case("xn--"));
    if is_a_label && idna::domain_to_unicode(label).1.is_err() {
        return must("it has an A-label that is not valid in IDNA");
    }
    Ok(())
}

/// An rfc822Name: `Mailbox` of RFC 5321 section 4.1.2 in ASCII, without a name or brackets around it.
pub(in crate::lint) fn mailbox(address: &str) -> Result<(), Fault> {
    let Some((local, domain)) = address.rsplit_once('@') else {
        return must("it has no @");
    };
    if local.is_empty() || local.len() > 64 {
        return must("the part before @ must have 1 to 64 characters");
    }
    let quoted = local.len() > 2 && local.starts_with('"') && local.ends_with('"');
    let atom = |sign: u8| sign.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&sign);
    let dotted = local
        .split('.')
        .all(|part| !part.is_empty() && part.bytes().all(atom));
    if !(dotted || quoted && local.bytes().all(|sign| (0x20..0x7f).contains(&sign))) {
        return must("the part before @ has a character that is not allowed");
    }
    host(domain, false)
}

/// A domain name without a wildcard; with `addresses`, also an IP address as URIs write it.
pub(in crate::lint) fn host(host: &str, addresses: bool) -> Result<(), Fault> {
    if addresses && host.parse::<std::net::Ipv4Addr>().is_ok() {
        return Ok(());
    }
    if addresses
        && let Some(address) = host
            .strip_prefix('[')
            .and_then(|rest| rest.strip_suffix(']'))
    {
        return match address.parse::<std::net::Ipv6Addr>() {
            Ok(_) => Ok(()),
            Err(_) => must("its host is no IPv6 address"),
        };
    }
    if host.starts_with('*') {
        return must("its domain must not be a wildcard");
    }
    dns_name(host)
}

/// A uniformResourceIdentifier: absolute, RFC 3986, with a scheme and a part after it; with an authority, its host is a
/// fully qualified domain name or an IP address.
pub(in crate::lint) fn uri(uri: &str) -> Result<(), Fault> {
    let Some((scheme, rest)) = uri.split_once(':') else {
        return must("it has no scheme");
    };
    let mut signs = scheme.bytes();
    let begins_well = signs.next().is_some_and(|sign| sign.is_ascii_alphabetic());
    if !begins_well || !signs.all(|sign| sign.is_ascii_alphanumeric() || b"+-.".contains(&sign)) {
        return must("its scheme is not valid");
    }
    if rest.is_empty() {
        return must("there is nothing after the scheme");
    }
    let allowed =
        |sign: u8| sign.is_ascii_alphanumeric() || b"-._~:/?#[]@!$&'()*+,;=%".contains(&sign);
    if !rest.bytes().all(allowed) {
        return must("it has a character that is not allowed");
    }
    for after in rest.split('%').skip(1) {
        if !after
            .get(..2)
            .is_some_and(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()))
        {
            return must("% must stand before two hexadecimal digits");
        }
    }
    match authority(uri) {
        None => Ok(()),
        Some(authority) => {
            let hosted = authority
                .rsplit_once('@')
                .map_or(authority, |(_, hosted)| hosted);
            let (name, port) = match hosted.rsplit_once(':') {
                Some((name, port)) if !port.contains(']') => (name, port),
                _ => (hosted, ""),
            };
            if !port.bytes().all(|digit| digit.is_ascii_digit()) {
                return must("its port is not a number");
            }
            host(name, true)
        }
    }
}

/// What stands between `//` and the path, if a URI has it.
pub(in crate::lint) fn authority(uri: &str) -> Option<&str> {
    let rest = uri.split_once("://")?.1;
    rest.split(['/', '?', '#']).next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dns_names_are_in_preferred_name_syntax() {
        for good in [
            "a.example",
            "*.a.example",
            "localhost",
            "xn--mnchen-3ya.example",
            "A.b",
        ] {
            assert_eq!(dns_name(good), Ok(()), "{good}");
        }
        for bad in [
            "",
            " ",
            ".a.example",
            "a..example",
            "a.example.",
            "a b.example",
            "-a.example",
            "a-.example",
            "a.*.example",
            "*a.example",
            "192.0.2.1",
            "a@b.example",
            "a\0.example",
            "xn--a.example",
            "ä.example",
        ] {
            assert!(matches!(dns_name(bad), Err(Fault::Must(_))), "{bad:?}");
        }
        assert!(dns_name(&format!("{}.example", "a".repeat(64))).is_err());
        assert!(dns_name(&["abcdefghi"; 26].join(".")).is_err());
        for name in ["_acme.www.a.example", "a_b.example"] {
            assert!(matches!(dns_name(name), Err(Fault::Should(_))));
        }
    }

    #[test]
    fn mailboxes_have_a_local_part_and_a_domain() {
        for good in ["a@b.example", "a.b+c@b.example", "\"a b\"@b.example"] {
            assert_eq!(mailbox(good), Ok(()), "{good}");
        }
        for bad in [
            "a",
            "@b.example",
            "a@",
            "a b@c.example",
            "A <a@b.example>",
            "a@*.example",
            "a..b@c.example",
        ] {
            assert!(mailbox(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn uris_are_absolute_with_a_host_that_can_be() {
        for good in [
            "http://a.example/x",
            "ldap://a.example:389/x?y",
            "urn:a:b",
            "spiffe://a/b",
            "http://[2001:db8::1]/",
            "http://192.0.2.1:80/",
            "http://u@a.example/",
        ] {
            assert_eq!(uri(good), Ok(()), "{good}");
        }
        for bad in [
            "a/b",
            "//a.example/",
            "http:",
            "1http://a.example",
            "http://",
            "http://a b/",
            "http://a..b/",
            "http://a.example/%zz",
            "http://a.example:x/",
            "http://[::g]/",
        ] {
            assert!(uri(bad).is_err(), "{bad}");
        }
    }
}
