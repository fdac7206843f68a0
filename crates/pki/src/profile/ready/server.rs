//! Machines that others talk to, and workloads.

use super::{base, valid};
use crate::extension::{ExtendedKeyUsage, KeyUsage};
use crate::general_name::NameKind;
use crate::profile::{
    ExtensionsRule, NamesRule, OtherAttributes, Period, Presence, Profile, SubjectRule, ValueRule,
};

pub(super) fn tls_server() -> Profile {
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
        ..base("tls-server", "TLS servers: DNS names and IP addresses")
    }
}

pub(super) fn tls_client() -> Profile {
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
        ..base("tls-client", "TLS clients: people and devices")
    }
}

pub(super) fn kubernetes_workload() -> Profile {
    let spiffe = ValueRule {
        required: true,
        pattern: "spiffe://[^/?#]+(/.*)?".parse().ok(),
        // SPIFFE X.509-SVID section 2: exactly one URI
        most: Some(1),
        ..ValueRule::default()
    };
    Profile {
        extended_key_usage: vec![ExtendedKeyUsage::SERVER_AUTH, ExtendedKeyUsage::CLIENT_AUTH],
        validity: valid(Period::days(1), Period::days(7)),
        subject: SubjectRule {
            allowed: ["CN", "O", "OU"].map(str::to_owned).to_vec(),
            others: OtherAttributes::Drop,
            ..SubjectRule::default()
        },
        names: NamesRule {
            allowed: [NameKind::Dns, NameKind::Ip].into(),
            kinds: [(NameKind::Uri, spiffe)].into(),
            wildcards: false,
            ..NamesRule::default()
        },
        ..base(
            "kubernetes-workload",
            "Workloads with a SPIFFE identity, for a day",
        )
    }
}

pub(super) fn domain_controller() -> Profile {
    let dns = ValueRule {
        required: true,
        ..ValueRule::default()
    };
    Profile {
        key_usage: vec![KeyUsage::DigitalSignature, KeyUsage::KeyEncipherment],
        extended_key_usage: vec![
            ExtendedKeyUsage::CLIENT_AUTH,
            ExtendedKeyUsage::SERVER_AUTH,
            ExtendedKeyUsage::SMARTCARD_LOGON,
            ExtendedKeyUsage::PKINIT_KDC,
        ],
        validity: valid(Period::days(365), Period::days(2 * 365)),
        names: NamesRule {
            // its GUID is an otherName of type 1.3.6.1.4.1.311.25.1
            allowed: [NameKind::Other].into(),
            kinds: [(NameKind::Dns, dns)].into(),
            wildcards: false,
            underscores: true,
            ..NamesRule::default()
        },
        extensions: ExtensionsRule {
            microsoft_template_name: Some("DomainController".to_owned()),
            microsoft_security_identifier: Presence::Known,
            ..ExtensionsRule::default()
        },
        ..base(
            "domain-controller",
            "Domain controllers of Active Directory",
        )
    }
}

pub(super) fn wifi_eap_server() -> Profile {
    Profile {
        key_usage: vec![KeyUsage::DigitalSignature, KeyUsage::KeyEncipherment],
        extended_key_usage: vec![
            ExtendedKeyUsage::SERVER_AUTH,
            ExtendedKeyUsage::EAP_OVER_LAN,
        ],
        names: NamesRule {
            allowed: [NameKind::Dns].into(),
            required: true,
            wildcards: false,
            ..NamesRule::default()
        },
        ..base(
            "wifi-eap-server",
            "RADIUS servers: EAP-TLS in wired and wireless networks",
        )
    }
}

pub(super) fn wifi_eap_client() -> Profile {
    Profile {
        extended_key_usage: vec![
            ExtendedKeyUsage::CLIENT_AUTH,
            ExtendedKeyUsage::EAP_OVER_LAN,
        ],
        names: NamesRule {
            allowed: [NameKind::Dns, NameKind::Email, NameKind::Upn].into(),
            wildcards: false,
            ..NamesRule::default()
        },
        ..base(
            "wifi-eap-client",
            "People and devices that log in to a network by EAP-TLS",
        )
    }
}
