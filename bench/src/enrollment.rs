//! Certificates through `clm.v1.Enrollment`, as an edge asks for them.

use std::sync::Arc;

use anyhow::{Context as _, Result, bail};
use ers_proto::clm::v1::{
    EnrollRequest, Issued, enroll_response::Outcome, enrollment_client::EnrollmentClient,
};
use ers_runtime::grpc::Channel;

use crate::load::Work;

/// One who asks for certificates. Every request has an id of its own, so every answer is a new certificate.
pub struct Caller {
    client: EnrollmentClient<Channel>,
    csrs: Arc<[Vec<u8>]>,
    next: usize,
}

impl Caller {
    /// So many, over one connection, each beginning at another CSR.
    pub fn many(
        count: usize,
        client: &EnrollmentClient<Channel>,
        csrs: &Arc<[Vec<u8>]>,
    ) -> Vec<Self> {
        (0..count)
            .map(|number| Self {
                client: client.clone(),
                csrs: Arc::clone(csrs),
                next: number * csrs.len() / count,
            })
            .collect()
    }

    /// A new certificate.
    pub async fn enroll(&mut self) -> Result<Issued> {
        let csr = self
            .csrs
            .get(self.next % self.csrs.len())
            .context("there are no requests")?;
        self.next += 1;
        let request = EnrollRequest {
            request_id: uuid::Uuid::new_v4().to_string(),
            protocol: "cli".into(),
            policy: "server".into(),
            requester: "bench".into(),
            csr: csr.clone(),
            ..EnrollRequest::default()
        };
        match self.client.enroll(request).await?.into_inner().outcome {
            Some(Outcome::Issued(issued)) => Ok(issued),
            other => bail!("enroll: {other:?}"),
        }
    }
}

impl Work for Caller {
    async fn once(&mut self) -> Result<()> {
        self.enroll().await.map(drop)
    }
}
