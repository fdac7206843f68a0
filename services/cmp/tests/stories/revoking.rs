//! Promises: a holder revokes its own certificates and nobody else's.

use ers_pki::certificate::Certificate;
use ers_pki::cmp::{Body, Failure, RevDetails, Status};
use ers_pki::crmf::CertTemplate;
use ers_pki::revocation::Reason;

use crate::support::World;

pub fn details(certificate: &Certificate, reason: Reason) -> RevDetails {
    RevDetails {
        template: CertTemplate {
            issuer: Some(certificate.issuer().clone()),
            serial: Some(certificate.serial().as_bytes().to_vec()),
            ..CertTemplate::default()
        },
        reason,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_holder_revokes_its_own_certificates_and_nobody_elses() {
    let world = World::new().await;
    let (_, others) = world.device("victim").enrol().await;
    let mut device = world.device("device");
    let (_, own) = device.enrol().await;
    device.begin();
    let unknown = RevDetails {
        template: CertTemplate {
            serial: Some(vec![5]),
            ..details(&own, Reason::Unspecified).template
        },
        reason: Reason::Unspecified,
    };
    let wanted = vec![
        details(&own, Reason::KeyCompromise),
        details(&others, Reason::KeyCompromise),
        unknown,
    ];
    let answer = device.send(&Body::Revocation(wanted.clone())).await;
    let Body::RevocationResponse(content) = answer.message.body() else {
        panic!("{answer:?}")
    };
    let failures: Vec<_> = content
        .statuses
        .iter()
        .map(|status| status.failures.first().copied())
        .collect();
    assert_eq!(
        failures,
        [None, Some(Failure::NotAuthorized), Some(Failure::BadCertId)]
    );
    assert_eq!(content.certificates.len(), 3);
    assert_eq!(
        world.clm.revocation(own.der()).unwrap().reason,
        "keyCompromise"
    );
    assert!(world.clm.revocation(others.der()).is_none());
    device.begin();
    let answer = device
        .send(&Body::Revocation(vec![wanted[0].clone()]))
        .await;
    assert_eq!(answer.status(), Status::Rejection);
}
