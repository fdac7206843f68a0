use time::Duration;

use super::super::challenge::ChallengeKind;
use super::*;

const NOW: OffsetDateTime = OffsetDateTime::UNIX_EPOCH;

fn order(names: &[&str]) -> (Order, Vec<Authorization>) {
    let order = Order {
        id: OrderId::random(),
        account_id: AccountId::random(),
        directory: Directory::default(),
        policy: "acme".into(),
        state: OrderState::Pending,
        identifiers: names
            .iter()
            .map(|name| Identifier::dns(name).unwrap())
            .collect(),
        authorizations: Vec::new(),
        profile: None,
        replaces: None,
        not_before: None,
        not_after: None,
        created_at: NOW,
        expires_at: NOW + Duration::HOUR,
        error: None,
        csr: None,
    };
    let authorizations = order
        .identifiers
        .iter()
        .map(|name| {
            let kinds = &ChallengeKind::ALL;
            Authorization::new(
                &order.account_id,
                Some(&order.id),
                name,
                kinds,
                NOW + Duration::HOUR,
            )
        })
        .collect();
    (order, authorizations)
}

#[test]
fn an_order_is_ready_when_every_name_is_proven_and_not_before() {
    let (order, mut authorizations) = order(&["a.test", "b.test"]);
    assert_eq!(order.settle(&authorizations, NOW), None);
    authorizations[0].stored_state = AuthorizationState::Valid;
    assert_eq!(order.settle(&authorizations, NOW), None);
    authorizations[1].stored_state = AuthorizationState::Valid;
    assert_eq!(order.settle(&authorizations, NOW), Some(Settlement::Ready));
    assert_eq!(order.settle(&authorizations[..1], NOW), None);
}

#[test]
fn an_order_is_lost_with_any_of_its_authorizations() {
    for state in [
        AuthorizationState::Invalid,
        AuthorizationState::Deactivated,
        AuthorizationState::Revoked,
    ] {
        for order_state in [OrderState::Pending, OrderState::Ready] {
            let (mut order, mut authorizations) = order(&["a.test", "b.test"]);
            order.state = order_state;
            authorizations[1].stored_state = state;
            let Some(Settlement::Invalid(problem)) = order.settle(&authorizations, NOW) else {
                panic!("{state:?} {order_state:?}")
            };
            assert_eq!(problem.kind(), ProblemKind::Unauthorized);
        }
    }
}

#[test]
fn an_order_of_one_name_tells_why_its_challenge_failed() {
    let (order, mut authorizations) = order(&["a.test"]);
    authorizations[0].stored_state = AuthorizationState::Invalid;
    authorizations[0].challenges[0].error = Some(Problem::new(ProblemKind::Dns, "no address"));
    let expected = Problem::new(ProblemKind::Dns, "no address");
    assert_eq!(
        order.settle(&authorizations, NOW),
        Some(Settlement::Invalid(expected))
    );
}

#[test]
fn time_ends_open_orders_and_no_others() {
    let later = NOW + Duration::HOUR;
    for (state, ends) in [
        (OrderState::Pending, true),
        (OrderState::Ready, true),
        (OrderState::Processing, false),
        (OrderState::Valid, false),
        (OrderState::Invalid, false),
    ] {
        let (mut order, authorizations) = order(&["a.test"]);
        order.state = state;
        assert_eq!(
            order.settle(&authorizations, later).is_some(),
            ends,
            "{state:?}"
        );
    }
}

#[test]
fn a_ready_order_begins_and_the_same_csr_repeats() {
    let (mut order, _) = order(&["a.test"]);
    order.state = OrderState::Ready;
    assert_eq!(order.finalize(b"csr").unwrap(), Finalize::Begin);
    order.csr = Some(b"csr".to_vec());
    for state in [OrderState::Processing, OrderState::Valid] {
        order.state = state;
        assert_eq!(order.finalize(b"csr").unwrap(), Finalize::Repeat);
        assert_eq!(
            order.finalize(b"other").unwrap_err().kind(),
            ProblemKind::OrderNotReady
        );
    }
    for state in [OrderState::Pending, OrderState::Invalid] {
        order.state = state;
        assert_eq!(
            order.finalize(b"csr").unwrap_err().kind(),
            ProblemKind::OrderNotReady
        );
    }
}
