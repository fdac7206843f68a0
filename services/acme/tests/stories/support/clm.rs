//! What ACME's stories find in CLM.

use ers_enrollment::testing::{FakeClm, Setup};
use ers_proto::clm::v1 as wire;

/// The policies `acme` (the default), `acme-eab`, `short` and `plain` (no wildcards).
pub fn setup() -> Setup {
    let policies = ["acme", "acme-eab", "plain", "short"].map(|name| wire::EdgePolicy {
        description: format!("the policy {name}"),
        external_account_required: name == "acme-eab",
        wildcards_allowed: name != "plain",
        name: name.to_owned(),
        ..Default::default()
    });
    Setup {
        protocol: "acme",
        ca: "CN=Fake CLM Root",
        policies: policies.to_vec(),
        not_for_us: &["no-acme"],
        profile: "tls-server",
        takes_subject: false,
        own: &[],
        retry_after: 7,
    }
}

/// What a policy says about ACME.
pub fn settle(clm: &FakeClm, policy: &str, settings: wire::AcmeSettings) {
    clm.change_policy(policy, |policy| policy.acme = Some(settings));
}

/// Has the root's key certified by an older root: the link certificate, DER.
pub fn link_to_older_root(clm: &FakeClm) -> Vec<u8> {
    use openssl::x509::extension::BasicConstraints;
    use openssl::x509::{X509, X509NameBuilder};
    let root = X509::from_der(clm.root().der()).unwrap();
    let older = super::p256();
    let mut name = X509NameBuilder::new().unwrap();
    name.append_entry_by_text("CN", "Older Root").unwrap();
    let mut link = X509::builder().unwrap();
    link.set_version(2).unwrap();
    link.set_serial_number(root.serial_number()).unwrap();
    link.set_issuer_name(&name.build()).unwrap();
    link.set_subject_name(root.subject_name()).unwrap();
    link.set_not_before(root.not_before()).unwrap();
    link.set_not_after(root.not_after()).unwrap();
    link.set_pubkey(&root.public_key().unwrap()).unwrap();
    let ca = BasicConstraints::new().critical().ca().build().unwrap();
    link.append_extension(ca).unwrap();
    link.sign(&older, openssl::hash::MessageDigest::sha256())
        .unwrap();
    let link = link.build().to_der().unwrap();
    clm.change_policy("acme", |policy| policy.link_certificates.push(link.clone()));
    link
}
