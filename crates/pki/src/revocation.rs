//! Why a certificate was revoked: `CRLReason`, RFC 5280 section 5.3.1.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A reason for revocation.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize,
)]
pub enum Reason {
    /// No reason given; a CRL leaves the code out.
    #[default]
    #[serde(rename = "unspecified")]
    Unspecified,
    /// The subject's private key is known to others, or may be.
    #[serde(rename = "keyCompromise")]
    KeyCompromise,
    /// The CA's private key is known to others, or may be.
    #[serde(rename = "cACompromise")]
    CaCompromise,
    /// The subject's name or another detail has changed.
    #[serde(rename = "affiliationChanged")]
    AffiliationChanged,
    /// Another certificate has taken its place.
    #[serde(rename = "superseded")]
    Superseded,
    /// It is no longer needed.
    #[serde(rename = "cessationOfOperation")]
    CessationOfOperation,
    /// For the time being; the only reason that can be taken back.
    #[serde(rename = "certificateHold")]
    CertificateHold,
    /// Taken back: only in delta CRLs.
    #[serde(rename = "removeFromCRL")]
    RemoveFromCrl,
    /// A privilege in the certificate was withdrawn.
    #[serde(rename = "privilegeWithdrawn")]
    PrivilegeWithdrawn,
    /// The attribute authority's key is known to others, or may be.
    #[serde(rename = "aACompromise")]
    AaCompromise,
}

/// Text or number that names no reason.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "read revocation reason \"{0}\": it must be one of unspecified, keyCompromise, cACompromise, affiliationChanged, superseded, cessationOfOperation, certificateHold, removeFromCRL, privilegeWithdrawn, aACompromise"
)]
pub struct UnknownReason(String);

impl Reason {
    /// All reasons, in the order of their codes.
    pub const ALL: [Reason; 10] = [
        Self::Unspecified,
        Self::KeyCompromise,
        Self::CaCompromise,
        Self::AffiliationChanged,
        Self::Superseded,
        Self::CessationOfOperation,
        Self::CertificateHold,
        Self::RemoveFromCrl,
        Self::PrivilegeWithdrawn,
        Self::AaCompromise,
    ];

    /// The ENUMERATED value; 7 is not used.
    pub fn code(self) -> u8 {
        match self {
            Self::Unspecified => 0,
            Self::KeyCompromise => 1,
            Self::CaCompromise => 2,
            Self::AffiliationChanged => 3,
            Self::Superseded => 4,
            Self::CessationOfOperation => 5,
            Self::CertificateHold => 6,
            Self::RemoveFromCrl => 8,
            Self::PrivilegeWithdrawn => 9,
            Self::AaCompromise => 10,
        }
    }

    /// The reason with this ENUMERATED value.
    pub fn from_code(code: u8) -> Result<Self, UnknownReason> {
        Self::ALL
            .into_iter()
            .find(|reason| reason.code() == code)
            .ok_or_else(|| UnknownReason(code.to_string()))
    }

    /// The name in RFC 5280.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unspecified => "unspecified",
            Self::KeyCompromise => "keyCompromise",
            Self::CaCompromise => "cACompromise",
            Self::AffiliationChanged => "affiliationChanged",
            Self::Superseded => "superseded",
            Self::CessationOfOperation => "cessationOfOperation",
            Self::CertificateHold => "certificateHold",
            Self::RemoveFromCrl => "removeFromCRL",
            Self::PrivilegeWithdrawn => "privilegeWithdrawn",
            Self::AaCompromise => "aACompromise",
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Reason {
    type Err = UnknownReason;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|reason| reason.as_str() == text)
            .ok_or_else(|| UnknownReason(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_codes_and_serde_agree() {
        for reason in Reason::ALL {
            assert_eq!(reason.as_str().parse(), Ok(reason));
            assert_eq!(Reason::from_code(reason.code()), Ok(reason));
            assert_eq!(
                serde_json::to_string(&reason).unwrap(),
                format!("\"{reason}\"")
            );
        }
        assert!(Reason::from_code(7).is_err());
        assert!("KeyCompromise".parse::<Reason>().is_err());
    }
}
