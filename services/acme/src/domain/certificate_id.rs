//! What renewal information names a certificate by: RFC 9773 §4.1, `base64url(keyIdentifier) . base64url(serial)`.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ers_pki::certificate::Certificate;
use ers_pki::serial::SerialNumber;

/// The certificate that an issuer's key made under a serial number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertificateId {
    text: String,
    key_identifier: Vec<u8>,
    serial: SerialNumber,
}

impl CertificateId {
    /// What a client says; `None` when it cannot name a certificate.
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() > 128 {
            return None;
        }
        let (key_identifier, serial) = text.split_once('.')?;
        let key_identifier = URL_SAFE_NO_PAD.decode(key_identifier).ok()?;
        let serial = URL_SAFE_NO_PAD.decode(serial).ok()?;
        if key_identifier.is_empty() {
            return None;
        }
        Some(Self {
            serial: SerialNumber::from_der_bytes(&serial).ok()?,
            text: text.to_owned(),
            key_identifier,
        })
    }

    /// That of a certificate; `None` when it does not tell its issuer's key.
    pub fn of(certificate: &Certificate) -> Option<Self> {
        let key_identifier = certificate.authority_key_identifier()?;
        let serial = certificate.serial();
        Self::parse(&format!(
            "{}.{}",
            URL_SAFE_NO_PAD.encode(key_identifier),
            URL_SAFE_NO_PAD.encode(serial.as_bytes())
        ))
    }

    /// As it stands in URLs and rows.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The keyIdentifier of the certificate's authority key identifier, its octets.
    pub fn key_identifier(&self) -> &[u8] {
        &self.key_identifier
    }

    /// The serial number.
    pub fn serial(&self) -> SerialNumber {
        self.serial
    }
}

impl fmt::Display for CertificateId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_the_rfc_reads() {
        // RFC 9773 §4.1 and appendix A: serial 0x8765 4321, with a zero in front
        let id = CertificateId::parse("aYhba4dGQEHhs3uEe6CuLN4ByNQ.AIdlQyE").unwrap();
        assert_eq!(
            hex::encode(id.key_identifier()),
            "69885b6b87464041e1b37b847ba0ae2cde01c8d4"
        );
        assert_eq!(id.serial().to_hex(), "87654321");
        assert_eq!(CertificateId::parse(id.as_str()).as_ref(), Some(&id));
    }

    #[test]
    fn what_names_no_certificate_is_none() {
        for text in [
            "",
            ".",
            "aYhb",
            "aYhb.",
            ".AIdl",
            "aYhba4dGQEHhs3uEe6CuLN4ByNQ.AIdlQyE=",
            "aYhba4dGQEHhs3uEe6CuLN4ByNQ.h2VDIQ",
            "aYhba4dGQEHhs3uEe6CuLN4ByNQ.AAAAAAAA",
            "a+b/.AIdlQyE",
            &format!("aYhb.{}", "AAAA".repeat(40)),
        ] {
            assert_eq!(CertificateId::parse(text), None, "{text}");
        }
    }
}
