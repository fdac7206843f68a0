//! Who calls and whether they may, as an argument of a handler: a handler that has one cannot be called by others.

use std::{
    future::{Future, Ready, ready},
    marker::PhantomData,
};

use actix_web::{
    FromRequest, HttpMessage as _, HttpRequest,
    body::MessageBody,
    dev::{Payload, ServiceRequest, ServiceResponse},
    http::StatusCode,
    middleware::Next,
    web,
};
use ers_pki::certificate::Certificate;
use ers_runtime::{
    grpc::Caller,
    http::{ClientCertificates, Problem, ingress, problem},
};
use tonic::{Request, Status};

use super::problems::refused;
use crate::{
    domain::{ActOutcome, Administrator, AuthorityName, Permission, Role},
    flows::administrators::shown_by,
    grpc::{Service, waits_for},
    store::Store,
};

/// Name of the platform's own administrator, whose mutual-TLS identity may do everything.
const OWN: &str = "administrator";
/// Name of the ingress, which alone is believed about other people's certificates.
const INGRESS: &str = "ingress";

/// What a handler needs.
pub(super) trait Needs: 'static {
    /// The permission; none: to be known is enough.
    const PERMISSION: Option<Permission>;
}

macro_rules! needs {
    ($($name:ident)*) => {
        /// One type for each permission.
        pub(super) mod needs {
            use super::{Needs, Permission};
            $(
                pub(in crate::http) struct $name;
                impl Needs for $name {
                    const PERMISSION: Option<Permission> = Some(Permission::$name);
                }
            )*
            pub(in crate::http) struct ToBeKnown;
            impl Needs for ToBeKnown {
                const PERMISSION: Option<Permission> = None;
            }
        }
    };
}

needs! {
    ReadAuthorities ManageAuthorities ReadProfiles ManageProfiles ReadCertificates IssueCertificates
    RevokeCertificates PublishCrls ReadAdministrators ManageAdministrators ReadActs
    ReadApprovals ApproveActs
}

/// An administrator who may do what `N` names.
pub(super) struct Allowed<N> {
    administrator: Administrator,
    address: Option<String>,
    needs: PhantomData<N>,
}

/// An act that is written down and not yet at its end.
pub(super) struct Begun {
    store: Store,
    number: i64,
}

impl Begun {
    /// Writes down how it ended.
    pub(super) async fn end(&self, refusal: Option<&Status>) {
        let (outcome, detail) = match refusal {
            None => (ActOutcome::Done, ""),
            // Its end is not known yet.
            Some(status) if waits_for(status).is_some() => (ActOutcome::Begun, status.message()),
            Some(status) => (ActOutcome::Refused, status.message()),
        };
        if let Err(error) = self.store.end_act(self.number, outcome, detail).await {
            tracing::error!(
                target: "audit", number = self.number, outcome = outcome.as_str(),
                error = ers_runtime::error::chain(&error), "outcome of act not stored"
            );
        }
    }
}

impl<N> Allowed<N> {
    /// Who.
    pub(super) fn administrator(&self) -> &Administrator {
        &self.administrator
    }

    /// In the words that requesters and acts keep.
    pub(super) fn actor(&self) -> String {
        self.caller().actor()
    }

    /// A call in their name to a service of this process.
    pub(super) fn call<T>(&self, message: T) -> Request<T> {
        let mut request = Request::new(message);
        request.extensions_mut().insert(self.caller());
        request
    }

    /// Refuses when that CA is not theirs. A text that is no name is left for the service to refuse.
    pub(super) fn with_authority(&self, name: &str) -> Result<(), Problem> {
        match name.parse::<AuthorityName>() {
            Ok(name) if !self.administrator.administers(&name) => {
                tracing::warn!(
                    target: "audit", administrator = %self.administrator.name, issuer_id = %name, "call refused: not their CA"
                );
                Err(forbidden(format!(
                    "CA {name} is not among those that you administer"
                )))
            }
            _ => Ok(()),
        }
    }

    /// Does something that changes things: it is written down before it begins, and how it ended.
    pub(super) async fn act<T>(
        &self,
        service: &Service,
        act: &str,
        object: &str,
        work: impl Future<Output = Result<T, Status>>,
    ) -> Result<T, Problem> {
        let begun = self.begin(service, act, object).await?;
        let outcome = work.await;
        begun.end(outcome.as_ref().err()).await;
        outcome.map_err(refused)
    }

