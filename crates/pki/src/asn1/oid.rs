//! Object identifiers that more than one module needs.

use const_oid::ObjectIdentifier;

const fn oid(dotted: &str) -> ObjectIdentifier {
    ObjectIdentifier::new_unwrap(dotted)
}

// certificate and CRL extensions, RFC 5280 sections 4.2 and 5.2
pub(crate) const SUBJECT_KEY_IDENTIFIER: ObjectIdentifier = oid("2.5.29.14");
pub(crate) const KEY_USAGE: ObjectIdentifier = oid("2.5.29.15");
pub(crate) const SUBJECT_ALTERNATIVE_NAME: ObjectIdentifier = oid("2.5.29.17");
pub(crate) const BASIC_CONSTRAINTS: ObjectIdentifier = oid("2.5.29.19");
pub(crate) const CRL_NUMBER: ObjectIdentifier = oid("2.5.29.20");
pub(crate) const REASON_CODE: ObjectIdentifier = oid("2.5.29.21");
pub(crate) const INVALIDITY_DATE: ObjectIdentifier = oid("2.5.29.24");
pub(crate) const DELTA_CRL_INDICATOR: ObjectIdentifier = oid("2.5.29.27");
// x509-cert 0.3.0 has another value here, which is wrong
pub(crate) const ISSUING_DISTRIBUTION_POINT: ObjectIdentifier = oid("2.5.29.28");
pub(crate) const NAME_CONSTRAINTS: ObjectIdentifier = oid("2.5.29.30");
pub(crate) const CRL_DISTRIBUTION_POINTS: ObjectIdentifier = oid("2.5.29.31");
pub(crate) const CERTIFICATE_POLICIES: ObjectIdentifier = oid("2.5.29.32");
pub(crate) const AUTHORITY_KEY_IDENTIFIER: ObjectIdentifier = oid("2.5.29.35");
pub(crate) const EXTENDED_KEY_USAGE: ObjectIdentifier = oid("2.5.29.37");
pub(crate) const FRESHEST_CRL: ObjectIdentifier = oid("2.5.29.46");
pub(crate) const SUBJECT_DIRECTORY_ATTRIBUTES: ObjectIdentifier = oid("2.5.29.9");
pub(crate) const POLICY_MAPPINGS: ObjectIdentifier = oid("2.5.29.33");
pub(crate) const POLICY_CONSTRAINTS: ObjectIdentifier = oid("2.5.29.36");
pub(crate) const INHIBIT_ANY_POLICY: ObjectIdentifier = oid("2.5.29.54");
pub(crate) const NO_REV_AVAIL: ObjectIdentifier = oid("2.5.29.56");
pub(crate) const SUBJECT_INFORMATION_ACCESS: ObjectIdentifier = oid("1.3.6.1.5.5.7.1.11");
pub(crate) const QC_STATEMENTS: ObjectIdentifier = oid("1.3.6.1.5.5.7.1.3");
pub(crate) const TLS_FEATURE: ObjectIdentifier = oid("1.3.6.1.5.5.7.1.24");

// extensions of Microsoft: [MS-WCCE] sections 2.2.2.7.7.1 to 2.2.2.7.7.4
pub(crate) const MS_TEMPLATE_NAME: ObjectIdentifier = oid("1.3.6.1.4.1.311.20.2");
pub(crate) const MS_TEMPLATE: ObjectIdentifier = oid("1.3.6.1.4.1.311.21.7");
pub(crate) const MS_SECURITY: ObjectIdentifier = oid("1.3.6.1.4.1.311.25.2");
pub(crate) const MS_SECURITY_IDENTIFIER: ObjectIdentifier = oid("1.3.6.1.4.1.311.25.2.1");
pub(crate) const AUTHORITY_INFORMATION_ACCESS: ObjectIdentifier = oid("1.3.6.1.5.5.7.1.1");

// access methods, RFC 5280 section 4.2.2.1
pub(crate) const AD_OCSP: ObjectIdentifier = oid("1.3.6.1.5.5.7.48.1");
pub(crate) const AD_CA_ISSUERS: ObjectIdentifier = oid("1.3.6.1.5.5.7.48.2");

