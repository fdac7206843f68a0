//! What CLM says of a policy.

use ers_pki::certificate::Certificate;
use ers_proto::clm::v1 as wire;
use ers_runtime::http::Network;
use time::Duration;

use crate::domain::challenge::ChallengeKind;
use crate::domain::policy::{Policy, ReachableNetworks};

/// Reads it.
pub(super) fn read(policy: wire::EdgePolicy) -> Result<Policy, &'static str> {
    let settings = policy.acme.unwrap_or_default();
    let networks = |texts: &[String]| {
        let networks: Result<Vec<Network>, _> = texts.iter().map(|text| text.parse()).collect();
        networks.map_err(|_| "a network that can be read")
    };
    let challenges: Vec<ChallengeKind> = settings
        .challenges
        .iter()
        .filter_map(|kind| ChallengeKind::find(kind))
        .collect();
    Ok(Policy {
        external_account_required: policy.external_account_required
            || settings.external_account_required,
        wildcards_allowed: policy.wildcards_allowed,
        caa_identities: settings.honour_caa.then_some(settings.caa_identities),
        profiles: settings.profiles,
        challenges: if settings.challenges.is_empty() {
            ChallengeKind::ALL.to_vec()
        } else {
            challenges
        },
        reuse_within: settings
            .reuse_within
            .and_then(|within| std::time::Duration::try_from(within).ok())
            .and_then(|within| Duration::try_from(within).ok()),
        networks: ReachableNetworks {
            allowed: networks(&settings.allowed_networks)?,
            denied: networks(&settings.denied_networks)?,
        },
        link_certificates: policy
            .link_certificates
            .iter()
            .map(|der| Certificate::from_der(der))
            .collect::<Result<_, _>>()
            .map_err(|_| "a link certificate that can be read")?,
        name: policy.name,
        description: policy.description,
    })
}
