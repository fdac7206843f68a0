//! What `decide` promises:
//! - only the protocols, keys, names and validities of the policy pass; each refusal names the field
//! - the subject of a CSR is reduced to what the policy allows, one that was asked for by name is refused instead
//! - a common name is one of the names, unless the policy leaves it free; beside proven names it is never free
//! - where a person must decide, everything else has been decided before

use ers_pki::key::{KeyAlgorithm, PrivateKey};
use time::macros::datetime;

use super::*;
use crate::domain::policy::PolicyDefinition;

const NOW: OffsetDateTime = datetime!(2026-11-22 12:00 UTC);

fn policy(rules: &str) -> Policy {
    let text = format!("name: p\nrealm: default\nissuer: sub\nprofile: tls-server\n{rules}\n");
    Policy {
        definition: PolicyDefinition::parse(&text).unwrap(),
        version: 7,
        has_ever_waited: false,
        updated_at_ms: 0,
        updated_by: String::new(),
    }
}

fn server() -> Policy {
    policy(
        "protocols: [rest, acme]\nvalidity: {default: 90d, longest: 1y}\n\
         names: {dns: ['example.com', '.example.com'], wildcards: true, ip: ['192.0.2.0/24'], most: 3}",
    )
}

fn key() -> PublicKey {
    PrivateKey::generate(KeyAlgorithm::P256)
        .unwrap()
        .public_key()
        .clone()
}

fn asked(subject: &str, names: &[&str]) -> Asked {
    Asked {
        protocol: Protocol::Rest,
        requester: "administrator:x".parse().unwrap(),
        end_entity: None,
        public_key: key(),
        subject: subject.parse().unwrap(),
        subject_is_stated: false,
        names: names.iter().map(|name| name.parse().unwrap()).collect(),
        names_proven: false,
        not_before: None,
        validity: None,
        wishes: Wishes::default(),
    }
}

fn proven(subject: &str, names: &[&str]) -> Asked {
    Asked {
        protocol: Protocol::Acme,
        names_proven: true,
        ..asked(subject, names)
    }
}

fn approved(policy: &Policy, asked: &Asked) -> Plan {
    match decide(policy, asked, NOW) {
        Decision::Approved(plan) => plan,
        other => panic!("{other:?}"),
    }
}

fn refused(policy: &Policy, asked: &Asked) -> Refusal {
    match decide(policy, asked, NOW) {
        Decision::Refused(refusal) => refusal,
        other => panic!("{other:?}"),
    }
}

#[track_caller]
fn assert_refused(policy: &Policy, asked: &Asked, reason: RefusalReason, detail: &str) {
    let refusal = refused(policy, asked);
    assert_eq!(refusal.reason, reason, "{}", refusal.detail);
    assert!(refusal.detail.contains(detail), "{}", refusal.detail);
}

fn text(names: &[GeneralName]) -> Vec<String> {
    names.iter().map(ToString::to_string).collect()
}

#[test]
fn what_the_policy_allows_is_planned_with_its_issuer_profile_and_origin() {
    let plan = approved(
        &server(),
        &asked("CN=www.example.com", &["dns:www.example.com"]),
    );
    assert_eq!(
        (plan.issuer.as_str(), plan.profile.as_str()),
        ("sub", "tls-server")
    );
    assert_eq!(plan.subject.to_string(), "CN=www.example.com");
    assert_eq!(text(&plan.names), ["dns:www.example.com"]);
    assert_eq!((plan.validity, plan.not_before), (Duration::days(90), None));
    assert_eq!(
        (plan.origin.policy.as_str(), plan.origin.policy_version),
        ("p", 7)
    );
    assert_eq!(
        (
            plan.origin.protocol.as_str(),
            plan.origin.requester.as_str()
        ),
        ("rest", "administrator:x")
    );
}

#[test]
fn a_policy_is_only_for_its_protocols() {
    let asked = Asked {
        protocol: Protocol::Scep,
        ..asked("", &["dns:example.com"])
    };
    assert_refused(
        &server(),
        &asked,
        RefusalReason::NotAllowed,
        "protocol: policy p is not for scep",
    );
}

#[test]
fn a_key_algorithm_that_is_not_allowed_is_refused_with_those_that_are() {
    let policy = policy(
        "protocols: [rest]\nvalidity: {default: 1d, longest: 1d}\nkey_algorithms: [Ed25519, RSA-4096]\n\
         names: {dns: ['*']}",
    );
    let asked = asked("", &["dns:a.test"]);
    assert_refused(
        &policy,
        &asked,
        RefusalReason::BadKey,
        "does not allow P-256, only Ed25519, RSA-4096",
    );
}

#[test]
fn each_name_must_be_allowed() {
    let names = ["dns:example.com", "dns:example.org"];
    assert_refused(
        &server(),
        &asked("", &names),
        RefusalReason::BadName,
        "does not allow dns:example.org",
    );
    let address = asked("", &["ip:192.0.3.1"]);
    assert_refused(
        &server(),
        &address,
        RefusalReason::BadName,
        "does not allow ip:192.0.3.1",
    );
}

