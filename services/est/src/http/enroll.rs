//! `POST /simpleenroll` and `POST /simplereenroll`.

use actix_web::{HttpRequest, HttpResponse, http::header, web};
use ers_pki::cms;

use super::{answers, incoming};
use crate::{
    failure::Failure,
    flows::{Answer, Asked, Flows},
};

pub(super) async fn enroll(
    flows: web::Data<Flows>,
    request: HttpRequest,
    body: web::Bytes,
) -> Result<HttpResponse, Failure> {
    answer(&flows, &request, &body, false).await
}

pub(super) async fn enroll_again(
    flows: web::Data<Flows>,
    request: HttpRequest,
    body: web::Bytes,
) -> Result<HttpResponse, Failure> {
    answer(&flows, &request, &body, true).await
}

async fn answer(
    flows: &Flows,
    request: &HttpRequest,
    body: &web::Bytes,
    again: bool,
) -> Result<HttpResponse, Failure> {
    let policy = incoming::policy(flows, request).await?;
    let shown = incoming::shown(flows, request)?;
    let known = flows.authenticate(&policy, &shown).await?;
    let csr = incoming::csr(request, body)?;
    let asked = Asked {
        policy: &policy,
        shown: &shown,
        known: &known,
        csr: &csr,
        again,
    };
    Ok(match flows.enroll(&asked).await? {
        Answer::Issued(certificate) => {
            let message = cms::certificates_only([certificate.as_slice()]);
            answers::encoded(request, answers::CERTIFICATES, &message)
        }
        Answer::Waiting(seconds) => HttpResponse::Accepted()
            .insert_header((header::RETRY_AFTER, seconds.to_string()))
            .content_type("text/plain; charset=utf-8")
            .body("the request waits for approval: send it again later\n"),
    })
}
