//! `/v1/subscriptions`: who wants to hear of what.

use actix_web::{HttpRequest, HttpResponse, delete, get, http::header, post, put, web};
use ers_runtime::http::{Problem, problem, wrong};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    Caller,
    bodies::{ProblemBody, time_text},
    headers::{etag, expected_version, precondition_failed},
    queries::RealmQuery,
};
use crate::{
    domain::{
        id::SubscriptionName,
        page::Page,
        subscription::{Subscription, Wish, WishText, WrongWish},
    },
    flows::{Flows, Subscribed},
};

/// What is wanted.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewSubscription)]
pub(super) struct WishBody {
    /// 1 to 48 of a-z 0-9 -; where the path names it, it may be left out.
    #[serde(default)]
    #[schema(example = "web-team")]
    name: String,
    /// Nothing is told while it is false; absent: true.
    #[serde(default = "yes")]
    active: bool,
    /// Of a change: the version that it follows, refused when that is another one by now.
    version: Option<i64>,
    /// Of this realm only; absent: of all but the platform's own.
    #[serde(default)]
    #[schema(example = "default")]
    realm: String,
    /// Of this policy only; absent: of all.
    #[serde(default)]
    policy: String,
    /// `certificate.issued`, `certificate.revoked`, `certificate.expiring`, `request.waiting`, `request.decided`,
    /// `authority.expiring`, `crl.expiring`, `signer.unreachable`, `signer.reachable`.
    #[schema(example = json!(["certificate.expiring"]))]
    events: Vec<String>,
    /// Days before an end.
    #[serde(default)]
    #[schema(example = json!([30, 7, 1]))]
    days: Vec<u32>,
    /// `mail`, `contact` (of the certificate's end entity) or `webhook`.
    #[schema(example = "mail")]
    channel: String,
    /// Mail address or `https` URL; absent for `contact`.
    #[serde(default)]
    #[schema(example = "pki@example.org")]
    recipient: String,
    /// `en` or `de`; absent: `en`.
    #[serde(default)]
    #[schema(example = "en")]
    language: String,
}

/// A subscription.
#[derive(Serialize, ToSchema)]
#[schema(as = Subscription)]
pub(super) struct SubscriptionBody {
    name: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    realm: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    policy: String,
    events: Vec<String>,
    days: Vec<u32>,
    channel: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    recipient: String,
    language: String,
    active: bool,
    version: i64,
    #[schema(format = DateTime)]
    created_at: String,
    created_by: String,
    #[schema(format = DateTime)]
    updated_at: String,
    updated_by: String,
    /// What a webhook's messages are signed with (Standard Webhooks): shown once, when it is made.
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<String>,
}

#[derive(Serialize, ToSchema)]
pub(super) struct SubscriptionList {
    subscriptions: Vec<SubscriptionBody>,
    /// Absent on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_page_token: Option<String>,
    /// On all pages.
    total: u64,
}

