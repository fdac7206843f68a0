//! What became of a request, asked by the edge that carries it.

use ers_runtime::error::{Fault, Kind};

use super::{Flows, enroll::EnrollError, issue::Outcome};
use crate::{
    domain::{
        id::RequestId,
        request::{CertificateRequest, RequestState},
    },
    store::StoreError,
};

/// Why there is no outcome.
#[derive(Debug, thiserror::Error)]
pub enum FindOutcomeError {
    /// Nobody has asked under this id.
    #[error("find outcome: there is no request {0}")]
    Unknown(RequestId),
    /// An approved request cannot be carried on with now.
    #[error(transparent)]
    Enroll(#[from] EnrollError),
    /// The database.
    #[error("find outcome")]
    Store(#[from] StoreError),
}

impl Flows {
    /// The outcome of a request.
    #[tracing::instrument(name = "clm.find_outcome", skip_all, fields(request_id = %id))]
    pub async fn find_outcome(&self, id: &RequestId) -> Result<Outcome, FindOutcomeError> {
        let request = self.store.find_request(id).await?;
        match request {
            // Refused once does not mean never issued: asked again under a changed policy it may have been.
            Some(CertificateRequest {
                state: RequestState::Failed,
                ..
            })
            | None => {
                match self
                    .cara
                    .find_by_request(id)
                    .await
                    .map_err(EnrollError::Cara)?
                {
                    Some(found) => Ok(Outcome::Issued(self.with_chain(found).await?)),
                    None => match request {
                        Some(request) => Ok(self.outcome_of(request).await?),
                        None => Err(FindOutcomeError::Unknown(id.clone())),
                    },
                }
            }
            Some(request) => Ok(self.outcome_of(request).await?),
        }
    }
}

impl Fault for FindOutcomeError {
    fn kind(&self) -> Kind {
        match self {
            Self::Unknown(_) => Kind::NotFound,
            Self::Enroll(error) => error.kind(),
            Self::Store(error) => error.kind(),
        }
    }
}
