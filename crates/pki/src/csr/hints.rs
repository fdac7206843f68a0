//! What a request should look like, told before it is made: CsrAttrs of RFC 7030 section 4.5.2 with the template of
//! RFC 9908 section 3.4.

use const_oid::ObjectIdentifier;

use crate::asn1::{Writer, oid, tag};
use crate::key::KeyAlgorithm;

/// id-aa-certificationRequestInfoTemplate.
const TEMPLATE: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.2.61");
/// id-aa-extensionReqTemplate.
const EXTENSIONS_TEMPLATE: ObjectIdentifier =
    ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.2.62");
const EC_PUBLIC_KEY: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");

/// An attribute that the subject should have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WantedAttribute {
    /// Its type.
    pub kind: ObjectIdentifier,
    /// The only value that will do; absent: the client fills it in.
    pub value: Option<String>,
}

/// What a request should look like.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AttributeHints {
    /// It should have a challenge password.
    pub challenge_password: bool,
    /// The only kind of key that will do.
    pub key_algorithm: Option<KeyAlgorithm>,
    /// Attributes that the subject must have.
    pub subject: Vec<WantedAttribute>,
    /// It must have subject alternative names.
    pub subject_alternative_names: bool,
}

impl AttributeHints {
    /// CsrAttrs, DER; nothing when there is nothing to say.
    pub fn to_der(&self) -> Option<Vec<u8>> {
        let has_template = self.key_algorithm.is_some()
            || !self.subject.is_empty()
            || self.subject_alternative_names;
        if !has_template && !self.challenge_password {
            return None;
        }
        let mut writer = Writer::new();
        writer.sequence(|writer| {
            if self.challenge_password {
                writer.oid(&oid::CHALLENGE_PASSWORD);
            }
            // For clients that know RFC 7030 alone: the key, as its section 4.5.2 has it.
            if let Some((algorithm, parameter)) = self.key_algorithm.and_then(key_hint) {
                writer.sequence(|writer| {
                    writer.oid(&algorithm);
                    writer.nest(tag::SET, |writer| parameter.write(writer));
                });
            }
            if has_template {
                writer.sequence(|writer| {
                    writer.oid(&TEMPLATE);
                    writer.nest(tag::SET, |writer| {
                        writer.sequence(|writer| self.write_template(writer));
                    });
                });
            }
        });
        Some(writer.finish())
    }

    fn write_template(&self, writer: &mut Writer) {
        writer.integer(0);
        if !self.subject.is_empty() {
            writer.sequence(|writer| {
                for wanted in &self.subject {
                    writer.nest(tag::SET, |writer| {
                        writer.sequence(|writer| {
                            writer.oid(&wanted.kind);
                            if let Some(value) = &wanted.value {
                                writer.tlv(tag::UTF8_STRING, value.as_bytes());
                            }
                        });
                    });
                }
            });
        }
        // SubjectPublicKeyInfoTemplate, [0] IMPLICIT
        match self.key_algorithm.and_then(key_hint) {
            Some((algorithm, KeyParameter::Curve(curve))) => {
                writer.nest(tag::context_constructed(0), |writer| {
                    writer.sequence(|writer| {
                        writer.oid(&algorithm);
                        writer.oid(&curve);
                    });
                });
            }
            Some((algorithm, KeyParameter::Bits(bits))) => {
                // An RSA key of zeros of the length wanted: RFC 9908 section 3.4.
                let modulus = vec![0xff; usize::try_from(bits / 8).unwrap_or_default()];
                writer.nest(tag::context_constructed(0), |writer| {
                    writer.sequence(|writer| {
                        writer.oid(&algorithm);
                        writer.tlv(tag::NULL, &[]);
                    });
                    let mut key = Writer::new();
                    key.sequence(|key| {
                        let mut integer = vec![0];
                        integer.extend_from_slice(&modulus);
                        key.tlv(tag::INTEGER, &integer);
                        key.integer(65_537);
                    });
                    writer.bit_string(&key.finish());
                });
            }
            Some((algorithm, KeyParameter::None)) => {
                writer.nest(tag::context_constructed(0), |writer| {
                    writer.sequence(|writer| writer.oid(&algorithm));
                });
            }
            None => {}
        }
        writer.nest(tag::context_constructed(1), |writer| {
            if self.subject_alternative_names {
                writer.sequence(|writer| {
                    writer.oid(&EXTENSIONS_TEMPLATE);
                    writer.nest(tag::SET, |writer| {
                        writer.sequence(|writer| {
                            writer.sequence(|writer| writer.oid(&oid::SUBJECT_ALTERNATIVE_NAME));
                        });
                    });
                });
            }
        });
    }
}

/// What tells one kind of key from others with the same algorithm.
enum KeyParameter {
    Curve(ObjectIdentifier),
    Bits(u64),
    None,
}

impl KeyParameter {
    fn write(&self, writer: &mut Writer) {
        match self {
            Self::Curve(curve) => writer.oid(curve),
            Self::Bits(bits) => writer.integer(*bits),
            Self::None => {}
        }
    }
}

fn key_hint(algorithm: KeyAlgorithm) -> Option<(ObjectIdentifier, KeyParameter)> {
    let curve = |curve| Some((EC_PUBLIC_KEY, KeyParameter::Curve(curve)));
    let rsa = |bits| Some((oid::RSA_ENCRYPTION, KeyParameter::Bits(bits)));
    match algorithm {
        KeyAlgorithm::P256 => curve(oid::P_256),
        KeyAlgorithm::P384 => curve(oid::P_384),
        KeyAlgorithm::P521 => curve(oid::P_521),
        KeyAlgorithm::Rsa2048 => rsa(2048),
        KeyAlgorithm::Rsa3072 => rsa(3072),
        KeyAlgorithm::Rsa4096 => rsa(4096),
        KeyAlgorithm::Ed25519 => Some((oid::ED25519, KeyParameter::None)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::name::AttributeType;

    #[test]
    fn nothing_to_say_is_nothing() {
        assert_eq!(AttributeHints::default().to_der(), None);
    }

    /// The octets of RFC 7030's form, and RFC 9908's template beside it, decoded by hand.
    #[test]
    fn hints_are_written_in_both_forms() {
        let hints = AttributeHints {
            challenge_password: true,
            key_algorithm: Some(KeyAlgorithm::P256),
            subject: vec![WantedAttribute {
                kind: AttributeType::COMMON_NAME,
                value: None,
            }],
            subject_alternative_names: true,
        };
        let written: String = hints
            .to_der()
            .unwrap()
            .iter()
            .map(|octet| format!("{octet:02x}"))
            .collect();
        for part in [
            "06092a864886f70d010907",
            "06072a8648ce3d0201310a06082a8648ce3d030107",
            "060b2a864886f70d010910023d",
            "0201003009310730050603550403",
            "a015301306072a8648ce3d020106082a8648ce3d030107",
            "060b2a864886f70d010910023e",
        ] {
            assert!(written.contains(part), "{part} in {written}");
        }
        assert!(written.ends_with("30050603551d11"), "{written}");
    }
}
