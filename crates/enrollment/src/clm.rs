//! The client; what it asks is in the files of the subjects.

use ers_proto::clm::v1::enrollment_client::EnrollmentClient;
use ers_runtime::grpc::Channel;

use crate::certificate::Windows;
use crate::policy::{Edge, Policies};

/// CLM, for one edge.
pub struct Clm<E: Edge> {
    client: EnrollmentClient<Channel>,
    pub(crate) policies: Policies<E>,
    pub(crate) windows: Windows,
}

impl<E: Edge> Clone for Clm<E> {
    fn clone(&self) -> Self {
        Self {
            client: self.client.clone(),
            policies: self.policies.clone(),
            windows: self.windows.clone(),
        }
    }
}

impl<E: Edge> Clm<E> {
    /// Over a channel.
    #[must_use]
    pub fn new(channel: Channel) -> Self {
        Self {
            client: EnrollmentClient::new(channel),
            policies: Policies::new(),
            windows: Windows::new(),
        }
    }

    /// A client for one call.
    pub(crate) fn client(&self) -> EnrollmentClient<Channel> {
        self.client.clone()
    }
}
