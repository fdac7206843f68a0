//! Codes of a second factor: time-based one-time passwords, RFC 6238, in the form that every authenticator app takes:
//! HMAC-SHA-1, 30 seconds, six digits.

use aws_lc_rs::{constant_time, hmac};
use zeroize::Zeroizing;

/// What the signer seals secrets with.
pub const SEALING_CONTEXT: &str = "clm/totp";
/// Octets of a secret (RFC 4226 section 4, R6: 160 bits).
pub const SECRET_OCTETS: usize = 20;
const STEP_MS: i64 = 30_000;
const DIGITS: usize = 6;
const BASE32: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// The time step that a code belongs to: the present one, or one beside it, since clocks differ (section 5.2).
pub fn find_step(secret: &[u8], code: &str, now_ms: i64) -> Option<i64> {
    let now = now_ms.div_euclid(STEP_MS);
    [now, now.saturating_sub(1), now.saturating_add(1)]
        .into_iter()
        .find(|step| {
            let wanted = code_at(secret, *step);
            constant_time::verify_slices_are_equal(wanted.as_bytes(), code.as_bytes()).is_ok()
        })
}

/// The code of a time step (RFC 4226 section 5.3).
pub fn code_at(secret: &[u8], step: i64) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, secret);
    let tag = hmac::sign(&key, &step.to_be_bytes());
    let octets = tag.as_ref();
    let offset = usize::from(octets.last().copied().unwrap_or_default() & 0x0f);
    let number = octets
        .iter()
        .skip(offset)
        .take(4)
        .fold(0_u32, |number, octet| (number << 8) | u32::from(*octet))
        & 0x7fff_ffff;
    format!("{:0width$}", number % 1_000_000, width = DIGITS)
}

/// A secret as apps take it: base32, RFC 4648 section 6, without padding.
pub fn base32(secret: &[u8]) -> Zeroizing<String> {
    let mut text = String::with_capacity(secret.len().div_ceil(5).saturating_mul(8));
    let (mut held, mut bits) = (0_u32, 0_u32);
    for octet in secret {
        held = (held << 8) | u32::from(*octet);
        bits = bits.saturating_add(8);
        while bits >= 5 {
            bits = bits.saturating_sub(5);
            text.push(sign(held >> bits));
        }
    }
    if bits > 0 {
        text.push(sign(held << 5_u32.saturating_sub(bits)));
    }
    Zeroizing::new(text)
}

fn sign(five_bits: u32) -> char {
    let place = usize::try_from(five_bits & 31).unwrap_or_default();
    BASE32.get(place).copied().map_or('A', char::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 6238 appendix B, its eight digits cut to the last six.
    #[test]
    fn codes_are_those_of_the_standard() {
        for (seconds, code) in [
            (59_i64, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ] {
            assert_eq!(code_at(b"12345678901234567890", seconds / 30), code);
        }
    }

    #[test]
    fn a_code_holds_for_its_step_and_those_beside_it() {
        let (secret, at) = (b"12345678901234567890", 59_000);
        assert_eq!(find_step(secret, "287082", at), Some(1));
        assert_eq!(find_step(secret, "287082", at + 30_000), Some(1));
        assert_eq!(find_step(secret, "287082", at - 30_000), Some(1));
        assert_eq!(find_step(secret, "287082", at + 60_000), None);
        assert_eq!(find_step(secret, "", at), None);
    }

    /// RFC 4648 section 10.
    #[test]
    fn secrets_are_told_in_base32() {
        for (octets, text) in [
            ("", ""),
            ("f", "MY"),
            ("fo", "MZXQ"),
            ("foo", "MZXW6"),
            ("foob", "MZXW6YQ"),
            ("fooba", "MZXW6YTB"),
            ("foobar", "MZXW6YTBOI"),
        ] {
            assert_eq!(base32(octets.as_bytes()).as_str(), text);
        }
    }
}
