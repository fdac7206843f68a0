//! What a signature is for.

use std::fmt;
use std::str::FromStr;

use ers_proto::signer::v1 as wire;

/// What a signature is for; the signer parses the bytes and holds them against it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Purpose {
    /// A TBSCertificate, RFC 5280 §4.1.
    Certificate,
    /// A TBSCertList, RFC 5280 §5.1.
    Crl,
    /// A ResponseData, RFC 6960 §4.2.1.
    Ocsp,
    /// SignedAttributes, RFC 5652 §5.3.
    Cms,
    /// A TLS handshake.
    Tls,
    /// A JWS signing input, RFC 7515.
    Token,
    /// A CertificationRequestInfo, RFC 2986 §4.1.
    CertificateRequest,
    /// A ProtectedPart, RFC 9810 §5.1.3, of a message that a server sends.
    Cmp,
    /// Nothing is signed: content keys are opened, RFC 5652 §6.2.1.
    Decryption,
}

/// A word that names no purpose.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "parse purpose \"{0}\": expected one of certificate, crl, ocsp, cms, tls, token, certificate-request, cmp, decryption"
)]
pub struct UnknownPurpose(String);

impl Purpose {
    /// Every purpose there is.
    pub const ALL: [Self; 9] = [
        Self::Certificate,
        Self::Crl,
        Self::Ocsp,
        Self::Cms,
        Self::Tls,
        Self::Token,
        Self::CertificateRequest,
        Self::Cmp,
        Self::Decryption,
    ];

    /// The purpose of a wire number; none for zero and for numbers of a later contract.
    pub fn from_wire(number: i32) -> Option<Self> {
        match wire::Purpose::try_from(number).ok()? {
            wire::Purpose::Unspecified => None,
            wire::Purpose::Certificate => Some(Self::Certificate),
            wire::Purpose::Crl => Some(Self::Crl),
            wire::Purpose::Ocsp => Some(Self::Ocsp),
            wire::Purpose::Cms => Some(Self::Cms),
            wire::Purpose::Tls => Some(Self::Tls),
            wire::Purpose::Token => Some(Self::Token),
            wire::Purpose::CertificateRequest => Some(Self::CertificateRequest),
            wire::Purpose::Cmp => Some(Self::Cmp),
            wire::Purpose::Decryption => Some(Self::Decryption),
        }
    }

    /// The wire number.
    pub fn to_wire(self) -> i32 {
        match self {
            Self::Certificate => wire::Purpose::Certificate as i32,
            Self::Crl => wire::Purpose::Crl as i32,
            Self::Ocsp => wire::Purpose::Ocsp as i32,
            Self::Cms => wire::Purpose::Cms as i32,
            Self::Tls => wire::Purpose::Tls as i32,
            Self::Token => wire::Purpose::Token as i32,
            Self::CertificateRequest => wire::Purpose::CertificateRequest as i32,
            Self::Cmp => wire::Purpose::Cmp as i32,
            Self::Decryption => wire::Purpose::Decryption as i32,
        }
    }
}

impl fmt::Display for Purpose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Certificate => "certificate",
            Self::Crl => "crl",
            Self::Ocsp => "ocsp",
            Self::Cms => "cms",
            Self::Tls => "tls",
            Self::Token => "token",
            Self::CertificateRequest => "certificate-request",
            Self::Cmp => "cmp",
            Self::Decryption => "decryption",
        })
    }
}

impl FromStr for Purpose {
    type Err = UnknownPurpose;

    fn from_str(word: &str) -> Result<Self, UnknownPurpose> {
        let named = |purpose: &Self| purpose.to_string() == word;
        Self::ALL
            .into_iter()
            .find(named)
            .ok_or_else(|| UnknownPurpose(word.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_purpose_survives_the_wire_and_its_own_name() {
        for purpose in Purpose::ALL {
            assert_eq!(Purpose::from_wire(purpose.to_wire()), Some(purpose));
            assert_eq!(purpose.to_string().parse(), Ok(purpose));
        }
        assert_eq!(Purpose::from_wire(0), None);
        assert_eq!(Purpose::from_wire(99), None);
        assert!("signing".parse::<Purpose>().is_err());
    }
}
