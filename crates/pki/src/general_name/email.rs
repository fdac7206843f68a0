//! E-mail addresses (RFC 5321 Mailbox in ASCII, RFC 5280 section 4.2.1.6; with other signs before @, RFC 9598) and user
//! principal names.

use super::{GeneralNameError, checked_text, dns};

const MAX_LOCAL_BYTES: usize = 64;
const MAX_ADDRESS_BYTES: usize = 254;

checked_text! {
    /// An e-mail address with an ASCII local part; the domain in lower case and A-labels.
    EmailAddress, normalise_email
}

checked_text! {
    /// An e-mail address whose local part is not ASCII, RFC 9598; the domain in lower case and A-labels.
    SmtpUtf8Mailbox, normalise_smtp_utf8
}

checked_text! {
    /// A user principal name, `user@domain`, in UTF-8; kept as written.
    UserPrincipalName, normalise_upn
}

fn normalise_email(address: &str) -> Result<String, GeneralNameError> {
    normal_email(address).map_err(|fault| GeneralNameError::Email {
        name: address.escape_debug().to_string(),
        fault,
    })
}

fn normal_email(address: &str) -> Result<String, &'static str> {
    let (local, domain) = address.rsplit_once('@').ok_or("it has no @")?;
    if local.is_empty() || local.len() > MAX_LOCAL_BYTES {
        return Err("the part before @ must have 1 to 64 characters");
    }
    // dot-atom, RFC 5322 section 3.2.3; quoted local parts are legal and nobody can use them
    let is_atom = |sign: u8| sign.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&sign);
    if !local
        .split('.')
        .all(|atom| !atom.is_empty() && atom.bytes().all(is_atom))
    {
        return Err("the part before @ has a character that is not allowed");
    }
    if domain.starts_with('*') {
        return Err("the domain must not be a wildcard");
    }
    let domain = dns::normalise(domain).map_err(|_| "the domain is not valid")?;
    let normal = format!("{local}@{domain}");
    if normal.len() > MAX_ADDRESS_BYTES {
        Err("it is longer than 254 octets")
    } else {
        Ok(normal)
    }
}

fn normalise_smtp_utf8(address: &str) -> Result<String, GeneralNameError> {
    normal_smtp_utf8(address).map_err(|fault| GeneralNameError::Email {
        name: address.escape_debug().to_string(),
        fault,
    })
}

/// RFC 9598 section 3: Mailbox of RFC 6531, no byte order mark, A-labels; an ASCII local part belongs in rfc822Name.
fn normal_smtp_utf8(address: &str) -> Result<String, &'static str> {
    let (local, domain) = address.rsplit_once('@').ok_or("it has no @")?;
    if local.is_empty() || local.len() > MAX_LOCAL_BYTES {
        return Err("the part before @ must have 1 to 64 octets");
    }
    if local.is_ascii() {
        return Err("the part before @ is ASCII: this is an email name");
    }
    let is_atom = |sign: char| {
        sign.is_ascii_alphanumeric()
            || "!#$%&'*+-/=?^_`{|}~".contains(sign)
            || !(sign.is_ascii() || sign.is_control() || sign.is_whitespace() || sign == '\u{feff}')
    };
    if !local
        .split('.')
        .all(|atom| !atom.is_empty() && atom.chars().all(is_atom))
    {
        return Err("the part before @ has a character that is not allowed");
    }
    if domain.starts_with('*') {
        return Err("the domain must not be a wildcard");
    }
    let domain = dns::normalise(domain).map_err(|_| "the domain is not valid")?;
    let normal = format!("{local}@{domain}");
    if normal.len() > MAX_ADDRESS_BYTES {
        Err("it is longer than 254 octets")
    } else {
        Ok(normal)
    }
}

fn normalise_upn(name: &str) -> Result<String, GeneralNameError> {
    let fault = |fault| {
        Err(GeneralNameError::Upn {
            name: name.escape_debug().to_string(),
            fault,
        })
    };
    match name.split_once('@') {
        None => fault("it has no @"),
        Some((user, domain)) if user.is_empty() || domain.is_empty() || domain.contains('@') => {
            fault("it must be of the form user@domain")
        }
        Some(_) if name.len() > MAX_ADDRESS_BYTES => fault("it is longer than 254 octets"),
        Some(_)
            if name
                .chars()
                .any(|sign| sign.is_control() || sign.is_whitespace()) =>
        {
            fault("it has white space or a control character")
        }
        Some(_) => Ok(name.to_owned()),
    }
}
