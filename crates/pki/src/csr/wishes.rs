//! What a request wants beside a certificate: another subject than that of the certificate it renews (RFC 6402 section
//! 2.8), and a key to encrypt with what is made for it (RFC 7030 section 4.4.1).

use const_oid::ObjectIdentifier;

use super::Csr;
use crate::asn1::{Malformed, Reader, parse_all, tag};
use crate::general_name::{GeneralName, read_names};
use crate::name::Name;

/// id-cmc-changeSubjectName.
const CHANGE_SUBJECT_NAME: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.7.36");
/// id-aa-decryptKeyID.
const DECRYPT_KEY_IDENTIFIER: ObjectIdentifier =
    ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.2.37");
/// id-aa-asymmDecryptKeyID.
const ASYMMETRIC_DECRYPT_KEY_IDENTIFIER: ObjectIdentifier =
    ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.2.54");

/// What the new certificate is to have in the place of what the old one has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangeSubjectName {
    /// The subject.
    pub subject: Option<Name>,
    /// The subject alternative names; none: as they are.
    pub names: Vec<GeneralName>,
}

/// The key to encrypt with what is made for the client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DecryptKey {
    /// A symmetric key, by a name that both know.
    Symmetric(Vec<u8>),
    /// A public key, by its key identifier.
    Asymmetric(Vec<u8>),
}

impl Csr {
    /// What is to change, when the request says so.
    ///
    /// # Errors
    /// When the attribute cannot be read.
    pub fn change_subject_name(&self) -> Result<Option<ChangeSubjectName>, Malformed> {
        const WHAT: &str = "ChangeSubjectName";
        let Some(value) = self.attribute(CHANGE_SUBJECT_NAME) else {
            return Ok(None);
        };
        let malformed = || Malformed::new(WHAT);
        parse_all(value, WHAT, |fields| {
            let subject = if fields.peek() == Some(tag::SEQUENCE) {
                let der = fields.tagged(tag::SEQUENCE, WHAT)?.whole;
                Some(Name::from_der(der).map_err(|_| malformed())?)
            } else {
                None
            };
            let names = match fields.optional(tag::context_constructed(1), WHAT)? {
                None => Vec::new(),
                Some(content) => {
                    let mut writer = crate::asn1::Writer::new();
                    writer.tlv(tag::SEQUENCE, content);
                    read_names(&writer.finish())
                        .map_err(|_| malformed())?
                        .into_iter()
                        .collect::<Result<_, _>>()
                        .map_err(|_| malformed())?
                }
            };
            if subject.is_none() && names.is_empty() {
                return Err(malformed());
            }
            Ok(Some(ChangeSubjectName { subject, names }))
        })
    }

    /// The key to encrypt with, when the request names one.
    ///
    /// # Errors
    /// When the attribute cannot be read.
    pub fn decrypt_key(&self) -> Result<Option<DecryptKey>, Malformed> {
        const WHAT: &str = "DecryptKeyIdentifier";
        let read = |value: &[u8]| -> Result<Vec<u8>, Malformed> {
            let mut reader = Reader::new(value);
            let octets = reader.content(tag::OCTET_STRING, WHAT)?.to_vec();
            reader.finish(WHAT)?;
            Ok(octets)
        };
        if let Some(value) = self.attribute(ASYMMETRIC_DECRYPT_KEY_IDENTIFIER) {
            return read(value).map(|identifier| Some(DecryptKey::Asymmetric(identifier)));
        }
        self.attribute(DECRYPT_KEY_IDENTIFIER)
            .map(|value| read(value).map(DecryptKey::Symmetric))
            .transpose()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::asn1::Writer;
    use crate::key::{KeyAlgorithm, PrivateKey, SignatureAlgorithm};

    /// A CSR with one attribute.
    fn with(kind: ObjectIdentifier, value: &[u8]) -> Csr {
        let key = PrivateKey::generate(KeyAlgorithm::P256).unwrap();
        let mut info = Writer::new();
        info.sequence(|info| {
            info.integer(0);
            info.raw(Name::with_common_name("old").unwrap().to_der());
            info.raw(key.public_key().spki_der());
            info.nest(tag::context_constructed(0), |info| {
                info.sequence(|info| {
                    info.oid(&kind);
                    info.tlv(tag::SET, value);
                });
            });
        });
        let info = info.finish();
        let algorithm = SignatureAlgorithm::Sha256WithEcdsa;
        let signature = key.sign(algorithm, &info).unwrap();
        let mut csr = Writer::new();
        csr.sequence(|csr| {
            csr.raw(&info);
            csr.sequence(|csr| {
                csr.oid(&ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.2"));
            });
            csr.bit_string(&signature);
        });
        Csr::from_der(&csr.finish()).unwrap()
    }

    fn change(subject: Option<&Name>, dns: Option<&str>) -> Vec<u8> {
        let mut writer = Writer::new();
        writer.sequence(|writer| {
            if let Some(subject) = subject {
                writer.raw(subject.to_der());
            }
            if let Some(dns) = dns {
                writer.nest(tag::context_constructed(1), |writer| {
                    writer.tlv(tag::context(2), dns.as_bytes());
                });
            }
        });
        writer.finish()
    }

    #[test]
    fn another_subject_and_other_names_are_read() {
        let new = Name::with_common_name("new").unwrap();
        let csr = with(CHANGE_SUBJECT_NAME, &change(Some(&new), Some("new.test")));
        let read = csr.change_subject_name().unwrap().unwrap();
        assert_eq!(read.subject, Some(new.clone()));
        assert_eq!(read.names, ["dns:new.test".parse().unwrap()]);
        let csr = with(CHANGE_SUBJECT_NAME, &change(None, Some("new.test")));
        assert_eq!(csr.change_subject_name().unwrap().unwrap().subject, None);
        let csr = with(CHANGE_SUBJECT_NAME, &change(Some(&new), None));
        assert_eq!(csr.change_subject_name().unwrap().unwrap().names, []);
    }

    #[test]
    fn an_empty_or_malformed_change_is_told() {
        for value in [
            change(None, None),
            vec![tag::NULL, 0],
            vec![tag::SEQUENCE, 2, 5, 0],
        ] {
            let csr = with(CHANGE_SUBJECT_NAME, &value);
            assert!(csr.change_subject_name().is_err(), "{value:?}");
        }
    }

    #[test]
    fn the_key_to_encrypt_with_is_read() {
        let octets = [tag::OCTET_STRING, 2, 7, 8];
        let csr = with(ASYMMETRIC_DECRYPT_KEY_IDENTIFIER, &octets);
        assert_eq!(
            csr.decrypt_key(),
            Ok(Some(DecryptKey::Asymmetric(vec![7, 8])))
        );
        let csr = with(DECRYPT_KEY_IDENTIFIER, &octets);
        assert_eq!(
            csr.decrypt_key(),
            Ok(Some(DecryptKey::Symmetric(vec![7, 8])))
        );
        assert!(
            with(DECRYPT_KEY_IDENTIFIER, &[tag::NULL, 0])
                .decrypt_key()
                .is_err()
        );
        assert_eq!(with(oid_of_nothing(), &octets).decrypt_key(), Ok(None));
    }

    fn oid_of_nothing() -> ObjectIdentifier {
        ObjectIdentifier::new_unwrap("1.3.6.1.4.1.99999.1")
    }
}
