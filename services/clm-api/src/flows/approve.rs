//! A person decides over a request that waits. Approved, it is issued under its own request id: whoever repeats the
//! decision after a failure in between gets the same certificate.

use ers_runtime::error::{Fault, Kind};

use super::{Act, Actor, Flows, enroll::EnrollError};
use crate::{
    domain::{
        access::Reach,
        id::RequestId,
        notice::Notice,
        request::{CertificateRequest, RequestState, Verdict},
    },
    store::StoreError,
};

const LONGEST_COMMENT: usize = 4000;

/// Why it was not decided.
#[derive(Debug, thiserror::Error)]
pub enum DecideRequestError {
    /// No request of that id waits or waited.
    #[error("decide request: there is no request {0}")]
    Unknown(RequestId),
    /// It was decided before.
    #[error("decide request: {id} is {} already", .state.as_str())]
    AlreadyDecided {
        /// The request.
        id: RequestId,
        /// Where it stands.
        state: RequestState,
    },
    /// The comment is too long.
    #[error("decide request: at most {LONGEST_COMMENT} characters")]
    CommentTooLong,
    /// It is approved, and its certificate could not be made yet.
    #[error(transparent)]
    Enroll(#[from] EnrollError),
    /// The database.
    #[error("decide request")]
    Store(#[from] StoreError),
}

impl Flows {
    /// Decides; returns the request as it stands then.
    #[tracing::instrument(name = "clm.decide_request", skip_all, fields(request_id = %id))]
    pub async fn decide_request(
        &self,
        id: &RequestId,
        approve: bool,
        comment: &str,
        reach: &Reach,
        actor: &Actor,
    ) -> Result<CertificateRequest, DecideRequestError> {
        if comment.chars().count() > LONGEST_COMMENT {
            return Err(DecideRequestError::CommentTooLong);
        }
        let request = self.load_request(id).await?;
        let realm = request.summary.realm.clone();
        if !reach.has(realm.as_str(), request.summary.policy.as_str()) {
            return Err(DecideRequestError::Unknown(id.clone()));
        }
        match request.state {
            RequestState::PendingApproval => {}
            // Approved before, and something failed in between: carried on with.
            RequestState::Approved if approve => return self.issue_approved(id).await,
            state => {
                return Err(DecideRequestError::AlreadyDecided {
                    id: id.clone(),
                    state,
                });
            }
        }
        let act = if approve {
            "request.approve"
        } else {
            "request.decline"
        };
        let act = Act {
            realm: Some(&realm),
            detail: comment.to_owned(),
            ..Act::on(act, id.as_str())
        };
        self.note_act(actor, act).await?;
        let verdict = Verdict {
            approve,
            actor: actor.name.chars().take(255).collect(),
            comment: comment.to_owned(),
        };
        let now_ms = self.clock.now_ms();
        let decided = Notice::decided(&request, approve, &verdict.actor, comment, now_ms);
        let notices = self.deliveries_of([decided]).await?;
        if !self
            .store
            .decide_request(id, &verdict, &notices, now_ms)
            .await?
        {
            let state = self.load_request(id).await?.state;
            return Err(DecideRequestError::AlreadyDecided {
                id: id.clone(),
                state,
            });
        }
        if approve {
            self.issue_approved(id).await
        } else {
            self.load_request(id).await
        }
    }

    async fn issue_approved(
        &self,
        id: &RequestId,
    ) -> Result<CertificateRequest, DecideRequestError> {
        let request = self.load_request(id).await?;
        let protocol = request.summary.protocol;
        let outcome = self.carry_on(request).await?;
        self.metrics.enrolled(protocol, outcome.as_str());
        self.load_request(id).await
    }

    /// A request that has a row.
    pub(super) async fn load_request(
        &self,
        id: &RequestId,
    ) -> Result<CertificateRequest, DecideRequestError> {
        self.store
            .find_request(id)
            .await?
            .ok_or_else(|| DecideRequestError::Unknown(id.clone()))
    }
}

impl Fault for DecideRequestError {
    fn kind(&self) -> Kind {
        match self {
            Self::Unknown(_) => Kind::NotFound,
            Self::AlreadyDecided { .. } => Kind::FailedPrecondition,
            Self::CommentTooLong => Kind::InvalidArgument,
            Self::Enroll(error) => error.kind(),
            Self::Store(error) => error.kind(),
        }
    }

    fn field(&self) -> Option<&str> {
        match self {
            Self::CommentTooLong => Some("comment"),
            Self::Unknown(_) | Self::AlreadyDecided { .. } | Self::Enroll(_) | Self::Store(_) => {
                None
            }
        }
    }
}
