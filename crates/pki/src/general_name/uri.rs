//! URIs in certificates: absolute, ASCII (RFC 5280 section 4.2.1.6, RFC 3986).

use std::net::Ipv6Addr;

use super::{GeneralNameError, checked_text, dns};

const MAX_URI_BYTES: usize = 2048;

checked_text! {
    /// An absolute URI in ASCII; the scheme in lower case, all else kept as written.
    Uri, normalise
}

fn normalise(uri: &str) -> Result<String, GeneralNameError> {
    normal(uri).map_err(|fault| GeneralNameError::Uri {
        name: uri.escape_debug().to_string(),
        fault,
    })
}

fn normal(uri: &str) -> Result<String, &'static str> {
    if uri.len() > MAX_URI_BYTES {
        return Err("it is longer than 2048 octets");
    }
    let (scheme, rest) = uri.split_once(':').ok_or("it has no scheme")?;
    let mut letters = scheme.bytes();
    let first_is_letter = letters
        .next()
        .is_some_and(|sign| sign.is_ascii_alphabetic());
    if !first_is_letter
        || !letters.all(|sign| sign.is_ascii_alphanumeric() || b"+-.".contains(&sign))
    {
        return Err("its scheme is not valid");
    }
    if rest.is_empty() {
        return Err("there is nothing after the scheme");
    }
    check_signs(rest.as_bytes())?;
    if let Some(after) = rest.strip_prefix("//") {
        check_authority(after.split(['/', '?', '#']).next().unwrap_or_default())?;
    }
    Ok(format!("{}:{rest}", scheme.to_ascii_lowercase()))
}

fn check_signs(octets: &[u8]) -> Result<(), &'static str> {
    let allowed =
        |sign: u8| sign.is_ascii_alphanumeric() || b"-._~:/?#[]@!$&'()*+,;=%".contains(&sign);
    if !octets.iter().all(|sign| allowed(*sign)) {
        return Err("it has a character that is not allowed");
    }
    for (place, sign) in octets.iter().enumerate() {
        let digits = octets.get(place + 1..place + 3);
        if *sign == b'%' && !digits.is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit)) {
            return Err("% must stand before two hexadecimal digits");
        }
    }
    Ok(())
}

/// The host must be a DNS name or an IP address.
fn check_authority(authority: &str) -> Result<(), &'static str> {
    let host_and_port = authority
        .rsplit_once('@')
        .map_or(authority, |(_, host)| host);
    if let Some(bracketed) = host_and_port.strip_prefix('[') {
        let (address, port) = bracketed.split_once(']').ok_or("its host is not valid")?;
        address
            .parse::<Ipv6Addr>()
            .map_err(|_| "its host is not valid")?;
        return check_port(port.strip_prefix(':'), port.is_empty());
    }
    let (host, port) = match host_and_port.split_once(':') {
        Some((host, port)) => (host, Some(port)),
        None => (host_and_port, None),
    };
    if host.parse::<std::net::Ipv4Addr>().is_err()
        && (host.contains('*') || dns::normalise(host).is_err())
    {
        return Err("its host is not valid");
    }
    check_port(port, port.is_none())
}

fn check_port(port: Option<&str>, absent: bool) -> Result<(), &'static str> {
    if absent || port.is_some_and(|port| port.is_empty() || port.parse::<u16>().is_ok()) {
        Ok(())
    } else {
        Err("its port is not valid")
    }
}
