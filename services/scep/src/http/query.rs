//! The query of an operation. It is read by hand: in the message of a GET, base64, clients leave `+` as it is, where a
//! form would have a space.

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

/// Longest query: a message of 48 KiB in base64 with every sign escaped would be longer, and goes by POST.
const LONGEST: usize = 64 * 1024;

/// Clients leave padding away, and bits over.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// What is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    /// GetCACaps.
    Capabilities,
    /// GetCACert.
    CaCertificates,
    /// GetNextCACert.
    NextCaCertificates,
    /// PKIOperation.
    Message,
}

/// The operation of a query.
pub fn operation(query: &str) -> Option<Operation> {
    if query.len() > LONGEST {
        return None;
    }
    let word = find(query, "operation")?;
    [
        ("GetCACaps", Operation::Capabilities),
        ("GetCACert", Operation::CaCertificates),
        ("GetNextCACert", Operation::NextCaCertificates),
        ("PKIOperation", Operation::Message),
    ]
    .into_iter()
    .find(|(name, _)| name.eq_ignore_ascii_case(word))
    .map(|(_, operation)| operation)
}

/// The message of a GET.
pub fn message(query: &str) -> Option<Vec<u8>> {
    let unescaped = unescape(find(query, "message")?)?;
    let base64: Vec<u8> = unescaped
        .into_iter()
        .map(|octet| if octet == b' ' { b'+' } else { octet })
        .filter(|octet| !octet.is_ascii_whitespace())
        .collect();
    LENIENT.decode(base64).ok()
}

fn find<'a>(query: &'a str, name: &str) -> Option<&'a str> {
    query.split('&').find_map(|pair| {
        let (key, value) = pair.split_once('=')?;
        key.eq_ignore_ascii_case(name).then_some(value)
    })
}

fn unescape(text: &str) -> Option<Vec<u8>> {
    let mut octets = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        if *first != b'%' {
            octets.push(*first);
            rest = after;
            continue;
        }
        let digits = after.get(..2)?;
        let mut octet = [0];
        hex::decode_to_slice(digits, &mut octet).ok()?;
        octets.extend(octet);
        rest = after.get(2..)?;
    }
    Some(octets)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operations_are_found_wherever_they_stand_and_however_they_are_written() {
        for query in [
            "operation=GetCACert",
            "operation=getcacert&message=x",
            "message=ca&operation=GetCACert",
            "Operation=GetCACert",
        ] {
            assert_eq!(operation(query), Some(Operation::CaCertificates), "{query}");
        }
        for query in [
            "",
            "operation",
            "operation=",
            "operation=Get",
            "message=GetCACert",
        ] {
            assert_eq!(operation(query), None, "{query}");
        }
        assert_eq!(
            operation(&format!(
                "operation=GetCACert&message={}",
                "A".repeat(LONGEST)
            )),
            None
        );
    }

    #[test]
    fn messages_come_escaped_unescaped_and_without_padding() {
        let octets = [0xfb, 0xef, 0xff, 1];
        for text in [
            "++//AQ==",
            "++//AQ",
            "%2B%2b%2F/AQ%3D%3D",
            "  //AQ==",
            "++//%0AAQ==",
        ] {
            let query = format!("operation=PKIOperation&message={text}");
            assert_eq!(message(&query).as_deref(), Some(&octets[..]), "{text}");
        }
        for text in ["%", "%2", "%zz", "*", "ä"] {
            assert_eq!(message(&format!("message={text}")), None, "{text}");
        }
        assert_eq!(message("operation=PKIOperation"), None);
    }
}
