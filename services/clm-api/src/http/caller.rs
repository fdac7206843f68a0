//! Who calls and what they may do, as an argument of a handler: a handler that has one cannot be called without.

use std::future::{Ready, ready};

use actix_web::{
    Error, FromRequest, HttpMessage as _, HttpRequest,
    body::MessageBody,
    dev::{Payload, ServiceRequest, ServiceResponse},
    http::{StatusCode, header},
    middleware::Next,
    web,
};
use ers_runtime::http::{ClientCertificates, Problem, ingress, problem};
use zeroize::Zeroizing;

use super::operations::{self, Access};
use crate::{
    domain::{
        access::{Grants, Reach},
        access_token::PREFIX,
        id::{PolicyName, RealmName, Requester, Username},
        permission::Permission,
    },
    flows::{Actor, Flows, Session, is_csrf_token},
};

/// Name of the session cookie. The prefix makes browsers insist on `Secure`, path `/` and no other host.
pub(super) const COOKIE: &str = "__Host-ers-session";
/// Identity of the ingress, which ends TLS and hands on who it came from.
const INGRESS: &str = "ingress";
/// What a page shows beside the cookie when its browser does not say where the request comes from.
const CSRF: &str = "X-CSRF-Token";

/// Somebody who is let in, and may call this operation for something at least.
#[derive(Clone)]
pub(crate) struct Caller {
    /// Name in the trail of acts.
    name: String,
    /// What they may do.
    pub(super) grants: Grants,
    /// What this operation needs.
    needed: Option<Permission>,
    /// Where the request came from.
    pub(super) address: Option<String>,
    /// The session of a person; absent: a client with a token.
    session: Option<(Session, Zeroizing<String>)>,
}

impl Caller {
    pub(super) fn actor(&self) -> Actor {
        Actor {
            name: self.name.clone(),
            address: self.address.clone(),
        }
    }

    /// In the words that certificates and revocations keep.
    pub(super) fn requester(&self) -> Result<Requester, Problem> {
        let text = match &self.session {
            Some((session, _)) if session.identity.username.is_some() => {
                format!("administrator:{}", self.name)
            }
            Some(_) => format!("person:{}", self.name),
            None => self.name.clone(),
        };
        text.chars()
            .take(255)
            .collect::<String>()
            .parse()
            .map_err(|_| Problem::of(StatusCode::INTERNAL_SERVER_ERROR, "internal error"))
    }

    /// How far what this operation needs reaches.
    pub(super) fn reach(&self) -> Reach {
        match self.needed {
            Some(permission) => self.grants.reach(permission),
            None => Reach::Only(Vec::new()),
        }
    }

    /// Refuses who may not do this everywhere.
    pub(super) fn demand_everywhere(&self) -> Result<(), Problem> {
        if self.reach() == Reach::Everywhere {
            return Ok(());
        }
        Err(self.refused("in all realms"))
    }

    /// Refuses who may not do this in a whole realm.
    pub(super) fn demand_realm(&self, realm: &RealmName) -> Result<(), Problem> {
        if self.reach().has_realm(realm) {
            return Ok(());
        }
        Err(self.refused(&format!("in realm {realm}")))
    }

    /// Refuses who may not do this under a policy.
    pub(super) fn demand_policy(
        &self,
        realm: &RealmName,
        policy: &PolicyName,
    ) -> Result<(), Problem> {
        if self.reach().has(realm.as_str(), policy.as_str()) {
            return Ok(());
        }
        Err(self.refused(&format!("under policy {policy}")))
    }

    fn refused(&self, place: &str) -> Problem {
        let permission = self.needed.map(Permission::as_str).unwrap_or_default();
        forbidden(format!("needs the permission {permission} {place}"))
    }

    /// The session and its token.
    pub(super) fn session(&self) -> Result<(&Session, &str), Problem> {
        self.session
            .as_ref()
            .map(|(session, token)| (session, token.as_str()))
            .ok_or_else(|| forbidden("for people who are logged in, not for access tokens".into()))
    }

    /// Who acts, where it must be a person: a client's token may be anybody's.
    pub(super) fn person(&self) -> Result<Actor, Problem> {
        self.session()?;
        Ok(self.actor())
    }

    /// The local account of who is logged in.
    pub(super) fn account(&self) -> Result<&Username, Problem> {
        self.session()?
            .0
            .identity
            .username
            .as_ref()
            .ok_or_else(|| forbidden("for local accounts; yours is the OpenID provider's".into()))
    }
}

impl FromRequest for Caller {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let known = request.extensions().get::<Known>().cloned();
        let caller = known.map_or(Ok(None), |known| known.0);
        ready(caller.and_then(|caller| match caller {
            Some(caller) => check(caller, request),
            None => Err(Problem::of(
                StatusCode::UNAUTHORIZED,
                "log in: POST /clm-api/v1/session gives cookie and bearer token",
            )),
        }))
    }
}

/// Who was found to call.
#[derive(Clone)]
struct Known(Result<Option<Caller>, Problem>);

/// Finds out who calls, before any argument of a handler is read: who is not let in is not told what is wrong with them.
pub(super) async fn introduce(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let known = Known(find(request.request()).await);
    request.extensions_mut().insert(known);
    next.call(request).await
}

