//! `GET /cacerts`: for everybody.

use actix_web::{HttpRequest, HttpResponse, web};

use super::{answers, incoming};
use crate::{failure::Failure, flows::Flows};

pub(super) async fn show(
    flows: web::Data<Flows>,
    request: HttpRequest,
) -> Result<HttpResponse, Failure> {
    let policy = incoming::policy(&flows, &request).await?;
    let certificates = Flows::ca_certificates(&policy)?;
    Ok(answers::encoded(
        &request,
        answers::CERTIFICATES,
        &certificates,
    ))
}
