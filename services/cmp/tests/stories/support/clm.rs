//! What CMP's stories find in CLM.

use ers_enrollment::testing::Setup;
use ers_proto::clm::v1 as wire;

/// The policy `cmp`, which is the default; `server` is not for CMP.
pub fn setup() -> Setup {
    let settings = wire::CmpSettings {
        mac_allowed: true,
        signature_allowed: true,
        implicit_confirm_allowed: true,
        central_keys_allowed: false,
        ra_verified_allowed: true,
        confirm_within: Some(prost_types::Duration {
            seconds: 60,
            nanos: 0,
        }),
    };
    let attribute = |oid: &str, value: &str| wire::TemplateAttribute {
        oid: oid.to_owned(),
        required: true,
        value: value.to_owned(),
    };
    let template = wire::RequestTemplate {
        key_algorithms: vec!["P-256".to_owned(), "RSA-3072".to_owned()],
        subject: vec![attribute("2.5.4.3", ""), attribute("2.5.4.10", "Example")],
        ..wire::RequestTemplate::default()
    };
    let policy = wire::EdgePolicy {
        name: "cmp".to_owned(),
        template: Some(template),
        cmp: Some(settings),
        ..wire::EdgePolicy::default()
    };
    Setup {
        protocol: "cmp",
        ca: "CN=ca",
        policies: vec![policy],
        not_for_us: &["server"],
        profile: "ieee-802-1ar-ldevid",
        takes_subject: true,
        own: &[("cmp-signer", "cmp-ra")],
        retry_after: 1,
    }
}
