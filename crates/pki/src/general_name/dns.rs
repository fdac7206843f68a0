//! DNS names in certificates: RFC 5280 section 4.2.1.6 ("preferred name syntax", RFC 1034 section 3.5, RFC 1123),
//! A-labels only (RFC 5891), a wildcard only as the whole leftmost label (RFC 9525 section 6.3).

use idna::uts46::{AsciiDenyList, DnsLength, Hyphens, Uts46};

use super::{GeneralNameError, checked_text};

const MAX_NAME_BYTES: usize = 253;
const MAX_LABEL_BYTES: usize = 63;

checked_text! {
    /// A DNS name: lower case, A-labels, no final dot, `*` at most as the whole leftmost label.
    DnsName, normalise
}

impl DnsName {
    /// As `new`, with underscores as well: names of hosts in older Windows networks and of service records. The
    /// CA/Browser Forum forbids them; a profile decides.
    pub fn with_underscores(name: &str) -> Result<Self, GeneralNameError> {
        normal(name, true)
            .map(|normal| Self(normal.into()))
            .map_err(|fault| refused(name, fault))
    }

    /// Whether one of its labels has an underscore.
    pub fn has_underscore(&self) -> bool {
        self.contains('_')
    }

    /// Whether its leftmost label is `*`.
    pub fn is_wildcard(&self) -> bool {
        self.starts_with("*.")
    }

    /// The name without `*.` in front: the name whose zone the wildcard stands for.
    pub fn without_wildcard(&self) -> &str {
        self.strip_prefix("*.").unwrap_or(self)
    }
}

pub(super) fn normalise(name: &str) -> Result<String, GeneralNameError> {
    normal(name, false).map_err(|fault| refused(name, fault))
}

fn refused(name: &str, fault: &'static str) -> GeneralNameError {
    GeneralNameError::Dns {
        name: name.escape_debug().to_string(),
        fault,
    }
}

fn normal(name: &str, underscores: bool) -> Result<String, &'static str> {
    // whatever IDNA makes of it, it does not become shorter than a quarter
    if name.len() > 4 * MAX_NAME_BYTES {
        return Err("it is longer than 253 octets");
    }
    if name.ends_with('.') {
        return Err("it must not end with a dot");
    }
    let (wildcard, rest) = match name.strip_prefix("*.") {
        Some(rest) => (true, rest),
        None => (false, name),
    };
    if rest.contains('*') {
        return Err("* may only be the whole leftmost label");
    }
    let mut ascii = rest.to_ascii_lowercase();
    if !is_plain(&ascii) {
        ascii = Uts46::new()
            .to_ascii(
                rest.as_bytes(),
                AsciiDenyList::STD3,
                Hyphens::CheckFirstLast,
                DnsLength::Verify,
            )
            .map_err(|_| "it is not valid in IDNA")?
            .into_owned();
    }
    check(&ascii, underscores)?;
    let normal = if wildcard {
        format!("*.{ascii}")
    } else {
        ascii
    };
    if normal.len() > MAX_NAME_BYTES {
        return Err("it is longer than 253 octets");
    }
    Ok(normal)
}

/// Whether IDNA has nothing to say about it: ASCII without A-labels, whose Punycode would have to be checked.
fn is_plain(name: &str) -> bool {
    name.is_ascii() && !name.split('.').any(|label| label.starts_with("xn--"))
}

fn check(name: &str, underscores: bool) -> Result<(), &'static str> {
    let mut last = "";
    for label in name.split('.') {
        if label.is_empty() {
            return Err("it has an empty label");
        }
        if label.len() > MAX_LABEL_BYTES {
            return Err("it has a label longer than 63 octets");
        }
        let allowed = |sign: u8| {
            sign.is_ascii_lowercase()
                || sign.is_ascii_digit()
                || sign == b'-'
                || (underscores && sign == b'_')
        };
        if !label.bytes().all(allowed) {
            return Err("its labels may only have letters, digits and hyphens");
        }
        if label.starts_with('-') || label.ends_with('-') {
            return Err("a label must not begin or end with a hyphen");
        }
        last = label;
    }
    // covers every spelling of an IPv4 address that a resolver would take for one
    if last.bytes().all(|sign| sign.is_ascii_digit()) || last.starts_with("0x") {
        return Err("it is an IP address, or ends like one");
    }
    Ok(())
}
