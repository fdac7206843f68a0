//! People: mail, documents, software, logging in.

use super::{USUAL_KEYS, base, valid};
use crate::extension::{ExtendedKeyUsage, KeyUsage};
use crate::general_name::NameKind;
use crate::key::KeyAlgorithm;
use crate::profile::{
    ExtensionsRule, NamesRule, Period, Presence, Profile, SubjectRule, ValueRule,
};

pub(super) fn s_mime() -> Profile {
    Profile {
        key_usage: vec![
            KeyUsage::DigitalSignature,
            KeyUsage::KeyEncipherment,
            KeyUsage::KeyAgreement,
        ],
        extended_key_usage: vec![ExtendedKeyUsage::EMAIL_PROTECTION],
        validity: valid(Period::days(365), Period::days(825)),
        names: NamesRule {
            allowed: [NameKind::Email].into(),
            required: true,
            wildcards: false,
            ..NamesRule::default()
        },
        ..base("s-mime", "E-mail: signing and encryption")
    }
}

pub(super) fn s_mime_sign() -> Profile {
    Profile {
        name: "s-mime-sign".to_owned(),
        description: "E-mail: signing only".to_owned(),
        key_usage: vec![KeyUsage::DigitalSignature],
        ..s_mime()
    }
}

pub(super) fn s_mime_encrypt() -> Profile {
    Profile {
        name: "s-mime-encrypt".to_owned(),
        description: "E-mail: encryption only".to_owned(),
        key_usage: vec![KeyUsage::KeyEncipherment, KeyUsage::KeyAgreement],
        key_algorithms: for_encryption(),
        ..s_mime()
    }
}

pub(super) fn encryption() -> Profile {
    Profile {
        key_usage: vec![
            KeyUsage::KeyEncipherment,
            KeyUsage::DataEncipherment,
            KeyUsage::KeyAgreement,
        ],
        key_algorithms: for_encryption(),
        validity: valid(Period::days(365), Period::days(3 * 365)),
        names: NamesRule {
            allowed: NameKind::ALL.into(),
            wildcards: false,
            ..NamesRule::default()
        },
        ..base(
            "encryption",
            "Encryption of data to a person or device, and nothing else",
        )
    }
}

/// Keys that something can be encrypted to.
fn for_encryption() -> Vec<KeyAlgorithm> {
    USUAL_KEYS
        .into_iter()
        .filter(|key| KeyUsage::KeyEncipherment.suits(*key) || KeyUsage::KeyAgreement.suits(*key))
        .chain([KeyAlgorithm::X25519, KeyAlgorithm::X448])
        .collect()
}

pub(super) fn code_signing() -> Profile {
    Profile {
        extended_key_usage: vec![ExtendedKeyUsage::CODE_SIGNING],
        key_algorithms: USUAL_KEYS
            .into_iter()
            .filter(|key| *key != KeyAlgorithm::Rsa2048)
            .collect(),
        subject: SubjectRule {
            required: vec!["CN".to_owned()],
            ..base("code-signing", "").subject
        },
        validity: valid(Period::days(365), Period::days(460)),
        ..base("code-signing", "Signing of software")
    }
}

pub(super) fn document_signing() -> Profile {
    Profile {
        key_usage: vec![KeyUsage::DigitalSignature, KeyUsage::ContentCommitment],
        extended_key_usage: vec![ExtendedKeyUsage::DOCUMENT_SIGNING],
        validity: valid(Period::days(365), Period::days(3 * 365)),
        subject: SubjectRule {
            required: vec!["CN".to_owned()],
            ..base("", "").subject
        },
        names: NamesRule {
            allowed: [NameKind::Email].into(),
            ..NamesRule::default()
        },
        ..base("document-signing", "Signing of documents, RFC 9336")
    }
}

pub(super) fn smart_card_logon() -> Profile {
    let upn = ValueRule {
        required: true,
        most: Some(1),
        ..ValueRule::default()
    };
    Profile {
        key_usage: vec![KeyUsage::DigitalSignature, KeyUsage::KeyEncipherment],
        extended_key_usage: vec![
            ExtendedKeyUsage::CLIENT_AUTH,
            ExtendedKeyUsage::SMARTCARD_LOGON,
        ],
        validity: valid(Period::days(365), Period::days(3 * 365)),
        names: NamesRule {
            allowed: [NameKind::Email].into(),
            kinds: [(NameKind::Upn, upn)].into(),
            ..NamesRule::default()
        },
        extensions: ExtensionsRule {
            microsoft_security_identifier: Presence::Known,
            ..ExtensionsRule::default()
        },
        ..base(
            "smart-card-logon",
            "Logging in to Windows with a smart card",
        )
    }
}
