//! CLM, by whichever way there is: by gRPC with the platform's own identity, or over REST as whoever is logged in. The
//! clients are the same, so that a command is written once.

use std::convert::Infallible;

use ers_proto::{
    cara::v1::{revoking_client::RevokingClient, revoking_server::RevokingServer},
    clm::v1::{
        administration_client::AdministrationClient, administration_server::AdministrationServer,
        enrollment_client::EnrollmentClient, enrollment_server::EnrollmentServer,
        notifications_client::NotificationsClient, notifications_server::NotificationsServer,
    },
};
use ers_runtime::grpc::Channel;
use tonic::body::Body;
use tower::{BoxError, Service, ServiceExt as _, util::BoxCloneSyncService};

use crate::{
    cli::Global,
    failure::{Failure, Outcome},
    remote::{Remote, is_platform},
    rest::{Rest, login},
};

/// No message within this process is too large: what REST takes, it limits itself.
const LARGEST_MESSAGE: usize = 64 << 20;

/// A way to a service, or what REST can do of one: works in every generated client.
pub type Door = BoxCloneSyncService<http::Request<Body>, http::Response<Body>, BoxError>;

/// CLM, and what of CARA people do through it.
pub enum Clm {
    /// The platform of a folder or file.
    Own(Box<Remote>),
    /// A platform elsewhere.
    Rest(Rest),
}

impl Clm {
    /// The platform that the options name; without options, the one of the usual folder, else the one where the last login
    /// was.
    pub fn open(global: &Global) -> Outcome<Self> {
        match server(global)? {
            Some(server) => Ok(Self::Rest(Rest::open(&server)?)),
            None => Ok(Self::Own(Box::new(Remote::open(global)?))),
        }
    }

    /// Whether it is spoken to over REST.
    pub const fn is_over_rest(&self) -> bool {
        matches!(self, Self::Rest(_))
    }

    /// CLM's administration.
    pub fn administration(&self) -> AdministrationClient<Door> {
        let door = match self {
            Self::Own(remote) => own(remote.clm()),
            Self::Rest(rest) => within(
                AdministrationServer::new(rest.clone()).max_decoding_message_size(LARGEST_MESSAGE),
            ),
        };
        AdministrationClient::new(door).max_decoding_message_size(LARGEST_MESSAGE)
    }

    /// CLM's door for certificates.
    pub fn enrollment(&self) -> EnrollmentClient<Door> {
        EnrollmentClient::new(match self {
            Self::Own(remote) => own(remote.clm()),
            Self::Rest(rest) => within(EnrollmentServer::new(rest.clone())),
        })
    }

    /// Who CLM tells of what.
    pub fn notifications(&self) -> NotificationsClient<Door> {
        NotificationsClient::new(match self {
            Self::Own(remote) => own(remote.clm()),
            Self::Rest(rest) => within(NotificationsServer::new(rest.clone())),
        })
    }

    /// Revocation.
    pub fn revoking(&self) -> RevokingClient<Door> {
        RevokingClient::new(match self {
            Self::Own(remote) => own(remote.cara()),
            Self::Rest(rest) => within(RevokingServer::new(rest.clone())),
        })
    }
}

/// REST itself, for what only it has.
pub fn rest(global: &Global) -> Outcome<Rest> {
    match server(global)? {
        Some(server) => Rest::open(&server),
        None => Err(
            Failure::new("this is done over REST, as somebody who is logged in").or(
                "`ers login --server URL` logs in, also at the platform of this machine; then with --server URL",
            ),
        ),
    }
}

/// The server that is meant, when REST is.
pub fn server(global: &Global) -> Outcome<Option<String>> {
    if let Some(server) = &global.server {
        return login::base_of(server).map(Some);
    }
    if global.platform.is_some() || global.data.is_some() || is_platform(&global.data()) {
        return Ok(None);
    }
    login::last()
}

fn own(channel: Channel) -> Door {
    BoxCloneSyncService::new(
        channel
            .map_response(|response: http::Response<_>| response.map(Body::new))
            .map_err(Into::into),
    )
}

fn within<S>(service: S) -> Door
where
    S: Service<http::Request<Body>, Response = http::Response<Body>, Error = Infallible>
        + Clone
        + Send
        + Sync
        + 'static,
    S::Future: Send + 'static,
{
    BoxCloneSyncService::new(service.map_err(Into::into))
}
