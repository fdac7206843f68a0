//! The profiles that every installation begins with.

use std::sync::LazyLock;

use super::{
    BasicConstraintsRule, NamesRule, OtherAttributes, Period, Profile, SubjectRule, ValidityRule,
};
use crate::extension::{ExtendedKeyUsage, KeyUsage};
use crate::general_name::NameKind;
use crate::key::KeyAlgorithm;
use crate::lint::LintPolicy;

impl Profile {
    /// The ready profiles: `tls-server` `tls-client` `ocsp-signer` `sub-ca` `root-ca` `service-identity` `s-mime`
    /// `code-signing`.
    pub fn ready() -> &'static [Profile] {
        static READY: LazyLock<Vec<Profile>> = LazyLock::new(|| {
            vec![
                tls_server(),
                tls_client(),
                ocsp_signer(),
                sub_ca(),
                root_ca(),
                service_identity(),
                s_mime(),
                code_signing(),
            ]
        });
        &READY
    }

    /// The ready profile of that name.
    pub fn find_ready(name: &str) -> Option<&'static Profile> {
        Self::ready().iter().find(|profile| profile.name == name)
    }
}

/// Kinds of keys that everybody understands; larger RSA keys slow down whoever verifies.
const USUAL_KEYS: [KeyAlgorithm; 7] = [
    KeyAlgorithm::Rsa2048,
    KeyAlgorithm::Rsa3072,
    KeyAlgorithm::Rsa4096,
    KeyAlgorithm::P256,
    KeyAlgorithm::P384,
    KeyAlgorithm::P521,
    KeyAlgorithm::Ed25519,
];

/// Attributes of people and organisations.
const USUAL_ATTRIBUTES: [&str; 14] = [
    "CN",
    "SN",
    "GN",
    "serialNumber",
    "C",
    "L",
    "ST",
    "STREET",
    "O",
    "OU",
    "title",
    "UID",
    "DC",
    "emailAddress",
];

fn end_entity(name: &str, description: &str) -> Profile {
    Profile {
        name: name.to_owned(),
        description: description.to_owned(),
        key_usage: vec![KeyUsage::DigitalSignature],
        extended_key_usage: Vec::new(),
        basic_constraints: Some(BasicConstraintsRule {
            ca: false,
            path_length: None,
        }),
        key_algorithms: USUAL_KEYS.to_vec(),
        validity: ValidityRule {
            default: Period::days(90),
            longest: Period::days(398),
            backdate: Period::hours(1),
            latest_start: Period::days(1),
        },
        subject: SubjectRule {
            allowed: USUAL_ATTRIBUTES.map(str::to_owned).to_vec(),
            ..SubjectRule::default()
        },
        names: NamesRule::default(),
        ocsp_no_check: false,
        authority_information_access: true,
        crl_distribution_points: true,
        certificate_policies: Vec::new(),
        lint: LintPolicy::default(),
    }
}

fn tls_server() -> Profile {
    Profile {
        key_usage: vec![KeyUsage::DigitalSignature, KeyUsage::KeyEncipherment],
        extended_key_usage: vec![ExtendedKeyUsage::SERVER_AUTH],
        // ACME clients send all sorts of subjects; only a common name that is also a SAN says something proven
        subject: SubjectRule {
            allowed: vec!["CN".to_owned()],
            others: OtherAttributes::Drop,
            common_name_from_names: true,
            ..SubjectRule::default()
        },
        names: NamesRule {
            allowed: [NameKind::Dns, NameKind::Ip].into(),
            required: true,
            ..NamesRule::default()
        },
        ..end_entity("tls-server", "TLS servers: DNS names and IP addresses")
    }
}

fn tls_client() -> Profile {
    Profile {
        extended_key_usage: vec![ExtendedKeyUsage::CLIENT_AUTH],
        names: NamesRule {
            allowed: [
                NameKind::Dns,
                NameKind::Email,
                NameKind::Uri,
                NameKind::Ip,
                NameKind::Upn,
            ]
            .into(),
            wildcards: false,
            ..NamesRule::default()
        },
        ..end_entity("tls-client", "TLS clients: people and devices")
    }
}

fn ocsp_signer() -> Profile {
    Profile {
        extended_key_usage: vec![ExtendedKeyUsage::OCSP_SIGNING],
        validity: ValidityRule {
            default: Period::days(30),
            longest: Period::days(398),
            backdate: Period::hours(1),
            latest_start: Period::days(1),
        },
        ocsp_no_check: true,
        // with nocheck nobody asks for its status
        authority_information_access: false,
        crl_distribution_points: false,
        ..end_entity("ocsp-signer", "OCSP responses in the name of a CA")
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
        validity: ValidityRule {
            default: Period::days(10 * 365),
            longest,
            backdate: Period::hours(1),
            latest_start: Period::days(1),
        },
        subject: SubjectRule {
            required: vec!["CN".to_owned()],
            ..end_entity(name, "").subject
        },
        ..end_entity(name, description)
    }
}

fn sub_ca() -> Profile {
    certification_authority("sub-ca", "CAs below another CA", Period::days(30 * 365))
}

fn root_ca() -> Profile {
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

fn service_identity() -> Profile {
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
        ..end_entity(
            "service-identity",
            "Mutual TLS between the platform's own services",
        )
    }
}

fn s_mime() -> Profile {
    Profile {
        key_usage: vec![
            KeyUsage::DigitalSignature,
            KeyUsage::KeyEncipherment,
            KeyUsage::KeyAgreement,
        ],
        extended_key_usage: vec![ExtendedKeyUsage::EMAIL_PROTECTION],
        validity: ValidityRule {
            default: Period::days(365),
            longest: Period::days(825),
            backdate: Period::hours(1),
            latest_start: Period::days(1),
        },
        names: NamesRule {
            allowed: [NameKind::Email].into(),
            required: true,
            wildcards: false,
            ..NamesRule::default()
        },
        ..end_entity("s-mime", "E-mail: signing and encryption")
    }
}

fn code_signing() -> Profile {
    Profile {
        extended_key_usage: vec![ExtendedKeyUsage::CODE_SIGNING],
        key_algorithms: USUAL_KEYS
            .into_iter()
            .filter(|key| *key != KeyAlgorithm::Rsa2048)
            .collect(),
        subject: SubjectRule {
            required: vec!["CN".to_owned()],
            ..end_entity("code-signing", "").subject
        },
        validity: ValidityRule {
            default: Period::days(365),
            longest: Period::days(460),
            backdate: Period::hours(1),
            latest_start: Period::days(1),
        },
        ..end_entity("code-signing", "Signing of software")
    }
}
