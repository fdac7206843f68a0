//! Who is logged in, as an argument of a handler: a handler that has one cannot be called without login.

use std::future::{Ready, ready};

use actix_web::{
    FromRequest, HttpRequest,
    dev::Payload,
    http::{StatusCode, header},
    web,
};
use ers_runtime::http::Problem;
use zeroize::Zeroizing;

use crate::{
    domain::id::{Requester, Username},
    flows::{Actor, Flows},
};

/// Name of the session cookie. The prefix makes browsers insist on `Secure`, path `/` and no other host.
pub(super) const COOKIE: &str = "__Host-ers-session";

/// A local administrator who is logged in.
pub(crate) struct Administrator {
    /// Who.
    pub(super) username: Username,
    /// When the session ends at the latest.
    pub(super) ends_at_ms: i64,
    /// Where the request came from.
    pub(super) address: Option<String>,
    /// What shows it.
    pub(super) token: Zeroizing<String>,
}

impl Administrator {
    pub(super) fn actor(&self) -> Actor {
        Actor {
            name: self.username.to_string(),
            address: self.address.clone(),
        }
    }

    /// In the words that certificates and revocations keep.
    pub(super) fn requester(&self) -> Result<Requester, Problem> {
        format!("administrator:{}", self.username)
            .parse()
            .map_err(|_| Problem::of(StatusCode::INTERNAL_SERVER_ERROR, "internal error"))
    }
}

impl FromRequest for Administrator {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(find(request).ok_or_else(|| {
            Problem::of(
                StatusCode::UNAUTHORIZED,
                "log in: POST /clm-api/v1/session gives cookie and bearer token",
            )
        }))
    }
}

fn find(request: &HttpRequest) -> Option<Administrator> {
    let flows = request.app_data::<web::Data<Flows>>()?;
    let token = match bearer(request) {
        Some(token) => token,
        None if is_cross_site(request) => return None,
        None => cookie(request)?,
    };
    let token = Zeroizing::new(token.to_owned());
    let session = flows.sessions.find(&token, &*flows.clock)?;
    Some(Administrator {
        username: session.username,
        ends_at_ms: session.ends_at_ms,
        address: address(request),
        token,
    })
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

fn cookie(request: &HttpRequest) -> Option<&str> {
    request
        .headers()
        .get_all(header::COOKIE)
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(name, _)| *name == COOKIE)
        .map(|(_, value)| value)
}

/// A browser says so when another site, or a neighbour under the same domain, makes it send the cookie along.
fn is_cross_site(request: &HttpRequest) -> bool {
    let site = request
        .headers()
        .get("Sec-Fetch-Site")
        .and_then(|value| value.to_str().ok());
    !request.method().is_safe() && site.is_some_and(|site| !matches!(site, "same-origin" | "none"))
}

/// Address of the peer.
pub(super) fn address(request: &HttpRequest) -> Option<String> {
    request.peer_addr().map(|address| address.ip().to_string())
}
