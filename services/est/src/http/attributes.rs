//! `GET /csrattrs`: for everybody.

use actix_web::{HttpRequest, HttpResponse, web};

use super::{answers, incoming};
use crate::{failure::Failure, flows::Flows};

pub(super) async fn show(
    flows: web::Data<Flows>,
    request: HttpRequest,
) -> Result<HttpResponse, Failure> {
    let policy = incoming::policy(&flows, &request).await?;
    Ok(match Flows::csr_attributes(&policy) {
        Some(attributes) => answers::encoded(&request, "application/csrattrs", &attributes),
        // RFC 7030 section 4.5.2
        None => HttpResponse::NoContent().finish(),
    })
}