#[test]
fn a_kind_of_name_that_the_policy_does_not_mention_is_refused() {
    let mail = asked("", &["email:a@example.com"]);
    assert_refused(
        &server(),
        &mail,
        RefusalReason::BadName,
        "allows no email names",
    );
}

#[test]
fn wildcards_pass_only_where_the_policy_says_so() {
    let wildcard = asked("", &["dns:*.example.com"]);
    assert_eq!(
        text(&approved(&server(), &wildcard).names),
        ["dns:*.example.com"]
    );
    let without = policy(
        "protocols: [rest]\nvalidity: {default: 1d, longest: 1d}\nnames: {dns: ['.example.com']}",
    );
    assert_refused(&without, &wildcard, RefusalReason::BadName, "no wildcards");
}

#[test]
fn names_are_counted_after_repetitions_are_left_out() {
    let twice = asked(
        "",
        &[
            "dns:a.example.com",
            "dns:A.example.com",
            "dns:b.example.com",
            "dns:c.example.com",
        ],
    );
    assert_eq!(approved(&server(), &twice).names.len(), 3);
    let four = asked(
        "",
        &[
            "dns:a.example.com",
            "dns:b.example.com",
            "dns:c.example.com",
            "dns:d.example.com",
        ],
    );
    assert_refused(
        &server(),
        &four,
        RefusalReason::BadName,
        "4 names, policy p allows 3",
    );
}

#[test]
fn a_certificate_for_nobody_is_refused() {
    assert_refused(
        &server(),
        &asked("", &[]),
        RefusalReason::BadName,
        "needs a subject or a name",
    );
    let rules = "protocols: [rest]\nvalidity: {default: 1d, longest: 1d}\n\
                 names: {dns: ['*'], required: true}\nsubject: {common_name: free}";
    let person = asked("CN=Alice", &[]);
    assert_refused(
        &policy(rules),
        &person,
        RefusalReason::BadName,
        "needs at least one",
    );
}

#[test]
fn a_common_name_alone_becomes_the_name() {
    let plan = approved(&server(), &asked("CN=www.example.com", &[]));
    assert_eq!(text(&plan.names), ["dns:www.example.com"]);
    let address = approved(&server(), &asked("CN=192.0.2.7", &[]));
    assert_eq!(text(&address.names), ["ip:192.0.2.7"]);
}

#[test]
fn a_common_name_alone_is_checked_like_any_name() {
    assert_refused(
        &server(),
        &asked("CN=evil.test", &[]),
        RefusalReason::BadName,
        "dns:evil.test",
    );
}

#[test]
fn a_common_name_that_is_none_of_the_names_is_refused() {
    let other = asked("CN=mail.example.com", &["dns:www.example.com"]);
    assert_refused(
        &server(),
        &other,
        RefusalReason::BadName,
        "common name \"mail.example.com\"",
    );
    let words = asked("CN=My Service", &["dns:www.example.com"]);
    assert_refused(
        &server(),
        &words,
        RefusalReason::BadName,
        "common name \"My Service\"",
    );
}

#[test]
fn beside_proven_names_another_common_name_is_left_out() {
    let plan = approved(
        &server(),
        &proven("CN=My Service,O=Evil", &["dns:www.example.com"]),
    );
    assert!(plan.subject.is_empty());
    let kept = approved(
        &server(),
        &proven("CN=www.example.com,O=Evil", &["dns:www.example.com"]),
    );
    assert_eq!(kept.subject.to_string(), "CN=www.example.com");
}

#[test]
fn a_common_name_never_adds_a_name_to_proven_ones() {
    let nothing = proven("CN=www.example.com", &[]);
    assert_refused(
        &server(),
        &nothing,
        RefusalReason::BadName,
        "needs a subject or a name",
    );
}

#[test]
fn proven_names_bear_no_free_common_name_even_if_the_policy_leaves_it_free() {
    let free = policy(
        "protocols: [acme]\nvalidity: {default: 1d, longest: 1d}\nnames: {dns: ['*']}\n\
         subject: {attributes: [CN, O], common_name: free}",
    );
    let plan = approved(&free, &proven("CN=bank.test,O=Bank", &["dns:a.test"]));
    assert!(plan.subject.is_empty());
}

#[test]
fn attributes_of_a_csr_that_are_not_allowed_are_left_out() {
    let plan = approved(
        &server(),
        &asked(
            "CN=www.example.com,O=Example,C=DE",
            &["dns:www.example.com"],
        ),
    );
    assert_eq!(plan.subject.to_string(), "CN=www.example.com");
}

#[test]
fn attributes_asked_for_by_name_are_refused_instead() {
    let stated = Asked {
        subject_is_stated: true,
        ..asked("CN=www.example.com,O=Example", &["dns:www.example.com"])
    };
    assert_refused(
        &server(),
        &stated,
        RefusalReason::BadName,
        "subject: attribute O is not allowed, only CN",
    );
}

