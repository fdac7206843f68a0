//! CAs, and who signs in the name of one or beside one.

use super::{base, valid};
use crate::extension::{ExtendedKeyUsage, KeyUsage};
use crate::general_name::NameKind;
use crate::key::KeyAlgorithm;
use crate::profile::{BasicConstraintsRule, NamesRule, Period, Profile, SubjectRule};

pub(super) fn ocsp_signer() -> Profile {
    Profile {
        extended_key_usage: vec![ExtendedKeyUsage::OCSP_SIGNING],
        validity: valid(Period::days(30), Period::days(398)),
        ocsp_no_check: true,
        // with nocheck nobody asks for its status
        authority_information_access: false,
        crl_distribution_points: false,
        ..base("ocsp-signer", "OCSP responses in the name of a CA")
    }
}

fn certification_authority(name: &str, description: &str, longest: Period) -> Profile {
    Profile {
        key_usage: vec![
            KeyUsage::DigitalSignature,
            KeyUsage::KeyCertSign,
            KeyUsage::CrlSign,
        ],
        basic_constraints: Some(BasicConstraintsRule {
            ca: true,
            path_length: None,
        }),
        key_algorithms: KeyAlgorithm::signing().collect(),
        validity: valid(Period::days(10 * 365), longest),
        subject: SubjectRule {
            required: vec!["CN".to_owned()],
            ..base(name, "").subject
        },
        ..base(name, description)
    }
}

pub(super) fn sub_ca() -> Profile {
    certification_authority("sub-ca", "CAs below another CA", Period::days(30 * 365))
}

pub(super) fn root_ca() -> Profile {
    Profile {
        // a root is trusted or not; nobody asks whether it is revoked
        authority_information_access: false,
        crl_distribution_points: false,
        ..certification_authority(
            "root-ca",
            "CAs that sign themselves",
            Period::days(50 * 365),
        )
    }
}

pub(super) fn service_identity() -> Profile {
    Profile {
        extended_key_usage: vec![ExtendedKeyUsage::SERVER_AUTH, ExtendedKeyUsage::CLIENT_AUTH],
        names: NamesRule {
            allowed: [NameKind::Uri, NameKind::Dns, NameKind::Ip].into(),
            required: true,
            wildcards: false,
            ..NamesRule::default()
        },
        // read by our own processes, which trust one management CA and reload short-lived certificates
        authority_information_access: false,
        crl_distribution_points: false,
        ..base(
            "service-identity",
            "Mutual TLS between the platform's own services",
        )
    }
}

pub(super) fn timestamping() -> Profile {
    Profile {
        // RFC 3161 section 2.3: this purpose alone, and critical
        extended_key_usage: vec![ExtendedKeyUsage::TIME_STAMPING],
        validity: valid(Period::days(5 * 365), Period::days(15 * 365)),
        subject: named(),
        ..base("timestamping", "Time stamps, RFC 3161")
    }
}

pub(super) fn cmp_ra() -> Profile {
    Profile {
        // RFC 9483 section 4.1.6: who makes keys for devices says that it may
        extended_key_usage: vec![ExtendedKeyUsage::CMC_RA, ExtendedKeyUsage::CM_KGA],
        validity: valid(Period::days(365), Period::days(3 * 365)),
        subject: named(),
        ..base(
            "cmp-ra",
            "Registration authorities that protect CMP messages",
        )
    }
}

pub(super) fn scep_ra() -> Profile {
    Profile {
        // RFC 8894: clients encrypt to it
        key_usage: vec![KeyUsage::DigitalSignature, KeyUsage::KeyEncipherment],
        extended_key_usage: vec![ExtendedKeyUsage::CMC_RA],
        key_algorithms: vec![
            KeyAlgorithm::Rsa2048,
            KeyAlgorithm::Rsa3072,
            KeyAlgorithm::Rsa4096,
        ],
        validity: valid(Period::days(365), Period::days(3 * 365)),
        subject: named(),
        ..base("scep-ra", "Registration authorities that answer SCEP")
    }
}

/// The usual attributes, with a common name.
fn named() -> SubjectRule {
    SubjectRule {
        required: vec!["CN".to_owned()],
        ..base("", "").subject
    }
}
