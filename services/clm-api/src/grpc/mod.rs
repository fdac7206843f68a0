//! CLM over gRPC: messages into domain types and back; what happens is in `flows`.

mod administration;
mod bulk;
mod end_entities;
mod enrollment;
mod entered;
mod inventory;
mod notifications;
mod operations;
mod people;
mod policies;
mod read;
mod realms;
mod requests;
mod write;
mod write_edge;

use std::sync::Arc;

use ers_proto::clm::v1::{
    administration_server::AdministrationServer, enrollment_server::EnrollmentServer,
    notifications_server::NotificationsServer,
};
use tokio_util::sync::CancellationToken;
use tonic::service::Routes;

use crate::flows::Flows;

/// Largest message taken: a CSR has at most 64 KiB, a policy less.
const LARGEST_MESSAGE: usize = 1 << 20;

/// Every service of CLM; streams of questions end in good order with `stop`.
pub fn routes(flows: &Arc<Flows>, stop: CancellationToken) -> Routes {
    let enrollment = enrollment::Enrollment::new(Arc::clone(flows), stop);
    let administration = administration::Administration::new(Arc::clone(flows));
    Routes::new(EnrollmentServer::new(enrollment).max_decoding_message_size(LARGEST_MESSAGE))
        .add_service(
            AdministrationServer::new(administration).max_decoding_message_size(LARGEST_MESSAGE),
        )
        .add_service(
            NotificationsServer::new(notifications::Notifications::new(Arc::clone(flows)))
                .max_decoding_message_size(LARGEST_MESSAGE),
        )
}
