//! DER taken apart and put together, of its own and lenient: what is written here is meant to be wrong.

/// Tag, content and all octets of the value in front, and what follows it.
pub(crate) fn split(octets: &[u8]) -> (u8, &[u8], &[u8], &[u8]) {
    let tag = octets[0];
    let (length, header) = match octets[1] {
        short @ ..0x80 => (usize::from(short), 2),
        long => {
            let count = usize::from(long & 0x7f);
            let length = octets[2..2 + count]
                .iter()
                .fold(0, |length, octet| length << 8 | usize::from(*octet));
            (length, 2 + count)
        }
    };
    let (whole, rest) = octets.split_at(header + length);
    (tag, &whole[header..], whole, rest)
}

/// Content of the value in front.
pub(crate) fn content(octets: &[u8]) -> &[u8] {
    split(octets).1
}

/// All octets of the value in front.
pub(crate) fn first(octets: &[u8]) -> &[u8] {
    split(octets).2
}

/// The values that stand one after the other.
pub(crate) fn all(mut octets: &[u8]) -> Vec<&[u8]> {
    let mut values = Vec::new();
    while !octets.is_empty() {
        let (_, _, whole, rest) = split(octets);
        values.push(whole);
        octets = rest;
    }
    values
}

pub(crate) fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut out = vec![tag];
    match content.len() {
        short @ ..0x80 => out.push(short as u8),
        length @ ..0x100 => out.extend([0x81, length as u8]),
        length => {
            out.push(0x82);
            out.extend(u16::try_from(length).unwrap().to_be_bytes());
        }
    }
    out.extend_from_slice(content);
    out
}

pub(crate) fn sequence(parts: &[&[u8]]) -> Vec<u8> {
    tlv(0x30, &parts.concat())
}

pub(crate) fn oid(dotted: &str) -> Vec<u8> {
    let oid = ers_pki::ObjectIdentifier::new(dotted).unwrap();
    tlv(6, oid.as_bytes())
}
