//! `cara.v1.Issuance`.

use std::sync::Arc;

use ers_calls::{Answers, answer_each};
use ers_pki::{key::PublicKey, name::Name};
use ers_proto::cara::v1::{self as wire, issuance_server::Issuance, issue_answer::Outcome};
use ers_runtime::{
    error::{Fault, Kind, chain, status},
    grpc::{caller, turn},
};
use tonic::{Request, Response, Status, Streaming};
use tracing::Instrument as _;

use super::{ADMINISTRATOR, Service, convert, wishes};
use crate::{
    domain::RequestDigest,
    flows::{
        Core,
        issue::{self, IssueError, IssueRequest},
    },
};

/// More names than this are refused before anything is parsed.
pub(super) const MAX_NAMES: usize = 100;
/// Requests of one stream at the same time.
const AT_ONCE: usize = 4096;

#[tonic::async_trait]
impl Issuance for Service {
    async fn issue(
        &self,
        request: Request<wire::IssueRequest>,
    ) -> Result<Response<wire::IssueResponse>, Status> {
        caller(&request)?.require(&["clm-api", ADMINISTRATOR])?;
        issue_one(&self.core, request.into_inner())
            .await
            .map(Response::new)
    }

    type IssueEachStream = Answers<wire::IssueAnswer>;

    async fn issue_each(
        &self,
        request: Request<Streaming<wire::IssueQuestion>>,
    ) -> Result<Response<Self::IssueEachStream>, Status> {
        caller(&request)?.require(&["clm-api", ADMINISTRATOR])?;
        let core = Arc::clone(&self.core);
        let turn = turn(&request, &core.context.shutdown.token());
        let handle = move |question: wire::IssueQuestion| {
            let core = Arc::clone(&core);
            let span = tracing::info_span!("rpc", otel.name = "rpc.ers.cara.v1.Issuance.IssueEach");
            ers_calls::trace::follow(&span, &question.traceparent);
            async move {
                let request = question.request.unwrap_or_default();
                let outcome = match issue_one(&core, request).await {
                    Ok(issued) => Outcome::Issued(Box::new(issued)),
                    Err(status) => Outcome::Failure(wire::CallFailure {
                        code: status.code().into(),
                        message: status.message().to_owned(),
                    }),
                };
                wire::IssueAnswer {
                    number: question.number,
                    outcome: Some(outcome),
                }
            }
            .instrument(span)
        };
        let answers = answer_each(request.into_inner(), AT_ONCE, turn, handle);
        Ok(Response::new(answers))
    }
}

async fn issue_one(
    core: &Arc<Core>,
    request: wire::IssueRequest,
) -> Result<wire::IssueResponse, Status> {
    let issued = issue::issue(core, parse(request)?)
        .await
        .map_err(|error| shared_status(&error))?;
    let chain = core
        .registry
        .find(&issued.record.issuer)
        .map(|ca| ca.chain())
        .unwrap_or_default();
    Ok(wire::IssueResponse {
        certificate: Some(convert::certificate(&issued.record)),
        chain,
        findings: issued.findings.iter().map(ToString::to_string).collect(),
    })
}

/// The status of an outcome that several callers may share.
fn shared_status(error: &IssueError) -> Status {
    #[derive(Debug, thiserror::Error)]
    #[error("{text}")]
    struct Shared {
        text: String,
        kind: Kind,
        field: Option<String>,
    }
    impl Fault for Shared {
        fn kind(&self) -> Kind {
            self.kind
        }
        fn field(&self) -> Option<&str> {
            self.field.as_deref()
        }
    }
    status(Shared {
        text: chain(error),
        kind: error.kind(),
        field: error.field().map(str::to_owned),
    })
}

fn parse(request: wire::IssueRequest) -> Result<IssueRequest, Status> {
    if request.subject_alternative_names.len() > MAX_NAMES {
        return Err(convert::invalid(
            "subject_alternative_names",
            format!("must be at most {MAX_NAMES}"),
        ));
    }
    let digest = RequestDigest::of(&request);
    let subject = if request.subject.is_empty() {
        Name::empty()
    } else {
        Name::from_der(&request.subject)
            .map_err(|error| convert::invalid("subject", chain(&error)))?
    };
    let names = request
        .subject_alternative_names
        .iter()
        .map(|name| {
            name.parse()
                .map_err(|error| convert::invalid("subject_alternative_names", chain(&error)))
        })
        .collect::<Result<_, _>>()?;
    let wishes = wishes::parse(&request)?;
    Ok(IssueRequest {
        digest,
        request_id: convert::request_id(request.request_id)?,
        issuer: convert::authority_name("issuer", &request.issuer)?,
        profile: request.profile,
        public_key: PublicKey::from_spki_der(&request.public_key)
            .map_err(|error| convert::invalid("public_key", chain(&error)))?,
        subject,
        names,
        not_before: request
            .not_before
            .map(|time| convert::time("not_before", &time))
            .transpose()?,
        validity: request
            .validity
            .map(|duration| convert::duration("validity", &duration))
            .transpose()?,
        wishes,
        origin: convert::origin(request.origin),
    })
}
