//! Devices: identities by their maker and by their owner, IEEE 802.1AR.

use super::{base, valid};
use crate::extension::{ExtendedKeyUsage, KeyUsage};
use crate::general_name::NameKind;
use crate::profile::{NamesRule, Period, Profile, SubjectRule, ValidityRule};

pub(super) fn idevid() -> Profile {
    Profile {
        validity: ValidityRule {
            no_expiry: true,
            ..valid(Period::days(365), Period::days(365))
        },
        subject: SubjectRule {
            required: vec!["serialNumber".to_owned()],
            ..base("", "").subject
        },
        names: NamesRule {
            // HardwareModuleName, RFC 4108, is an otherName
            allowed: [NameKind::Other].into(),
            ..NamesRule::default()
        },
        ..base(
            "ieee-802-1ar-idevid",
            "Devices' identities by their maker, which never expire; the CA must not expire either",
        )
    }
}

pub(super) fn ldevid() -> Profile {
    Profile {
        key_usage: vec![KeyUsage::DigitalSignature, KeyUsage::KeyEncipherment],
        extended_key_usage: vec![ExtendedKeyUsage::CLIENT_AUTH, ExtendedKeyUsage::SERVER_AUTH],
        validity: valid(Period::days(365), Period::days(3 * 365)),
        names: NamesRule {
            allowed: [NameKind::Dns, NameKind::Ip, NameKind::Uri, NameKind::Other].into(),
            wildcards: false,
            ..NamesRule::default()
        },
        ..base("ieee-802-1ar-ldevid", "Devices' identities by their owner")
    }
}
