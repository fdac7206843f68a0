//! What signer and token worker say to each other over their socket pair: a header in JSON and a body of octets, each
//! with its length before it (four octets, big-endian).

use std::io::{self, Read, Write};

use serde::Serialize;
use serde::de::DeserializeOwned;

const MAX_HEADER: usize = 1024 * 1024;
/// A CRL that the token hashes itself, and a little more.
const MAX_BODY: usize = 66 * 1024 * 1024;

/// Writes header and body in one piece.
pub(super) fn write(to: &mut impl Write, header: &impl Serialize, body: &[u8]) -> io::Result<()> {
    let header = serde_json::to_vec(header)?;
    let mut octets = Vec::with_capacity(8 + header.len() + body.len());
    octets.extend(length(header.len())?);
    octets.extend(length(body.len())?);
    octets.extend(header);
    octets.extend(body);
    to.write_all(&octets)
}

/// Reads header and body.
pub(super) fn read<T: DeserializeOwned>(from: &mut impl Read) -> io::Result<(T, Vec<u8>)> {
    let mut lengths = [0; 8];
    from.read_exact(&mut lengths)?;
    let lengths = u64::from_be_bytes(lengths);
    let header = within(lengths >> 32, MAX_HEADER)?;
    let body = within(lengths & u64::from(u32::MAX), MAX_BODY)?;
    let mut octets = vec![0; header + body];
    from.read_exact(&mut octets)?;
    let body = octets.split_off(header);
    Ok((serde_json::from_slice(&octets)?, body))
}

fn length(length: usize) -> io::Result<[u8; 4]> {
    u32::try_from(length)
        .map(u32::to_be_bytes)
        .map_err(|_| io::ErrorKind::InvalidInput.into())
}

fn within(length: u64, most: usize) -> io::Result<usize> {
    usize::try_from(length)
        .ok()
        .filter(|length| *length <= most)
        .ok_or_else(|| io::ErrorKind::InvalidData.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn header_and_body_come_through_and_lengths_without_end_do_not() {
        let mut octets = Vec::new();
        write(&mut octets, &("call", 7), b"\x00body").unwrap();
        let read_back: ((String, u32), Vec<u8>) = read(&mut octets.as_slice()).unwrap();
        assert_eq!(read_back, (("call".to_owned(), 7), b"\x00body".to_vec()));
        let endless = [0xff; 16];
        let refused = read::<u8>(&mut endless.as_slice()).unwrap_err();
        assert_eq!(refused.kind(), io::ErrorKind::InvalidData);
        assert!(read::<u8>(&mut &octets[..10]).is_err());
    }
}
