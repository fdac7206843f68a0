//! Object identifiers of CMS.

use const_oid::ObjectIdentifier;

const fn oid(dotted: &str) -> ObjectIdentifier {
    ObjectIdentifier::new_unwrap(dotted)
}

/// Content types, RFC 5652 and RFC 5083.
pub mod content_type {
    use super::{ObjectIdentifier, oid};

    /// id-data: octets.
    pub const DATA: ObjectIdentifier = oid("1.2.840.113549.1.7.1");
    /// id-signedData.
    pub const SIGNED_DATA: ObjectIdentifier = oid("1.2.840.113549.1.7.2");
    /// id-envelopedData.
    pub const ENVELOPED_DATA: ObjectIdentifier = oid("1.2.840.113549.1.7.3");
    /// id-ct-KP-aKeyPackage: an AsymmetricKeyPackage, RFC 5958.
    pub const ASYMMETRIC_KEY_PACKAGE: ObjectIdentifier = oid("2.16.840.1.101.2.1.2.78.5");
    /// id-ct-authEnvelopedData, RFC 5083.
    pub const AUTH_ENVELOPED_DATA: ObjectIdentifier = oid("1.2.840.113549.1.9.16.1.23");
}

// attributes, RFC 5652 section 11
pub(super) const CONTENT_TYPE: ObjectIdentifier = oid("1.2.840.113549.1.9.3");
pub(super) const MESSAGE_DIGEST: ObjectIdentifier = oid("1.2.840.113549.1.9.4");

// digests and what is signed with them; RFC 5754, RFC 3370
pub(super) const SHA384: ObjectIdentifier = oid("2.16.840.1.101.3.4.2.2");
pub(super) const SHA512: ObjectIdentifier = oid("2.16.840.1.101.3.4.2.3");
pub(super) const SHA1_WITH_RSA: ObjectIdentifier = oid("1.2.840.113549.1.1.5");
// as OIW has it: some old devices
pub(super) const OIW_SHA1_WITH_RSA: ObjectIdentifier = oid("1.3.14.3.2.29");

// key transport, RFC 8017 appendix A.2
pub(super) const RSAES_OAEP: ObjectIdentifier = oid("1.2.840.113549.1.1.7");
pub(super) const MGF1: ObjectIdentifier = oid("1.2.840.113549.1.1.8");
pub(super) const P_SPECIFIED: ObjectIdentifier = oid("1.2.840.113549.1.1.9");

// key wrap, RFC 3565
pub(super) const AES128_WRAP: ObjectIdentifier = oid("2.16.840.1.101.3.4.1.5");
pub(super) const AES192_WRAP: ObjectIdentifier = oid("2.16.840.1.101.3.4.1.25");
pub(super) const AES256_WRAP: ObjectIdentifier = oid("2.16.840.1.101.3.4.1.45");

// key agreement, RFC 5753 section 7.1.4
pub(super) const DH_SHA256_KDF: ObjectIdentifier = oid("1.3.132.1.11.1");
pub(super) const DH_SHA384_KDF: ObjectIdentifier = oid("1.3.132.1.11.2");
pub(super) const DH_SHA512_KDF: ObjectIdentifier = oid("1.3.132.1.11.3");

// key derivation, RFC 8018
pub(super) const PBKDF2: ObjectIdentifier = oid("1.2.840.113549.1.5.12");
pub(super) const HMAC_SHA256: ObjectIdentifier = oid("1.2.840.113549.2.9");

// content encryption, RFC 3370, RFC 3565, RFC 5084
pub(super) const DES_EDE3_CBC: ObjectIdentifier = oid("1.2.840.113549.3.7");
pub(super) const AES128_CBC: ObjectIdentifier = oid("2.16.840.1.101.3.4.1.2");
pub(super) const AES192_CBC: ObjectIdentifier = oid("2.16.840.1.101.3.4.1.22");
pub(super) const AES256_CBC: ObjectIdentifier = oid("2.16.840.1.101.3.4.1.42");
pub(super) const AES128_GCM: ObjectIdentifier = oid("2.16.840.1.101.3.4.1.6");
pub(super) const AES192_GCM: ObjectIdentifier = oid("2.16.840.1.101.3.4.1.26");
pub(super) const AES256_GCM: ObjectIdentifier = oid("2.16.840.1.101.3.4.1.46");
