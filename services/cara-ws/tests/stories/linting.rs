//! Promises:
//! - what the linter finds stops the issue where the profile says so: no signature, and rule and citation are told;
//! - what does not stop it is told with the certificate, once.

use ers_pki::{
    lint::{IgnoredLint, LintAction, LintPolicy, LintSet},
    profile::Profile,
};
use ers_test_support::{databases::TestDatabase, on_every_database};
use tonic::Code;

use crate::common::{request, with_pki};

/// Profiles for servers that are held against the CA/Browser Forum's rules.
pub fn profiles() -> Vec<Profile> {
    let forum = |name: &str, action| {
        let mut profile = Profile::find_ready("tls-server").unwrap().clone();
        profile.name = name.to_owned();
        profile.lint = LintPolicy {
            sets: [(LintSet::CabfTls, action)].into(),
            ignore: vec![IgnoredLint {
                id: "cabf-tls-policies".to_owned(),
                reason: "a private CA has no policy of the Forum".to_owned(),
            }],
        };
        profile
    };
    vec![
        forum("forum-block", LintAction::Block),
        forum("forum-warn", LintAction::Warn),
    ]
}

on_every_database!(
    a_finding_that_blocks_is_told_and_nothing_is_signed,
    findings_that_do_not_block_come_with_the_certificate,
);

/// Failure 14: a lint finding of severity error, where the profile blocks, comes before any signature.
async fn a_finding_that_blocks_is_told_and_nothing_is_signed(database: TestDatabase) {
    let (replica, signer) = with_pki(&database).await;
    let before = signer.entries().len();
    let mut wanted = request("blocked", "dns:host.internal");
    wanted.profile = "forum-block".into();
    let refused = replica.issuance("clm-api").issue(wanted).await.unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument, "{refused:?}");
    for told in ["host.internal", "cabf-tls-internal-name", "BR §4.2.2"] {
        assert!(refused.message().contains(told), "{}", refused.message());
    }
    assert!(!refused.message().contains("cabf-tls-policies"));
    assert_eq!(signer.entries().len(), before);
}

async fn findings_that_do_not_block_come_with_the_certificate(database: TestDatabase) {
    let (replica, _) = with_pki(&database).await;
    let mut wanted = request("warned", "dns:host.internal");
    wanted.profile = "forum-warn".into();
    let mut issuance = replica.issuance("clm-api");
    let issued = issuance.issue(wanted.clone()).await.unwrap().into_inner();
    assert!(issued.certificate.is_some());
    let first = &issued.findings[0];
    assert!(
        first.starts_with("error: ") && first.contains("cabf-tls-internal-name"),
        "{first}"
    );
    let again = issuance.issue(wanted).await.unwrap().into_inner();
    assert_eq!(again.certificate, issued.certificate);
    assert_eq!(again.findings, Vec::<String>::new());
    let usual = request("usual", "dns:host.internal");
    let usual = issuance.issue(usual).await.unwrap().into_inner();
    assert_eq!(usual.findings, Vec::<String>::new());
}
