//! Certificates through `clm.v1.Enrollment`, as an edge asks for them.

use std::sync::Arc;

use anyhow::{Context as _, Result, bail};
use ers_calls::Calls;
use ers_proto::clm::v1::{
    EnrollRequest, EnrollmentAnswer, EnrollmentQuestion, Issued, enroll_response::Outcome,
    enrollment_answer::Answer, enrollment_client::EnrollmentClient, enrollment_question::Question,
};
use ers_runtime::grpc::Channel;

use crate::load::Work;

/// One who asks for certificates. Every request has an id of its own, so every answer is a new certificate.
pub struct Caller {
    calls: Arc<Calls<EnrollmentQuestion, EnrollmentAnswer>>,
    csrs: Arc<[Vec<u8>]>,
    next: usize,
}

impl Caller {
    /// So many, over one stream, as the callers of an edge are, each beginning at another CSR.
    pub fn many(
        count: usize,
        client: &EnrollmentClient<Channel>,
        csrs: &Arc<[Vec<u8>]>,
    ) -> Vec<Self> {
        let streams = client.clone();
        let open = move |questions| {
            let mut streams = streams.clone();
            async move { Ok(streams.ask_each(questions).await?.into_inner()) }
        };
        let calls = Arc::new(Calls::new(open, |answer: &EnrollmentAnswer| answer.number));
        (0..count)
            .map(|number| Self {
                calls: Arc::clone(&calls),
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
        let answer = self.calls.ask(|number| EnrollmentQuestion {
            number,
            traceparent: String::new(),
            question: Some(Question::Enroll(request)),
        });
        match answer.await?.and_then(|answer| answer.answer) {
            Some(Answer::Enrolled(enrolled)) => match enrolled.outcome {
                Some(Outcome::Issued(issued)) => Ok(issued),
                other => bail!("enroll: {other:?}"),
            },
            other => bail!("enroll: {other:?}"),
        }
    }
}

impl Work for Caller {
    async fn once(&mut self) -> Result<()> {
        self.enroll().await.map(drop)
    }
}
