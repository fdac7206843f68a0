//! What a signature is for.

use std::fmt;

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
}

impl Purpose {
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
        })
    }
}
