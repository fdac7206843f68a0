//! The X.509 domain of ERS, pure: names, keys, requests, profiles, issuance, lint, CRLs, OCSP, CMS and CMP. No IO, no
//! async, no clock and (but for making software keys and encrypting) no randomness of its own.
//!
//! A certificate comes to be in one way: `issuance::prepare` applies a `profile::Profile` and writes the bytes to be
//! signed, already linted; whoever holds the key signs them; `Prepared::assemble` verifies that and gives the
//! `certificate::Certificate`. CRLs and OCSP responses go the same way.
//!
//! To add a profile see `profile/ready.rs`; an extension, `extension/`; a rule of the linter, `lint/`; a kind of name,
//! `general_name/`.

mod asn1;
pub mod certificate;
pub mod cmp;
pub mod cms;
pub mod crl;
pub mod crmf;
pub mod csr;
mod extension;
pub mod general_name;
pub mod inspect;
pub mod issuance;
pub mod key;
pub mod lint;
pub mod name;
pub mod ocsp;
pub mod pem;
pub mod profile;
pub mod revocation;
pub mod serial;

pub use asn1::{Malformed, ValueTextError};
pub use const_oid::ObjectIdentifier;
pub use extension::{
    AccessDescription, CertificatePolicy, CertificateTemplate, DirectoryAttribute,
    DisclosureStatement, ExtendedKeyUsage, KeyUsage, KeyUsages, LimitValue, NameConstraintsRule,
    PolicyConstraints, PolicyMapping, PrivateExtension, Psd2, Psd2Role, QcStatements, QcType,
    RequestedExtension, UnknownExtendedKeyUsage, UnknownKeyUsage, UserNotice,
};