// OCSP, RFC 6960
pub(crate) const OCSP_BASIC: ObjectIdentifier = oid("1.3.6.1.5.5.7.48.1.1");
pub(crate) const OCSP_NONCE: ObjectIdentifier = oid("1.3.6.1.5.5.7.48.1.2");
pub(crate) const OCSP_NO_CHECK: ObjectIdentifier = oid("1.3.6.1.5.5.7.48.1.5");

// PKCS #9 attributes, RFC 2985
pub(crate) const CHALLENGE_PASSWORD: ObjectIdentifier = oid("1.2.840.113549.1.9.7");
// szOID_RSA_certExtensions of Microsoft: what Windows before Vista, and devices that imitate it, write in its place
pub(crate) const MS_CERT_EXTENSIONS: ObjectIdentifier = oid("1.3.6.1.4.1.311.2.1.14");
pub(crate) const EXTENSION_REQUEST: ObjectIdentifier = oid("1.2.840.113549.1.9.14");

// types of otherName: Microsoft user principal name; RFC 9598
pub(crate) const USER_PRINCIPAL_NAME: ObjectIdentifier = oid("1.3.6.1.4.1.311.20.2.3");
pub(crate) const SMTP_UTF8_MAILBOX: ObjectIdentifier = oid("1.3.6.1.5.5.7.8.9");

// key algorithms and curves, RFC 3279, 5480, 8410
pub(crate) const RSA_ENCRYPTION: ObjectIdentifier = oid("1.2.840.113549.1.1.1");
pub(crate) const EC_PUBLIC_KEY: ObjectIdentifier = oid("1.2.840.10045.2.1");
pub(crate) const P_256: ObjectIdentifier = oid("1.2.840.10045.3.1.7");
pub(crate) const P_384: ObjectIdentifier = oid("1.3.132.0.34");
pub(crate) const P_521: ObjectIdentifier = oid("1.3.132.0.35");
pub(crate) const BRAINPOOL_P256_R1: ObjectIdentifier = oid("1.3.36.3.3.2.8.1.1.7");
pub(crate) const BRAINPOOL_P384_R1: ObjectIdentifier = oid("1.3.36.3.3.2.8.1.1.11");
pub(crate) const BRAINPOOL_P512_R1: ObjectIdentifier = oid("1.3.36.3.3.2.8.1.1.13");
pub(crate) const X25519: ObjectIdentifier = oid("1.3.101.110");
pub(crate) const X448: ObjectIdentifier = oid("1.3.101.111");
pub(crate) const ED25519: ObjectIdentifier = oid("1.3.101.112");
pub(crate) const ED448: ObjectIdentifier = oid("1.3.101.113");

// signature algorithms, RFC 4055, 5758
pub(crate) const RSASSA_PSS: ObjectIdentifier = oid("1.2.840.113549.1.1.10");
pub(crate) const SHA256_WITH_RSA: ObjectIdentifier = oid("1.2.840.113549.1.1.11");
pub(crate) const SHA384_WITH_RSA: ObjectIdentifier = oid("1.2.840.113549.1.1.12");
pub(crate) const SHA512_WITH_RSA: ObjectIdentifier = oid("1.2.840.113549.1.1.13");
pub(crate) const SHA256_WITH_ECDSA: ObjectIdentifier = oid("1.2.840.10045.4.3.2");
pub(crate) const SHA384_WITH_ECDSA: ObjectIdentifier = oid("1.2.840.10045.4.3.3");
pub(crate) const SHA512_WITH_ECDSA: ObjectIdentifier = oid("1.2.840.10045.4.3.4");

// digests
pub(crate) const SHA1: ObjectIdentifier = oid("1.3.14.3.2.26");
pub(crate) const SHA256: ObjectIdentifier = oid("2.16.840.1.101.3.4.2.1");
pub(crate) const SHA384: ObjectIdentifier = oid("2.16.840.1.101.3.4.2.2");
pub(crate) const SHA512: ObjectIdentifier = oid("2.16.840.1.101.3.4.2.3");
