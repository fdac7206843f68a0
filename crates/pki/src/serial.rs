//! Serial numbers, RFC 5280 section 4.1.2.2: positive, at most 20 octets, never used twice by one issuer.

use std::fmt;
use std::str::FromStr;

/// Longest serial number, RFC 5280 section 4.1.2.2.
const MAX_OCTETS: usize = 20;

/// A certificate's serial number: a positive integer of at most 20 octets.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SerialNumber {
    /// Big-endian, filled with zeros in front: orders and compares as the number does.
    octets: [u8; MAX_OCTETS],
}

/// Why octets or text are no serial number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SerialError {
    /// It would be longer than 20 octets as a positive INTEGER.
    #[error("read serial number: it is longer than 20 octets")]
    TooLong,
    /// It is zero or negative.
    #[error("read serial number: it is not positive")]
    NotPositive,
    /// The INTEGER has octets that DER leaves out, or none.
    #[error("read serial number: it is not DER")]
    NotDer,
    /// The text is not hexadecimal.
    #[error("read serial number: it is not hexadecimal")]
    NotHex,
    /// All random octets are alike: the source of randomness has failed.
    #[error("make serial number: the random octets are all alike")]
    NotRandom,
}

impl SerialNumber {
    /// A serial number from 20 octets fresh from a CSPRNG.
    ///
    /// 20 octets are the most that RFC 5280 allows and an INTEGER's first bit is its sign, so of 160 random bits 159
    /// can stand in a serial number: the first bit is cleared, every other bit is kept. Nothing else is fixed (no bit
    /// forced to one for a constant length), so that the entropy is 159 bits where 64 are demanded. Octets that are
    /// all alike, which chance gives once in 2^152 times, are refused as a failed source.
    pub fn from_random(random: [u8; MAX_OCTETS]) -> Result<Self, SerialError> {
        if random.iter().all(|octet| *octet == random[0]) {
            return Err(SerialError::NotRandom);
        }
        let mut octets = random;
        octets[0] &= 0x7f;
        Self { octets }.checked()
    }

    /// From the content octets of a DER INTEGER (without tag and length).
    pub fn from_der_bytes(content: &[u8]) -> Result<Self, SerialError> {
        match content {
            [] => return Err(SerialError::NotDer),
            [first, ..] if first & 0x80 != 0 => return Err(SerialError::NotPositive),
            [0, second, ..] if second & 0x80 == 0 => return Err(SerialError::NotDer),
            _ => {}
        }
        Self::from_magnitude(content)
    }

    /// From hexadecimal digits of either case; zeros in front do not matter.
    pub fn from_hex(text: &str) -> Result<Self, SerialError> {
        let digits = text.trim_start_matches('0');
        if digits.len() > 2 * MAX_OCTETS {
            return Err(if text.bytes().all(|c| c.is_ascii_hexdigit()) {
                SerialError::TooLong
            } else {
                SerialError::NotHex
            });
        }
        let padded = format!("{digits:0>width$}", width = 2 * MAX_OCTETS);
        let mut octets = [0; MAX_OCTETS];
        hex::decode_to_slice(padded, &mut octets).map_err(|_| SerialError::NotHex)?;
        if text.is_empty() {
            return Err(SerialError::NotHex);
        }
        Self { octets }.checked()
    }

    /// Content octets of the DER INTEGER: big-endian, minimal, with a zero in front where the first bit is set.
    pub fn as_bytes(&self) -> &[u8] {
        let zeros = self.octets.iter().take_while(|octet| **octet == 0).count();
        let sign = self
            .octets
            .get(zeros)
            .is_some_and(|first| first & 0x80 != 0);
        self.octets
            .get(zeros - usize::from(sign && zeros > 0)..)
            .unwrap_or(&self.octets)
    }

    /// Lower-case hexadecimal without zeros in front.
    pub fn to_hex(&self) -> String {
        hex::encode(self.octets).trim_start_matches('0').to_owned()
    }

    fn from_magnitude(octets: &[u8]) -> Result<Self, SerialError> {
        let start = MAX_OCTETS
            .checked_sub(octets.len())
            .ok_or(SerialError::TooLong)?;
        let mut padded = [0; MAX_OCTETS];
        for (place, octet) in padded.iter_mut().skip(start).zip(octets) {
            *place = *octet;
        }
        Self { octets: padded }.checked()
    }

    fn checked(self) -> Result<Self, SerialError> {
        if self.octets[0] & 0x80 != 0 {
            return Err(SerialError::TooLong);
        }
        if self.octets == [0; MAX_OCTETS] {
            return Err(SerialError::NotPositive);
        }
        Ok(self)
    }
}

impl fmt::Display for SerialNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.to_hex())
    }
}

impl fmt::Debug for SerialNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SerialNumber({})", self.to_hex())
    }
}

impl FromStr for SerialNumber {
    type Err = SerialError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::from_hex(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn random_octets_keep_all_but_the_sign_bit() {
        let mut random = [0xff; 20];
        random[19] = 0xfe;
        let serial = SerialNumber::from_random(random).unwrap();
        assert_eq!(serial.as_bytes().len(), 20);
        assert_eq!(serial.as_bytes()[0], 0x7f);
        assert_eq!(serial.as_bytes()[1..], random[1..]);
    }

    #[test]
    fn stuck_source_is_refused() {
        assert_eq!(
            SerialNumber::from_random([0; 20]),
            Err(SerialError::NotRandom)
        );
        assert_eq!(
            SerialNumber::from_random([0xff; 20]),
            Err(SerialError::NotRandom)
        );
    }

    #[test]
    fn hex_has_no_leading_zeros_and_comes_back() {
        let serial = SerialNumber::from_hex("000fAb").unwrap();
        assert_eq!(serial.to_hex(), "fab");
        assert_eq!(serial.as_bytes(), [0x0f, 0xab]);
        assert_eq!(SerialNumber::from_hex("80").unwrap().as_bytes(), [0, 0x80]);
        assert_eq!(
            SerialNumber::from_der_bytes(&[0, 0x80]).unwrap().to_hex(),
            "80"
        );
    }

    #[test]
    fn each_fault_is_told() {
        assert_eq!(SerialNumber::from_hex("xyz"), Err(SerialError::NotHex));
        assert_eq!(SerialNumber::from_hex(""), Err(SerialError::NotHex));
        assert_eq!(SerialNumber::from_hex("0"), Err(SerialError::NotPositive));
        assert_eq!(
            SerialNumber::from_hex(&"f".repeat(41)),
            Err(SerialError::TooLong)
        );
        assert_eq!(
            SerialNumber::from_hex(&"f".repeat(40)),
            Err(SerialError::TooLong)
        );
        assert_eq!(
            SerialNumber::from_der_bytes(&[0xff]),
            Err(SerialError::NotPositive)
        );
        assert_eq!(
            SerialNumber::from_der_bytes(&[0, 1]),
            Err(SerialError::NotDer)
        );
        assert_eq!(SerialNumber::from_der_bytes(&[]), Err(SerialError::NotDer));
        assert_eq!(
            SerialNumber::from_der_bytes(&[0]),
            Err(SerialError::NotPositive)
        );
        assert_eq!(
            SerialNumber::from_der_bytes(&[1; 21]),
            Err(SerialError::TooLong)
        );
    }
}
