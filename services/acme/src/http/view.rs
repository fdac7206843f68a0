//! Our resources as JSON: RFC 8555 §7.1.

use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::domain::account::Account;
use crate::domain::authorization::Authorization;
use crate::domain::challenge::Challenge;
use crate::domain::directory::Directory;
use crate::domain::order::OrderState;
use crate::flows::load::Loaded;
use crate::urls::Urls;

/// RFC 8555 §7.1.2.
pub fn account(account: &Account, urls: &Urls) -> Value {
    json!({
        "status": account.state.as_str(),
        "contact": account.contacts.urls(),
        "termsOfServiceAgreed": account.terms_agreed,
        "orders": urls.orders(&account.directory, &account.id),
    })
}

/// RFC 8555 §7.1.3, RFC 9773 §5, draft-ietf-acme-profiles §4.
pub fn order(loaded: &Loaded, urls: &Urls) -> Value {
    let order = &loaded.order;
    let authorizations: Vec<String> = order
        .authorizations
        .iter()
        .map(|id| urls.authorization(&order.directory, id))
        .collect();
    let mut view = json!({
        "status": order.state.as_str(),
        "expires": rfc3339(order.expires_at),
        "identifiers": order.identifiers,
        "authorizations": authorizations,
        "finalize": urls.finalize(&order.directory, &order.id),
    });
    let optional = [
        (
            "notBefore",
            order.not_before.map(|time| Value::from(rfc3339(time))),
        ),
        (
            "notAfter",
            order.not_after.map(|time| Value::from(rfc3339(time))),
        ),
        ("error", order.error.as_ref().map(|problem| json!(problem))),
        ("profile", order.profile.clone().map(Value::from)),
        (
            "replaces",
            order.replaces.as_ref().map(|id| Value::from(id.as_str())),
        ),
        (
            "certificate",
            (order.state == OrderState::Valid)
                .then(|| Value::from(urls.certificate(&order.directory, &order.id))),
        ),
    ];
    add(&mut view, optional);
    view
}

/// RFC 8555 §7.1.4.
pub fn authorization(
    authorization: &Authorization,
    directory: &Directory,
    now: OffsetDateTime,
    urls: &Urls,
) -> Value {
    let challenges: Vec<Value> = authorization
        .challenges
        .iter()
        .map(|found| challenge(found, directory, urls))
        .collect();
    let mut view = json!({
        "status": authorization.state(now).as_str(),
        "expires": rfc3339(authorization.expires_at),
        "identifier": authorization.identifier,
        "challenges": challenges,
    });
    add(
        &mut view,
        [(
            "wildcard",
            authorization.wildcard.then_some(Value::Bool(true)),
        )],
    );
    view
}

/// RFC 8555 §7.1.5, §8.
pub fn challenge(challenge: &Challenge, directory: &Directory, urls: &Urls) -> Value {
    let mut view = json!({
        "type": challenge.kind.as_str(),
        "url": urls.challenge(directory, &challenge.id),
        "status": challenge.state.as_str(),
        "token": challenge.token,
    });
    let optional = [
        (
            "validated",
            challenge
                .validated_at
                .map(|time| Value::from(rfc3339(time))),
        ),
        (
            "error",
            challenge.error.as_ref().map(|problem| json!(problem)),
        ),
    ];
    add(&mut view, optional);
    view
}

fn add<const COUNT: usize>(view: &mut Value, optional: [(&str, Option<Value>); COUNT]) {
    if let Some(members) = view.as_object_mut() {
        members.extend(
            optional
                .into_iter()
                .filter_map(|(name, value)| Some((name.to_owned(), value?))),
        );
    }
}

/// Whole seconds: some clients read no more.
pub fn rfc3339(time: OffsetDateTime) -> String {
    let whole = time.replace_nanosecond(0).unwrap_or(time);
    whole.format(&Rfc3339).unwrap_or_default()
}
