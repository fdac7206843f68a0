//! CARA's gRPC services: who may call, what the words mean, and back. The work is in `flows`.

mod administrators;
mod approvals;
mod authorities;
mod certificates;
mod convert;
mod describe;
mod events;
mod issuance;
mod pending_details;
mod profiles;
mod restoring;
mod revoking;
mod status;
mod wishes;

use std::sync::Arc;

use ers_proto::cara::v1::{
    administrators_server::AdministratorsServer, approvals_server::ApprovalsServer,
    authorities_server::AuthoritiesServer, certificates_server::CertificatesServer,
    events_server::EventsServer, issuance_server::IssuanceServer, profiles_server::ProfilesServer,
    restoring_server::RestoringServer, revoking_server::RevokingServer,
    status_server::StatusServer,
};
use tonic::service::Routes;

use crate::flows::Core;

pub(crate) use approvals::waits_for;

/// The administrator's command line, and the init job.
const ADMINISTRATOR: &str = "administrator";

/// Serves every call of CARA.
#[derive(Clone)]
pub struct Service {
    pub(crate) core: Arc<Core>,
}

/// All services.
pub fn routes(core: &Arc<Core>) -> Routes {
    let service = Service {
        core: Arc::clone(core),
    };
    Routes::new(IssuanceServer::new(service.clone()))
        .add_service(RevokingServer::new(service.clone()))
        .add_service(CertificatesServer::new(service.clone()))
        .add_service(AuthoritiesServer::new(service.clone()))
        .add_service(AdministratorsServer::new(service.clone()))
        .add_service(ApprovalsServer::new(service.clone()))
        .add_service(ProfilesServer::new(service.clone()))
        .add_service(StatusServer::new(service.clone()))
        .add_service(RestoringServer::new(service.clone()))
        .add_service(EventsServer::new(service))
}
