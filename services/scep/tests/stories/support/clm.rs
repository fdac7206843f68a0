//! What SCEP's stories find in CLM.

use ers_enrollment::testing::Setup;
use ers_proto::clm::v1 as wire;

/// The policies `scep` (the default), `old` (takes old algorithms, allows no renewal), `elsewhere` (of a CA that no RA
/// certificate can be had of), and `scep-ra` for the server itself.
pub fn setup() -> Setup {
    let policies = ["scep", "old", "elsewhere"].map(|name| wire::EdgePolicy {
        issuer: if name == "elsewhere" { "other" } else { "" }.to_owned(),
        scep: Some(wire::ScepSettings {
            legacy_algorithms: name == "old",
            renewal_allowed: name != "old",
        }),
        name: name.to_owned(),
        ..Default::default()
    });
    Setup {
        protocol: "scep",
        ca: "CN=Fake CLM Root",
        policies: policies.to_vec(),
        not_for_us: &[],
        profile: "tls-server",
        takes_subject: false,
        own: &[("scep-ra", "scep-ra")],
        retry_after: 5,
    }
}