/// Subscriptions of realms that the caller may see, by name
#[utoipa::path(
    tag = "notifications",
    params(RealmQuery),
    security(("bearer" = []), ("cookie" = [])),
    responses(
        (status = 200, description = "A page", body = SubscriptionList),
        (status = 400, description = "Malformed", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
#[get("/v1/subscriptions")]
pub(super) async fn list_subscriptions(
    caller: Caller,
    flows: web::Data<Flows>,
    query: web::Query<RealmQuery>,
) -> Result<web::Json<SubscriptionList>, Problem> {
    let ((search, page), realm) = (query.read()?, query.realm()?);
    let all = flows.list_subscriptions(&caller.reach()).await;
    let mut all = all.map_err(problem)?;
    all.retain(|one| {
        let (_, address) = one.wish.recipient.as_parts();
        (realm.is_none() || one.wish.realm == realm) && search.is_in(&[one.name.as_str(), &address])
    });
    let found = Page::of_list(all, &page, |one| one.name.to_string());
    Ok(web::Json(SubscriptionList {
        subscriptions: found.rows.into_iter().map(SubscriptionBody::from).collect(),
        next_page_token: found.next,
        total: found.total,
    }))
}

/// One subscription
#[utoipa::path(
    tag = "notifications",
    params(("name" = String, Path, description = "Its name")),
    security(("bearer" = []), ("cookie" = [])),
    responses(
        (status = 200, description = "As it is; its ETag is for If-Match", body = SubscriptionBody),
        (status = 400, description = "Malformed", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "None of that name", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
#[get("/v1/subscriptions/{name}")]
pub(super) async fn show_subscription(
    caller: Caller,
    flows: web::Data<Flows>,
    name: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let found = flows
        .show_subscription(&named(&name)?, &caller.reach())
        .await
        .map_err(problem)?;
    Ok(HttpResponse::Ok()
        .insert_header(etag(found.version))
        .json(SubscriptionBody::from(found)))
}

/// Subscribe
#[utoipa::path(
    tag = "notifications",
    security(("bearer" = []), ("cookie" = [])),
    request_body = WishBody,
    responses(
        (status = 201, description = "Made", body = SubscriptionBody),
        (status = 400, description = "A field is wrong", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "One of that name is there", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
#[post("/v1/subscriptions")]
pub(super) async fn subscribe(
    caller: Caller,
    flows: web::Data<Flows>,
    new: web::Json<WishBody>,
) -> Result<HttpResponse, Problem> {
    let new = new.into_inner();
    let (name, wish) = (named(&new.name)?, new.read()?);
    demand(&caller, &wish)?;
    let made = flows
        .subscribe(&name, wish, new.active, &caller.actor())
        .await
        .map_err(problem)?;
    let place = format!("/clm-api/v1/subscriptions/{name}");
    Ok(HttpResponse::Created()
        .insert_header((header::LOCATION, place))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .insert_header(etag(made.subscription.version))
        .json(SubscriptionBody::from(made)))
}

/// Change a subscription
///
/// A webhook that goes elsewhere gets another secret.
#[utoipa::path(
    tag = "notifications",
    params(("name" = String, Path, description = "Its name")),
    security(("bearer" = []), ("cookie" = [])),
    request_body = WishBody,
    responses(
        (status = 200, description = "As it is now", body = SubscriptionBody),
        (status = 400, description = "A field is wrong", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "None of that name", body = ProblemBody, content_type = "application/problem+json"),
        (status = 412, description = "Not that version any more", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "Another version by now", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
#[put("/v1/subscriptions/{name}")]
pub(super) async fn change_subscription(
    caller: Caller,
    flows: web::Data<Flows>,
    name: web::Path<String>,
    request: HttpRequest,
    changed: web::Json<WishBody>,
) -> Result<HttpResponse, Problem> {
    let (name, changed) = (named(&name)?, changed.into_inner());
    if !changed.name.is_empty() && changed.name != name.as_str() {
        return Err(wrong("name", "is another one in the path"));
    }
    let (active, wish) = (changed.active, changed.read()?);
    let expected = expected_version(&request)?;
    let version = expected.or(changed.version);
    flows
        .show_subscription(&name, &caller.reach())
        .await
        .map_err(problem)?;
    demand(&caller, &wish)?;
    let actor = caller.actor();
    let done = flows
        .change_subscription(&name, wish, active, version, &actor)
        .await
        .map_err(|error| precondition_failed(problem(error), expected))?;
    Ok(HttpResponse::Ok()
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .insert_header(etag(done.subscription.version))
        .json(SubscriptionBody::from(done)))
}

/// Unsubscribe
#[utoipa::path(
    tag = "notifications",
    params(("name" = String, Path, description = "Its name")),
    security(("bearer" = []), ("cookie" = [])),
    responses(
        (status = 204, description = "Removed, with what was not sent yet"),
        (status = 400, description = "Malformed", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "None of that name", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
#[delete("/v1/subscriptions/{name}")]
pub(super) async fn unsubscribe(
    caller: Caller,
    flows: web::Data<Flows>,
    name: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let name = named(&name)?;
    flows
        .show_subscription(&name, &caller.reach())
        .await
        .map_err(problem)?;
    flows
        .unsubscribe(&name, &caller.actor())
        .await
        .map_err(problem)?;
    Ok(HttpResponse::NoContent().finish())
}

/// Send a notice that says nothing, to see whether it arrives
#[utoipa::path(
    tag = "notifications",
    params(("name" = String, Path, description = "Its name")),
    security(("bearer" = []), ("cookie" = [])),
    responses(
        (status = 202, description = "On its way: see the deliveries"),
        (status = 400, description = "Nobody to send it to", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "None of that name", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
#[post("/v1/subscriptions/{name}/test")]
pub(super) async fn try_subscription(
    caller: Caller,
    flows: web::Data<Flows>,
    name: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let name = named(&name)?;
    flows
        .show_subscription(&name, &caller.reach())
        .await
        .map_err(problem)?;
    flows
        .try_subscription(&name, &caller.actor())
        .await
        .map_err(problem)?;
    Ok(HttpResponse::Accepted().finish())
}

/// Refuses who may not hear of all that is wanted.
fn demand(caller: &Caller, wish: &Wish) -> Result<(), Problem> {
    if wish.is_within(&caller.reach()) {
        return Ok(());
    }
    match (&wish.realm, &wish.policy) {
        (Some(realm), Some(policy)) => caller.demand_policy(realm, policy),
        (Some(realm), None) => caller.demand_realm(realm),
        (None, _) => caller.demand_everywhere(),
    }
}

fn named(name: &str) -> Result<SubscriptionName, Problem> {
    name.parse().map_err(|error| wrong("name", error))
}

fn yes() -> bool {
    true
}

impl WishBody {
    fn read(&self) -> Result<Wish, Problem> {
        WishText {
            realm: self.realm.clone(),
            policy: self.policy.clone(),
            events: self.events.clone(),
            days: self.days.clone(),
            channel: self.channel.clone(),
            recipient: self.recipient.clone(),
            language: self.language.clone(),
        }
        .read()
        .map_err(|WrongWish { field, problem }| wrong(field, problem))
    }
}

impl From<Subscription> for SubscriptionBody {
    fn from(subscription: Subscription) -> Self {
        let wish = subscription.wish.text();
        Self {
            name: subscription.name.to_string(),
            realm: wish.realm,
            policy: wish.policy,
            events: wish.events,
            days: wish.days,
            channel: wish.channel,
            recipient: wish.recipient,
            language: wish.language,
            active: subscription.active,
            version: subscription.version,
            created_at: time_text(subscription.created_at_ms),
            created_by: subscription.created_by,
            updated_at: time_text(subscription.updated_at_ms),
            updated_by: subscription.updated_by,
            secret: None,
        }
    }
}

impl From<Subscribed> for SubscriptionBody {
    fn from(subscribed: Subscribed) -> Self {
        Self {
            secret: subscribed.secret.map(|secret| secret.to_string()),
            ..Self::from(subscribed.subscription)
        }
    }
}
