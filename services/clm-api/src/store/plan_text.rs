//! What was planned for a request, as JSON in its row.

use ers_pki::name::Name;
use serde::{Deserialize, Serialize};
use time::{Duration, OffsetDateTime};

use crate::domain::{
    decide::Plan,
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
    realm: String,
    policy: String,
    policy_version: u32,
    end_entity: String,
    requester: String,
    protocol: String,
}

pub(super) fn write(plan: &Plan) -> Option<String> {
    let origin = plan.origin.clone();
    let text = Text {
        issuer: plan.issuer.clone(),
        profile: plan.profile.clone(),
        subject: hex::encode(plan.subject.to_der()),
        names: plan.names.iter().map(ToString::to_string).collect(),
        not_before: plan.not_before.map(OffsetDateTime::unix_timestamp),
        validity_seconds: plan.validity.whole_seconds(),
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