#[test]
fn a_free_common_name_may_say_anything() {
    let client = policy(
        "protocols: [rest]\nvalidity: {default: 1d, longest: 1d}\nnames: {email: ['*']}\n\
         subject: {attributes: [CN, O], common_name: free}",
    );
    let plan = approved(
        &client,
        &asked("CN=Alice Example,O=Example", &["email:alice@example.com"]),
    );
    assert_eq!(plan.subject.common_name().as_deref(), Some("Alice Example"));
    let without_names = approved(&client, &asked("CN=Alice Example", &[]));
    assert!(without_names.names.is_empty());
}

#[test]
fn where_names_must_be_proven_only_an_edge_that_proves_them_passes() {
    let acme = policy(
        "protocols: [acme, rest]\nvalidity: {default: 1d, longest: 1d}\n\
         names: {dns: ['*'], must_be_proven: true}",
    );
    approved(&acme, &proven("", &["dns:a.test"]));
    let unproven = Asked {
        names_proven: false,
        ..proven("", &["dns:a.test"])
    };
    assert_refused(&acme, &unproven, RefusalReason::NotAllowed, "names_proven");
    let claimed = Asked {
        protocol: Protocol::Rest,
        ..proven("", &["dns:a.test"])
    };
    assert_refused(&acme, &claimed, RefusalReason::NotAllowed, "names_proven");
}

#[test]
fn a_validity_may_be_shorter_but_not_longer_than_the_longest() {
    let with = |validity| Asked {
        validity: Some(validity),
        ..asked("", &["dns:example.com"])
    };
    assert_eq!(
        approved(&server(), &with(Duration::days(365))).validity,
        Duration::days(365)
    );
    assert_eq!(
        approved(&server(), &with(Duration::hours(1))).validity,
        Duration::hours(1)
    );
    let longer = with(Duration::days(365) + Duration::SECOND);
    assert_refused(
        &server(),
        &longer,
        RefusalReason::BadValidity,
        "is more than 1y",
    );
    for nothing in [Duration::ZERO, -Duration::DAY] {
        assert_refused(
            &server(),
            &with(nothing),
            RefusalReason::BadValidity,
            "more than nothing",
        );
    }
}

#[test]
fn a_start_may_lie_a_little_back_and_not_too_far_ahead() {
    let from = |not_before| Asked {
        not_before: Some(not_before),
        ..asked("", &["dns:example.com"])
    };
    let soon = NOW + Duration::hours(23);
    assert_eq!(approved(&server(), &from(soon)).not_before, Some(soon));
    approved(&server(), &from(NOW - Duration::minutes(59)));
    assert_refused(
        &server(),
        &from(NOW - Duration::hours(2)),
        RefusalReason::BadValidity,
        "has passed",
    );
    let far = NOW + Duration::days(2);
    assert_refused(
        &server(),
        &from(far),
        RefusalReason::BadValidity,
        "more than 1d ahead",
    );
}

#[test]
fn an_end_entity_must_be_known_and_active() {
    let of = |standing| Asked {
        end_entity: Some(AskedEndEntity {
            name: "printer".parse().unwrap(),
            standing,
        }),
        ..asked("", &["dns:example.com"])
    };
    assert_eq!(
        approved(&server(), &of(Standing::Active)).origin.end_entity,
        "printer"
    );
    assert_refused(
        &server(),
        &of(Standing::Unknown),
        RefusalReason::NotAllowed,
        "does not know printer",
    );
    assert_refused(
        &server(),
        &of(Standing::Blocked),
        RefusalReason::NotAllowed,
        "may not have certificates",
    );
}

#[test]
fn a_policy_may_insist_on_an_end_entity() {
    let strict = policy(
        "protocols: [rest]\nvalidity: {default: 1d, longest: 1d}\nnames: {dns: ['*']}\nend_entity_required: true",
    );
    assert_refused(
        &strict,
        &asked("", &["dns:a.test"]),
        RefusalReason::NotAllowed,
        "end_entity: policy p needs one",
    );
}

#[test]
fn where_a_person_decides_the_rules_have_decided_before() {
    let manual = policy(
        "protocols: [rest]\nvalidity: {default: 1d, longest: 1d}\nnames: {dns: ['a.test']}\nmanual_approval: true",
    );
    let waiting = decide(&manual, &asked("", &["dns:a.test"]), NOW);
    assert!(matches!(waiting, Decision::Waiting(plan) if text(&plan.names) == ["dns:a.test"]));
    assert_refused(
        &manual,
        &asked("", &["dns:b.test"]),
        RefusalReason::BadName,
        "dns:b.test",
    );
}

#[test]
fn the_same_question_gets_the_same_answer() {
    let question = asked("CN=www.example.com", &["dns:www.example.com"]);
    assert_eq!(
        decide(&server(), &question, NOW),
        decide(&server(), &question, NOW)
    );
}
