//! The client; what it asks is in the files of the subjects. What every request asks goes over one stream.

use std::sync::Arc;

use ers_calls::Calls;
use ers_proto::clm::v1 as wire;
use ers_proto::clm::v1::enrollment_answer::Answer;
use ers_proto::clm::v1::enrollment_client::EnrollmentClient;
use ers_proto::clm::v1::enrollment_question::Question;
use ers_runtime::grpc::Channel;
use tonic::Status;

use crate::certificate::Windows;
use crate::policy::{Edge, Policies};

/// CLM, for one edge.
pub struct Clm<E: Edge> {
    client: EnrollmentClient<Channel>,
    asked: Arc<Calls<wire::EnrollmentQuestion, wire::EnrollmentAnswer>>,
    pub(crate) policies: Policies<E>,
    pub(crate) windows: Windows,
}

impl<E: Edge> Clone for Clm<E> {
    fn clone(&self) -> Self {
        Self {
            client: self.client.clone(),
            asked: Arc::clone(&self.asked),
            policies: self.policies.clone(),
            windows: self.windows.clone(),
        }
    }
}

impl<E: Edge> Clm<E> {
    /// Over a channel.
    #[must_use]
    pub fn new(channel: Channel) -> Self {
        let client = EnrollmentClient::new(channel);
        let streams = client.clone();
        let open = move |questions| {
            let mut streams = streams.clone();
            async move { Ok(streams.ask_each(questions).await?.into_inner()) }
        };
        Self {
            client,
            asked: Arc::new(Calls::new(open, |answer| answer.number)),
            policies: Policies::new(),
            windows: Windows::new(),
        }
    }

    /// A client for one call.
    pub(crate) fn client(&self) -> EnrollmentClient<Channel> {
        self.client.clone()
    }

    pub(crate) async fn ask_to_enroll(
        &self,
        request: wire::EnrollRequest,
    ) -> Result<wire::EnrollResponse, Status> {
        match self.ask(Question::Enroll(request.clone())).await? {
            Some(Answer::Enrolled(answer)) => Ok(answer),
            Some(_) => Err(other_answer()),
            None => Ok(self.client().enroll(request).await?.into_inner()),
        }
    }

    pub(crate) async fn ask_who(
        &self,
        request: wire::AuthenticateRequest,
    ) -> Result<wire::AuthenticateResponse, Status> {
        match self.ask(Question::Authenticate(request.clone())).await? {
            Some(Answer::Authenticated(answer)) => Ok(answer),
            Some(_) => Err(other_answer()),
            None => Ok(self.client().authenticate(request).await?.into_inner()),
        }
    }

    pub(crate) async fn ask_for_secret(
        &self,
        request: wire::LoadSharedSecretRequest,
    ) -> Result<wire::SharedSecret, Status> {
        match self
            .ask(Question::LoadSharedSecret(request.clone()))
            .await?
        {
            Some(Answer::SharedSecret(answer)) => Ok(answer),
            Some(_) => Err(other_answer()),
            None => Ok(self
                .client()
                .load_shared_secret(request)
                .await?
                .into_inner()),
        }
    }

    /// Over the stream; none when there is none, and nothing was begun.
    async fn ask(&self, question: Question) -> Result<Option<Answer>, Status> {
        let answer = self.asked.ask(|number| wire::EnrollmentQuestion {
            number,
            traceparent: ers_calls::trace::current(),
            question: Some(question),
        });
        match answer.await?.map(|answer| answer.answer) {
            Some(Some(Answer::Failure(failure))) => {
                Err(Status::new(failure.code.into(), failure.message))
            }
            Some(None) => Err(other_answer()),
            Some(answer) => Ok(answer),
            None => Ok(None),
        }
    }
}

fn other_answer() -> Status {
    Status::internal("the answer is one to another question")
}
