//! The profiles that every installation begins with, one file for each kind of holder.

mod authority;
mod device;
mod person;
mod server;

use std::sync::LazyLock;

use super::{
    BasicConstraintsRule, ExtensionsRule, NamesRule, Period, Profile, RequestRule, SubjectRule,
    ValidityRule,
};
use crate::extension::KeyUsage;
use crate::key::KeyAlgorithm;
use crate::lint::LintPolicy;

impl Profile {
    /// The ready profiles; `docs/issuance.md` lists them.
    pub fn ready() -> &'static [Profile] {
        static READY: LazyLock<Vec<Profile>> = LazyLock::new(|| {
            vec![
                server::tls_server(),
                server::tls_client(),
                authority::ocsp_signer(),
                authority::sub_ca(),
                authority::root_ca(),
                authority::service_identity(),
                person::s_mime(),
                person::s_mime_sign(),
                person::s_mime_encrypt(),
                person::code_signing(),
                person::document_signing(),
                person::smart_card_logon(),
                person::encryption(),
                authority::timestamping(),
                authority::cmp_ra(),
                authority::scep_ra(),
                server::kubernetes_workload(),
                server::domain_controller(),
                server::wifi_eap_server(),
                server::wifi_eap_client(),
                device::idevid(),
                device::ldevid(),
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

/// What end entities have in common.
fn base(name: &str, description: &str) -> Profile {
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
        validity: valid(Period::days(90), Period::days(398)),
        subject: SubjectRule {
            allowed: USUAL_ATTRIBUTES.map(str::to_owned).to_vec(),
            ..SubjectRule::default()
        },
        names: NamesRule::default(),
        ocsp_no_check: false,
        authority_information_access: true,
        crl_distribution_points: true,
        certificate_policies: Vec::new(),
        extensions: ExtensionsRule::default(),
        request: RequestRule::default(),
        lint: LintPolicy::default(),
    }
}

/// So long unless asked for, and at most so long.
fn valid(default: Period, longest: Period) -> ValidityRule {
    ValidityRule {
        default,
        longest,
        backdate: Period::hours(1),
        latest_start: Period::days(1),
        no_expiry: false,
    }
}
