//! CRLs and OCSP responses beside pkilint: what we make is sound to it, and where the Forum's rules are asked both say the
//! same of each.

use ers_pki::certificate::Certificate;
use ers_pki::crl::{CrlBuilder, CrlError, Only, RevokedEntry, Scope};
use ers_pki::key::PrivateKey;
use ers_pki::lint::{LintAction, LintPolicy, LintSet};
use ers_pki::ocsp::{self, Answer, CertId, CertStatus, IssuerHashes, Responder};
use ers_pki::revocation::Reason;
use time::Duration;

use super::draw::{Ca, Drawer, NOW};
use super::{Specimen, count, pkilint, seed};

const REASONS: [Reason; 9] = [
    Reason::Unspecified,
    Reason::KeyCompromise,
    Reason::CaCompromise,
    Reason::AffiliationChanged,
    Reason::Superseded,
    Reason::CessationOfOperation,
    Reason::CertificateHold,
    Reason::PrivilegeWithdrawn,
    Reason::AaCompromise,
];

fn by_forum() -> LintPolicy {
    LintPolicy {
        sets: [(LintSet::CabfTls, LintAction::Block)].into(),
        ..LintPolicy::default()
    }
}

struct Plan {
    scope: Scope,
    entries: Vec<RevokedEntry>,
    days: i64,
}

fn plan(drawer: &mut Drawer) -> Plan {
    let mut scope = Scope::default();
    if drawer.below(3) == 0 {
        scope.distribution_points = vec!["http://crl.example.com/ca.p1.crl".into()];
        scope.only = Only::UserCertificates;
    }
    match drawer.below(3) {
        0 => scope.base = Some(3),
        1 => scope.freshest = vec!["http://crl.example.com/ca.delta.crl".into()],
        _ => {}
    }
    // one reason for a list: what the Forum does not allow shall not be in all of them
    let reason = drawer.one_of(&REASONS);
    let count = drawer.below(20);
    let entries = (0..count).map(|place| RevokedEntry {
        serial: drawer.serial(),
        at: NOW - Duration::days(place as i64 + 1),
        reason,
        invalidity_date: (place % 3 == 0).then_some(NOW - Duration::days(100)),
    });
    Plan {
        scope,
        entries: entries.collect(),
        days: drawer.one_of(&[1, 9, 11, 60]),
    }
}

fn make(ca: &Ca, plan: &Plan, lint: LintPolicy) -> Result<Vec<u8>, CrlError> {
    let next = NOW + Duration::days(plan.days);
    let entries = plan.entries.len();
    let builder = CrlBuilder::new(&ca.issuer, 5, NOW, next, plan.scope.clone(), entries)?;
    let mut builder = builder.judged_by(lint);
    for entry in &plan.entries {
        builder.push(entry)?;
    }
    let prepared = builder.finish()?;
    let signature = ca
        .key
        .sign(prepared.signature_algorithm(), prepared.to_be_signed());
    Ok(prepared.assemble(&signature.unwrap())?.der().to_vec())
}

#[test]
fn lists_that_we_make_are_sound_to_pkilint_and_the_forum_judges_them_as_we_do() {
    let mut drawer = Drawer::new(seed() + 5);
    let ca = Ca::new();
    let plans: Vec<Plan> = (0..count(150) / 3).map(|_| plan(&mut drawer)).collect();
    let specimens: Vec<Specimen> = plans
        .iter()
        .map(|plan| Specimen {
            told: format!("{:?} {} days", plan.scope, plan.days),
            der: make(&ca, plan, LintPolicy::default()).unwrap(),
        })
        .collect();
    for (specimen, opinion) in specimens.iter().zip(pkilint::judge(&specimens, "crl")) {
        let told = format!(
            "{}: {opinion:?} {}",
            specimen.told,
            hex::encode(&specimen.der)
        );
        assert!(
            opinion.errors.is_empty() && opinion.unreadable.is_none(),
            "{told}"
        );
    }
    let mut refused = 0;
    let opinions = pkilint::judge(&specimens, "crl-br");
    for ((plan, specimen), opinion) in plans.iter().zip(&specimens).zip(opinions) {
        let ours = make(&ca, plan, by_forum());
        // It takes each list for one of servers' certificates; a list of all has those of CAs too, whose keys may be lost.
        let of_cas = plan.scope.only == Only::Any;
        let ca_compromise = plan
            .entries
            .iter()
            .any(|entry| entry.reason == Reason::CaCompromise);
        // It does not know that a delta CRL may take an entry back; we draw none of these.
        let excused = of_cas && ca_compromise && plan.days <= 10;
        let told = format!("{}: {ours:?} {opinion:?}", specimen.told);
        assert_eq!(
            ours.is_err(),
            !opinion.errors.is_empty() && !excused,
            "{told}"
        );
        refused += usize::from(ours.is_err());
    }
    assert!(refused > 0 && refused < plans.len(), "{refused}");
}

#[test]
fn responses_that_we_make_are_sound_to_pkilint() {
    let mut drawer = Drawer::new(seed() + 6);
    let ca = Ca::new();
    let issuer = ca.issuer.certificate().unwrap();
    let specimens: Vec<Specimen> = (0..count(150) / 3)
        .map(|_| {
            let der = respond(&mut drawer, &ca.key, issuer);
            Specimen {
                told: "response".into(),
                der,
            }
        })
        .collect();
    for (specimen, opinion) in specimens.iter().zip(pkilint::judge(&specimens, "ocsp")) {
        let told = format!("{opinion:?} {}", hex::encode(&specimen.der));
        assert!(
            opinion.errors.is_empty() && opinion.unreadable.is_none(),
            "{told}"
        );
    }
}

fn respond(drawer: &mut Drawer, key: &PrivateKey, issuer: &Certificate) -> Vec<u8> {
    let algorithm = ers_pki::key::SignatureAlgorithm::Sha256WithEcdsa;
    let responder = Responder::new(issuer.clone(), issuer, algorithm).unwrap();
    let responder = responder.judged_by(by_forum());
    let hashes = IssuerHashes::new(issuer);
    let serial = drawer.serial();
    let status = match drawer.below(3) {
        0 => CertStatus::Good,
        1 => CertStatus::Unknown,
        _ => CertStatus::Revoked {
            at: NOW - Duration::days(1),
            reason: drawer.one_of(&[Reason::Unspecified, Reason::KeyCompromise]),
        },
    };
    let answer = Answer {
        cert_id: CertId::sha1(&hashes, serial),
        status,
        this_update: NOW,
        next_update: Some(NOW + Duration::hours(12)),
    };
    let nonce = [7; 16];
    let nonce = (drawer.below(2) == 0).then_some(&nonce[..]);
    let prepared = ocsp::prepare(&responder, &[answer], NOW, nonce).unwrap();
    let signature = key.sign(algorithm, prepared.to_be_signed()).unwrap();
    prepared.assemble(&signature).unwrap()
}