    /// Writes down that something begins that [`Begun::end`] is told the end of.
    pub(super) async fn begin(
        &self,
        service: &Service,
        act: &str,
        object: &str,
    ) -> Result<Begun, Problem> {
        let store = service.core.store.clone();
        let number = store
            .begin_act(&self.actor(), self.address.as_deref(), act, object)
            .await
            .map_err(problem)?;
        Ok(Begun { store, number })
    }

    fn caller(&self) -> Caller {
        let own = Caller::named(OWN);
        match self.administrator.name.as_str() {
            OWN => own,
            person => own.in_name_of(person),
        }
    }
}

/// Who calls, found out before the handlers' arguments are read: nobody learns from those what they may not know.
#[derive(Clone)]
struct Known {
    administrator: Administrator,
    address: Option<String>,
}

/// Finds out who calls. Whether that is enough is for the handler's [`Allowed`].
pub(super) async fn identify(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, actix_web::Error> {
    let found = who(request.request()).await;
    request.extensions_mut().insert(found);
    next.call(request).await
}

impl<N: Needs> FromRequest for Allowed<N> {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(allow(request))
    }
}

fn allow<N: Needs>(request: &HttpRequest) -> Result<Allowed<N>, Problem> {
    let found = request
        .extensions()
        .get::<Result<Known, Problem>>()
        .cloned();
    let Known {
        administrator,
        address,
    } = found.ok_or_else(|| Problem::of(StatusCode::INTERNAL_SERVER_ERROR, "internal error"))??;
    if let Some(needed) = N::PERMISSION
        && !administrator.may(needed)
    {
        tracing::warn!(
            target: "audit", administrator = %administrator.name, permission = needed.as_str(), "call refused"
        );
        return Err(forbidden(format!(
            "this needs the permission {}, which your roles do not give",
            needed.as_str()
        )));
    }
    Ok(Allowed {
        administrator,
        address,
        needs: PhantomData,
    })
}

async fn who(request: &HttpRequest) -> Result<Known, Problem> {
    let service = request
        .app_data::<web::Data<Service>>()
        .ok_or_else(|| Problem::of(StatusCode::INTERNAL_SERVER_ERROR, "internal error"))?;
    let core = &service.core;
    let shown = request
        .conn_data::<ClientCertificates>()
        .map(|shown| shown.0.as_slice())
        .unwrap_or_default();
    let peer = request.peer_addr().map(|address| address.ip().to_string());
    let (leaf, address) = match core
        .context
        .identity
        .service_of(shown, core.context.clock.now())
        .as_deref()
    {
        Some(OWN) => {
            return Ok(Known {
                administrator: platform_administrator()?,
                address: peer,
            });
        }
        Some(INGRESS) => (
            ingress::client_certificate(request)?,
            ingress::client_address(request).or(peer),
        ),
        Some(service) => return Err(forbidden(format!("{service} administers nothing"))),
        None => (shown.first().map(|leaf| leaf.to_vec()), peer),
    };
    let leaf = leaf.ok_or_else(|| forbidden("show a client certificate of an administrator"))?;
    // What we cannot read was never added.
    let unknown = || {
        tracing::warn!(target: "audit", address, "client certificate shows no administrator");
        forbidden("your client certificate shows no administrator")
    };
    let certificate = Certificate::from_der(&leaf).map_err(|_| unknown())?;
    let administrator = shown_by(core, &certificate)
        .await
        .map_err(problem)?
        .filter(|administrator| !administrator.disabled)
        .ok_or_else(unknown)?;
    Ok(Known {
        administrator,
        address,
    })
}

fn platform_administrator() -> Result<Administrator, Problem> {
    Ok(Administrator {
        name: OWN
            .parse()
            .map_err(|_| Problem::of(StatusCode::INTERNAL_SERVER_ERROR, "internal error"))?,
        roles: Role::ALL.into(),
        authorities: std::collections::BTreeSet::new(),
        disabled: false,
        created_at_ms: 0,
    })
}

fn forbidden(detail: impl Into<String>) -> Problem {
    Problem::of(StatusCode::FORBIDDEN, detail)
}
