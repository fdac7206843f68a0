//! `cara.v1.Issuance`.

use ers_pki::{key::PublicKey, name::Name};
use ers_proto::cara::v1::{self as wire, issuance_server::Issuance};
use ers_runtime::{
    error::{Fault, Kind, chain, status},
    grpc::caller,
};
use tonic::{Request, Response, Status};

use super::{ADMINISTRATOR, Service, convert, wishes};
use crate::{
    domain::RequestDigest,
    flows::issue::{self, IssueError, IssueRequest},
};

/// More names than this are refused before anything is parsed.
pub(super) const MAX_NAMES: usize = 100;

#[tonic::async_trait]
impl Issuance for Service {
    async fn issue(
        &self,
        request: Request<wire::IssueRequest>,
    ) -> Result<Response<wire::IssueResponse>, Status> {
        caller(&request)?.require(&["clm-api", ADMINISTRATOR])?;
        let request = parse(request.into_inner())?;
        let issued = issue::issue(&self.core, request)
            .await
            .map_err(|error| shared_status(&error))?;
        let chain = self
            .core
            .registry
            .find(&issued.record.issuer)
            .map(|ca| ca.chain())
            .unwrap_or_default();
        Ok(Response::new(wire::IssueResponse {
            certificate: Some(convert::certificate(&issued.record)),
            chain,
            findings: issued.findings.iter().map(ToString::to_string).collect(),
        }))
    }
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
