//! Keys that are known to others: made by a broken generator (Debian, CVE-2008-0166), published, or compromised.
//! We ship no list; operators hand one over. One key a line, `#` begins a comment:
//!
//! - 20 hexadecimal digits: a line of Debian's `openssl-blacklist`, the last 80 bits of SHA-1 over `Modulus=`, the RSA
//!   modulus in capital hexadecimal digits, and a line feed;
//! - 16 to 64 hexadecimal digits, an even number other than 20: the first octets of SHA-256 over the
//!   SubjectPublicKeyInfo.

use std::collections::{BTreeMap, HashSet};

use aws_lc_rs::digest;

use super::PublicKey;
use crate::asn1::{integer_octets, parse_all, tag};

/// Octets of a line of Debian's.
const DEBIAN_BYTES: usize = 10;
/// Fewest octets of a hash: fewer would meet sound keys by chance.
const MIN_PREFIX_BYTES: usize = 8;

/// Keys that nobody may have certified.
#[derive(Debug, Clone, Default)]
pub struct WeakKeys {
    /// Ends of SHA-1 over moduli, as Debian has them.
    debian: HashSet<[u8; DEBIAN_BYTES]>,
    /// Beginnings of SHA-256 over SubjectPublicKeyInfos, by their length.
    prefixes: BTreeMap<usize, HashSet<Box<[u8]>>>,
}

/// A line that is no key. Lines count from 1.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("read list of weak keys: line {0} is neither 20 nor 16 to 64 hexadecimal digits")]
pub struct WeakKeysError(usize);

impl WeakKeys {
    /// Reads a list.
    pub fn from_text(text: &str) -> Result<Self, WeakKeysError> {
        let mut keys = Self::default();
        for (number, line) in text.lines().enumerate() {
            let line = line.split('#').next().unwrap_or_default().trim();
            if line.is_empty() {
                continue;
            }
            let octets = hex::decode(line).map_err(|_| WeakKeysError(number + 1))?;
            if let Ok(end) = <[u8; DEBIAN_BYTES]>::try_from(octets.as_slice()) {
                keys.debian.insert(end);
            } else if (MIN_PREFIX_BYTES..=32).contains(&octets.len()) {
                let same_length = keys.prefixes.entry(octets.len()).or_default();
                same_length.insert(octets.into());
            } else {
                return Err(WeakKeysError(number + 1));
            }
        }
        Ok(keys)
    }

    /// Takes those of another list too.
    pub fn extend(&mut self, other: Self) {
        self.debian.extend(other.debian);
        for (length, keys) in other.prefixes {
            self.prefixes.entry(length).or_default().extend(keys);
        }
    }

    /// How many keys there are.
    pub fn len(&self) -> usize {
        self.debian.len() + self.prefixes.values().map(HashSet::len).sum::<usize>()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether the key is one of them.
    pub fn contains(&self, key: &PublicKey) -> bool {
        let hash = digest::digest(&digest::SHA256, key.spki_der());
        let listed = self.prefixes.iter().any(|(length, keys)| {
            let prefix = hash.as_ref().get(..*length);
            prefix.is_some_and(|prefix| keys.contains(prefix))
        });
        listed
            || (!self.debian.is_empty()
                && debian_hash(key).is_some_and(|end| self.debian.contains(&end)))
    }
}

/// The last 80 bits of SHA-1 over `Modulus=…\n`, what `openssl rsa -modulus` prints; `None` for keys that are not RSA.
fn debian_hash(key: &PublicKey) -> Option<[u8; DEBIAN_BYTES]> {
    key.algorithm().modulus_bits()?;
    let modulus = parse_all(key.key_octets(), "RSAPublicKey", |fields| {
        let modulus = integer_octets(fields.content(tag::INTEGER, "modulus")?, "modulus")?;
        fields.content(tag::INTEGER, "publicExponent")?;
        Ok::<_, crate::asn1::Malformed>(modulus)
    })
    .ok()?;
    let modulus = modulus.strip_prefix(&[0]).unwrap_or(modulus);
    let line = format!("Modulus={}\n", hex::encode_upper(modulus));
    let hash = digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, line.as_bytes());
    let end = hash.as_ref().get(10..)?;
    end.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key::{KeyAlgorithm, PrivateKey};

    /// What `openssl rsa -modulus | sha1sum` says, as the tools around Debian's list do.
    fn modulus_hash(key: &PublicKey) -> String {
        let rsa = openssl::rsa::Rsa::public_key_from_der(key.spki_der()).unwrap();
        let line = format!("Modulus={}\n", &*rsa.n().to_hex_str().unwrap());
        hex::encode(openssl::sha::sha1(line.as_bytes()))
    }

    /// Failure 34: keys of Debian's broken generator.
    #[test]
    fn listed_keys_are_found() {
        let rsa = PrivateKey::generate(KeyAlgorithm::Rsa2048).unwrap();
        let p256 = PrivateKey::generate(KeyAlgorithm::P256).unwrap();
        let other = PrivateKey::generate(KeyAlgorithm::P256).unwrap();
        let spki = hex::encode(openssl::sha::sha256(p256.public_key().spki_der()));
        let list = format!(
            "# two keys\n{}\n\n  {}  # a published one\n",
            &modulus_hash(rsa.public_key())[20..],
            &spki[..30]
        );
        let weak = WeakKeys::from_text(&list).unwrap();
        assert_eq!(weak.len(), 2);
        assert!(weak.contains(rsa.public_key()) && weak.contains(p256.public_key()));
        assert!(!weak.contains(other.public_key()));
        let whole = WeakKeys::from_text(&spki).unwrap();
        assert!(whole.contains(p256.public_key()) && !whole.contains(rsa.public_key()));
        assert!(WeakKeys::default().is_empty());
    }

    #[test]
    fn broken_lines_are_told() {
        for line in [
            "x",
            "aabb",
            "0011223344556677889900112233445566778899001122334455667788990011aabb",
        ] {
            let list = format!("# first\n{line}");
            assert_eq!(WeakKeys::from_text(&list).unwrap_err(), WeakKeysError(2));
        }
    }
}
