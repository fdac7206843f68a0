//! `cara.v1.Certificates`.

use ers_proto::cara::v1::{
    self as wire, certificates_server::Certificates, load_certificate_request::By,
};
use ers_runtime::{error::status, grpc::caller};
use tonic::{Request, Response, Status};

use super::{ADMINISTRATOR, Service, convert};
use crate::store::{ByFilter, PageToken};

const DEFAULT_PAGE: u32 = 100;
const LARGEST_PAGE: u32 = 1000;

#[tonic::async_trait]
impl Certificates for Service {
    async fn load(
        &self,
        request: Request<wire::LoadCertificateRequest>,
    ) -> Result<Response<wire::Certificate>, Status> {
        caller(&request)?.require(&["clm-api", ADMINISTRATOR])?;
        let store = &self.core.store;
        let found = match request.into_inner().by {
            Some(By::IssuerAndSerial(key)) => {
                let issuer = convert::authority_name("issuer", &key.issuer)?;
                store
                    .find_certificate(&issuer, &convert::serial(&key.serial)?)
                    .await
            }
            Some(By::Fingerprint(fingerprint)) => store.find_by_fingerprint(&fingerprint).await,
            Some(By::RequestId(id)) => store.find_by_request(&convert::request_id(id)?).await,
            None => return Err(convert::invalid("by", "is required")),
        };
        let record = found
            .map_err(status)?
            .ok_or_else(|| Status::not_found("there is no such certificate"))?;
        Ok(Response::new(convert::certificate(&record)))
    }

    async fn list(
        &self,
        request: Request<wire::ListCertificatesRequest>,
    ) -> Result<Response<wire::ListCertificatesResponse>, Status> {
        caller(&request)?.require(&["clm-api", ADMINISTRATOR])?;
        let request = request.into_inner();
        let filter = ByFilter {
            issuer: match request.issuer.as_str() {
                "" => None,
                name => Some(convert::authority_name("issuer", name)?),
            },
            revoked: match request.state() {
                wire::CertificateState::Unspecified => None,
                wire::CertificateState::Valid => Some(false),
                wire::CertificateState::Revoked => Some(true),
            },
        };
        let after = parse_token(&request.page_token)?;
        let size = if request.page_size == 0 {
            DEFAULT_PAGE
        } else {
            request.page_size.min(LARGEST_PAGE)
        };
        let page = self
            .core
            .store
            .list_certificates(&filter, after.as_ref(), size.into())
            .await
            .map_err(status)?;
        Ok(Response::new(wire::ListCertificatesResponse {
            certificates: page.records.iter().map(convert::certificate).collect(),
            next_page_token: page
                .next
                .map(|token| format!("{}.{}", token.issued_at_ms, token.serial))
                .unwrap_or_default(),
            total: page.total,
        }))
    }
}

fn parse_token(text: &str) -> Result<Option<PageToken>, Status> {
    if text.is_empty() {
        return Ok(None);
    }
    let wrong = || convert::invalid("page_token", "is not one that was given out");
    let (issued_at, serial) = text.split_once('.').ok_or_else(wrong)?;
    Ok(Some(PageToken {
        issued_at_ms: issued_at.parse().map_err(|_| wrong())?,
        serial: convert::serial(serial)?.to_hex(),
    }))
}
