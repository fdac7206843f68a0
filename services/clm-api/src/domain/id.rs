//! Names and ids as types: what has one of these has been checked.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// Fewer digits, once leading zeros are gone, would stand for too many serial numbers.
const FEWEST_SERIAL_DIGITS: usize = 7;

/// A text is not the name or id that it should be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("read {what}: must be {allowed}")]
pub struct InvalidId {
    what: &'static str,
    allowed: &'static str,
}

macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident, $what:literal, $allowed:literal, $is_valid:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(String);

        impl $name {
            /// Its text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;

            fn from_str(text: &str) -> Result<Self, InvalidId> {
                let is_valid: fn(&str) -> bool = $is_valid;
                if is_valid(text) {
                    Ok(Self(text.to_owned()))
                } else {
                    Err(InvalidId { what: $what, allowed: $allowed })
                }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
            }
        }
    };
}

text_id!(
    /// Name of a realm.
    RealmName, "realm", "1 to 64 of a-z 0-9 -", is_slug
);
text_id!(
    /// Name of a policy.
    PolicyName, "policy", "1 to 64 of a-z 0-9 -", is_slug
);
text_id!(
    /// Name of a CA, as CARA knows it.
    IssuerName, "issuer", "1 to 64 of a-z 0-9 -", is_slug
);
text_id!(
    /// Name of a certificate profile, as CARA knows it.
    ProfileName, "profile", "1 to 64 of a-z 0-9 -", is_slug
);
text_id!(
    /// Name of a subscription.
    SubscriptionName, "name", "1 to 48 of a-z 0-9 -", |text| is_slug(text) && text.len() <= 48
);
text_id!(
    /// The asker's name for one request, the same from the edge to the certificate: the idempotency key.
    RequestId, "request_id", "1 to 128 visible ASCII characters",
    |text| (1..=128).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
);
text_id!(
    /// Who asks, in the edge's words.
    Requester, "requester", "1 to 255 characters without control characters", is_label
);
text_id!(
    /// Name of an end entity within its realm.
    EndEntityName, "end_entity", "1 to 255 characters without control characters", is_label
);
text_id!(
    /// Login name of a local administrator.
    Username, "username", "1 to 64 of a-z 0-9 . _ @ -",
    |text| (1..=64).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"._@-".contains(&byte))
);
text_id!(
    /// Name of a role.
    RoleName, "role", "1 to 64 of a-z 0-9 -", is_slug
);
text_id!(
    /// Name of a person, a group or a client, as roles are given to it.
    SubjectName, "subject", "1 to 255 characters without control characters", is_label
);
text_id!(
    /// Identifier of an external account key (RFC 8555 section 7.3.4).
    AccountKeyId, "key_id", "1 to 64 of 0-9 a-f", is_hex
);
text_id!(
    /// A serial number or fingerprint, or the beginning of one: lower-case hex.
    CertificateId, "id", "8 to 64 hexadecimal digits",
    |text| text.len() >= 8 && is_hex(text)
);

fn is_slug(text: &str) -> bool {
    (1..=64).contains(&text.len())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

fn is_label(text: &str) -> bool {
    !text.is_empty() && text.chars().count() <= 255 && !text.chars().any(char::is_control)
}

fn is_hex(text: &str) -> bool {
    (1..=64).contains(&text.len())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
}

impl CertificateId {
    /// The digits as those of a serial number: here those have no leading zeros, other tools print whole octets.
    pub fn as_serial(&self) -> &str {
        let serial = self.0.trim_start_matches('0');
        if serial.len() < FEWEST_SERIAL_DIGITS {
            &self.0
        } else {
            serial
        }
    }

    /// Reads what a person types: upper case and the colons of other tools' output are taken too.
    pub fn from_typed(text: &str) -> Result<Self, InvalidId> {
        let digits: String = text.chars().filter(|sign| *sign != ':').collect();
        let digits = digits.to_ascii_lowercase();
        digits.parse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_slugs() {
        assert!("server-2".parse::<PolicyName>().is_ok());
        for wrong in ["", "Server", "a b", "a/b", &"x".repeat(65)] {
            assert!(wrong.parse::<PolicyName>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn request_ids_are_visible_ascii() {
        assert!("acme-order-A_z~".parse::<RequestId>().is_ok());
        for wrong in ["", "a b", "ä", "a\n", &"x".repeat(129)] {
            assert!(wrong.parse::<RequestId>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_certificate_is_found_by_what_other_tools_print() {
        let typed = CertificateId::from_typed("0A:1B:2C:3D:4E").unwrap();
        assert_eq!(
            (typed.as_str(), typed.as_serial()),
            ("0a1b2c3d4e", "a1b2c3d4e")
        );
        let zeros = CertificateId::from_typed("0000000000").unwrap();
        assert_eq!(zeros.as_serial(), "0000000000");
        assert!(CertificateId::from_typed("0a1b").is_err());
        assert!(CertificateId::from_typed("xyzxyzxyz").is_err());
    }

    #[test]
    fn the_error_says_what_is_allowed() {
        let text = "A".parse::<RealmName>().unwrap_err().to_string();
        assert_eq!(text, "read realm: must be 1 to 64 of a-z 0-9 -");
    }
}
