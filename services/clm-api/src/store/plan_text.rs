//! What was planned for a request, as JSON in its row.

use ers_pki::{RequestedExtension, name::Name};
use serde::{Deserialize, Serialize};
use time::{Duration, OffsetDateTime};

use crate::domain::{
    decide::{Plan, Wishes},
    id::{IssuerName, ProfileName},
    inventory::Origin,
};

#[derive(Serialize, Deserialize)]
struct Text {
    issuer: IssuerName,
    profile: ProfileName,
    /// DER, hex.
    subject: String,
    names: Vec<String>,
    /// Seconds since 1970.
    not_before: Option<i64>,
    validity_seconds: i64,
    /// Absent in rows of earlier versions.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    key_usage: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    extended_key_usage: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    extensions: Vec<WishedText>,
    realm: String,
    policy: String,
    policy_version: u32,
    end_entity: String,
    requester: String,
    protocol: String,
}

#[derive(Serialize, Deserialize)]
struct WishedText {
    oid: String,
    critical: bool,
    /// DER, hex.
    value: String,
}

pub(super) fn write(plan: &Plan) -> Option<String> {
    let origin = plan.origin.clone();
    let extensions = plan.wishes.extensions.iter().map(|wished| WishedText {
        oid: wished.oid.to_string(),
        critical: wished.critical,
        value: hex::encode(&wished.value),
    });
    let text = Text {
        issuer: plan.issuer.clone(),
        profile: plan.profile.clone(),
        subject: hex::encode(plan.subject.to_der()),
        names: plan.names.iter().map(ToString::to_string).collect(),
        not_before: plan.not_before.map(OffsetDateTime::unix_timestamp),
        validity_seconds: plan.validity.whole_seconds(),
        key_usage: plan.wishes.key_usage.clone(),
        extended_key_usage: plan.wishes.extended_key_usage.clone(),
        extensions: extensions.collect(),
        realm: origin.realm,
        policy: origin.policy,
        policy_version: origin.policy_version,
        end_entity: origin.end_entity,
        requester: origin.requester,
        protocol: origin.protocol,
    };
    serde_json::to_string(&text).ok()
}

pub(super) fn read(text: &str) -> Option<Plan> {
    let text: Text = serde_json::from_str(text).ok()?;
    let not_before = match text.not_before {
        Some(seconds) => Some(OffsetDateTime::from_unix_timestamp(seconds).ok()?),
        None => None,
    };
    Some(Plan {
        issuer: text.issuer,
        profile: text.profile,
        subject: Name::from_der(&hex::decode(text.subject).ok()?).ok()?,
        names: text
            .names
            .iter()
            .map(|name| name.parse().ok())
            .collect::<Option<_>>()?,
        not_before,
        validity: Duration::seconds(text.validity_seconds),
        wishes: Wishes {
            key_usage: text.key_usage,
            extended_key_usage: text.extended_key_usage,
            extensions: text
                .extensions
                .into_iter()
                .map(|wished| {
                    Some(RequestedExtension {
                        oid: wished.oid.parse().ok()?,
                        critical: wished.critical,
                        value: hex::decode(wished.value).ok()?,
                    })
                })
                .collect::<Option<_>>()?,
        },
        origin: Origin {
            realm: text.realm,
            policy: text.policy,
            policy_version: text.policy_version,
            end_entity: text.end_entity,
            requester: text.requester,
            protocol: text.protocol,
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_reads_back_as_it_was() {
        let plan = Plan {
            issuer: "sub".parse().unwrap(),
            profile: "tls-server".parse().unwrap(),
            subject: "CN=a.test".parse().unwrap(),
            names: vec![
                "dns:a.test".parse().unwrap(),
                "ip:192.0.2.1".parse().unwrap(),
            ],
            not_before: Some(OffsetDateTime::UNIX_EPOCH + Duration::days(20_000)),
            validity: Duration::days(90),
            wishes: Wishes {
                key_usage: vec!["digitalSignature".into()],
                extended_key_usage: vec!["serverAuth".into()],
                extensions: vec![RequestedExtension {
                    oid: "1.3.6.1.5.5.7.1.24".parse().unwrap(),
                    critical: false,
                    value: vec![0x30, 3, 2, 1, 5],
                }],
            },
            origin: Origin {
                realm: "default".into(),
                policy: "server".into(),
                policy_version: 3,
                end_entity: "printer".into(),
                requester: "x".into(),
                protocol: "rest".into(),
            },
        };
        assert_eq!(read(&write(&plan).unwrap()), Some(plan));
        assert_eq!(read("{}"), None);
    }
}