/// Name of whoever is permitted to call an operation that is not for everybody.
pub(super) fn name_of_permitted(request: &HttpRequest) -> Option<String> {
    let known = request.extensions().get::<Known>().cloned();
    let caller = known.and_then(|known| known.0.ok().flatten())?;
    let pattern = request.match_pattern().unwrap_or_default();
    if operations::find(request.method().as_str(), &pattern) == Some(Access::Public) {
        return None;
    }
    check(caller, request).ok().map(|caller| caller.name)
}

/// Lets through who may call the operation at all; how far it reaches, the handler asks.
fn check(caller: Caller, request: &HttpRequest) -> Result<Caller, Problem> {
    let pattern = request.match_pattern().unwrap_or_default();
    match operations::find(request.method().as_str(), &pattern) {
        Some(Access::Public) => Ok(caller),
        Some(Access::LoggedIn) => {
            caller.session()?;
            Ok(caller)
        }
        Some(Access::Needs(permission)) if caller.grants.holds(permission) => Ok(Caller {
            needed: Some(permission),
            ..caller
        }),
        Some(Access::Needs(permission)) => {
            Err(forbidden(format!("needs the permission {permission}")))
        }
        None => Err(forbidden("nobody may call this".to_owned())),
    }
}

fn forbidden(detail: String) -> Problem {
    Problem::of(StatusCode::FORBIDDEN, detail)
}

async fn find(request: &HttpRequest) -> Result<Option<Caller>, Problem> {
    let Some(flows) = request.app_data::<web::Data<Flows>>() else {
        return Ok(None);
    };
    match bearer(request) {
        Some(token) if token.starts_with(PREFIX) => of_client(flows, token, request).await,
        Some(token) => of_person(flows, token, request).await,
        None => {
            let Some(token) = cookie(request, COOKIE) else {
                return Ok(None);
            };
            if !is_own_page(request, token) {
                return Ok(None);
            }
            of_person(flows, token, request).await
        }
    }
}

async fn of_client(
    flows: &Flows,
    token: &str,
    request: &HttpRequest,
) -> Result<Option<Caller>, Problem> {
    let Some(found) = flows.find_token(token).await.map_err(problem)? else {
        return Ok(None);
    };
    Ok(Some(Caller {
        name: format!("client:{}", found.client),
        grants: Grants::of(vec![found.grant()]),
        needed: None,
        address: address(flows, request),
        session: None,
    }))
}

async fn of_person(
    flows: &Flows,
    token: &str,
    request: &HttpRequest,
) -> Result<Option<Caller>, Problem> {
    let found = flows.sessions.find(token, &*flows.clock).await;
    let Some(session) = found.map_err(problem)? else {
        return Ok(None);
    };
    let identity = &session.identity;
    let grants = flows
        .grants_of_person(&identity.person, &identity.groups)
        .await
        .map_err(problem)?;
    Ok(Some(Caller {
        name: identity.person.to_string(),
        grants,
        needed: None,
        address: address(flows, request),
        session: Some((session, Zeroizing::new(token.to_owned()))),
    }))
}

fn bearer(request: &HttpRequest) -> Option<&str> {
    let value = request
        .headers()
        .get(header::AUTHORIZATION)?
        .to_str()
        .ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme
        .eq_ignore_ascii_case("bearer")
        .then_some(token.trim())
}

/// The value of a cookie.
pub(super) fn cookie<'a>(request: &'a HttpRequest, name: &str) -> Option<&'a str> {
    request
        .headers()
        .get_all(header::COOKIE)
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(found, _)| *found == name)
        .map(|(_, value)| value)
}

/// Whether a page of ours made the browser send the cookie along. Browsers say so themselves when another site, or a
/// neighbour under the same domain, did; one that says nothing must show the session's CSRF token for what changes
/// anything.
fn is_own_page(request: &HttpRequest, token: &str) -> bool {
    if request.method().is_safe() {
        return true;
    }
    let text = |name: &str| {
        request
            .headers()
            .get(name)
            .and_then(|value| value.to_str().ok())
    };
    match text("Sec-Fetch-Site") {
        Some(site) => matches!(site, "same-origin" | "none"),
        None => text(CSRF).is_some_and(|shown| is_csrf_token(token, shown)),
    }
}

/// Address of who asks: the peer's, or what an ingress hands on that shows its own identity.
pub(super) fn address(flows: &Flows, request: &HttpRequest) -> Option<String> {
    let told = match is_of_ingress(flows, request) {
        true => ingress::client_address(request),
        false => None,
    };
    told.or_else(|| request.peer_addr().map(|address| address.ip().to_string()))
}

/// Whether the ingress made the request: only then its headers are believed.
pub(super) fn is_of_ingress(flows: &Flows, request: &HttpRequest) -> bool {
    let shown = request
        .conn_data::<ClientCertificates>()
        .map(|shown| shown.0.as_slice())
        .unwrap_or_default();
    let service = flows.identity.service_of(shown, flows.clock.now());
    service.as_deref() == Some(INGRESS)
}
